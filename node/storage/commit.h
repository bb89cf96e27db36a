#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "contracts/execute.h"
#include "core/block.h"
#include "core/certificate.h"
#include "core/genesis.h"
#include "core/receipt.h"
#include "node/storage/database.h"
#include "node/storage/location.h"

namespace keten::storage {

/// How far this database is.
struct Executed {
  Height height;
  BlockId block;
  Hash state_root;
  Location replay_from;  ///< every stored block above `height` lies here or later in the segments
  friend bool operator==(const Executed&, const Executed&) = default;
};

/// What is known about an executed block without reading its body.
struct BlockRecord {
  BlockId id;
  BlockHeader header;
  Location location;
  Hash receipts_root;
  Commitments commitments;  ///< after this block
  Height valid_until_max;   ///< the newest expiry of its transactions
  friend bool operator==(const BlockRecord&, const BlockRecord&) = default;

  /// After this block.
  [[nodiscard]] Hash state_root() const { return commitments.state_root(header.height); }
};

/// Where a transaction is.
struct Place {
  Height height;
  std::uint32_t index = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

struct StoredEvent {
  std::uint32_t transaction_index = 0;
  contracts::ContractEvent event;
};

/// The columns that execution of the next block goes on from.
[[nodiscard]] inline contracts::StateBefore state_before(const Snapshot& snapshot) {
  return {.state = snapshot.column(Column::state), .proofs = snapshot.column(Column::proofs)};
}

/// One executed block on its way into the database; borrows everything.
struct Commit {
  const Block& block;
  BlockId id;
  Location location;
  Location replay_from;  ///< StoredBlocks::replay_from(height, location)
  const contracts::BlockResult& result;
  const std::optional<Certificate>& finalization;
};

/// Everything a block changes, as one batch: two keys for a plain transaction (its id and its state entry), the rest
/// for each block. Needs no sync: segments and journal are the truth, and replay from the executed height is idempotent.
[[nodiscard]] Batch make_commit(const Commit& commit);

/// make_commit and write. Does nothing when this very block is executed already.
/// Fails with COMMIT_GAP when its parent is not the newest executed block and COMMIT_CONFLICT when another block was
/// executed at its height.
[[nodiscard]] Status commit_block(Database& database, const Commit& commit);

/// Writes height 0 into an empty database, synced; afterwards checks that the database is of this chain and format.
/// Fails with WRONG_CHAIN or STORAGE_FORMAT. Call it once at start, before anything else.
[[nodiscard]] Status initialise(Database& database, const Genesis& genesis);

// Reading. All fail with STORAGE_CORRUPT when a stored value does not decode.
[[nodiscard]] Result<Executed> read_executed(const Snapshot& snapshot);
/// Fails with BLOCK_NOT_FOUND.
[[nodiscard]] Result<BlockRecord> read_block_record(const Snapshot& snapshot, Height height);
[[nodiscard]] Result<std::vector<Receipt>> read_receipts(const Snapshot& snapshot, Height height);
[[nodiscard]] Result<std::vector<StoredEvent>> read_events(const Snapshot& snapshot, Height height);
/// Of this very block; none when it became final with a descendant.
[[nodiscard]] Result<std::optional<Certificate>> read_finalization(const Snapshot& snapshot, Height height);
[[nodiscard]] Result<std::optional<Height>> read_height(const Snapshot& snapshot, const BlockId& block);
[[nodiscard]] Result<std::optional<Place>> read_place(const Snapshot& snapshot, const TransactionId& transaction);

/// State roots of the newest `count` executed heights, ascending.
[[nodiscard]] Result<std::vector<std::pair<Height, Hash>>> read_recent_roots(const Snapshot& snapshot,
                                                                             std::uint64_t count);

/// Transactions of one executed block that a later block could still hold.
struct WindowRecord {
  Height height;
  std::vector<std::pair<TransactionId, Height>> transactions;  ///< id and valid_until
};
/// The duplicate window: of the newest `blocks` executed blocks, those transactions whose valid_until lies above the
/// executed height. Ascending; blocks without such a transaction are left out.
[[nodiscard]] Result<std::vector<WindowRecord>> read_window(const Snapshot& snapshot, std::uint64_t blocks);

}  // namespace keten::storage
