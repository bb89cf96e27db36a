#pragma once

#include <optional>
#include <vector>

#include "core/bytes.h"

namespace keten::contracts::commitment {

/// A change of the column `proofs`: a new value, or none when the row is erased. docs/formats/storage.md, "Column proofs".
struct Row {
  Bytes key;
  std::optional<Bytes> value;
};
/// Each key at most once.
using Rows = std::vector<Row>;

/// First bytes of the column's keys.
enum class RowKind : std::uint8_t {
  mountain_node = 'm',
  map_page = 'p',
  standing = 's',  ///< one row: what the next block goes on from
  undo = 'u',      ///< how the map's pages were before a height
};

}  // namespace keten::contracts::commitment
