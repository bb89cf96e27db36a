#include "core/merkle.h"

#include <bit>

#include "core/check.h"
#include "core/hash.h"
#include "core/mutant.h"

namespace keten {
namespace {

Hash leaf_hash(const Hash& leaf) { return Hasher("keten/merkle/leaf/1").fixed(leaf).finish(); }
Hash node_hash(const Hash& left, const Hash& right) {
  return Hasher("keten/merkle/node/1").fixed(left).fixed(right).finish();
}

/// Precondition: not empty.
Hash subtree(std::span<const Hash> leaves) {
  if (leaves.size() == 1) { return leaf_hash(leaves[0]); }
  const std::size_t split = std::bit_floor(leaves.size() - 1);
  return node_hash(subtree(leaves.first(split)), subtree(leaves.subspan(split)));
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
  Hash hash = leaf_hash(leaf);
  std::uint64_t place = index;     // of this subtree among those of its size
  std::uint64_t last = count - 1;  // place of the last one, which may be smaller than the others
  for (const auto& other : path) {
    if (last == 0) { return false; }
    if (place % 2 == 1 || place == last) {
      hash = node_hash(other, hash);
      // The last subtree stands alone on levels where it has nothing to its right: it goes up as it is.
      while (place % 2 == 0) {
        place /= 2;
        last /= 2;
      }
    } else {
      hash = node_hash(hash, other);
    }
    place /= 2;
    last /= 2;
  }
  return last == 0 && Hasher("keten/merkle/root/1").number(count).fixed(hash).finish() == root;
}

}  // namespace keten
