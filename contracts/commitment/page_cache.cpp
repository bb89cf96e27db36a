#include "contracts/commitment/page_cache.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace keten::contracts::commitment {
namespace {

constexpr std::size_t kTableMin = 1024;
/// Of the entry, its slots in the table and what the allocator adds.
constexpr std::size_t kBytesBesideStored = 112;

}  // namespace

PageCache::PageCache(std::size_t bytes_max) : bytes_max_(bytes_max), table_(kTableMin, kNowhere) {}

void PageCache::enter(ByteView standing) {
  if (standing_.empty() || !std::ranges::equal(standing_, standing)) { clear(); }
  standing_.clear();
}

void PageCache::leave(ByteView standing) { standing_.assign(standing.begin(), standing.end()); }

PageCache::Place PageCache::find(const PagePlace& page) {
  for (auto slot = first_slot(page); table_[slot] != kNowhere; slot = (slot + 1) & (table_.size() - 1)) {
    auto& entry = entries_[table_[slot]];
    if (entry.page == page) {
      entry.is_used = true;
      return table_[slot];
    }
  }
  return kNowhere;
}

PageCache::Place PageCache::add(const PagePlace& page, Bytes stored) {
  if (2 * (count_ + 1) > table_.size()) { grow_table(); }
  Place place = 0;
  if (free_.empty()) {
    place = static_cast<Place>(entries_.size());
    entries_.emplace_back();
  } else {
    place = free_.back();
    free_.pop_back();
  }
  bytes_ += bytes_of(stored);
  entries_[place] = {.page = page, .stored = std::move(stored), .is_used = true, .is_there = true};
  auto slot = first_slot(page);
  while (table_[slot] != kNowhere) { slot = (slot + 1) & (table_.size() - 1); }
  table_[slot] = place;
  ++count_;
  return place;
}

void PageCache::change(Place place, const Bytes& stored) {
  auto& entry = entries_[place];
  bytes_ -= bytes_of(entry.stored);
  entry.stored = stored;
  bytes_ += bytes_of(entry.stored);
}

void PageCache::erase(Place place) {
  auto& entry = entries_[place];
  CHECK(entry.is_there);
  const auto mask = table_.size() - 1;
  auto gap = first_slot(entry.page);
  while (table_[gap] != place) { gap = (gap + 1) & mask; }
  // Whatever lies behind the gap and may lie in it moves there, so that no search ends too early.
  for (auto slot = (gap + 1) & mask; table_[slot] != kNowhere; slot = (slot + 1) & mask) {
    const auto first = first_slot(entries_[table_[slot]].page);
    if (((slot - first) & mask) >= ((slot - gap) & mask)) {
      table_[gap] = table_[slot];
      gap = slot;
    }
  }
  table_[gap] = kNowhere;
  bytes_ -= bytes_of(entry.stored);
  entry = {};
  free_.push_back(place);
  --count_;
}

void PageCache::trim() {
  while (bytes_ > bytes_max_) {
    if (hand_ >= entries_.size()) { hand_ = 0; }
    auto& entry = entries_[hand_];
    if (entry.is_there && !entry.is_used) { erase(static_cast<Place>(hand_)); }
    entry.is_used = false;
    ++hand_;
  }
}

void PageCache::clear() {
  entries_.clear();
  free_.clear();
  table_.assign(kTableMin, kNowhere);
  bytes_ = count_ = hand_ = 0;
}

void PageCache::grow_table() {
  table_.assign(2 * table_.size(), kNowhere);
  for (std::size_t place = 0; place < entries_.size(); ++place) {
    if (!entries_[place].is_there) { continue; }
    auto slot = first_slot(entries_[place].page);
    while (table_[slot] != kNowhere) { slot = (slot + 1) & (table_.size() - 1); }
    table_[slot] = static_cast<Place>(place);
  }
}

std::size_t PageCache::first_slot(const PagePlace& page) const {
  std::uint64_t bits = page.depth;
  for (std::size_t i = 0; i < 8; ++i) { bits += static_cast<std::uint64_t>(page.path.bytes[i]) << (8 * i + 1); }
  bits *= 0x9E3779B97F4A7C15U;  // 2^64 divided by the golden ratio: spreads what differs in few bits
  return static_cast<std::size_t>(bits >> 32U) & (table_.size() - 1);
}

std::size_t PageCache::bytes_of(const Bytes& stored) { return stored.capacity() + kBytesBesideStored; }

}  // namespace keten::contracts::commitment
