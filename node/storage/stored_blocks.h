#pragma once

#include <map>
#include <optional>
#include <utility>

#include "core/ids.h"
#include "node/storage/location.h"

namespace keten::storage {

/// Blocks whose bodies are in the segments and that are not executed yet, abandoned ones included. Tells where a scan
/// of the segments must begin after a restart so that it misses none of them: bodies do not always come in height order.
class StoredBlocks {
 public:
  void stored(const BlockId& id, Height height, const Location& location);
  /// Forgets every block at or below the height.
  void executed(Height height);
  [[nodiscard]] std::optional<Location> find(const BlockId& id) const;
  /// The earliest place of a block above `height`; `otherwise` when there is none.
  [[nodiscard]] Location replay_from(Height height, const Location& otherwise) const;
  [[nodiscard]] std::size_t size() const { return locations_.size(); }

 private:
  std::map<std::pair<Height, BlockId>, Location> blocks_;
  std::map<BlockId, std::pair<Height, Location>> locations_;
};

}  // namespace keten::storage
