#include <keten/testkit.hpp>

using keten::testkit::Chain;

namespace {

/// One sensor element: the highest temperature between two times of the morning.
std::string element(const std::string& from, const std::string& until, const std::string& celsius) {
  return R"({"sensorMetadata":{"startTime":"2026-03-01T)" + from + R"(:00Z","endTime":"2026-03-01T)" + until +
         R"(:00Z"},"sensorReport":[{"type":"Temperature","maxValue":)" + celsius + R"(,"uom":"CEL"}]})";
}
std::string trip(const std::string& elements) {
  return R"({"type":"ObjectEvent","eventTime":"2026-03-01T12:00:00Z","eventTimeZoneOffset":"+00:00","action":"OBSERVE",)"
         R"("bizStep":"transporting","epcList":["https://id.gs1.org/00/195210030000005000"],"sensorElementList":[)" +
         elements + "]}";
}
const char* const kAgreed = R"({"warmCelsius": 7, "warmMinutes": 30, "hotCelsius": 12})";

}  // namespace

KETEN_TEST(half_an_hour_of_warmth_is_accepted_and_a_minute_more_is_not) {
  Chain chain;
  chain.parameters(kAgreed).time("2026-03-01T13:00:00Z");
  const auto cold = element("07:00", "08:00", "4");
  KETEN_EXPECT(chain.judge("truck", trip(cold + "," + element("08:00", "08:30", "9"))).accepted());
  const auto judged =
      chain.judge("truck", trip(element("08:00", "08:20", "9") + "," + element("10:00", "10:11", "7.1")));
  KETEN_EQUAL(judged.codes(), "warm_too_long");
  KETEN_EQUAL(judged.findings[0].message, "31 minutes above 7 degrees Celsius, agreed are 30");
  KETEN_EQUAL(judged.findings[0].deadline_ms, *keten::parse_time("2026-03-02T13:00:00Z"));
}

KETEN_TEST(a_moment_of_heat_is_too_much) {
  Chain chain;
  chain.parameters(kAgreed);
  KETEN_EQUAL(chain.judge("truck", trip(element("08:00", "08:01", "12.5"))).codes(), "too_hot");
  KETEN_EXPECT(chain.judge("truck", trip(element("08:00", "08:01", "12"))).accepted());
}

KETEN_TEST(the_warm_spell_of_the_cheese_is_found) {
  Chain chain;
  chain.parameters(R"({"warmCelsius": 8, "warmMinutes": 10, "hotCelsius": 20})").time("2026-08-01T00:00:00Z");
  const auto outcomes = chain.record("TruckCo", keten::testkit::file("../../coldchain/09-truck-to-shop.json"));
  KETEN_EQUAL(outcomes.size(), 2);
  KETEN_EXPECT(outcomes[0].accepted());
  KETEN_EQUAL(outcomes[1].codes(), "warm_too_long");
}

KETEN_TEST(many_digits_are_no_way_around_a_limit) {
  Chain chain;
  chain.parameters(kAgreed);
  KETEN_EQUAL(chain.judge("truck", trip(element("08:00", "08:01", "60.0000000001"))).codes(), "too_hot");
  KETEN_EQUAL(chain.judge("truck", trip(element("08:00", "08:01", "1e40"))).codes(), "unreadable");
}

KETEN_TEST(an_agreement_without_limits_is_no_free_pass) {
  KETEN_EQUAL(Chain().judge("truck", trip(element("08:00", "09:00", "4"))).codes(),
              "parameter_missing parameter_missing parameter_missing");
}
