#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/receipt.h"
#include "core/result.h"
#include "node/pipeline/gateway.h"

namespace keten::v1 {
class GetStatusResponse;
class Receipt;
class WaitTransactionResponse;
}  // namespace keten::v1

namespace keten::wire {

/// A receipt and its place in the chain.
struct PlacedReceipt {
  keten::Receipt receipt;
  Height height;
  std::uint32_t index = 0;
  friend bool operator==(const PlacedReceipt&, const PlacedReceipt&) = default;
};

void to_wire(const PlacedReceipt& placed, v1::Receipt& out);
/// Fails with RECEIPT_MALFORMED. `valid_until` does not travel and stays zero.
[[nodiscard]] Result<PlacedReceipt> from_wire(const v1::Receipt& receipt);

void to_wire(const TransactionProgress& progress, const TransactionId& id, v1::WaitTransactionResponse& out);
/// Fails with RESPONSE_MALFORMED.
[[nodiscard]] Result<TransactionProgress> from_wire(const v1::WaitTransactionResponse& response);

void to_wire(const NodeStatus& status, v1::GetStatusResponse& out);
/// Fails with RESPONSE_MALFORMED.
[[nodiscard]] Result<NodeStatus> from_wire(const v1::GetStatusResponse& response);

/// 32 bytes, or ID_MALFORMED naming `what`.
[[nodiscard]] Result<Hash> hash_from_wire(std::string_view bytes, std::string_view what);

/// Values of the enums of ledger.proto; UNSPECIFIED means `final`, a number that is not defined WAIT_LEVEL_UNKNOWN.
[[nodiscard]] Result<WaitLevel> wait_level_from_wire(int level);
[[nodiscard]] int to_wire(WaitLevel level);
[[nodiscard]] int to_wire(TransactionState state);

}  // namespace keten::wire
