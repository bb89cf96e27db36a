#include <array>

#include "contracts/usage/arguments.h"
#include "contracts/usage/cases.h"
#include "contracts/usage/classes.h"
#include "contracts/usage/policy_reader.h"
#include "contracts/usage/profile.h"
#include "contracts/usage/usage_contract.h"
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

/// The first byte chooses the method. What is taken keeps the limits, and nothing in it needs escaping.
void usage_arguments(ByteView input) {
  constexpr std::array kMethods = {
      "register",         "transfer", "take",    "request", "offer", "accept", "permit", "log",
      "correct",          "fulfil",   "pay",     "receive", "claim", "agree",  "verify", "transfer_request",
      "transfer_suspend", "confirm",  "dispute", "profile"};
  if (input.empty()) { return; }
  const auto arguments = usage::read_arguments(kMethods.at(input[0] % kMethods.size()), input.subspan(1));
  if (!arguments) {
    CHECK(!arguments.error().reason.empty() && !arguments.error().message.empty());
    return;
  }
  CHECK(arguments->dataset.size() <= usage::kDatasetBytesMax);
  CHECK(arguments->uses.size() <= usage::kUsesPerTransactionMax);
  CHECK(arguments->classification.size() <= usage::kClassificationMax);
  CHECK(arguments->claims.size() <= usage::kStatementsMax);
  CHECK(arguments->amount.empty() || !arguments->amount.starts_with('-'));
  CHECK(arguments->from >= 0 && arguments->until >= 0);
  const auto is_plain = [](const std::string& word) {
    return json::serialize(json::Value::string(word)).size() == word.size() + 2;
  };
  for (const auto* word : {&arguments->dataset, &arguments->reason, &arguments->duty, &arguments->corrects,
                           &arguments->payment, &arguments->format, &arguments->other}) {
    CHECK(is_plain(*word));
  }
  for (const auto& use : arguments->uses) {
    CHECK(!use.id.empty() && !use.action.empty() && use.statements.size() <= usage::kStatementsMax);
    CHECK(is_plain(use.id) && is_plain(use.permit));
  }
  for (const auto& use : arguments->uses) {
    CHECK(!use.ran_ms || (*use.ran_ms >= 0 && *use.ran_ms <= usage::kUseRunsMaxMs));
  }
  CHECK(is_plain(arguments->profile));
  if (arguments->profile_terms) {
    const auto profile = usage::read_profile(*arguments->profile_terms);
    CHECK(profile || !profile.error().violations.empty());
    CHECK(!profile || profile->actions.size() + profile->operands.size() <= usage::kProfileTermsMax);
  }
  for (const auto& claim : arguments->claims) { CHECK(claim.values.items().size() <= usage::kClaimValuesMax); }
}

}  // namespace keten::fuzz
