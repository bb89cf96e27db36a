#include "node/query/epcis_rows.h"

#include <limits>

namespace keten::query {

namespace index_rows = production::index_rows;
using index_rows::Stamp;

Result<production::EventSummary> read_summary(const contracts::StateReader& index,
                                              const production::EventPosition& position) {
  const auto row = index.get(index_rows::summary_key(position));
  if (!row) {
    return failure(ErrorKind::corrupt, "INDEX_CORRUPT",
                   "no summary of the event at height " + position.height.text() + "; rebuild the query index");
  }
  return production::decode_event_summary(*row, position);
}

Stamp newest_stamp() {
  return {std::numeric_limits<production::EventTime>::max(),
          {Height{std::numeric_limits<std::uint64_t>::max()}, std::numeric_limits<std::uint32_t>::max(),
           std::numeric_limits<std::uint16_t>::max()}};
}

Stamp oldest_stamp() { return {std::numeric_limits<production::EventTime>::min(), {}}; }

RowCursor::RowCursor(const contracts::StateReader& index, Bytes prefix, const Stamp& newest, const Stamp& oldest)
    : index_(index) {
  const auto key = [&](const Stamp& stamp) {
    auto result = prefix;
    const auto tail = index_rows::descending(stamp);
    result.insert(result.end(), tail.begin(), tail.end());
    return result;
  };
  next_key_ = key(newest);
  end_ = key(oldest);
  end_.push_back(0);  // the oldest row itself is inside
  exhausted_ = newest < oldest;
  fill();
}

void RowCursor::next() {
  ++at_;
  if (at_ < portion_.size()) {
    stamp_ = portion_[at_];
  } else {
    fill();
  }
}

void RowCursor::fill() {
  constexpr std::size_t kPortion = 64;
  portion_.clear();
  at_ = 0;
  stamp_.reset();
  if (exhausted_) { return; }
  Bytes last;
  index_.scan(next_key_, end_, [&](ByteView key, ByteView) {
    if (const auto stamp = index_rows::stamp_of(key)) { portion_.push_back(*stamp); }
    last = to_bytes(key);
    return portion_.size() < kPortion;
  });
  exhausted_ = portion_.size() < kPortion;
  if (!portion_.empty()) {
    next_key_ = std::move(last);
    next_key_.push_back(0);
    stamp_ = portion_.front();
  }
}

std::optional<Stamp> MergedRows::next() {
  RowCursor* newest = nullptr;
  for (auto& cursor : cursors_) {
    if (cursor.stamp() && (newest == nullptr || *cursor.stamp() > *newest->stamp())) { newest = &cursor; }
  }
  if (newest == nullptr) { return std::nullopt; }
  const Stamp result = *newest->stamp();
  for (auto& cursor : cursors_) {
    if (cursor.stamp() == result) { cursor.next(); }
  }
  return result;
}

}  // namespace keten::query
