#include <keten/contract.hpp>

// A rule reads the event that is judged and calls `finding` for what is wrong. Without a finding the event is accepted.
// What a finding does (flag or reject) is agreed between the companies, not decided here.

/// Parameters of the agreement: maxCelsius, a number.
void on_event(const keten::Rule& rule) {
  keten::Parameters given(rule);
  const auto most = given.decimal("maxCelsius");
  given.need({"maxCelsius"});
  if (!given.complete()) { return; }  // missing, misspelt or no number: found, and never taken for "no limit"
  for (const auto& report : rule.event().sensor_reports("Temperature")) {
    if (report.unit != "CEL") { continue; }
    if (!report.is_readable) { rule.finding("unreadable", "a temperature that is no number"); }
    if (report.values && report.values->most > *most) {
      rule.finding("too_warm", report.values->most.text() + " degrees Celsius, agreed are at most " + most->text());
    }
  }
}

KETEN_RULES("@NAME@", "0.1.0", on_event)
