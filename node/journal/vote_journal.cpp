#include "node/journal/vote_journal.h"

#include <algorithm>
#include <filesystem>

#include <fcntl.h>

#include "core/encoding.h"
#include "node/storage/record_log.h"

namespace keten::journal {

using consensus::Floor;
using consensus::HeldCertificate;
using consensus::JournalRecord;
using consensus::OwnVote;

namespace {

constexpr std::uint16_t kFormat = 1;
constexpr std::uint8_t kOwnerRecord = 1;
constexpr std::uint8_t kJournalRecord = 2;

Bytes encode_owner(const JournalIdentity& identity) {
  Writer writer;
  writer.u16(kFormat);
  writer.fixed(identity.chain_id);
  writer.fixed(identity.validator);
  return writer.take();
}

Status check_owner(ByteView bytes, const JournalIdentity& identity, const std::string& path) {
  Reader reader(bytes);
  const auto format = reader.u16();
  if (reader.ok() && format != kFormat) {
    return failure(
        ErrorKind::refused, "JOURNAL_FORMAT",
        path + " has format " + std::to_string(format) + ", this program reads format " + std::to_string(kFormat));
  }
  const auto chain_id = reader.fixed<ChainId>();
  const auto validator = reader.fixed<PublicKey>();
  if (auto end = reader.finish("owner"); !end) {
    return failure(ErrorKind::corrupt, "JOURNAL_CORRUPT", path + ": " + end.error().message);
  }
  if (chain_id != identity.chain_id || validator != identity.validator) {
    return failure(ErrorKind::refused, "JOURNAL_WRONG_OWNER",
                   path + " is of key " + key_text(validator) + " on chain " + chain_id.hex() + ", this node has key " +
                       key_text(identity.validator) + " on chain " + identity.chain_id.hex());
  }
  return kDone;
}

Error journal_error(const Error& why) { return failure(why.kind, "JOURNAL_IO", why.message); }

Epoch epoch_of(const Floor& floor) { return floor.finalization.subject.epoch; }

/// Whether a start from this floor still needs the record.
struct Above {
  Epoch epoch;
  View view;
  bool operator()(const Subject& subject) const {
    return std::pair(subject.epoch, subject.view) > std::pair(epoch, view);
  }
  bool operator()(const OwnVote& own) const { return (*this)(own.vote.subject); }
  bool operator()(const HeldCertificate& held) const { return (*this)(held.certificate.subject); }
  bool operator()(const Floor& floor) const { return std::pair(epoch_of(floor), floor.view) >= std::pair(epoch, view); }
};

}  // namespace

VoteJournal::VoteJournal(std::string directory, const JournalIdentity& identity, const JournalOptions& options)
    : directory_(std::move(directory)), identity_(identity), options_(options) {}

VoteJournal::~VoteJournal() = default;

bool VoteJournal::exists(const std::string& directory) {
  std::error_code ignored;
  return std::filesystem::exists(directory + "/votes.log", ignored);
}

Status VoteJournal::lock() {
  auto lock = lock_file(directory_ + "/votes.lock", "JOURNAL_LOCKED");
  if (!lock) { return lock.error().reason == "FILE_IO" ? journal_error(lock.error()) : lock.error(); }
  lock_ = std::move(*lock);
  return kDone;
}

Result<std::unique_ptr<VoteJournal>> VoteJournal::create(const std::string& directory, const JournalIdentity& identity,
                                                         const JournalOptions& options) {
  std::unique_ptr<VoteJournal> journal(new VoteJournal(directory, identity, options));
  if (auto made = make_directory(directory); !made) { return journal_error(made.error()); }
  if (auto locked = journal->lock(); !locked) { return locked.error(); }
  if (exists(directory)) { return failure(ErrorKind::conflict, "JOURNAL_EXISTS", journal->path() + " exists already"); }
  if (auto started = journal->start_file(); !started) { return journal_error(started.error()); }
  return journal;
}

Result<std::unique_ptr<VoteJournal>> VoteJournal::open(const std::string& directory, const JournalIdentity& identity,
                                                       const JournalOptions& options) {
  std::unique_ptr<VoteJournal> journal(new VoteJournal(directory, identity, options));
  if (!exists(directory)) {
    return failure(ErrorKind::corrupt, "JOURNAL_MISSING",
                   journal->path() + " is missing: without it this key's votes are forgotten and it must not vote");
  }
  if (auto locked = journal->lock(); !locked) { return locked.error(); }
  if (auto loaded = journal->load(); !loaded) { return loaded.error(); }
  return journal;
}

Status VoteJournal::load() {
  auto file = open_file(path(), O_RDWR);
  if (!file) { return journal_error(file.error()); }
  const auto mapped = MappedFile::map(*file);
  if (!mapped) { return journal_error(mapped.error()); }
  const auto log = storage::recover(mapped->bytes());
  const auto corrupt = [&](const std::string& why) {
    return failure(ErrorKind::corrupt, "JOURNAL_CORRUPT", path() + ": " + why);
  };
  if (!log) { return corrupt(log.error().message); }
  // The owner was durable before the file got its name, so its absence is damage too.
  if (log->records.empty() || log->records.front().type != kOwnerRecord) {
    return corrupt("it does not name its owner");
  }
  if (auto owner = check_owner(log->records.front().payload, identity_, path()); !owner) { return owner; }

  for (std::size_t i = 1; i < log->records.size(); ++i) {
    const auto& framed = log->records[i];
    auto record = consensus::decode_record(framed.payload);
    if (framed.type != kJournalRecord || !record) {
      return corrupt("the record at byte " + std::to_string(framed.place) + " cannot be read");
    }
    keep(*record);
    recovered_.push_back(std::move(*record));
  }
  file_ = std::move(*file);
  end_ = log->valid_length;
  if (log->tail == storage::Tail::torn) {
    // Zeros over the torn tail, so that a later tail cannot mix with it.
    was_torn_ = true;
    auto cut = truncate(file_, end_);
    if (cut) { cut = truncate(file_, mapped->bytes().size()); }
    if (!cut) { return journal_error(cut.error()); }
  }
  // What a killed process had written but not synced is read like all the rest, and so is a name that its rotation gave
  // but did not sync. From now on it counts, votes are repeated because of it: so the disk must have it.
  auto synced = sync_file(file_);
  if (synced) { synced = sync_directory(directory_); }
  if (!synced) { return journal_error(synced.error()); }
  byte_count_ = end_;
  rotate_at_ = options_.rotate_bytes;
  return kDone;
}

void VoteJournal::append(const std::vector<JournalRecord>& records) {
  waiting_.insert(waiting_.end(), records.begin(), records.end());
}

Status VoteJournal::sync() {
  if (failed_) { return failure(ErrorKind::corrupt, "JOURNAL_IO", path() + ": a write or sync failed before"); }
  if (waiting_.empty()) { return kDone; }
  if (auto written = write_and_sync(); !written) {
    failed_ = true;
    return journal_error(written.error());
  }
  if (end_ >= rotate_at_) {
    drop_below_base();
    if (auto started = start_file(); !started) {
      failed_ = true;
      return journal_error(started.error());
    }
    ++rotation_count_;
  }
  return kDone;
}

Status VoteJournal::write_and_sync() {
  Bytes bytes;
  auto group = storage::Group::begins;
  for (const auto& record : waiting_) {
    storage::append_record(bytes, end_ + bytes.size(), kJournalRecord, consensus::encode_record(record), group);
    group = storage::Group::continues;
  }
  if (auto written = write_at(file_, end_, bytes); !written) { return written; }
  if (auto synced = sync_file(file_); !synced) { return synced; }
  end_ += bytes.size();
  byte_count_ = end_;
  appended_count_ += waiting_.size();
  ++synced_count_;
  for (const auto& record : waiting_) { keep(record); }
  waiting_.clear();
  return kDone;
}

void VoteJournal::keep(const JournalRecord& record) {
  kept_.push_back(record);
  if (std::holds_alternative<Floor>(record)) { drop_below_base(); }
}

void VoteJournal::drop_below_base() {
  if (executed_.value == 0) { return; }  // no base; so while a file is loaded, which would cost its length squared
  const Floor* base = nullptr;
  for (const auto& record : kept_) {
    const auto* floor = std::get_if<Floor>(&record);
    if (floor == nullptr || floor->height > executed_) { continue; }
    if (base == nullptr || floor->height > base->height) { base = floor; }
  }
  if (base == nullptr) { return; }
  const Above above{.epoch = epoch_of(*base), .view = base->view};
  std::erase_if(kept_, [&](const JournalRecord& record) { return !std::visit(above, record); });
}

Status VoteJournal::start_file() {
  Bytes bytes;
  storage::append_record(bytes, 0, kOwnerRecord, encode_owner(identity_), storage::Group::begins);
  for (const auto& record : kept_) {
    storage::append_record(bytes, bytes.size(), kJournalRecord, consensus::encode_record(record),
                           storage::Group::continues);
  }
  const auto next = path() + ".new";
  auto file = open_file(next, O_RDWR | O_CREAT | O_TRUNC);
  if (!file) { return file.error(); }
  const auto length = bytes.size();
  // Written zeros, not only reserved space: a later sync then has no metadata to write.
  bytes.resize(std::max<std::size_t>(length, options_.preallocate_bytes));
  if (auto written = write_at(*file, 0, bytes); !written) { return written; }
  if (auto synced = sync_file(*file); !synced) { return synced; }
  if (auto renamed = rename_file(next, path()); !renamed) { return renamed; }
  if (auto synced = sync_directory(directory_); !synced) { return synced; }
  file_ = std::move(*file);
  end_ = length;
  byte_count_ = end_;
  // What must be kept may itself be long: then the next rotation waits until it is worth its while.
  rotate_at_ = std::max(options_.rotate_bytes, 2 * end_);
  return kDone;
}

VoteJournal::Counters VoteJournal::counters() const {
  return {.appended = appended_count_, .synced = synced_count_, .rotations = rotation_count_, .bytes = byte_count_};
}

}  // namespace keten::journal
