#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/genesis.h"
#include "node/daemon/restore.h"
#include "node/journal/segment_store.h"
#include "node/journal/vote_journal.h"
#include "node/storage/memory_database.h"
#include "tests/simulator/file_system.h"
#include "tests/simulator/random.h"

namespace keten::simulator {

/// A database whose tables can rot: a rotten key answers as RocksDB does when a checksum is wrong.
class Database final : public storage::Database {
 public:
  explicit Database(std::size_t unsynced_max)
      : unsynced_max_(unsynced_max), memory_(std::make_unique<storage::MemoryDatabase>(unsynced_max)) {}
  using Key = std::pair<storage::Column, Bytes>;

  [[nodiscard]] storage::SnapshotPointer snapshot() const override;
  [[nodiscard]] Status write(const storage::Batch& batch, storage::Durability durability) override;

  /// For those who must know what rotten tables hid.
  [[nodiscard]] storage::SnapshotPointer snapshot_unspoiled() const { return memory_->snapshot(); }
  [[nodiscard]] std::size_t unsynced() const { return memory_->unsynced(); }
  void power_failure(std::size_t kept) { memory_->crash(kept); }
  /// Chooses among the newest written keys. False when nothing was written.
  bool rot(Random& random);
  void fail_next_write() { fails_ = true; }
  void fail_no_more() { fails_ = false; }
  void remove_all();

 private:
  std::size_t unsynced_max_;
  std::unique_ptr<storage::MemoryDatabase> memory_;
  std::shared_ptr<const std::set<Key>> rotten_;
  std::vector<Key> newest_;
  bool fails_ = false;
};

/// Small numbers, so that files are replaced within a run.
struct DiskOptions {
  journal::JournalOptions journal{.file_bytes = 32 * 1024};
  journal::SegmentOptions segments{.segment_bytes = 256 * 1024, .preallocate_bytes = 4096};
  std::size_t database_unsynced = 64;  ///< batches that a power failure may take
};

/// What a validator's machine keeps while its process comes and goes: files and database, and while a process runs the
/// node's own journal and segments over them.
class Disk {
 public:
  static constexpr const char* kJournal = "journal";
  static constexpr const char* kBlocks = "blocks";

  Disk(Random random, const Genesis& genesis, const journal::JournalIdentity& identity, const DiskOptions& options);

  /// As a node: journal, segments and database are opened, then put together. Fails with what a node would refuse with.
  struct Opened {
    std::vector<consensus::JournalRecord> journal;
    std::vector<BlockPointer> blocks;  ///< that the segments hold and the database had not executed
    node::Restored restored;
    bool was_torn = false;
    bool has_replayed_epoch = false;  ///< the database was in an earlier one than the journal
    bool was_restored = false;        ///< one copy of the journal lacked something
    bool was_set_aside = false;       ///< it could not be read
  };
  [[nodiscard]] Result<Opened> open(const Hash& nonce);
  /// After a damaged table was read: the next start makes the database anew, as on a node.
  void ask_for_rebuild() { rebuild_asked_ = true; }
  /// Databases set aside at starts so far.
  [[nodiscard]] std::uint64_t rebuilds() const { return rebuilds_; }
  /// The process is gone; what it had open is closed.
  void close();

  /// Precondition: open.
  [[nodiscard]] journal::VoteJournal& votes() { return *votes_; }
  [[nodiscard]] journal::SegmentStore& segments() { return *segments_; }
  [[nodiscard]] Database& database() { return database_; }
  void executed(const storage::Location& replay_from);
  [[nodiscard]] FileSystem& files() { return files_; }

  /// Precondition: closed.
  void power_failure(Random& random);
  /// Spoils the bytes of an executed block that no start reads any more; returns its height, none when there is none.
  [[nodiscard]] std::optional<Height> rot_old_block(Random& random, const std::function<bool(Height)>& may_rot);
  /// What an operator does when database or segments are damaged and the journal is good: the chain comes from others.
  void remove_chain();
  /// Someone deletes the vote journal. Precondition: closed.
  void lose_journal();
  /// An empty disk takes the place of this one. Precondition: closed.
  void wipe();

 private:
  [[nodiscard]] Result<Opened> open_checked(const Hash& nonce);
  void set_database_aside();
  [[nodiscard]] Epoch read_epoch() const;
  [[nodiscard]] Status read_blocks(std::vector<BlockPointer>& blocks) const;

  const Genesis& genesis_;
  journal::JournalIdentity identity_;
  DiskOptions options_;
  FileSystem files_;
  std::deque<storage::Location>
      replay_from_;  ///< of the newest executed heights: a power failure may go back to the first
  Database database_;
  bool was_used_ = false;
  bool rebuild_asked_ = false;
  std::uint64_t rebuilds_ = 0;
  std::unique_ptr<journal::VoteJournal> votes_;
  std::unique_ptr<journal::SegmentStore> segments_;
};

}  // namespace keten::simulator
