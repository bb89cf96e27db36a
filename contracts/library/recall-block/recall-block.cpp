#include <keten/contract.hpp>

namespace {

/// The id itself, or something of the product or lot that it names.
bool is_of(const std::string& id, const std::string& recalled) {
  return id.starts_with(recalled) && (id.size() == recalled.size() || id[recalled.size()] == '/');
}

bool allowed(const keten::Rule& rule, const std::string& step) {
  if (rule.parameters().has("allowedSteps")) { return rule.parameters().lists("allowedSteps", step); }
  for (const char* one : {"destroying", "decommissioning", "holding", "inspecting", "storing", "arriving", "unloading",
                          "receiving", "accepting", "unpacking", "removing", "void_shipping"}) {
    if (step == one) { return true; }
  }
  return false;
}

}  // namespace

/// Parameters: `recalled`, Digital Links of items, lots or products; `allowedSteps`, business steps that recalled goods may still
/// take (default destroying, decommissioning, holding, inspecting, storing, arriving, unloading, receiving, accepting, unpacking, removing,
/// void_shipping). What is recorded with the disposition `returned` is on its way back, and allowed.
void on_event(const keten::Rule& rule) {
  const auto& event = rule.event();
  if (event.disposition() == "returned" || allowed(rule, event.biz_step())) { return; }
  const auto recalled = rule.parameters().texts("recalled");
  const auto step = event.biz_step().empty() ? event.type() : event.biz_step();
  for (const auto& one : event.items()) {
    bool found = rule.item(one.id).disposition() == "recalled";
    for (const auto& name : recalled) { found = found || is_of(one.id, name); }
    if (found) { rule.finding("recalled", one.id + " is recalled and may not go through " + step); }
  }
}

KETEN_RULES("recall-block", "1.0.0", on_event)
