#include "core/bytes.h"

#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "core/ids.h"
#include "core/result.h"

namespace keten {
namespace {

BOOST_AUTO_TEST_SUITE(bytes)

BOOST_AUTO_TEST_CASE(every_byte_survives_hexadecimal) {
  Bytes all;
  for (int i = 0; i < 256; ++i) { all.push_back(static_cast<std::uint8_t>(i)); }
  const auto text = to_hex(all);
  BOOST_TEST(text.size() == 512U);
  BOOST_TEST(text.substr(0, 8) == "00010203");
  BOOST_TEST(text.substr(508) == "feff");
  BOOST_TEST((from_hex(text).value() == all));
  BOOST_TEST((from_hex("FEff").value() == Bytes{0xFE, 0xFF}));
  BOOST_TEST(from_hex("").value().empty());
}

BOOST_AUTO_TEST_CASE(half_a_byte_and_other_characters_are_refused) {
  for (const auto* text : {"0", "abc", "0g", "g0", " 0", "0x", "\xC3\xA9"}) {
    const auto result = from_hex(text);
    BOOST_REQUIRE_MESSAGE(!result, text);
    BOOST_TEST(result.error().reason == "INVALID_HEX");
  }
  BOOST_TEST(from_hex("00zz").error().message.find("position 2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(fixed_bytes_take_their_length_and_no_other) {
  for (std::size_t size = 0; size < 70; ++size) {
    const Bytes source(size, 1);
    BOOST_TEST(Hash::from(source).ok() == (size == 32));
    BOOST_TEST(Hash::from_hex(to_hex(source)).ok() == (size == 32));
  }
  BOOST_TEST(Hash::from(Bytes(31)).error().reason == "WRONG_LENGTH");
}

BOOST_AUTO_TEST_CASE(fixed_bytes_are_ordered_like_text_and_know_zero) {
  Hash low;
  Hash high;
  BOOST_TEST(low.is_zero());
  high.bytes[31] = 1;
  BOOST_TEST(!high.is_zero());
  low.bytes[30] = 0;
  BOOST_TEST((low < high));
  low.bytes[0] = 0x80;
  BOOST_TEST((high < low));
  BOOST_TEST((low.hex() > high.hex()));
}

BOOST_AUTO_TEST_CASE(numbers_count_and_compare) {
  View view{7};
  BOOST_TEST((view.next() == View{8}));
  BOOST_TEST((view.previous() == View{6}));
  BOOST_TEST((view.plus(3) == View{10}));
  BOOST_TEST((++view == View{8}));
  BOOST_TEST((View{2} < View{10}));
  BOOST_TEST(View{12}.text() == "12");
  BOOST_TEST((ValidatorIndex{65535}.next() == ValidatorIndex{0}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(result)

BOOST_AUTO_TEST_CASE(a_result_is_a_value_or_an_error) {
  const Result<int> value = 3;
  BOOST_TEST(value.ok());
  BOOST_TEST(*value == 3);
  const Result<int> error = failure(ErrorKind::busy, "FULL", "try again");
  BOOST_TEST(!error);
  BOOST_TEST((error.error().kind == ErrorKind::busy));
  BOOST_TEST(error.error().reason == "FULL");
  const Status done = kDone;
  BOOST_TEST(done.ok());
}

BOOST_AUTO_TEST_CASE(a_value_can_be_moved_out) {
  Result<std::string> result = std::string(100, 'x');
  const std::string taken = std::move(result).value();
  BOOST_TEST(taken.size() == 100U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten
