#include "core/merkle.h"

#include <bit>

#include "core/check.h"
#include "core/hash.h"
#include "core/mutant.h"

namespace keten {

Hash merkle_leaf(const Hash& leaf) { return Hasher("keten/merkle/leaf/1").fixed(leaf).finish(); }

Hash merkle_node(const Hash& left, const Hash& right) {
  return Hasher("keten/merkle/node/1").fixed(left).fixed(right).finish();
}

Hash merkle_top(std::uint64_t count, const Hash& subtree) {
  return Hasher("keten/merkle/root/1").number(count).fixed(subtree).finish();
}

namespace {

/// Precondition: not empty.
Hash subtree(std::span<const Hash> leaves) {
  if (leaves.size() == 1) { return merkle_leaf(leaves[0]); }
  const std::size_t split = std::bit_floor(leaves.size() - 1);
  return merkle_node(subtree(leaves.first(split)), subtree(leaves.subspan(split)));
}

void collect_path(std::span<const Hash> leaves, std::uint64_t index, std::vector<Hash>& path) {
  if (leaves.size() == 1) { return; }
  const std::size_t split = std::bit_floor(leaves.size() - 1);
  if (index < split) {
    collect_path(leaves.first(split), index, path);
    path.push_back(subtree(leaves.subspan(split)));
  } else {
    collect_path(leaves.subspan(split), index - split, path);
    path.push_back(subtree(leaves.first(split)));
  }
}

}  // namespace

Hash merkle_root(std::span<const Hash> leaves) {
  Hasher root("keten/merkle/root/1");
  root.number(leaves.size());
  if (!leaves.empty()) { root.fixed(subtree(leaves)); }
  if (MUTANT(merkle_doubles_the_last_leaf) && leaves.size() % 2 == 1) { root.fixed(leaves.back()); }
  return root.finish();
}

std::vector<Hash> merkle_path(std::span<const Hash> leaves, std::uint64_t index) {
  CHECK(index < leaves.size());
  std::vector<Hash> path;
  collect_path(leaves, index, path);
  return path;
}

bool verify_merkle_path(const Hash& leaf, std::uint64_t index, std::uint64_t count, std::span<const Hash> path,
                        const Hash& root) {
  if (index >= count || path.size() > kMerklePathMax) { return false; }
  Hash hash = merkle_leaf(leaf);
  std::uint64_t place = index;     // of this subtree among those of its size
  std::uint64_t last = count - 1;  // place of the last one, which may be smaller than the others
  for (const auto& other : path) {
    if (last == 0) { return false; }
    if (place % 2 == 1 || place == last) {
      hash = merkle_node(other, hash);
      // The last subtree stands alone on levels where it has nothing to its right: it goes up as it is.
      while (place % 2 == 0) {
        place /= 2;
        last /= 2;
      }
    } else {
      hash = merkle_node(hash, other);
    }
    place /= 2;
    last /= 2;
  }
  return last == 0 && merkle_top(count, hash) == root;
}

}  // namespace keten
