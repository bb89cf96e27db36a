#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "contracts/overlay.h"
#include "node/storage/database.h"

namespace keten::storage {

/// The simulator's database: forgets at a crash what was not synced, in whole batches from the end, as RocksDB's
/// write-ahead log does. Not thread-safe.
class MemoryDatabase : public Database {
 public:
  /// Batches that a crash may take; older ones count as written back.
  static constexpr std::size_t kUnsyncedMax = 64;
  explicit MemoryDatabase(std::size_t unsynced_max = kUnsyncedMax);

  [[nodiscard]] SnapshotPointer snapshot() const override;
  [[nodiscard]] Status write(const Batch& batch, Durability durability) override;

  [[nodiscard]] std::size_t unsynced() const { return unsynced_.size(); }
  /// Keeps the oldest `kept` of the unsynced batches, drops the others.
  void crash(std::size_t kept = 0);

  /// Looks up what is borrowed, without a copy.
  struct KeyLess {
    using is_transparent = void;
    bool operator()(ByteView left, ByteView right) const { return contracts::key_less(left, right); }
  };
  using Map = std::map<Bytes, Bytes, KeyLess>;
  using Columns = std::array<Map, kColumnCount>;

 private:
  /// What a key had before a batch.
  struct Before {
    Column column;
    Bytes key;
    std::optional<Bytes> value;
  };
  std::size_t unsynced_max_;
  std::shared_ptr<Columns> current_;          ///< shared with snapshots; copied before a write while one lives
  std::deque<std::vector<Before>> unsynced_;  ///< how to take the newest batches back, oldest first
};

}  // namespace keten::storage
