#include <keten/contract.hpp>

namespace {

std::string quantity(const keten::Decimal& value, const std::string& unit) { return value.text() + " " + unit; }

bool names(const keten::Event& event, const keten::View& products) {
  if (products.count() == 0) { return true; }
  for (const auto& one : event.items()) {
    for (const auto& product : products.texts()) {
      const bool same = one.id.starts_with(product);
      if (same && (one.id.size() == product.size() || one.id[product.size()] == '/')) { return true; }
    }
  }
  return false;
}

void judge(const keten::Rule& rule, const keten::View& limit, std::int64_t deadline) {
  const auto type = limit.text("type");
  const auto unit = limit.text("unit");
  const auto least = limit.decimal("min");
  const auto most = limit.decimal("max");
  bool seen = false;
  for (const auto& report : rule.event().sensor_reports(type)) {
    if (report.unit != unit) {
      rule.finding("other_unit", type + " is reported in " + report.unit + ", agreed is " + unit, deadline);
      continue;
    }
    const auto highest = report.highest();
    const auto lowest = report.lowest();
    if (!highest && !lowest) { continue; }
    seen = true;
    if (most && highest && *highest > *most) {
      rule.finding("over_limit",
                   type + " of " + quantity(*highest, unit) + ", agreed are at most " + quantity(*most, unit),
                   deadline);
    }
    if (least && lowest && *lowest < *least) {
      rule.finding("under_limit",
                   type + " of " + quantity(*lowest, unit) + ", agreed are at least " + quantity(*least, unit),
                   deadline);
    }
  }
  if (!seen && limit.lists("required", rule.event().biz_step())) {
    rule.finding("no_report",
                 rule.event().biz_step() + " without a report of " + type + " in " + unit + ", which is agreed",
                 deadline);
  }
}

}  // namespace

/// Parameters: `limits`, a list of {`type` (Temperature), `unit` (CEL), `min`, `max`, `products` (Digital Links of products; absent: all),
/// `required` (business steps that must report)}; `answerHours`: until when a finding must be answered.
void on_event(const keten::Rule& rule) {
  const auto& event = rule.event();
  const auto hours = rule.parameters().integer("answerHours");
  const auto deadline = hours && *hours > 0 ? rule.time_ms() + *hours * keten::kHourMs : 0;
  if (rule.parameters().count("limits") == 0) {
    rule.finding("parameter_missing", "the agreement gives no limits");
    return;
  }
  for (const auto& limit : rule.parameters().each("limits")) {
    if (names(event, limit.at("products"))) { judge(rule, limit, deadline); }
  }
  for (const auto& report : event.sensor_reports()) {
    if (report.view.text("exception") == "ALARM_CONDITION") {
      rule.finding("alarm", "a sensor reports an alarm of " + report.view.text("type"), deadline);
    }
  }
}

KETEN_RULES("condition-limits", "1.0.0", on_event)
