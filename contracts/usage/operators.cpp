#include "contracts/usage/operators.h"

#include <set>

namespace keten::usage {
namespace {

/// Units must agree: 500 of what is not said is not 500 euro.
Truth same(const Value& left, const Value& right, OperandType type) {
  return left.unit != right.unit ? Truth::unknown : equal(left, right, type);
}

}  // namespace

bool reaches(const Up& up, std::string_view from, std::string_view to) {
  if (from == to) { return true; }
  if (up.empty() || !up.contains(from)) { return false; }
  std::set<std::string_view> seen = {from};
  std::vector<std::string_view> open = {from};
  while (!open.empty()) {
    const auto at = open.back();
    open.pop_back();
    const auto above = up.find(at);
    if (above == up.end()) { continue; }
    for (const auto whole : above->second) {
      if (whole == to) { return true; }
      if (seen.insert(whole).second) { open.push_back(whole); }
    }
  }
  return false;
}

bool is_order(Operator op) {
  return op == Operator::lt || op == Operator::lteq || op == Operator::gt || op == Operator::gteq;
}

Truth ordered(std::optional<int> order, Operator op) {
  if (!order) { return Truth::unknown; }
  switch (op) {
    case Operator::eq: return truth_of(*order == 0);
    case Operator::neq: return truth_of(*order != 0);
    case Operator::lt: return truth_of(*order < 0);
    case Operator::lteq: return truth_of(*order <= 0);
    case Operator::gt: return truth_of(*order > 0);
    case Operator::gteq: return truth_of(*order >= 0);
    case Operator::is_a:
    case Operator::has_part:
    case Operator::is_part_of:
    case Operator::is_all_of:
    case Operator::is_any_of:
    case Operator::is_none_of:
    case Operator::unknown: break;
  }
  return Truth::unknown;
}

bool is_policy_usage(const Value& value) { return odrl_word(value.text) == "policyUsage"; }

Truth compare_sets(const std::vector<const Value*>& left, const Constraint& constraint, OperandType type,
                   const Above& above) {
  if (left.empty()) { return Truth::unknown; }
  const auto& right = constraint.right;
  const auto in_right = [&](const Value* value) {
    return any(right, [&](const Value& one) { return same(*value, one, type); });
  };
  const auto in_left = [&](const Value& value) {
    return any(left, [&](const Value* one) { return same(*one, value, type); });
  };
  const auto part_of = [&](const Value& part, const Value& whole) {
    return either(same(part, whole, type), truth_of(reaches(above.wholes, part.text, whole.text)));
  };
  const auto equals = [&] {
    if (right.size() == 1) { return agreed(left, in_right); }
    // More than the right ones neither is them nor is without them.
    const auto all = every(right, in_left);
    const auto truth = both(every(left, in_right), all);
    return truth == Truth::no && all == Truth::yes ? Truth::unknown : truth;
  };
  switch (constraint.op) {
    case Operator::eq: return equals();
    case Operator::neq: return !equals();
    case Operator::lt:
    case Operator::lteq:
    case Operator::gt:
    case Operator::gteq:
      return agreed(left, [&](const Value* value) {
        return every(right, [&](const Value& one) {
          return value->unit != one.unit ? Truth::unknown : ordered(compare(*value, one, type), constraint.op);
        });
      });
    case Operator::is_any_of: return any(left, in_right);
    case Operator::is_none_of: return !any(left, in_right);
    case Operator::is_all_of: return every(right, in_left);
    case Operator::is_part_of:
      return agreed(left, [&](const Value* value) {
        return any(right, [&](const Value& whole) { return part_of(*value, whole); });
      });
    case Operator::has_part:
      return every(right, [&](const Value& part) {
        return any(left, [&](const Value* whole) { return part_of(part, *whole); });
      });
    case Operator::is_a:
      return agreed(left, [&](const Value* value) {
        return any(right, [&](const Value& kind) {
          return either(same(*value, kind, type), truth_of(reaches(above.kinds, value->text, kind.text)));
        });
      });
    case Operator::unknown: break;
  }
  return Truth::unknown;
}

Truth compare_now(Instant now, const Constraint& constraint) {
  // "Until 2026-05-10" lasts until that day is over (ODRL 2.2, 2.6.1: lteq 2017-12-31 is until the end of the year).
  const auto with = [&](Operator op) {
    return [now, op](const Value& value) {
      if (is_policy_usage(value)) { return ordered(0, op); }
      if (!value.instant) { return Truth::unknown; }
      const auto begin = *value.instant;
      return ordered(now < begin ? -1 : now == begin || now < value.instant_end.value_or(begin) ? 0 : 1, op);
    };
  };
  const auto& right = constraint.right;
  switch (constraint.op) {
    case Operator::eq:
    case Operator::is_all_of: return every(right, with(Operator::eq));
    case Operator::neq: return !every(right, with(Operator::eq));
    case Operator::lt:
    case Operator::lteq:
    case Operator::gt:
    case Operator::gteq: return every(right, with(constraint.op));
    case Operator::is_any_of: return any(right, with(Operator::eq));
    case Operator::is_none_of: return !any(right, with(Operator::eq));
    case Operator::is_part_of:
    case Operator::has_part:
    case Operator::is_a:  // a moment has no parts
    case Operator::unknown: break;
  }
  return Truth::unknown;
}

}  // namespace keten::usage
