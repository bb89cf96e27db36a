#include "contracts/usage/policy.h"

#include <algorithm>

namespace keten::usage {
namespace {

bool is_before_use(const Constraint& constraint) {
  if (constraint.logic != Logic::atom) {
    return std::any_of(constraint.parts.begin(), constraint.parts.end(), is_before_use);
  }
  const auto left = odrl_word(constraint.left);
  return (left == "event" || left == "dateTime") &&
         (constraint.op == Operator::lt || constraint.op == Operator::lteq) &&
         std::any_of(constraint.right.begin(), constraint.right.end(),
                     [](const Value& value) { return odrl_word(value.text) == "policyUsage"; });
}

std::size_t weight_of(const std::vector<Constraint>& constraints) {
  std::size_t weight = 0;
  for (const auto& one : constraints) { weight += usage::weight_of(one); }
  return weight;
}

}  // namespace

bool comes_first(const Rule& duty) {
  return std::any_of(duty.constraints.begin(), duty.constraints.end(), is_before_use);
}

std::size_t weight_of(const Constraint& constraint) {
  return 1 + constraint.right.size() + weight_of(constraint.parts);
}

std::size_t weight_of(const Rule& rule) {
  auto weight = 1 + weight_of(rule.constraints) + rule.functions.size();
  for (const auto& action : rule.actions) { weight += 1 + weight_of(action.refinements); }
  for (const auto* entities : {&rule.targets, &rule.assignees, &rule.assigners}) {
    for (const auto& entity : *entities) { weight += 1 + weight_of(entity.refinements); }
  }
  for (const auto* inner : {&rule.duties, &rule.remedies, &rule.consequences}) {
    for (const auto& one : *inner) { weight += weight_of(one); }
  }
  return weight;
}

}  // namespace keten::usage
