#include "client/sealed_box.h"

#include <array>

#include <sodium.h>

#include "core/check.h"

namespace keten::client {

Result<Bytes> seal_for(const PublicKey& recipient, ByteView content) {
  CHECK(sodium_init() >= 0);
  std::array<std::uint8_t, crypto_box_PUBLICKEYBYTES> key{};
  if (crypto_sign_ed25519_pk_to_curve25519(key.data(), recipient.bytes.data()) != 0) {
    return invalid("INVALID_KEY", "nothing can be sealed for " + key_text(recipient));
  }
  Bytes box(content.size() + crypto_box_SEALBYTES);
  CHECK(crypto_box_seal(box.data(), content.data(), content.size(), key.data()) == 0);
  return box;
}

Result<Bytes> open_sealed(const KeySeed& key, ByteView box) {
  CHECK(sodium_init() >= 0);
  std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> sign_public{};
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> sign_secret{};
  std::array<std::uint8_t, crypto_box_PUBLICKEYBYTES> box_public{};
  std::array<std::uint8_t, crypto_box_SECRETKEYBYTES> box_secret{};
  crypto_sign_seed_keypair(sign_public.data(), sign_secret.data(), key.bytes.data());
  bool is_open = crypto_sign_ed25519_pk_to_curve25519(box_public.data(), sign_public.data()) == 0 &&
                 crypto_sign_ed25519_sk_to_curve25519(box_secret.data(), sign_secret.data()) == 0 &&
                 box.size() >= crypto_box_SEALBYTES;
  Bytes content(is_open ? box.size() - crypto_box_SEALBYTES : 0);
  is_open = is_open &&
            crypto_box_seal_open(content.data(), box.data(), box.size(), box_public.data(), box_secret.data()) == 0;
  sodium_memzero(sign_secret.data(), sign_secret.size());
  sodium_memzero(box_secret.data(), box_secret.size());
  if (!is_open) {
    return failure(ErrorKind::forbidden, "NOT_FOR_THIS_KEY",
                   "it was sealed for another key, or has been changed since");
  }
  return content;
}

}  // namespace keten::client
