#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/keys.h"
#include "core/result.h"
#include "node/wire/peer_wire.h"

namespace keten::peers {

/// A machine that may connect.
struct PeerEntry {
  NodeNumber number;
  std::string name;
  std::string address;                    ///< host:port to dial
  std::vector<std::string> certificates;  ///< PEM: any of them is its TLS identity
  std::vector<PublicKey> keys;            ///< any of them proves who it is; the first is what we greet it by
};

/// Who may connect, as governance has it. Immutable; replaced as a whole.
class Acquaintances {
 public:
  Acquaintances() = default;
  /// A certificate that cannot be read, or that an earlier entry has too, identifies nobody: it is left out and named in
  /// problems(), so that one member's mistake does not cut off the others.
  explicit Acquaintances(const std::vector<PeerEntry>& entries);

  /// Whose certificate this is.
  [[nodiscard]] std::optional<NodeNumber> owner(const Hash& pin) const;
  /// Null when this machine may not connect.
  [[nodiscard]] const PeerEntry* find(NodeNumber number) const;
  [[nodiscard]] const std::map<NodeNumber, PeerEntry>& entries() const { return entries_; }
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::map<NodeNumber, PeerEntry> entries_;
  std::map<Hash, NodeNumber> owners_;
  std::vector<std::string> problems_;
};
using AcquaintancesPointer = std::shared_ptr<const Acquaintances>;

/// Keys of this node, newest first: a peer that lags knows an older one, a peer that is ahead may know only a newer one.
using OwnKeys = std::vector<KeyPair>;
using OwnKeysPointer = std::shared_ptr<const OwnKeys>;

/// What each key signs in a hello. docs/formats/wire.md, "Hello".
[[nodiscard]] Hash hello_signing_hash(const wire::Hello& hello, const PublicKey& key);

/// Precondition: at least one key; the newest limits::kFormerKeysMax sign.
[[nodiscard]] wire::Hello make_hello(const ChainId& chain, const wire::Incarnation& incarnation,
                                     const PublicKey& receiver, const OwnKeys& keys);

/// `sender` is whom TLS named. Fails with PROTOCOL_UNSUPPORTED, WRONG_CHAIN, HELLO_WRONG_PEER, HELLO_KEY_UNKNOWN,
/// HELLO_SIGNATURE_INVALID, each with both values for the operator.
[[nodiscard]] Status check_hello(const ChainId& chain, const OwnKeys& own, const PeerEntry& sender,
                                 const wire::Hello& hello);

}  // namespace keten::peers
