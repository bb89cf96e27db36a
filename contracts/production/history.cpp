#include "contracts/production/history.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "contracts/production/item_state.h"
#include "core/hash.h"

namespace keten::production {
namespace {

constexpr std::string_view kGs1 = "https://id.gs1.org/";
constexpr std::uint64_t kDeclaresError = 1;

/// GS1 Digital Link 1.1.2, section 4: keys that name a class, unless they carry what makes it one instance.
struct ClassKey {
  std::string_view prefix;                     ///< behind the domain
  std::array<std::string_view, 2> qualifiers;  ///< path parts of an instance
  std::size_t digits;                          ///< more of them in the key itself make an instance; 0: they never do
};
constexpr std::array<ClassKey, 6> kClassKeys = {{{"01/", {"/21/", "/235/"}, 0},
                                                 {"8006/", {"/21/", "/235/"}, 0},
                                                 {"8010/", {"/8011/", "/8011/"}, 0},
                                                 {"8003/", {"", ""}, 14},
                                                 {"253/", {"", ""}, 13},
                                                 {"255/", {"", ""}, 13}}};

bool is_class(std::string_view entity) {
  if (entity.starts_with("urn:epc:class:") || entity.starts_with("urn:epc:idpat:")) { return true; }
  if (!entity.starts_with(kGs1)) { return false; }
  const auto key = entity.substr(kGs1.size());
  for (const auto& one : kClassKeys) {
    if (!key.starts_with(one.prefix)) { continue; }
    if (one.digits > 0) { return key.size() <= one.prefix.size() + one.digits; }
    return std::ranges::none_of(one.qualifiers, [&](auto part) { return key.find(part) != std::string_view::npos; });
  }
  return false;
}

}  // namespace

std::string_view head_kind(std::string_view entity) { return is_class(entity) ? "lot" : "item"; }

std::vector<CommittedName> committed_names(const EventSummary& summary) {
  std::vector<CommittedName> names;
  names.reserve(summary.entities.size());
  for (const auto& entity : summary.entities) { names.push_back({entity.roles, entity.key}); }
  std::ranges::sort(names, {}, [](const CommittedName& name) { return std::tie(name.key, name.roles); });
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

Hash history_content(const EventSummary& summary, const Hash& digest) {
  const auto names = committed_names(summary);
  Hasher hasher("keten/epcis-history/1");
  hasher.fixed(digest)
      .number(summary.declares_error ? kDeclaresError : 0)
      .sized(summary.organisation)
      .sized(summary.id)
      .number(names.size());
  for (const auto& name : names) { hasher.number(name.roles).sized(name.key); }
  return hasher.finish();
}

void record_history(contracts::Context& context, const EventSummary& summary, const Hash& digest) {
  const auto content = history_content(summary, digest);
  const std::string* previous = nullptr;
  const auto names = committed_names(summary);
  for (const auto& name : names) {
    if (previous != nullptr && *previous == name.key) { continue; }
    previous = &name.key;
    const auto state_key = item_state_key(name.key);
    context.about({.kind = head_kind(name.key), .id = name.key, .state_key = state_key}, summary.position.event,
                  content);
  }
}

}  // namespace keten::production
