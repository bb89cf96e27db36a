#include "tests/simulator/key_ring.h"

#include <algorithm>

#include "core/hash.h"

namespace keten::simulator {
namespace {

/// Nobody in the simulator computes another node's tag, so it needs no secret.
Signature tag(const PublicKey& key, const Hash& digest) {
  const auto hash = Hasher("keten/simulator/tag").fixed(key).fixed(digest).finish();
  Signature result;
  std::copy(hash.bytes.begin(), hash.bytes.end(), result.bytes.begin());
  return result;
}

class TagSigner final : public consensus::Signer {
 public:
  explicit TagSigner(const PublicKey& key) : key_(key) {}
  [[nodiscard]] Signature sign(const Hash& digest) const override { return tag(key_, digest); }

 private:
  PublicKey key_;
};

class KeySigner final : public consensus::Signer {
 public:
  explicit KeySigner(const KeyPair& key) : key_(key) {}
  [[nodiscard]] Signature sign(const Hash& digest) const override { return key_.sign(digest.view()); }

 private:
  KeyPair key_;
};

}  // namespace

KeyRing::KeyRing(const std::vector<KeyPair>& keys, Signatures kind) : kind_(kind) {
  for (std::size_t i = 0; i < keys.size(); ++i) { add(NodeNumber{static_cast<std::uint16_t>(i)}, keys[i]); }
}

void KeyRing::add(NodeNumber node, const KeyPair& key) {
  pairs_.emplace(key.public_key(), key);
  auto& signer = owners_[node.value].signers[key.public_key()];
  if (signer != nullptr) { return; }
  if (kind_ == Signatures::tags) {
    signer = std::make_unique<TagSigner>(key.public_key());
  } else {
    signer = std::make_unique<KeySigner>(key);
  }
}

const consensus::Signer* KeyRing::Owner::find(const PublicKey& key) const {
  const auto found = signers.find(key);
  return found == signers.end() ? nullptr : found->second.get();
}

bool KeyRing::is_valid(const PublicKey& key, const Hash& digest, const Signature& signature) const {
  if (kind_ == Signatures::tags) { return tag(key, digest) == signature; }
  return verify(key, digest.view(), signature);
}

}  // namespace keten::simulator
