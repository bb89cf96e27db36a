#include "core/commitment.h"

#include <algorithm>
#include <array>

#include "core/blake2b.h"
#include "core/check.h"
#include "core/encoding.h"
#include "core/hash.h"
#include "core/map_hashes.h"

namespace keten {
namespace {

constexpr std::uint8_t kHeadVersion = 1;

/// H(tag; fixed first, fixed second) in one call, for the hashes that a large block makes by the ten thousand.
template <std::size_t Tag>
Hash hash_pair(const char (&tag)[Tag], const Hash& first, const Hash& second) {
  std::array<std::uint8_t, Tag + 2 * Hash::size> input;  // the literal ends with the tag's zero byte
  auto end = std::copy_n(tag, Tag, input.begin());
  end = std::copy_n(first.bytes.begin(), Hash::size, end);
  std::copy_n(second.bytes.begin(), Hash::size, end);
  return Blake2b::of_short(input);
}

/// hash_pair of many.
template <std::size_t Tag, typename Pair>
void hash_pairs(const char (&tag)[Tag], std::span<const Pair> pairs, Hash Pair::*first, Hash Pair::*second,
                std::span<Hash> hashes) {
  CHECK(pairs.size() == hashes.size());
  constexpr std::size_t kTogether = 32;
  std::array<Blake2b::Block, kTogether> messages{};
  for (auto& message : messages) { std::copy_n(tag, Tag, message.begin()); }
  for (std::size_t done = 0; done < pairs.size(); done += kTogether) {
    const auto count = std::min(kTogether, pairs.size() - done);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& pair = pairs[done + i];
      std::copy_n((pair.*first).bytes.begin(), Hash::size, messages[i].begin() + Tag);
      std::copy_n((pair.*second).bytes.begin(), Hash::size, messages[i].begin() + Tag + Hash::size);
    }
    Blake2b::of_many({messages.data(), count}, Tag + 2 * Hash::size, hashes.subspan(done, count));
  }
}

constexpr char kLeafTag[] = "keten/map/leaf/1";
constexpr char kNodeTag[] = "keten/map/node/1";

bool starts_with(ByteView bytes, std::string_view prefix) { return as_text(bytes).starts_with(prefix); }

}  // namespace

Hash Commitments::state_root(Height height) const {
  return Hasher("keten/state/2").number(height.value).fixed(mountain_root).fixed(map_root).fixed(rest).finish();
}

Hash mountain_leaf(Height height, const BlockId& block, const Hash& receipts_root) {
  return Hasher("keten/mountain/leaf/1").number(height.value).fixed(block).fixed(receipts_root).finish();
}

Hash next_rest(const Hash& before, Height height, const Hash& writes) {
  return Hasher("keten/rest/1").fixed(before).number(height.value).fixed(writes).finish();
}

bool is_provable(ByteView full_key) { return starts_with(full_key, "heads/") || starts_with(full_key, "governance/"); }

Hash map_key(ByteView full_key) { return Hasher("keten/map/key/1").sized(full_key).finish(); }

Hash map_value(ByteView value) { return Hasher("keten/map/value/1").sized(value).finish(); }

Hash map_leaf(const Hash& key, const Hash& value) { return hash_pair(kLeafTag, key, value); }

Hash map_node(const Hash& left, const Hash& right) { return hash_pair(kNodeTag, left, right); }

void map_leaves(std::span<const MapProof::Leaf> leaves, std::span<Hash> hashes) {
  hash_pairs(kLeafTag, leaves, &MapProof::Leaf::key, &MapProof::Leaf::value, hashes);
}

void map_nodes(std::span<const MapHalves> nodes, std::span<Hash> hashes) {
  hash_pairs(kNodeTag, nodes, &MapHalves::left, &MapHalves::right, hashes);
}

Hash map_root(const Hash& top) { return Hasher("keten/map/root/1").fixed(top).finish(); }

Bytes head_key(std::string_view kind, std::string_view id) {
  CHECK(!kind.empty() && kind.size() <= kHeadKindBytesMax && kind.find('\0') == std::string_view::npos);
  Bytes key;
  key.reserve(7 + kind.size() + id.size());
  const auto add = [&](std::string_view text) { key.insert(key.end(), text.begin(), text.end()); };
  add("heads/");
  add(kind);
  key.push_back(0);
  add(id);
  return key;
}

Hash history_begin(std::string_view kind, std::string_view id) {
  return Hasher("keten/history/begin/1").sized(kind).sized(id).finish();
}

Hash HistoryEntry::digest() const {
  return Hasher("keten/history/entry/1")
      .number(number)
      .number(height.value)
      .number(time)
      .fixed(transaction)
      .number(event)
      .fixed(content)
      .finish();
}

Hash next_chain(const Hash& chain, const HistoryEntry& entry) {
  return Hasher("keten/history/1").fixed(chain).fixed(entry.digest()).finish();
}

Hash entity_state_digest(ByteView value) { return Hasher("keten/entity-state/1").sized(value).finish(); }

Bytes Head::encode() const {
  Writer writer;
  writer.reserve(81);
  writer.u8(kHeadVersion);
  writer.u64(count);
  writer.fixed(chain);
  writer.number(height);
  writer.fixed(state);
  return writer.take();
}

Result<Head> Head::decode(ByteView bytes) {
  Reader reader(bytes);
  Head head;
  if (reader.u8() != kHeadVersion) { reader.fail(); }
  head.count = reader.u64();
  head.chain = reader.fixed<Hash>();
  head.height = reader.number<Height>();
  head.state = reader.fixed<Hash>();
  if (auto end = reader.finish("head"); !end) { return end.error(); }
  return head;
}

}  // namespace keten
