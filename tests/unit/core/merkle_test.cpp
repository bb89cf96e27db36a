#include "core/merkle.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/hash.h"
#include "tests/unit/core/sample_network.h"

namespace keten {
namespace {

std::vector<Hash> leaves(std::size_t count) {
  std::vector<Hash> result;
  for (std::size_t i = 0; i < count; ++i) { result.push_back(sample::hash_of("leaf " + std::to_string(i))); }
  return result;
}

/// Written from docs/formats.md by other means: level by level, an odd one moves up as it is.
Hash model_root(const std::vector<Hash>& leaves) {
  std::vector<Hash> level;
  for (const auto& leaf : leaves) { level.push_back(Hasher("keten/merkle/leaf/1").fixed(leaf).finish()); }
  while (level.size() > 1) {
    std::vector<Hash> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) {
      next.push_back(Hasher("keten/merkle/node/1").fixed(level[i]).fixed(level[i + 1]).finish());
    }
    if (level.size() % 2 == 1) { next.push_back(level.back()); }
    level = std::move(next);
  }
  Hasher root("keten/merkle/root/1");
  root.number(leaves.size());
  if (!level.empty()) { root.fixed(level.front()); }
  return root.finish();
}

BOOST_AUTO_TEST_SUITE(merkle)

BOOST_AUTO_TEST_CASE(the_root_is_that_of_the_model_for_0_to_40_leaves) {
  for (std::size_t count = 0; count <= 40; ++count) {
    const auto some = leaves(count);
    BOOST_TEST((merkle_root(some) == model_root(some)), count << " leaves");
  }
}

BOOST_AUTO_TEST_CASE(a_doubled_last_leaf_changes_the_root) {
  // CVE-2012-2459: trees that double the last leaf have the same root for both lists.
  for (std::size_t count = 1; count <= 40; ++count) {
    auto some = leaves(count);
    const auto root = merkle_root(some);
    some.push_back(some.back());
    BOOST_TEST((merkle_root(some) != root), count << " leaves");
    const auto all = leaves(count);
    some = all;
    some.insert(some.end(), all.begin(), all.end());
    BOOST_TEST((merkle_root(some) != root), count << " leaves twice");
  }
}

BOOST_AUTO_TEST_CASE(every_leaf_its_place_and_the_count_are_bound) {
  std::set<Hash> seen;
  for (std::size_t count = 0; count <= 20; ++count) { seen.insert(merkle_root(leaves(count))); }
  BOOST_TEST(seen.size() == 21U);
  const auto some = leaves(13);
  const auto root = merkle_root(some);
  for (std::size_t i = 0; i < some.size(); ++i) {
    auto changed = some;
    changed[i].bytes[0] ^= 1U;
    BOOST_TEST((merkle_root(changed) != root));
    for (std::size_t other = i + 1; other < some.size(); ++other) {
      auto swapped = some;
      std::swap(swapped[i], swapped[other]);
      BOOST_TEST((merkle_root(swapped) != root));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_path_proves_its_leaf_at_its_place_among_exactly_that_many_and_nothing_else) {
  for (std::size_t count = 1; count <= 33; ++count) {
    const auto some = leaves(count);
    const auto root = merkle_root(some);
    for (std::size_t index = 0; index < count; ++index) {
      auto path = merkle_path(some, index);
      BOOST_TEST(verify_merkle_path(some[index], index, count, path, root));
      for (std::size_t other = 0; other <= 40; ++other) {
        if (other != index) { BOOST_TEST(!verify_merkle_path(some[index], other, count, path, root)); }
        if (other != count) { BOOST_TEST(!verify_merkle_path(some[index], index, other, path, root)); }
      }
      auto longer = path;
      longer.push_back(sample::hash_of("more"));
      BOOST_TEST(!verify_merkle_path(some[index], index, count, longer, root));
      if (!path.empty()) {
        auto shorter = path;
        shorter.pop_back();
        BOOST_TEST(!verify_merkle_path(some[index], index, count, shorter, root));
        std::reverse(path.begin(), path.end());
        if (path.size() > 1) { BOOST_TEST(!verify_merkle_path(some[index], index, count, path, root)); }
      }
      BOOST_TEST(!verify_merkle_path(some[index], ~0ULL, count, path, root));
      BOOST_TEST(!verify_merkle_path(some[index], index, ~0ULL, path, root));
    }
    BOOST_TEST(!verify_merkle_path(some[0], 0, 0, {}, merkle_root({})));
  }
}

BOOST_AUTO_TEST_CASE(a_node_is_not_a_leaf) {
  // CVE-2017-12842: a leaf that is the concatenation of two nodes. Ours are hashed under another tag.
  const auto some = leaves(2);
  const auto left = Hasher("keten/merkle/leaf/1").fixed(some[0]).finish();
  const auto right = Hasher("keten/merkle/leaf/1").fixed(some[1]).finish();
  const auto node = Hasher("keten/merkle/node/1").fixed(left).fixed(right).finish();
  const std::vector<Hash> one{node};
  BOOST_TEST((merkle_root(one) != merkle_root(some)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten
