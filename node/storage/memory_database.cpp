#include "node/storage/memory_database.h"

#include <algorithm>

#include "contracts/overlay.h"

namespace keten::storage {

namespace {

using Map = std::map<Bytes, Bytes>;

class MapReader : public contracts::StateReader {
 public:
  explicit MapReader(const Map& map) : map_(map) {}

  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override {
    const auto found = map_.find(to_bytes(key));
    if (found == map_.end()) { return std::nullopt; }
    return found->second;
  }

  void scan(ByteView first, ByteView end, const Visit& visit) const override {
    for (auto entry = map_.lower_bound(to_bytes(first)); entry != map_.end(); ++entry) {
      if (!end.empty() && !contracts::key_less(entry->first, end)) { return; }
      if (!visit(entry->first, entry->second)) { return; }
    }
  }

 private:
  const Map& map_;
};

class MemorySnapshot : public Snapshot {
 public:
  explicit MemorySnapshot(std::shared_ptr<const MemoryDatabase::Columns> columns) : columns_(std::move(columns)) {
    readers_.reserve(columns_->size());
    for (const auto& map : *columns_) { readers_.emplace_back(map); }
  }
  [[nodiscard]] const contracts::StateReader& column(Column column) const override {
    return readers_.at(static_cast<std::size_t>(column));
  }

 private:
  std::shared_ptr<const MemoryDatabase::Columns> columns_;
  std::vector<MapReader> readers_;
};

void carry_out(MemoryDatabase::Columns& columns, const Batch& batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto operation = batch.at(i);
    auto& map = columns.at(static_cast<std::size_t>(operation.column));
    if (operation.value) {
      map.insert_or_assign(to_bytes(operation.key), to_bytes(*operation.value));
    } else {
      map.erase(to_bytes(operation.key));
    }
  }
}

}  // namespace

MemoryDatabase::MemoryDatabase() : current_(std::make_shared<Columns>()) {}

SnapshotPointer MemoryDatabase::snapshot() const { return std::make_shared<MemorySnapshot>(current_); }

Status MemoryDatabase::write(const Batch& batch, Durability durability) {
  if (current_.use_count() > 1) { current_ = std::make_shared<Columns>(*current_); }
  carry_out(*current_, batch);
  unsynced_.push_back(batch);
  const std::size_t kept = durability == Durability::synced ? 0 : kUnsyncedMax;
  while (unsynced_.size() > kept) {
    carry_out(durable_, unsynced_.front());
    unsynced_.pop_front();
  }
  return kDone;
}

void MemoryDatabase::crash(std::size_t kept) {
  for (std::size_t i = 0; i < std::min(kept, unsynced_.size()); ++i) { carry_out(durable_, unsynced_[i]); }
  unsynced_.clear();
  current_ = std::make_shared<Columns>(durable_);
}

}  // namespace keten::storage
