#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/limits.h"

namespace keten {

/// Fuel that whoever signs a capture buys: enough for any document of so many bytes, so that only its size can refuse it, and what
/// the rules of agreements may use on top (contracts::judging_fuel). What is not used costs nothing.
constexpr std::uint64_t capture_fuel(std::size_t bytes, std::uint64_t judging = 0) {
  // The dearest document is a long list of short identifiers: about 12,000 units for the 40 bytes of one. The fixed part
  // pays for folding 256 events again when an event comes late.
  constexpr std::uint64_t kFixed = 1'000'000;
  constexpr std::uint64_t kPerByte = 400;
  return std::min(limits::kFuelPerTransactionMax, kFixed + kPerByte * bytes + judging);
}

}  // namespace keten
