#pragma once

#include <string>
#include <vector>

#include "core/encoding.h"
#include "core/ids.h"

namespace keten {

/// What became of one transaction of a block.
struct Receipt {
  TransactionId transaction;
  bool succeeded = false;
  std::string reason;   ///< empty on success; stable code otherwise
  std::string message;  ///< empty on success
  std::uint64_t fuel_used = 0;
  Hash writes_digest;  ///< of the sorted write set; zero when nothing was written
  Bytes result;        ///< contract-defined
  Height valid_until;  ///< of the transaction: receipts also carry the duplicate window

  friend bool operator==(const Receipt&, const Receipt&) = default;
  void encode(Writer& writer) const;
  static Receipt decode(Reader& reader);
};

Bytes encode_receipts(const std::vector<Receipt>& receipts);
Result<std::vector<Receipt>> decode_receipts(ByteView bytes);

}  // namespace keten
