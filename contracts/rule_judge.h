#pragma once

#include <cstdint>
#include <memory>

#include "contracts/production/event_judge.h"

namespace keten::contracts {

/// Judges events by the agreements in force that the recorder is a party of and whose scope they belong to, in the order of
/// (agreement id, rule), each rule with the fuel that its package's manifest allows. docs/agreements.md.
class RuleJudge final : public production::EventJudge {
 public:
  [[nodiscard]] std::unique_ptr<Sitting> sit(Context& context) const override;
};

/// Code of a finding that a rule did not make itself: it trapped, used up its fuel, or broke a limit.
inline constexpr std::string_view kRuleFailed = "RULE_FAILED";

}  // namespace keten::contracts
