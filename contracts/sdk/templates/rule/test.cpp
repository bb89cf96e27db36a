#include <keten/testkit.hpp>

using keten::testkit::Chain;

namespace {
std::string arrival(const std::string& celsius) {
  return R"({"type":"ObjectEvent","eventTime":"2026-01-02T08:00:00Z","eventTimeZoneOffset":"+00:00","action":"OBSERVE",)"
         R"("bizStep":"arriving","epcList":["https://id.gs1.org/01/09521001000017/21/1"],)"
         R"("sensorElementList":[{"sensorReport":[{"type":"Temperature","maxValue":)" +
         celsius + R"(,"uom":"CEL"}]}]})";
}
}  // namespace

KETEN_TEST(what_stayed_cool_is_accepted) {
  Chain chain;
  chain.parameters(R"({"maxCelsius": 7})");
  KETEN_EXPECT(chain.judge("dairy", arrival("6.9")).accepted());
}

KETEN_TEST(what_became_too_warm_is_found) {
  Chain chain;
  chain.parameters(R"({"maxCelsius": 7})");
  const auto judged = chain.judge("dairy", arrival("7.1"));
  KETEN_EQUAL(judged.codes(), "too_warm");
  KETEN_EQUAL(judged.findings[0].message, "7.1 degrees Celsius, agreed are at most 7");
}
