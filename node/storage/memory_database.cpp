#include "node/storage/memory_database.h"

#include <algorithm>

#include "contracts/overlay.h"

namespace keten::storage {

namespace {

using Map = MemoryDatabase::Map;

class MapReader : public contracts::StateReader {
 public:
  explicit MapReader(const Map& map) : map_(map) {}

  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override {
    const auto found = map_.find(key);
    if (found == map_.end()) { return std::nullopt; }
    return found->second;
  }

  void scan(ByteView first, ByteView end, const Visit& visit) const override {
    for (auto entry = map_.lower_bound(first); entry != map_.end(); ++entry) {
      if (!end.empty() && !contracts::key_less(entry->first, end)) { return; }
      if (!visit(entry->first, entry->second)) { return; }
    }
  }

  void scan_back(ByteView first, ByteView end, const Visit& visit) const override {
    auto entry = end.empty() ? map_.end() : map_.lower_bound(end);
    while (entry != map_.begin()) {
      --entry;
      if (contracts::key_less(entry->first, first) || !visit(entry->first, entry->second)) { return; }
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

}  // namespace

MemoryDatabase::MemoryDatabase(std::size_t unsynced_max)
    : unsynced_max_(unsynced_max), current_(std::make_shared<Columns>()) {}

SnapshotPointer MemoryDatabase::snapshot() const { return std::make_shared<MemorySnapshot>(current_); }

Status MemoryDatabase::write(const Batch& batch, Durability durability) {
  if (current_.use_count() > 1) { current_ = std::make_shared<Columns>(*current_); }
  std::vector<Before> before;
  before.reserve(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto operation = batch.at(i);
    auto& map = current_->at(static_cast<std::size_t>(operation.column));
    auto& old = before.emplace_back(Before{operation.column, to_bytes(operation.key), std::nullopt});
    const auto found = map.lower_bound(operation.key);
    const bool is_there = found != map.end() && found->first == old.key;
    if (is_there) { old.value = std::move(found->second); }
    if (operation.value && is_there) {
      found->second = to_bytes(*operation.value);
    } else if (operation.value) {
      map.emplace_hint(found, old.key, to_bytes(*operation.value));
    } else if (is_there) {
      map.erase(found);
    }
  }
  unsynced_.push_back(std::move(before));
  const std::size_t kept = durability == Durability::synced ? 0 : unsynced_max_;
  while (unsynced_.size() > kept) { unsynced_.pop_front(); }
  return kDone;
}

void MemoryDatabase::crash(std::size_t kept) {
  if (current_.use_count() > 1) { current_ = std::make_shared<Columns>(*current_); }
  while (unsynced_.size() > kept) {
    auto& batch = unsynced_.back();
    for (auto old = batch.rbegin(); old != batch.rend(); ++old) {
      auto& map = current_->at(static_cast<std::size_t>(old->column));
      if (old->value) {
        map.insert_or_assign(std::move(old->key), std::move(*old->value));
      } else {
        map.erase(old->key);
      }
    }
    unsynced_.pop_back();
  }
  unsynced_.clear();
}

}  // namespace keten::storage
