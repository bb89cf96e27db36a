#include "contracts/commitment/mountain.h"

#include <boost/test/unit_test.hpp>

#include "contracts/commitment/commit.h"
#include "contracts/commitment/map.h"
#include "core/merkle.h"
#include "tests/unit/commitment/model.h"

namespace keten::contracts::commitment {
namespace {

struct Mountain {
  test::MapState proofs;
  Peaks peaks;
  std::vector<Hash> leaves;
  test::RandomMap random{1, 0};

  void add() {
    Rows rows;
    leaves.push_back(random.hash());
    add_to_mountain(peaks, leaves.size() - 1, leaves.back(), rows);
    for (const auto& row : rows) { test::keep(proofs, row.key, row.value); }
  }
};

/// RFC 9162, section 2.1.3.2, folded from the leaf upwards.
bool leads_to_root(Hash hash, std::uint64_t index, std::uint64_t count, const std::vector<Hash>& path,
                   const Hash& root) {
  const auto total = count;
  hash = merkle_leaf(hash);
  auto last = count - 1;
  for (const auto& sibling : path) {
    if (last == 0) { return false; }
    if ((index & 1U) != 0 || index == last) {
      hash = merkle_node(sibling, hash);
      while ((index & 1U) == 0 && index != 0) {
        index >>= 1U;
        last >>= 1U;
      }
    } else {
      hash = merkle_node(hash, sibling);
    }
    index >>= 1U;
    last >>= 1U;
  }
  return last == 0 && merkle_top(total, hash) == root;
}

BOOST_FIXTURE_TEST_SUITE(mountain, Mountain)

BOOST_AUTO_TEST_CASE(the_root_is_that_of_all_leaves_at_every_count) {
  for (int i = 0; i < 300; ++i) {
    add();
    BOOST_TEST((mountain_root(peaks, leaves.size()) == merkle_root(leaves)));
  }
}

BOOST_AUTO_TEST_CASE(every_leaf_has_a_path_at_every_count_behind_it) {
  for (int i = 0; i < 70; ++i) { add(); }
  for (std::uint64_t count = 1; count <= leaves.size(); ++count) {
    const auto root = merkle_root(std::span(leaves).first(count));
    for (std::uint64_t index = 0; index < count; ++index) {
      const auto path = mountain_path(proofs, index, count);
      BOOST_TEST(leads_to_root(leaves[index], index, count, path, root));
      BOOST_TEST(!leads_to_root(random.hash(), index, count, path, root));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_leaf_costs_two_rows_on_average) {
  for (int i = 0; i < 256; ++i) { add(); }
  BOOST_TEST(proofs.entries.size() == 511U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(commitments)

BOOST_AUTO_TEST_CASE(each_block_moves_what_it_changed) {
  test::MapState proofs;
  const auto commit_next = [&](Height height, const WriteSet& writes) {
    auto result = commit(proofs, {.height = height, .block = {}, .receipts_root = {}, .writes = writes});
    for (const auto& row : result.rows) { test::keep(proofs, row.key, row.value); }
    return result.commitments;
  };
  const auto genesis = commit_next(Height{0}, {{to_bytes("governance/a"), to_bytes("1")}});
  const auto idle = commit_next(Height{1}, {});
  BOOST_TEST((idle.map_root == genesis.map_root));
  BOOST_TEST((idle.rest == next_rest(genesis.rest, Height{1}, {})));
  BOOST_TEST((idle.mountain_root != genesis.mountain_root));
  const WriteSet plain{{to_bytes("record/a"), to_bytes("1")}};
  const auto other = commit_next(Height{2}, plain);
  BOOST_TEST((other.map_root == genesis.map_root));
  BOOST_TEST((other.rest == next_rest(idle.rest, Height{2}, digest_of(plain))));
  WriteSet both = plain;
  both[to_bytes("heads/item")] = to_bytes("x");
  BOOST_TEST((digest_of_rest(both) == digest_of(plain)));
  const auto head = commit_next(Height{3}, both);
  BOOST_TEST((head.map_root != genesis.map_root));
  BOOST_TEST((head.rest == next_rest(other.rest, Height{3}, digest_of(plain))));
  BOOST_TEST((head.state_root(Height{3}) != head.state_root(Height{4})));
  const auto standing = read_standing(proofs);
  BOOST_TEST((*Standing::decode(standing->encode()) == *standing));
  BOOST_TEST(prove_block(proofs, Height{1}, Height{3})->size() == 2U);
  BOOST_TEST(prove_block(proofs, Height{1}, Height{4}).error().reason == "PROOF_HEIGHT_AHEAD");
  BOOST_TEST(prove_entry(proofs, Height{4}, as_bytes("x")).error().reason == "PROOF_HEIGHT_AHEAD");
  for (Height height{4}; height <= Height{3 + kProofHeightsKept}; ++height) { commit_next(height, {}); }
  BOOST_TEST(prove_entry(proofs, Height{3}, as_bytes("heads/item"))->leaf.has_value());
  BOOST_TEST(prove_entry(proofs, Height{2}, as_bytes("x")).error().reason == "PROOF_HEIGHT_GONE");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::contracts::commitment
