#include <keten/contract.hpp>

namespace {

/// How long a report speaks for: its sensor element's startTime to endTime; nothing for a single moment.
std::int64_t duration_ms(const keten::View& element) {
  const auto start = element.time("sensorMetadata/startTime");
  const auto end = element.time("sensorMetadata/endTime");
  return start && end && *end > *start ? *end - *start : 0;
}

std::string minutes(std::int64_t ms) { return keten::text_of(ms / 60'000) + " minutes"; }

}  // namespace

/// Goods may be warm for a while, and never hot. Parameters: `warmCelsius`, `warmMinutes` together in one event, `hotCelsius`.
void on_event(const keten::Rule& rule) {
  keten::Parameters given(rule);
  const auto warm = given.decimal("warmCelsius");
  const auto hot = given.decimal("hotCelsius");
  const auto allowed = given.whole("warmMinutes", 0, 525'600);
  given.need({"warmCelsius", "hotCelsius", "warmMinutes"});
  if (!given.complete()) { return; }
  const auto answer_by = rule.time_ms() + keten::kDayMs;
  std::int64_t warm_ms = 0;
  for (const auto& element : rule.event().each("sensorElementList")) {
    bool is_warm = false;
    for (const auto& one : element.each("sensorReport")) {
      const keten::SensorReport report(one);
      if (report.type != "Temperature" || report.unit != "CEL") { continue; }
      if (!report.is_readable) { rule.finding("unreadable", "a temperature that is no number", answer_by); }
      if (!report.values) { continue; }
      const auto found = report.values->most;
      if (found > *hot) {
        rule.finding("too_hot", found.text() + " degrees Celsius, never more than " + hot->text() + " is agreed",
                     answer_by);
      }
      is_warm = is_warm || found > *warm;
    }
    if (is_warm) { warm_ms += duration_ms(element); }
  }
  if (warm_ms > *allowed * 60'000) {
    rule.finding(
        "warm_too_long",
        minutes(warm_ms) + " above " + warm->text() + " degrees Celsius, agreed are " + keten::text_of(*allowed),
        answer_by);
  }
}

KETEN_RULES("cold-chain", "1.0.0", on_event)
