#pragma once

#include <cstdint>
#include <vector>

#include "consensus/journal_record.h"
#include "core/block.h"
#include "node/storage/location.h"
#include "node/storage/memory_database.h"
#include "node/storage/record_log.h"
#include "node/storage/stored_blocks.h"
#include "tests/simulator/random.h"

namespace keten::simulator {

/// An append-only file whose newest bytes are lost at a crash.
class File {
 public:
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t size() const { return bytes_.size(); }
  [[nodiscard]] std::uint64_t synced() const { return synced_; }

  void append(std::uint8_t type, ByteView payload);
  void sync();
  void truncate(std::uint64_t length);
  /// Keeps what was synced and some of the bytes after it, part of which may never have been written.
  void crash(Random& random);

 private:
  Bytes bytes_;
  std::uint64_t synced_ = 0;
};

/// What a validator's machine keeps while its process comes and goes: database, vote journal and block segment, framed
/// by the same code as on a node.
class Disk final : public storage::BlockReader {
 public:
  static constexpr std::uint32_t kSegment = 1;

  [[nodiscard]] storage::MemoryDatabase& database() { return database_; }
  [[nodiscard]] const File& journal() const { return journal_; }
  [[nodiscard]] const File& segment() const { return segment_; }

  /// Returns where the block lies.
  storage::Location write_block(const Block& block);
  void write_record(const consensus::JournalRecord& record);
  void sync_segment() { segment_.sync(); }
  void sync_journal() { journal_.sync(); }
  void crash(Random& random);

  [[nodiscard]] Result<Bytes> read(const storage::Location& location, std::uint32_t offset,
                                   std::uint32_t length) const override;

  struct Contents {
    std::vector<consensus::JournalRecord> journal;
    std::vector<std::pair<storage::Location, BlockPointer>> blocks;
    std::uint64_t torn_tails = 0;
  };
  /// Reads everything back after a start and cuts torn tails off.
  [[nodiscard]] Result<Contents> open(const storage::Location& replay_from);

 private:
  storage::MemoryDatabase database_;
  File journal_;
  File segment_;
};

}  // namespace keten::simulator
