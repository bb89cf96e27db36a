#include <keten/contract.hpp>

/// No parameters.
void on_event(const keten::Rule& rule) {
  using Part = keten::EventItem::Part;
  if (!keten::Parameters(rule).complete()) { return; }
  const auto& event = rule.event();
  if (event.type() != "AggregationEvent") { return; }
  const auto action = event.action();
  if (action != "ADD" && action != "DELETE") { return; }
  const auto parent = event.text("parentID");
  for (const auto& one : event.items(Part::child)) {
    if (rule.full()) { return; }
    if (one.of_class) { continue; }  // a lot may be in many containers
    if (one.id == parent) {
      rule.finding("inside_itself", one.id + " cannot be packed in itself");
      continue;
    }
    const auto item = rule.item(one.id);
    // What a thing is built into or fixed to for long is no container that it could be unpacked from.
    const auto container = item.is_part_of_assembly() ? std::string() : item.container();
    if (action == "ADD" && !container.empty() && container != parent) {
      rule.finding("already_packed", one.id + " is packed into " + parent + " and is still in " + container +
                                         ": expected that it is unpacked there first");
    } else if (action == "DELETE" && container != parent) {
      rule.finding("not_in_parent", one.id + " is unpacked from " + parent + " and is " +
                                        (container.empty() ? std::string("in no container") : "in " + container));
    }
  }
}

KETEN_RULES("one-parent", "1.0.0", on_event)
