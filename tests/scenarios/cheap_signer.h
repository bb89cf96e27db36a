#pragma once

#include <string>
#include <vector>

#include "consensus/engine.h"
#include "core/hash.h"

namespace keten::scenarios {

/// A signature that costs one hash and binds signer and digest: good enough where nobody forges. The key is the
/// signer's number, in another form.
inline Signature cheap_signature(ValidatorIndex signer, const Hash& digest) {
  const auto hash = Hasher("keten/test/signature").number(signer.value).fixed(digest).finish();
  Signature signature;
  for (std::size_t i = 0; i < 32; ++i) { signature.bytes[i] = hash.bytes[i]; }
  return signature;
}

inline PublicKey cheap_key(std::uint16_t number) {
  PublicKey key;
  key.bytes[0] = static_cast<std::uint8_t>(number % 200U + 1U);
  key.bytes[1] = static_cast<std::uint8_t>(number / 200U);
  return key;
}
inline ValidatorIndex cheap_owner(const PublicKey& key) {
  return {static_cast<std::uint16_t>(key.bytes[0] - 1U + 200U * key.bytes[1])};
}

class CheapSigner : public consensus::Signer {
 public:
  explicit CheapSigner(ValidatorIndex self) : self_(self) {}
  [[nodiscard]] Signature sign(const Hash& digest) const override { return cheap_signature(self_, digest); }

 private:
  ValidatorIndex self_;
};

inline std::vector<bool> cheap_verify(const consensus::VerifyRequest& request) {
  std::vector<bool> valid;
  for (const auto& check : request.checks) {
    valid.push_back(check.signature == cheap_signature(cheap_owner(check.key), check.digest));
  }
  return valid;
}

inline ValidatorSet cheap_validators(std::size_t count) {
  std::vector<Validator> members;
  for (std::size_t i = 0; i < count; ++i) {
    const auto number = static_cast<std::uint16_t>(i);
    members.push_back({.organisation = "company-" + std::to_string(i),
                       .node = "node",
                       .key = cheap_key(number),
                       .weight = 1,
                       .number = {number}});
  }
  return ValidatorSet(members);
}

inline ChainId test_chain() { return Hasher("keten/test/chain").finish(); }

inline BlockHeader test_genesis() {
  BlockHeader header;
  header.chain_id = test_chain();
  header.time = 999'000;
  return header;
}

inline consensus::Floor genesis_floor() {
  consensus::Floor floor;
  floor.block = test_genesis().id();
  return floor;
}

}  // namespace keten::scenarios
