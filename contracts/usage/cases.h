#pragma once

#include <optional>
#include <string>

#include "contracts/usage/evaluate.h"
#include "core/json.h"
#include "core/result.h"

namespace keten::usage {

/// Judged: one case of a suite, `{"id", "policy", "request", "sotw", "policies"?, "expected"?}`. `policies` are those that
/// the policy may inherit from.
struct CaseResult {
  Report report;
  std::optional<bool> equal;  ///< to the expected report, when the case has one
};

/// Reasons are those of read_policy, with_inherited and read_world; CASE_INVALID when a part is missing. Pointers begin
/// at the case.
Result<CaseResult> judge_case(const json::Value& one);

/// Whether these are the reports that are expected: in any order, premises in any order. An expected premise that is only
/// `{"dangling": id}` stands for one whose content was lost.
bool is_expected(const std::vector<RuleReport>& reports, const json::Value& expected);

}  // namespace keten::usage
