#pragma once

#include <string_view>

#include "contracts/commitment/mountain.h"
#include "contracts/commitment/rows.h"
#include "contracts/contract.h"
#include "core/commitment.h"
#include "core/result.h"

namespace keten::contracts::commitment {

class PageCache;

/// What a block did, as far as it is committed to.
struct BlockChanges {
  Height height;
  BlockId block;
  Hash receipts_root;
  const WriteSet& writes;  ///< of the whole block, under full keys
};

struct Committed {
  Commitments commitments;
  Rows rows;  ///< for the column `proofs`, in the same batch as everything else of the block
};

/// The commitments after a block. `proofs` is the column as the block before left it; empty before height 0.
/// `pages` spares reading what an earlier call has read or written. Precondition: the block follows the newest height of the column.
[[nodiscard]] Committed commit(const StateReader& proofs, const BlockChanges& block, PageCache* pages = nullptr);

/// Zero without writes. docs/formats.md, "Receipts".
[[nodiscard]] Hash digest_of(const WriteSet& writes);
/// Likewise, of those that are not provable.
[[nodiscard]] Hash digest_of_rest(const WriteSet& writes);

/// What the next block goes on from; one row.
struct Standing {
  Height height;  ///< newest executed
  Hash map_top;
  Hash rest;
  Peaks peaks;  ///< of height + 1 leaves
  friend bool operator==(const Standing&, const Standing&) = default;

  [[nodiscard]] Bytes encode() const;
  static Result<Standing> decode(ByteView bytes);
};
/// Empty before height 0.
[[nodiscard]] std::optional<Standing> read_standing(const StateReader& proofs);

// What provers ask. `proofs` and `state` are columns of one snapshot.

/// Why the entry with this full key was, or was not, in the map after `height`. Fails with PROOF_HEIGHT_GONE when the height lies
/// too far back, and PROOF_HEIGHT_AHEAD when it is not executed yet.
[[nodiscard]] Result<MapProof> prove_entry(const StateReader& proofs, Height height, ByteView full_key);

/// Path of the leaf of `height` in the mountain as it was after `newest`. Fails with PROOF_HEIGHT_AHEAD.
[[nodiscard]] Result<std::vector<Hash>> prove_block(const StateReader& proofs, Height height, Height newest);

/// As it is now; empty when nothing was ever recorded about the entity.
[[nodiscard]] std::optional<Head> read_head(const StateReader& state, std::string_view kind, std::string_view id);

}  // namespace keten::contracts::commitment
