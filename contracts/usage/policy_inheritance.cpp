#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contracts/usage/policy_reader.h"

// Policies that inherit from others, and what must not come back to itself.
namespace keten::usage {
namespace {

Error inheritance(std::string message) { return invalid("POLICY_INHERITANCE", std::move(message)); }

void share(const Policy& from, Rule& rule) {
  const auto append = [](auto& to, const auto& what) { to.insert(to.end(), what.begin(), what.end()); };
  append(rule.actions, from.shared.actions);
  append(rule.targets, from.shared.targets);
  append(rule.assignees, from.shared.assignees);
  append(rule.assigners, from.shared.assigners);
  append(rule.functions, from.shared.functions);
  if (rule.kind == RuleKind::permission) { append(rule.constraints, from.shared.constraints); }
}

Status inherit(const Policy& policy, const std::map<std::string, Policy, std::less<>>& known,
               std::vector<std::string>& path, std::set<std::string>& taken, Policy& into) {
  if (path.size() > kInheritanceDepthMax) {
    return inheritance("policies inherit from each other over more than " + std::to_string(kInheritanceDepthMax) +
                       " levels");
  }
  for (const auto& uid : policy.inherits) {
    const auto parent = known.find(uid);
    if (parent == known.end()) {
      return inheritance(policy.uid + " inherits from " + uid + ", which is not here; give that policy too");
    }
    if (std::find(path.begin(), path.end(), uid) != path.end()) { return inheritance(uid + " inherits from itself"); }
    if (!taken.insert(uid).second) { continue; }  // along two ways, but once
    path.push_back(uid);
    if (auto done = inherit(parent->second, known, path, taken, into); !done) { return done; }
    path.pop_back();
    const auto& from = parent->second;
    // Two strategies make the policy void when its rules are in conflict (ODRL 2.2, 2.10).
    if (from.has_conflict) {
      into.conflict = into.has_conflict && from.conflict != into.conflict ? Conflict::invalid : from.conflict;
      into.has_conflict = true;
    }
    const auto append = [](auto& to, const auto& what) { to.insert(to.end(), what.begin(), what.end()); };
    // What stands in one policy for all rules holds for those of the other too (ODRL 2.2, 2.9).
    if (into.rules.size() * weight_of(from.shared) + from.rules.size() * weight_of(into.shared) > kWeightMax) {
      return failure(ErrorKind::too_large, "POLICY_TOO_LARGE", "with what it inherits, the policy is too large");
    }
    auto rules = from.rules;
    for (auto& rule : rules) { share(into, rule); }
    for (auto& rule : into.rules) { share(from, rule); }
    append(into.rules, rules);
    append(into.shared.actions, from.shared.actions);
    append(into.shared.targets, from.shared.targets);
    append(into.shared.assignees, from.shared.assignees);
    append(into.shared.assigners, from.shared.assigners);
    append(into.shared.functions, from.shared.functions);
    append(into.shared.constraints, from.shared.constraints);
    into.strange = into.strange || from.strange;
    append(into.parts, from.parts);
    append(into.actions, from.actions);
    append(into.implied, from.implied);
    into.operands.insert(from.operands.begin(), from.operands.end());
    into.meters = into.meters || from.meters;
    append(into.unknown, from.unknown);
    into.weight = 0;
    for (const auto& rule : into.rules) { into.weight += weight_of(rule); }
    if (into.weight > kWeightMax) {
      return failure(ErrorKind::too_large, "POLICY_TOO_LARGE", "with what it inherits, the policy is too large");
    }
    if (into.rules.size() > kRulesMax || into.parts.size() > kPartsMax) {
      return failure(ErrorKind::too_large, "POLICY_TOO_LARGE", "with what it inherits, the policy has too many rules");
    }
  }
  return kDone;
}

}  // namespace

bool has_cycle(const std::vector<std::pair<std::string, std::string>>& parts) {
  std::map<std::string_view, std::vector<std::string_view>> up;
  for (const auto& [part, whole] : parts) { up[part].push_back(whole); }
  enum class Mark : std::uint8_t { open, closed };
  std::map<std::string_view, Mark> marks;
  struct Step {
    std::string_view at;
    std::size_t next;
  };
  for (const auto& [start, wholes] : up) {
    if (marks.contains(start)) { continue; }
    std::vector<Step> path = {{start, 0}};
    marks[start] = Mark::open;
    while (!path.empty()) {
      auto& step = path.back();
      const auto above = up.find(step.at);
      if (above == up.end() || step.next == above->second.size()) {
        marks[step.at] = Mark::closed;
        path.pop_back();
        continue;
      }
      const auto whole = above->second[step.next++];
      const auto mark = marks.find(whole);
      if (mark == marks.end()) {
        marks[whole] = Mark::open;
        path.push_back({whole, 0});
      } else if (mark->second == Mark::open) {
        return true;
      }
    }
  }
  return false;
}

Result<Policy> with_inherited(const Policy& policy, const std::map<std::string, Policy, std::less<>>& known) {
  if (policy.inherits.empty()) { return policy; }
  Policy merged = policy;
  std::vector<std::string> path = {policy.uid};
  std::set<std::string> taken;
  if (auto done = inherit(policy, known, path, taken, merged); !done) { return done.error(); }
  // The parents' rules first.
  std::rotate(merged.rules.begin(), merged.rules.begin() + static_cast<std::ptrdiff_t>(policy.rules.size()),
              merged.rules.end());
  for (auto& rule : merged.rules) { rule.strange = rule.strange || merged.strange; }
  if (has_cycle(merged.parts)) {
    return invalid("COLLECTION_CYCLE", "with what the policy inherits, a party or asset is a part of itself");
  }
  merged.inherits.clear();
  return merged;
}

}  // namespace keten::usage
