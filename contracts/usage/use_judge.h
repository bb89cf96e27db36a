#pragma once

#include <string>

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
  /// The record of the use. `at`: milliseconds, when it was recorded first.
  [[nodiscard]] json::Value judge(const UseArguments& use, Kind kind, std::int64_t at);
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
  void count(const std::string& rule, json::Value& counted);
  [[nodiscard]] std::optional<Instant> end_of(const std::string& permission) const;

  contracts::Context& context_;
  Records& records_;
  const Agreement& agreement_;
  const Policy& policy_;
  Duties duties_;
  World world_;
  std::uint64_t fuel_per_judgement_ = 0;
  std::int64_t numbered_ = 0;
  std::int64_t refused_ = 0;  ///< asked for and denied
  std::int64_t violations_ = 0;
};

}  // namespace keten::usage
