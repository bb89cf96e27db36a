#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/result.h"

namespace keten {

/// What all validators must agree on, fixed by the genesis; governance changes it from one epoch to the next.
struct Parameters {
  std::uint64_t block_bytes_max = 1024 * 1024;
  std::uint64_t block_transactions_max = 1000;
  std::uint64_t block_fuel_max = 1'000'000'000;
  std::uint64_t transaction_bytes_max = 1024 * 1024;
  std::uint64_t validity_blocks_max = 2000;
  std::uint64_t execution_lag_max = 32;
  std::uint64_t clock_drift_ms_max = 5000;
  std::uint64_t min_block_interval_ms = 50;
  friend bool operator==(const Parameters&, const Parameters&) = default;
};

/// One parameter with its range.
struct ParameterField {
  std::string_view name;
  std::uint64_t Parameters::*value;
  std::uint64_t least;
  std::uint64_t most;
};

/// In the order in which they are hashed, encoded and written.
[[nodiscard]] std::span<const ParameterField> parameter_fields();
/// Null when there is none of that name.
[[nodiscard]] const ParameterField* find_parameter(std::string_view name);

/// Every value in its range, and a transaction fits into a block. Fails with PARAMETER_OUT_OF_RANGE.
[[nodiscard]] Status check_parameters(const Parameters& parameters);

}  // namespace keten
