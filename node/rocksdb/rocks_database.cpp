#include "node/rocksdb/rocks_database.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdarg>
#include <filesystem>
#include <string_view>
#include <vector>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

namespace keten::rocksdb_store {

using storage::Batch;
using storage::Column;
using storage::Durability;

namespace {

/// By Column. RocksDB insists on a family `default`; it holds the few keys of meta.
constexpr std::array<const char*, storage::kColumnCount> kFamilies = {"state", "index",   "blocks",
                                                                      "ids",   "default", "proofs"};

rocksdb::Slice slice(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
ByteView view(const rocksdb::Slice& bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

Error storage_error(const rocksdb::Status& status, const std::string& what) {
  const auto text = what + ": " + status.ToString();
  // A file that its own list names and nobody finds is damage as well.
  if (status.IsCorruption() || status.IsPathNotFound()) {
    return failure(ErrorKind::corrupt, "DATABASE_CORRUPT", text);
  }
  return failure(ErrorKind::unavailable, "DATABASE_UNAVAILABLE", text);
}

rocksdb::DBOptions database_options(const RocksOptions& options) {
  rocksdb::DBOptions result;
  result.create_if_missing = true;
  result.create_missing_column_families = true;
  result.paranoid_checks = true;
  result.verify_sst_unique_id_in_manifest = true;  // a file that took another one's name
  // The default silently forgets synced batches behind a damaged one; this mode forgets a torn tail only.
  result.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // Not charged to the cache: it is smaller than the buffers, which would push everything else out.
  result.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(options.write_buffers_bytes);
  result.max_total_wal_size = options.wal_bytes_max;
  result.max_open_files = options.open_files_max;
  result.max_background_jobs = 2;
  result.max_subcompactions = 1;
  result.bytes_per_sync = 1024 * 1024;
  // A reader that is the last to use a table or a memory table leaves its deletion to a background thread: unlinking
  // what a compaction replaced would be part of a query's time.
  result.avoid_unnecessary_blocking_io = true;
  result.stats_dump_period_sec = 0;
  result.stats_persist_period_sec = 0;
  result.keep_log_file_num = 2;
  result.max_log_file_size = 1024 * 1024;
  result.recycle_log_file_num = 0;
  return result;
}

rocksdb::ColumnFamilyOptions family_options(const RocksOptions& options, const std::shared_ptr<rocksdb::Cache>& cache,
                                            std::string_view family) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10, false));
  // Of a large table, a read loads the parts of index and filter that it needs, not a megabyte of each.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.metadata_block_size = 4096;
  table.pin_top_level_index_and_filter = true;
  table.format_version = 5;
  rocksdb::ColumnFamilyOptions result;
  result.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  result.write_buffer_size = options.write_buffer_bytes;
  result.max_write_buffer_number = 2;
  result.level_compaction_dynamic_level_bytes = true;
  if (family == kFamilies[static_cast<std::size_t>(Column::proofs)]) {
    result.compression = rocksdb::kNoCompression;  // hashes do not get smaller
  }
  return result;
}

}  // namespace

struct RocksDatabase::State {
  std::string directory;
  std::shared_ptr<rocksdb::Cache> cache;
  std::unique_ptr<rocksdb::DB> database;
  std::array<rocksdb::ColumnFamilyHandle*, storage::kColumnCount> families{};
  std::atomic<bool> is_damaged = false;

  ~State() {
    for (auto* family : families) {
      if (family != nullptr) { (void)database->DestroyColumnFamilyHandle(family); }
    }
  }
};

namespace {

constexpr std::size_t kReadTogether = 32;

/// One column of a snapshot.
class RocksReader : public contracts::StateReader {
 public:
  RocksReader(rocksdb::DB& database, rocksdb::ColumnFamilyHandle& family, const rocksdb::Snapshot* snapshot,
              std::atomic<bool>& is_damaged)
      : database_(database), family_(family), is_damaged_(is_damaged) {
    options_.snapshot = snapshot;
  }

  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override {
    rocksdb::PinnableSlice value;
    const auto status = database_.Get(options_, &family_, slice(key), &value);
    if (status.IsNotFound()) { return std::nullopt; }
    if (!status.ok()) { fail(status, "cannot read"); }
    return to_bytes(view(value));
  }

  [[nodiscard]] std::vector<std::optional<Bytes>> get_many(std::span<const Bytes> keys) const override {
    std::vector<std::optional<Bytes>> result(keys.size());
    const bool is_sorted = std::ranges::is_sorted(keys);
    std::array<rocksdb::Slice, kReadTogether> slices;
    std::array<rocksdb::PinnableSlice, kReadTogether> values;
    std::array<rocksdb::Status, kReadTogether> statuses;
    for (std::size_t first = 0; first < keys.size(); first += kReadTogether) {
      const auto count = std::min(kReadTogether, keys.size() - first);
      for (std::size_t i = 0; i < count; ++i) { slices[i] = slice(keys[first + i]); }
      database_.MultiGet(options_, &family_, count, slices.data(), values.data(), statuses.data(), is_sorted);
      for (std::size_t i = 0; i < count; ++i) {
        if (statuses[i].ok()) { result[first + i] = to_bytes(view(values[i])); }
        values[i].Reset();
        if (!statuses[i].ok() && !statuses[i].IsNotFound()) { fail(statuses[i], "cannot read"); }
      }
    }
    return result;
  }

  void scan(ByteView first, ByteView end, const Visit& visit) const override {
    auto options = options_;
    const auto upper = slice(end);
    if (!end.empty()) { options.iterate_upper_bound = &upper; }
    const std::unique_ptr<rocksdb::Iterator> iterator(database_.NewIterator(options, &family_));
    for (iterator->Seek(slice(first)); iterator->Valid(); iterator->Next()) {
      if (!visit(view(iterator->key()), view(iterator->value()))) { return; }
    }
    if (!iterator->status().ok()) { fail(iterator->status(), "cannot scan"); }
  }

  void scan_back(ByteView first, ByteView end, const Visit& visit) const override {
    auto options = options_;
    const auto lower = slice(first);
    const auto upper = slice(end);
    if (!first.empty()) { options.iterate_lower_bound = &lower; }
    if (!end.empty()) { options.iterate_upper_bound = &upper; }
    const std::unique_ptr<rocksdb::Iterator> iterator(database_.NewIterator(options, &family_));
    for (iterator->SeekToLast(); iterator->Valid(); iterator->Prev()) {
      if (!visit(view(iterator->key()), view(iterator->value()))) { return; }
    }
    if (!iterator->status().ok()) { fail(iterator->status(), "cannot scan backwards"); }
  }

 private:
  [[noreturn]] void fail(const rocksdb::Status& status, const std::string& what) const {
    auto error = storage_error(status, what);
    if (error.kind == ErrorKind::corrupt) { is_damaged_ = true; }
    throw storage::ReadFailure(std::move(error));
  }

  rocksdb::DB& database_;
  rocksdb::ColumnFamilyHandle& family_;
  std::atomic<bool>& is_damaged_;
  rocksdb::ReadOptions options_;
};

class RocksSnapshot : public storage::Snapshot {
 public:
  RocksSnapshot(rocksdb::DB& database, const std::array<rocksdb::ColumnFamilyHandle*, storage::kColumnCount>& families,
                std::atomic<bool>& is_damaged)
      : database_(database), snapshot_(database.GetSnapshot()) {
    readers_.reserve(families.size());
    for (auto* family : families) { readers_.emplace_back(database, *family, snapshot_, is_damaged); }
  }
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;
  ~RocksSnapshot() override { database_.ReleaseSnapshot(snapshot_); }

  [[nodiscard]] const contracts::StateReader& column(Column column) const override {
    return readers_.at(static_cast<std::size_t>(column));
  }

 private:
  rocksdb::DB& database_;
  const rocksdb::Snapshot* snapshot_;
  std::vector<RocksReader> readers_;
};

}  // namespace

RocksDatabase::RocksDatabase(std::unique_ptr<State> state) : state_(std::move(state)) {}
RocksDatabase::~RocksDatabase() = default;

Result<std::unique_ptr<RocksDatabase>> RocksDatabase::open(const std::string& directory, const RocksOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return failure(ErrorKind::unavailable, "DATABASE_UNAVAILABLE",
                   "cannot make directory " + directory + ": " + error.message());
  }
  auto state = std::make_unique<State>();
  state->directory = directory;
  state->cache = rocksdb::NewLRUCache(options.block_cache_bytes, 4);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const auto* name : kFamilies) { descriptors.emplace_back(name, family_options(options, state->cache, name)); }

  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* database = nullptr;
  const auto status = rocksdb::DB::Open(database_options(options), directory, descriptors, &handles, &database);
  if (!status.ok()) {
    // RocksDB has no code of its own for a held LOCK file.
    if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
      return failure(ErrorKind::conflict, "DATABASE_LOCKED", "another process uses " + directory);
    }
    return storage_error(status, "cannot open " + directory);
  }
  state->database.reset(database);
  for (std::size_t i = 0; i < handles.size(); ++i) { state->families[i] = handles[i]; }
  return std::unique_ptr<RocksDatabase>(new RocksDatabase(std::move(state)));
}

namespace {

/// RocksDB makes a log file even for a reader.
class SilentLogger : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

/// Whoever writes may merge files away between the look into its list and the opening.
constexpr int kReadOnlyTries = 5;

}  // namespace

Result<std::unique_ptr<RocksDatabase>> RocksDatabase::open_read_only(const std::string& directory,
                                                                     const RocksOptions& options) {
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::path(directory) / "CURRENT", ignored)) {
    return failure(ErrorKind::not_found, "DATABASE_MISSING", directory + " holds no database");
  }
  auto how = database_options(options);
  how.create_if_missing = false;
  how.create_missing_column_families = false;
  how.max_open_files = -1;  // what is open stays readable when its writer deletes it
  how.info_log = std::make_shared<SilentLogger>();
  rocksdb::Status status;
  for (int i = 0; i < kReadOnlyTries; ++i) {
    auto state = std::make_unique<State>();
    state->directory = directory;
    state->cache = rocksdb::NewLRUCache(options.block_cache_bytes, 4);
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (const auto* name : kFamilies) { descriptors.emplace_back(name, family_options(options, state->cache, name)); }
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* database = nullptr;
    status = rocksdb::DB::OpenForReadOnly(how, directory, descriptors, &handles, &database);
    if (!status.ok()) { continue; }
    state->database.reset(database);
    for (std::size_t k = 0; k < handles.size(); ++k) { state->families[k] = handles[k]; }
    return std::unique_ptr<RocksDatabase>(new RocksDatabase(std::move(state)));
  }
  return storage_error(status, "cannot read " + directory);
}

storage::SnapshotPointer RocksDatabase::snapshot() const {
  return std::make_shared<RocksSnapshot>(*state_->database, state_->families, state_->is_damaged);
}

bool RocksDatabase::is_damaged() const { return state_->is_damaged; }

Status RocksDatabase::write(const Batch& batch, Durability durability) {
  rocksdb::WriteBatch changes(batch.bytes() + batch.size() * 16 + 32);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto operation = batch.at(i);
    auto* family = state_->families.at(static_cast<std::size_t>(operation.column));
    const auto added = operation.value ? changes.Put(family, slice(operation.key), slice(*operation.value))
                                       : changes.Delete(family, slice(operation.key));
    if (!added.ok()) { return storage_error(added, "cannot add to a batch"); }
  }
  rocksdb::WriteOptions options;
  options.sync = durability == Durability::synced;
  const auto status = state_->database->Write(options, &changes);
  if (!status.ok()) { return storage_error(status, "cannot write to " + state_->directory); }
  return kDone;
}

Status RocksDatabase::flush() {
  const std::vector<rocksdb::ColumnFamilyHandle*> families(state_->families.begin(), state_->families.end());
  const auto status = state_->database->Flush(rocksdb::FlushOptions(), families);
  if (!status.ok()) { return storage_error(status, "cannot flush " + state_->directory); }
  return kDone;
}

namespace {

std::uint64_t sum(rocksdb::DB& database,
                  const std::array<rocksdb::ColumnFamilyHandle*, storage::kColumnCount>& families,
                  std::string_view property) {
  std::uint64_t total = 0;
  for (auto* family : families) {
    std::uint64_t value = 0;
    if (database.GetIntProperty(family, rocksdb::Slice(property.data(), property.size()), &value)) { total += value; }
  }
  return total;
}

}  // namespace

std::uint64_t RocksDatabase::size_bytes() const {
  return sum(*state_->database, state_->families, "rocksdb.total-sst-files-size") +
         sum(*state_->database, state_->families, "rocksdb.cur-size-all-mem-tables");
}

std::uint64_t RocksDatabase::size_bytes(storage::Column column) const {
  auto* family = state_->families.at(static_cast<std::size_t>(column));
  std::uint64_t bytes = 0;
  (void)state_->database->GetIntProperty(family, rocksdb::DB::Properties::kTotalSstFilesSize, &bytes);
  return bytes;
}

std::map<std::string, std::uint64_t> RocksDatabase::statistics() const {
  auto& database = *state_->database;
  const auto& families = state_->families;
  return {
      {"database_bytes", sum(database, families, "rocksdb.total-sst-files-size")},
      {"database_memory_table_bytes", sum(database, families, "rocksdb.cur-size-all-mem-tables")},
      {"database_cache_bytes", state_->cache->GetUsage()},
      {"database_keys", sum(database, families, "rocksdb.estimate-num-keys")},
      {"database_pending_compaction_bytes", sum(database, families, "rocksdb.estimate-pending-compaction-bytes")},
      {"database_background_errors", sum(database, families, "rocksdb.background-errors")},
  };
}

}  // namespace keten::rocksdb_store
