#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "contracts/commitment/map_page.h"

namespace keten::contracts::commitment {

/// Page::subtree() of many pages, with the hashes of all of them made several at a time: first all leaves, then all nodes
/// right above them, and so on.
class Subtrees {
 public:
  /// Adds a page, whose place has this depth.
  void add(const Page& page, std::size_t depth);
  /// Of the pages added since the last call, in their order.
  [[nodiscard]] std::span<const Subtree> finish();

 private:
  using Index = std::uint32_t;
  struct Join {
    Index left;
    Index right;
    Index whole;
  };

  Index add_node(const Subtree& subtree, std::size_t rank);
  Index add_list(std::span<const Page::Leaf> leaves, Index first, std::size_t depth);
  Index add_join(Index left, Index right);

  std::vector<Subtree> nodes_;
  std::vector<std::size_t> ranks_;        ///< of the nodes: how many hashes lie below
  std::vector<std::vector<Join>> joins_;  ///< by the rank of the whole
  std::vector<Page::Leaf> leaves_;
  std::vector<Index> leaf_nodes_;
  std::vector<Index> tops_;
  std::vector<Subtree> result_;
};

}  // namespace keten::contracts::commitment
