#include "contracts/commitment/subtrees.h"

#include <algorithm>
#include <array>

#include "core/map_hashes.h"

namespace keten::contracts::commitment {

using Keys = Subtree::Keys;

void Subtrees::add(const Page& page, std::size_t depth) {
  if (!page.is_inner) {
    const auto first = static_cast<Index>(nodes_.size());
    for (const auto& leaf : page.leaves) {
      leaves_.push_back(leaf);
      leaf_nodes_.push_back(add_node({Keys::one, {}}, 0));
    }
    tops_.push_back(add_list(page.leaves, first, depth));
    return;
  }
  std::array<Index, kPageSlots> halves;
  for (std::size_t slot = 0; slot < kPageSlots; ++slot) { halves[slot] = add_node(page.slots[slot], 0); }
  for (auto count = kPageSlots / 2; count > 0; count /= 2) {
    for (std::size_t i = 0; i < count; ++i) { halves[i] = add_join(halves[2 * i], halves[2 * i + 1]); }
  }
  tops_.push_back(halves[0]);
}

std::span<const Subtree> Subtrees::finish() {
  std::vector<Hash> hashes(leaves_.size());
  map_leaves(leaves_, hashes);
  for (std::size_t i = 0; i < hashes.size(); ++i) { nodes_[leaf_nodes_[i]].hash = hashes[i]; }
  std::vector<MapHalves> halves;
  for (auto& joins : joins_) {
    halves.clear();
    for (const auto& join : joins) { halves.push_back({nodes_[join.left].hash, nodes_[join.right].hash}); }
    hashes.resize(joins.size());
    map_nodes(halves, hashes);
    for (std::size_t i = 0; i < joins.size(); ++i) { nodes_[joins[i].whole].hash = hashes[i]; }
    joins.clear();
  }
  result_.clear();
  for (const auto top : tops_) { result_.push_back(nodes_[top]); }
  nodes_.clear();
  ranks_.clear();
  leaves_.clear();
  leaf_nodes_.clear();
  tops_.clear();
  return result_;
}

Subtrees::Index Subtrees::add_node(const Subtree& subtree, std::size_t rank) {
  nodes_.push_back(subtree);
  ranks_.push_back(rank);
  return static_cast<Index>(nodes_.size() - 1);
}

/// As subtree_of; `first` is the node of the first leaf.
Subtrees::Index Subtrees::add_list(std::span<const Page::Leaf> leaves, Index first, std::size_t depth) {
  if (leaves.empty()) { return add_node({}, 0); }
  if (leaves.size() == 1) { return first; }
  const auto left = count_left(leaves, depth);
  const auto low = add_list(leaves.first(left), first, depth + 1);
  return add_join(low, add_list(leaves.subspan(left), first + static_cast<Index>(left), depth + 1));
}

/// As joined(), but the hash comes later.
Subtrees::Index Subtrees::add_join(Index left, Index right) {
  if (nodes_[left].keys == Keys::none && nodes_[right].keys != Keys::more) { return right; }
  if (nodes_[right].keys == Keys::none && nodes_[left].keys != Keys::more) { return left; }
  const auto rank = std::max(ranks_[left], ranks_[right]) + 1;
  const auto whole = add_node({Keys::more, {}}, rank);
  if (joins_.size() < rank) { joins_.resize(rank); }
  joins_[rank - 1].push_back({left, right, whole});
  return whole;
}

}  // namespace keten::contracts::commitment
