#include "core/check.h"
#include "node/storage/database.h"

namespace keten::storage {

void Batch::put(Column column, ByteView key, ByteView value) {
  CHECK(key.size() <= UINT32_MAX && value.size() <= UINT32_MAX);
  entries_.push_back({.offset = buffer_.size(),
                      .key_size = static_cast<std::uint32_t>(key.size()),
                      .value_size = static_cast<std::uint32_t>(value.size()),
                      .column = column,
                      .is_erase = false});
  buffer_.insert(buffer_.end(), key.begin(), key.end());
  buffer_.insert(buffer_.end(), value.begin(), value.end());
}

void Batch::erase(Column column, ByteView key) {
  put(column, key, {});
  entries_.back().is_erase = true;
}

void Batch::reserve(std::size_t operations, std::size_t bytes) {
  entries_.reserve(operations);
  buffer_.reserve(bytes);
}

Batch::Operation Batch::at(std::size_t place) const {
  const auto& entry = entries_.at(place);
  const ByteView all(buffer_);
  Operation operation{.column = entry.column, .key = all.subspan(entry.offset, entry.key_size), .value = std::nullopt};
  if (!entry.is_erase) { operation.value = all.subspan(entry.offset + entry.key_size, entry.value_size); }
  return operation;
}

}  // namespace keten::storage
