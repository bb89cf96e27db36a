#include "node/journal/segment_store.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

#include "core/encoding.h"
#include "core/limits.h"
#include "node/storage/record_log.h"

namespace keten::journal {

using storage::Location;

namespace {

constexpr std::uint16_t kFormat = 1;
constexpr std::uint8_t kSegmentRecord = 1;
constexpr std::uint8_t kBlockRecord = 2;

/// Format, chain id, number of the segment.
Bytes encode_header(const ChainId& chain_id, std::uint32_t number) {
  Writer writer;
  writer.u16(kFormat);
  writer.fixed(chain_id);
  writer.u32(number);
  return writer.take();
}

Error segment_error(const Error& why) { return failure(why.kind, "SEGMENT_IO", why.message); }
Error corrupt(const std::string& path, const std::string& why) {
  return failure(ErrorKind::corrupt, "SEGMENT_CORRUPT", path + ": " + why);
}

Status check_header(const storage::RecoveredLog& log, const Bytes& expected, const std::string& path) {
  if (log.records.empty() || log.records.front().type != kSegmentRecord) { return corrupt(path, "it has no header"); }
  if (std::ranges::equal(log.records.front().payload, expected)) { return kDone; }
  return failure(ErrorKind::refused, "SEGMENT_WRONG_CHAIN",
                 path + " is of another chain, format or place than this node expects");
}

/// Numbers of the segments in the directory.
Result<std::set<std::uint32_t>> list_segments(const FileSystem& files, const std::string& directory) {
  constexpr std::string_view kExtension = ".seg";
  const auto names = files.list(directory);
  if (!names) { return segment_error(names.error()); }
  std::set<std::uint32_t> numbers;
  for (const auto& name : *names) {
    if (!name.ends_with(kExtension)) { continue; }
    const auto* const end = name.data() + name.size() - kExtension.size();
    std::uint32_t number = 0;
    const auto parsed = std::from_chars(name.data(), end, number);
    if (parsed.ec == std::errc{} && parsed.ptr == end) { numbers.insert(number); }
  }
  return numbers;
}

}  // namespace

SegmentStore::SegmentStore(std::string directory, const ChainId& chain_id, const SegmentOptions& options,
                           FileSystem& files)
    : directory_(std::move(directory)), chain_id_(chain_id), options_(options), files_(files) {}

SegmentStore::~SegmentStore() = default;

std::string SegmentStore::path(std::uint32_t number) const {
  auto digits = std::to_string(number);
  if (digits.size() < 6) { digits.insert(0, 6 - digits.size(), '0'); }
  return directory_ + "/" + digits + ".seg";
}

Result<std::unique_ptr<SegmentStore>> SegmentStore::open(const std::string& directory, const ChainId& chain_id,
                                                         const SegmentOptions& options, FileSystem& files) {
  std::unique_ptr<SegmentStore> store(new SegmentStore(directory, chain_id, options, files));
  if (auto made = files.make_directory(directory); !made) { return segment_error(made.error()); }
  auto lock = files.lock(directory + "/segments.lock", "SEGMENTS_LOCKED");
  if (!lock) { return lock.error().reason == "FILE_IO" ? segment_error(lock.error()) : lock.error(); }
  store->lock_ = std::move(*lock);
  if (auto loaded = store->load(); !loaded) { return loaded.error(); }
  return store;
}

Status SegmentStore::load() {
  const auto numbers = list_segments(files_, directory_);
  if (!numbers) { return numbers.error(); }
  if (numbers->empty()) { return start_segment(1); }
  const auto last = *numbers->rbegin();
  // Archiving takes segments away from the front only.
  if (last - *numbers->begin() + 1 != numbers->size()) { return corrupt(directory_, "a segment is missing"); }

  auto file = files_.open(path(last), OpenMode::read_write);
  if (!file) { return segment_error(file.error()); }
  const auto mapped = (*file)->map();
  if (!mapped) { return segment_error(mapped.error()); }
  const auto log = storage::recover((*mapped)->bytes());
  if (!log) { return corrupt(path(last), log.error().message); }
  // A crash right after the file was made: nothing in it was ever durable.
  if (log->records.empty()) { return start_segment(last); }
  if (auto header = check_header(*log, encode_header(chain_id_, last), path(last)); !header) { return header; }

  file_ = std::move(*file);
  segment_ = last;
  end_ = log->valid_length;
  reserved_ = (*mapped)->bytes().size();
  segment_count_ = last;
  byte_count_ = end_;
  if (log->tail == storage::Tail::torn) {
    if (auto cut = file_->truncate(end_); !cut) { return segment_error(cut.error()); }
    reserved_ = end_;
  }
  // A killed process may have written blocks, or made the file, without a sync. Whoever finds them here relies on them.
  // The newest group is written once more: when its sync failed, the kernel calls the bytes clean and no sync writes them.
  const auto newest = (*mapped)->bytes().subspan(log->last_group, end_ - log->last_group);
  auto synced = file_->write_at(log->last_group, to_bytes(newest));
  if (synced) { synced = file_->sync(); }
  if (synced) { synced = files_.sync_directory(directory_); }
  if (!synced) { return segment_error(synced.error()); }
  return kDone;
}

Status SegmentStore::start_segment(std::uint32_t number) {
  if (file_ != nullptr) {
    if (auto cut = file_->truncate(end_); !cut) { return segment_error(cut.error()); }
    if (auto synced = file_->sync(); !synced) { return segment_error(synced.error()); }
  }
  auto file = files_.open(path(number), OpenMode::make_empty);
  if (!file) { return segment_error(file.error()); }
  Bytes bytes;
  storage::append_record(bytes, 0, kSegmentRecord, encode_header(chain_id_, number), storage::Group::begins);
  file_ = std::move(*file);
  segment_ = number;
  end_ = bytes.size();
  reserved_ = 0;
  if (auto reserved = reserve(end_); !reserved) { return reserved; }
  if (auto written = file_->write_at(0, bytes); !written) { return segment_error(written.error()); }
  if (auto synced = file_->sync(); !synced) { return segment_error(synced.error()); }
  if (auto synced = files_.sync_directory(directory_); !synced) { return segment_error(synced.error()); }
  group_open_ = false;
  segment_count_ = number;
  byte_count_ = end_;
  return kDone;
}

Status SegmentStore::reserve(std::uint64_t end) {
  if (end <= reserved_ || options_.preallocate_bytes == 0) { return kDone; }
  const auto wanted = std::max(end, reserved_ + options_.preallocate_bytes);
  // A file system that cannot reserve (EOPNOTSUPP) only makes syncs slower; a full one fails at the write.
  if (file_->reserve(reserved_, wanted - reserved_)) { reserved_ = wanted; }
  return kDone;
}

Error SegmentStore::fail(const Error& why) {
  failed_ = true;
  return why.reason == "SEGMENT_IO" ? why : segment_error(why);
}

Result<Location> SegmentStore::append(ByteView block) {
  if (failed_) { return failure(ErrorKind::corrupt, "SEGMENT_IO", directory_ + ": a write or sync failed before"); }
  if (block.size() > storage::kRecordPayloadMax) {
    return failure(ErrorKind::too_large, "BLOCK_TOO_LARGE",
                   "a block of " + std::to_string(block.size()) + " bytes does not fit into a record of " +
                       std::to_string(storage::kRecordPayloadMax));
  }
  const auto frame = storage::kRecordHeaderBytes + block.size();
  if (byte_count_ > 0 && end_ + frame > options_.segment_bytes) {
    if (auto started = start_segment(segment_ + 1); !started) { return fail(started.error()); }
  }
  if (auto reserved = reserve(end_ + frame); !reserved) { return fail(reserved.error()); }
  Bytes bytes;
  bytes.reserve(frame);
  storage::append_record(bytes, end_, kBlockRecord, block,
                         group_open_ ? storage::Group::continues : storage::Group::begins);
  if (auto written = file_->write_at(end_, bytes); !written) { return fail(written.error()); }
  const Location location{.segment = segment_,
                          .offset = end_ + storage::kRecordHeaderBytes,
                          .length = static_cast<std::uint32_t>(block.size())};
  group_open_ = true;
  end_ += frame;
  byte_count_ = end_;
  ++appended_count_;
  return location;
}

Status SegmentStore::sync() {
  if (failed_) { return failure(ErrorKind::corrupt, "SEGMENT_IO", directory_ + ": a write or sync failed before"); }
  if (!group_open_) { return kDone; }
  if (auto synced = file_->sync(); !synced) { return fail(synced.error()); }
  group_open_ = false;
  ++synced_count_;
  return kDone;
}

Result<Bytes> SegmentStore::read(const Location& location, std::uint32_t offset, std::uint32_t length) const {
  const auto unreadable = [](const std::string& why) { return failure(ErrorKind::corrupt, "BLOCK_UNREADABLE", why); };
  if (offset > location.length || length > location.length - offset) {
    return unreadable("bytes " + std::to_string(offset) + " to " + std::to_string(std::uint64_t{offset} + length) +
                      " of a block of " + std::to_string(location.length));
  }
  const auto file = files_.open(path(location.segment), OpenMode::read);
  if (!file) { return unreadable(file.error().message); }
  auto bytes = (*file)->read_at(location.offset + offset, length);
  if (!bytes) { return unreadable(bytes.error().message); }
  return bytes;
}

Status SegmentStore::replay(const Location& from, const Visit& visit) const {
  const auto numbers = list_segments(files_, directory_);
  if (!numbers) { return numbers.error(); }
  for (const auto number : *numbers) {
    if (number < from.segment) { continue; }
    const auto file = files_.open(path(number), OpenMode::read);
    if (!file) { return segment_error(file.error()); }
    const auto mapped = (*file)->map();
    if (!mapped) { return segment_error(mapped.error()); }
    const bool inside = number == from.segment && from.offset > 0;
    const auto log = storage::recover((*mapped)->bytes(), inside ? from.offset - storage::kRecordHeaderBytes : 0);
    if (!log) { return corrupt(path(number), log.error().message); }
    // Only the last segment can end early: torn (that was cut at the start) or in reserved space.
    if (log->tail == storage::Tail::torn || (number != segment_ && log->valid_length != (*mapped)->bytes().size())) {
      return corrupt(path(number), "the record at byte " + std::to_string(log->valid_length) + " is bad");
    }
    if (!inside) {
      if (auto header = check_header(*log, encode_header(chain_id_, number), path(number)); !header) { return header; }
    }
    for (const auto& record : log->records) {
      if (record.type != kBlockRecord) { continue; }
      visit({.segment = number,
             .offset = record.place + storage::kRecordHeaderBytes,
             .length = static_cast<std::uint32_t>(record.payload.size())},
            record.payload);
    }
  }
  return kDone;
}

SegmentStore::Counters SegmentStore::counters() const {
  return {.appended = appended_count_, .synced = synced_count_, .segments = segment_count_, .bytes = byte_count_};
}

}  // namespace keten::journal
