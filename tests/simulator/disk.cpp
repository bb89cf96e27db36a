#include "tests/simulator/disk.h"

#include <algorithm>
#include <memory>

#include "core/check.h"

namespace keten::simulator {
namespace {

/// One type for each file; what a journal record is stands in its own first byte.
constexpr std::uint8_t kRecordType = 1;
constexpr std::uint8_t kBlockType = 2;

}  // namespace

void File::append(std::uint8_t type, ByteView payload) {
  const auto group = bytes_.size() == synced_ ? storage::Group::begins : storage::Group::continues;
  storage::append_record(bytes_, bytes_.size(), type, payload, group);
}

void File::sync() { synced_ = bytes_.size(); }

void File::truncate(std::uint64_t length) {
  CHECK(length >= synced_ && length <= bytes_.size());
  bytes_.resize(length);
  synced_ = length;
}

void File::crash(Random& random) {
  const auto unsynced = bytes_.size() - synced_;
  if (unsynced == 0) { return; }
  const auto kept = random.between(0, unsynced);
  bytes_.resize(synced_ + kept);
  if (kept > 0 && random.chance(250)) {  // the disk wrote a later sector and not this one
    const auto first = synced_ + random.below(kept);
    const auto count = random.between(1, bytes_.size() - first);
    std::fill_n(bytes_.begin() + static_cast<std::ptrdiff_t>(first), count, std::uint8_t{0});
  }
}

storage::Location Disk::write_block(const Block& block) {
  const auto bytes = block.encode();
  const storage::Location location{kSegment, segment_.size() + storage::kRecordHeaderBytes,
                                   static_cast<std::uint32_t>(bytes.size())};
  segment_.append(kBlockType, bytes);
  return location;
}

void Disk::write_record(const consensus::JournalRecord& record) {
  journal_.append(kRecordType, consensus::encode_record(record));
}

void Disk::crash(Random& random) {
  segment_.crash(random);
  journal_.crash(random);
  database_.crash(random.between(0, database_.unsynced()));
}

Result<Bytes> Disk::read(const storage::Location& location, std::uint32_t offset, std::uint32_t length) const {
  const auto first = location.offset + offset;
  if (location.segment != kSegment || first + length > segment_.size()) {
    return failure(ErrorKind::corrupt, "BLOCK_UNREADABLE", "expected a place inside the segment");
  }
  return to_bytes(ByteView(segment_.bytes()).subspan(first, length));
}

Result<Disk::Contents> Disk::open(const storage::Location& replay_from) {
  Contents contents;
  auto journal = storage::recover(journal_.bytes());
  if (!journal) { return journal.error(); }
  for (const auto& record : journal->records) {
    auto decoded = consensus::decode_record(record.payload);
    if (!decoded) { return decoded.error(); }
    contents.journal.push_back(std::move(*decoded));
  }
  const auto start = replay_from.segment == 0 ? 0 : replay_from.offset - storage::kRecordHeaderBytes;
  auto segment = storage::recover(segment_.bytes(), start);
  if (!segment) { return segment.error(); }
  for (const auto& record : segment->records) {
    const storage::Location location{kSegment, record.place + storage::kRecordHeaderBytes,
                                     static_cast<std::uint32_t>(record.payload.size())};
    auto block = Block::decode(record.payload);
    if (!block) { return block.error(); }
    contents.blocks.emplace_back(location, std::make_shared<const Block>(std::move(*block)));
  }
  for (const auto* log : {&*journal, &*segment}) { contents.torn_tails += log->tail == storage::Tail::torn ? 1 : 0; }
  journal_.truncate(journal->valid_length);
  segment_.truncate(segment->valid_length);
  return contents;
}

}  // namespace keten::simulator
