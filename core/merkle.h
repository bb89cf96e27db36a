#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/ids.h"

namespace keten {

/// Root of a binary tree over leaves in order: leaf and node hashes carry different tags, the tree's shape follows
/// RFC 6962 (split at the largest power of two below the count, no leaf is ever doubled), and the count is bound into
/// the root. Zero leaves have a root of their own. docs/formats.md, "Payload root".
Hash merkle_root(std::span<const Hash> leaves);

/// More than any tree of 2^64 leaves needs.
inline constexpr std::size_t kMerklePathMax = 64;

/// What the leaf at `index` needs to reach the root: the other half's subtree at each split, from the leaf upwards.
/// Precondition: index < leaves.size().
std::vector<Hash> merkle_path(std::span<const Hash> leaves, std::uint64_t index);

/// True when `leaf` is number `index` of exactly `count` leaves under `root`. Total: any index, count and path. A path that is
/// too long or too short is refused. docs/formats.md, "Merkle trees".
[[nodiscard]] bool verify_merkle_path(const Hash& leaf, std::uint64_t index, std::uint64_t count,
                                      std::span<const Hash> path, const Hash& root);

/// What that root is folded from, for a tree that grows: the subtree of one leaf, of two subtrees, and the root over the
/// subtree of all leaves. Precondition of the last: count > 0.
Hash merkle_leaf(const Hash& leaf);
Hash merkle_node(const Hash& left, const Hash& right);
Hash merkle_top(std::uint64_t count, const Hash& subtree);

}  // namespace keten
