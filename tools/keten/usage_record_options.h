#pragma once

#include <string>

#include "tools/keten/options.h"

namespace keten::tools {

/// `keten usage correct`, `confirm`, `dispute`, `pay`, `receive`, `claim` and `transfer-...`: what is recorded under an agreement
/// beside uses.
struct UsageRecordOptions : UsageLedgerOptions {
  std::string corrects;  ///< a use that was logged wrongly
  std::string amount;    ///< of a payment
  std::string unit;
  std::string duty;
  std::string move;    ///< of a transfer: request, start, suspend, complete, terminate
  std::string format;  ///< of a transfer
};
int run_usage_correct(Console& console, const UsageRecordOptions& options);
int run_usage_confirm(Console& console, const UsageRecordOptions& options);
int run_usage_dispute(Console& console, const UsageRecordOptions& options);
int run_usage_pay(Console& console, const UsageRecordOptions& options);
int run_usage_receive(Console& console, const UsageRecordOptions& options);
int run_usage_claim(Console& console, const UsageRecordOptions& options);
int run_usage_move_data(Console& console, const UsageRecordOptions& options);

}  // namespace keten::tools
