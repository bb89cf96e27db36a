#include "core/encoding.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace keten {
namespace {

Bytes example() {
  Writer writer;
  writer.u8(1);
  writer.u16(0x0203);
  writer.u32(0x04050607);
  writer.u64(0x08090A0B0C0D0E0F);
  writer.sized("abc");
  Hash hash;
  hash.bytes.fill(9);
  writer.fixed(hash);
  writer.number(Height{5});
  return writer.take();
}

/// Reads it all; says whether it went well.
bool reads(ByteView bytes) {
  Reader reader(bytes);
  reader.u8();
  reader.u16();
  reader.u32();
  reader.u64();
  reader.text(3);
  reader.fixed<Hash>();
  reader.number<Height>();
  return reader.finish("example").ok();
}

BOOST_AUTO_TEST_SUITE(encoding)

BOOST_AUTO_TEST_CASE(integers_are_little_endian_and_variable_fields_are_sized) {
  const auto bytes = example();
  BOOST_TEST(to_hex(ByteView(bytes).first(22)) == "010302070605040f0e0d0c0b0a090803000000616263");
  Reader reader(bytes);
  BOOST_TEST(reader.u8() == 1U);
  BOOST_TEST(reader.u16() == 0x0203U);
  BOOST_TEST(reader.u32() == 0x04050607U);
  BOOST_TEST(reader.u64() == 0x08090A0B0C0D0E0FU);
  BOOST_TEST(reader.text(3) == "abc");
  BOOST_TEST(reader.fixed<Hash>().bytes[31] == 9U);
  BOOST_TEST((reader.number<Height>() == Height{5}));
  BOOST_TEST(reader.finish("example").ok());
}

BOOST_AUTO_TEST_CASE(every_shorter_input_and_every_longer_one_is_refused) {
  const auto bytes = example();
  BOOST_TEST(reads(bytes));
  for (std::size_t length = 0; length < bytes.size(); ++length) { BOOST_TEST(!reads(ByteView(bytes).first(length))); }
  auto longer = bytes;
  longer.push_back(0);
  BOOST_TEST(!reads(longer));
}

BOOST_AUTO_TEST_CASE(the_error_says_whether_bytes_are_missing_or_left) {
  const Bytes bytes(3);
  Reader missing(bytes);
  missing.u32();
  BOOST_TEST(missing.finish("a vote").error().reason == "MALFORMED");
  BOOST_TEST(missing.finish("a vote").error().message.find("a vote: the bytes end too early") == 0U);
  Reader left(bytes);
  left.u8();
  BOOST_TEST(left.finish("a vote").error().message == "a vote: expected the end, found 2 more bytes");
}

BOOST_AUTO_TEST_CASE(after_a_short_read_everything_is_zero) {
  const Bytes bytes(3, 0xFF);
  Reader reader(bytes);
  BOOST_TEST(reader.u32() == 0U);
  BOOST_TEST(!reader.ok());
  BOOST_TEST(reader.u8() == 0U);
  BOOST_TEST(reader.sized(10).empty());
  BOOST_TEST(reader.fixed<Hash>().is_zero());
}

BOOST_AUTO_TEST_CASE(a_length_at_its_limit_is_read_and_one_above_is_not) {
  Writer writer;
  writer.sized("12345");
  const auto bytes = writer.take();
  Reader at_limit(bytes);
  BOOST_TEST(at_limit.sized(5).size() == 5U);
  BOOST_TEST(at_limit.ok());
  Reader over_limit(bytes);
  BOOST_TEST(over_limit.sized(4).empty());
  BOOST_TEST(!over_limit.ok());
}

BOOST_AUTO_TEST_CASE(a_huge_length_allocates_nothing) {
  Writer writer;
  writer.u32(0xFFFFFFFF);
  Reader reader(writer.bytes());
  BOOST_TEST(reader.sized(0xFFFFFFFF).empty());
  BOOST_TEST(!reader.ok());
}

BOOST_AUTO_TEST_CASE(a_decoder_can_refuse_what_it_has_read) {
  const Bytes bytes(1);
  Reader reader(bytes);
  reader.u8();
  reader.fail();
  BOOST_TEST(!reader.finish("x").ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten
