#pragma once

#include <map>
#include <mutex>
#include <utility>

#include "core/ids.h"
#include "node/storage/database.h"

namespace keten::node {

/// The database as it was behind the newest executed heights. A final block binds the state of some height before it; what it
/// binds is read here, also of entries that have changed since. Any thread. Lost at a restart, and full again after as many blocks.
class RecentSnapshots {
 public:
  /// Above what a final block may lag behind, with room for blocks that have no finalization of their own.
  static constexpr std::size_t kKept = 64;

  void keep(Height height, storage::SnapshotPointer snapshot) {
    const std::scoped_lock lock(mutex_);
    snapshots_.insert_or_assign(height, std::move(snapshot));
    if (snapshots_.size() > kKept) { snapshots_.erase(snapshots_.begin()); }
  }
  /// Null when it is not kept.
  [[nodiscard]] storage::SnapshotPointer at(Height height) const {
    const std::scoped_lock lock(mutex_);
    const auto found = snapshots_.find(height);
    return found == snapshots_.end() ? nullptr : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<Height, storage::SnapshotPointer> snapshots_;
};

}  // namespace keten::node
