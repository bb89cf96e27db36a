#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "consensus/engine.h"
#include "core/ids.h"
#include "core/keys.h"

namespace keten::simulator {

/// Cheap tags cost a hash; Ed25519 costs a hundred times that and proves that nothing depends on the tags.
enum class Signatures : std::uint8_t { tags, ed25519 };

/// The validators' keys of one run, for those who sign and for those who answer verification effects.
class KeyRing {
 public:
  /// `keys` is borrowed.
  KeyRing(const std::vector<KeyPair>& keys, Signatures kind);

  [[nodiscard]] const consensus::Signer& signer(ValidatorIndex index) const { return *signers_.at(index.value); }
  [[nodiscard]] bool is_valid(ValidatorIndex index, const Hash& digest, const Signature& signature) const;
  [[nodiscard]] bool is_valid(const consensus::SignatureCheck& check) const {
    return is_valid(check.signer, check.digest, check.signature);
  }

 private:
  std::vector<std::unique_ptr<const consensus::Signer>> signers_;
  const std::vector<KeyPair>& keys_;
  Signatures kind_;
};

}  // namespace keten::simulator
