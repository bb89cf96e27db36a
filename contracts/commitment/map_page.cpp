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

static_assert(sizeof(Page::Leaf) == kLeafBytes && alignof(Page::Leaf) == 1, "leaves are copied as they are stored");
/// Form and two times 16 bits.
constexpr std::size_t kInnerHeadBytes = 5;

std::uint16_t bits_at(ByteView bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(bytes[offset] | bytes[offset + 1] << 8U);
}

void put_bits(Bytes& bytes, std::size_t offset, std::uint16_t bits) {
  bytes[offset] = static_cast<std::uint8_t>(bits);
  bytes[offset + 1] = static_cast<std::uint8_t>(bits >> 8U);
}

/// Precondition: that many bytes.
void copy_hash(Hash& hash, const std::uint8_t* bytes) { std::memcpy(hash.bytes.data(), bytes, Hash::size); }

bool by_key(const Page::Leaf& leaf, const Hash& key) { return leaf.key < key; }

void write_leaves_undo(Writer& writer, const std::vector<PageDifference::Leaf>& leaves) {
  writer.u8(static_cast<std::uint8_t>(Undo::leaves));
  writer.u16(static_cast<std::uint16_t>(leaves.size()));
  for (const auto& leaf : leaves) {
    writer.fixed(leaf.key);
    writer.u8(leaf.before ? 1 : 0);
    if (leaf.before) { writer.fixed(*leaf.before); }
  }
}

void write_slots_undo(Writer& writer, const Page& before, std::uint16_t changed) {
  writer.u8(static_cast<std::uint8_t>(Undo::slots));
  writer.u16(changed);
  for (std::size_t slot = 0; slot < kPageSlots; ++slot) {
    if ((changed >> slot & 1U) == 0) { continue; }
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
  auto& byte = result.path.bytes[depth / 8];
  byte = static_cast<std::uint8_t>(byte | (depth % 8 == 0 ? slot << 4U : slot));
  return result;
}

std::size_t PagePlace::slot_of(const Hash& key) const {
  const std::size_t byte = key.bytes[depth / 8];
  return depth % 8 == 0 ? byte >> 4U : byte & 15U;
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
  if (!is_inner) {
    Bytes bytes(1 + leaves.size() * kLeafBytes);
    bytes[0] = static_cast<std::uint8_t>(Form::list);
    if (!leaves.empty()) { std::memcpy(bytes.data() + 1, leaves.data(), leaves.size() * kLeafBytes); }
    return bytes;
  }
  std::uint16_t present = 0;
  std::uint16_t single = 0;
  for (std::size_t slot = 0; slot < kPageSlots; ++slot) {
    const auto bit = static_cast<std::uint16_t>(1U << slot);
    if (slots[slot].keys != Keys::none) { present |= bit; }
    if (slots[slot].keys == Keys::one) { single |= bit; }
  }
  Bytes bytes(kInnerHeadBytes + static_cast<std::size_t>(std::popcount(present)) * Hash::size);
  bytes[0] = static_cast<std::uint8_t>(Form::inner);
  put_bits(bytes, 1, present);
  put_bits(bytes, 3, single);
  auto* next = bytes.data() + kInnerHeadBytes;
  for (const auto& slot : slots) {
    if (slot.keys == Keys::none) { continue; }
    std::memcpy(next, slot.hash.bytes.data(), Hash::size);
    next += Hash::size;
  }
  return bytes;
}

bool is_inner(ByteView stored) { return !stored.empty() && stored[0] == static_cast<std::uint8_t>(Form::inner); }

bool has_below(ByteView stored, std::size_t slot) { return is_inner(stored) && (bits_at(stored, 1) >> slot & 1U) != 0; }

void Page::read(ByteView stored) {
  is_inner = commitment::is_inner(stored);
  leaves.clear();
  if (is_inner) {
    CHECK(stored.size() >= kInnerHeadBytes);
    const auto present = bits_at(stored, 1);
    const auto single = bits_at(stored, 3);
    CHECK(stored.size() == kInnerHeadBytes + static_cast<std::size_t>(std::popcount(present)) * Hash::size);
    const auto* next = stored.data() + kInnerHeadBytes;
    for (std::size_t slot = 0; slot < kPageSlots; ++slot) {
      if ((present >> slot & 1U) == 0) {
        slots[slot] = {};
        continue;
      }
      slots[slot].keys = (single >> slot & 1U) != 0 ? Keys::one : Keys::more;
      copy_hash(slots[slot].hash, next);
      next += Hash::size;
    }
  } else if (!stored.empty()) {
    const auto list = stored.subspan(1);
    CHECK(list.size() % kLeafBytes == 0);
    leaves.resize(list.size() / kLeafBytes);
    if (!leaves.empty()) { std::memcpy(leaves.data(), list.data(), list.size()); }
  }
}

Page Page::decode(ByteView stored) {
  Page page;
  page.read(stored);
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

void write_undo(Writer& writer, const Page& before, const Page& after, const PageDifference& difference) {
  if (before.is_empty()) {
    writer.u8(static_cast<std::uint8_t>(Undo::empty));
  } else if (after.is_empty() || before.is_inner != after.is_inner) {
    writer.u8(static_cast<std::uint8_t>(Undo::whole));
    writer.sized(before.encode());
  } else if (before.is_inner) {
    write_slots_undo(writer, before, difference.slots);
  } else {
    write_leaves_undo(writer, difference.leaves);
  }
}

void apply_undo(Page& page, Reader& undo) { read_undo(undo, &page); }

void skip_undo(Reader& undo) { read_undo(undo, nullptr); }

}  // namespace keten::contracts::commitment
