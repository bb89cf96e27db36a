#pragma once

#include "tests/simulator/checkers/checker.h"
#include "tests/simulator/schedule.h"

namespace keten::simulator {

/// A final block's time is at most the allowed drift ahead of the true time, give or take what honest clocks may be wrong.
class BlockTimes final : public Checker {
 public:
  static constexpr Milliseconds kClockErrorMax = 3000;

  /// Borrows the schedule; `start` is the true time when it stands at 0.
  BlockTimes(const Schedule& schedule, Milliseconds start, Milliseconds drift_max)
      : Checker("block_times"), schedule_(schedule), start_(start), drift_max_(drift_max) {}
  void block_final(NodeNumber at, const SeenBlock& seen) override {
    const auto now = start_ + schedule_.now() / kMillisecond;
    if (seen.block.header.time > now + drift_max_ + kClockErrorMax) {
      violated(text_of(at) + ": height " + seen.block.header.height.text() + " is final, " +
               std::to_string(seen.block.header.time - now) + " ms before its time");
    }
  }

 private:
  const Schedule& schedule_;
  Milliseconds start_;
  Milliseconds drift_max_;
};

}  // namespace keten::simulator
