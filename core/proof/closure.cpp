#include "core/proof/closure.h"

#include <deque>

namespace keten::proof {
namespace {

/// The roles of others that an event leads to from an entity with `own` roles in it.
struct Leads {
  std::uint32_t to_members = 0;
  std::uint32_t to_containers = 0;
};

Leads leads(Direction direction, Standing standing, std::uint32_t own) {
  Leads result;
  const bool is_back = direction == Direction::back;
  const bool is_member = standing == Standing::member;
  if (is_back && is_member && (own & role::kOutput) != 0) { result.to_members |= role::kInput; }
  if (!is_back && (own & role::kInput) != 0) { result.to_members |= role::kOutput; }
  if (is_member && (own & role::kParent) != 0) { result.to_members |= role::kChild; }
  if ((own & role::kChild) != 0) { result.to_containers |= role::kParent; }
  return result;
}

}  // namespace

std::map<std::string, Standing> lineage(const std::string& start, Direction direction, const NamesOf& events) {
  std::map<std::string, Standing> reached{{start, Standing::member}};
  std::deque<std::string> waiting{start};
  const auto reach = [&](const std::string& entity, Standing standing) {
    const auto [found, is_new] = reached.try_emplace(entity, standing);
    if (!is_new && (found->second == standing || standing == Standing::container)) { return; }
    found->second = standing;
    waiting.push_back(entity);
  };
  while (!waiting.empty()) {
    const std::string entity = waiting.front();
    waiting.pop_front();
    const auto found = events.find(entity);
    if (found == events.end()) { continue; }
    const auto standing = reached.at(entity);
    for (const auto* event : found->second) {
      std::uint32_t own = 0;
      for (const auto& name : event->names) {
        if (name.key == entity) { own |= name.roles; }
      }
      const auto next = leads(direction, standing, own);
      if ((next.to_members | next.to_containers) == 0) { continue; }
      for (const auto& name : event->names) {
        if ((name.roles & next.to_members) != 0) { reach(name.key, Standing::member); }
        if ((name.roles & next.to_containers) != 0) { reach(name.key, Standing::container); }
      }
    }
  }
  return reached;
}

}  // namespace keten::proof
