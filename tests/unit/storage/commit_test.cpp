#include "node/storage/commit.h"

#include <map>
#include <string>

#include <boost/test/unit_test.hpp>

#include "core/encoding.h"
#include "tests/unit/storage/chain_fixture.h"

namespace keten::storage {
namespace {

using test::make_put;

BOOST_FIXTURE_TEST_SUITE(commit, test::Chain)

BOOST_AUTO_TEST_CASE(a_new_database_holds_the_genesis) {
  const auto snapshot = database.snapshot();
  const auto executed = read_executed(*snapshot);
  BOOST_REQUIRE(executed.ok());
  BOOST_TEST((executed->height == Height{0}));
  BOOST_TEST((executed->block == genesis_header(genesis).id()));
  BOOST_TEST((executed->state_root == contracts::execute_genesis(genesis).state_root));
  BOOST_TEST(initialise(database, genesis).ok());
  BOOST_TEST(initialise(database, test::make_genesis("other")).error().reason == "WRONG_CHAIN");
}

BOOST_AUTO_TEST_CASE(a_plain_transaction_costs_two_keys) {
  const auto keys = [&](std::size_t count) {
    std::vector<TransactionPointer> transactions;
    for (std::size_t i = 0; i < count; ++i) { transactions.push_back(make_put(genesis, std::to_string(i), "v")); }
    const auto block = test::make_block(head, transactions);
    const auto result = execute(block);
    return make_commit({.block = block,
                        .id = block.header.id(),
                        .location = {},
                        .replay_from = {},
                        .result = result,
                        .finalization = std::nullopt})
        .size();
  };
  BOOST_TEST(keys(11) - keys(1) == 20U);
}

BOOST_AUTO_TEST_CASE(what_was_committed_is_read_back) {
  const auto one = make_put(genesis, "a", "1");
  const auto two = make_put(genesis, "b", "2");
  const auto block = add({one, two});
  const auto snapshot = database.snapshot();
  const auto executed = read_executed(*snapshot);
  const auto record = read_block_record(*snapshot, Height{1});
  BOOST_REQUIRE(record.ok());
  BOOST_TEST((record->header == block.header));
  BOOST_TEST((record->id == block.header.id()));
  BOOST_TEST((record->state_root() == executed->state_root));
  BOOST_TEST((record->valid_until_max == Height{100}));
  BOOST_TEST((*read_height(*snapshot, record->id) == Height{1}));
  BOOST_TEST((*read_place(*snapshot, two->id) == Place{.height = Height{1}, .index = 1}));
  BOOST_TEST(!read_place(*snapshot, record->id)->has_value());
  BOOST_TEST(read_receipts(*snapshot, Height{1})->size() == 2U);
  const auto events = read_events(*snapshot, Height{1});
  BOOST_REQUIRE_EQUAL(events->size(), 2U);
  BOOST_TEST((*events)[1].transaction_index == 1U);
  BOOST_TEST((*events)[1].event.subject == "dairy/b");
  BOOST_TEST((**read_finalization(*snapshot, Height{1}) == test::make_finalization(block.header)));
  BOOST_TEST(read_block_record(*snapshot, Height{2}).error().reason == "BLOCK_NOT_FOUND");
}

BOOST_AUTO_TEST_CASE(an_empty_block_is_a_block) {
  add({});
  BOOST_TEST(read_receipts(*database.snapshot(), Height{1})->empty());
  BOOST_TEST(read_events(*database.snapshot(), Height{1})->empty());
}

BOOST_AUTO_TEST_CASE(committing_a_block_again_changes_nothing) {
  const auto one = add({make_put(genesis, "a", "1")});
  add({make_put(genesis, "a", "2")});
  const auto before = read_executed(*database.snapshot());
  BOOST_TEST(commit(one, std::nullopt).ok());
  BOOST_TEST((*read_executed(*database.snapshot()) == *before));
}

BOOST_AUTO_TEST_CASE(a_gap_and_a_second_block_at_a_height_are_refused) {
  const auto root = head;
  const auto one = add({make_put(genesis, "a", "1")});
  const auto other = test::make_block(root, {make_put(genesis, "b", "1")});
  BOOST_TEST(commit(other, std::nullopt).error().reason == "COMMIT_CONFLICT");
  const auto two = test::make_block(one.header, {});
  const auto three = test::make_block(two.header, {});
  BOOST_TEST(commit(three, std::nullopt).error().reason == "COMMIT_GAP");
  const auto beside = test::make_block(other.header, {});
  BOOST_TEST(commit(beside, std::nullopt).error().reason == "COMMIT_GAP");
}

// Bug 45.
BOOST_AUTO_TEST_CASE(a_crash_loses_whole_blocks_and_replay_gives_the_same_state) {
  const auto one = add({make_put(genesis, "a", "1")});
  const auto two = add({make_put(genesis, "a", "2"), make_put(genesis, "b", "1")});
  const auto before = read_executed(*database.snapshot());
  database.crash(1);
  BOOST_TEST((read_executed(*database.snapshot())->height == Height{1}));
  BOOST_TEST(!read_place(*database.snapshot(), two.transactions[1]->id)->has_value());
  BOOST_TEST(commit(one, std::nullopt).ok());
  BOOST_TEST(commit(two, std::nullopt).ok());
  BOOST_TEST((read_executed(*database.snapshot())->state_root == before->state_root));
}

BOOST_AUTO_TEST_CASE(a_database_of_another_format_is_refused) {
  Writer format;
  format.u32(1);
  format.fixed(genesis.chain_id());
  Batch batch;
  batch.put(Column::meta, as_bytes("format"), format.bytes());
  BOOST_REQUIRE(database.write(batch, Durability::synced).ok());
  const auto refused = initialise(database, genesis);
  BOOST_TEST(refused.error().reason == "STORAGE_FORMAT");
  BOOST_TEST(refused.error().message.find("format 1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(commitments_come_back_from_a_crash_between_batches_row_by_row) {
  const auto about = [&](std::string value) {
    return make_put(genesis, contracts::RecordPut{to_bytes("k"), to_bytes(value), {"lot", "lot-" + value}});
  };
  const auto rows = [&] {
    std::map<Bytes, Bytes> result;
    database.snapshot()->column(Column::proofs).scan({}, {}, [&](ByteView key, ByteView value) {
      result[to_bytes(key)] = to_bytes(value);
      return true;
    });
    return result;
  };
  std::vector<Block> added;
  for (int i = 0; i < 20; ++i) { added.push_back(add({about(std::to_string(i))})); }
  const auto before = rows();
  const auto roots = read_recent_roots(*database.snapshot(), 30);
  database.crash(3);
  BOOST_REQUIRE((read_executed(*database.snapshot())->height == Height{3}));
  BOOST_TEST((rows() != before));
  for (const auto& block : added) { BOOST_TEST(commit(block, std::nullopt).ok()); }
  BOOST_TEST((rows() == before));
  BOOST_TEST((*read_recent_roots(*database.snapshot(), 30) == *roots));
  const auto record = read_block_record(*database.snapshot(), Height{20});
  BOOST_TEST((record->state_root() == roots->back().second));
  BOOST_TEST(
      (contracts::commitment::read_head(database.snapshot()->column(Column::state), "record", "dairy/lot")->count ==
       20U));
}

BOOST_AUTO_TEST_CASE(recent_roots_are_those_of_the_newest_heights) {
  for (int i = 0; i < 3; ++i) { add({make_put(genesis, "a", std::to_string(i))}); }
  const auto all = read_recent_roots(*database.snapshot(), 10);
  BOOST_REQUIRE_EQUAL(all->size(), 4U);
  BOOST_TEST(((*all)[0].first == Height{0}));
  BOOST_TEST(((*all)[3].second == read_executed(*database.snapshot())->state_root));
  const auto two = read_recent_roots(*database.snapshot(), 2);
  BOOST_REQUIRE_EQUAL(two->size(), 2U);
  BOOST_TEST(((*two)[0].first == Height{2}));
}

BOOST_AUTO_TEST_CASE(the_window_holds_what_a_later_block_could_repeat) {
  const auto expiring = make_put(genesis, "a", "1", {.valid_until = Height{3}});
  const auto lasting = make_put(genesis, "b", "1", {.valid_until = Height{4}});
  add({expiring, lasting});
  add({make_put(genesis, "c", "1", {.valid_until = Height{3}})});
  add({});
  const auto window = read_window(*database.snapshot(), 2000);
  BOOST_REQUIRE(window.ok());
  BOOST_REQUIRE_EQUAL(window->size(), 1U);
  BOOST_TEST((window->front().height == Height{1}));
  BOOST_REQUIRE_EQUAL(window->front().transactions.size(), 1U);
  BOOST_TEST((window->front().transactions[0] == std::pair(lasting->id, Height{4})));
  BOOST_TEST(read_window(*database.snapshot(), 3)->size() == 1U);
  BOOST_TEST(read_window(*database.snapshot(), 2)->empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::storage
