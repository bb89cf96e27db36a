#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "core/ids.h"
#include "core/result.h"
#include "node/journal/file.h"
#include "node/storage/location.h"

namespace keten::journal {

struct SegmentOptions {
  std::uint64_t segment_bytes = 64 * 1024 * 1024;      ///< a segment that would grow longer is closed
  std::uint64_t preallocate_bytes = 16 * 1024 * 1024;  ///< reserved ahead, step by step
};

/// Block bodies in append-only files `<directory>/000001.seg`, `000002.seg`, .... Blocks of abandoned forks lie among
/// the others: nothing points to them. One thread appends and syncs, any thread reads what was appended. Borrows `files`.
class SegmentStore : public storage::BlockLog {
 public:
  /// Makes the directory when it is missing; cuts a torn tail off the last segment. Fails with SEGMENT_WRONG_CHAIN,
  /// SEGMENT_CORRUPT (a bad record before the end of the last segment, a missing segment), SEGMENTS_LOCKED or SEGMENT_IO.
  [[nodiscard]] static Result<std::unique_ptr<SegmentStore>> open(const std::string& directory, const ChainId& chain_id,
                                                                  const SegmentOptions& options = {},
                                                                  FileSystem& files = machine_files());
  ~SegmentStore() override;
  SegmentStore(const SegmentStore&) = delete;
  SegmentStore& operator=(const SegmentStore&) = delete;

  /// `block` is Block::encode. The bytes can be read at once, and are durable after `sync`.
  [[nodiscard]] Result<storage::Location> append(ByteView block);
  /// After a failure every further append and sync fails with SEGMENT_IO: a sync is never tried again.
  [[nodiscard]] Status sync();

  [[nodiscard]] Result<Bytes> read(const storage::Location& location, std::uint32_t offset,
                                   std::uint32_t length) const override;

  /// Call it before the first append.
  [[nodiscard]] Status replay(const storage::Location& from, const Visit& visit) const override;

  /// Any thread.
  struct Counters {
    std::uint64_t appended = 0;  ///< blocks
    std::uint64_t synced = 0;
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;  ///< of the segment being written
  };
  [[nodiscard]] Counters counters() const;

 private:
  SegmentStore(std::string directory, const ChainId& chain_id, const SegmentOptions& options, FileSystem& files);
  [[nodiscard]] Status load();
  /// Makes the previous segment durable and cuts its reserved space off.
  [[nodiscard]] Status start_segment(std::uint32_t number);
  [[nodiscard]] Status reserve(std::uint64_t end);
  [[nodiscard]] Error fail(const Error& why);
  [[nodiscard]] std::string path(std::uint32_t number) const;

  std::string directory_;
  ChainId chain_id_;
  SegmentOptions options_;
  FileSystem& files_;
  FilePointer lock_;
  FilePointer file_;  ///< of `segment_`
  std::uint32_t segment_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t reserved_ = 0;  ///< space of the file up to here is its own
  bool group_open_ = false;     ///< something was appended since the last sync
  bool failed_ = false;
  std::atomic<std::uint64_t> appended_count_{0};
  std::atomic<std::uint64_t> synced_count_{0};
  std::atomic<std::uint64_t> segment_count_{0};
  std::atomic<std::uint64_t> byte_count_{0};
};

}  // namespace keten::journal
