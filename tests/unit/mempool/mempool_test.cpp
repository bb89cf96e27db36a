#include "node/mempool/mempool.h"

#include <functional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <malloc.h>

#include "core/hash.h"
#include "node/mempool/duplicate_window.h"

namespace keten::mempool {
namespace {

/// Not signed: the mempool never looks at signatures.
struct Draft {
  std::uint64_t number = 0;
  std::string organisation = "a";
  std::size_t bytes = 100;
  std::uint64_t fuel = 1;
  std::uint64_t valid_until = 100;
  int signature = 0;  ///< the same number with another signature is the same transaction with another leaf
};

TransactionPointer make(const Draft& draft) {
  auto transaction = std::make_shared<Transaction>();
  transaction->id = Hasher("test/id").number(draft.number).finish();
  transaction->leaf =
      Hasher("test/leaf").number(draft.number).number(static_cast<std::uint64_t>(draft.signature)).finish();
  transaction->body.organisation = draft.organisation;
  transaction->body.fuel_limit = draft.fuel;
  transaction->body.valid_until = Height{draft.valid_until};
  transaction->envelope.resize(draft.bytes);
  return transaction;
}

constexpr Budget kWide{1000, 1'000'000, 1'000'000};
const auto kAll = [](const Transaction&) { return true; };

TransactionPointer admit(Mempool& mempool, const Draft& draft) {
  auto transaction = make(draft);
  BOOST_REQUIRE(mempool.reserve(transaction));
  mempool.admit(transaction->id);
  return transaction;
}

std::string organisations_of(const std::vector<TransactionPointer>& selected) {
  std::string text;
  for (const auto& one : selected) { text += one->body.organisation; }
  return text;
}

BOOST_AUTO_TEST_SUITE(mempool)

BOOST_AUTO_TEST_CASE(what_no_block_can_hold_does_not_hold_up_what_waits_behind_it) {
  Mempool mempool;
  admit(mempool, {.number = 1, .bytes = 600});
  admit(mempool, {.number = 2, .fuel = 51});
  const auto third = admit(mempool, {.number = 3, .bytes = 300});
  const auto fourth = admit(mempool, {.number = 4, .bytes = 300});
  // The fourth waits for the next block, and so would a fifth: the order of arrival holds among those that fit into one.
  admit(mempool, {.number = 5, .bytes = 100});
  const auto selected = mempool.select({10, 500, 50}, kAll);
  BOOST_REQUIRE_EQUAL(selected.size(), 1);
  BOOST_TEST((selected[0] == third));
  mempool.remove(third->id);
  BOOST_TEST((mempool.select({10, 500, 50}, kAll).front() == fourth));
}

BOOST_AUTO_TEST_CASE(all_names_whatever_has_a_place) {
  Mempool mempool;
  const auto late = admit(mempool, {.number = 1, .valid_until = 20});
  const auto soon = make({.number = 2, .valid_until = 10});
  BOOST_REQUIRE(mempool.reserve(soon));
  BOOST_TEST((mempool.all() == std::vector{soon, late}));
}

BOOST_AUTO_TEST_CASE(a_transaction_is_proposed_only_once_its_signature_holds) {
  Mempool mempool;
  const auto transaction = make({.number = 1});
  BOOST_REQUIRE(mempool.reserve(transaction));
  BOOST_TEST(mempool.contains(transaction->id));
  BOOST_TEST(!mempool.is_admitted(transaction->id));
  BOOST_TEST(mempool.admitted() == 0U);
  BOOST_TEST(mempool.select(kWide, kAll).empty());
  mempool.admit(transaction->id);
  mempool.admit(transaction->id);
  BOOST_TEST(mempool.is_admitted(transaction->id));
  BOOST_TEST(mempool.admitted() == 1U);
  BOOST_TEST(mempool.select(kWide, kAll).size() == 1U);
  BOOST_TEST((mempool.find(transaction->id) == transaction));
  BOOST_TEST((mempool.find_leaf(transaction->leaf) == transaction));
  mempool.remove(transaction->id);
  mempool.remove(transaction->id);
  mempool.admit(transaction->id);
  BOOST_TEST(mempool.size() == 0U);
  BOOST_TEST(mempool.bytes() == 0U);
  BOOST_TEST(mempool.admitted() == 0U);
  BOOST_TEST((mempool.find(transaction->id) == nullptr));
  BOOST_TEST((mempool.find_leaf(transaction->leaf) == nullptr));
  BOOST_TEST(mempool.select(kWide, kAll).empty());
}

BOOST_AUTO_TEST_CASE(a_transaction_waits_once_however_often_it_comes) {
  Mempool mempool;
  BOOST_REQUIRE(mempool.reserve(make({.number = 1})));
  const auto again = mempool.reserve(make({.number = 1}));
  BOOST_TEST(again.error().reason == "DUPLICATE");
  BOOST_TEST(mempool.reserve(make({.number = 1, .signature = 2})).error().reason == "DUPLICATE");
  BOOST_TEST(mempool.reserve(make({.number = 1}), Mempool::Room::guaranteed).error().reason == "DUPLICATE");
  BOOST_TEST(mempool.bytes() == 100U);
}

BOOST_AUTO_TEST_CASE(the_count_ends_at_its_limit) {
  Mempool mempool({.transactions = 3, .bytes = 10'000, .bytes_per_organisation = 10'000});
  for (std::uint64_t i = 0; i < 3; ++i) { BOOST_REQUIRE(mempool.reserve(make({.number = i}))); }
  const auto refused = mempool.reserve(make({.number = 3}));
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().reason == "MEMPOOL_FULL");
  BOOST_TEST((refused.error().kind == ErrorKind::busy));
  mempool.remove(make({.number = 0})->id);
  BOOST_TEST(mempool.reserve(make({.number = 3})).ok());
}

BOOST_AUTO_TEST_CASE(the_bytes_end_at_their_limit) {
  Mempool mempool({.transactions = 10, .bytes = 300, .bytes_per_organisation = 10'000});
  BOOST_REQUIRE(mempool.reserve(make({.number = 0, .bytes = 200})));
  BOOST_TEST(mempool.reserve(make({.number = 1, .bytes = 101})).error().reason == "MEMPOOL_FULL");
  BOOST_TEST(mempool.reserve(make({.number = 2, .bytes = 100})).ok());
  BOOST_TEST(mempool.bytes() == 300U);
}

BOOST_AUTO_TEST_CASE(one_organisation_cannot_take_the_place_of_all) {
  Mempool mempool({.transactions = 10, .bytes = 1000, .bytes_per_organisation = 300});
  BOOST_REQUIRE(mempool.reserve(make({.number = 0, .bytes = 300})));
  const auto refused = mempool.reserve(make({.number = 1, .bytes = 1}));
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().reason == "ORGANISATION_QUOTA");
  BOOST_TEST(mempool.reserve(make({.number = 2, .organisation = "b", .bytes = 300})).ok());
  mempool.remove(make({.number = 0})->id);
  BOOST_TEST(mempool.reserve(make({.number = 1, .bytes = 300})).ok());
}

BOOST_AUTO_TEST_CASE(what_a_leader_proposed_always_finds_room) {
  Mempool mempool({.transactions = 1, .bytes = 100, .bytes_per_organisation = 100});
  BOOST_REQUIRE(mempool.reserve(make({.number = 0})));
  BOOST_TEST(!mempool.reserve(make({.number = 1})));
  BOOST_TEST(mempool.reserve(make({.number = 1}), Mempool::Room::guaranteed).ok());
  BOOST_TEST(mempool.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_block_takes_from_organisations_in_turn_each_in_order_of_arrival) {
  Mempool mempool;
  std::uint64_t number = 0;
  std::vector<TransactionPointer> of_a;
  for (int i = 0; i < 5; ++i) { of_a.push_back(admit(mempool, {.number = number++})); }
  admit(mempool, {.number = number++, .organisation = "b"});
  admit(mempool, {.number = number++, .organisation = "c"});
  admit(mempool, {.number = number++, .organisation = "b"});
  const auto selected = mempool.select(kWide, kAll);
  BOOST_TEST(organisations_of(selected) == "abcabaaa");
  std::vector<TransactionPointer> selected_of_a;
  for (const auto& one : selected) {
    if (one->body.organisation == "a") { selected_of_a.push_back(one); }
  }
  BOOST_TEST((selected_of_a == of_a));
}

BOOST_AUTO_TEST_CASE(the_first_turn_goes_round_from_block_to_block) {
  Mempool mempool;
  std::uint64_t number = 0;
  for (const auto* organisation : {"a", "b", "c"}) {
    for (int i = 0; i < 9; ++i) { admit(mempool, {.number = number++, .organisation = organisation}); }
  }
  std::string firsts;
  for (int block = 0; block < 6; ++block) {
    const auto selected = mempool.select({1, 1000, 1000}, kAll);
    BOOST_REQUIRE(selected.size() == 1U);
    firsts += organisations_of(selected);
    mempool.remove(selected[0]->id);
  }
  BOOST_TEST(std::count(firsts.begin(), firsts.end(), 'a') == 2);
  BOOST_TEST(std::count(firsts.begin(), firsts.end(), 'b') == 2);
  BOOST_TEST(std::count(firsts.begin(), firsts.end(), 'c') == 2);
}

BOOST_AUTO_TEST_CASE(a_flood_of_one_organisation_leaves_the_others_their_share) {
  Mempool mempool;
  for (std::uint64_t i = 0; i < 1000; ++i) { admit(mempool, {.number = i}); }
  admit(mempool, {.number = 1000, .organisation = "small"});
  const auto selected = mempool.select({10, 1'000'000, 1'000'000}, kAll);
  BOOST_TEST(std::count_if(selected.begin(), selected.end(),
                           [](const auto& one) { return one->body.organisation == "small"; }) == 1);
}

BOOST_AUTO_TEST_CASE(a_block_ends_at_each_of_its_limits) {
  Mempool mempool;
  for (std::uint64_t i = 0; i < 10; ++i) { admit(mempool, {.number = i, .bytes = 100, .fuel = 10}); }
  BOOST_TEST(mempool.select({4, 10'000, 10'000}, kAll).size() == 4U);
  BOOST_TEST(mempool.select({100, 300, 10'000}, kAll).size() == 3U);
  BOOST_TEST(mempool.select({100, 299, 10'000}, kAll).size() == 2U);
  BOOST_TEST(mempool.select({100, 10'000, 50}, kAll).size() == 5U);
  BOOST_TEST(mempool.select({100, 10'000, 49}, kAll).size() == 4U);
  BOOST_TEST(mempool.select({0, 10'000, 10'000}, kAll).empty());
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_keeps_its_place_and_stops_no_other_organisation) {
  Mempool mempool;
  const auto first = admit(mempool, {.number = 0, .bytes = 10});
  const auto large = admit(mempool, {.number = 1, .bytes = 95});
  admit(mempool, {.number = 2, .bytes = 10});
  const auto other = admit(mempool, {.number = 3, .organisation = "b", .bytes = 10});
  BOOST_TEST((mempool.select({10, 100, 100}, kAll) == std::vector{first, other}));
  const auto whole = mempool.select({10, 1000, 100}, kAll);
  BOOST_REQUIRE(whole.size() == 4U);
  BOOST_TEST((std::find(whole.begin(), whole.end(), large) != whole.end()));
}

BOOST_AUTO_TEST_CASE(what_is_not_usable_is_passed_over_and_stays) {
  Mempool mempool;
  const auto first = admit(mempool, {.number = 0});
  const auto second = admit(mempool, {.number = 1});
  const auto selected = mempool.select(kWide, [&](const Transaction& one) { return one.id != first->id; });
  BOOST_REQUIRE(selected.size() == 1U);
  BOOST_TEST((selected[0] == second));
  BOOST_TEST(mempool.size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_can_enter_no_later_block_expires) {
  Mempool mempool;
  const auto soon = admit(mempool, {.number = 0, .valid_until = 10});
  const auto later = admit(mempool, {.number = 1, .valid_until = 11});
  BOOST_TEST(mempool.expire(Height{9}).empty());
  const auto expired = mempool.expire(Height{10});
  BOOST_REQUIRE(expired.size() == 1U);
  BOOST_TEST((expired[0] == soon->id));
  BOOST_TEST(mempool.contains(later->id));
  mempool.remove(later->id);
  BOOST_TEST(mempool.expire(Height{100}).empty());
  BOOST_TEST(mempool.bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(a_transaction_under_two_signatures_is_selected_once) {
  Mempool mempool;
  admit(mempool, {.number = 0});
  const auto old = admit(mempool, {.number = 1, .signature = 1});
  mempool.remove(old->id);
  const auto replacement = admit(mempool, {.number = 1, .signature = 2});
  const auto selected = mempool.select(kWide, kAll);
  BOOST_REQUIRE(selected.size() == 2U);
  BOOST_TEST((selected[1] == replacement));
}

BOOST_AUTO_TEST_CASE(a_transaction_that_left_leaves_nothing_behind) {
  Mempool mempool;
  const auto waiting = admit(mempool, {.number = 1'000'000});  // holds its organisation's place
  const auto turn = [&](std::uint64_t i) {
    const auto transaction = make({.number = i});
    BOOST_REQUIRE(mempool.reserve(transaction));
    if (i % 2 == 0) { mempool.admit(transaction->id); }
    mempool.remove(transaction->id);
  };
  for (std::uint64_t i = 0; i < 1000; ++i) { turn(i); }
  const auto before = mallinfo2().uordblks;
  for (std::uint64_t i = 1000; i < 40'000; ++i) { turn(i); }
  BOOST_TEST(mallinfo2().uordblks < before + 200'000);
  BOOST_TEST(mempool.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(duplicate_window)

BOOST_AUTO_TEST_CASE(an_id_stays_until_it_could_enter_no_block) {
  DuplicateWindow window;
  const auto first = make({.number = 1})->id;
  const auto second = make({.number = 2})->id;
  window.add(first, Height{10});
  window.add(first, Height{10});
  window.add(second, Height{12});
  BOOST_TEST(window.size() == 2U);
  window.advance(Height{9});
  BOOST_TEST(window.contains(first));
  window.advance(Height{10});  // the next block is 11
  BOOST_TEST(!window.contains(first));
  BOOST_TEST(window.contains(second));
  window.advance(Height{12});
  BOOST_TEST(window.size() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::mempool
