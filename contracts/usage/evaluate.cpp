#include "contracts/usage/evaluate.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <utility>

#include "contracts/production/decimal.h"

namespace keten::usage {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

const std::string& policy_usage() {
  static const std::string kWord = std::string(kOdrl) + "policyUsage";
  return kWord;
}

Truth truth_of(bool holds) { return holds ? Truth::yes : Truth::no; }

/// What an operand's word is, when it is one of ODRL's.
bool is_word(const std::string& operand, std::string_view word) { return odrl_word(operand) == word; }

/// Attributes that count only when an issuer vouches for them; what the requester says of himself does not.
bool needs_issuer(const std::string& operand) {
  const auto word = odrl_word(operand);
  return word.empty() || word == "classification" || word == "consent" || word == "event";
}

class Evaluation {
 public:
  Evaluation(const Policy& policy, const Policy& request, const World& world)
      : policy_(policy), request_(request), world_(world) {
    for (const auto* pairs : {&policy.parts, &request.parts, &world.parts}) {
      for (const auto& [part, whole] : *pairs) { wholes_[part].push_back(whole); }
    }
    for (const auto& [instance, kind] : world.kinds) { kinds_[instance].push_back(kind); }
    for (const auto& [action, included] : policy.actions) { included_.emplace(action, included); }
    for (const auto& rule : request.rules) {
      for (const auto& action : rule.actions) { climb(action.iri); }
    }
  }

  Report run() {
    Report report;
    for (std::size_t i = 0; i < request_.rules.size(); ++i) {
      if (request_.rules[i].kind != RuleKind::permission) { continue; }
      for (const auto& rule : policy_.rules) {
        if (rule.kind == RuleKind::duty) { continue; }
        report.rules.push_back(judge(rule, &request_.rules[i]));
        report.rules.back().asked = i;
      }
    }
    for (const auto& rule : policy_.rules) {
      if (rule.kind == RuleKind::duty) { report.rules.push_back(judge(rule, nullptr)); }
    }
    decide(report);
    return report;
  }

 private:
  using Up = std::map<std::string_view, std::vector<std::string_view>>;

  /// Whether `from` is `to`, or comes to it upwards.
  static bool reaches(const Up& up, std::string_view from, std::string_view to) {
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

  // --- actions
  [[nodiscard]] bool is_known(std::string_view action) const {
    return included_.contains(action) || is_known_action(action);
  }
  /// What an action that is asked for is a part of, itself first; worked out once, for rules may name many.
  void climb(std::string_view asked) {
    const auto [place, is_new] = above_.try_emplace(asked);
    if (!is_new) { return; }
    place->second.known = is_known(asked);
    for (auto at = asked; !at.empty() && place->second.actions.insert(at).second;) {
      const auto defined = included_.find(at);
      at = defined != included_.end() ? defined->second : included_in(at);
    }
  }
  [[nodiscard]] Truth is_action(std::string_view asked, std::string_view ruled) const {
    const auto& above = above_.find(asked)->second;
    if (above.actions.contains(ruled)) { return Truth::yes; }
    return above.known && is_known(ruled) ? Truth::no : Truth::unknown;
  }

  // --- left operands
  struct Scope {
    const Rule* rule = nullptr;
    const Rule* asked = nullptr;           ///< null: nobody asks
    const std::string* subject = nullptr;  ///< of a refinement: the party or asset
  };

  void claimed(std::string_view subject, const std::string& operand, std::vector<const Value*>& into) const {
    const auto claims = world_.claims.find(subject);
    if (claims == world_.claims.end()) { return; }
    const auto values = claims->second.find(operand);
    if (values == claims->second.end()) { return; }
    for (const auto& value : values->second) { into.push_back(&value); }
  }

  static void stated(const std::vector<Constraint>& constraints, const std::string& operand,
                     std::vector<const Value*>& into) {
    for (const auto& constraint : constraints) {
      const bool says =
          constraint.op == Operator::eq || constraint.op == Operator::is_any_of || constraint.op == Operator::is_all_of;
      if (constraint.logic != Logic::atom || constraint.left != operand || !says) { continue; }
      for (const auto& value : constraint.right) { into.push_back(&value); }
    }
  }

  [[nodiscard]] std::vector<const Value*> left_values(const std::string& operand, const Scope& scope) const {
    std::vector<const Value*> values;
    if (scope.subject != nullptr) {
      claimed(*scope.subject, operand, values);
      return values;
    }
    claimed("", operand, values);
    if (scope.asked != nullptr) {
      for (const auto& party : scope.asked->assignees) { claimed(party.iri, operand, values); }
      for (const auto& asset : scope.asked->targets) { claimed(asset.iri, operand, values); }
      if (values.empty() && !needs_issuer(operand)) {
        stated(scope.asked->constraints, operand, values);
        for (const auto& action : scope.asked->actions) { stated(action.refinements, operand, values); }
      }
    }
    return values;
  }

  [[nodiscard]] const Uses& uses_of(const Scope& scope) const {
    static const Uses kNone;
    auto found = scope.rule != nullptr ? world_.uses.find(scope.rule->uid) : world_.uses.end();
    if (found == world_.uses.end()) { found = world_.uses.find(""); }
    return found == world_.uses.end() ? kNone : found->second;
  }

  // --- atoms
  static Truth ordered(std::optional<int> order, Operator op) {
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

  static bool is_order(Operator op) {
    return op == Operator::lt || op == Operator::lteq || op == Operator::gt || op == Operator::gteq;
  }

  /// Units must agree: 500 of what is not said is not 500 euro.
  static Truth same(const Value& left, const Value& right, OperandType type) {
    if (left.unit != right.unit) { return Truth::unknown; }
    return equal(left, right, type);
  }

  template <typename Values, typename Test>
  static Truth any(const Values& values, const Test& test) {
    auto truth = Truth::no;
    for (const auto& value : values) {
      truth = either(truth, test(value));
      if (truth == Truth::yes) { break; }
    }
    return truth;
  }
  template <typename Values, typename Test>
  static Truth every(const Values& values, const Test& test) {
    auto truth = Truth::yes;
    for (const auto& value : values) {
      truth = both(truth, test(value));
      if (truth == Truth::no) { break; }
    }
    return truth;
  }

  /// Sets against each other (docs/usage.md, "Operators").
  [[nodiscard]] Truth compare_sets(const std::vector<const Value*>& left, const Constraint& constraint,
                                   OperandType type) const {
    if (left.empty()) { return Truth::unknown; }
    const auto& right = constraint.right;
    const auto in_right = [&](const Value* value) {
      return any(right, [&](const Value& one) { return same(*value, one, type); });
    };
    const auto in_left = [&](const Value& value) {
      return any(left, [&](const Value* one) { return same(*one, value, type); });
    };
    const auto part_of = [&](const Value& part, const Value& whole) {
      return either(same(part, whole, type), truth_of(reaches(wholes_, part.text, whole.text)));
    };
    switch (constraint.op) {
      case Operator::eq: return both(every(left, in_right), every(right, in_left));
      case Operator::neq: return !both(every(left, in_right), every(right, in_left));
      case Operator::lt:
      case Operator::lteq:
      case Operator::gt:
      case Operator::gteq:
        return every(left, [&](const Value* value) {
          return every(right, [&](const Value& one) {
            return value->unit != one.unit ? Truth::unknown : ordered(compare(*value, one, type), constraint.op);
          });
        });
      case Operator::is_any_of: return any(left, in_right);
      case Operator::is_none_of: return !any(left, in_right);
      case Operator::is_all_of: return every(right, in_left);
      case Operator::is_part_of:
        return every(left, [&](const Value* value) {
          return any(right, [&](const Value& whole) { return part_of(*value, whole); });
        });
      case Operator::has_part:
        return every(right, [&](const Value& part) {
          return any(left, [&](const Value* whole) { return part_of(part, *whole); });
        });
      case Operator::is_a:
        return every(left, [&](const Value* value) {
          return any(right, [&](const Value& kind) {
            return either(same(*value, kind, type), truth_of(reaches(kinds_, value->text, kind.text)));
          });
        });
      case Operator::unknown: break;
    }
    return Truth::unknown;
  }

  /// The time of the decision against a time, or against the use itself, which is now.
  [[nodiscard]] Truth compare_now(const Constraint& constraint) const {
    Value now;
    now.instant = world_.now;
    std::vector<Value> right = constraint.right;
    for (auto& value : right) {
      if (value.text == policy_usage()) { value.instant = world_.now; }
      value.unit.clear();
    }
    Constraint copy;
    copy.op = constraint.op;
    copy.right = std::move(right);
    switch (constraint.op) {
      case Operator::is_part_of:
      case Operator::has_part:
      case Operator::is_a: return Truth::unknown;  // a moment has no parts
      case Operator::eq:
      case Operator::neq:
      case Operator::lt:
      case Operator::lteq:
      case Operator::gt:
      case Operator::gteq:
      case Operator::is_all_of:
      case Operator::is_any_of:
      case Operator::is_none_of:
      case Operator::unknown: break;
    }
    return compare_sets({&now}, copy, OperandType::time);
  }

  /// Where `now` lies against `from` plus each duration; `same` stands for eq: ODRL writes "for three months" as eq P3M.
  [[nodiscard]] Truth compare_period(const Constraint& constraint, std::optional<Instant> from, Operator same,
                                     Truth without) const {
    const auto op = constraint.op == Operator::eq ? same : constraint.op;
    if (!is_order(op)) { return Truth::unknown; }
    return every(constraint.right, [&](const Value& value) {
      if (!value.duration || value.duration->months < 0 || value.duration->microseconds < 0) { return Truth::unknown; }
      if (!from) { return without; }
      const auto end = add(*from, *value.duration);
      if (!end || world_.now < *from) { return Truth::unknown; }
      return ordered(world_.now < *end ? -1 : world_.now > *end ? 1 : 0, op);
    });
  }

  [[nodiscard]] Truth compare_metered(const Constraint& constraint, const Uses& uses) const {
    const auto op = constraint.op == Operator::eq ? Operator::lteq : constraint.op;
    if (!is_order(op)) { return Truth::unknown; }
    // Nobody has measured it: not even that it is none.
    if (!uses.metered_time) { return Truth::unknown; }
    return every(constraint.right, [&](const Value& value) {
      return value.duration ? ordered(compare(*uses.metered_time, *value.duration), op) : Truth::unknown;
    });
  }

  /// Before (lt), during (eq) or after (gt) an event.
  [[nodiscard]] Truth compare_event(const Constraint& constraint, const Scope& scope) const {
    const auto of_one = [&](const Value& value) {
      if (value.text == policy_usage()) { return ordered(0, constraint.op); }
      const auto event = world_.events.find(value.text);
      if (event == world_.events.end()) { return Truth::unknown; }
      const auto& [start, end] = event->second;
      const int order = world_.now < start ? -1 : end && world_.now >= *end ? 1 : 0;
      return ordered(order, constraint.op);
    };
    const auto known = [&](const Value& value) {
      return value.text == policy_usage() || world_.events.contains(value.text);
    };
    if (constraint.op == Operator::is_any_of) {
      Constraint during = constraint;
      during.op = Operator::eq;
      return any(constraint.right, [&](const Value& value) {
        during.right = {value};
        return compare_event(during, scope);
      });
    }
    if (std::all_of(constraint.right.begin(), constraint.right.end(), known)) {
      return every(constraint.right, of_one);
    }
    return compare_sets(left_values(constraint.left, scope), constraint, OperandType::text);
  }

  [[nodiscard]] Truth judge_atom(const Constraint& constraint, const Scope& scope) const {
    const auto type = operand_type(constraint.left);
    if (constraint.strange || !type || constraint.op == Operator::unknown || !constraint.reference.empty() ||
        constraint.right.empty()) {
      return Truth::unknown;
    }
    const auto& uses = uses_of(scope);
    if (is_word(constraint.left, "dateTime")) { return compare_now(constraint); }
    if (is_word(constraint.left, "elapsedTime")) {
      // The period begins with the first use: before it, none has passed.
      return compare_period(constraint, uses.first ? uses.first : world_.now, Operator::lteq, Truth::unknown);
    }
    if (is_word(constraint.left, "delayPeriod")) {
      return compare_period(constraint, uses.start, Operator::gteq, Truth::unknown);
    }
    if (is_word(constraint.left, "timeInterval")) {
      return compare_period(constraint, uses.last, Operator::gteq, Truth::yes);
    }
    if (is_word(constraint.left, "meteredTime")) { return compare_metered(constraint, uses); }
    if (is_word(constraint.left, "event")) { return compare_event(constraint, scope); }
    if (is_word(constraint.left, "count")) {
      // This use is one of them.
      const auto sum = production::add_decimals(uses.count, uses.batch);
      if (!sum) { return Truth::unknown; }
      const auto count = make_value(*sum, true);
      return compare_sets({&count}, constraint, OperandType::decimal);
    }
    if (is_word(constraint.left, "payAmount")) {
      std::vector<const Value*> paid;
      for (const auto& value : uses.paid) {
        const auto asked = std::any_of(constraint.right.begin(), constraint.right.end(),
                                       [&](const Value& one) { return one.unit == value.unit; });
        if (asked) { paid.push_back(&value); }
      }
      return compare_sets(paid, constraint, OperandType::decimal);
    }
    return compare_sets(left_values(constraint.left, scope), constraint, *type);
  }

  Truth judge_constraint(const Constraint& constraint, const Scope& scope, RuleKind kind,
                         std::vector<Premise>* premises) const {
    std::size_t place = 0;
    if (premises != nullptr) {
      place = premises->size();
      premises->push_back({.kind = PremiseKind::constraint, .constraint = constraint.uid});
    }
    auto truth = Truth::unknown;
    if (constraint.logic == Logic::atom) {
      truth = judge_atom(constraint, scope);
    } else {
      std::size_t holding = 0;
      std::size_t unknown = 0;
      for (const auto& part : constraint.parts) {
        const auto one = judge_constraint(part, scope, kind, premises);
        holding += one == Truth::yes ? 1 : 0;
        unknown += one == Truth::unknown ? 1 : 0;
      }
      const auto parts = constraint.parts.size();
      switch (constraint.logic) {
        case Logic::atom: break;
        case Logic::all:
        case Logic::in_order:
          truth = holding == parts ? Truth::yes : holding + unknown == parts ? Truth::unknown : Truth::no;
          break;
        case Logic::any: truth = holding > 0 ? Truth::yes : unknown > 0 ? Truth::unknown : Truth::no; break;
        case Logic::exactly_one:
          truth = holding > 1 ? Truth::no : unknown > 0 ? Truth::unknown : truth_of(holding == 1);
          break;
      }
      if (constraint.strange) { truth = both(truth, Truth::unknown); }
      if (constraint.strange && kind == RuleKind::prohibition) { truth = Truth::unknown; }
    }
    if (premises != nullptr) { set(premises->at(place), truth, kind); }
    return truth;
  }

  static void set(Premise& premise, Truth truth, RuleKind kind) {
    premise.truth = truth;
    premise.satisfied = kind == RuleKind::prohibition ? truth != Truth::no : truth == Truth::yes;
  }

  // --- parties and assets
  [[nodiscard]] Truth judge_refinements(const std::vector<Constraint>& refinements, const Scope& scope) const {
    return every(refinements,
                 [&](const Constraint& one) { return judge_constraint(one, scope, RuleKind::permission, nullptr); });
  }

  [[nodiscard]] Truth is_entity(const Entity& asked, const Entity& ruled, const Scope& scope) const {
    if (asked.iri.empty()) { return Truth::no; }
    const bool within = (!ruled.iri.empty() && reaches(wholes_, asked.iri, ruled.iri)) ||
                        (!ruled.source.empty() && reaches(wholes_, asked.iri, ruled.source));
    if (!within) { return Truth::no; }
    Scope refined = scope;
    refined.subject = &asked.iri;
    return judge_refinements(ruled.refinements, refined);
  }

  /// All that is asked for must be covered by one of what the rule names.
  [[nodiscard]] Truth covers(const std::vector<Entity>& ruled, const std::vector<Entity>& asked, const Scope& scope,
                             RuleKind kind) const {
    if (asked.empty()) { return Truth::no; }
    const auto covered = [&](const Entity& one) {
      return any(ruled, [&](const Entity& entity) { return is_entity(one, entity, scope); });
    };
    // A prohibition reaches a request when it reaches any part of it.
    return kind == RuleKind::prohibition ? any(asked, covered) : every(asked, covered);
  }

  [[nodiscard]] Truth judge_action(const Rule& rule, const Rule& asked, const Scope& scope) const {
    if (asked.actions.empty()) { return Truth::no; }
    const auto covered = [&](const Action& one) {
      return any(rule.actions, [&](const Action& action) {
        const auto named = is_action(one.iri, action.iri);
        return named == Truth::no ? named : both(named, judge_refinements(action.refinements, scope));
      });
    };
    return rule.kind == RuleKind::prohibition ? any(asked.actions, covered) : every(asked.actions, covered);
  }

  // --- duties
  [[nodiscard]] DutyState state_of(const Rule& duty) const {
    const auto found = world_.duties.find(duty.uid);
    return found == world_.duties.end() ? DutyState{} : found->second;
  }

  /// A duty that was violated is met again when it was done late and each of its consequences too (ODRL 2.2, 2.6.6).
  [[nodiscard]] bool is_violated(const Rule& duty) const {
    const auto state = state_of(duty);
    if (state.deontic != Deontic::violated) { return false; }
    return duty.consequences.empty() || state.performance != Performance::performed ||
           !std::all_of(duty.consequences.begin(), duty.consequences.end(),
                        [&](const Rule& one) { return state_of(one).deontic == Deontic::fulfilled; });
  }

  /// `event lt policyUsage`: to be done before the use.
  static bool comes_first(const Rule& duty) {
    return std::any_of(duty.constraints.begin(), duty.constraints.end(), [](const Constraint& one) {
      return one.logic == Logic::atom && is_word(one.left, "event") && one.op == Operator::lt &&
             one.right.size() == 1 && one.right.front().text == policy_usage();
    });
  }

  /// The uid of a duty that keeps the permission from being used; empty when there is none.
  [[nodiscard]] std::string unmet_duty(const Rule& rule) const {
    for (const auto& duty : rule.duties) {
      if (is_violated(duty) || (comes_first(duty) && state_of(duty).deontic != Deontic::fulfilled)) { return duty.uid; }
    }
    return {};
  }

  // --- rules
  [[nodiscard]] RuleReport judge(const Rule& rule, const Rule* asked) const {
    RuleReport report;
    report.kind = rule.kind;
    report.rule = rule.uid;
    report.attempted = asked != nullptr;
    const Scope scope{.rule = &rule, .asked = asked};
    auto truth = Truth::yes;
    for (const auto& constraint : rule.constraints) {
      truth = both(truth, judge_constraint(constraint, scope, rule.kind, &report.premises));
    }
    if (rule.strange) {
      truth = both(truth, Truth::unknown);
      report.premises.push_back({.kind = PremiseKind::constraint, .constraint = rule.uid});
      set(report.premises.back(), Truth::unknown, rule.kind);
    }
    const auto premise = [&](PremiseKind kind, Truth holds) {
      report.premises.push_back({.kind = kind, .constraint = {}});
      set(report.premises.back(), holds, rule.kind);
      truth = both(truth, holds);
    };
    if (asked != nullptr) {
      report.request = asked->uid;
      if (!rule.targets.empty()) {
        premise(PremiseKind::target, covers(rule.targets, asked->targets, scope, rule.kind));
      }
      if (!rule.assignees.empty()) {
        premise(PremiseKind::party, covers(rule.assignees, asked->assignees, scope, rule.kind));
      }
      if (!rule.actions.empty()) { premise(PremiseKind::action, judge_action(rule, *asked, scope)); }
    }
    report.active = rule.kind == RuleKind::prohibition ? truth != Truth::no : truth == Truth::yes;
    if (rule.kind == RuleKind::permission) {
      report.unmet_duty = unmet_duty(rule);
      report.active = report.active && report.unmet_duty.empty();
    }
    if (rule.kind == RuleKind::duty) { report.duty = state_of(rule); }
    return report;
  }

  /// What the rules say together about one permission that is asked for.
  struct Opinion {
    const RuleReport* permission = nullptr;
    const RuleReport* prohibition = nullptr;
    const RuleReport* waiting = nullptr;
  };
  static Opinion opinion_on(std::size_t asked, const Report& report) {
    Opinion opinion;
    for (const auto& one : report.rules) {
      if (one.kind == RuleKind::duty || one.asked != asked) { continue; }
      if (one.active) { (one.kind == RuleKind::permission ? opinion.permission : opinion.prohibition) = &one; }
      if (!one.unmet_duty.empty()) { opinion.waiting = &one; }
    }
    return opinion;
  }

  void decide(Report& report) const {
    std::string permits;
    std::string denies;
    for (std::size_t i = 0; i < request_.rules.size(); ++i) {
      if (request_.rules[i].kind != RuleKind::permission) { continue; }
      const auto [permission, prohibition, waiting] = opinion_on(i, report);
      if (permission != nullptr && prohibition != nullptr && policy_.conflict == Conflict::invalid) {
        report.decision = Decision::invalid;
        report.reason = permission->rule + " permits what " + prohibition->rule +
                        " prohibits, and the policy is void then (conflict invalid)";
        return;
      }
      if (permission != nullptr && (prohibition == nullptr || policy_.conflict == Conflict::permission)) {
        if (permits.empty()) { permits = permission->rule + " permits it"; }
      } else if (denies.empty()) {
        denies = prohibition != nullptr ? prohibition->rule + " prohibits it"
                 : waiting != nullptr   ? waiting->rule + " waits for the duty " + waiting->unmet_duty
                                        : "no permission covers it";
      }
    }
    const bool permitted = denies.empty() && !permits.empty();
    report.decision = permitted ? Decision::permitted : Decision::denied;
    report.reason = permitted ? permits : denies.empty() ? "nothing was asked for" : denies;
  }

  const Policy& policy_;
  const Policy& request_;
  const World& world_;
  struct Above {
    std::set<std::string_view> actions;
    bool known = false;
  };
  Up wholes_;
  Up kinds_;
  std::map<std::string_view, std::string_view> included_;  ///< of actions that the policy defines; the first wins
  std::map<std::string_view, Above> above_;                ///< by the action that is asked for
};

}  // namespace

Report evaluate(const Policy& policy, const Policy& request, const World& world) {
  return Evaluation(policy, request, world).run();
}

std::string_view decision_name(Decision decision) {
  constexpr std::array<std::string_view, 3> kNames = {"permitted", "denied", "invalid"};
  return kNames.at(static_cast<std::size_t>(decision));
}

json::Value report_json(const RuleReport& report) {
  constexpr std::array<std::string_view, 3> kRules = {"PermissionReport", "ProhibitionReport", "DutyReport"};
  constexpr std::array<std::string_view, 4> kPremises = {"ConstraintReport", "TargetReport", "PartyReport",
                                                         "ActionReport"};
  constexpr std::array<std::string_view, 3> kPerformances = {"Unknown", "Performed", "Unperformed"};
  constexpr std::array<std::string_view, 3> kDeontics = {"NonSet", "Fulfilled", "Violated"};
  const auto text = [](std::string_view word) { return json::Value::string(std::string(word)); };
  auto premises = json::Value::array();
  for (const auto& premise : report.premises) {
    auto one = json::Value::object();
    one.set("type", text(kPremises.at(static_cast<std::size_t>(premise.kind))));
    one.set("satisfied", json::Value::boolean(premise.satisfied));
    if (premise.kind == PremiseKind::constraint) { one.set("constraint", text(premise.constraint)); }
    if (premise.truth == Truth::unknown) { one.set("unknown", json::Value::boolean(true)); }
    premises.push(std::move(one));
  }
  auto result = json::Value::object();
  result.set("type", text(kRules.at(static_cast<std::size_t>(report.kind)))).set("rule", text(report.rule));
  if (report.kind != RuleKind::duty) { result.set("ruleRequest", text(report.request)); }
  result.set("active", json::Value::boolean(report.active))
      .set("attempted", json::Value::boolean(report.attempted))
      .set("premises", std::move(premises));
  if (report.kind == RuleKind::duty) {
    result.set("performance", text(kPerformances.at(static_cast<std::size_t>(report.duty.performance))))
        .set("deontic", text(kDeontics.at(static_cast<std::size_t>(report.duty.deontic))));
  }
  if (!report.unmet_duty.empty()) { result.set("unmetDuty", text(report.unmet_duty)); }
  return result;
}

}  // namespace keten::usage
