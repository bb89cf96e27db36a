#include <keten/contract.hpp>

namespace {

/// A pallet or case: an SSCC numbers a shipment's unit, and nobody commissions it.
bool is_logistic_unit(const std::string& id) { return id.starts_with("https://id.gs1.org/00/"); }

}  // namespace

/// Parameters: `containers` (default false), whether logistic units and other parents must be commissioned too; `lots` (default
/// true), whether lots must.
void on_event(const keten::Rule& rule) {
  using Part = keten::EventItem::Part;
  keten::Parameters given(rule);
  const bool containers = given.flag("containers", false);
  const bool lots = given.flag("lots", true);
  if (!given.complete()) { return; }
  const auto& event = rule.event();
  const bool adds = event.type() == "ObjectEvent" && event.action() == "ADD";
  for (const auto& one : event.items()) {
    if (rule.full()) { return; }
    const bool born_here = one.part == Part::output || (adds && one.part == Part::listed);
    if (born_here || (one.of_class && !lots)) { continue; }
    if (!containers && (one.part == Part::parent || is_logistic_unit(one.id))) { continue; }
    if (rule.item(one.id).born()) { continue; }
    rule.finding("not_commissioned",
                 one.id +
                     " is used and was never commissioned: expected an ObjectEvent with action ADD or "
                     "a transformation that made it");
  }
}

KETEN_RULES("commissioned-before-use", "1.0.0", on_event)
