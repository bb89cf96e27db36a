#include "contracts/commitment/map.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>

#include "contracts/commitment/map_page.h"
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

/// One pass over the changes of a height: down level by level, reading; up again, hashing and writing.
class Update {
 public:
  Update(const StateReader& proofs, Height height, Rows& rows) : proofs_(proofs), height_(height), rows_(rows) {}

  /// Precondition: there are changes.
  Hash run(std::vector<MapChange> changes) {
    std::ranges::sort(changes, {}, &MapChange::key);
    rows_.reserve(rows_.size() + 3 * changes.size());
    levels_.push_back({});
    levels_.back().push_back({.place = PagePlace::root(), .changes = changes});
    while (!levels_.back().empty()) { levels_.push_back(descend(levels_.back())); }
    Hash top;
    for (auto level = levels_.size(); level-- > 0;) {
      finish(levels_[level], [&](const Step& step, const Subtree& subtree) {
        if (level == 0) {
          top = subtree.hash;
        } else {
          levels_[level - 1][step.parent].page.slots[step.slot] = subtree;
        }
      });
      levels_.pop_back();
    }
    write_undo_rows();
    return top;
  }

 private:
  struct Step {
    PagePlace place;
    Changes changes;         ///< all below this page
    std::size_t parent = 0;  ///< its number in the level above
    std::size_t slot = 0;    ///< of the parent
    std::optional<Bytes> stored = std::nullopt;
    Page page = {};
  };
  using Level = std::vector<Step>;
  /// What one call hashes together: few enough to stay in the processor's cache.
  static constexpr std::size_t kHashedTogether = 64;

  /// Reads the pages of a level and changes those that list their keys; what is behind the others is the next level.
  Level descend(Level& level) {
    std::vector<Bytes> keys;
    keys.reserve(level.size());
    std::size_t changes = 0;
    for (const auto& step : level) {
      keys.push_back(step.place.row_key());
      changes += step.changes.size();
    }
    auto stored = proofs_.get_many(keys);
    Level next;
    for (std::size_t i = 0; i < level.size(); ++i) {
      auto& step = level[i];
      step.stored = std::move(stored[i]);
      if (step.stored) { step.page = Page::decode(*step.stored); }
      if (!step.page.is_inner) {
        change_leaves(step);
        continue;
      }
      if (next.empty()) { next.reserve(std::min(changes, level.size() * kPageSlots)); }
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
    const auto before = std::move(step.page.leaves);
    std::vector<Page::Leaf> leaves;
    leaves.reserve(before.size() + step.changes.size());
    auto old = before.begin();
    for (const auto& change : step.changes) {
      while (old != before.end() && old->key < change.key) { leaves.push_back(*old++); }
      if (old != before.end() && old->key == change.key) { ++old; }
      if (change.value) { leaves.push_back({change.key, *change.value}); }
    }
    leaves.insert(leaves.end(), old, before.end());
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
      write(below, {}, child, child.encode());
      first = last;
    }
    return page;
  }

  /// Writes the pages of a level that changed and tells what their subtrees are.
  template <typename Tell>
  void finish(const Level& level, const Tell& tell) {
    Subtrees hashed;
    for (std::size_t first = 0; first < level.size(); first += kHashedTogether) {
      const auto together = std::span(level).subspan(first, std::min(kHashedTogether, level.size() - first));
      for (const auto& step : together) { hashed.add(step.page, step.place.depth); }
      const auto subtrees = hashed.finish();
      for (std::size_t i = 0; i < together.size(); ++i) {
        const auto& step = together[i];
        tell(step, subtrees[i]);
        auto bytes = step.page.encode();
        const bool is_same = step.stored ? bytes == *step.stored : step.page.is_empty();
        if (!is_same) {
          write(step.place, step.stored ? Page::decode(*step.stored) : Page{}, step.page, std::move(bytes));
        }
      }
    }
  }

  void write(const PagePlace& place, const Page& before, const Page& page, Bytes bytes) {
    rows_.push_back({place.row_key(), page.is_empty() ? std::nullopt : std::optional(std::move(bytes))});
    auto& undo = place.depth < 8 ? undo_of_top_ : undo_.at(place.path.bytes[0]);
    write_place(undo, place);
    write_undo(undo, before, page);
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
  std::vector<Level> levels_;
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
