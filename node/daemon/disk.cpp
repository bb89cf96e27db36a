#include "node/daemon/disk.h"

#include <algorithm>
#include <filesystem>

#include "node/daemon/restore.h"
#include "node/journal/file.h"
#include "node/runtime/clock.h"
#include "node/runtime/log.h"
#include "node/runtime/secrets.h"
#include "node/runtime/threads.h"
#include "node/storage/commit.h"

namespace keten::node {
namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;

SpacePolicy space_policy(const NodeConfig::Storage& config) {
  return {.free_min_bytes = config.free_min_mb * kMebibyte,
          .free_min_percent = config.free_min_percent,
          .ballast_bytes = config.ballast_mb * kMebibyte};
}

/// Remembers across a start that the database must be made anew.
constexpr const char* kRebuild = "state.rebuild";

/// One damaged database is kept for whoever wants to know what happened to it.
void set_aside(const std::filesystem::path& data) {
  std::error_code ignored;
  if (std::filesystem::exists(data / "state", ignored)) {
    std::filesystem::remove_all(data / "state.damaged", ignored);
    std::filesystem::rename(data / "state", data / "state.damaged", ignored);
  }
  std::filesystem::remove(data / kRebuild, ignored);
}

}  // namespace

bool is_damaged_database(const Error& error) {
  return error.reason == "DATABASE_CORRUPT" || error.reason == "STORAGE_CORRUPT";
}

void ask_for_rebuild(const std::filesystem::path& data) {
  (void)journal::machine_files().open((data / kRebuild).string(), journal::OpenMode::make_empty);
}

Result<std::unique_ptr<Disk>> Disk::open(const Home& home) {
  std::error_code error;
  const auto data = home.data();
  const auto journal_path = (data / "journal").string();
  const auto state_path = data / "state";
  const bool has_journal = journal::VoteJournal::exists(journal_path);
  const bool is_lost =
      !has_journal && (std::filesystem::exists(state_path, error) || std::filesystem::exists(data / "blocks", error));
  for (const auto& directory : {data, data / "journal"}) {
    if (auto made = journal::machine_files().make_directory(directory.string()); !made) {
      return failure(ErrorKind::unavailable, "DATA_DIRECTORY", made.error().message);
    }
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  }

  std::unique_ptr<Disk> disk(new Disk());
  // First: when the space is exhausted, opening the rest needs what the ballast held.
  disk->space_ = std::make_unique<DiskSpace>(data, space_policy(home.config.storage));
  journal::JournalIdentity identity{home.chain_id, home.validator_keys.front().public_key()};
  for (const auto& key : home.validator_keys) { identity.others.push_back(key.public_key()); }
  journal::JournalOptions journal_options;
  journal_options.file_bytes = home.config.storage.journal_preallocate_mb * kMebibyte;
  auto votes = open_votes(journal_path, identity, journal_options, is_lost, journal::machine_files());
  if (!votes) { return votes.error(); }
  disk->votes_ = std::move(votes->journal);
  if (!votes->damage.empty()) { log_error("{}", votes->damage); }
  if (disk->votes_->was_torn()) { log_warning("vote journal: an unfinished record at its end was cut off"); }
  if (const auto restored = disk->votes_->restored(); restored > 0) {
    log_warning(
        "vote journal: {} records were good in one of their two copies only and are restored; after a power "
        "failure that may be an unfinished write, otherwise the disk damages what it keeps",
        restored);
  }

  journal::SegmentOptions segment_options;
  segment_options.preallocate_bytes = home.config.storage.segment_preallocate_mb * kMebibyte;
  auto segments = journal::SegmentStore::open((data / "blocks").string(), home.chain_id, segment_options);
  if (!segments) { return segments.error(); }
  disk->segments_ = std::move(*segments);

  if (std::filesystem::exists(data / kRebuild, error)) { set_aside(data); }
  const auto records = disk->votes_->take_records();
  auto loaded = disk->load(home, records);
  if (!loaded && is_damaged_database(loaded.error())) {
    log_warning("database: {}; it is set aside as state.damaged and made anew from the stored blocks",
                loaded.error().message);
    disk->database_.reset();
    disk->stored_ = {};
    set_aside(data);
    loaded = disk->load(home, records);
  }
  if (!loaded) { return loaded.error(); }
  return disk;
}

Status Disk::load(const Home& home, const std::vector<consensus::JournalRecord>& journal) {
  const auto& config = home.config.storage;
  rocksdb_store::RocksOptions options;
  options.block_cache_bytes = config.cache_mb * kMebibyte;
  options.write_buffers_bytes = config.write_buffer_mb * kMebibyte;
  auto database = rocksdb_store::RocksDatabase::open((home.data() / "state").string(), options);
  if (!database) { return database.error(); }
  database_ = std::move(*database);
  if (auto synced = journal::machine_files().sync_directory(home.data().string()); !synced) { return synced; }
  try {
    if (auto initialised = storage::initialise(*database_, home.genesis); !initialised) { return initialised; }
    return recover_from(home, journal);
  } catch (const storage::ReadFailure& failed) { return failed.error(); }
}

Status Disk::recover_from(const Home& home, std::vector<consensus::JournalRecord> journal) {
  auto restored =
      restore({.genesis = home.genesis,
               .journal = std::move(journal),
               .segments = *segments_,
               .database = *database_,
               .many_blocks =
                   [](auto count, Height above) {
                     log_info("the database is behind: executing {} stored blocks from height {} before the start",
                              count, above.value + 1);
                   },
               .past = {.nonce = random_fixed<Hash>(), .is_alone = home.is_alone, .unused_key = home.unused_key}});
  if (!restored) { return restored.error(); }
  for (const auto& one : restored->stored) { stored_.stored(one.id, one.height, one.location); }
  recovered_ = std::move(restored->recovered);
  return kDone;
}

void Disk::stored(const BlockId& id, Height height, const storage::Location& location) {
  const std::lock_guard lock(mutex_);
  stored_.stored(id, height, location);
}

void Disk::executed(Height height) {
  const std::lock_guard lock(mutex_);
  stored_.executed(height);
}

Disk::Place Disk::place(const BlockId& id, Height height) const {
  const std::lock_guard lock(mutex_);
  const auto location = stored_.find(id);
  CHECK(location.has_value());
  return {*location, stored_.replay_from(height, *location)};
}

Persister::Persister(Disk& disk, Metrics& metrics, Done done, Fatal fatal)
    : disk_(disk),
      votes_fsynced_(metrics.counter("keten_votes_fsynced_total", "Own votes made durable before they were sent")),
      persist_us_(metrics.counter("keten_stage_persist_microseconds_total",
                                  "Time the journal thread spent writing and syncing")),
      persist_groups_(metrics.counter("keten_persist_groups_total", "Groups of records and blocks synced together")),
      done_(std::move(done)),
      fatal_(std::move(fatal)),
      inbox_(SIZE_MAX),
      thread_(start_thread("journal", [this](const std::stop_token&) { run(); })) {}

Persister::~Persister() { stop(); }

void Persister::stop() {
  inbox_.close();
  if (thread_.joinable()) { thread_.join(); }
}

void Persister::persist(std::vector<pipeline::Persist> work) {
  for (auto& one : work) { inbox_.push_completion(std::move(one)); }
}

void Persister::run() {
  std::vector<pipeline::Persist> work;
  while (inbox_.pop_all(work, kNever)) {
    if (work.empty()) { continue; }
    const auto began = steady_us();
    if (auto written = write(work); !written) {
      fatal_(written.error());
      return;
    }
    persist_us_.add(steady_us() - began);
    persist_groups_.add();
    done_(work.back().sequence);
  }
}

Status Persister::write(const std::vector<pipeline::Persist>& work) {
  disk_.space().look();  // what is under way may need the ballast
  bool has_blocks = false;
  bool has_records = false;
  std::uint64_t votes = 0;
  for (const auto& one : work) {
    for (const auto& block : one.blocks) {
      auto location = disk_.segments().append(block->encode());
      if (!location) { return location.error(); }
      disk_.stored(block->header.id(), block->header.height, *location);
      has_blocks = true;
    }
    for (const auto& record : one.records) { votes += std::holds_alternative<consensus::OwnVote>(record) ? 1 : 0; }
    has_records = has_records || !one.records.empty();
    disk_.votes().append(one.records);
  }
  // Bodies first: a vote on the disk never speaks of a block that is not.
  if (has_blocks) {
    if (auto synced = disk_.segments().sync(); !synced) { return synced; }
  }
  if (has_records) {
    disk_.votes().executed(Height{executed_.load()});
    if (auto synced = disk_.votes().sync(); !synced) { return synced; }
  }
  votes_fsynced_.add(votes);
  return kDone;
}

}  // namespace keten::node
