#include "core/keys.h"

#include <sodium.h>

namespace keten {

KeyPair KeyPair::from_seed(const KeySeed& seed) {
  KeyPair pair;
  crypto_sign_seed_keypair(pair.public_key_.bytes.data(), pair.secret_.bytes.data(), seed.bytes.data());
  return pair;
}

KeyPair::~KeyPair() { sodium_memzero(secret_.bytes.data(), secret_.bytes.size()); }

Signature KeyPair::sign(ByteView message) const {
  Signature signature;
  crypto_sign_detached(signature.bytes.data(), nullptr, message.data(), message.size(), secret_.bytes.data());
  return signature;
}

bool verify(const PublicKey& key, ByteView message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.bytes.data(), message.data(), message.size(), key.bytes.data()) == 0;
}

bool is_valid_public_key(const PublicKey& key) { return crypto_core_ed25519_is_valid_point(key.bytes.data()) == 1; }

std::string key_text(const PublicKey& key) { return "ed25519:" + key.hex(); }

Result<PublicKey> parse_key_text(std::string_view text) {
  constexpr std::string_view kPrefix = "ed25519:";
  if (!text.starts_with(kPrefix)) {
    return invalid("INVALID_KEY", "expected ed25519: and 64 hexadecimal digits, found another form");
  }
  auto key = PublicKey::from_hex(text.substr(kPrefix.size()));
  if (!key) { return invalid("INVALID_KEY", "key after ed25519: " + key.error().message); }
  return key;
}

}  // namespace keten
