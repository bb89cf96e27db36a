#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/contract.h"
#include "core/json.h"
#include "core/result.h"

/// Contracts, agreements and findings as HTTP and gRPC show them, page by page. docs/http.md.
namespace keten::query {

enum class RuleSubject : std::uint8_t { contract, agreement, finding };

/// One of them, or a list. What a subject does not have stays empty.
struct RuleQuestion {
  RuleSubject subject = RuleSubject::contract;
  std::string id = {};         ///< of one: a contract's name, an agreement's 64 digits, `AGREEMENT/NUMBER`
  std::string agreement = {};  ///< findings of this one
  std::string party = {};      ///< agreements of this organisation, and their findings
  std::string state = {};      ///< only those in this state; of findings also `overdue`
  std::string after = {};      ///< `next` of the page before; empty: the first page
  std::size_t limit = 0;       ///< 1 to limits::kPageMax
};

struct RulePage {
  std::vector<json::Value> found;
  std::string next;  ///< empty: that was all. A page may be short, or empty, and not the last
};

/// What one page reads at most before it ends.
inline constexpr std::size_t kRuleRecordsMax = 2'000;
inline constexpr std::size_t kRulePageBytesMax = 1024 * 1024;

/// Contracts in the order of their names, agreements in that of their ids, findings newest first in each agreement. `state` is that
/// of a snapshot, `height` and `time` those of its newest block. Fails with UNKNOWN_PACKAGED_CONTRACT, AGREEMENT_ID_INVALID,
/// FINDING_ID_INVALID, UNKNOWN_AGREEMENT, UNKNOWN_FINDING, UNKNOWN_STATE or PAGE_TOKEN.
[[nodiscard]] Result<RulePage> ask_rules(const contracts::StateReader& state, Height height, Milliseconds time,
                                         const RuleQuestion& question);

}  // namespace keten::query
