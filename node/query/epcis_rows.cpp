#include "node/query/epcis_rows.h"

#include <algorithm>
#include <limits>
#include <tuple>

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

std::pair<Bytes, Bytes> key_range(const Bytes& prefix, const Stamp& newest, const Stamp& oldest) {
  const auto key = [&](const Stamp& stamp) {
    auto result = prefix;
    const auto tail = index_rows::descending(stamp);
    result.insert(result.end(), tail.begin(), tail.end());
    return result;
  };
  auto end = key(oldest);
  end.push_back(0);  // the oldest row itself is inside
  return {key(newest), std::move(end)};
}

RowCursor::RowCursor(const contracts::StateReader& index, Bytes prefix, const Stamp& newest, const Stamp& oldest,
                     Direction direction)
    : index_(index), direction_(direction) {
  std::tie(first_, end_) = key_range(prefix, newest, oldest);
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
  constexpr std::size_t kPortionMax = 256;
  portion_.clear();
  at_ = 0;
  stamp_.reset();
  if (exhausted_) { return; }
  Bytes last;
  const auto take = [&](ByteView key, ByteView) {
    if (const auto stamp = index_rows::stamp_of(key)) { portion_.push_back(*stamp); }
    last = to_bytes(key);
    return portion_.size() < portion_size_;
  };
  if (direction_ == Direction::newest_first) {
    index_.scan(first_, end_, take);
  } else {
    index_.scan_back(first_, end_, take);
  }
  exhausted_ = portion_.size() < portion_size_;
  portion_size_ = std::min(2 * portion_size_, kPortionMax);
  if (portion_.empty()) { return; }
  stamp_ = portion_.front();
  if (direction_ == Direction::newest_first) {
    first_ = std::move(last);
    first_.push_back(0);
  } else {
    end_ = std::move(last);
  }
}

MergedRows::MergedRows(std::vector<RowCursor> cursors, Direction direction)
    : cursors_(std::move(cursors)), direction_(direction) {
  for (auto& cursor : cursors_) {
    if (cursor.stamp()) { push(&cursor); }
  }
}

bool MergedRows::comes_later(const RowCursor* left, const RowCursor* right) const {
  return direction_ == Direction::newest_first ? *left->stamp() < *right->stamp() : *left->stamp() > *right->stamp();
}

void MergedRows::push(RowCursor* cursor) {
  heap_.push_back(cursor);
  std::push_heap(heap_.begin(), heap_.end(), [this](auto* left, auto* right) { return comes_later(left, right); });
}

std::optional<Stamp> MergedRows::next() {
  if (heap_.empty()) { return std::nullopt; }
  const Stamp result = *heap_.front()->stamp();
  while (!heap_.empty() && *heap_.front()->stamp() == result) {
    std::pop_heap(heap_.begin(), heap_.end(), [this](auto* left, auto* right) { return comes_later(left, right); });
    auto* cursor = heap_.back();
    heap_.pop_back();
    cursor->next();
    if (cursor->stamp()) { push(cursor); }
  }
  return result;
}

}  // namespace keten::query
