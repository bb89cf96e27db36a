#include "contracts/usage/cases.h"
#include "contracts/usage/classes.h"
#include "contracts/usage/policy_reader.h"
#include "core/check.h"
#include "core/json.h"
#include "tests/fuzz/targets.h"

namespace keten::fuzz {

/// What is read keeps the limits, is judged the same twice, and never grants more than its permissions say.
void usage_policy(ByteView input) {
  const auto document = json::parse(as_text(input));
  if (!document) { return; }
  const auto policy = usage::read_policy(*document);
  if (!policy) {
    CHECK(!policy.error().reason.empty() && !policy.error().message.empty());
    return;
  }
  CHECK(policy->rules.size() <= usage::kRulesMax && !usage::has_cycle(policy->parts));
  for (const auto& found : usage::classes_of(*policy)) {
    CHECK(found.policy_class.number >= 1 && found.policy_class.number <= 25);
  }
  const auto violations = usage::strict_violations(*policy);
  CHECK(policy->unknown.empty() || !violations.empty());
  // Everything that a policy permits, asked for by itself.
  usage::World world;
  const auto report = usage::evaluate(*policy, *policy, world);
  const auto again = usage::evaluate(*policy, *policy, world);
  CHECK(report.decision == again.decision && report.rules.size() == again.rules.size());
  bool active = false;
  for (std::size_t i = 0; i < report.rules.size(); ++i) {
    CHECK(usage::report_json(report.rules[i]) == usage::report_json(again.rules[i]));
    active = active || (report.rules[i].active && report.rules[i].kind == usage::RuleKind::permission);
  }
  CHECK(active || report.decision == usage::Decision::denied);
}

void usage_case(ByteView input) {
  const auto document = json::parse(as_text(input));
  if (!document) { return; }
  const auto result = usage::judge_case(*document);
  if (!result) {
    CHECK(!result.error().reason.empty() && !result.error().message.empty());
    return;
  }
  auto expected = json::Value::array();
  for (const auto& report : result->report.rules) { expected.push(usage::report_json(report)); }
  CHECK(usage::is_expected(result->report.rules, expected));
}

}  // namespace keten::fuzz
