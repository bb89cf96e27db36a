#include "core/keys.h"

#include <string>

#include <boost/test/unit_test.hpp>
#include <sodium.h>

#include "tests/unit/core/sample_network.h"

namespace keten {
namespace {

using Scalar = std::array<std::uint8_t, 32>;

PublicKey key_of(std::string_view hex) { return PublicKey::from_hex(hex).value(); }

/// The eight points whose order divides 8, canonical (RFC 7748 and 8032 curve arithmetic; any textbook lists them), then
/// encodings of some of them that are not canonical.
const std::vector<std::string> kSmallOrder = {
    "0100000000000000000000000000000000000000000000000000000000000000",  // the identity, order 1
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // order 2
    "0000000000000000000000000000000000000000000000000000000000000000",  // order 4
    "0000000000000000000000000000000000000000000000000000000000000080",  // order 4
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",  // order 8
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",  // order 8
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",  // order 8
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",  // order 8
    "0100000000000000000000000000000000000000000000000000000000000080",  // the identity with a sign
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // p + 1
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // p
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};
const std::string kOrderEight = kSmallOrder[4];

/// L, the order of the base point, little-endian.
constexpr std::array<std::uint8_t, 32> kGroupOrder = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                                      0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                                      0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

/// Adds L to the scalar half: the same equation holds, a lenient verifier accepts.
Signature plus_group_order(Signature signature) {
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += signature.bytes[32 + i] + unsigned{kGroupOrder[i]};
    signature.bytes[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8U;
  }
  BOOST_REQUIRE(carry == 0);
  return signature;
}

PublicKey add(const PublicKey& left, const PublicKey& right) {
  PublicKey sum;
  BOOST_REQUIRE(crypto_core_ed25519_add(sum.bytes.data(), left.bytes.data(), right.bytes.data()) == 0);
  return sum;
}

BOOST_AUTO_TEST_SUITE(keys)

BOOST_AUTO_TEST_CASE(the_first_vectors_of_rfc_8032_hold) {
  // RFC 8032, section 7.1, tests 1 and 2.
  const auto first =
      KeyPair::from_seed(KeySeed::from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").value());
  BOOST_TEST(first.public_key().hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  BOOST_TEST(
      first.sign({}).hex() ==
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe"
      "24655141438e7a100b");
  const auto second =
      KeyPair::from_seed(KeySeed::from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").value());
  const Bytes message{0x72};
  BOOST_TEST(
      second.sign(message).hex() ==
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302a"
      "eeb00d291612bb0c00");
  BOOST_TEST(verify(second.public_key(), message, second.sign(message)));
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_anywhere_breaks_a_signature) {
  const auto pair = sample::key_pair("a");
  const auto message = to_bytes("message");
  const auto signature = pair.sign(message);
  for (std::size_t i = 0; i < Signature::size; ++i) {
    auto other = signature;
    other.bytes[i] ^= 1U;
    BOOST_TEST(!verify(pair.public_key(), message, other));
  }
  for (std::size_t i = 0; i < PublicKey::size; ++i) {
    auto other = pair.public_key();
    other.bytes[i] ^= 1U;
    BOOST_TEST(!verify(other, message, signature));
  }
  BOOST_TEST(!verify(pair.public_key(), to_bytes("messagf"), signature));
  BOOST_TEST(!verify(sample::key_pair("b").public_key(), message, signature));
}

// Bug 46.
BOOST_AUTO_TEST_CASE(a_signature_with_the_group_order_added_is_refused) {
  const auto pair = sample::key_pair("a");
  const auto message = to_bytes("message");
  BOOST_TEST(!verify(pair.public_key(), message, plus_group_order(pair.sign(message))));
}

// Bug 46.
BOOST_AUTO_TEST_CASE(points_of_small_order_are_neither_keys_nor_verifiers) {
  const auto message = to_bytes("message");
  for (const auto& key_hex : kSmallOrder) {
    const auto key = key_of(key_hex);
    BOOST_TEST(!is_valid_public_key(key), key_hex);
    for (const auto& point_hex : kSmallOrder) {
      Signature signature;  // scalar zero: with a lenient verifier it holds for one message in eight or for all
      std::copy_n(key_of(point_hex).bytes.begin(), 32, signature.bytes.begin());
      for (int i = 0; i < 16; ++i) {
        const Bytes one_message{static_cast<std::uint8_t>(i)};
        BOOST_TEST(!verify(key, one_message, signature));
      }
    }
  }
}

// Bug 46.
BOOST_AUTO_TEST_CASE(a_commitment_of_small_order_is_refused_under_a_good_key) {
  // R = the identity and S = k * a: the equation holds, a strict verifier still says no.
  const auto seed = KeySeed{sample::hash_of("a").bytes};
  const auto pair = KeyPair::from_seed(seed);
  std::array<std::uint8_t, 64> expanded{};
  crypto_hash_sha512(expanded.data(), seed.bytes.data(), seed.bytes.size());
  expanded[0] &= 248U;
  expanded[31] = static_cast<std::uint8_t>((expanded[31] & 127U) | 64U);
  Scalar secret{};
  std::array<std::uint8_t, 64> wide{};
  std::copy_n(expanded.begin(), 32, wide.begin());
  crypto_core_ed25519_scalar_reduce(secret.data(), wide.data());

  const auto message = to_bytes("message");
  Signature signature;
  signature.bytes[0] = 1;
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, signature.bytes.data(), 32);
  crypto_hash_sha512_update(&state, pair.public_key().bytes.data(), 32);
  crypto_hash_sha512_update(&state, message.data(), message.size());
  crypto_hash_sha512_final(&state, wide.data());
  Scalar challenge{};
  crypto_core_ed25519_scalar_reduce(challenge.data(), wide.data());
  crypto_core_ed25519_scalar_mul(signature.bytes.data() + 32, challenge.data(), secret.data());
  BOOST_TEST(!verify(pair.public_key(), message, signature));
}

BOOST_AUTO_TEST_CASE(a_key_of_mixed_order_is_not_registered_because_it_would_verify_sometimes) {
  const auto good = sample::key_pair("a").public_key();
  BOOST_TEST(is_valid_public_key(good));
  for (std::size_t i = 1; i < 8; ++i) { BOOST_TEST(!is_valid_public_key(add(good, key_of(kSmallOrder[i])))); }

  // Why it matters: A = a*B + T with T of order 8, and a message whose challenge is a multiple of 8.
  Scalar secret{};
  secret[0] = 3;
  Scalar nonce{};
  nonce[0] = 5;
  PublicKey pure;
  BOOST_REQUIRE(crypto_scalarmult_ed25519_base_noclamp(pure.bytes.data(), secret.data()) == 0);
  const auto mixed = add(pure, key_of(kOrderEight));
  Signature signature;
  BOOST_REQUIRE(crypto_scalarmult_ed25519_base_noclamp(signature.bytes.data(), nonce.data()) == 0);
  int accepted = 0;
  int refused = 0;
  for (std::uint8_t number = 0; number < 64; ++number) {
    const Bytes message{number};
    std::array<std::uint8_t, 64> wide{};
    crypto_hash_sha512_state state;
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, signature.bytes.data(), 32);
    crypto_hash_sha512_update(&state, mixed.bytes.data(), 32);
    crypto_hash_sha512_update(&state, message.data(), message.size());
    crypto_hash_sha512_final(&state, wide.data());
    Scalar challenge{};
    Scalar product{};
    crypto_core_ed25519_scalar_reduce(challenge.data(), wide.data());
    crypto_core_ed25519_scalar_mul(product.data(), challenge.data(), secret.data());
    crypto_core_ed25519_scalar_add(signature.bytes.data() + 32, product.data(), nonce.data());
    ++(verify(mixed, message, signature) ? accepted : refused);
  }
  BOOST_TEST(accepted > 0);
  BOOST_TEST(refused > accepted);
}

BOOST_AUTO_TEST_CASE(what_is_not_a_point_is_not_a_key) {
  // y = 2 is on no point of the curve; 2^255 - 1 is not below p.
  BOOST_TEST(!is_valid_public_key(key_of("0200000000000000000000000000000000000000000000000000000000000000")));
  BOOST_TEST(!is_valid_public_key(key_of("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")));
}

BOOST_AUTO_TEST_CASE(key_texts_are_read_strictly) {
  const auto key = sample::key_pair("a").public_key();
  BOOST_TEST((parse_key_text(key_text(key)).value() == key));
  BOOST_TEST(key_text(key).size() == 72U);
  const auto hex = key.hex();
  for (const auto& text : {hex, "ed25519:" + hex.substr(2), "ed25519:" + hex + "00", "Ed25519:" + hex,
                           " ed25519:" + hex, "ed25519: " + hex, std::string("ed25519:"), std::string()}) {
    const auto parsed = parse_key_text(text);
    BOOST_REQUIRE_MESSAGE(!parsed, text);
    BOOST_TEST(parsed.error().reason == "INVALID_KEY");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten
