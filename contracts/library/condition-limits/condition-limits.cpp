#include <keten/contract.hpp>

namespace {

using keten::Decimal;

struct Limit {
  std::string type;
  std::string unit;
  std::optional<Decimal> least;
  std::optional<Decimal> most;
  keten::Names products;
  std::vector<std::string> required;
};

std::vector<Limit> agreed(keten::Parameters& given) {
  std::vector<Limit> limits;
  for (auto& one : given.each("limits")) {
    limits.push_back({one.text("type"), one.text("unit"), one.decimal("min"), one.decimal("max"),
                      keten::Names(one.items("products")), one.texts("required")});
    const auto& limit = limits.back();
    one.need({"type", "unit"});
    if (!limit.least && !limit.most) { one.need({"min", "max"}); }
    if (limit.least && limit.most && *limit.least > *limit.most) {
      one.wrong("min", "at most max, " + limit.most->text(), limit.least->text());
    }
    (void)one.complete();
  }
  given.need({"limits"});
  return limits;
}

bool names(const std::vector<keten::EventItem>& items, const keten::Names& products) {
  if (products.empty()) { return true; }
  for (const auto& one : items) {
    if (products.has(one.id)) { return true; }
  }
  return false;
}

/// Judges one report after the other by all limits that hold for the event.
class Judge {
 public:
  Judge(const keten::Rule& rule, std::int64_t deadline) : rule_(rule), deadline_(deadline) {}

  void hold(const Limit& limit) { limits_.push_back({&limit, false}); }
  void by_report(const keten::SensorReport& report) {
    if (rule_.full()) { return; }
    const bool is_alarm = report.view.text("exception") == "ALARM_CONDITION";
    for (auto& one : limits_) {
      if (report.type == one.limit->type) { one.is_seen = judge(*one.limit, report, is_alarm) || one.is_seen; }
    }
    if (is_alarm) { find("alarm", "a sensor reports an alarm of " + report.type); }
  }
  void end() const {
    const auto step = rule_.event().biz_step();
    for (const auto& one : limits_) {
      const auto& required = one.limit->required;
      if (one.is_seen || std::find(required.begin(), required.end(), step) == required.end()) { continue; }
      find("no_report",
           step + " without a report of " + one.limit->type + " in " + one.limit->unit + ", which is agreed");
    }
  }

 private:
  struct Held {
    const Limit* limit;
    bool is_seen;
  };
  void find(const char* code, const std::string& message) const { rule_.finding(code, message, deadline_); }

  /// Whether it says something in the agreed unit.
  bool judge(const Limit& limit, const keten::SensorReport& report, bool is_alarm) const {
    if (report.unit != limit.unit) {
      find("other_unit", limit.type + " is reported in " +
                             (report.unit.empty() ? std::string("no unit") : report.unit) + ", agreed is " +
                             limit.unit);
      return false;
    }
    if (!report.is_readable) {
      find("unreadable", "a report of " + limit.type + " has a value that is no number of at most 27 digits");
    }
    if (!report.values) {
      // Of an alarm its own finding tells.
      if (report.is_readable && !is_alarm) {
        find("no_value",
             "a report of " + limit.type + " has none of value, minValue, maxValue, meanValue and percValue");
      }
      return false;
    }
    if (limit.most && report.values->most > *limit.most) {
      find("over_limit", limit.type + " of " + report.values->most.text() + " " + limit.unit + ", agreed are at most " +
                             limit.most->text() + " " + limit.unit);
    }
    if (limit.least && report.values->least < *limit.least) {
      find("under_limit", limit.type + " of " + report.values->least.text() + " " + limit.unit +
                              ", agreed are at least " + limit.least->text() + " " + limit.unit);
    }
    return true;
  }

  const keten::Rule& rule_;
  std::int64_t deadline_;
  std::vector<Held> limits_;
};

}  // namespace

/// Parameters: `limits`, a list of {`type` (Temperature), `unit` (CEL), `min`, `max`, `products` (absent: all), `required`
/// (business steps that must report)}; `answerHours`: until when a finding must be answered.
void on_event(const keten::Rule& rule) {
  keten::Parameters given(rule);
  const auto limits = agreed(given);
  const auto deadline = given.deadline("answerHours");
  if (!given.complete()) { return; }
  const auto& event = rule.event();
  Judge judge(rule, deadline);
  std::vector<keten::EventItem> items;
  bool is_read = false;
  for (const auto& limit : limits) {
    if (!limit.products.empty() && !is_read) {
      items = event.items();
      is_read = true;
    }
    if (names(items, limit.products)) { judge.hold(limit); }
  }
  event.visit_reports([&](const keten::SensorReport& report) { judge.by_report(report); });
  judge.end();
}

KETEN_RULES("condition-limits", "1.0.0", on_event)
