#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/usage/policy.h"
#include "contracts/usage/value.h"

namespace keten::usage {

/// From a member to its collections, or from an instance to its classes.
using Up = std::map<std::string_view, std::vector<std::string_view>>;
struct Above {
  const Up& wholes;
  const Up& kinds;
};
/// Whether `from` is `to`, or comes to it upwards.
bool reaches(const Up& up, std::string_view from, std::string_view to);

inline Truth truth_of(bool holds) { return holds ? Truth::yes : Truth::no; }
bool is_order(Operator op);
/// Whether an operator holds of -1, 0 or 1; unknown without an order, and of operators that are about sets.
Truth ordered(std::optional<int> order, Operator op);

template <typename Values, typename Test>
Truth any(const Values& values, const Test& test) {
  auto truth = Truth::no;
  for (const auto& value : values) {
    truth = either(truth, test(value));
    if (truth == Truth::yes) { break; }
  }
  return truth;
}
template <typename Values, typename Test>
Truth every(const Values& values, const Test& test) {
  auto truth = Truth::yes;
  for (const auto& value : values) {
    truth = both(truth, test(value));
    if (truth == Truth::no) { break; }
  }
  return truth;
}
/// What holds of each; unknown where it holds of one and not of another, so that saying more neither gains a permission nor
/// lifts a prohibition.
template <typename Values, typename Test>
Truth agreed(const Values& values, const Test& test) {
  std::optional<Truth> truth;
  for (const auto& value : values) {
    const auto one = test(value);
    if (truth && *truth != one) { return Truth::unknown; }
    truth = one;
  }
  return truth.value_or(Truth::unknown);
}

/// What is known of a left operand against the right one (docs/usage.md, "Operators"). Nothing known: unknown.
Truth compare_sets(const std::vector<const Value*>& left, const Constraint& constraint, OperandType type,
                   const Above& above);

/// A moment against times, days, months and years, or against the use itself, which is now.
Truth compare_now(Instant now, const Constraint& constraint);

/// Whether a value is the use itself (`odrl:policyUsage`).
bool is_policy_usage(const Value& value);

}  // namespace keten::usage
