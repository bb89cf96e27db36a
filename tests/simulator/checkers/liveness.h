#pragma once

#include <cstdint>
#include <string>

#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// I14: once the network is whole and every validator runs, all of them finish all work within a bounded time.
class Liveness final : public Checker {
 public:
  explicit Liveness(std::uint64_t bound_ms) : Checker("liveness"), bound_ms_(bound_ms) {}
  /// What is left to do `since_heal_ms` after healing; empty when nothing is.
  void looked(std::uint64_t since_heal_ms, const std::string& left) {
    if (!left.empty() && since_heal_ms > bound_ms_) {
      violated("not done " + std::to_string(since_heal_ms) + " ms after healing: " + left);
    }
  }

  [[nodiscard]] std::uint64_t bound_ms() const { return bound_ms_; }
  void allow(std::uint64_t bound_ms) { bound_ms_ = bound_ms; }

 private:
  std::uint64_t bound_ms_;
};

}  // namespace keten::simulator
