#pragma once

#include <map>
#include <vector>

#include "core/block.h"
#include "core/ids.h"

namespace keten::consensus {

/// The headers above the floor, and which of their blocks are stored here.
class BlockTree {
 public:
  explicit BlockTree(const BlockHeader& floor);

  void add(const BlockHeader& header);
  /// Adds the header too. Stored means valid and handed to the disk before whatever is persisted next.
  void add_stored(const BlockHeader& header);

  [[nodiscard]] const BlockHeader& floor() const { return floor_; }
  [[nodiscard]] const BlockId& floor_id() const { return floor_id_; }
  /// Null when unknown; the floor itself is known.
  [[nodiscard]] const BlockHeader* find(const BlockId& block) const;
  [[nodiscard]] bool is_stored(const BlockId& block) const;

  /// The way from the floor (excluded) up to a block.
  struct Path {
    enum class Kind : std::uint8_t {
      complete,  ///< all headers known, all blocks stored
      missing,   ///< `missing` is the highest block that is not stored
      aside,     ///< does not lead to the floor: an abandoned fork
    };
    Kind kind = Kind::complete;
    BlockId missing;
    std::vector<BlockHeader> headers;  ///< in height order; when not complete, the upper part that is known
  };
  [[nodiscard]] Path path_to(const BlockId& block) const;

  /// Forgets what is not above the new floor: a block of that view, or a sealing block of an earlier one.
  void move_floor(const BlockHeader& header, View view);

 private:
  struct Entry {
    BlockHeader header;
    bool stored = false;
  };
  BlockHeader floor_;
  BlockId floor_id_;
  std::map<BlockId, Entry> entries_;
};

}  // namespace keten::consensus
