#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "consensus/engine.h"
#include "core/ids.h"
#include "core/keys.h"

namespace keten::simulator {

/// Cheap tags cost a hash; Ed25519 costs a hundred times that and proves that nothing depends on the tags.
enum class Signatures : std::uint8_t { tags, ed25519 };

/// The nodes' consensus keys of one run, for those who sign and for those who answer verification effects.
class KeyRing {
 public:
  /// The key pairs of the nodes, in order of their numbers.
  KeyRing(const std::vector<KeyPair>& keys, Signatures kind);

  /// All that this node may sign with.
  [[nodiscard]] const consensus::Keys& keys_of(NodeNumber node) const { return owners_.at(node.value); }
  /// Precondition: some node has it.
  [[nodiscard]] const KeyPair& pair(const PublicKey& key) const { return pairs_.at(key); }
  /// A node gets another key, or a new node its first.
  void add(NodeNumber node, const KeyPair& key);
  [[nodiscard]] bool is_valid(const PublicKey& key, const Hash& digest, const Signature& signature) const;
  [[nodiscard]] bool is_valid(const consensus::SignatureCheck& check) const {
    return is_valid(check.key, check.digest, check.signature);
  }

 private:
  struct Owner final : consensus::Keys {
    [[nodiscard]] const consensus::Signer* find(const PublicKey& key) const override;
    std::map<PublicKey, std::unique_ptr<const consensus::Signer>> signers;
  };
  std::map<std::uint16_t, Owner> owners_;
  std::map<PublicKey, KeyPair> pairs_;
  Signatures kind_;
};

}  // namespace keten::simulator
