#include "core/hash.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <sodium/crypto_generichash_blake2b.h>

namespace keten {
namespace {

BOOST_AUTO_TEST_SUITE(hash)

/// The published BLAKE2b-256 of these bytes.
Hash plain(std::string_view text) {
  Hash hash;
  crypto_generichash_blake2b(hash.bytes.data(), Hash::size, as_bytes(text).data(), text.size(), nullptr, 0);
  return hash;
}

BOOST_AUTO_TEST_CASE(the_input_is_the_tag_a_zero_byte_and_the_fields) {
  // BLAKE2b-256 of nothing, as published with the algorithm's reference code.
  BOOST_TEST(plain("").hex() == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  using namespace std::string_literals;
  BOOST_TEST((Hasher("tag").finish() == plain("tag\0"s)));
  BOOST_TEST((Hasher("tag").fixed(as_bytes("ab")).finish() == plain("tag\0ab"s)));
  BOOST_TEST((Hasher("tag").number(0x0102).finish() == plain("tag\0\x02\x01\0\0\0\0\0\0"s)));
  BOOST_TEST((Hasher("tag").sized("ab").finish() == plain("tag\0\x02\0\0\0\0\0\0\0ab"s)));
}

/// The same by libsodium, of bytes.
Hash by_libsodium(ByteView bytes) {
  Hash hash;
  crypto_generichash_blake2b(hash.bytes.data(), Hash::size, bytes.data(), bytes.size(), nullptr, 0);
  return hash;
}

/// Not random: every run tests the same bytes.
Bytes sample_bytes(std::size_t count, std::size_t number) {
  Bytes bytes(count);
  auto state = static_cast<std::uint32_t>(number);
  for (auto& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<std::uint8_t>(state >> 24U);
  }
  return bytes;
}

BOOST_AUTO_TEST_CASE(blake2b_is_libsodiums_at_every_length_and_however_it_is_cut) {
  for (std::size_t length = 0; length <= 3 * Blake2b::kBlockBytes + 2; ++length) {
    const auto bytes = sample_bytes(length, length);
    const auto expected = by_libsodium(bytes);
    for (const std::size_t piece : {1U, 7U, 63U, 64U, 127U, 128U, 129U, 256U, 1000U}) {
      Blake2b hash;
      for (std::size_t at = 0; at < length; at += piece) {
        hash.update(ByteView(bytes).subspan(at, std::min(piece, length - at)));
      }
      BOOST_REQUIRE((hash.finish() == expected));
    }
    if (length <= Blake2b::kBlockBytes) { BOOST_REQUIRE((Blake2b::of_short(bytes) == expected)); }
  }
  const auto large = sample_bytes(100'003, 1);
  Blake2b hash;
  hash.update(large);
  BOOST_TEST((hash.finish() == by_libsodium(large)));
}

BOOST_AUTO_TEST_CASE(many_messages_at_once_have_the_hashes_that_each_has_alone) {
  for (const std::size_t length : {0U, 1U, 8U, 63U, 81U, 127U, 128U}) {
    for (std::size_t count = 0; count <= 29; ++count) {
      std::vector<Blake2b::Block> messages(count);
      std::vector<Hash> expected;
      for (std::size_t i = 0; i < count; ++i) {
        const auto bytes = sample_bytes(length, 1000 * length + i);
        std::ranges::copy(bytes, messages[i].begin());
        expected.push_back(by_libsodium(bytes));
      }
      std::vector<Hash> hashes(count);
      Blake2b::of_many(messages, length, hashes);
      BOOST_REQUIRE((hashes == expected));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_tag_is_never_the_beginning_of_another) {
  BOOST_TEST((Hasher("keten/a").sized("").finish() != Hasher("keten/a/1").sized("").finish()));
  BOOST_TEST((Hasher("ab").fixed(as_bytes("c")).finish() != Hasher("abc").finish()));
  BOOST_TEST((Hasher("").fixed(as_bytes("abc")).finish() != Hasher("abc").finish()));
}

BOOST_AUTO_TEST_CASE(no_two_sequences_of_sized_fields_collide) {
  // Every way to cut "aaaa" (and its beginnings) into up to three fields.
  std::set<Hash> seen;
  std::size_t sequences = 0;
  for (std::size_t total = 0; total <= 4; ++total) {
    const std::string text(total, 'a');
    seen.insert(Hasher("t").sized(text).finish());
    ++sequences;
    for (std::size_t first = 0; first <= total; ++first) {
      seen.insert(Hasher("t").sized(text.substr(0, first)).sized(text.substr(first)).finish());
      ++sequences;
      for (std::size_t second = first; second <= total; ++second) {
        seen.insert(Hasher("t")
                        .sized(text.substr(0, first))
                        .sized(text.substr(first, second - first))
                        .sized(text.substr(second))
                        .finish());
        ++sequences;
      }
    }
  }
  BOOST_TEST(seen.size() == sequences);
}

BOOST_AUTO_TEST_CASE(a_long_input_may_come_in_pieces) {
  const Bytes text(1000, 'x');
  Hasher pieces("t");
  for (std::size_t at = 0; at < text.size(); at += 7) {
    pieces.fixed(ByteView(text).subspan(at, std::min<std::size_t>(7, text.size() - at)));
  }
  BOOST_TEST((pieces.finish() == Hasher("t").fixed(text).finish()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten
