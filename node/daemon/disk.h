#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "core/result.h"
#include "node/daemon/disk_space.h"
#include "node/daemon/home.h"
#include "node/daemon/recent_snapshots.h"
#include "node/journal/segment_store.h"
#include "node/journal/vote_journal.h"
#include "node/pipeline/pipeline.h"
#include "node/rocksdb/rocks_database.h"
#include "node/runtime/inbox.h"
#include "node/runtime/metrics.h"
#include "node/storage/stored_blocks.h"

namespace keten::node {

/// Called when the disk failed: the process must end, because nothing can be promised any more.
using Fatal = std::function<void(const Error&)>;

/// Whether the database is what is damaged: it is derived, so a start can make it anew.
[[nodiscard]] bool is_damaged_database(const Error& error);
/// The next start sets the database aside as `state.damaged` and executes the stored blocks again.
void ask_for_rebuild(const std::filesystem::path& data);

/// The three places a node keeps things in, and where unexecuted blocks lie. Opened together, so that what one of them lost
/// is noticed by the others.
class Disk {
 public:
  /// A lost or unreadable vote journal is replaced by one that begins with a quarantine. A damaged database is set aside and
  /// made anew from the segments. Fails with the other reasons of journal, segments and database, and those of recover().
  [[nodiscard]] static Result<std::unique_ptr<Disk>> open(const Home& home);

  [[nodiscard]] pipeline::PipelineRecovered take_recovered() { return std::move(recovered_); }
  [[nodiscard]] journal::VoteJournal& votes() { return *votes_; }
  [[nodiscard]] journal::SegmentStore& segments() { return *segments_; }
  [[nodiscard]] rocksdb_store::RocksDatabase& database() { return *database_; }
  [[nodiscard]] const journal::SegmentStore& segments() const { return *segments_; }
  [[nodiscard]] const rocksdb_store::RocksDatabase& database() const { return *database_; }

  /// Of heights below the newest executed one.
  [[nodiscard]] RecentSnapshots& recent() { return recent_; }
  [[nodiscard]] const RecentSnapshots& recent() const { return recent_; }

  [[nodiscard]] DiskSpace& space() { return *space_; }
  [[nodiscard]] const DiskSpace& space() const { return *space_; }

  void stored(const BlockId& id, Height height, const storage::Location& location);
  void executed(Height height);
  struct Place {
    storage::Location location;
    storage::Location replay_from;
  };
  /// Precondition: the block was stored and is not executed.
  [[nodiscard]] Place place(const BlockId& id, Height height) const;

 private:
  Disk() = default;
  /// The database, and what the pipeline starts with.
  [[nodiscard]] Status load(const Home& home, const std::vector<consensus::JournalRecord>& journal);
  [[nodiscard]] Status recover_from(const Home& home, std::vector<consensus::JournalRecord> journal);

  std::unique_ptr<DiskSpace> space_;
  std::unique_ptr<journal::VoteJournal> votes_;
  std::unique_ptr<journal::SegmentStore> segments_;
  std::unique_ptr<rocksdb_store::RocksDatabase> database_;
  RecentSnapshots recent_;  ///< of the database: ends before it
  pipeline::PipelineRecovered recovered_;
  mutable std::mutex mutex_;  // the journal thread stores, the execution thread asks and forgets
  storage::StoredBlocks stored_;
};

/// The journal thread: bodies to the segments, records to the journal, one sync each for all that waits, then word to the
/// loop.
class Persister {
 public:
  using Done = std::function<void(std::uint64_t sequence)>;
  Persister(Disk& disk, Metrics& metrics, Done done, Fatal fatal);
  ~Persister();

  void persist(std::vector<pipeline::Persist> work);
  /// The journal may forget what lies below this height at its next rotation.
  void executed(Height height) { executed_ = height.value; }
  /// Finishes what was given and ends.
  void stop();

 private:
  void run();
  [[nodiscard]] Status write(const std::vector<pipeline::Persist>& work);

  Disk& disk_;
  Counter votes_fsynced_;
  Counter persist_us_;
  Counter persist_groups_;
  Done done_;
  Fatal fatal_;
  std::atomic<std::uint64_t> executed_{0};
  Inbox<pipeline::Persist> inbox_;
  std::jthread thread_;
};

}  // namespace keten::node
