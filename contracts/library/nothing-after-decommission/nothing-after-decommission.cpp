#include <keten/contract.hpp>

/// No parameters.
void on_event(const keten::Rule& rule) {
  const auto& event = rule.event();
  for (const auto& one : event.items()) {
    if (rule.item(one.id).alive()) { continue; }
    rule.finding("item_is_gone", one.id + " was decommissioned, destroyed or used up before, and is named again by " +
                                     event.type() + " " + event.biz_step());
  }
}

KETEN_RULES("nothing-after-decommission", "1.0.0", on_event)
