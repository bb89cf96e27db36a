#include "contracts/commitment/map.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>

#include "contracts/commitment/map_page.h"
#include "contracts/commitment/page_cache.h"
#include "contracts/commitment/subtrees.h"
#include "core/check.h"
#include "core/encoding.h"

namespace keten::contracts::commitment {
namespace {

using Keys = Subtree::Keys;
using Changes = std::span<const MapChange>;

/// The undo rows of a height are divided by the first byte of the path, so that a proof reads few of them. Pages near the
/// root are in one of their own.
Bytes undo_key(Height height) {
  Bytes key{static_cast<std::uint8_t>(RowKind::undo)};
  for (std::size_t i = 0; i < 8; ++i) { key.push_back(static_cast<std::uint8_t>(height.value >> (56U - 8U * i))); }
  return key;
}
Bytes undo_key(Height height, const PagePlace& place) {
  auto key = undo_key(height);
  if (place.depth >= 8) { key.push_back(place.path.bytes[0]); }
  return key;
}

void write_place(Writer& writer, const PagePlace& place) {
  writer.u8(static_cast<std::uint8_t>(place.depth));
  writer.raw(place.path.view().first((place.depth + 7) / 8));
}

PagePlace read_place(Reader& reader) {
  PagePlace place;
  place.depth = reader.u8();
  std::ranges::copy(reader.raw((place.depth + 7) / 8), place.path.bytes.begin());
  return place;
}

void erase_undo(const StateReader& proofs, Height newest, Rows& rows) {
  if (newest.value < kProofHeightsKept) { return; }
  const Height gone{newest.value - kProofHeightsKept};
  proofs.scan(undo_key(gone), undo_key(gone.next()), [&](ByteView key, ByteView) {
    rows.push_back({to_bytes(key), std::nullopt});
    return true;
  });
}

/// One pass over the changes of a height: down level by level, reading; up again, changing, hashing and writing.
class Update {
 public:
  Update(const StateReader& proofs, Height height, Rows& rows, PageCache& pages)
      : proofs_(proofs), height_(height), rows_(rows), pages_(pages) {}

  /// Precondition: there are changes.
  Hash run(std::vector<MapChange> changes) {
    std::ranges::sort(changes, {}, &MapChange::key);
    rows_.reserve(rows_.size() + 3 * changes.size());
    levels_.push_back({});
    levels_.back().push_back({.place = PagePlace::root(), .changes = changes, .is_stored = true});
    while (!levels_.back().empty()) { levels_.push_back(descend(levels_.back())); }
    const Level* below = nullptr;
    for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
      finish(*level, below);
      below = &*level;
    }
    write_undo_rows();
    return levels_.front().front().subtree.hash;
  }

 private:
  struct Step {
    PagePlace place;
    Changes changes;         ///< all below this page
    std::size_t slot = 0;    ///< of the page above
    bool is_stored = false;  ///< the page above says that there is something
    PageCache::Place kept = PageCache::kNowhere;
    std::size_t first_child = 0;  ///< in the level below
    std::size_t children = 0;
    Subtree subtree = {};  ///< once finished
  };
  using Level = std::vector<Step>;
  /// A page on the way up.
  struct Work {
    Page before;
    Page after;
    PageDifference difference;
  };
  /// What one call hashes together: few enough to stay in the processor's cache.
  static constexpr std::size_t kWorkedTogether = 64;

  /// Finds the pages of a level; what is behind those that do not list their keys is the next level.
  Level descend(Level& level) {
    find_pages(level);
    Level next;
    for (auto& step : level) {
      if (step.kept == PageCache::kNowhere) { continue; }
      const ByteView stored = pages_.stored(step.kept);
      if (!is_inner(stored)) { continue; }
      if (next.capacity() == 0) {
        next.reserve(std::min(levels_.front().front().changes.size(), level.size() * kPageSlots));
      }
      step.first_child = next.size();
      for (auto rest = step.changes; !rest.empty();) {
        const auto slot = step.place.slot_of(rest.front().key);
        std::size_t count = 1;
        while (count < rest.size() && step.place.slot_of(rest[count].key) == slot) { ++count; }
        next.push_back({.place = step.place.child(slot),
                        .changes = rest.first(count),
                        .slot = slot,
                        .is_stored = has_below(stored, slot)});
        rest = rest.subspan(count);
      }
      step.children = next.size() - step.first_child;
    }
    return next;
  }

  void find_pages(Level& level) {
    std::vector<Step*> missing;
    std::vector<Bytes> keys;
    for (auto& step : level) {
      if (!step.is_stored) { continue; }
      step.kept = pages_.find(step.place);
      if (step.kept != PageCache::kNowhere) { continue; }
      missing.push_back(&step);
      keys.push_back(step.place.row_key());
    }
    auto stored = proofs_.get_many(keys);
    for (std::size_t i = 0; i < missing.size(); ++i) {
      if (stored[i]) { missing[i]->kept = pages_.add(missing[i]->place, std::move(*stored[i])); }
    }
  }

  /// A page as it is afterwards. `below`: the next level, finished.
  void change(const Step& step, const Level* below, Work& work) {
    work.before.read(step.kept == PageCache::kNowhere ? ByteView() : ByteView(pages_.stored(step.kept)));
    work.difference.leaves.clear();
    work.difference.slots = 0;
    if (!work.before.is_inner) {
      change_leaves(step, work);
      return;
    }
    work.after.is_inner = true;
    work.after.leaves.clear();
    work.after.slots = work.before.slots;
    for (const auto& child : std::span(*below).subspan(step.first_child, step.children)) {
      auto& slot = work.after.slots[child.slot];
      if (slot == child.subtree) { continue; }
      slot = child.subtree;
      work.difference.slots = static_cast<std::uint16_t>(work.difference.slots | 1U << child.slot);
    }
  }

  void change_leaves(const Step& step, Work& work) {
    const auto& before = work.before.leaves;
    auto& after = work.after.leaves;
    work.after.is_inner = false;
    after.clear();
    after.reserve(before.size() + step.changes.size());
    auto old = before.begin();
    for (const auto& change : step.changes) {
      const auto next = std::ranges::lower_bound(old, before.end(), change.key, {}, &Page::Leaf::key);
      after.insert(after.end(), old, next);
      old = next;
      if (old != before.end() && old->key == change.key) {
        if (old->value != change.value) { work.difference.leaves.push_back({change.key, old->value}); }
        ++old;
      } else if (change.value) {
        work.difference.leaves.push_back({change.key, std::nullopt});
      }
      if (change.value) { after.push_back({change.key, *change.value}); }
    }
    after.insert(after.end(), old, before.end());
    if (after.size() > kPageLeavesMax) { work.after = listing(step.place, std::move(after)); }
  }

  /// A page with these leaves; with too many, they are in new pages below.
  Page listing(const PagePlace& place, std::vector<Page::Leaf> leaves) {
    Page page;
    if (leaves.size() <= kPageLeavesMax || place.is_lowest()) {
      page.leaves = std::move(leaves);
      return page;
    }
    page.is_inner = true;
    for (auto first = leaves.begin(); first != leaves.end();) {
      const auto slot = place.slot_of(first->key);
      const auto last =
          std::find_if(first, leaves.end(), [&](const auto& leaf) { return place.slot_of(leaf.key) != slot; });
      const auto below = place.child(slot);
      const auto child = listing(below, {first, last});
      page.slots[slot] = child.subtree(below);
      write(below, PageCache::kNowhere, {.before = {}, .after = child, .difference = {}});
      first = last;
    }
    return page;
  }

  /// Changes the pages of a level, writes them and finds their subtrees.
  void finish(Level& level, const Level* below) {
    for (std::size_t first = 0; first < level.size(); first += kWorkedTogether) {
      const auto together = std::span(level).subspan(first, std::min(kWorkedTogether, level.size() - first));
      for (std::size_t i = 0; i < together.size(); ++i) {
        change(together[i], below, work_[i]);
        hashed_.add(work_[i].after, together[i].place.depth);
      }
      const auto subtrees = hashed_.finish();
      for (std::size_t i = 0; i < together.size(); ++i) {
        together[i].subtree = subtrees[i];
        if (!work_[i].difference.is_none()) { write(together[i].place, together[i].kept, work_[i]); }
      }
    }
  }

  void write(const PagePlace& place, PageCache::Place kept, const Work& work) {
    auto& undo = place.depth < 8 ? undo_of_top_ : undo_.at(place.path.bytes[0]);
    write_place(undo, place);
    write_undo(undo, work.before, work.after, work.difference);
    if (work.after.is_empty()) {
      if (kept != PageCache::kNowhere) { pages_.erase(kept); }
      rows_.push_back({place.row_key(), std::nullopt});
      return;
    }
    auto bytes = work.after.encode();
    if (kept != PageCache::kNowhere) {
      pages_.change(kept, bytes);
    } else {
      pages_.add(place, bytes);
    }
    rows_.push_back({place.row_key(), std::move(bytes)});
  }

  void write_undo_rows() {
    if (!undo_of_top_.bytes().empty()) { rows_.push_back({undo_key(height_), undo_of_top_.take()}); }
    for (std::size_t byte = 0; byte < undo_.size(); ++byte) {
      if (undo_[byte].bytes().empty()) { continue; }
      auto key = undo_key(height_);
      key.push_back(static_cast<std::uint8_t>(byte));
      rows_.push_back({std::move(key), undo_[byte].take()});
    }
  }

  const StateReader& proofs_;
  Height height_;
  Rows& rows_;
  PageCache& pages_;
  std::vector<Level> levels_;
  std::array<Work, kWorkedTogether> work_;
  Subtrees hashed_;
  Writer undo_of_top_;  ///< of pages whose path has no first byte
  std::array<Writer, 256> undo_;
};

/// Pages as they were after a height.
class Past {
 public:
  Past(const StateReader& proofs, Height newest, Height height) : proofs_(proofs), newest_(newest), height_(height) {}

  Page page(const PagePlace& place) {
    const auto stored = proofs_.get(place.row_key());
    auto page = stored ? Page::decode(*stored) : Page{};
    for (auto height = newest_; height > height_; height = height.previous()) {
      const auto& undo = undo_of(height, place);
      for (Reader reader(undo); reader.remaining() > 0;) {
        if (read_place(reader) == place) {
          apply_undo(page, reader);
        } else {
          skip_undo(reader);
        }
        CHECK(reader.ok());
      }
    }
    return page;
  }

 private:
  const Bytes& undo_of(Height height, const PagePlace& place) {
    const auto [found, is_new] = undo_.try_emplace(undo_key(height, place));
    if (is_new) { found->second = proofs_.get(found->first).value_or(Bytes{}); }
    return found->second;
  }

  const StateReader& proofs_;
  Height newest_;
  Height height_;
  std::map<Bytes, Bytes> undo_;
};

/// Goes down to where a key is, or would be.
class Prover {
 public:
  Prover(Past& past, const Hash& key) : past_(past), key_(key) {}

  MapProof run() {
    for (auto place = PagePlace::root(); place.depth < kMapDepthMax;) {
      const auto page = past_.page(place);
      if (!page.is_inner) {
        walk_leaves(page.leaves, place.depth);
        break;
      }
      if (!walk_slots(page, place)) { break; }
      place = place.child(place.slot_of(key_));
    }
    return std::move(proof_);
  }

 private:
  void walk_leaves(std::span<const Page::Leaf> leaves, std::size_t depth) {
    for (; leaves.size() > 1; ++depth) {
      const auto left = count_left(leaves, depth);
      const bool goes_right = map_bit(key_, depth);
      proof_.siblings.push_back(subtree_of(goes_right ? leaves.first(left) : leaves.subspan(left), depth + 1).hash);
      leaves = goes_right ? leaves.subspan(left) : leaves.first(left);
    }
    if (!leaves.empty()) { proof_.leaf = leaves.front(); }
  }

  /// False when the way ends in this page.
  bool walk_slots(const Page& page, const PagePlace& place) {
    std::array<std::array<Subtree, kPageSlots>, kPageLevels + 1> levels{};
    levels[kPageLevels] = page.slots;
    for (auto level = kPageLevels; level-- > 0;) {
      for (std::size_t i = 0; i < std::size_t{1} << level; ++i) {
        levels[level][i] = joined(levels[level + 1][2 * i], levels[level + 1][2 * i + 1]);
      }
    }
    const auto slot = place.slot_of(key_);
    for (std::size_t level = 0;; ++level) {
      const auto here = slot >> (kPageLevels - level);
      const auto& subtree = levels[level][here];
      if (subtree.keys == Keys::none) { return false; }
      if (subtree.keys == Keys::one) {
        for (auto below = here << (kPageLevels - level);; ++below) {
          if (page.slots[below].keys == Keys::none) { continue; }
          proof_.leaf = only_leaf(place.child(below));
          return false;
        }
      }
      if (level == kPageLevels) { return true; }
      const auto down = slot >> (kPageLevels - level - 1);
      proof_.siblings.push_back(levels[level + 1][down ^ 1U].hash);
    }
  }

  Page::Leaf only_leaf(PagePlace place) {
    for (;;) {
      const auto page = past_.page(place);
      if (!page.is_inner) {
        CHECK(page.leaves.size() == 1);
        return page.leaves.front();
      }
      std::size_t slot = 0;
      while (page.slots.at(slot).keys == Keys::none) { ++slot; }
      place = place.child(slot);
    }
  }

  Past& past_;
  const Hash& key_;
  MapProof proof_;
};

}  // namespace

Hash update_map(const StateReader& proofs, Height height, const Hash& top, std::vector<MapChange> changes, Rows& rows,
                PageCache* pages) {
  erase_undo(proofs, height, rows);
  if (changes.empty()) { return top; }
  PageCache of_this_height(0);
  auto& kept = pages != nullptr ? *pages : of_this_height;
  const auto after = Update(proofs, height, rows, kept).run(std::move(changes));
  kept.trim();
  return after;
}

MapProof prove_in_map(const StateReader& proofs, Height newest, Height height, const Hash& key) {
  CHECK(height <= newest && newest.value - height.value <= kProofHeightsKept);
  Past past(proofs, newest, height);
  return Prover(past, key).run();
}

}  // namespace keten::contracts::commitment
