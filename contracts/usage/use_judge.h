#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "contracts/contract.h"
#include "contracts/usage/agreement.h"
#include "contracts/usage/arguments.h"
#include "contracts/usage/duties.h"
#include "contracts/usage/evaluate.h"
#include "contracts/usage/ledger_records.h"

namespace keten::usage {

/// Judges uses under one agreement at the time of the block, one after the other: each counts for the next.
class UseJudge {
 public:
  /// Borrows everything.
  UseJudge(contracts::Context& context, Records& records, const Agreement& agreement);

  enum class Kind : std::uint8_t {
    permit,  ///< asked for: counts when it is permitted
    log,     ///< it happened: counts in any case
  };
  /// The record of the use. `at`: milliseconds, when it happened or was asked for.
  [[nodiscard]] json::Value judge(const UseArguments& use, Kind kind, std::int64_t at);
  /// The record of a use at a time when no terms were in force: a violation, which counts under no rule.
  [[nodiscard]] json::Value judge_outside(const UseArguments& use, std::string_view reason);
  /// The use of a permit is over and has told how long it ran. Gives why that is against the terms; empty: it is not, or nobody can
  /// say yet.
  [[nodiscard]] std::string tell_time(const UseArguments& log, const json::Value& permit);
  /// Takes a record's counts back, before what corrects it is judged.
  void take_back(const json::Value& record);
  void keep_counters();
  /// The number of the next record of a use, from 1.
  [[nodiscard]] json::Value next_number() { return json::Value::number(++numbered_); }

  [[nodiscard]] Duties& duties() { return duties_; }

 private:
  void read_counters();
  void read_claims();
  [[nodiscard]] Policy request_of(const UseArguments& use) const;
  /// Each action that is asked for with the one that was named is looked for in each rule.
  void charge_parts(const Policy& request);
  /// What uses of one rule have run, in milliseconds, and how many have not told. Only of terms that meter.
  struct Metered {
    std::int64_t ran_ms = 0;
    std::int64_t untold = 0;
  };
  /// `one_more`: of the use that is judged. Uses that have not told count as none, or make the sum unknown.
  enum class Untold : std::uint8_t { unknown, none };
  void set_metered(std::optional<std::int64_t> one_more_ms, Untold untold);
  void count(const std::string& rule, const UseArguments& use);
  void take_back(const std::string& rule, std::optional<std::int64_t> ran_ms);
  [[nodiscard]] std::optional<Instant> end_of(const std::string& permission) const;

  contracts::Context& context_;
  Records& records_;
  const Agreement& agreement_;
  const Policy& policy_;
  Duties duties_;
  World world_;  ///< of uses: one entry for each permission, and under the empty uid all
  std::map<std::string, Metered, std::less<>> metered_;
  std::uint64_t fuel_per_judgement_ = 0;
  std::int64_t numbered_ = 0;
  std::int64_t refused_ = 0;  ///< asked for and denied
  std::int64_t violations_ = 0;
};

}  // namespace keten::usage
