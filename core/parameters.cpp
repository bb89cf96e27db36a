#include "core/parameters.h"

#include <array>
#include <string>

#include "core/limits.h"

namespace keten {
namespace {

constexpr std::array kFields{
    ParameterField{"block_bytes_max", &Parameters::block_bytes_max, 64 * 1024, limits::kBlockBytesMax},
    ParameterField{"block_transactions_max", &Parameters::block_transactions_max, 1, limits::kBlockTransactionsMax},
    ParameterField{"block_fuel_max", &Parameters::block_fuel_max, 1'000'000, limits::kBlockFuelMax},
    ParameterField{"transaction_bytes_max", &Parameters::transaction_bytes_max, 4096, limits::kTransactionBytesMax},
    ParameterField{"validity_blocks_max", &Parameters::validity_blocks_max, 10, limits::kValidityBlocksMax},
    ParameterField{"execution_lag_max", &Parameters::execution_lag_max, 2, limits::kExecutionLagMax},
    ParameterField{"clock_drift_ms_max", &Parameters::clock_drift_ms_max, 100, 60'000},
    ParameterField{"min_block_interval_ms", &Parameters::min_block_interval_ms, 1, 60'000},
};

}  // namespace

std::span<const ParameterField> parameter_fields() { return kFields; }

const ParameterField* find_parameter(std::string_view name) {
  for (const auto& field : kFields) {
    if (field.name == name) { return &field; }
  }
  return nullptr;
}

Status check_parameters(const Parameters& parameters) {
  for (const auto& field : kFields) {
    const auto value = parameters.*field.value;
    if (value < field.least || value > field.most) {
      return invalid("PARAMETER_OUT_OF_RANGE", "parameters." + std::string(field.name) + ": expected " +
                                                   std::to_string(field.least) + " to " + std::to_string(field.most) +
                                                   ", found " + std::to_string(value));
    }
  }
  if (parameters.transaction_bytes_max > parameters.block_bytes_max) {
    return invalid("PARAMETER_OUT_OF_RANGE",
                   "parameters.transaction_bytes_max: expected at most block_bytes_max, or no block could hold it");
  }
  return kDone;
}

}  // namespace keten
