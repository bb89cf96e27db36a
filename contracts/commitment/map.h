#pragma once

#include <optional>
#include <vector>

#include "contracts/commitment/rows.h"
#include "contracts/contract.h"
#include "core/commitment.h"
#include "core/result.h"

namespace keten::contracts::commitment {

class PageCache;

/// A key of the map and its new value; none: erased.
struct MapChange {
  Hash key;
  std::optional<Hash> value;
};

/// Heights below the newest executed one for which proofs can still be made.
inline constexpr std::uint64_t kProofHeightsKept = 128;

/// Applies the changes of one height, each key once, in any order, to the map with this top, and returns the new top. Reads
/// each page on their ways once, in the order of rows; adds to `rows` the pages that changed and what undoes them, and
/// erases what undid the height that falls behind kProofHeightsKept. `pages` spares reading; it must have seen every change
/// since it was empty.
[[nodiscard]] Hash update_map(const StateReader& proofs, Height height, const Hash& top, std::vector<MapChange> changes,
                              Rows& rows, PageCache* pages = nullptr);

/// Why `key` is or is not in the map as it was after `height`. `newest` is the height that `proofs` is of.
/// Precondition: height <= newest and newest - height <= kProofHeightsKept.
[[nodiscard]] MapProof prove_in_map(const StateReader& proofs, Height newest, Height height, const Hash& key);

}  // namespace keten::contracts::commitment
