#include "tests/simulator/key_ring.h"

#include <algorithm>

#include "core/hash.h"

namespace keten::simulator {
namespace {

/// Nobody in the simulator computes another validator's tag, so it needs no secret.
Signature tag(std::size_t index, const Hash& digest) {
  const auto hash = Hasher("keten/simulator/tag").number(index).fixed(digest).finish();
  Signature result;
  std::copy(hash.bytes.begin(), hash.bytes.end(), result.bytes.begin());
  return result;
}

class TagSigner final : public consensus::Signer {
 public:
  explicit TagSigner(std::size_t index) : index_(index) {}
  [[nodiscard]] Signature sign(const Hash& digest) const override { return tag(index_, digest); }

 private:
  std::size_t index_;
};

class KeySigner final : public consensus::Signer {
 public:
  explicit KeySigner(const KeyPair& key) : key_(key) {}
  [[nodiscard]] Signature sign(const Hash& digest) const override { return key_.sign(digest.view()); }

 private:
  const KeyPair& key_;
};

}  // namespace

KeyRing::KeyRing(const std::vector<KeyPair>& keys, Signatures kind) : keys_(keys), kind_(kind) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (kind == Signatures::tags) {
      signers_.push_back(std::make_unique<TagSigner>(i));
    } else {
      signers_.push_back(std::make_unique<KeySigner>(keys[i]));
    }
  }
}

bool KeyRing::is_valid(ValidatorIndex index, const Hash& digest, const Signature& signature) const {
  if (index.value >= keys_.size()) { return false; }
  if (kind_ == Signatures::tags) { return tag(index.value, digest) == signature; }
  return verify(keys_[index.value].public_key(), digest.view(), signature);
}

}  // namespace keten::simulator
