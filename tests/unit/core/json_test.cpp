#include "core/json.h"

#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace keten::json {
namespace {

std::string reason_of(std::string_view text) {
  const auto result = parse(text);
  return result ? "accepted" : result.error().reason;
}

std::string canonical_of(std::string_view text) {
  const auto result = parse(text);
  return result ? canonical(*result) : result.error().reason;
}

BOOST_AUTO_TEST_SUITE(json)

BOOST_AUTO_TEST_CASE(a_document_keeps_member_order_and_number_texts) {
  const std::string text = R"({"b":1.50,"a":[true,null,"x\u0001\"/"],"c":{}})";
  const auto value = parse(text);
  BOOST_REQUIRE(value);
  BOOST_TEST(serialize(*value) == "{\"b\":1.50,\"a\":[true,null,\"x\\u0001\\\"/\"],\"c\":{}}");
  BOOST_TEST(value->find("b")->text() == "1.50");
  BOOST_TEST(!value->find("b")->as_integer().has_value());
  BOOST_TEST(value->find("missing") == nullptr);
}

BOOST_AUTO_TEST_CASE(text_that_is_not_json_is_refused) {
  for (const std::string_view text :
       {"",   " ",  "{",  "[1,]", "{\"a\":1,}", "{'a':1}", "{a:1}", "nul",  "NaN",     "Infinity",      "-", "01", "1.",
        ".5", "+1", "1e", "\"",   "\"\t\"",     "\"\\x\"", "[1] 2", "[1]]", "// x\n1", "\xEF\xBB\xBF{}"}) {
    BOOST_TEST(reason_of(text) == "JSON_MALFORMED", text);
  }
}

BOOST_AUTO_TEST_CASE(a_scalar_is_a_document) {
  BOOST_TEST(reason_of(" 1 ") == "accepted");
  BOOST_TEST(reason_of("\"x\"") == "accepted");
}

BOOST_AUTO_TEST_CASE(invalid_utf8_and_lone_surrogates_are_refused) {
  BOOST_TEST(reason_of("\"\xC3\x28\"") == "JSON_MALFORMED");
  BOOST_TEST(reason_of("\"\xED\xA0\x80\"") == "JSON_MALFORMED");
  BOOST_TEST(reason_of("\"\xC0\x80\"") == "JSON_MALFORMED");
  BOOST_TEST(reason_of(R"("\ud800")") == "JSON_MALFORMED");
  BOOST_TEST(reason_of(R"("\ud800\u0041")") == "JSON_MALFORMED");
  BOOST_TEST(reason_of(R"("\udc00")") == "JSON_MALFORMED");
  BOOST_TEST(canonical_of(R"("\ud83d\ude00")") == "\"\xF0\x9F\x98\x80\"");
}

BOOST_AUTO_TEST_CASE(a_duplicate_key_is_refused_and_pointed_at) {
  const auto result = parse("{\"a\":{\"b\":1,\n\"c\":2,\"b\":3}}");
  BOOST_REQUIRE(!result);
  BOOST_TEST(result.error().reason == "JSON_DUPLICATE_KEY");
  BOOST_REQUIRE_EQUAL(result.error().violations.size(), 1U);
  BOOST_TEST(result.error().violations[0].pointer == "/a/b");
  BOOST_TEST(result.error().message.find("line 2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(two_spellings_of_one_key_are_a_duplicate) {
  BOOST_TEST(reason_of(R"({"a":1,"\u0061":2})") == "JSON_DUPLICATE_KEY");
}

BOOST_AUTO_TEST_CASE(depth_is_allowed_up_to_the_limit) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  BOOST_TEST(reason_of(nested(limits::kJsonDepthMax)) == "accepted");
  BOOST_TEST(reason_of(nested(limits::kJsonDepthMax + 1)) == "JSON_TOO_DEEP");
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_brackets_are_refused_at_the_first_too_many) {
  const auto result = parse(std::string(100'000, '['));
  BOOST_REQUIRE(!result);
  BOOST_TEST(result.error().reason == "JSON_TOO_DEEP");
  BOOST_TEST(result.error().message.starts_with("line 1, column 3"));
}

BOOST_AUTO_TEST_CASE(bytes_and_values_are_limited) {
  BOOST_TEST(parse("[1]", {.bytes = 3}).ok());
  BOOST_TEST(parse("[11]", {.bytes = 3}).error().reason == "JSON_TOO_LARGE");
  BOOST_TEST(parse("[1,2]", {.values = 3}).ok());
  BOOST_TEST(parse("[1,2,3]", {.values = 3}).error().reason == "JSON_TOO_LARGE");
}

BOOST_AUTO_TEST_CASE(names_of_members_and_numbers_are_limited) {
  const auto name = [](std::size_t bytes) { return "{\"" + std::string(bytes, 'n') + "\":1}"; };
  BOOST_TEST(reason_of(name(limits::kJsonNameBytesMax)) == "accepted");
  BOOST_TEST(reason_of(name(limits::kJsonNameBytesMax + 1)) == "JSON_NAME_TOO_LONG");
  const auto number = [](std::size_t bytes) { return "1." + std::string(bytes - 2, '0'); };
  BOOST_TEST(reason_of(number(limits::kJsonNumberBytesMax)) == "accepted");
  BOOST_TEST(reason_of(number(limits::kJsonNumberBytesMax + 1)) == "JSON_NUMBER_RANGE");
}

BOOST_AUTO_TEST_CASE(a_number_that_a_double_cannot_hold_is_refused) {
  for (const std::string_view text :
       {"9007199254740993", "-9007199254740993", "10000000000000000", "1e400", "-1e400", "1e-400",
        "0.10000000000000000555", "123456789.123456789", "1e99999999999999999999"}) {
    BOOST_TEST(reason_of(text) == "JSON_NUMBER_RANGE", text);
  }
  for (const std::string_view text : {"9007199254740992", "-9007199254740992", "0.1", "1e22", "1.7976931348623157e308",
                                      "5e-324", "0", "-0", "0.000", "0e999", "26.0", "200.5", "1234567.12345678"}) {
    BOOST_TEST(reason_of(text) == "accepted", text);
  }
}

BOOST_AUTO_TEST_CASE(integers_are_read_exactly) {
  BOOST_TEST(parse("-42")->as_integer().value() == -42);
  BOOST_TEST(!parse("42.0")->as_integer().has_value());
  BOOST_TEST(!parse("4e1")->as_integer().has_value());
  BOOST_TEST(!parse("\"42\"")->as_integer().has_value());
}

// RFC 8785, section 3.2.3 and appendix B.
BOOST_AUTO_TEST_CASE(canonical_numbers_have_the_layout_of_ecmascript) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"0", "0"},
      {"-0", "0"},
      {"0.0", "0"},
      {"26.0", "26"},
      {"1E30", "1e+30"},
      {"4.50", "4.5"},
      {"2e-3", "0.002"},
      {"0.000001", "0.000001"},
      {"0.0000001", "1e-7"},
      {"1e20", "100000000000000000000"},
      {"1e21", "1e+21"},
      {"1e+27", "1e+27"},
      {"5e-324", "5e-324"},
      {"-1.7976931348623157e308", "-1.7976931348623157e+308"},
      {"333333333.3333333", "333333333.3333333"},
      {"1.5e-9", "1.5e-9"},
      {"123e-2", "1.23"},
      {"-12.30", "-12.3"}};
  for (const auto& [text, expected] : table) { BOOST_TEST(canonical_of(text) == expected, text); }
}

// RFC 8785, section 3.2.3: the example of sorting.
BOOST_AUTO_TEST_CASE(canonical_members_are_in_utf16_order) {
  BOOST_TEST(
      canonical_of(R"({"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7})") ==
      "{\"\\r\":2,\"1\":4,\"\xC2\x80\":6,\"\xC3\xB6\":7,\"\xE2\x82\xAC\":1,\"\xF0\x9F\x98\x80\":5,\"\xEF\xAC\xB3\":3}");
}

BOOST_AUTO_TEST_CASE(canonical_form_does_not_depend_on_layout_or_order) {
  BOOST_TEST(canonical_of("{ \"b\" : [ 1.0 , { } ] ,\n \"a\" : \"\\u002f\" }") == R"({"a":"/","b":[1,{}]})");
}

BOOST_AUTO_TEST_CASE(pretty_form_reads_back_as_the_same_value) {
  const auto value = parse(R"({"a":[],"b":{},"c":[1,{"d":"e"}]})");
  BOOST_REQUIRE(value);
  BOOST_TEST(pretty(*value) ==
             "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    {\n      \"d\": \"e\"\n    }\n  ]\n}");
  BOOST_TEST((*parse(pretty(*value)) == *value));
}

BOOST_AUTO_TEST_CASE(a_pointer_escapes_its_tokens) { BOOST_TEST(pointer_add("/a", "b/c~d") == "/a/b~1c~0d"); }

BOOST_AUTO_TEST_CASE(members_can_be_set_replaced_and_removed) {
  auto object = Value::object();
  object.set("a", Value::number(1)).set("b", Value::string("x")).set("a", Value::number(2));
  BOOST_TEST(serialize(object) == R"({"a":2,"b":"x"})");
  BOOST_TEST(object.remove("a"));
  BOOST_TEST(!object.remove("a"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::json
