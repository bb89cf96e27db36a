#include "node/audit/comparison.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/audit/signed_chain.h"

namespace keten::audit {
namespace {

using test::SignedChain;
using test::ToldLedger;

struct Fixture {
  SignedChain one;
  SignedChain other;

  /// The same blocks on both, of two epochs.
  void grow(std::size_t blocks = 12) {
    for (auto* chain : {&one, &other}) {
      chain->add({chain->put("a", "1")});
      chain->change_validators();
      while (chain->blocks.size() < blocks) { chain->add({chain->put("b", std::to_string(chain->blocks.size()))}); }
    }
    BOOST_REQUIRE((one.head == other.head));
  }
  Comparison run() { return run(ToldLedger(one, "one"), ToldLedger(other, "other")); }
  Comparison run(const LedgerSource& first, const LedgerSource& second) {
    return SignedChain::require(compare(first, second, one.genesis));
  }
};

BOOST_FIXTURE_TEST_SUITE(two_ledgers, Fixture)

BOOST_AUTO_TEST_CASE(equal_ones_are_equal_to_the_common_height) {
  grow();
  const auto same = run();
  BOOST_TEST(!same.difference.has_value());
  BOOST_TEST(same.equal_to.value == 12U);
  BOOST_TEST(same.entries > 20U);
  one.add({});
  const auto longer = run();
  BOOST_TEST(!longer.difference.has_value());
  BOOST_TEST(longer.equal_to.value == 12U);
  BOOST_TEST(longer.first_tip.value == 13U);
  BOOST_TEST(longer.entries == 0U);
  BOOST_TEST(longer.notes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(two_finalized_blocks_of_one_view_are_evidence_against_all_who_signed_both) {
  grow();
  one.signers = {0, 1, 2};
  other.signers = {1, 2, 3};
  one.add({one.put("x", "1"), one.put("y", "1")});
  other.add({other.put("x", "1"), other.put("y", "2")});
  one.add({});
  other.add({});
  const auto result = run();
  BOOST_REQUIRE(result.difference.has_value());
  BOOST_TEST(result.difference->reason == "BLOCKS_DIFFER");
  BOOST_TEST(result.difference->height.value == 13U);
  BOOST_TEST((result.difference->index == 1U));
  BOOST_TEST(result.difference->contract == "record");
  BOOST_TEST(result.equal_to.value == 12U);
  BOOST_REQUIRE(result.split.has_value());
  BOOST_TEST((result.split->epoch == Epoch{1}));
  BOOST_TEST(check(*result.split).ok());
  BOOST_TEST((result.split->signed_both() == std::vector<ValidatorIndex>{{1}, {2}}));
  const auto evidence = result.split->evidence();
  BOOST_REQUIRE_EQUAL(evidence.size(), 2U);
  for (const auto& piece : evidence) {
    const auto key = verify_evidence(piece, Epoch{1}, one.chain, one.membership().current.validators);
    BOOST_REQUIRE(key.ok());
    BOOST_TEST((key->kind == EvidenceKind::conflicting_finalize));
  }
  const auto document = result.split->to_json();
  BOOST_TEST(document.find("evidence")->items().size() == 2U);
  BOOST_TEST(document.find("first")->find("headers")->items().size() == 1U);
}

BOOST_AUTO_TEST_CASE(in_different_views_both_are_shown_and_nobody_is_accused) {
  grow();
  one.add({});
  other.add({}, [&](Block& block) {
    block.header.view = block.header.view.plus(4);  // the same leader again
  });
  const auto result = run();
  BOOST_REQUIRE(result.split.has_value());
  BOOST_TEST(result.split->signed_both().size() == 3U);
  BOOST_TEST(result.split->evidence().empty());
}

BOOST_AUTO_TEST_CASE(two_hand_overs_are_a_split_too) {
  grow(5);
  for (auto* chain : {&one, &other}) {
    chain->signers = {0, 1, 2};
    chain->add({});
  }
  ToldLedger first(one);
  ToldLedger second(other);
  auto& block = second.edit(4);  // the sealing block
  block.header.next_set = sample::hash_of("usurpers");
  second.blocks[3].finalization = other.finalize(block.header, other.genesis.validators());
  for (std::uint64_t height = 5; height <= 6; ++height) {
    second.edit(height).header.parent = second.blocks[height - 2].block->header.id();
  }
  const auto result = run(first, second);
  BOOST_REQUIRE(result.difference.has_value());
  BOOST_TEST(result.difference->height.value == 4U);
  BOOST_REQUIRE(result.split.has_value());
  BOOST_TEST((result.split->epoch == Epoch{0}));
  BOOST_TEST(result.split->evidence().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_block_that_no_quorum_signed_splits_nothing) {
  grow();
  one.add({one.put("x", "1")});
  other.add({other.put("x", "2")});
  ToldLedger forger(other, "forger");
  forger.blocks.back().finalization->signatures[1].bytes[0] ^= 1;
  const auto result = run(ToldLedger(one, "one"), forger);
  BOOST_REQUIRE(result.difference.has_value());
  BOOST_TEST(!result.split.has_value());
  BOOST_REQUIRE_EQUAL(result.notes.size(), 1U);
  BOOST_TEST(result.notes[0].starts_with("forger does not prove its block"));
}

BOOST_AUTO_TEST_CASE(another_result_of_the_same_block_is_found_with_its_transaction) {
  grow();
  ToldLedger first(one, "first");
  ToldLedger second(other, "second");
  // As if execution had gone another way from height 9 on.
  for (std::uint64_t height = 9; height <= 12; ++height) {
    second.blocks[height - 1].result->state_root.bytes[0] ^= 1;
    second.blocks[height - 1].result->commitments.rest.bytes[0] ^= 1;
    second.blocks[height - 1].result->receipts_root.bytes[0] ^= height == 9 ? 1 : 0;
  }
  second.told_receipts[8][0].writes_digest.bytes[0] ^= 1;
  const auto result = run(first, second);
  BOOST_REQUIRE(result.difference.has_value());
  BOOST_TEST(result.difference->reason == "RESULTS_DIFFER");
  BOOST_TEST(result.difference->height.value == 9U);
  BOOST_TEST((result.difference->transaction == one.blocks[8].block->transactions[0]->id));
  BOOST_TEST(result.difference->contract == "record");
  BOOST_TEST(result.equal_to.value == 8U);
  BOOST_TEST(result.looked_at < 30U);
}

BOOST_AUTO_TEST_CASE(a_changed_entry_is_named_by_contract_and_key) {
  grow();
  storage::Batch batch;
  batch.put(storage::Column::state, to_bytes(std::string_view("production/item/x")), to_bytes(std::string_view("?")));
  SignedChain::require(other.database.write(batch, storage::Durability::synced));
  const auto result = run();
  BOOST_REQUIRE(result.difference.has_value());
  BOOST_TEST(result.difference->reason == "STATE_DIFFERS");
  BOOST_TEST(result.difference->contract == "production");
  BOOST_TEST(result.difference->key == "production/item/x");
  BOOST_TEST(result.difference->expected == "nothing");
}

BOOST_AUTO_TEST_CASE(a_split_that_does_not_hold_is_refused) {
  grow();
  one.add({one.put("x", "1")});
  other.add({other.put("x", "2")});
  const auto result = run();
  BOOST_REQUIRE(result.split.has_value());
  const auto good = *result.split;
  auto same = good;
  same.second = same.first;
  BOOST_TEST(!check(same).ok());
  auto few = good;
  few.first.finalization.signers = {0x03};
  few.first.finalization.signatures.resize(2);
  BOOST_TEST(!check(few).ok());
  auto foreign = good;
  foreign.validators = one.genesis.validators();
  BOOST_TEST(!check(foreign).ok());
  auto apart = good;
  apart.second.headers.front().parent = sample::hash_of("elsewhere");
  BOOST_TEST(!check(apart).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::audit
