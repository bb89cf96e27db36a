#include <keten/contract.hpp>

/// Parameters: `skewSeconds` (default 300), by how much clocks may differ; `lateHours`, how long after it happened an event may be
/// recorded (absent: for ever).
void on_event(const keten::Rule& rule) {
  const auto& event = rule.event();
  const auto skew = rule.parameters().integer("skewSeconds").value_or(300) * keten::kSecondMs;
  const auto happened = event.time_ms();
  if (!happened) {
    rule.finding("time_unreadable", "eventTime " + event.text("eventTime") + " is no time with an offset");
    return;
  }
  if (*happened > rule.time_ms() + skew) {
    rule.finding("in_the_future", "eventTime " + event.text("eventTime") + " is " +
                                      keten::text_of((*happened - rule.time_ms()) / keten::kSecondMs) +
                                      " seconds after the block that records it");
  }
  const auto late = rule.parameters().integer("lateHours");
  if (late && *happened < rule.time_ms() - *late * keten::kHourMs) {
    rule.finding("recorded_late", "eventTime " + event.text("eventTime") + " is " +
                                      keten::text_of((rule.time_ms() - *happened) / keten::kHourMs) +
                                      " hours ago, agreed are at most " + keten::text_of(*late));
  }
  for (const auto& element : event.each("sensorElementList")) {
    const auto starts = element.time("sensorMetadata/startTime");
    const auto ends = element.time("sensorMetadata/endTime");
    if (starts && ends && *ends < *starts) {
      rule.finding("sensor_times_reversed",
                   "a sensor's endTime " + element.text("sensorMetadata/endTime") + " is before its startTime");
    }
    for (const char* name : {"sensorMetadata/time", "sensorMetadata/endTime"}) {
      const auto measured = element.time(name);
      if (measured && *measured > *happened + skew) {
        rule.finding("sensor_after_event",
                     "a sensor's time " + element.text(name) + " is after the eventTime " + event.text("eventTime"));
      }
    }
  }
}

KETEN_RULES("time-order", "1.0.0", on_event)
