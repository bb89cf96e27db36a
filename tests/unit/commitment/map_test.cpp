#include "contracts/commitment/map.h"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "contracts/commitment/commit.h"
#include "contracts/commitment/map_page.h"
#include "contracts/commitment/page_cache.h"
#include "tests/unit/commitment/model.h"

namespace keten::contracts::commitment {
namespace {

using test::check_proof;
using test::Found;
using test::ModelledMap;
using test::RandomMap;

std::size_t rows_of(const test::MapState& column, RowKind kind) {
  return static_cast<std::size_t>(std::ranges::count_if(
      column.entries, [&](const auto& row) { return row.first[0] == static_cast<std::uint8_t>(kind); }));
}

void check_proofs_of_kept_heights(const ModelledMap& map, RandomMap& random, std::size_t tries) {
  for (std::size_t i = 0; i < tries; ++i) {
    const Height height{map.height.value - random.below(std::min(map.height.value, kProofHeightsKept + 1))};
    const auto& model = map.history.at(height);
    const auto near = model.empty() ? model.end() : model.lower_bound(random.key());
    const auto key = near == model.end() || random.below(2) == 0 ? random.key() : near->first;
    const auto proof = prove_in_map(map.proofs, map.height, height, key);
    const auto known = model.find(key);
    BOOST_TEST(
        (check_proof(proof, key, test::naive_top(model)) == (known == model.end() ? Found::absent : Found::present)));
    if (known != model.end()) { BOOST_TEST((proof.leaf->value == known->second)); }
  }
}

BOOST_AUTO_TEST_SUITE(map)

BOOST_AUTO_TEST_CASE(no_keys_one_key_and_none_again) {
  ModelledMap map;
  RandomMap random(1, 0);
  const auto key = random.key();
  const auto value = random.hash();
  map.apply({{key, value}});
  BOOST_TEST((map.top == map_leaf(key, value)));
  map.apply({{key, std::nullopt}});
  BOOST_TEST(map.top.is_zero());
  BOOST_TEST(rows_of(map.proofs, RowKind::map_page) == 0U);
  map.apply({{key, std::nullopt}});
  BOOST_TEST(map.top.is_zero());
}

BOOST_AUTO_TEST_CASE(the_root_is_that_of_the_naive_tree_after_every_batch_and_all_kept_heights_stay_provable) {
  for (const std::size_t alike : {0, 6, 40, 200, 254}) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      ModelledMap map;
      RandomMap random(seed * 1000 + alike, alike);
      for (int batch = 0; batch < 60; ++batch) {
        map.apply(random.batch(map.model, alike == 254 ? 1 + random.below(8) : 1 + random.below(60)));
        BOOST_REQUIRE((map.top == test::naive_top(map.model)));
      }
      check_proofs_of_kept_heights(map, random, 60);
      BOOST_TEST_CONTEXT("alike " << alike << " seed " << seed) { BOOST_TEST(map.model.size() > 3U); }
    }
  }
}

BOOST_AUTO_TEST_CASE(rows_are_the_same_with_pages_kept_in_memory_however_few_have_room) {
  for (const std::size_t room : {std::size_t{0}, std::size_t{4'000}, std::size_t{40'000}, std::size_t{100'000'000}}) {
    for (const std::size_t alike : {0, 6, 254}) {
      PageCache pages(room);
      RandomMap random(room + alike, alike);
      ModelledMap plain;
      ModelledMap cached;
      cached.pages = &pages;
      std::size_t most = 0;
      for (int batch = 0; batch < 60; ++batch) {
        const auto changes = random.batch(plain.model, alike == 254 ? 1 + random.below(8) : 1 + random.below(60));
        plain.apply(changes);
        cached.apply(changes);
        BOOST_REQUIRE((cached.top == plain.top));
        BOOST_REQUIRE((cached.proofs.entries == plain.proofs.entries));
        BOOST_REQUIRE(pages.bytes() <= room);
        most = std::max(most, pages.size());
      }
      BOOST_TEST((most > 0) == (room > 0));
    }
  }
}

BOOST_AUTO_TEST_CASE(pages_of_a_column_that_stands_elsewhere_are_forgotten) {
  RandomMap random(12, 3);
  PageCache pages;
  test::MapState column;
  const auto execute = [&](std::uint64_t height) {
    WriteSet writes;
    for (int i = 0; i < 40; ++i) {
      writes[head_key("record", std::to_string(random.below(300)))] = to_bytes(random.hash().view());
    }
    const BlockChanges block{.height = Height{height}, .block = random.hash(), .receipts_root = {}, .writes = writes};
    auto cached = commit(column, block, &pages);
    BOOST_REQUIRE((cached.commitments == commit(column, block).commitments));
    BOOST_TEST(pages.size() > 0U);
    return cached.rows;
  };
  for (std::uint64_t height = 0; height < 60; ++height) {
    if (height % 10 == 9) { execute(height); }  // its rows never reach the column
    for (const auto& row : execute(height)) { test::keep(column, row.key, row.value); }
  }
}

BOOST_AUTO_TEST_CASE(equal_changes_give_equal_roots_however_they_are_divided) {
  RandomMap random(7, 3);
  ModelledMap whole;
  const auto changes = random.batch({}, 2000);
  whole.apply(changes);
  for (int divided = 0; divided < 5; ++divided) {
    ModelledMap parts;
    for (auto first = changes.begin(); first != changes.end();) {
      const auto count =
          std::min<std::ptrdiff_t>(changes.end() - first, static_cast<std::ptrdiff_t>(1 + random.below(300)));
      auto part = std::vector(first, first + count);
      std::ranges::reverse(part);
      parts.apply(part);
      first += count;
    }
    BOOST_TEST((parts.top == whole.top));
  }
}

BOOST_AUTO_TEST_CASE(a_map_that_was_emptied_keeps_no_page) {
  RandomMap random(8, 2);
  ModelledMap map;
  map.apply(random.batch({}, 500));
  std::vector<MapChange> erase;
  for (const auto& [key, value] : map.model) { erase.push_back({key, std::nullopt}); }
  map.apply(erase);
  BOOST_TEST(map.top.is_zero());
  BOOST_TEST(rows_of(map.proofs, RowKind::map_page) == 0U);
  check_proofs_of_kept_heights(map, random, 20);
}

BOOST_AUTO_TEST_CASE(what_undoes_old_heights_goes_away_and_the_kept_ones_stay_provable) {
  RandomMap random(9, 4);
  ModelledMap map;
  std::size_t most = 0;
  for (std::uint64_t height = 1; height <= 3 * kProofHeightsKept; ++height) {
    map.apply(height % 3 == 0 ? std::vector<MapChange>{} : random.batch(map.model, 1 + random.below(6)));
    most = std::max(most, rows_of(map.proofs, RowKind::undo));
  }
  BOOST_TEST(most <= kProofHeightsKept * 7);
  check_proofs_of_kept_heights(map, random, 300);
  const Height oldest{map.height.value - kProofHeightsKept};
  const auto key = map.history.at(oldest).begin()->first;
  const auto proof = prove_in_map(map.proofs, map.height, oldest, key);
  BOOST_TEST((check_proof(proof, key, test::naive_top(map.history.at(oldest))) == Found::present));
  for (int idle = 0; idle < static_cast<int>(kProofHeightsKept); ++idle) { map.apply({}); }
  BOOST_TEST(rows_of(map.proofs, RowKind::undo) == 0U);
}

BOOST_AUTO_TEST_CASE(a_proof_is_refused_for_another_key_value_or_root) {
  RandomMap random(10, 1);
  ModelledMap map;
  map.apply(random.batch({}, 300));
  for (int i = 0; i < 50; ++i) {
    const auto entry = std::next(map.model.begin(), static_cast<std::ptrdiff_t>(random.below(map.model.size())));
    const auto proof = prove_in_map(map.proofs, map.height, map.height, entry->first);
    BOOST_TEST((check_proof(proof, entry->first, random.hash()) == Found::refused));
    auto other = proof;
    other.leaf->value.bytes[0] ^= 1U;
    BOOST_TEST((check_proof(other, entry->first, map.top) == Found::refused));
    other = proof;
    other.siblings.pop_back();
    BOOST_TEST((check_proof(other, entry->first, map.top) == Found::refused));
    auto far = entry->first;
    far.bytes[0] ^= 0x80U;
    BOOST_TEST((check_proof(proof, far, map.top) == Found::refused));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::contracts::commitment
