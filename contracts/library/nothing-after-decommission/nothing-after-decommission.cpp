#include <keten/contract.hpp>

/// No parameters.
void on_event(const keten::Rule& rule) {
  if (!keten::Parameters(rule).complete()) { return; }
  const auto& event = rule.event();
  const auto what = event.type() + " " + event.biz_step();
  for (const auto& one : event.items()) {
    if (rule.full()) { return; }
    if (rule.item(one.id).alive()) { continue; }
    rule.finding("item_is_gone",
                 one.id + " was decommissioned, destroyed or used up before, and is named again by " + what);
  }
}

KETEN_RULES("nothing-after-decommission", "1.0.0", on_event)
