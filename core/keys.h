#pragma once

#include <string>

#include "core/bytes.h"

namespace keten {

/// Ed25519 public key, canonical encoding.
using PublicKey = FixedBytes<32, struct PublicKeyTag>;
using Signature = FixedBytes<64, struct SignatureTag>;
/// RFC 8032 seed of a secret key.
using KeySeed = FixedBytes<32, struct KeySeedTag>;

/// An Ed25519 key pair. Wipes its secret when it dies. Randomness comes from outside (the caller's seed).
class KeyPair {
 public:
  static KeyPair from_seed(const KeySeed& seed);
  KeyPair(const KeyPair&) = default;
  KeyPair& operator=(const KeyPair&) = default;
  ~KeyPair();

  [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
  [[nodiscard]] Signature sign(ByteView message) const;

 private:
  KeyPair() = default;
  PublicKey public_key_;
  FixedBytes<64, struct SecretKeyTag> secret_;
};

/// libsodium's strict one-message verifier: the only signature predicate of the ledger (sig_rule 1).
[[nodiscard]] bool verify(const PublicKey& key, ByteView message, const Signature& signature);

/// Canonical, on the curve, prime order, not of small order: what a key must be to be registered.
[[nodiscard]] bool is_valid_public_key(const PublicKey& key);

/// `ed25519:` followed by hexadecimal: the form in files and on screens.
std::string key_text(const PublicKey& key);
/// Fails with INVALID_KEY.
Result<PublicKey> parse_key_text(std::string_view text);

}  // namespace keten
