#include "node/storage/stored_blocks.h"

#include <algorithm>

namespace keten::storage {

void StoredBlocks::stored(const BlockId& id, Height height, const Location& location) {
  blocks_.emplace(std::pair(height, id), location);
  locations_.emplace(id, std::pair(height, location));
}

void StoredBlocks::executed(Height height) {
  const auto end = blocks_.lower_bound({height.next(), BlockId{}});
  for (auto block = blocks_.begin(); block != end; ++block) { locations_.erase(block->first.second); }
  blocks_.erase(blocks_.begin(), end);
}

std::optional<Location> StoredBlocks::find(const BlockId& id) const {
  const auto found = locations_.find(id);
  if (found == locations_.end()) { return std::nullopt; }
  return found->second.second;
}

Location StoredBlocks::replay_from(Height height, const Location& otherwise) const {
  auto result = otherwise;
  for (auto block = blocks_.lower_bound({height.next(), BlockId{}}); block != blocks_.end(); ++block) {
    result = std::min(result, block->second);
  }
  return result;
}

}  // namespace keten::storage
