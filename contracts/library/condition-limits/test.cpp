#include "../samples.hpp"  // lint: allow guests are compiled by keten, outside the tree
using namespace samples;

namespace {
const char* const kCooled =
    R"({"limits":[{"type":"Temperature","unit":"CEL","min":2,"max":7,"required":["receiving"]}],"answerHours":24})";
std::string with(const std::string& report, const std::string& step = "receiving", const std::string& item = kWheel) {
  return object("OBSERVE", step,
                epcs(item) + (report.empty() ? "" : R"(,"sensorElementList":[{"sensorReport":[)" + report + "]}]"));
}
std::string celsius(const std::string& value) {
  return R"({"type":"Temperature","value":)" + value + R"(,"uom":"CEL"})";
}
}  // namespace

KETEN_TEST(limits_belong_to_what_is_allowed) {
  Chain chain;
  chain.parameters(kCooled).time("2026-03-01T00:00:00Z");
  for (const char* good : {"2", "7", "2.000", "6.999999999"}) {
    KETEN_EQUAL(chain.judge("dairy", with(celsius(good))).codes(), "");
  }
  KETEN_EQUAL(chain.judge("dairy", with(celsius("7.000000001"))).codes(), "over_limit");
  const auto judged = chain.judge("dairy", with(celsius("-1.5")));
  KETEN_EQUAL(judged.codes(), "under_limit");
  KETEN_EQUAL(judged.findings[0].message, "Temperature of -1.5 CEL, agreed are at least 2 CEL");
  KETEN_EQUAL(judged.findings[0].deadline_ms, *keten::parse_time("2026-03-02T00:00:00Z"));
}

KETEN_TEST(extremes_count_and_not_the_mean) {
  Chain chain;
  chain.parameters(kCooled);
  KETEN_EQUAL(
      chain.judge("dairy", with(R"({"type":"Temperature","minValue":1,"maxValue":9,"meanValue":5,"uom":"CEL"})"))
          .codes(),
      "over_limit under_limit");
}

KETEN_TEST(another_unit_and_a_missing_report_are_found) {
  Chain chain;
  chain.parameters(kCooled);
  KETEN_EQUAL(chain.judge("dairy", with(R"({"type":"Temperature","value":40,"uom":"FAH"})")).codes(),
              "other_unit no_report");
  KETEN_EQUAL(chain.judge("dairy", with("")).codes(), "no_report");
  KETEN_EQUAL(chain.judge("dairy", with("", "storing")).codes(), "");
}

KETEN_TEST(limits_of_one_product_do_not_bind_another) {
  Chain chain;
  chain.parameters(
      R"({"limits":[{"type":"Temperature","unit":"CEL","max":7,"products":["https://id.gs1.org/01/09521003000428"]}]})");
  KETEN_EQUAL(chain.judge("dairy", with(celsius("9"))).codes(), "over_limit");
  KETEN_EQUAL(
      chain.judge("dairy", with(celsius("9"), "receiving", "https://id.gs1.org/01/09521001000017/21/1")).codes(), "");
}

KETEN_TEST(no_limits_is_a_finding_and_no_silence) {
  KETEN_EQUAL(Chain().judge("dairy", with(celsius("9"))).codes(), "parameter_missing");
}

KETEN_TEST(an_event_full_of_reports_is_within_the_fuel_of_the_package) {
  Chain chain;
  chain.parameters(R"({"limits":[{"type":"Temperature","unit":"CEL","min":2,"max":7}]})");
  std::string reports;
  for (int i = 0; i < 5'000; ++i) { reports += (i ? "," : "") + celsius("5"); }
  const auto judged = chain.judge("dairy", with(reports));
  KETEN_EQUAL(judged.codes(), "");
  KETEN_EXPECT(judged.fuel < kFuelOfEntry);
}

KETEN_TEST(the_warm_spell_of_the_cold_chain_is_found) {
  Chain chain;
  chain.parameters(R"({"limits":[{"type":"Temperature","unit":"CEL","max":8}]})");
  KETEN_EQUAL(joined(cold_chain(chain)), "06-dairy-cheese 0: over_limit; 09-truck-to-shop 1: over_limit alarm");
}

KETEN_TEST(no_digits_pass_a_limit_by) {
  Chain chain;
  chain.parameters(kCooled);
  KETEN_EQUAL(chain.judge("dairy", with(celsius("60.0000000001"))).codes(), "over_limit");
  KETEN_EQUAL(chain.judge("dairy", with(celsius("7.0000000000001"))).codes(), "over_limit");
  KETEN_EQUAL(chain.judge("dairy", with(celsius("1.9999999999999998"))).codes(), "under_limit");
  KETEN_EQUAL(chain.judge("dairy", with(celsius("6.999999999999999"))).codes(), "");
  KETEN_EQUAL(
      chain.judge("dairy", with(R"({"type":"Temperature","maxValue":60.0000000001,"value":5,"uom":"CEL"})")).codes(),
      "over_limit");
  KETEN_EQUAL(chain.judge("dairy", with(celsius("1e40"))).codes(), "unreadable no_report");
  KETEN_EQUAL(chain.judge("dairy", with(R"({"type":"Temperature","maxValue":1e40,"value":5,"uom":"CEL"})")).codes(),
              "unreadable");
}

KETEN_TEST(each_value_of_a_report_is_judged) {
  Chain chain;
  chain.parameters(kCooled);
  for (const char* name : {"value", "minValue", "maxValue", "meanValue", "percValue"}) {
    const auto one = [&](const std::string& value) {
      return chain
          .judge("dairy", with(R"({"type":"Temperature","uom":"CEL",")" + std::string(name) + "\":" + value + "}"))
          .codes();
    };
    KETEN_EQUAL(one("40"), "over_limit");
    KETEN_EQUAL(one("1"), "under_limit");
    KETEN_EQUAL(one("5"), "");
  }
  KETEN_EQUAL(chain.judge("dairy", with(R"({"type":"Temperature","value":40,"maxValue":5,"uom":"CEL"})")).codes(),
              "over_limit");
  KETEN_EQUAL(chain.judge("dairy", with(R"({"type":"Temperature","sDev":1,"uom":"CEL"})")).codes(),
              "no_value no_report");
}

KETEN_TEST(limits_that_cannot_be_read_are_found) {
  Chain chain;
  const auto codes = [&](const std::string& limit) {
    chain.parameters("{\"limits\":[" + limit + "]}");
    return chain.judge("dairy", with(celsius("40"))).codes();
  };
  KETEN_EQUAL(codes(R"({"type":"Temperature","unit":"CEL","maximum":7})"),
              "parameter_missing parameter_missing parameter_unknown");
  KETEN_EQUAL(codes(R"({"type":"Temperature","unit":"CEL","max":"seven"})"), "parameter_unreadable parameter_missing");
  KETEN_EQUAL(codes(R"({"type":"Temperature","unit":"CEL","min":8,"max":7})"), "parameter_unreadable");
  KETEN_EQUAL(codes(R"({"type":"Temperature","unit":"CEL","max":7,"required":"receiving"})"), "parameter_unreadable");
  KETEN_EQUAL(codes("7"),
              "parameter_unreadable parameter_missing parameter_missing parameter_missing parameter_missing");
  chain.parameters(R"({"limits":[{"type":"Temperature","unit":"CEL","max":7}],"answerHours":0.5})");
  const auto judged = chain.judge("dairy", with(celsius("40")));
  KETEN_EQUAL(judged.codes(), "parameter_unreadable");
  KETEN_EQUAL(judged.findings[0].message, "parameter answerHours: expected a whole number from 0 to 876000, found 0.5");
  chain.parameters(R"({"limits":[{"type":"Temperature","unit":"CEL","max":7}],"answerHours":2562047788015})");
  KETEN_EQUAL(chain.judge("dairy", with(celsius("40"))).codes(), "parameter_unreadable");
}

KETEN_TEST(products_are_named_in_any_spelling) {
  Chain chain;
  for (const char* product : {"https://dairy.example/01/9521003000428", "urn:epc:idpat:sgtin:9521003.000042.*"}) {
    chain.parameters(R"({"limits":[{"type":"Temperature","unit":"CEL","max":7,"products":[")" + std::string(product) +
                     "\"]}]}");
    KETEN_EQUAL(chain.judge("dairy", with(celsius("9"))).codes(), "over_limit");
  }
  chain.parameters(R"({"limits":[{"type":"Temperature","unit":"CEL","max":7,"products":["9521003000428"]}]})");
  KETEN_EQUAL(chain.judge("dairy", with(celsius("9"))).codes(), "parameter_unreadable");
}

KETEN_TEST(the_longest_events_are_within_the_fuel_of_the_package) {
  std::string products;
  for (int i = 0; i < 20; ++i) {
    products += (i ? "," : "") + std::string(R"("https://id.gs1.org/01/0952100)") + std::to_string(1000000 + i) + "\"";
  }
  expect_the_longest_events_within_fuel(R"({"limits":[{"type":"Temperature","unit":"CEL","max":7,"products":[)" +
                                        products + "]}]}");
}

KETEN_TEST(what_the_public_sample_data_shows) {
  expect_on_public_samples(R"({"limits":[{"type":"Temperature","unit":"CEL","max":8}]})",
                           "alarm 7, events with a finding 21, no_value 2, other_unit 1, over_limit 24");
}
