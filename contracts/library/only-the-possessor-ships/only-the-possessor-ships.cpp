#include <keten/contract.hpp>

namespace {

/// Held by the organisation in any place and unit, or packed in something that it has.
bool has_some(const keten::Rule& rule, const std::string& lot, const keten::Party& organisation) {
  using Kind = keten::Holding::Kind;
  const auto item = rule.item(lot);
  const auto is_some = [](const keten::Holding& part) { return !part.amount || part.amount->most > keten::Decimal(0); };
  for (const auto& part : item.holdings(Kind::held)) {
    if (part.holder == organisation && is_some(part)) { return true; }
  }
  for (const auto& part : item.holdings(Kind::packed)) {
    if (is_some(part) && rule.item(part.container).possessor() == organisation) { return true; }
  }
  return false;
}

}  // namespace

/// Parameters: `steps`, business steps that only the possessor may record (default shipping, consigning, departing, decommissioning,
/// destroying); `unknown`, true: things of which nothing is known are found too.
void on_event(const keten::Rule& rule) {
  using Part = keten::EventItem::Part;
  keten::Parameters given(rule);
  auto steps = given.texts("steps");
  const bool unknown = given.flag("unknown", false);
  if (!given.complete()) { return; }
  if (!rule.parameters().has("steps")) {
    steps = {"shipping", "consigning", "departing", "decommissioning", "destroying"};
  }
  const auto& event = rule.event();
  const auto step = event.biz_step();
  const auto type = event.type();
  const bool of_step = std::find(steps.begin(), steps.end(), step) != steps.end();
  const bool uses_up = type == "TransformationEvent";
  const bool ends = type == "ObjectEvent" && event.action() == "DELETE";
  if (!of_step && !uses_up && !ends) { return; }
  const auto recorder = rule.recorder();
  const auto what = uses_up ? "the use of " : !of_step ? "the end of " : step + " of ";
  for (const auto& one : event.items()) {
    if (rule.full()) { return; }
    if (one.part == Part::output || (uses_up && one.part != Part::input)) { continue; }
    const auto item = rule.item(one.id);
    const auto possessor = item.possessor();
    if (one.of_class && item.count("holdings") > 0) {
      if (has_some(rule, one.id, recorder)) { continue; }
      rule.finding("not_possessor", recorder + " records " + what + one.id + " and has nothing of this lot");
    } else if (possessor.empty()) {
      if (unknown) {
        rule.finding("possessor_unknown",
                     one.id + ": nobody is known to have it, " + recorder + " records " + what + "it");
      }
    } else if (possessor != recorder) {
      rule.finding("not_possessor", recorder + " records " + what + one.id + ", which " + possessor + " has");
    }
  }
}

KETEN_RULES("only-the-possessor-ships", "1.0.0", on_event)
