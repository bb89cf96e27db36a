#pragma once

#include <cstdint>
#include <vector>

#include "contracts/commitment/rows.h"
#include "contracts/contract.h"
#include "core/ids.h"

namespace keten::contracts::commitment {

/// Roots of the complete subtrees that some leaves make, the largest first: one for each bit of the count.
using Peaks = std::vector<Hash>;

/// Adds leaf number `count`; the nodes that it completes go to `rows`. Precondition: the peaks are of `count` leaves.
void add_to_mountain(Peaks& peaks, std::uint64_t count, const Hash& leaf, Rows& rows);

/// Equal to merkle_root of the leaves. Precondition: the peaks are of `count` leaves.
[[nodiscard]] Hash mountain_root(const Peaks& peaks, std::uint64_t count);

/// Audit path of leaf `index` in the tree of the first `count` leaves, from the leaf upwards, as merkle_path() makes it from
/// all leaves. Precondition: index < count, and `proofs` has that many leaves or more.
[[nodiscard]] std::vector<Hash> mountain_path(const StateReader& proofs, std::uint64_t index, std::uint64_t count);

}  // namespace keten::contracts::commitment
