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

struct Profile {
  std::string name;
  std::vector<std::string> types;
  std::vector<std::string> steps;
  std::vector<std::string> actions;
  std::vector<std::string> fields;
};

std::vector<Profile> agreed(keten::Parameters& given) {
  std::vector<Profile> profiles;
  for (auto& one : given.each("profiles")) {
    profiles.push_back(
        {one.text("name"), one.texts("types"), one.texts("steps"), one.texts("actions"), one.texts("fields")});
    one.need({"name", "fields"});
    if (one.complete() && profiles.back().fields.empty()) { one.wrong("fields", "at least one path", "none"); }
  }
  given.need({"profiles"});
  return profiles;
}

}  // namespace

/// Parameters: `profiles`, a list of {`name`, `types`, `steps`, `actions` (each a list; absent: all), `fields`: paths that must be
/// there, as `readPoint/id`, `quantityList/*/uom` (every element), `readPoint/id|bizLocation/id` (one of them)}.
void on_event(const keten::Rule& rule) {
  keten::Parameters given(rule);
  const auto profiles = agreed(given);
  if (!given.complete()) { return; }
  const auto& event = rule.event();
  const auto type = event.type();
  const auto step = event.biz_step();
  const auto action = event.action();
  const auto fits = [](const std::vector<std::string>& all, const std::string& value) {
    return all.empty() || std::find(all.begin(), all.end(), value) != all.end();
  };
  for (const auto& profile : profiles) {
    if (!fits(profile.types, type) || !fits(profile.steps, step) || !fits(profile.actions, action)) { continue; }
    for (const auto& field : profile.fields) {
      if (any_present(event, field)) { continue; }
      rule.finding("field_missing", profile.name + " asks for " + field + " in " + type + " " + step);
    }
  }
}

KETEN_RULES("required-fields", "1.0.0", on_event)
