#include "node/storage/record_log.h"

#include <algorithm>
#include <optional>

#include "core/check.h"
#include "core/encoding.h"
#include "core/mutant.h"
#include "node/storage/checksum.h"

namespace keten::storage {

namespace {

constexpr std::uint8_t kGroupContinues = 0x80;

/// What the checksum covers before the payload; `type` with the group bit.
Bytes checked_head(std::uint64_t place, std::uint32_t length, std::uint8_t type) {
  Writer head;
  head.reserve(13);
  head.u64(place);
  head.u32(length);
  head.u8(type);
  return head.take();
}

std::uint32_t checksum(std::uint64_t place, std::uint8_t type, ByteView payload) {
  return crc32c(checked_head(place, static_cast<std::uint32_t>(payload.size()), type), payload);
}

struct Frame {
  std::uint8_t type = 0;  ///< with the group bit
  std::uint32_t checksum = 0;
  ByteView payload;
};

std::uint32_t read_u32(const std::uint8_t* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8U |
         static_cast<std::uint32_t>(bytes[2]) << 16U | static_cast<std::uint32_t>(bytes[3]) << 24U;
}

/// What stands at `place`, when a record could look like this. Its checksum is not looked at.
std::optional<Frame> plausible_at(ByteView file, std::uint64_t place) {
  if (place > file.size()) { return std::nullopt; }
  const auto rest = file.subspan(place);
  if (rest.size() < kRecordHeaderBytes) { return std::nullopt; }
  const auto length = read_u32(rest.data());
  const auto type = rest[4];
  if ((type & ~kGroupContinues) == 0 || length > kRecordPayloadMax) { return std::nullopt; }
  if (length > rest.size() - kRecordHeaderBytes) { return std::nullopt; }
  return Frame{
      .type = type, .checksum = read_u32(rest.data() + 5), .payload = rest.subspan(kRecordHeaderBytes, length)};
}

/// The record that begins at `place`, when there is a whole and good one.
std::optional<Frame> frame_at(ByteView file, std::uint64_t place) {
  const auto frame = plausible_at(file, place);
  if (!frame) { return std::nullopt; }
  const bool is_good = checksum(place, frame->type, frame->payload) == frame->checksum;
  if (!is_good && !MUTANT(torn_tail_is_read)) { return std::nullopt; }
  return frame;
}

struct Search {
  std::optional<std::uint64_t> place;
  std::uint64_t bytes_summed = 0;
};

/// Place of the first group that begins behind `bad`. The checksum covers the place, so bytes inside a payload that look
/// like a record do not count. Bytes that look like the head of a long record are many in a torn block, and whoever
/// sent its transactions may have chosen them: so no candidate's payload is summed anew.
Search next_group(ByteView file, std::uint64_t bad) {
  RangeChecksums checksums(file, bad);
  for (auto place = bad + 1; place + kRecordHeaderBytes <= file.size(); ++place) {
    if ((file[place + 4] & kGroupContinues) != 0) { continue; }
    const auto frame = plausible_at(file, place);
    if (!frame) { continue; }
    const auto length = frame->payload.size();
    const auto head = checked_head(place, static_cast<std::uint32_t>(length), frame->type);
    if (checksums.crc32c(head, place + kRecordHeaderBytes, length) == frame->checksum) {
      return {place, checksums.bytes_summed()};
    }
  }
  return {std::nullopt, checksums.bytes_summed()};
}

bool is_zero(ByteView file, std::uint64_t from) {
  return std::ranges::all_of(file.subspan(from), [](std::uint8_t byte) { return byte == 0; });
}

Error damaged(std::uint64_t bad, std::uint64_t later) {
  return failure(ErrorKind::corrupt, "LOG_CORRUPT",
                 "the record at byte " + std::to_string(bad) + " is bad, a good one follows at byte " +
                     std::to_string(later) + ": this is damage, not an unfinished write");
}

}  // namespace

std::optional<ByteView> read_record(ByteView frame, std::uint64_t place) {
  const auto found = plausible_at(frame, 0);
  if (!found || found->payload.size() + kRecordHeaderBytes != frame.size()) { return std::nullopt; }
  if (checksum(place, found->type, found->payload) != found->checksum) { return std::nullopt; }
  return found->payload;
}

void append_record(Bytes& out, std::uint64_t place, std::uint8_t type, ByteView payload, Group group) {
  CHECK(type > 0 && type < kGroupContinues);
  CHECK(payload.size() <= kRecordPayloadMax);
  const auto marked = static_cast<std::uint8_t>(group == Group::continues ? type | kGroupContinues : type);
  Writer head;
  head.reserve(kRecordHeaderBytes);
  head.u32(static_cast<std::uint32_t>(payload.size()));
  head.u8(marked);
  head.u32(checksum(place, marked, payload));
  out.insert(out.end(), head.bytes().begin(), head.bytes().end());
  out.insert(out.end(), payload.begin(), payload.end());
}

Result<RecoveredLog> recover(ByteView file, std::uint64_t start) {
  RecoveredLog log;
  log.valid_length = start;
  log.last_group = start;
  if (start > file.size()) {
    return failure(
        ErrorKind::corrupt, "LOG_CORRUPT",
        "the file has " + std::to_string(file.size()) + " bytes, a record should begin at " + std::to_string(start));
  }
  while (const auto frame = frame_at(file, log.valid_length)) {
    if ((frame->type & kGroupContinues) == 0) { log.last_group = log.valid_length; }
    log.records.push_back({.type = static_cast<std::uint8_t>(frame->type & ~kGroupContinues),
                           .place = log.valid_length,
                           .payload = frame->payload});
    log.valid_length += kRecordHeaderBytes + frame->payload.size();
  }
  if (is_zero(file, log.valid_length)) { return log; }
  const auto later = next_group(file, log.valid_length);
  if (later.place) { return damaged(log.valid_length, *later.place); }
  log.tail = Tail::torn;
  log.bytes_searched = later.bytes_summed;
  return log;
}

Result<RecoveredCopies> recover_copies(ByteView first, ByteView second) {
  RecoveredCopies copies;
  auto& log = copies.log;
  for (;;) {
    const auto one = frame_at(first, log.valid_length);
    const auto other = frame_at(second, log.valid_length);
    if (!one && !other) { break; }
    if (one && other && (one->type != other->type || !std::ranges::equal(one->payload, other->payload))) {
      return failure(ErrorKind::corrupt, "LOG_CORRUPT",
                     "the two copies of the record at byte " + std::to_string(log.valid_length) + " differ");
    }
    const auto& frame = one ? *one : *other;
    if ((frame.type & kGroupContinues) == 0) { log.last_group = log.valid_length; }
    copies.one_sided += one && other ? 0 : 1;
    log.records.push_back({.type = static_cast<std::uint8_t>(frame.type & ~kGroupContinues),
                           .place = log.valid_length,
                           .payload = frame.payload});
    log.valid_length += kRecordHeaderBytes + frame.payload.size();
  }
  for (const auto copy : {first, second}) {
    if (log.valid_length >= copy.size() || is_zero(copy, log.valid_length)) { continue; }
    const auto later = next_group(copy, log.valid_length);
    if (later.place) { return damaged(log.valid_length, *later.place); }
    log.tail = Tail::torn;
    log.bytes_searched += later.bytes_summed;
  }
  return copies;
}

}  // namespace keten::storage
