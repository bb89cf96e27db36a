#include <keten/contract.hpp>

namespace {

/// It says that its goods are recalled, and moves nothing.
bool is_mark(const keten::Event& event, const std::string& step) {
  return step.empty() && event.type() == "ObjectEvent" && event.action() == "OBSERVE" &&
         (event.disposition() == "recalled" || event.lists("persistentDisposition/set", "recalled"));
}

}  // namespace

/// Parameters: `recalled`, items, lots or products; `allowedSteps`, business steps that recalled goods may still
/// take (default destroying, decommissioning, holding, inspecting, storing, arriving, unloading, receiving, accepting, unpacking, removing,
/// void_shipping). What is recorded with the disposition `returned` is on its way back, and allowed; so is an ObjectEvent OBSERVE without a
/// step that marks goods as recalled.
void on_event(const keten::Rule& rule) {
  keten::Parameters given(rule);
  const keten::Names recalled(given.items("recalled"));
  auto allowed = given.texts("allowedSteps");
  if (!given.complete()) { return; }
  if (!rule.parameters().has("allowedSteps")) {
    allowed = {"destroying", "decommissioning", "holding",   "inspecting", "storing",  "arriving",
               "unloading",  "receiving",       "accepting", "unpacking",  "removing", "void_shipping"};
  }
  const auto& event = rule.event();
  const auto step = event.biz_step();
  if (event.disposition() == "returned" || is_mark(event, step)) { return; }
  if (std::find(allowed.begin(), allowed.end(), step) != allowed.end()) { return; }
  const auto what = step.empty() ? event.type() : step;
  for (const auto& one : event.items()) {
    if (rule.full()) { return; }
    if (recalled.has(one.id) || rule.item(one.id).disposition() == "recalled") {
      rule.finding("recalled", one.id + " is recalled and may not go through " + what);
    }
  }
}

KETEN_RULES("recall-block", "1.0.0", on_event)
