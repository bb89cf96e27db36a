#pragma once

#include <optional>
#include <vector>

#include "core/ids.h"
#include "core/keys.h"
#include "core/result.h"
#include "core/validator_set.h"
#include "node/wire/peer_wire.h"

namespace keten::peers {

/// What a validator knows before it speaks to another one.
struct Acquaintance {
  ChainId chain_id;
  Epoch epoch;
  ValidatorSet validators;
  std::vector<Hash> pins;  ///< certificate_pin of every validator, by index
  NodeNumber self;

  /// Whose certificate this is.
  [[nodiscard]] std::optional<NodeNumber> owner(const Hash& pin) const;
};

/// What the validator key signs in a hello: every field and both TLS pins, so that a hello serves one pair of TLS keys in one
/// direction of one chain only. docs/formats/wire.md, "Hello".
[[nodiscard]] Hash hello_signing_hash(const wire::Hello& hello, const Hash& sender_pin, const Hash& receiver_pin);

[[nodiscard]] wire::Hello make_hello(const Acquaintance& known, NodeNumber receiver, const KeyPair& key);

/// `sender` is whom TLS named. Fails with PROTOCOL_UNSUPPORTED, WRONG_CHAIN, WRONG_VALIDATORS, HELLO_WRONG_PEER,
/// HELLO_SIGNATURE_INVALID, each with both values for the operator.
[[nodiscard]] Status check_hello(const Acquaintance& known, const wire::Hello& hello, NodeNumber sender);

}  // namespace keten::peers
