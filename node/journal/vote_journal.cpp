#include "node/journal/vote_journal.h"

#include <algorithm>

#include "core/encoding.h"
#include "node/storage/record_log.h"

namespace keten::journal {

using consensus::Floor;
using consensus::HeldCertificate;
using consensus::JournalRecord;
using consensus::OwnVote;
using consensus::Quarantine;
using consensus::Readmission;

namespace {

constexpr std::uint16_t kFormat = 2;
constexpr std::uint8_t kOwnerRecord = 1;
constexpr std::uint8_t kJournalRecord = 2;
/// The copies share no page of a disk.
constexpr std::uint64_t kPageBytes = 4096;
/// What is below the base is dropped when as much has come as was kept, and this: so a record costs the same however many
/// there are.
constexpr std::size_t kDropLeast = 64;

Bytes encode_owner(const JournalIdentity& identity, std::uint64_t copy_bytes) {
  Writer writer;
  writer.u16(kFormat);
  writer.fixed(identity.chain_id);
  writer.fixed(identity.validator);
  writer.u64(copy_bytes);
  return writer.take();
}

/// `length` is the file's.
/// The key that it was begun with.
Result<PublicKey> check_owner(ByteView bytes, const JournalIdentity& identity, std::uint64_t length,
                              const std::string& path) {
  Reader reader(bytes);
  const auto format = reader.u16();
  if (reader.ok() && format != kFormat) {
    return failure(
        ErrorKind::refused, "JOURNAL_FORMAT",
        path + " has format " + std::to_string(format) + ", this program reads format " + std::to_string(kFormat));
  }
  const auto chain_id = reader.fixed<ChainId>();
  const auto validator = reader.fixed<PublicKey>();
  const auto copy_bytes = reader.u64();
  if (auto end = reader.finish("owner"); !end) {
    return failure(ErrorKind::corrupt, "JOURNAL_CORRUPT", path + ": " + end.error().message);
  }
  const bool is_own = validator == identity.validator || std::ranges::count(identity.others, validator) > 0;
  if (chain_id != identity.chain_id || !is_own) {
    return failure(ErrorKind::refused, "JOURNAL_WRONG_OWNER",
                   path + " is of key " + key_text(validator) + " on chain " + chain_id.hex() + ", this node has key " +
                       key_text(identity.validator) + " on chain " + identity.chain_id.hex());
  }
  if (length % 2 != 0 || copy_bytes != length / 2) {
    return failure(ErrorKind::corrupt, "JOURNAL_CORRUPT",
                   path + " has " + std::to_string(length) + " bytes, twice " + std::to_string(copy_bytes) +
                       " were written: it was cut or lengthened");
  }
  return validator;
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
  // keep() has dropped all but the newest.
  bool operator()(const Quarantine&) const { return true; }
  bool operator()(const Readmission&) const { return true; }
  bool operator()(const consensus::Contradiction&) const { return true; }
  bool operator()(const Evidence& evidence) const { return evidence.first.subject.epoch >= epoch; }
};

/// The records from `place` on as they stand in the file.
Bytes frames_from(std::uint64_t place, ByteView file, const storage::RecoveredLog& log) {
  Bytes frames;
  for (const auto& record : log.records) {
    if (record.place < place) { continue; }
    const auto begin = static_cast<std::size_t>(record.payload.data() - file.data()) - storage::kRecordHeaderBytes;
    const auto frame = file.subspan(begin, storage::kRecordHeaderBytes + record.payload.size());
    frames.insert(frames.end(), frame.begin(), frame.end());
  }
  return frames;
}

}  // namespace

VoteJournal::VoteJournal(std::string directory, const JournalIdentity& identity, const JournalOptions& options,
                         FileSystem& files)
    : directory_(std::move(directory)), identity_(identity), options_(options), files_(files) {}

VoteJournal::~VoteJournal() = default;

bool VoteJournal::exists(const std::string& directory, const FileSystem& files) {
  return files.exists(directory + "/votes.log");
}

Status VoteJournal::lock() {
  auto lock = files_.lock(directory_ + "/votes.lock", "JOURNAL_LOCKED");
  if (!lock) { return lock.error().reason == "FILE_IO" ? journal_error(lock.error()) : lock.error(); }
  lock_ = std::move(*lock);
  return kDone;
}

Result<std::unique_ptr<VoteJournal>> VoteJournal::create(const std::string& directory, const JournalIdentity& identity,
                                                         const JournalOptions& options, FileSystem& files,
                                                         const std::vector<JournalRecord>& first) {
  std::unique_ptr<VoteJournal> journal(new VoteJournal(directory, identity, options, files));
  for (const auto& record : first) {
    journal->keep(record);
    journal->recovered_.push_back(record);
  }
  if (auto made = files.make_directory(directory); !made) { return journal_error(made.error()); }
  if (auto locked = journal->lock(); !locked) { return locked.error(); }
  if (exists(directory, files)) {
    return failure(ErrorKind::conflict, "JOURNAL_EXISTS", journal->path() + " exists already");
  }
  if (auto started = journal->start_file(0); !started) { return journal_error(started.error()); }
  return journal;
}

Result<std::unique_ptr<VoteJournal>> VoteJournal::open(const std::string& directory, const JournalIdentity& identity,
                                                       const JournalOptions& options, FileSystem& files) {
  std::unique_ptr<VoteJournal> journal(new VoteJournal(directory, identity, options, files));
  if (!exists(directory, files)) {
    return failure(ErrorKind::corrupt, "JOURNAL_MISSING",
                   journal->path() + " is missing: without it this key's votes are forgotten and it must not vote");
  }
  if (auto locked = journal->lock(); !locked) { return locked.error(); }
  if (auto loaded = journal->load(); !loaded) { return loaded.error(); }
  return journal;
}

Status VoteJournal::load() {
  auto file = files_.open(path(), OpenMode::read_write);
  if (!file) { return journal_error(file.error()); }
  const auto mapped = (*file)->map();
  if (!mapped) { return journal_error(mapped.error()); }
  const auto bytes = (*mapped)->bytes();
  copy_bytes_ = bytes.size() / 2;
  const auto copies = storage::recover_copies(bytes.first(copy_bytes_), bytes.subspan(copy_bytes_));
  const auto corrupt = [&](const std::string& why) {
    return failure(ErrorKind::corrupt, "JOURNAL_CORRUPT", path() + ": " + why);
  };
  if (!copies) { return corrupt(copies.error().message); }
  const auto& log = copies->log;
  // The owner was durable before the file got its name, so its absence is damage too.
  if (log.records.empty() || log.records.front().type != kOwnerRecord) { return corrupt("it does not name its owner"); }
  const auto owner = check_owner(log.records.front().payload, identity_, bytes.size(), path());
  if (!owner) { return owner.error(); }

  for (std::size_t i = 1; i < log.records.size(); ++i) {
    const auto& framed = log.records[i];
    auto record = consensus::decode_record(framed.payload);
    if (framed.type != kJournalRecord || !record) {
      return corrupt("the record at byte " + std::to_string(framed.place) + " cannot be read");
    }
    keep(*record);
    recovered_.push_back(std::move(*record));
  }
  file_ = std::move(*file);
  end_ = log.valid_length;
  was_torn_ = log.tail == storage::Tail::torn;
  restored_ = copies->one_sided;
  if (was_torn_ || restored_ > 0) {
    if (auto repaired = repair(bytes, log); !repaired) { return journal_error(repaired.error()); }
  }
  // What a killed process had written but not synced is read like all the rest, and so is a name that its rotation gave
  // but did not sync. From now on it counts, votes are repeated because of it: so the disk must have it.
  // The newest group is written once more: when its sync failed, the kernel calls the bytes clean and no sync writes them.
  auto synced = write_copies(log.last_group, frames_from(log.last_group, bytes, log));
  if (synced) { synced = file_->sync(); }
  if (synced) { synced = files_.sync_directory(directory_); }
  if (!synced) { return journal_error(synced.error()); }
  byte_count_ = end_;
  if (*owner != identity_.validator) {
    if (auto renamed = start_file(0); !renamed) { return journal_error(renamed.error()); }
  }
  return kDone;
}

Status VoteJournal::repair(ByteView bytes, const storage::RecoveredLog& log) {
  // The whole copy, with zeros behind its end: a later tail cannot mix with a torn one.
  auto good = frames_from(0, bytes, log);
  good.resize(copy_bytes_);
  // One copy is whole on the disk before the other is touched.
  for (const auto begin : {std::uint64_t{0}, copy_bytes_}) {
    if (std::ranges::equal(bytes.subspan(begin, copy_bytes_), good)) { continue; }
    if (auto written = file_->write_at(begin, good); !written) { return written; }
    if (auto synced = file_->sync(); !synced) { return synced; }
  }
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
  return kDone;
}

Bytes VoteJournal::encode_waiting() const {
  Bytes bytes;
  auto group = storage::Group::begins;
  for (const auto& record : waiting_) {
    storage::append_record(bytes, end_ + bytes.size(), kJournalRecord, consensus::encode_record(record), group);
    group = storage::Group::continues;
  }
  return bytes;
}

Status VoteJournal::write_and_sync() {
  auto bytes = encode_waiting();
  if (end_ + bytes.size() > copy_bytes_) {
    drop_below_base();
    if (auto started = start_file(bytes.size()); !started) { return started; }
    ++rotation_count_;
    bytes = encode_waiting();  // their places are others now
  }
  if (auto written = write_copies(end_, bytes); !written) { return written; }
  if (auto synced = file_->sync(); !synced) { return synced; }
  end_ += bytes.size();
  byte_count_ = end_;
  appended_count_ += waiting_.size();
  ++synced_count_;
  for (const auto& record : waiting_) { keep(record); }
  waiting_.clear();
  return kDone;
}

Status VoteJournal::write_copies(std::uint64_t place, ByteView bytes) {
  if (auto written = file_->write_at(place, bytes); !written) { return written; }
  return file_->write_at(copy_bytes_ + place, bytes);
}

Result<std::string> VoteJournal::set_aside(const std::string& directory, FileSystem& files) {
  std::string aside;
  for (int number = 1; aside.empty() || files.exists(aside); ++number) {
    aside = directory + "/votes.log.damaged-" + std::to_string(number);
  }
  if (auto renamed = files.rename(directory + "/votes.log", aside); !renamed) { return journal_error(renamed.error()); }
  if (auto synced = files.sync_directory(directory); !synced) { return journal_error(synced.error()); }
  return aside;
}

void VoteJournal::keep(const JournalRecord& record) {
  const auto is_about_quarantine = [](const JournalRecord& one) {
    return std::holds_alternative<Quarantine>(one) || std::holds_alternative<Readmission>(one);
  };
  if (is_about_quarantine(record)) { std::erase_if(kept_, is_about_quarantine); }
  kept_.push_back(record);
  if (kept_.size() >= drop_at_) { drop_below_base(); }
}

const Floor* VoteJournal::base() const {
  const Floor* base = nullptr;
  for (const auto& record : kept_) {
    const auto* floor = std::get_if<Floor>(&record);
    if (floor == nullptr || floor->height > executed_) { continue; }
    if (base == nullptr || floor->height > base->height) { base = floor; }
  }
  // Epochs that have ended are below what is executed, but for a start with blocks thrown away.
  for (auto end = ends_.rbegin(); base == nullptr && end != ends_.rend(); ++end) {
    if (end->second.height <= executed_) { base = &end->second; }
  }
  return base;
}

void VoteJournal::drop_below_base() {
  if (executed_.value == 0) { return; }  // no base; so while a file is loaded
  drop_at_ = 2 * kept_.size() + kDropLeast;
  const auto* floor = base();
  if (floor == nullptr) { return; }
  const Above above{.epoch = epoch_of(*floor), .view = floor->view};
  // How each epoch ended is kept for ever: whoever builds the database again hands these finalizations on.
  for (const auto& record : kept_) {
    const auto* ended = std::get_if<Floor>(&record);
    if (ended == nullptr || epoch_of(*ended) >= above.epoch) { continue; }
    auto& end = ends_.emplace(epoch_of(*ended), *ended).first->second;
    const bool proves = end.finalization.signatures.empty() && end.height == ended->height;
    if (end.height < ended->height || proves) { end = *ended; }
  }
  std::erase_if(kept_, [&](const JournalRecord& record) { return !std::visit(above, record); });
  drop_at_ = 2 * kept_.size() + kDropLeast;
}

Status VoteJournal::start_file(std::uint64_t group_bytes) {
  std::vector<Bytes> records;
  for (const auto& [epoch, end] : ends_) { records.push_back(consensus::encode_record(end)); }
  for (const auto& record : kept_) { records.push_back(consensus::encode_record(record)); }
  std::uint64_t length = storage::kRecordHeaderBytes + encode_owner(identity_, 0).size();
  for (const auto& record : records) { length += storage::kRecordHeaderBytes + record.size(); }
  // What must be kept may itself be long: then the next rotation waits until it is worth its while.
  const auto needed = std::max(options_.file_bytes / 2, 2 * (length + group_bytes));
  const auto copy_bytes = (needed + kPageBytes - 1) / kPageBytes * kPageBytes;
  Bytes bytes;
  bytes.reserve(2 * copy_bytes);
  storage::append_record(bytes, 0, kOwnerRecord, encode_owner(identity_, copy_bytes), storage::Group::begins);
  for (const auto& record : records) {
    storage::append_record(bytes, bytes.size(), kJournalRecord, record, storage::Group::continues);
  }
  // Written zeros, not only reserved space: a later sync then has no metadata to write.
  bytes.resize(copy_bytes);
  bytes.insert(bytes.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(copy_bytes));

  const auto next = path() + ".new";
  auto file = files_.open(next, OpenMode::make_empty);
  if (!file) { return file.error(); }
  if (auto written = (*file)->write_at(0, bytes); !written) { return written; }
  if (auto synced = (*file)->sync(); !synced) { return synced; }
  if (auto renamed = files_.rename(next, path()); !renamed) { return renamed; }
  if (auto synced = files_.sync_directory(directory_); !synced) { return synced; }
  file_ = std::move(*file);
  copy_bytes_ = copy_bytes;
  end_ = length;
  byte_count_ = end_;
  return kDone;
}

VoteJournal::Counters VoteJournal::counters() const {
  return {.appended = appended_count_, .synced = synced_count_, .rotations = rotation_count_, .bytes = byte_count_};
}

}  // namespace keten::journal
