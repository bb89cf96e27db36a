#include <keten/contract.hpp>

namespace {

constexpr std::int64_t kSkewMost = 31'536'000;  // a year of seconds
constexpr std::int64_t kLateMost = 876'000;     // a hundred years of hours

/// Nothing that a sensor says is of a time after `last`.
void judge_sensors(const keten::Rule& rule, std::int64_t last, const std::string& event_time) {
  const auto judge = [&](const keten::View& view, const char* name) {
    const auto measured = view.time(name);
    if (measured && *measured > last) {
      rule.finding("sensor_after_event",
                   "a sensor's " + std::string(name) + " " + view.text(name) + " is after the eventTime " + event_time);
    }
    return measured;
  };
  rule.event().visit("sensorElementList", [&](const keten::View& element) {
    const auto metadata = element.at("sensorMetadata");
    judge(metadata, "time");
    const auto starts = judge(metadata, "startTime");
    const auto ends = judge(metadata, "endTime");
    if (starts && ends && *ends < *starts) {
      rule.finding("sensor_times_reversed",
                   "a sensor's endTime " + metadata.text("endTime") + " is before its startTime");
    }
    element.visit("sensorReport", [&](const keten::View& report) {
      if (!rule.full()) { judge(report, "time"); }
    });
  });
}

}  // namespace

/// Parameters: `skewSeconds` (default 300), by how much clocks may differ; `lateHours`, how long after it happened an event may be
/// recorded (absent: for ever).
void on_event(const keten::Rule& rule) {
  keten::Parameters given(rule);
  const auto skew = given.whole("skewSeconds", 0, kSkewMost).value_or(300) * keten::kSecondMs;
  const auto late = given.whole("lateHours", 0, kLateMost);
  if (!given.complete()) { return; }
  const auto& event = rule.event();
  const auto happened = event.time_ms();
  const auto told = event.text("eventTime");
  if (!happened) {
    rule.finding("time_unreadable", "eventTime " + told + " is no time with an offset");
    return;
  }
  if (*happened > rule.time_ms() + skew) {
    rule.finding("in_the_future", "eventTime " + told + " is " +
                                      keten::text_of((*happened - rule.time_ms()) / keten::kSecondMs) +
                                      " seconds after the block that records it");
  }
  if (late && *happened < rule.time_ms() - *late * keten::kHourMs) {
    rule.finding("recorded_late", "eventTime " + told + " is " +
                                      keten::text_of((rule.time_ms() - *happened) / keten::kHourMs) +
                                      " hours ago, agreed are at most " + keten::text_of(*late));
  }
  judge_sensors(rule, *happened + skew, told);
}

KETEN_RULES("time-order", "1.0.0", on_event)
