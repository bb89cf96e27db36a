#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "contracts/production/event_judge.h"

namespace keten::contracts {

/// Judges events by the agreements in force that the recorder is a party of and whose scope they belong to, in the order of
/// (agreement id, rule), each rule with the fuel that its package's manifest allows. docs/agreements.md.
class RuleJudge final : public production::EventJudge {
 public:
  [[nodiscard]] std::unique_ptr<Sitting> sit(Context& context) const override;
};

/// About the most that judging so many events of an organisation takes now: what all rules of its agreements may use, whichever events
/// belong to them. For who signs for somebody else and cannot ask again. At most limits::kFuelPerTransactionMax.
[[nodiscard]] std::uint64_t judging_fuel(const StateReader& state, std::string_view organisation, Milliseconds time,
                                         std::size_t events);

}  // namespace keten::contracts
