#include <keten/contract.hpp>

namespace {

/// Whether the path leads to something; `*` stands for every element, of which there must be one, and all must have the rest.
bool present(const keten::View& view, std::string_view path) {
  const auto star = path.find('*');
  if (star == std::string_view::npos) {
    const auto found = view.find(path);
    return found && !found->empty() && *found != "[]" && *found != "{}";
  }
  const auto list = path.substr(0, star == 0 ? 0 : star - 1);
  const auto rest = star + 2 <= path.size() ? path.substr(star + 2) : std::string_view();
  const auto elements = view.each(list);
  for (const auto& one : elements) {
    if (!present(one, rest)) { return false; }
  }
  return !elements.empty();
}

/// Alternatives are separated by `|`.
bool any_present(const keten::View& view, std::string_view paths) {
  while (true) {
    const auto bar = paths.find('|');
    if (present(view, paths.substr(0, bar))) { return true; }
    if (bar == std::string_view::npos) { return false; }
    paths.remove_prefix(bar + 1);
  }
}

bool applies(const keten::View& profile, const keten::Event& event) {
  const auto fits = [&](const char* name, const std::string& value) {
    return profile.count(name) == 0 || profile.lists(name, value);
  };
  return fits("types", event.type()) && fits("steps", event.biz_step()) && fits("actions", event.action());
}

}  // namespace

/// Parameters: `profiles`, a list of {`name`, `types`, `steps`, `actions` (each a list; absent: all), `fields`: paths that must be
/// there, as `readPoint/id`, `quantityList/*/uom` (every element), `readPoint/id|bizLocation/id` (one of them)}.
void on_event(const keten::Rule& rule) {
  const auto& event = rule.event();
  if (rule.parameters().count("profiles") == 0) {
    rule.finding("parameter_missing", "the agreement gives no profiles");
    return;
  }
  for (const auto& profile : rule.parameters().each("profiles")) {
    if (!applies(profile, event)) { continue; }
    for (const auto& field : profile.texts("fields")) {
      if (any_present(event, field)) { continue; }
      rule.finding("field_missing",
                   profile.text("name") + " asks for " + field + " in " + event.type() + " " + event.biz_step());
    }
  }
}

KETEN_RULES("required-fields", "1.0.0", on_event)
