#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/commitment.h"
#include "core/encoding.h"

namespace keten::contracts::commitment {

/// Binary levels of the map in one stored page, and how many subtrees hang below it.
inline constexpr std::size_t kPageLevels = 4;
inline constexpr std::size_t kPageSlots = std::size_t{1} << kPageLevels;
/// A page with at most so many keys lists them instead.
inline constexpr std::size_t kPageLeavesMax = 32;

/// What the tree above needs to know of a subtree.
struct Subtree {
  enum class Keys : std::uint8_t { none, one, more };
  Keys keys = Keys::none;
  Hash hash;  ///< zero without keys
  friend bool operator==(const Subtree&, const Subtree&) = default;
};

/// The subtree whose halves these are. docs/formats.md, "Map".
[[nodiscard]] Subtree joined(const Subtree& left, const Subtree& right);

/// A place in the map where a page may lie: the first `depth` bits of its keys. Depth is a multiple of kPageLevels.
struct PagePlace {
  std::size_t depth = 0;
  Hash path;  ///< zero behind the first `depth` bits
  friend auto operator<=>(const PagePlace&, const PagePlace&) = default;

  [[nodiscard]] static PagePlace root() { return {}; }
  [[nodiscard]] PagePlace child(std::size_t slot) const;
  /// Which child leads to a key. Precondition: the key begins with the path.
  [[nodiscard]] std::size_t slot_of(const Hash& key) const;
  /// Row key in the column `proofs`.
  [[nodiscard]] Bytes row_key() const;
  /// There is no page below: all keys are listed, however many.
  [[nodiscard]] bool is_lowest() const { return depth + kPageLevels >= kMapDepthMax; }
};

/// The stored subtree of one place: either its keys, or what its 16 children are. An empty page is not stored.
struct Page {
  using Leaf = MapProof::Leaf;
  bool is_inner = false;
  std::vector<Leaf> leaves;               ///< ascending; when not inner
  std::array<Subtree, kPageSlots> slots;  ///< when inner
  friend bool operator==(const Page&, const Page&) = default;

  [[nodiscard]] bool is_empty() const;
  [[nodiscard]] Subtree subtree(const PagePlace& place) const;
  [[nodiscard]] Bytes encode() const;
  /// Becomes what encode() wrote; nothing at all is an empty page.
  void read(ByteView stored);
  [[nodiscard]] static Page decode(ByteView stored);
};

/// Whether a stored page has something below a slot; false for one that lists its keys.
[[nodiscard]] bool has_below(ByteView stored, std::size_t slot);
[[nodiscard]] bool is_inner(ByteView stored);

/// Subtree of some leaves whose keys agree in the first `depth` bits.
[[nodiscard]] Subtree subtree_of(std::span<const Page::Leaf> leaves, std::size_t depth);
/// How many of the leaves go left at a depth.
[[nodiscard]] std::size_t count_left(std::span<const Page::Leaf> leaves, std::size_t depth);

/// In what a page that keeps its form differs from before.
struct PageDifference {
  struct Leaf {
    Hash key;
    std::optional<Hash> before;
  };
  std::vector<Leaf> leaves;  ///< ascending
  std::uint16_t slots = 0;   ///< bits

  [[nodiscard]] bool is_none() const { return leaves.empty() && slots == 0; }
};

/// How a page was before a block: what turns `after` back into `before`.
void write_undo(Writer& writer, const Page& before, const Page& after, const PageDifference& difference);
/// Reads one undo and applies it. Precondition: written by write_undo() for this page.
void apply_undo(Page& page, Reader& undo);
/// Reads over one.
void skip_undo(Reader& undo);

}  // namespace keten::contracts::commitment
