#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/block.h"
#include "core/certificate.h"
#include "core/receipt.h"
#include "node/storage/commit.h"
#include "node/storage/database.h"
#include "node/storage/location.h"

namespace keten::query {

/// A transaction with its place in the chain.
struct PlacedTransaction {
  TransactionPointer transaction;
  storage::Place place;
};

struct PlacedReceipt {
  Receipt receipt;
  storage::Place place;
};

/// Where a watcher goes on: the first event that it has not seen.
struct EventCursor {
  Height height;
  std::uint32_t transaction_index = 0;
  std::uint32_t event_index = 0;  ///< among the events of that transaction
  friend auto operator<=>(const EventCursor&, const EventCursor&) = default;
};

struct PlacedEvent {
  EventCursor cursor;  ///< of this very event
  contracts::ContractEvent event;
};

struct EventPage {
  std::vector<PlacedEvent> events;
  EventCursor next;  ///< where the following page begins; the height after the newest when all was read
};

/// A block that proves that another is final: itself or a descendant.
struct CoveringFinalization {
  Height height;
  Certificate certificate;
};

/// Consecutive blocks and what proves them final: what block sync answers.
struct BlockRange {
  Height from;
  std::vector<BlockPointer> blocks;
  std::optional<Certificate> finalization;  ///< of the last header of `path`, of the last block when there is none
  std::vector<BlockHeader> path;            ///< the blocks that follow, up to the finalized one
};

/// The ledger as it was executed at one moment. Any thread; must not outlive database and block reader. Answers fail
/// with BLOCK_NOT_FOUND, TRANSACTION_NOT_FOUND, or STORAGE_CORRUPT when stored bytes do not have the id that points to
/// them. May throw storage::ReadFailure.
class LedgerView {
 public:
  LedgerView(storage::SnapshotPointer snapshot, const storage::BlockReader& blocks);

  [[nodiscard]] const storage::Snapshot& snapshot() const { return *snapshot_; }
  [[nodiscard]] const contracts::StateReader& state() const { return snapshot_->column(storage::Column::state); }
  [[nodiscard]] const contracts::StateReader& index() const { return snapshot_->column(storage::Column::index); }

  [[nodiscard]] Result<storage::Executed> executed() const;
  [[nodiscard]] Result<storage::BlockRecord> record(Height height) const;
  [[nodiscard]] Result<storage::BlockRecord> record(const BlockId& id) const;
  [[nodiscard]] Result<BlockPointer> block(Height height) const;
  [[nodiscard]] Result<BlockPointer> block(const BlockId& id) const;

  /// None when no executed block holds it.
  [[nodiscard]] Result<std::optional<storage::Place>> place(const TransactionId& id) const;
  /// Reads the transaction alone, not its block.
  [[nodiscard]] Result<PlacedTransaction> transaction(const TransactionId& id) const;
  [[nodiscard]] Result<TransactionPointer> transaction_at(const storage::Place& place) const;
  [[nodiscard]] Result<PlacedReceipt> receipt(const TransactionId& id) const;
  [[nodiscard]] Result<std::vector<Receipt>> receipts(Height height) const;

  /// At most `events_max` events from the cursor on; looks at no more than `blocks_max` blocks, so a page may be empty
  /// although more follows.
  [[nodiscard]] Result<EventPage> events(EventCursor from, std::size_t events_max, std::size_t blocks_max = 256) const;

  /// Fails with NOT_FINAL_HERE when no finalization at or above the height is stored yet.
  [[nodiscard]] Result<CoveringFinalization> finalization_covering(Height height) const;

  /// Blocks from `from` to at most `to`, at most `blocks_max` and about `bytes_max` (at least one). Ends with the
  /// highest block in there that has a finalization of its own. When none of them has one, the headers up to the next
  /// block that has follow as the path; empty when none of the next limits::kSyncPathMax has. Never goes beyond a block that
  /// seals its epoch, and ends before one that cannot be read; fails when that is the first.
  [[nodiscard]] Result<BlockRange> range(Height from, Height to, std::size_t blocks_max, std::size_t bytes_max) const;

 private:
  [[nodiscard]] Result<BlockPointer> body(const storage::BlockRecord& record) const;
  [[nodiscard]] Result<TransactionPointer> transaction_of(const storage::BlockRecord& record,
                                                          std::uint32_t index) const;
  /// Looks for the finalization of a range whose blocks up to `last` have none.
  [[nodiscard]] Status extend(BlockRange& range, Height last, Height newest) const;

  storage::SnapshotPointer snapshot_;
  const storage::BlockReader& blocks_;
};

/// Opens views of the newest executed state. Any thread; borrows both.
class LedgerQuery {
 public:
  LedgerQuery(const storage::Database& database, const storage::BlockReader& blocks)
      : database_(database), blocks_(blocks) {}
  [[nodiscard]] LedgerView view() const { return view(database_.snapshot()); }
  [[nodiscard]] LedgerView view(storage::SnapshotPointer snapshot) const { return {std::move(snapshot), blocks_}; }

 private:
  const storage::Database& database_;
  const storage::BlockReader& blocks_;
};

}  // namespace keten::query
