#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>

#include "node/storage/database.h"

namespace keten::storage {

/// The simulator's database: forgets at a crash what was not synced, in whole batches from the end, as RocksDB's
/// write-ahead log does. Not thread-safe.
class MemoryDatabase : public Database {
 public:
  MemoryDatabase();

  [[nodiscard]] SnapshotPointer snapshot() const override;
  [[nodiscard]] Status write(const Batch& batch, Durability durability) override;

  /// Batches that a crash may take; older ones count as written back.
  static constexpr std::size_t kUnsyncedMax = 64;
  [[nodiscard]] std::size_t unsynced() const { return unsynced_.size(); }
  /// Keeps the oldest `kept` of the unsynced batches, drops the others.
  void crash(std::size_t kept = 0);

  using Columns = std::array<std::map<Bytes, Bytes>, kColumnCount>;

 private:
  std::shared_ptr<Columns> current_;  ///< shared with snapshots; copied before a write while one lives
  Columns durable_;
  std::deque<Batch> unsynced_;
};

}  // namespace keten::storage
