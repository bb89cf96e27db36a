#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

/// Framing of append-only files: vote journal and block segments. docs/formats/storage.md, "Record log".
///
/// A record is { length u32 of the payload, type u8, crc32c u32, payload }; the checksum covers the record's place in
/// the file, length, type and payload. Bit 7 of the type says that the record was written in the same group (up to one
/// sync) as the record before it.
namespace keten::storage {

inline constexpr std::size_t kRecordHeaderBytes = 9;
/// A block of the largest size with its header and size table fits.
inline constexpr std::uint32_t kRecordPayloadMax = 8 * 1024 * 1024;

enum class Group : std::uint8_t { begins, continues };

/// Appends one framed record to `out`. `place` is its offset in the file. Precondition: type in 1..127.
void append_record(Bytes& out, std::uint64_t place, std::uint8_t type, ByteView payload, Group group);

struct RecordView {
  std::uint8_t type = 0;    ///< without the group bit
  std::uint64_t place = 0;  ///< of the frame in the file
  ByteView payload;         ///< borrows from the recovered bytes
};

/// The payload of the one record that `frame` is, header included; borrows. Nothing when it is not that record, whole and good, of
/// a file in which it begins at `place`.
[[nodiscard]] std::optional<ByteView> read_record(ByteView frame, std::uint64_t place);

enum class Tail : std::uint8_t {
  clean,  ///< ends with the file or with zeros (preallocated space)
  torn,   ///< an unfinished group follows; nobody was told that it is durable: cut it off
};

struct RecoveredLog {
  std::vector<RecordView> records;
  std::uint64_t valid_length = 0;  ///< where the next record belongs
  /// Where the newest group begins. A sync of it may have failed: then the kernel shows bytes that it calls written and
  /// that are not, and whoever relies on them must write them again.
  std::uint64_t last_group = 0;
  Tail tail = Tail::clean;
  std::uint64_t bytes_searched = 0;  ///< that went through a checksum to learn that no group follows a torn tail
};

/// Reads records from `start` (the place of a record). A bad record is a torn tail when no group begins after it: a
/// group that begins later was written after a sync of this one. Otherwise LOG_CORRUPT, naming the place.
[[nodiscard]] Result<RecoveredLog> recover(ByteView file, std::uint64_t start = 0);

/// Reads a log that is kept twice: every group is written to both copies before the sync that makes it durable. A record
/// counts when it is good in either, so damage to one copy loses nothing, not even of the last group. A place that is bad
/// in both is judged as by `recover`. LOG_CORRUPT also when good records of the copies differ.
struct RecoveredCopies {
  RecoveredLog log;           ///< payloads borrow from either copy
  std::size_t one_sided = 0;  ///< records that are good in one copy only: damage, or a group that no sync ended
};
[[nodiscard]] Result<RecoveredCopies> recover_copies(ByteView first, ByteView second);

}  // namespace keten::storage
