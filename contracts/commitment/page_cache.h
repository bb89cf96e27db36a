#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "contracts/commitment/map_page.h"
#include "core/bytes.h"

namespace keten::contracts::commitment {

/// Stored pages of the map that lately were read or written, in memory. Owned by whoever drives execution, for one thread; what
/// is in it changes time and never a result: it is used only when the column stands where this cache last saw it.
class PageCache {
 public:
  using Place = std::uint32_t;
  static constexpr Place kNowhere = std::numeric_limits<Place>::max();
  /// Keeps a map of a million entries whole; larger ones keep what was used lately.
  static constexpr std::size_t kBytesMaxDefault = 80 * 1024 * 1024;

  explicit PageCache(std::size_t bytes_max = kBytesMaxDefault);

  /// Forgets everything unless `standing` is what the last call of leave() said. Until the next leave() it stands nowhere, so
  /// an update that fails halfway leaves nothing behind that a later one would believe.
  void enter(ByteView standing);
  void leave(ByteView standing);

  /// Where a page is kept, or kNowhere; it stays there until the next trim() or erase() of it.
  [[nodiscard]] Place find(const PagePlace& page);
  /// Precondition: it is not kept.
  Place add(const PagePlace& page, Bytes stored);
  [[nodiscard]] const Bytes& stored(Place place) const { return entries_[place].stored; }
  /// As it is stored from now on.
  void change(Place place, const Bytes& stored);
  void erase(Place place);
  /// Drops pages that were not used since an earlier trim, or longest ago, until the rest has room.
  void trim();

  [[nodiscard]] std::size_t bytes() const { return bytes_; }  ///< estimated memory of the pages
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  struct Entry {
    PagePlace page;
    Bytes stored;
    bool is_used = false;   ///< since the hand last passed
    bool is_there = false;  ///< else free
  };

  void clear();
  void grow_table();
  [[nodiscard]] std::size_t first_slot(const PagePlace& page) const;
  [[nodiscard]] static std::size_t bytes_of(const Bytes& stored);

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::size_t count_ = 0;
  Bytes standing_;
  std::vector<Entry> entries_;
  std::vector<Place> free_;
  std::vector<Place> table_;  ///< by first_slot(), then the next one that is free; a power of two, at most half full
  std::size_t hand_ = 0;      ///< of the clock that trim() turns
};

}  // namespace keten::contracts::commitment
