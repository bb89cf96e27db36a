#include "core/merkle.h"

#include <bit>

#include "core/hash.h"
#include "core/mutant.h"

namespace keten {
namespace {

/// Precondition: not empty.
Hash subtree(std::span<const Hash> leaves) {
  if (leaves.size() == 1) { return Hasher("keten/merkle/leaf/1").fixed(leaves[0]).finish(); }
  const std::size_t split = std::bit_floor(leaves.size() - 1);
  const Hash left = subtree(leaves.first(split));
  const Hash right = subtree(leaves.subspan(split));
  return Hasher("keten/merkle/node/1").fixed(left).fixed(right).finish();
}

}  // namespace

Hash merkle_root(std::span<const Hash> leaves) {
  Hasher root("keten/merkle/root/1");
  root.number(leaves.size());
  if (!leaves.empty()) { root.fixed(subtree(leaves)); }
  if (MUTANT(merkle_doubles_the_last_leaf) && leaves.size() % 2 == 1) { root.fixed(leaves.back()); }
  return root.finish();
}

}  // namespace keten
