#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/result.h"

/// What a state root commits to, and the hashes it is made of: for execution, which computes them, and for verifiers, which
/// check them. docs/formats.md, "State root".
namespace keten {

/// After one height. The state root is the only one of them that headers bind.
struct Commitments {
  Hash mountain_root;  ///< over all blocks: headers and receipts
  Hash map_root;       ///< over the provable entries of the state
  Hash rest;           ///< running digest of all other writes
  friend bool operator==(const Commitments&, const Commitments&) = default;

  [[nodiscard]] Hash state_root(Height height) const;
};

/// Leaf number `height` of the mountain; its root is merkle_root of the leaves from height 0 on.
[[nodiscard]] Hash mountain_leaf(Height height, const BlockId& block, const Hash& receipts_root);

/// `writes` is the digest of the block's writes of entries that are not provable.
[[nodiscard]] Hash next_rest(const Hash& before, Height height, const Hash& writes);

// The map: a binary tree over the bits of K, the most significant of the first byte first. A subtree without keys is 32 zero
// bytes, with exactly one it is that key's leaf at any depth, with more a node.

/// Whether a state entry with this full key stands in the map; all others go into the rest.
[[nodiscard]] bool is_provable(ByteView full_key);
/// K, the place of an entry.
[[nodiscard]] Hash map_key(ByteView full_key);
/// V, what a leaf says about the entry's value.
[[nodiscard]] Hash map_value(ByteView value);
[[nodiscard]] Hash map_leaf(const Hash& key, const Hash& value);
[[nodiscard]] Hash map_node(const Hash& left, const Hash& right);
[[nodiscard]] Hash map_root(const Hash& top);
/// Bit `depth` of a place: which way down from a node of that depth. Precondition: depth < 256.
[[nodiscard]] inline bool map_bit(const Hash& key, std::size_t depth) {
  return ((key.bytes[depth / 8] >> (7 - depth % 8)) & 1U) != 0;
}
inline constexpr std::size_t kMapDepthMax = 256;

/// Why an entry is, or is not, in the map. The siblings lead from the root downwards.
struct MapProof {
  struct Leaf {
    Hash key;
    Hash value;
    friend bool operator==(const Leaf&, const Leaf&) = default;
  };
  std::vector<Hash> siblings;  ///< at most kMapDepthMax
  std::optional<Leaf> leaf;    ///< what stands where the way ends, or nothing
  friend bool operator==(const MapProof&, const MapProof&) = default;
};

// Heads: one entry of the map for each entity, which chains everything recorded about it.

inline constexpr std::size_t kHeadKindBytesMax = 16;

/// The full state key `heads/<kind> 0 <id>`. A kind has no zero byte.
[[nodiscard]] Bytes head_key(std::string_view kind, std::string_view id);

/// Chain of an entity without entries.
[[nodiscard]] Hash history_begin(std::string_view kind, std::string_view id);

/// One recorded fact about an entity.
struct HistoryEntry {
  std::uint64_t number = 0;  ///< from 1, in the order of recording
  Height height;
  Milliseconds time = 0;  ///< of the block
  TransactionId transaction;
  std::uint64_t event = 0;  ///< number in the transaction
  Hash content;             ///< by the contract's rules
  friend bool operator==(const HistoryEntry&, const HistoryEntry&) = default;

  [[nodiscard]] Hash digest() const;
};
[[nodiscard]] Hash next_chain(const Hash& chain, const HistoryEntry& entry);

/// Digest of the value that the contract's state has for an entity.
[[nodiscard]] Hash entity_state_digest(ByteView value);

/// Value of a head.
struct Head {
  std::uint64_t count = 0;  ///< entries
  Hash chain;               ///< over all of them
  Height height;            ///< of the last entry; 0 without one
  Hash state;               ///< entity_state_digest; zero when the entity has no state value
  friend bool operator==(const Head&, const Head&) = default;

  [[nodiscard]] Bytes encode() const;
  static Result<Head> decode(ByteView bytes);
};

}  // namespace keten
