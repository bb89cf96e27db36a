#include "node/daemon/disk.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "node/storage/commit.h"
#include "tests/unit/journal/temporary_directory.h"
#include "tests/unit/storage/chain_fixture.h"

// The real files of a node: journal, segments, RocksDB.
namespace keten::node {
namespace {

using consensus::Floor;
using consensus::JournalRecord;
using test::make_put;

struct Machine : test::Chain {
  test::TemporaryDirectory directory;
  Home home{.path = directory.path(),
            .config = {},
            .genesis = genesis,
            .chain_id = genesis.chain_id(),
            .validator_keys = {test::key_of(12)}};
  std::vector<BlockPointer> chain;  ///< from height 1 on, executed in memory

  Machine() {
    home.config.storage = {
        .journal_preallocate_mb = 0, .segment_preallocate_mb = 0, .cache_mb = 1, .write_buffer_mb = 1, .ballast_mb = 0};
  }
  void grow(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      chain.push_back(std::make_shared<const Block>(add({make_put(genesis, "key", "v" + head.height.text())})));
    }
  }
  static Floor floor_at(const Block& block) {
    const auto& header = block.header;
    return {.finalization = test::make_finalization(header),
            .block = header.id(),
            .height = header.height,
            .view = header.view};
  }
  /// Writes journal and segments as an earlier process left them.
  void leave(const std::vector<BlockPointer>& stored, const std::vector<JournalRecord>& records) const {
    const auto data = (home.path / "data").string();
    auto votes = journal::VoteJournal::create(
        data + "/journal", {home.chain_id, home.validator_keys.front().public_key()}, {.file_bytes = 0});
    BOOST_REQUIRE(votes.ok());
    (*votes)->append(records);
    BOOST_REQUIRE((*votes)->sync().ok());
    auto segments =
        journal::SegmentStore::open(data + "/blocks", home.chain_id, {.segment_bytes = 2000, .preallocate_bytes = 0});
    BOOST_REQUIRE(segments.ok());
    for (const auto& block : stored) { BOOST_REQUIRE((*segments)->append(block->encode()).ok()); }
    BOOST_REQUIRE((*segments)->sync().ok());
  }
};

BOOST_FIXTURE_TEST_SUITE(disk, Machine)

BOOST_AUTO_TEST_CASE(a_removed_database_catches_up_from_the_segments_before_the_start) {
  grow(40);
  const auto fork =
      std::make_shared<const Block>(test::make_block(chain[9]->header, {make_put(genesis, "key", "fork")}, View{900}));
  const auto open =
      std::make_shared<const Block>(test::make_block(chain[39]->header, {make_put(genesis, "key", "open")}));
  auto stored = chain;
  std::ranges::reverse(stored.begin() + 5, stored.begin() + 20);
  stored.insert(stored.begin() + 3, {fork, open});
  leave(stored, {floor_at(*chain[29]), floor_at(*chain[39])});

  for (int start = 0; start < 2; ++start) {
    std::filesystem::remove_all(home.data() / "state");
    auto opened = Disk::open(home);
    BOOST_REQUIRE(opened.ok());
    auto& disk = **opened;
    const auto recovered = disk.take_recovered();
    // Nothing that is final is handed over in memory.
    BOOST_REQUIRE_EQUAL(recovered.blocks.size(), 1U);
    BOOST_TEST((recovered.blocks[0]->header == open->header));
    BOOST_TEST((recovered.executed_height == Height{40}));
    BOOST_TEST((recovered.consensus.floor.block == chain[39]->header.id()));
    BOOST_TEST((recovered.consensus.floor_header == chain[39]->header));

    const auto expected = storage::read_executed(*database.snapshot());
    const auto snapshot = disk.database().snapshot();
    const auto executed = storage::read_executed(*snapshot);
    BOOST_REQUIRE(executed.ok());
    BOOST_TEST((executed->state_root == expected->state_root));
    BOOST_TEST((recovered.state_root == expected->state_root));
    for (const std::uint64_t height : {30U, 40U, 35U}) {
      const auto finalization = storage::read_finalization(*snapshot, Height{height});
      BOOST_REQUIRE(finalization.ok());
      BOOST_TEST(finalization->has_value() == (height != 35));
    }
    // The open block lies near the front: a later start must still find it.
    const auto place = disk.place(open->header.id(), Height{41});
    BOOST_TEST((executed->replay_from == place.location));
  }
  auto again = Disk::open(home);
  BOOST_REQUIRE(again.ok());
  BOOST_TEST((*again)->take_recovered().blocks.size() == 1U);
}

BOOST_AUTO_TEST_CASE(segments_that_do_not_lead_to_the_floor_are_not_taken_into_memory) {
  grow(12);
  auto stored = chain;
  stored.erase(stored.begin(), stored.begin() + 3);
  leave(stored, {floor_at(*chain[11])});
  auto opened = Disk::open(home);
  BOOST_REQUIRE(opened.ok());
  const auto recovered = (*opened)->take_recovered();
  BOOST_TEST(recovered.blocks.empty());
  BOOST_TEST((recovered.executed_height == Height{0}));
  BOOST_REQUIRE_EQUAL(recovered.consensus.certificates.size(), 1U);
  BOOST_TEST((recovered.consensus.certificates[0].subject.block == chain[11]->header.id()));
}

BOOST_AUTO_TEST_CASE(a_damaged_database_is_set_aside_and_made_anew) {
  grow(20);
  leave(chain, {floor_at(*chain[19])});
  { BOOST_REQUIRE(Disk::open(home).ok()); }
  const auto expected = storage::read_executed(*database.snapshot())->state_root;
  const auto state = home.data() / "state";
  const auto newest = [&](const std::string& prefix) {
    std::filesystem::path found;
    for (const auto& entry : std::filesystem::directory_iterator(state)) {
      if (entry.path().filename().string().starts_with(prefix)) { found = std::max(found, entry.path()); }
    }
    return found;
  };
  using Damage = std::function<void()>;
  const std::vector<Damage> damages = {
      [&]() { std::ofstream(state / "CURRENT", std::ios::trunc) << "MANIFEST-999999\n"; },
      [&]() { std::filesystem::resize_file(state / "CURRENT", 3); },
      [&]() { std::filesystem::remove(newest("MANIFEST")); },
      [&]() { std::ofstream(newest("MANIFEST"), std::ios::trunc) << "no manifest"; },
      [&]() { ask_for_rebuild(home.data()); },
  };
  for (const auto& damage : damages) {
    std::filesystem::remove_all(home.data() / "state.damaged");
    damage();
    auto opened = Disk::open(home);
    BOOST_REQUIRE_MESSAGE(opened.ok(), (opened ? "" : opened.error().message));
    const auto recovered = (*opened)->take_recovered();
    BOOST_TEST((recovered.executed_height == Height{20}));
    BOOST_TEST((recovered.state_root == expected));
    BOOST_TEST(std::filesystem::exists(home.data() / "state.damaged"));
    BOOST_TEST(!std::filesystem::exists(home.data() / "state.rebuild"));
  }
}

BOOST_AUTO_TEST_CASE(segments_that_know_less_than_the_database_are_refused) {
  grow(20);
  leave(chain, {floor_at(*chain[19])});
  const auto folder = home.data() / "blocks";
  std::filesystem::copy(folder, home.path / "older", std::filesystem::copy_options::recursive);
  { BOOST_REQUIRE(Disk::open(home).ok()); }
  // The newest file is lost; all are; the last one ends earlier.
  const auto newest = std::ranges::max(
      std::vector<std::filesystem::path>{std::filesystem::directory_iterator(folder),
                                         std::filesystem::directory_iterator()},
      {}, [](const auto& path) { return path.extension() == ".seg" ? path : std::filesystem::path(); });
  const std::vector<std::function<void()>> losses = {
      [&]() { std::filesystem::remove(newest); },
      [&]() { std::filesystem::remove_all(folder); },
      [&]() { std::filesystem::resize_file(newest, 60); },
  };
  for (const auto& lose : losses) {
    lose();
    const auto refused = Disk::open(home);
    BOOST_REQUIRE(!refused.ok());
    BOOST_TEST((refused.error().reason == "SEGMENTS_BEHIND" || refused.error().reason == "SEGMENT_CORRUPT"),
               refused.error().reason);
    std::filesystem::remove_all(folder);
    std::filesystem::copy(home.path / "older", folder, std::filesystem::copy_options::recursive);
    BOOST_TEST(Disk::open(home).ok());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::node
