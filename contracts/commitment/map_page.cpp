#include "contracts/commitment/map_page.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "contracts/commitment/rows.h"
#include "core/check.h"

namespace keten::contracts::commitment {
namespace {

using Keys = Subtree::Keys;

enum class Form : std::uint8_t { list = 0, inner = 1 };
enum class Undo : std::uint8_t { empty = 0, whole = 1, leaves = 2, slots = 3 };

constexpr std::size_t kLeafBytes = 2 * Hash::size;

void write_leaf(Writer& writer, const Page::Leaf& leaf) {
  writer.fixed(leaf.key);
  writer.fixed(leaf.value);
}

/// Precondition: that many bytes.
void copy_hash(Hash& hash, const std::uint8_t* bytes) { std::memcpy(hash.bytes.data(), bytes, Hash::size); }

bool by_key(const Page::Leaf& leaf, const Hash& key) { return leaf.key < key; }

/// Leaves of `before` that are others or none in `after`, and keys that are new in `after`.
std::vector<std::pair<Hash, std::optional<Hash>>> differences(const std::vector<Page::Leaf>& before,
                                                              const std::vector<Page::Leaf>& after) {
  std::vector<std::pair<Hash, std::optional<Hash>>> result;
  auto old = before.begin();
  auto now = after.begin();
  while (old != before.end() || now != after.end()) {
    if (now == after.end() || (old != before.end() && old->key < now->key)) {
      result.emplace_back(old->key, old->value);
      ++old;
    } else if (old == before.end() || now->key < old->key) {
      result.emplace_back(now->key, std::nullopt);
      ++now;
    } else {
      if (old->value != now->value) { result.emplace_back(old->key, old->value); }
      ++old;
      ++now;
    }
  }
  return result;
}

void write_leaves_undo(Writer& writer, const Page& before, const Page& after) {
  const auto changed = differences(before.leaves, after.leaves);
  writer.u8(static_cast<std::uint8_t>(Undo::leaves));
  writer.u16(static_cast<std::uint16_t>(changed.size()));
  for (const auto& [key, value] : changed) {
    writer.fixed(key);
    writer.u8(value ? 1 : 0);
    if (value) { writer.fixed(*value); }
  }
}

void write_slots_undo(Writer& writer, const Page& before, const Page& after) {
  writer.u8(static_cast<std::uint8_t>(Undo::slots));
  std::uint16_t changed = 0;
  for (std::size_t slot = 0; slot < kPageSlots; ++slot) {
    if (before.slots[slot] != after.slots[slot]) { changed = static_cast<std::uint16_t>(changed | (1U << slot)); }
  }
  writer.u16(changed);
  for (std::size_t slot = 0; slot < kPageSlots; ++slot) {
    if ((changed & (1U << slot)) == 0) { continue; }
    const auto& old = before.slots[slot];
    writer.u8(static_cast<std::uint8_t>(old.keys));
    if (old.keys != Keys::none) { writer.fixed(old.hash); }
  }
}

void undo_leaf(Page& page, const Hash& key, const std::optional<Hash>& value) {
  const auto place = std::lower_bound(page.leaves.begin(), page.leaves.end(), key, by_key);
  const bool is_there = place != page.leaves.end() && place->key == key;
  if (value && is_there) {
    place->value = *value;
  } else if (value) {
    page.leaves.insert(place, {key, *value});
  } else if (is_there) {
    page.leaves.erase(place);
  }
}

/// Reads one undo; with a page, applies it.
void read_undo(Reader& undo, Page* page) {
  switch (static_cast<Undo>(undo.u8())) {
    case Undo::empty:
      if (page != nullptr) { *page = {}; }
      return;
    case Undo::whole: {
      const auto bytes = undo.sized(undo.remaining());
      if (page != nullptr) { *page = Page::decode(bytes); }
      return;
    }
    case Undo::leaves:
      for (auto count = undo.u16(); count > 0; --count) {
        const auto key = undo.fixed<Hash>();
        const auto value = undo.u8() != 0 ? std::optional(undo.fixed<Hash>()) : std::nullopt;
        if (page != nullptr) { undo_leaf(*page, key, value); }
      }
      return;
    case Undo::slots: {
      const auto changed = undo.u16();
      for (std::size_t slot = 0; slot < kPageSlots; ++slot) {
        if ((changed & (1U << slot)) == 0) { continue; }
        Subtree old;
        old.keys = static_cast<Keys>(undo.u8());
        if (old.keys != Keys::none) { old.hash = undo.fixed<Hash>(); }
        if (page != nullptr) { page->slots[slot] = old; }
      }
      return;
    }
  }
  CHECK(false);  // written by write_undo
}

}  // namespace

Subtree joined(const Subtree& left, const Subtree& right) {
  if (left.keys == Keys::none && right.keys != Keys::more) { return right; }
  if (right.keys == Keys::none && left.keys != Keys::more) { return left; }
  return {Keys::more, map_node(left.hash, right.hash)};
}

PagePlace PagePlace::child(std::size_t slot) const {
  PagePlace result{depth + kPageLevels, path};
  for (std::size_t level = 0; level < kPageLevels; ++level) {
    if ((slot >> (kPageLevels - 1 - level) & 1U) == 0) { continue; }
    auto& byte = result.path.bytes[(depth + level) / 8];
    byte = static_cast<std::uint8_t>(byte | (0x80U >> (depth + level) % 8));
  }
  return result;
}

std::size_t PagePlace::slot_of(const Hash& key) const {
  std::size_t slot = 0;
  for (std::size_t level = 0; level < kPageLevels; ++level) {
    slot = slot << 1U | (map_bit(key, depth + level) ? 1U : 0U);
  }
  return slot;
}

Bytes PagePlace::row_key() const {
  Bytes key;
  const auto path_bytes = (depth + 7) / 8;
  key.reserve(2 + path_bytes);
  key.push_back(static_cast<std::uint8_t>(RowKind::map_page));
  key.push_back(static_cast<std::uint8_t>(depth));
  key.insert(key.end(), path.bytes.begin(), path.bytes.begin() + static_cast<std::ptrdiff_t>(path_bytes));
  return key;
}

bool Page::is_empty() const {
  if (!is_inner) { return leaves.empty(); }
  return std::ranges::all_of(slots, [](const Subtree& slot) { return slot.keys == Keys::none; });
}

Subtree Page::subtree(const PagePlace& place) const {
  if (!is_inner) { return subtree_of(leaves, place.depth); }
  auto halves = slots;
  for (auto count = kPageSlots / 2; count > 0; count /= 2) {
    for (std::size_t i = 0; i < count; ++i) { halves[i] = joined(halves[2 * i], halves[2 * i + 1]); }
  }
  return halves[0];
}

Bytes Page::encode() const {
  Writer writer;
  if (!is_inner) {
    writer.reserve(1 + leaves.size() * kLeafBytes);
    writer.u8(static_cast<std::uint8_t>(Form::list));
    for (const auto& leaf : leaves) { write_leaf(writer, leaf); }
    return writer.take();
  }
  writer.reserve(5 + kPageSlots * Hash::size);
  writer.u8(static_cast<std::uint8_t>(Form::inner));
  std::uint16_t present = 0;
  std::uint16_t single = 0;
  for (std::size_t slot = 0; slot < kPageSlots; ++slot) {
    const auto bit = static_cast<std::uint16_t>(1U << slot);
    if (slots[slot].keys != Keys::none) { present |= bit; }
    if (slots[slot].keys == Keys::one) { single |= bit; }
  }
  writer.u16(present);
  writer.u16(single);
  for (const auto& slot : slots) {
    if (slot.keys != Keys::none) { writer.fixed(slot.hash); }
  }
  return writer.take();
}

Page Page::decode(ByteView bytes) {
  Reader reader(bytes);
  Page page;
  page.is_inner = reader.u8() == static_cast<std::uint8_t>(Form::inner);
  if (page.is_inner) {
    const auto present = reader.u16();
    const auto single = reader.u16();
    const auto hashes = reader.raw(static_cast<std::size_t>(std::popcount(present)) * Hash::size);
    CHECK(reader.finish("page of the map").ok());
    const auto* next = hashes.data();
    for (std::size_t slot = 0; slot < kPageSlots; ++slot) {
      if ((present >> slot & 1U) == 0) { continue; }
      page.slots[slot].keys = (single >> slot & 1U) != 0 ? Keys::one : Keys::more;
      copy_hash(page.slots[slot].hash, next);
      next += Hash::size;
    }
  } else {
    CHECK(reader.remaining() % kLeafBytes == 0);
    page.leaves.resize(reader.remaining() / kLeafBytes);
    const auto* next = reader.raw(reader.remaining()).data();
    for (auto& leaf : page.leaves) {
      copy_hash(leaf.key, next);
      copy_hash(leaf.value, next + Hash::size);
      next += kLeafBytes;
    }
  }
  return page;
}

std::size_t count_left(std::span<const Page::Leaf> leaves, std::size_t depth) {
  const auto right = std::ranges::partition_point(leaves, [&](const auto& leaf) { return !map_bit(leaf.key, depth); });
  return static_cast<std::size_t>(right - leaves.begin());
}

Subtree subtree_of(std::span<const Page::Leaf> leaves, std::size_t depth) {
  if (leaves.empty()) { return {}; }
  if (leaves.size() == 1) { return {Keys::one, map_leaf(leaves[0].key, leaves[0].value)}; }
  const auto left = count_left(leaves, depth);
  return joined(subtree_of(leaves.first(left), depth + 1), subtree_of(leaves.subspan(left), depth + 1));
}

void write_undo(Writer& writer, const Page& before, const Page& after) {
  if (before.is_empty()) {
    writer.u8(static_cast<std::uint8_t>(Undo::empty));
  } else if (after.is_empty() || before.is_inner != after.is_inner) {
    writer.u8(static_cast<std::uint8_t>(Undo::whole));
    writer.sized(before.encode());
  } else if (before.is_inner) {
    write_slots_undo(writer, before, after);
  } else {
    write_leaves_undo(writer, before, after);
  }
}

void apply_undo(Page& page, Reader& undo) { read_undo(undo, &page); }

void skip_undo(Reader& undo) { read_undo(undo, nullptr); }

}  // namespace keten::contracts::commitment
