#include "node/query/ledger_query.h"

#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "tests/unit/storage/chain_fixture.h"

namespace keten::query {
namespace {

using storage::Place;
using test::make_put;

struct Fixture : test::Chain {
  using Finalized = test::Chain::Finalized;
  TransactionPointer put(std::string_view key) const { return make_put(genesis, key, "value"); }
  LedgerView view() const { return LedgerQuery(database, blocks).view(); }
};

BOOST_FIXTURE_TEST_SUITE(ledger_query, Fixture)

BOOST_AUTO_TEST_CASE(a_block_is_found_by_height_and_by_id) {
  const auto block = add({put("a"), put("b")});
  const auto by_height = view().block(Height{1});
  BOOST_REQUIRE(by_height.ok());
  BOOST_TEST(((*by_height)->header == block.header));
  BOOST_TEST((*by_height)->transactions.size() == 2U);
  BOOST_TEST(((*view().block(block.header.id()))->header == block.header));
  BOOST_TEST(((*view().block(Height{0}))->header == genesis_header(genesis)));
  BOOST_TEST(view().block(Height{2}).error().reason == "BLOCK_NOT_FOUND");
  BOOST_TEST(view().block(BlockId{}).error().reason == "BLOCK_NOT_FOUND");
}

BOOST_AUTO_TEST_CASE(a_transaction_is_read_without_its_block) {
  std::vector<TransactionPointer> transactions;
  for (int i = 0; i < 50; ++i) { transactions.push_back(put("key " + std::to_string(i))); }
  add(transactions);
  for (std::uint32_t i = 0; i < transactions.size(); ++i) {
    const auto found = view().transaction(transactions[i]->id);
    BOOST_REQUIRE(found.ok());
    BOOST_TEST((found->transaction->envelope == transactions[i]->envelope));
    BOOST_TEST((found->place == Place{.height = Height{1}, .index = i}));
  }
  const auto before = blocks.bytes_read();
  BOOST_REQUIRE(view().transaction(transactions[0]->id).ok());
  BOOST_TEST(blocks.bytes_read() - before == transactions[0]->envelope.size() + 4);
  BOOST_TEST(view().transaction(TransactionId{}).error().reason == "TRANSACTION_NOT_FOUND");
  BOOST_TEST(view().transaction_at({.height = Height{1}, .index = 50}).error().reason == "TRANSACTION_NOT_FOUND");
}

BOOST_AUTO_TEST_CASE(damaged_bytes_are_never_served) {
  const auto transaction = put("a");
  add({transaction});
  for (auto& byte : blocks.bytes()) {
    byte ^= 1;
    BOOST_TEST(!view().block(Height{1}).ok());
    byte ^= 1;
  }
  blocks.bytes().back() ^= 1;
  BOOST_TEST(!view().transaction(transaction->id).ok());
}

BOOST_AUTO_TEST_CASE(a_receipt_is_found_by_transaction) {
  const auto good = put("a");
  const auto bad = make_put(genesis, "b", "1", {.fuel_limit = 1});
  add({good, bad});
  BOOST_TEST(view().receipt(good->id)->receipt.succeeded);
  const auto failed = view().receipt(bad->id);
  BOOST_TEST(failed->receipt.reason == "OUT_OF_FUEL");
  BOOST_TEST(failed->place.index == 1U);
  BOOST_TEST(view().receipts(Height{1})->size() == 2U);
  BOOST_TEST(!view().receipts(Height{9}).ok());
}

BOOST_AUTO_TEST_CASE(a_view_does_not_move) {
  const auto old = view();
  add({put("a")});
  BOOST_TEST((old.executed()->height == Height{0}));
  BOOST_TEST((view().executed()->height == Height{1}));
}

BOOST_AUTO_TEST_CASE(events_are_paged_without_gap_or_repetition) {
  std::vector<std::string> expected;
  for (int height = 1; height <= 4; ++height) {
    std::vector<TransactionPointer> transactions;
    for (int i = 0; i < (height == 2 ? 0 : 3); ++i) {
      const auto key = std::to_string(height) + "." + std::to_string(i);
      transactions.push_back(put(key));
      expected.push_back("dairy/" + key);
    }
    add(transactions);
  }
  for (std::size_t page_size = 1; page_size <= 10; ++page_size) {
    std::vector<std::string> seen;
    EventCursor cursor;
    while (cursor.height <= Height{4}) {
      const auto page = view().events(cursor, page_size);
      BOOST_REQUIRE(page.ok());
      BOOST_TEST(page->events.size() <= page_size);
      for (const auto& event : page->events) { seen.push_back(event.event.subject); }
      cursor = page->next;
    }
    BOOST_TEST(seen == expected);
  }
  const auto short_look = view().events({}, 100, 2);
  BOOST_TEST((short_look->next == EventCursor{.height = Height{2}}));
  BOOST_TEST(view().events({.height = Height{5}}, 10)->events.empty());
}

BOOST_AUTO_TEST_CASE(a_finalization_covers_its_ancestors) {
  add({put("a")}, Finalized::by_descendant);
  add({put("b")}, Finalized::by_descendant);
  BOOST_TEST(view().finalization_covering(Height{1}).error().reason == "NOT_FINAL_HERE");
  const auto third = add({put("c")});
  for (std::uint64_t height = 1; height <= 3; ++height) {
    const auto covering = view().finalization_covering(Height{height});
    BOOST_REQUIRE(covering.ok());
    BOOST_TEST((covering->height == Height{3}));
    BOOST_TEST((covering->certificate.subject.block == third.header.id()));
  }
}

BOOST_AUTO_TEST_CASE(a_range_ends_with_a_block_that_has_its_own_finalization) {
  for (const auto finalized : {Finalized::itself, Finalized::by_descendant, Finalized::itself, Finalized::by_descendant,
                               Finalized::by_descendant}) {
    add({put("a")}, finalized);
  }
  const auto size = [&](std::uint64_t from, std::uint64_t to, std::size_t most, std::size_t bytes = 1'000'000) {
    const auto range = view().range(Height{from}, Height{to}, most, bytes);
    BOOST_REQUIRE(range.ok());
    BOOST_TEST(range->finalization.has_value() == !range->blocks.empty());
    if (range->finalization) {
      auto last = range->blocks.back()->header;
      for (const auto& header : range->path) {
        BOOST_TEST((header.parent == last.id()));
        last = header;
      }
      BOOST_TEST((range->finalization->subject.block == last.id()));
      BOOST_TEST((range->blocks.front()->header.height == Height{from}));
    }
    return range->blocks.size();
  };
  BOOST_TEST(size(1, 9, 64) == 3U);
  BOOST_TEST(size(1, 2, 64) == 1U);
  BOOST_TEST(size(1, 9, 2) == 1U);
  BOOST_TEST(size(2, 9, 2) == 2U);
  BOOST_TEST(size(1, 9, 64, 1) == 1U);
  BOOST_TEST(size(2, 2, 64) == 1U);
  BOOST_TEST(size(2, 9, 64, 1) == 1U);
  BOOST_TEST(view().range(Height{2}, Height{2}, 64, 1'000'000)->path.size() == 1U);
  BOOST_TEST(view().range(Height{1}, Height{9}, 64, 1'000'000)->path.empty());
  BOOST_TEST(size(4, 9, 64) == 0U);
  BOOST_TEST(size(7, 9, 64) == 0U);
}

BOOST_AUTO_TEST_CASE(a_path_leads_over_as_many_headers_as_an_answer_may_hold_and_no_more) {
  for (std::size_t i = 0; i < limits::kSyncPathMax + 1; ++i) { add({}, Finalized::by_descendant); }
  add({});
  const auto with_path = view().range(Height{2}, Height{9}, 1, 1'000'000);
  BOOST_REQUIRE(with_path.ok());
  BOOST_TEST(with_path->blocks.size() == 1U);
  BOOST_TEST(with_path->path.size() == limits::kSyncPathMax);
  const auto too_far = view().range(Height{1}, Height{9}, 1, 1'000'000);
  BOOST_REQUIRE(too_far.ok());
  BOOST_TEST(too_far->blocks.empty());
  BOOST_TEST(too_far->path.empty());
}

BOOST_AUTO_TEST_CASE(a_range_ends_before_a_damaged_block) {
  add({put("a")});
  add({put("b")});
  const auto begin = blocks.bytes().size();
  add({put("c")});
  add({put("d")});
  blocks.bytes()[begin] ^= 1;
  const auto before = view().range(Height{1}, Height{4}, 64, 1'000'000);
  BOOST_REQUIRE(before.ok());
  BOOST_TEST(before->blocks.size() == 2U);
  BOOST_TEST((before->finalization->subject.block == before->blocks.back()->header.id()));
  BOOST_TEST(!view().range(Height{3}, Height{4}, 64, 1'000'000).ok());
  BOOST_TEST(view().range(Height{4}, Height{4}, 64, 1'000'000)->blocks.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::query
