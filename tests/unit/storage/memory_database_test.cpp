#include "node/storage/memory_database.h"

#include <boost/test/unit_test.hpp>

#include "node/storage/stored_blocks.h"
#include "tests/unit/storage/database_contract.h"

namespace keten::storage {
namespace {

Status put(MemoryDatabase& database, std::string_view key, Durability durability) {
  Batch batch;
  batch.put(Column::state, as_bytes(key), as_bytes("1"));
  return database.write(batch, durability);
}

BOOST_AUTO_TEST_SUITE(memory_database)

BOOST_AUTO_TEST_CASE(it_is_a_database) {
  MemoryDatabase database;
  test::keeps_columns_apart_and_ordered(database);
}

BOOST_AUTO_TEST_CASE(a_crash_takes_batches_from_the_end_that_were_not_synced) {
  MemoryDatabase database;
  BOOST_REQUIRE(put(database, "a", Durability::buffered).ok());
  BOOST_REQUIRE(put(database, "b", Durability::synced).ok());
  BOOST_REQUIRE(put(database, "c", Durability::buffered).ok());
  BOOST_REQUIRE(put(database, "d", Durability::buffered).ok());
  BOOST_TEST(database.unsynced() == 2U);
  database.crash(1);
  BOOST_TEST(test::scan_text(*database.snapshot(), Column::state) == "a=1;b=1;c=1;");
  BOOST_REQUIRE(put(database, "e", Durability::buffered).ok());
  database.crash();
  BOOST_TEST(test::scan_text(*database.snapshot(), Column::state) == "a=1;b=1;c=1;");
}

BOOST_AUTO_TEST_CASE(no_more_than_the_bound_is_lost) {
  MemoryDatabase database;
  for (std::size_t i = 0; i < MemoryDatabase::kUnsyncedMax + 3; ++i) {
    BOOST_REQUIRE(put(database, std::to_string(1000 + i), Durability::buffered).ok());
  }
  BOOST_TEST(database.unsynced() == MemoryDatabase::kUnsyncedMax);
  database.crash();
  BOOST_TEST(test::scan_text(*database.snapshot(), Column::state) == "1000=1;1001=1;1002=1;");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(stored_blocks)

BOOST_AUTO_TEST_CASE(a_replay_begins_at_the_earliest_body_that_is_not_executed) {
  StoredBlocks blocks;
  BlockId one, two, three;
  one.bytes[0] = 1;
  two.bytes[0] = 2;
  three.bytes[0] = 3;
  const auto at = [](std::uint64_t offset) { return Location{.segment = 1, .offset = offset, .length = 5}; };
  blocks.stored(three, Height{3}, at(10));  // came before its ancestors
  blocks.stored(one, Height{1}, at(20));
  blocks.stored(two, Height{2}, at(30));
  BOOST_TEST((blocks.replay_from(Height{1}, at(20)) == at(10)));
  BOOST_TEST((blocks.replay_from(Height{3}, at(10)) == at(10)));
  BOOST_TEST((blocks.find(two) == at(30)));
  blocks.executed(Height{2});
  BOOST_TEST(blocks.size() == 1U);
  BOOST_TEST(!blocks.find(two));
  BOOST_TEST((blocks.find(three) == at(10)));
  blocks.executed(Height{3});
  BOOST_TEST((blocks.replay_from(Height{3}, at(40)) == at(40)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::storage
