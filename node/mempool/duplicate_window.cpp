#include "node/mempool/duplicate_window.h"

namespace keten::mempool {

void DuplicateWindow::add(const TransactionId& id, Height valid_until) {
  if (ids_.emplace(id, valid_until).second) { by_expiry_[valid_until].push_back(id); }
}

void DuplicateWindow::advance(Height height) {
  while (!by_expiry_.empty() && by_expiry_.begin()->first <= height) {
    for (const auto& id : by_expiry_.begin()->second) { ids_.erase(id); }
    by_expiry_.erase(by_expiry_.begin());
  }
}

}  // namespace keten::mempool
