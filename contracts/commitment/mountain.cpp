#include "contracts/commitment/mountain.h"

#include <bit>

#include "core/check.h"
#include "core/merkle.h"

namespace keten::contracts::commitment {
namespace {

/// The subtree of 2^level leaves, number `index` of those of its size.
Bytes node_key(unsigned level, std::uint64_t index) {
  Bytes key{static_cast<std::uint8_t>(RowKind::mountain_node), static_cast<std::uint8_t>(level)};
  for (std::size_t i = 0; i < 8; ++i) { key.push_back(static_cast<std::uint8_t>(index >> (56U - 8U * i))); }
  return key;
}

/// Of the leaves from `first` on. Complete subtrees are stored, others are at the right edge.
Hash subtree(const StateReader& proofs, std::uint64_t first, std::uint64_t count) {
  if (std::has_single_bit(count)) {
    const auto level = static_cast<unsigned>(std::countr_zero(count));
    const auto stored = proofs.get(node_key(level, first >> level));
    CHECK(stored && stored->size() == Hash::size);
    return Hash::from(*stored).value();
  }
  const auto left = std::bit_floor(count);
  return merkle_node(subtree(proofs, first, left), subtree(proofs, first + left, count - left));
}

}  // namespace

void add_to_mountain(Peaks& peaks, std::uint64_t count, const Hash& leaf, Rows& rows) {
  CHECK(peaks.size() == static_cast<std::size_t>(std::popcount(count)));
  auto node = merkle_leaf(leaf);
  unsigned level = 0;
  rows.push_back({node_key(level, count), to_bytes(node.view())});
  for (; (count >> level & 1U) != 0; ++level) {
    node = merkle_node(peaks.back(), node);
    peaks.pop_back();
    rows.push_back({node_key(level + 1, count >> (level + 1)), to_bytes(node.view())});
  }
  peaks.push_back(node);
}

Hash mountain_root(const Peaks& peaks, std::uint64_t count) {
  CHECK(!peaks.empty() && peaks.size() == static_cast<std::size_t>(std::popcount(count)));
  auto node = peaks.back();
  for (auto peak = peaks.rbegin() + 1; peak != peaks.rend(); ++peak) { node = merkle_node(*peak, node); }
  return merkle_top(count, node);
}

std::vector<Hash> mountain_path(const StateReader& proofs, std::uint64_t index, std::uint64_t count) {
  CHECK(index < count);
  std::vector<Hash> path;
  for (std::uint64_t first = 0; count > 1;) {
    const auto left = std::bit_floor(count - 1);
    if (index - first < left) {
      path.push_back(subtree(proofs, first + left, count - left));
      count = left;
    } else {
      path.push_back(subtree(proofs, first, left));
      first += left;
      count -= left;
    }
  }
  return {path.rbegin(), path.rend()};
}

}  // namespace keten::contracts::commitment
