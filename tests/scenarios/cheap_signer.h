#pragma once

#include <string>
#include <vector>

#include "consensus/engine.h"
#include "core/hash.h"

namespace keten::scenarios {

/// A signature that costs one hash and binds signer and digest: good enough where nobody forges. The signer's key begins
/// with its number plus one.
inline Signature cheap_signature(ValidatorIndex signer, const Hash& digest) {
  const auto hash = Hasher("keten/test/signature").number(signer.value).fixed(digest).finish();
  Signature signature;
  for (std::size_t i = 0; i < 32; ++i) { signature.bytes[i] = hash.bytes[i]; }
  return signature;
}

inline ValidatorIndex cheap_owner(const PublicKey& key) { return {static_cast<std::uint16_t>(key.bytes[0] - 1U)}; }

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
    Validator member{.organisation = "company-" + std::to_string(i), .node = "node", .key = {}, .weight = 1};
    member.key.bytes[0] = static_cast<std::uint8_t>(i + 1);
    members.push_back(member);
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
