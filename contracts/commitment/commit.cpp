#include "contracts/commitment/commit.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "contracts/commitment/map.h"
#include "contracts/commitment/page_cache.h"
#include "core/check.h"
#include "core/encoding.h"
#include "core/hash.h"

namespace keten::contracts::commitment {
namespace {

constexpr std::array kStandingKey{static_cast<std::uint8_t>(RowKind::standing)};

template <typename Counts>
Hash digest(const WriteSet& writes, const Counts& counts) {
  std::uint64_t count = 0;
  for (const auto& [key, value] : writes) { count += counts(key) ? 1 : 0; }
  if (count == 0) { return {}; }
  Hasher hasher("keten/writes/1");
  hasher.number(count);
  for (const auto& [key, value] : writes) {
    if (!counts(key)) { continue; }
    hasher.sized(ByteView(key)).number(value ? 1 : 0);
    if (value) { hasher.sized(ByteView(*value)); }
  }
  return hasher.finish();
}

std::vector<MapChange> map_changes(const WriteSet& writes) {
  std::vector<MapChange> changes;
  for (const auto& [key, value] : writes) {
    if (!is_provable(key)) { continue; }
    changes.push_back({map_key(key), value ? std::optional(map_value(*value)) : std::nullopt});
  }
  return changes;
}

Error not_executed(Height height, Height newest) {
  return failure(ErrorKind::unavailable, "PROOF_HEIGHT_AHEAD",
                 "height " + height.text() + " is not executed here yet, the newest is " + newest.text());
}

Result<Height> newest_of(const StateReader& proofs) {
  const auto standing = read_standing(proofs);
  if (!standing) {
    return failure(ErrorKind::unavailable, "PROOF_HEIGHT_AHEAD", "the database has no executed height");
  }
  return standing->height;
}

}  // namespace

Hash digest_of(const WriteSet& writes) {
  return digest(writes, [](ByteView) { return true; });
}

Hash digest_of_rest(const WriteSet& writes) {
  return digest(writes, [](ByteView key) { return !is_provable(key); });
}

Bytes Standing::encode() const {
  Writer writer;
  writer.reserve(72 + peaks.size() * Hash::size);
  writer.number(height);
  writer.fixed(map_top);
  writer.fixed(rest);
  for (const auto& peak : peaks) { writer.fixed(peak); }
  return writer.take();
}

Result<Standing> Standing::decode(ByteView bytes) {
  Reader reader(bytes);
  Standing standing;
  standing.height = reader.number<Height>();
  standing.map_top = reader.fixed<Hash>();
  standing.rest = reader.fixed<Hash>();
  for (auto count = std::popcount(standing.height.value + 1); count > 0 && reader.ok(); --count) {
    standing.peaks.push_back(reader.fixed<Hash>());
  }
  if (auto end = reader.finish("standing of the commitments"); !end) { return end.error(); }
  return standing;
}

std::optional<Standing> read_standing(const StateReader& proofs) {
  const auto stored = proofs.get(kStandingKey);
  if (!stored) { return std::nullopt; }
  auto standing = Standing::decode(*stored);
  CHECK(standing.ok());
  return std::move(*standing);
}

Committed commit(const StateReader& proofs, const BlockChanges& block, PageCache* pages) {
  auto standing = read_standing(proofs);
  CHECK(standing ? standing->height.next() == block.height : block.height == Height{0});
  if (pages != nullptr) { pages->enter(standing ? standing->encode() : Bytes{}); }
  if (!standing) { standing.emplace(); }
  Committed result;
  standing->map_top =
      update_map(proofs, block.height, standing->map_top, map_changes(block.writes), result.rows, pages);
  const auto leaf = mountain_leaf(block.height, block.block, block.receipts_root);
  add_to_mountain(standing->peaks, block.height.value, leaf, result.rows);
  standing->rest = next_rest(standing->rest, block.height, digest_of_rest(block.writes));
  standing->height = block.height;
  auto stands = standing->encode();
  if (pages != nullptr) { pages->leave(stands); }
  result.rows.push_back({to_bytes(kStandingKey), std::move(stands)});
  result.commitments = {.mountain_root = mountain_root(standing->peaks, block.height.value + 1),
                        .map_root = map_root(standing->map_top),
                        .rest = standing->rest};
  return result;
}

Result<MapProof> prove_entry(const StateReader& proofs, Height height, ByteView full_key) {
  const auto newest = newest_of(proofs);
  if (!newest) { return newest.error(); }
  if (height > *newest) { return not_executed(height, *newest); }
  if (newest->value - height.value > kProofHeightsKept) {
    return failure(ErrorKind::refused, "PROOF_HEIGHT_GONE",
                   "entries are proved for the last " + std::to_string(kProofHeightsKept) + " heights up to " +
                       newest->text() + ", not for " + height.text() + "; ask for a newer height");
  }
  return prove_in_map(proofs, *newest, height, map_key(full_key));
}

Result<std::vector<Hash>> prove_block(const StateReader& proofs, Height height, Height newest) {
  const auto executed = newest_of(proofs);
  if (!executed) { return executed.error(); }
  if (newest > *executed) { return not_executed(newest, *executed); }
  if (height > newest) { return not_executed(height, newest); }
  return mountain_path(proofs, height.value, newest.value + 1);
}

std::optional<Head> read_head(const StateReader& state, std::string_view kind, std::string_view id) {
  const auto stored = state.get(head_key(kind, id));
  if (!stored) { return std::nullopt; }
  const auto head = Head::decode(*stored);
  CHECK(head.ok());
  return *head;
}

}  // namespace keten::contracts::commitment
