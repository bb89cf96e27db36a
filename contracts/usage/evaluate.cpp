#include "contracts/usage/evaluate.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <utility>

#include "contracts/production/decimal.h"
#include "contracts/usage/operators.h"

namespace keten::usage {
namespace {

/// What an operand's word is, when it is one of ODRL's.
bool is_word(const std::string& operand, std::string_view word) { return odrl_word(operand) == word; }

/// Attributes that count only when an issuer vouches for them; what the requester says of himself does not.
bool needs_issuer(const Policy& policy, const std::string& operand) {
  if (const auto own = policy.operands.find(operand); own != policy.operands.end()) {
    return own->second.source == OperandSource::claim;
  }
  const auto word = odrl_word(operand);
  return word.empty() || word == "classification" || word == "consent" || word == "event";
}

/// Attributes of who asks, and never of what is asked for.
bool is_of_party(const std::string& operand) {
  constexpr std::array<std::string_view, 7> kOfParty = {"CONNECTOR", "SECURITY_LEVEL", "APPLICATION",   "ROLE",
                                                        "hasRole",   "hasGeo",         "hasCountryName"};
  if (is_word(operand, "industry")) { return true; }
  if (!odrl_word(operand).empty()) { return false; }
  const auto word = std::string_view(operand).substr(operand.find_last_of("/#") + 1);
  return std::find(kOfParty.begin(), kOfParty.end(), word) != kOfParty.end();
}

/// The request with one permission for each asset and each party (ODRL 2.2, 2.7); empty when it is so already, or too long.
std::optional<Policy> one_by_one(const Policy& request) {
  constexpr std::size_t kSingleMax = 64;
  Policy single;
  bool changed = false;
  for (const auto& rule : request.rules) {
    if (rule.targets.size() <= 1 && rule.assignees.size() <= 1) {
      single.rules.push_back(rule);
      continue;
    }
    changed = true;
    const auto targets = std::max<std::size_t>(rule.targets.size(), 1);
    const auto assignees = std::max<std::size_t>(rule.assignees.size(), 1);
    if (single.rules.size() + targets * assignees > kSingleMax) { return std::nullopt; }
    for (std::size_t i = 0; i < targets * assignees; ++i) {
      single.rules.push_back(rule);
      auto& one = single.rules.back();
      if (!rule.targets.empty()) { one.targets = {rule.targets[i % targets]}; }
      if (!rule.assignees.empty()) { one.assignees = {rule.assignees[i / targets]}; }
    }
  }
  return changed ? std::optional(std::move(single)) : std::nullopt;
}

class Evaluation {
 public:
  Evaluation(const Policy& policy, const Policy& request, const World& world)
      : policy_(policy), request_(request), world_(world) {
    // What a request says about memberships is the word of who asks.
    for (const auto* pairs : {&policy.parts, &world.parts}) {
      for (const auto& [part, whole] : *pairs) { wholes_[part].push_back(whole); }
    }
    for (const auto& [instance, kind] : world.kinds) { kinds_[instance].push_back(kind); }
    for (const auto& [action, included] : policy.actions) { included_.emplace(action, included); }
    for (const auto& rule : request.rules) {
      for (const auto& action : rule.actions) {
        climb(action.iri);
        imply(action.iri);
      }
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
  /// All that an action implies, over any number of steps.
  void imply(std::string_view asked) {
    if (policy_.implied.empty() || implied_.contains(asked)) { return; }
    auto& all = implied_[asked];
    for (std::size_t next = 0; next <= all.size(); ++next) {
      const auto from = next == 0 ? asked : all[next - 1];
      for (const auto& [action, implied] : policy_.implied) {
        if (action != from || implied == asked || std::find(all.begin(), all.end(), implied) != all.end()) { continue; }
        all.emplace_back(implied);
        climb(implied);
      }
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

  struct Left {
    std::vector<const Value*> values;
    bool is_said = false;  ///< by who asks
  };

  /// `only_of`: a party; only what is said of this one, and nothing that is said of assets.
  [[nodiscard]] Left left_values(const std::string& operand, const Scope& scope,
                                 const Entity* only_of = nullptr) const {
    Left left;
    auto& values = left.values;
    if (scope.subject != nullptr) {
      claimed(*scope.subject, operand, values);
      return left;
    }
    claimed("", operand, values);
    if (scope.asked != nullptr) {
      if (only_of != nullptr) {
        if (!only_of->iri.empty()) { claimed(only_of->iri, operand, values); }
      } else {
        for (const auto& party : scope.asked->assignees) { claimed(party.iri, operand, values); }
        for (const auto& asset : scope.asked->targets) { claimed(asset.iri, operand, values); }
      }
      if (values.empty() && !needs_issuer(policy_, operand)) {
        left.is_said = true;
        stated(scope.asked->constraints, operand, values);
        for (const auto& action : scope.asked->actions) { stated(action.refinements, operand, values); }
      }
    }
    return left;
  }

  /// By the uid of a rule as the policy spells it, or by its IRI.
  template <typename Map>
  [[nodiscard]] auto named(const Map& map, const std::string& uid) const {
    auto found = map.find(uid);
    if (found == map.end() && map.size() > map.count("")) { found = map.find(policy_.names.iri(uid)); }
    return found;
  }

  [[nodiscard]] const Uses& uses_of(const Scope& scope) const {
    static const Uses kNone;
    auto found = scope.rule != nullptr ? named(world_.uses, scope.rule->uid) : world_.uses.end();
    if (found == world_.uses.end()) { found = world_.uses.find(""); }
    return found == world_.uses.end() ? kNone : found->second;
  }

  // --- atoms
  /// Where `now` lies against `from` plus each duration; `same` stands for eq: ODRL writes "for three months" as eq P3M.
  /// Without a beginning: unknown, or (`without`) longer than any duration.
  [[nodiscard]] Truth compare_period(const Constraint& constraint, std::optional<Instant> from, Operator same,
                                     std::optional<bool> without) const {
    const auto op = constraint.op == Operator::eq ? same : constraint.op;
    if (!is_order(op)) { return Truth::unknown; }
    return every(constraint.right, [&](const Value& value) {
      if (!value.duration || value.duration->months < 0 || value.duration->microseconds < 0) { return Truth::unknown; }
      if (!from) {
        return without ? truth_of(*without == (op == Operator::gt || op == Operator::gteq)) : Truth::unknown;
      }
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
      if (is_policy_usage(value)) { return ordered(0, constraint.op); }
      const auto event = world_.events.find(value.text);
      if (event == world_.events.end()) { return Truth::unknown; }
      const auto& [start, end] = event->second;
      const int order = world_.now < start ? -1 : end && world_.now >= *end ? 1 : 0;
      return ordered(order, constraint.op);
    };
    const auto known = [&](const Value& value) { return is_policy_usage(value) || world_.events.contains(value.text); };
    if (constraint.op == Operator::is_none_of) {
      Constraint during = constraint;
      during.op = Operator::is_any_of;
      return !compare_event(during, scope);
    }
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
    return compare_sets(left_values(constraint.left, scope).values, constraint, OperandType::text, above());
  }

  [[nodiscard]] Truth judge_atom(const Constraint& constraint, const Scope& scope) const {
    const auto type = type_of(policy_, constraint.left);
    if (constraint.strange || !type || constraint.op == Operator::unknown || !constraint.reference.empty() ||
        constraint.right.empty()) {
      return Truth::unknown;
    }
    const auto& uses = uses_of(scope);
    if (is_word(constraint.left, "dateTime")) { return compare_now(world_.now, constraint); }
    if (is_word(constraint.left, "elapsedTime")) {
      // The period begins with the first use: before it, none has passed.
      return compare_period(constraint, uses.first ? uses.first : world_.now, Operator::lteq, std::nullopt);
    }
    if (is_word(constraint.left, "delayPeriod")) {
      return compare_period(constraint, uses.start, Operator::gteq, std::nullopt);
    }
    if (is_word(constraint.left, "timeInterval")) {
      return compare_period(constraint, uses.last, Operator::gteq, true);
    }
    if (is_word(constraint.left, "meteredTime")) { return compare_metered(constraint, uses); }
    if (is_word(constraint.left, "event")) { return compare_event(constraint, scope); }
    if (is_word(constraint.left, "count")) {
      // This use is one of them.
      auto sum = production::add_decimals(uses.count, uses.batch);
      if (sum && !constraint.status.empty()) { sum = production::add_decimals(*sum, constraint.status); }
      if (!sum) { return Truth::unknown; }
      const auto count = make_value(*sum, true);
      return compare_sets({&count}, constraint, OperandType::decimal, above());
    }
    if (is_word(constraint.left, "payAmount")) {
      std::vector<const Value*> paid;
      for (const auto& value : uses.paid) {
        const auto asked = std::any_of(constraint.right.begin(), constraint.right.end(),
                                       [&](const Value& one) { return one.unit == value.unit; });
        if (asked) { paid.push_back(&value); }
      }
      return compare_sets(paid, constraint, OperandType::decimal, above());
    }
    return judge_attribute(constraint, scope, *type);
  }

  /// What is said of a party must hold of each that asks.
  [[nodiscard]] Truth judge_attribute(const Constraint& constraint, const Scope& scope, OperandType type) const {
    const auto of = [&](const Entity* party) {
      const auto [values, is_said] = left_values(constraint.left, scope, party);
      const bool one_of = constraint.op == Operator::is_any_of || constraint.op == Operator::is_none_of;
      if (!is_said || !one_of) { return compare_sets(values, constraint, type, above()); }
      if (values.empty() && constraint.op == Operator::is_none_of && world_.unsaid_is_none) { return Truth::yes; }
      // Who says two purposes has both: one that is allowed does not open the way for the other.
      return agreed(values, [&](const Value* one) { return compare_sets({one}, constraint, type, above()); });
    };
    if (scope.asked == nullptr || scope.subject != nullptr || !is_of_party(constraint.left)) { return of(nullptr); }
    static const Entity kNobody;
    if (scope.asked->assignees.empty()) { return of(&kNobody); }
    return agreed(scope.asked->assignees, [&](const Entity& party) { return of(&party); });
  }
  [[nodiscard]] Above above() const { return {.wholes = wholes_, .kinds = kinds_}; }

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
      if (constraint.strange) { truth = Truth::unknown; }
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
    // Who has no name, or one of his own document only, may be anybody.
    if (asked.iri.empty() || asked.iri.starts_with("_:")) { return Truth::unknown; }
    const bool within = (!ruled.iri.empty() && reaches(wholes_, asked.iri, ruled.iri)) ||
                        (!ruled.source.empty() && reaches(wholes_, asked.iri, ruled.source));
    if (!within) { return Truth::no; }
    Scope refined = scope;
    refined.subject = &asked.iri;
    return judge_refinements(ruled.refinements, refined);
  }

  /// What a request leaves out gives nothing, and lifts no prohibition.
  static Truth unsaid(RuleKind kind) { return kind == RuleKind::prohibition ? Truth::unknown : Truth::no; }

  /// All that is asked for must be covered by one of what the rule names.
  [[nodiscard]] Truth covers(const std::vector<Entity>& ruled, const std::vector<Entity>& asked, const Scope& scope,
                             RuleKind kind) const {
    if (asked.empty()) { return unsaid(kind); }
    const auto covered = [&](const Entity& one) {
      return any(ruled, [&](const Entity& entity) { return is_entity(one, entity, scope); });
    };
    // A prohibition reaches a request when it reaches any part of it.
    return kind == RuleKind::prohibition ? any(asked, covered) : every(asked, covered);
  }

  [[nodiscard]] Truth judge_action(const Rule& rule, const Rule& asked, const Scope& scope) const {
    if (asked.actions.empty()) { return unsaid(rule.kind); }
    const auto covers = [&](std::string_view one) {
      return any(rule.actions, [&](const Action& action) {
        const auto named = is_action(one, action.iri);
        return named == Truth::no ? named : both(named, judge_refinements(action.refinements, scope));
      });
    };
    const auto covered = [&](const Action& one) { return covers(one.iri); };
    if (rule.kind != RuleKind::prohibition) { return every(asked.actions, covered); }
    // Whoever does an action does what it implies (ODRL 2.2, 2.4).
    return any(asked.actions, [&](const Action& one) {
      const auto implied = implied_.find(one.iri);
      return implied == implied_.end() ? covered(one) : either(covered(one), any(implied->second, covers));
    });
  }

  // --- duties
  [[nodiscard]] DutyState state_of(const Rule& duty) const {
    const auto found = named(world_.duties, duty.uid);
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

  /// Whether a condition of a duty says when it is to be done rather than in which case.
  static bool is_about_time(const Constraint& constraint) {
    if (constraint.logic != Logic::atom) {
      return std::any_of(constraint.parts.begin(), constraint.parts.end(), is_about_time);
    }
    const auto word = odrl_word(constraint.left);
    const bool begins = constraint.op == Operator::gt || constraint.op == Operator::gteq;
    return word == "event" || word == "elapsedTime" || word == "delayPeriod" || word == "timeInterval" ||
           word == "meteredTime" || (word == "dateTime" && !begins);
  }
  /// Whether the case of a duty is not given (ODRL formal semantics: inactive).
  [[nodiscard]] bool is_inactive(const Rule& duty, const Scope& scope) const {
    return std::any_of(duty.constraints.begin(), duty.constraints.end(), [&](const Constraint& one) {
      return !is_about_time(one) && judge_constraint(one, scope, RuleKind::duty, nullptr) == Truth::no;
    });
  }

  /// The uid of a duty that keeps the permission from being used; empty when there is none.
  [[nodiscard]] std::string unmet_duty(const Rule& rule, const Scope& scope) const {
    for (const auto& duty : rule.duties) {
      if (is_violated(duty)) { return duty.uid; }
      if (comes_first(duty) && state_of(duty).deontic != Deontic::fulfilled && !is_inactive(duty, scope)) {
        return duty.uid;
      }
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
      report.unmet_duty = unmet_duty(rule, scope);
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
    // Offers and requests grant nothing (ODRL 2.2 vocabulary, 3.2), whatever their rules would say in an agreement.
    if (denies.empty() && !permits.empty() &&
        (policy_.type == PolicyType::offer || policy_.type == PolicyType::request)) {
      denies = permits + ", but an offer or request grants nothing until it is an agreement";
    }
    const bool permitted = denies.empty() && !permits.empty();
    report.decision = permitted ? Decision::permitted : Decision::denied;
    report.reason = permitted ? permits : denies.empty() ? "nothing was asked for" : denies;
  }

  const Policy& policy_;
  const Policy& request_;
  const World& world_;
  struct Climbed {
    std::set<std::string_view> actions;
    bool known = false;
  };
  Up wholes_;
  Up kinds_;
  std::map<std::string_view, std::string_view> included_;  ///< of actions that the policy defines; the first wins
  std::map<std::string_view, Climbed> above_;              ///< by the action that is asked for
  std::map<std::string_view, std::vector<std::string_view>> implied_;
};

}  // namespace

Report evaluate(const Policy& policy, const Policy& request, const World& world) {
  auto report = Evaluation(policy, request, world).run();
  if (report.decision != Decision::denied) { return report; }
  // No rule covers all that is asked for together; each asset for each party may still have a rule of its own.
  if (const auto single = one_by_one(request)) {
    auto each = Evaluation(policy, *single, world).run();
    if (each.decision == Decision::permitted) {
      report.decision = each.decision;
      report.reason = std::move(each.reason);
    }
  }
  return report;
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
