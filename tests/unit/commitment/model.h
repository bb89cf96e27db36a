#pragma once

#include <map>
#include <optional>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "contracts/commitment/map.h"
#include "contracts/commitment/page_cache.h"
#include "core/commitment.h"
#include "tests/unit/contracts/ledger_fixture.h"

/// The map as docs/formats.md says it, without any pages, and its proofs checked by the same page.
namespace keten::test {

using MapModel = std::map<Hash, Hash>;

inline Hash naive_subtree(std::span<const std::pair<Hash, Hash>> entries, std::size_t depth) {
  if (entries.empty()) { return {}; }
  if (entries.size() == 1) { return map_leaf(entries[0].first, entries[0].second); }
  std::size_t left = 0;
  while (left < entries.size() && !map_bit(entries[left].first, depth)) { ++left; }
  return map_node(naive_subtree(entries.first(left), depth + 1), naive_subtree(entries.subspan(left), depth + 1));
}

inline Hash naive_top(const MapModel& model) {
  const std::vector<std::pair<Hash, Hash>> entries(model.begin(), model.end());
  return naive_subtree(entries, 0);
}

enum class Found : std::uint8_t { present, absent, refused };

inline Found check_proof(const MapProof& proof, const Hash& key, const Hash& top) {
  Hash hash;
  if (proof.leaf) {
    for (std::size_t depth = 0; depth < proof.siblings.size(); ++depth) {
      if (map_bit(proof.leaf->key, depth) != map_bit(key, depth)) { return Found::refused; }
    }
    hash = map_leaf(proof.leaf->key, proof.leaf->value);
  }
  for (auto depth = proof.siblings.size(); depth-- > 0;) {
    const auto& sibling = proof.siblings[depth];
    hash = map_bit(key, depth) ? map_node(sibling, hash) : map_node(hash, sibling);
  }
  if (hash != top) { return Found::refused; }
  return proof.leaf && proof.leaf->key == key ? Found::present : Found::absent;
}

/// A map in its column, and the model beside it. With `pages` it is read through them.
struct ModelledMap {
  contracts::commitment::PageCache* pages = nullptr;
  MapState proofs;
  MapModel model;
  Hash top;
  Height height;
  std::map<Height, MapModel> history;

  void apply(const std::vector<contracts::commitment::MapChange>& changes) {
    for (const auto& change : changes) {
      if (change.value) {
        model[change.key] = *change.value;
      } else {
        model.erase(change.key);
      }
    }
    contracts::commitment::Rows rows;
    ++height;
    top = contracts::commitment::update_map(proofs, height, top, changes, rows, pages);
    for (const auto& row : rows) { keep(proofs, row.key, row.value); }
    history[height] = model;
  }
};

/// Keys that agree in their first bits as often as the test wants, so that small maps are deep.
class RandomMap {
 public:
  explicit RandomMap(std::uint64_t seed, std::size_t alike_bits) : random_(seed), alike_bits_(alike_bits) {}

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  Hash hash() {
    Hash hash;
    for (auto& byte : hash.bytes) { byte = static_cast<std::uint8_t>(random_()); }
    return hash;
  }
  Hash key() {
    auto key = hash();
    for (std::size_t bit = 0; bit < alike_bits_; ++bit) {
      if (bit % 5 == 4) { continue; }  // some ways part there
      key.bytes[bit / 8] = static_cast<std::uint8_t>(key.bytes[bit / 8] & ~(0x80U >> bit % 8));
    }
    return key;
  }
  /// Puts and erases, each key once.
  std::vector<contracts::commitment::MapChange> batch(const MapModel& model, std::size_t size) {
    std::map<Hash, std::optional<Hash>> changes;
    while (changes.size() < size) {
      const auto known = model.empty() ? model.end() : model.lower_bound(key());
      switch (below(known == model.end() ? 1 : 4)) {
        case 0:
        case 1: changes[key()] = hash(); break;
        case 2: changes[known->first] = hash(); break;
        default: changes[below(8) == 0 ? key() : known->first] = std::nullopt; break;
      }
    }
    std::vector<contracts::commitment::MapChange> result;
    for (const auto& [key, value] : changes) { result.push_back({key, value}); }
    return result;
  }

 private:
  std::mt19937_64 random_;
  std::size_t alike_bits_;
};

}  // namespace keten::test
