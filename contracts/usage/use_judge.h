#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "contracts/contract.h"
#include "contracts/usage/arguments.h"
#include "contracts/usage/evaluate.h"
#include "contracts/usage/ledger_records.h"

namespace keten::usage {

/// A duty of an agreement: of its permissions, of its prohibitions (remedies), its obligations, and consequences of these.
struct DutyOf {
  std::string uid;
  std::string action;  ///< IRI of its first action
  const Rule* rule;    ///< in the policy
};
std::vector<DutyOf> duties_of(const Policy& policy);

/// Until when a duty must be fulfilled: the earliest `dateTime lt|lteq`, or `start` and a `delayPeriod` or `elapsedTime`
/// `eq|lt|lteq`, in its constraints and its action's refinements. Empty: no deadline.
std::optional<Instant> deadline_of(const Rule& duty, Instant start);

/// Judges uses under one agreement at the time of the block, one after the other: each counts for the next.
class UseJudge {
 public:
  UseJudge(contracts::Context& context, Records& records, const std::string& agreement, const json::Value& record);

  /// The record of the use. A permitted use counts; one that `happened` counts in any case.
  [[nodiscard]] json::Value judge(const UseArguments& use, bool happened);
  void keep_counters();
  /// Uses of the agreement that were judged, this one too.
  [[nodiscard]] std::uint64_t judged() const { return static_cast<std::uint64_t>(judged_); }

 private:
  void read_counters();

  contracts::Context& context_;
  Records& records_;
  std::string agreement_;
  std::string consumer_;
  std::string dataset_;
  std::size_t terms_bytes_ = 0;
  Policy policy_;
  World world_;
  std::int64_t judged_ = 0;
  std::int64_t refused_ = 0;  ///< asked for and denied
  std::int64_t violations_ = 0;
};

}  // namespace keten::usage
