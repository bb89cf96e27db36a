#include "core/hash.h"

#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

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
