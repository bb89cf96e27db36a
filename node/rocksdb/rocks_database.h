#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "node/storage/database.h"

namespace keten::rocksdb_store {

/// Bounds of RocksDB's memory and files; the defaults are measured (docs/formats/storage.md, "RocksDB").
struct RocksOptions {
  std::size_t block_cache_bytes = 16 * 1024 * 1024;
  std::size_t write_buffers_bytes = 24 * 1024 * 1024;  ///< of all columns together
  std::size_t write_buffer_bytes = 8 * 1024 * 1024;    ///< of one column
  std::uint64_t wal_bytes_max = 32 * 1024 * 1024;
  int open_files_max = 128;
};

/// storage::Database on a directory. Any thread may read; one thread writes.
class RocksDatabase : public storage::Database {
 public:
  /// Makes the directory when it is missing. Fails with DATABASE_LOCKED when another process uses it, with
  /// DATABASE_CORRUPT when files contradict their checksums, otherwise with DATABASE_UNAVAILABLE.
  [[nodiscard]] static Result<std::unique_ptr<RocksDatabase>> open(const std::string& directory,
                                                                   const RocksOptions& options = {});
  /// As it is at this moment, without changing a byte of the directory; another process may use it meanwhile. Writing fails.
  /// Fails with DATABASE_MISSING when there is none, otherwise like `open`.
  [[nodiscard]] static Result<std::unique_ptr<RocksDatabase>> open_read_only(const std::string& directory,
                                                                             const RocksOptions& options = {});
  ~RocksDatabase() override;

  [[nodiscard]] storage::SnapshotPointer snapshot() const override;
  [[nodiscard]] Status write(const storage::Batch& batch, storage::Durability durability) override;

  /// A read has found bytes that contradict their checksum, or a missing file. It stays so: set the directory aside.
  [[nodiscard]] bool is_damaged() const;
  /// Writes memory tables out, so that a restart replays nothing and an idle node gives memory back.
  [[nodiscard]] Status flush();
  /// Disk space of tables and write-ahead logs, about.
  [[nodiscard]] std::uint64_t size_bytes() const;
  /// Of the tables of one column.
  [[nodiscard]] std::uint64_t size_bytes(storage::Column column) const;
  /// For metrics: names as in docs/operations, values as of now.
  [[nodiscard]] std::map<std::string, std::uint64_t> statistics() const;

 private:
  struct State;
  explicit RocksDatabase(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace keten::rocksdb_store
