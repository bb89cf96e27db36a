#include "contracts/commitment/map.h"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "contracts/commitment/map_page.h"
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

/// One pass over the changes of a height: down level by level, reading; up again, hashing and writing.
class Update {
 public:
  Update(const StateReader& proofs, Height height, Rows& rows) : proofs_(proofs), height_(height), rows_(rows) {}

  /// Precondition: there are changes.
  Hash run(std::vector<MapChange> changes) {
    std::ranges::sort(changes, {}, &MapChange::key);
    levels_.push_back({});
    levels_.back().push_back({.place = PagePlace::root(), .changes = changes});
    while (!levels_.back().empty()) { levels_.push_back(descend(levels_.back())); }
    Subtree top;
    for (auto level = levels_.size(); level-- > 0;) {
      for (auto& step : levels_[level]) {
        const auto subtree = finish(step);
        if (level == 0) {
          top = subtree;
        } else {
          levels_[level - 1][step.parent].page.slots[step.slot] = subtree;
        }
      }
    }
    for (auto& [key, undo] : undo_) { rows_.push_back({key, undo.take()}); }
    return top.hash;
  }

 private:
  struct Step {
    PagePlace place;
    Changes changes;         ///< all below this page
    std::size_t parent = 0;  ///< its number in the level above
    std::size_t slot = 0;    ///< of the parent
    Page before = {};
    Page page = {};
  };
  using Level = std::vector<Step>;

  /// Reads the pages of a level and changes those that list their keys; what is behind the others is the next level.
  Level descend(Level& level) {
    std::vector<Bytes> keys;
    keys.reserve(level.size());
    for (const auto& step : level) { keys.push_back(step.place.row_key()); }
    const auto stored = proofs_.get_many(keys);
    Level next;
    for (std::size_t i = 0; i < level.size(); ++i) {
      auto& step = level[i];
      if (stored[i]) { step.before = Page::decode(*stored[i]); }
      step.page = step.before;
      if (!step.page.is_inner) {
        change_leaves(step);
        continue;
      }
      for (auto rest = step.changes; !rest.empty();) {
        const auto slot = step.place.slot_of(rest.front().key);
        std::size_t count = 1;
        while (count < rest.size() && step.place.slot_of(rest[count].key) == slot) { ++count; }
        next.push_back({.place = step.place.child(slot), .changes = rest.first(count), .parent = i, .slot = slot});
        rest = rest.subspan(count);
      }
    }
    return next;
  }

  void change_leaves(Step& step) {
    std::vector<Page::Leaf> leaves;
    leaves.reserve(step.before.leaves.size() + step.changes.size());
    auto old = step.before.leaves.begin();
    const auto end = step.before.leaves.end();
    for (const auto& change : step.changes) {
      while (old != end && old->key < change.key) { leaves.push_back(*old++); }
      if (old != end && old->key == change.key) { ++old; }
      if (change.value) { leaves.push_back({change.key, *change.value}); }
    }
    leaves.insert(leaves.end(), old, end);
    step.page = listing(step.place, std::move(leaves));
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
      write(below, {}, child);
      first = last;
    }
    return page;
  }

  Subtree finish(const Step& step) {
    if (step.page != step.before) { write(step.place, step.before, step.page); }
    return step.page.subtree(step.place);
  }

  void write(const PagePlace& place, const Page& before, const Page& page) {
    rows_.push_back({place.row_key(), page.is_empty() ? std::nullopt : std::optional(page.encode())});
    auto& undo = undo_[undo_key(height_, place)];
    write_place(undo, place);
    undo.raw(encode_undo(before, page));
  }

  const StateReader& proofs_;
  Height height_;
  Rows& rows_;
  std::vector<Level> levels_;
  std::map<Bytes, Writer> undo_;
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

Hash update_map(const StateReader& proofs, Height height, const Hash& top, std::vector<MapChange> changes, Rows& rows) {
  erase_undo(proofs, height, rows);
  return changes.empty() ? top : Update(proofs, height, rows).run(std::move(changes));
}

MapProof prove_in_map(const StateReader& proofs, Height newest, Height height, const Hash& key) {
  CHECK(height <= newest && newest.value - height.value <= kProofHeightsKept);
  Past past(proofs, newest, height);
  return Prover(past, key).run();
}

}  // namespace keten::contracts::commitment
