#pragma once

#include <string>
#include <vector>

#include "contracts/usage/policy.h"
#include "contracts/usage/world.h"
#include "core/json.h"

namespace keten::usage {

enum class PremiseKind : std::uint8_t { constraint, target, party, action };

/// One condition of a rule, as it counted.
struct Premise {
  PremiseKind kind;
  Truth truth = Truth::unknown;
  bool satisfied = false;  ///< a permission needs yes; a prohibition holds unless no
  std::string constraint;  ///< its uid
};

/// One rule against one rule of the request (Compliance Report Model, SolidLab; ODRL formal semantics).
struct RuleReport {
  RuleKind kind = RuleKind::permission;
  std::string rule;
  std::size_t asked = 0;  ///< which rule of the request, from 0; uids need not differ
  std::string request;    ///< uid of the permission that was asked for; empty for obligations
  bool active = false;
  bool attempted = false;
  std::vector<Premise> premises;  ///< constraints in depth-first order, target, party, action
  std::string unmet_duty;         ///< uid of the duty that keeps a permission from being active
  DutyState duty;                 ///< of an obligation
};

enum class Decision : std::uint8_t {
  permitted,  ///< every permission asked for is granted and none is prohibited
  denied,
  invalid,  ///< permission and prohibition both apply, and the policy says that it is void then
};

struct Report {
  std::vector<RuleReport> rules;
  Decision decision = Decision::denied;
  std::string reason;  ///< for a person
};

/// Judges each permission of `request` (a policy, mostly of type Request; its constraints with `eq` are what the
/// requester says of the use) by each rule of `policy`. Pure: equal arguments give an equal report.
/// Precondition: inherited rules are in (with_inherited).
Report evaluate(const Policy& policy, const Policy& request, const World& world);

std::string_view decision_name(Decision decision);
/// In the shape of the ODRL test suite's compliance reports: `{"type", "rule", "ruleRequest", "active", "attempted",
/// "premises"}`.
json::Value report_json(const RuleReport& report);

}  // namespace keten::usage
