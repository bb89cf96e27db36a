#include <keten/contract.hpp>

// A rule reads the event that is judged and calls `finding` for what is wrong. Without a finding the event is accepted.
// What a finding does (flag or reject) is agreed between the companies, not decided here.

/// Parameters of the agreement: maxCelsius, a number.
void on_event(const keten::Rule& rule) {
  const auto most = rule.parameters().decimal("maxCelsius");
  if (!most) {
    rule.finding("parameter_missing", "the agreement gives no number maxCelsius");
    return;
  }
  for (const auto& report : rule.event().sensor_reports("Temperature")) {
    const auto found = report.highest();
    if (report.unit == "CEL" && found && *found > *most) {
      rule.finding("too_warm", found->text() + " degrees Celsius, agreed are at most " + most->text());
    }
  }
}

KETEN_RULES("@NAME@", "0.1.0", on_event)
