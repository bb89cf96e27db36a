#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/usage/policy_reader.h"
#include "contracts/usage/vocabulary.h"
#include "core/limits.h"

// What may be signed.
namespace keten::usage {
namespace {

void check_values(const Policy& policy, const Constraint& constraint, std::vector<Violation>& found) {
  for (const auto& part : constraint.parts) { check_values(policy, part, found); }
  const auto type = type_of(policy, constraint.left);
  if (constraint.logic != Logic::atom || !type) { return; }
  const auto word = odrl_word(constraint.left);
  const auto name = std::string(word.empty() ? std::string_view(constraint.left) : word);
  for (const auto& value : constraint.right) {
    const auto wrong = [&](std::string_view expected) {
      found.push_back({constraint.uid, std::string(expected) + " for " + name, value.text});
    };
    if (*type == OperandType::time && !value.instant && value.text != std::string(kOdrl) + "policyUsage") {
      wrong("a date or time");
    }
    if (*type == OperandType::duration &&
        (!value.duration || value.duration->months < 0 || value.duration->microseconds < 0)) {
      wrong("a duration such as P3M or PT12H");
    }
    if (*type == OperandType::decimal && !value.decimal) { wrong("a decimal number"); }
    if (name == "count" && value.decimal && value.decimal->starts_with('-')) { wrong("a number that is not negative"); }
  }
}

void check_rule(const Policy& policy, const Rule& rule, bool nested, std::vector<Violation>& found) {
  if (rule.actions.empty()) { found.push_back({rule.uid, "an action", "none"}); }
  if (rule.targets.empty() && !nested && rule.kind != RuleKind::duty) {
    found.push_back({rule.uid, "a target", "none"});
  }
  for (const auto& constraint : rule.constraints) { check_values(policy, constraint, found); }
  for (const auto& action : rule.actions) {
    for (const auto& one : action.refinements) { check_values(policy, one, found); }
  }
  for (const auto* entities : {&rule.targets, &rule.assignees, &rule.assigners}) {
    for (const auto& entity : *entities) {
      for (const auto& one : entity.refinements) { check_values(policy, one, found); }
    }
  }
  for (const auto* inner : {&rule.duties, &rule.remedies, &rule.consequences}) {
    for (const auto& one : *inner) { check_rule(policy, one, true, found); }
  }
}

void collect_uids(const Rule& rule, std::set<std::string>& seen, std::vector<Violation>& found) {
  if (!seen.insert(rule.uid).second) { found.push_back({rule.uid, "a uid of its own for each rule", rule.uid}); }
  for (const auto* inner : {&rule.duties, &rule.remedies, &rule.consequences}) {
    for (const auto& one : *inner) { collect_uids(one, seen, found); }
  }
}

/// Parties that this type of policy must name (ODRL 2.2, 2.1.1 to 2.1.3).
void check_parties(const Policy& policy, std::vector<Violation>& found) {
  if (policy.type != PolicyType::agreement && policy.type != PolicyType::offer) { return; }
  const bool agreement = policy.type == PolicyType::agreement;
  for (const auto& rule : policy.rules) {
    if (rule.kind == RuleKind::duty) { continue; }
    if (rule.assigners.empty()) { found.push_back({rule.uid, "an assigner: who grants this", "none"}); }
    if (agreement && rule.assignees.empty()) {
      found.push_back({rule.uid, "an assignee: to whom this is granted", "none"});
    }
  }
}

}  // namespace

std::vector<Violation> strict_violations(const Policy& policy) {
  std::vector<Violation> found;
  for (const auto& term : policy.unknown) { found.push_back({term.pointer, "a known " + term.what, term.term}); }
  if (policy.uid.empty()) { found.push_back({"", "a uid", "none"}); }
  if (policy.rules.empty() && policy.inherits.empty()) {
    found.push_back({"", "at least one permission, prohibition or obligation", "none"});
  }
  std::set<std::string> uids;
  for (const auto& rule : policy.rules) {
    check_rule(policy, rule, false, found);
    collect_uids(rule, uids, found);
  }
  check_parties(policy, found);
  if (found.size() > limits::kViolationsMax) { found.resize(limits::kViolationsMax); }
  return found;
}

}  // namespace keten::usage
