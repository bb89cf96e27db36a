#include <keten/contract.hpp>

namespace {

/// Held by the organisation in any place and unit, or packed in something that it has.
bool has_some(const keten::Rule& rule, const std::string& lot, const keten::Party& organisation) {
  for (const auto& part : rule.item(lot).each("holdings")) {
    const auto kind = part.text("kind");
    const auto amount = part.decimal("amount");
    if (!amount || *amount <= keten::Decimal(0)) { continue; }
    if (kind == "held" && part.text("holder") == organisation) { return true; }
    if (kind == "packed" && rule.item(part.text("container")).possessor() == organisation) { return true; }
  }
  return false;
}

}  // namespace

/// Parameters: `steps`, business steps that only the possessor may record (default shipping, consigning, departing, decommissioning,
/// destroying); `unknown`, true: things of which nothing is known are found too.
void on_event(const keten::Rule& rule) {
  using Part = keten::EventItem::Part;
  const auto& event = rule.event();
  const auto step = event.biz_step();
  const auto& parameters = rule.parameters();
  const bool of_step = parameters.has("steps") ? parameters.lists("steps", step)
                                               : step == "shipping" || step == "consigning" || step == "departing" ||
                                                     step == "decommissioning" || step == "destroying";
  const bool uses_up = event.type() == "TransformationEvent";
  if (!of_step && !uses_up) { return; }
  const auto recorder = rule.recorder();
  for (const auto& one : event.items()) {
    if (one.part == Part::output || (uses_up && one.part != Part::input)) { continue; }
    const auto item = rule.item(one.id);
    const auto possessor = item.possessor();
    if (one.of_class && item.count("holdings") > 0) {
      if (has_some(rule, one.id, recorder)) { continue; }
      rule.finding("not_possessor", recorder + " records " + (uses_up ? "the use of " : step + " of ") + one.id +
                                        " and has nothing of this lot");
    } else if (possessor.empty()) {
      if (parameters.is_true("unknown")) {
        rule.finding("possessor_unknown", one.id + ": nobody is known to have it, " + recorder + " records " + step);
      }
    } else if (possessor != recorder) {
      rule.finding("not_possessor", recorder + " records " + (uses_up ? "the use of " : step + " of ") + one.id +
                                        ", which " + possessor + " has");
    }
  }
}

KETEN_RULES("only-the-possessor-ships", "1.0.0", on_event)
