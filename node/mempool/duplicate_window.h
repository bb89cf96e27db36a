#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "core/ids.h"

namespace keten::mempool {

/// Transactions of final blocks that are still valid by height: whatever is in here may not enter a block again.
/// An id leaves when its `valid_until` has passed, because then the transaction is refused as expired.
class DuplicateWindow {
 public:
  void add(const TransactionId& id, Height valid_until);
  [[nodiscard]] bool contains(const TransactionId& id) const { return ids_.contains(id); }
  /// Forgets what may no longer enter a block above `height`.
  void advance(Height height);
  [[nodiscard]] std::size_t size() const { return ids_.size(); }

 private:
  std::unordered_map<TransactionId, Height, FixedBytesHash> ids_;
  std::map<Height, std::vector<TransactionId>> by_expiry_;
};

}  // namespace keten::mempool
