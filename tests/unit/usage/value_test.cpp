#include "contracts/usage/value.h"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace keten::usage {
namespace {

BOOST_AUTO_TEST_SUITE(value)

BOOST_AUTO_TEST_CASE(equal_times_in_different_forms_are_equal) {
  const std::vector<std::string> same = {"2024",
                                         "2024Z",
                                         "2024-01",
                                         "2024-01Z",
                                         "2024-01-01",
                                         "2024-01-01Z",
                                         "2024-01-01T00:00",
                                         "2024-01-01T00:00Z",
                                         "2024-01-01T00:00:00",
                                         "2024-01-01T00:00:00Z",
                                         "2024-01-01T00:00:00.0Z",
                                         "2024-01-01T00:00:00.000000000Z",
                                         "2024-01-01T01:00:00+01:00",
                                         "2023-12-31T23:00-01:00",
                                         "2023-12-31T24:00:00Z",
                                         "2023-12-31T24:00Z"};
  for (const auto& text : same) {
    BOOST_TEST(parse_instant(text).has_value(), text);
    BOOST_TEST(parse_instant(text).value_or(0) == 1'704'067'200'000'000, text);
  }
  BOOST_TEST(*parse_instant("2024-01-01+02:00") == 1'704'060'000'000'000);
  BOOST_TEST(*parse_instant("2024-01-01T00:00:00.0000019Z") == 1'704'067'200'000'001);
  BOOST_TEST(*parse_instant("0001-01-01T00:00:00Z") < 0);
  BOOST_TEST(parse_instant("9999-12-31T23:59:59.999999Z").has_value());
}

BOOST_AUTO_TEST_CASE(what_has_no_place_on_the_time_line_is_no_time) {
  for (const auto* text : {"",
                           "yesterday",
                           "24",
                           "12:00:00",
                           "--01-01",
                           "---01",
                           "2024-13-01",
                           "2024-02-30",
                           "2024-1-1",
                           "2024-01-01T",
                           "2024-01-01T25:00Z",
                           "2024-01-01T24:00:01Z",
                           "2024-01-01T00:60Z",
                           "2024-01-01T00:00:60Z",
                           "2024-01-01T00:00:00.Z",
                           "2024-01-01T00:00:00+15:00",
                           "2024-01-01T00:00:00z",
                           "2024-01-01 00:00:00Z",
                           "2024-01-01T00",
                           "0000-01-01",
                           "12024-01-01",
                           "-2024-01-01",
                           "0001-01-01T00:00:00+01:00",
                           "9999-12-31T24:00:00Z",
                           "2024-01-01T00:00:00ZZ"}) {
    BOOST_TEST(!parse_instant(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(a_duration_counts_months_and_the_rest) {
  BOOST_CHECK((parse_duration("P3M") == Duration{3, 0}));
  BOOST_CHECK(
      (parse_duration("P1Y2M3DT4H5M6.5S") == Duration{14, ((3 * 24 + 4) * 3600LL + 5 * 60 + 6) * 1'000'000 + 500'000}));
  BOOST_CHECK((parse_duration("PT90M") == parse_duration("PT1H30M")));
  BOOST_CHECK((parse_duration("-P1D") == Duration{0, -86'400'000'000}));
  for (const auto* text : {"", "P", "PT", "3M", "P3", "P3X", "P1M1Y", "PT1M1H", "P1H", "P1.5D", "PT1.S", "P-1D", "P1DT",
                           "P99999999999999999999D", "P1Y1Y"}) {
    BOOST_TEST(!parse_duration(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(adding_a_month_stays_within_the_month) {
  BOOST_TEST(*add(*parse_instant("2024-01-31"), {1, 0}) == *parse_instant("2024-02-29"));
  BOOST_TEST(*add(*parse_instant("2023-01-31"), {1, 0}) == *parse_instant("2023-02-28"));
  BOOST_TEST(*add(*parse_instant("2024-02-29"), {12, 0}) == *parse_instant("2025-02-28"));
  BOOST_TEST(*add(*parse_instant("2024-01-31T12:00Z"), {-2, 0}) == *parse_instant("2023-11-30T12:00Z"));
  BOOST_TEST(!add(*parse_instant("9999-12-31"), {1, 0}).has_value());
}

BOOST_AUTO_TEST_CASE(months_and_days_have_an_order_only_where_every_month_agrees) {
  const auto order = [](const char* left, const char* right) {
    return compare(*parse_duration(left), *parse_duration(right));
  };
  BOOST_TEST(order("P1M", "P27D").value_or(9) == 1);
  BOOST_TEST(order("P1M", "P32D").value_or(9) == -1);
  BOOST_TEST(!order("P1M", "P30D").has_value());
  BOOST_TEST(order("P12M", "P1Y").value_or(9) == 0);
  BOOST_TEST(order("PT24H", "P1D").value_or(9) == 0);
}

BOOST_AUTO_TEST_CASE(numbers_are_exact) {
  const auto is_equal = [](const char* left, const char* right) {
    return equal(make_value(left), make_value(right), OperandType::decimal);
  };
  BOOST_CHECK(is_equal("1", "1.000") == Truth::yes);
  BOOST_CHECK(is_equal("+1e2", "100") == Truth::yes);
  BOOST_CHECK(is_equal("0.1", "0.10000000000000000001") == Truth::no);
  BOOST_CHECK(is_equal("9007199254740993", "9007199254740992") == Truth::no);
  BOOST_CHECK(is_equal("ten", "10") == Truth::unknown);
  BOOST_TEST(compare(make_value("-2"), make_value("-10"), OperandType::decimal).value_or(9) == 1);
}

BOOST_AUTO_TEST_CASE(three_values_follow_kleene) {
  constexpr Truth kAll[] = {Truth::no, Truth::unknown, Truth::yes};
  for (const auto left : kAll) {
    BOOST_CHECK((!(!left)) == left);
    for (const auto right : kAll) {
      BOOST_CHECK(both(left, right) == both(right, left));
      BOOST_CHECK((!both(left, right)) == either(!left, !right));
    }
  }
  BOOST_CHECK(both(Truth::no, Truth::unknown) == Truth::no);
  BOOST_CHECK(either(Truth::yes, Truth::unknown) == Truth::yes);
  BOOST_CHECK((!Truth::unknown) == Truth::unknown);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
