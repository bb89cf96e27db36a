#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "consensus/journal_record.h"
#include "core/ids.h"
#include "core/keys.h"
#include "core/result.h"
#include "node/journal/file.h"
#include "node/storage/record_log.h"

namespace keten::journal {

/// Whose votes these are. Another key or chain is refused.
struct JournalIdentity {
  ChainId chain_id;
  PublicKey validator;  ///< zero for a follower
  /// Further keys of this node, past and future: a journal that one of them began goes on under `validator`. Votes are bound
  /// to their epoch, so an old key's can never meet a new key's.
  std::vector<PublicKey> others = {};
};

struct JournalOptions {
  /// Length of the file, both copies, filled with zeros ahead so that a sync writes data only. When a copy is full, a new
  /// file begins with what still counts; it is longer than this when that needs the space.
  std::uint64_t file_bytes = 16 * 1024 * 1024;
};

/// The vote journal on disk: the only durable thing that keeps this validator from signing two things
/// (docs/consensus.md, "Durability"). One thread; one process at a time (flock on `<directory>/votes.lock`). Borrows `files`.
class VoteJournal {
 public:
  /// Makes a new journal; only when the node starts for the first time, because an empty journal has forgotten every
  /// vote. Fails with JOURNAL_EXISTS when there is one.
  /// `first` is in it from its first moment on: what a journal in the place of a lost one must say.
  [[nodiscard]] static Result<std::unique_ptr<VoteJournal>> create(
      const std::string& directory, const JournalIdentity& identity, const JournalOptions& options = {},
      FileSystem& files = machine_files(), const std::vector<consensus::JournalRecord>& first = {});
  /// Opens what `create` made. A torn tail is cut off; a record that is bad in one copy is restored from the other. Fails
  /// with JOURNAL_MISSING; JOURNAL_LOCKED when another process uses it; JOURNAL_WRONG_OWNER for another chain or key;
  /// JOURNAL_FORMAT for an unknown version; JOURNAL_CORRUPT when the file has another length than it names, or a record
  /// before the end is bad in both copies (the node must not vote); JOURNAL_IO.
  [[nodiscard]] static Result<std::unique_ptr<VoteJournal>> open(const std::string& directory,
                                                                 const JournalIdentity& identity,
                                                                 const JournalOptions& options = {},
                                                                 FileSystem& files = machine_files());
  /// Gives a journal that cannot be read another name, `votes.log.damaged-<n>`, so that `create` can make a new one;
  /// returns the path. Nothing is deleted: a person may want to look at it.
  [[nodiscard]] static Result<std::string> set_aside(const std::string& directory, FileSystem& files = machine_files());
  /// Whether `create` was ever done here.
  [[nodiscard]] static bool exists(const std::string& directory, const FileSystem& files = machine_files());
  ~VoteJournal();
  VoteJournal(const VoteJournal&) = delete;
  VoteJournal& operator=(const VoteJournal&) = delete;

  /// Everything that was in the file at the start, in order; handed over once.
  [[nodiscard]] std::vector<consensus::JournalRecord> take_records() { return std::move(recovered_); }
  /// A torn tail was cut off at the start.
  [[nodiscard]] bool was_torn() const { return was_torn_; }
  /// Records that one copy had lost, and now has again.
  [[nodiscard]] std::size_t restored() const { return restored_; }

  /// Takes the records into memory; `sync` writes them.
  void append(const std::vector<consensus::JournalRecord>& records);
  /// Writes everything appended as one group, twice, and waits for the disk (one fdatasync); rotates before when the group
  /// does not fit. After a failure every further call fails with JOURNAL_IO: a sync is never tried again.
  [[nodiscard]] Status sync();
  /// Blocks up to this height are executed and committed. Rotation keeps the newest floor at or below it and everything
  /// above that floor's view, so that a start can fall back to a floor whose block is there.
  void executed(Height height) { executed_ = height; }

  /// Any thread.
  struct Counters {
    std::uint64_t appended = 0;  ///< records
    std::uint64_t synced = 0;    ///< groups
    std::uint64_t rotations = 0;
    std::uint64_t bytes = 0;  ///< of one copy in the current file, without the zeros ahead
  };
  [[nodiscard]] Counters counters() const;

 private:
  VoteJournal(std::string directory, const JournalIdentity& identity, const JournalOptions& options, FileSystem& files);
  [[nodiscard]] Status lock();
  [[nodiscard]] Status load();
  /// Writes a file that begins with `kept_` and has room for a group of `group_bytes` beside the present one, makes it
  /// durable and puts it in its place.
  [[nodiscard]] Status start_file(std::uint64_t group_bytes);
  [[nodiscard]] Status write_and_sync();
  [[nodiscard]] Bytes encode_waiting() const;
  /// To both copies.
  [[nodiscard]] Status write_copies(std::uint64_t place, ByteView bytes);
  /// Makes both copies of a file that was read alike, in place: a full disk must not keep a node from its votes.
  [[nodiscard]] Status repair(ByteView bytes, const storage::RecoveredLog& log);
  void keep(const consensus::JournalRecord& record);
  /// The newest floor that is executed; null when there is none.
  [[nodiscard]] const consensus::Floor* base() const;
  void drop_below_base();
  [[nodiscard]] std::string path() const { return directory_ + "/votes.log"; }

  std::string directory_;
  JournalIdentity identity_;
  JournalOptions options_;
  FileSystem& files_;
  FilePointer lock_;
  FilePointer file_;
  std::uint64_t end_ = 0;                          ///< where in a copy the next record belongs
  std::uint64_t copy_bytes_ = 0;                   ///< length of one copy; the second begins there
  std::vector<consensus::JournalRecord> waiting_;  ///< appended, not yet written
  /// Written, and what the next file must begin with: how epochs ended that are below the base, and the rest with some that is
  /// below it too.
  std::map<Epoch, consensus::Floor> ends_;
  std::vector<consensus::JournalRecord> kept_;
  std::size_t drop_at_ = 0;  ///< length of `kept_` at which it is worth a look again
  std::vector<consensus::JournalRecord> recovered_;
  Height executed_;
  bool was_torn_ = false;
  std::size_t restored_ = 0;
  bool failed_ = false;
  std::atomic<std::uint64_t> appended_count_{0};
  std::atomic<std::uint64_t> synced_count_{0};
  std::atomic<std::uint64_t> rotation_count_{0};
  std::atomic<std::uint64_t> byte_count_{0};
};

}  // namespace keten::journal
