#include "node/audit/audit.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/audit/signed_chain.h"
#include "tests/unit/journal/temporary_directory.h"

namespace keten::audit {
namespace {

using test::SignedChain;
using test::ToldLedger;

struct Fixture {
  SignedChain chain;
  test::TemporaryDirectory directory;

  AuditOptions options() { return {.ledger = directory.path() + "/ledger", .threads = 2}; }
  Report run(const LedgerSource& source, const std::string& ledger = "ledger") {
    auto where = options();
    where.ledger = directory.path() + "/" + ledger;
    return SignedChain::require(audit(source, chain.genesis, where));
  }
  Report run() { return run(ToldLedger(chain)); }

  /// Seven blocks, of two epochs.
  void grow() {
    chain.add({chain.put("a", "1"), chain.put("b", "2")});
    chain.change_validators();
    chain.add({});
    chain.add({chain.put("a", "3"), chain.put("c", "4"), chain.put("d", "5")});
  }
  /// The reason and height of what an audit finds.
  void expect(const Report& report, std::string_view reason, std::uint64_t height) {
    BOOST_REQUIRE(report.finding.has_value());
    BOOST_TEST(report.finding->reason == reason);
    BOOST_TEST(report.finding->height.value == height);
    BOOST_TEST(!report.finding->message.empty());
  }
  void expect(const ToldLedger& told, std::string_view reason, std::uint64_t height) {
    const auto report = run(told);
    expect(report, reason, height);
    BOOST_TEST(report.height.value <= height);
  }
  /// The last block is changed before it is signed, so that only the rule itself can find it.
  void expect_of_changed(const SignedChain::Change& change, std::string_view reason) {
    grow();
    chain.add({chain.put("e", "6")}, change);
    expect(run(), reason, 8);
  }
};

BOOST_FIXTURE_TEST_SUITE(audit_of_a_ledger, Fixture)

BOOST_AUTO_TEST_CASE(a_right_ledger_is_verified_from_genesis_to_tip) {
  grow();
  const auto report = run();
  BOOST_TEST(!report.finding.has_value());
  BOOST_TEST(report.height.value == 7U);
  BOOST_TEST(report.final_to.value == 7U);
  BOOST_TEST((report.state_root == chain.blocks.back().result->state_root));
  BOOST_TEST(report.total.blocks == 7U);
  BOOST_TEST(report.total.transactions == 2U + 1 + 4 + 1 + 3);
  BOOST_TEST(report.total.failed_transactions == 0U);
  BOOST_TEST(report.total.finalizations == 7U);
  BOOST_TEST(report.total.votes == 21U);
  BOOST_TEST(report.total.hand_overs == 1U);
  BOOST_TEST(report.total.senders_not_asked == 0U);
  BOOST_TEST(report.entries > 20U);
  BOOST_REQUIRE_EQUAL(report.epochs.size(), 2U);
  BOOST_TEST(report.epochs[1].since.value == 4U);
  BOOST_TEST(report.epochs[1].validators[0] == "company0/node0");
}

BOOST_AUTO_TEST_CASE(an_audit_goes_on_where_it_was_stopped) {
  grow();
  const ToldLedger told(chain);
  auto halted = options();
  halted.progress = [](const Progress& progress) { return progress.height.value < 3; };
  const auto stopped = audit(told, chain.genesis, halted);
  BOOST_REQUIRE(!stopped.ok());
  BOOST_TEST(stopped.error().reason == "INTERRUPTED");
  const auto rest = run(told);
  BOOST_TEST(!rest.finding.has_value());
  BOOST_TEST(rest.resumed_at.value == 3U);
  BOOST_TEST(rest.run.blocks == 4U);
  BOOST_TEST(rest.total.blocks == 7U);
  BOOST_TEST(rest.total.votes == 21U);
  const auto whole = run(told);
  BOOST_TEST(whole.run.blocks == 0U);
  BOOST_TEST((whole.total == rest.total));
  const auto other = audit(ToldLedger(chain, "another"), chain.genesis, options());
  BOOST_REQUIRE(!other.ok());
  BOOST_TEST(other.error().reason == "AUDIT_OF_ANOTHER");
}

BOOST_AUTO_TEST_CASE(an_audit_can_end_before_the_tip) {
  grow();
  auto some = options();
  some.until = Height{5};
  const auto report = SignedChain::require(audit(ToldLedger(chain), chain.genesis, some));
  BOOST_TEST(report.height.value == 5U);
  BOOST_TEST(report.entries == 0U);
  some.until = Height{3};
  const auto earlier = audit(ToldLedger(chain), chain.genesis, some);
  BOOST_REQUIRE(!earlier.ok());
  BOOST_TEST(earlier.error().reason == "AUDITED_ALREADY");
}

BOOST_AUTO_TEST_CASE(a_block_without_a_finalization_is_covered_by_a_descendant) {
  grow();
  ToldLedger told(chain);
  told.blocks[0].finalization.reset();
  told.blocks[6].finalization.reset();
  const auto report = run(told);
  BOOST_TEST(!report.finding.has_value());
  BOOST_TEST(report.height.value == 7U);
  BOOST_TEST(report.final_to.value == 6U);
}

BOOST_AUTO_TEST_CASE(a_chain_that_nobody_has_made_final_is_not_right) {
  for (int i = 0; i < 33; ++i) { chain.add({}); }
  ToldLedger told(chain);
  for (auto& block : told.blocks) { block.finalization.reset(); }
  expect(run(told), "FINALIZATION_MISSING", 1);
  told.blocks[0].finalization = ToldLedger(chain).blocks[0].finalization;
  BOOST_TEST(!run(told, "other").finding.has_value());
}

BOOST_AUTO_TEST_CASE(an_audit_that_goes_on_asks_whether_the_blocks_below_are_still_the_same) {
  grow();
  const ToldLedger told(chain);
  BOOST_TEST(!run(told).finding.has_value());
  ToldLedger changed(chain);
  auto other = *changed.blocks[2].block;
  ++other.header.time;
  changed.blocks[2].block = std::make_shared<const Block>(std::move(other));
  expect(run(changed), "BLOCK_DIFFERS", 3);
  BOOST_TEST(!run(told).finding.has_value());
}

BOOST_AUTO_TEST_CASE(a_block_that_hands_over_needs_a_finalization_of_its_own) {
  grow();
  ToldLedger told(chain);
  told.blocks[3].finalization.reset();
  expect(told, "FINALIZATION_MISSING", 4);
}

BOOST_AUTO_TEST_CASE(a_quorum_minus_one_finalizes_nothing) {
  grow();
  ToldLedger told(chain);
  auto& finalization = *told.blocks[1].finalization;
  finalization.signers = {0x03};
  finalization.signatures.pop_back();
  const auto report = run(told);
  expect(report, "FINALIZATION_INVALID", 2);
  BOOST_TEST(report.finding->found == "weight 2 by 2 signatures");
}

BOOST_AUTO_TEST_CASE(one_forged_vote_is_named) {
  grow();
  ToldLedger told(chain);
  told.blocks[4].finalization->signatures[2].bytes[7] ^= 1;
  const auto report = run(told);
  expect(report, "FINALIZATION_INVALID", 5);
  BOOST_TEST(report.finding->expected == "a signature of company2/node2");
}

BOOST_AUTO_TEST_CASE(validators_of_another_epoch_finalize_nothing) {
  grow();
  ToldLedger told(chain);
  // The same people with the key that the first one has given up.
  const auto old_set = chain.genesis.validators();
  auto& finalization = *told.blocks[5].finalization;
  finalization.signatures[0] =
      sample::validator_key(0).sign(finalization.subject.signing_hash(chain.chain, old_set.id()).view());
  expect(told, "FINALIZATION_INVALID", 6);
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_block_covers_nothing) {
  grow();
  ToldLedger told(chain);
  told.blocks[1].finalization = told.blocks[0].finalization;
  expect(told, "FINALIZATION_INVALID", 2);
}

BOOST_AUTO_TEST_CASE(a_changed_transaction_is_named) {
  grow();
  ToldLedger told(chain);
  told.edit(7).transactions[1] = chain.put("c", "5");
  const auto report = run(told);
  expect(report, "TRANSACTION_DIFFERS", 7);
  BOOST_TEST((report.finding->index == 1U));
  BOOST_TEST(report.finding->expected == chain.blocks[6].block->transactions[1]->id.hex());
  BOOST_TEST(report.finding->contract == "record");
}

BOOST_AUTO_TEST_CASE(a_signature_that_the_header_commits_to_must_hold) {
  grow();
  chain.add({chain.put("e", "6"), chain.put("f", "7")}, [](Block& block) {
    auto forged = std::make_shared<Transaction>(*block.transactions[1]);
    forged->signature.bytes[3] ^= 1;
    block.transactions[1] = forged;
    SignedChain::seal_payload(block);
  });
  const auto report = run();
  expect(report, "SIGNATURE_INVALID", 8);
  BOOST_TEST((report.finding->index == 1U));
}

BOOST_AUTO_TEST_CASE(a_missing_block_is_named) {
  grow();
  ToldLedger told(chain);
  told.blocks[2].block = nullptr;
  expect(told, "BLOCK_MISSING", 3);
}

BOOST_AUTO_TEST_CASE(swapped_blocks_are_found) {
  grow();
  ToldLedger told(chain);
  std::swap(told.blocks[4], told.blocks[5]);
  expect(told, "BLOCK_MISPLACED", 5);
}

BOOST_AUTO_TEST_CASE(a_block_that_does_not_follow_is_found) {
  expect_of_changed([](Block& block) { block.header.state_root.bytes[0] ^= 1; }, "STATE_ROOT_DIFFERS");
}

BOOST_AUTO_TEST_CASE(time_goes_forward) {
  expect_of_changed([&](Block& block) { block.header.time = chain.head.time; }, "TIME_NOT_LATER");
}

BOOST_AUTO_TEST_CASE(only_the_leader_of_a_view_proposes) {
  expect_of_changed([](Block& block) { block.header.proposer.value ^= 1; }, "PROPOSER_WRONG");
}

BOOST_AUTO_TEST_CASE(a_block_is_of_the_epoch_that_has_begun) {
  grow();
  chain.add({}, [](Block& block) { block.header.epoch = Epoch{0}; });
  expect(run(), "EPOCH_WRONG", 8);
}

BOOST_AUTO_TEST_CASE(nobody_hands_over_without_an_agreement) {
  grow();
  // Not executed by anybody: such a block ends an honest validator's vote, and an execution would stop.
  ToldLedger told(chain);
  auto& block = told.edit(7);
  block.header.next_set = sample::hash_of("usurpers");
  told.blocks[6].finalization = chain.finalize(block.header, chain.membership().current.validators);
  expect(told, "HAND_OVER_WRONG", 7);
}

BOOST_AUTO_TEST_CASE(what_governance_agreed_on_must_be_handed_over) {
  chain.add({});
  ToldLedger before(chain);
  chain.change_validators();
  ToldLedger told(chain);
  auto& block = told.edit(4);
  block.header.next_set = {};
  told.blocks[3].finalization = chain.finalize(block.header, chain.genesis.validators());
  const auto report = run(told);
  expect(report, "HAND_OVER_WRONG", 4);
  BOOST_TEST(report.finding->found == "no next set");
}

BOOST_AUTO_TEST_CASE(a_transaction_stands_in_the_chain_once) {
  grow();
  chain.add({chain.blocks[6].block->transactions[2]});
  const auto report = run();
  expect(report, "TRANSACTION_REPEATED", 8);
  BOOST_TEST((report.finding->transaction == chain.blocks[6].block->transactions[2]->id));
}

BOOST_AUTO_TEST_CASE(an_expired_transaction_is_not_in_a_block) {
  auto body = sample::body(chain.chain, 900);
  body.valid_until = Height{3};
  grow();
  chain.add({sign_transaction(std::move(body), {}, sample::device_key(0))});
  expect(run(), "BLOCK_INVALID", 8);
}

BOOST_AUTO_TEST_CASE(an_unknown_sender_is_not_in_a_block) {
  auto body = sample::body(chain.chain, 901);
  body.sender = sample::key_pair("nobody").public_key();
  grow();
  chain.add({sign_transaction(std::move(body), {}, sample::key_pair("nobody"))});
  const auto report = run();
  expect(report, "BLOCK_INVALID", 8);
  BOOST_TEST((report.finding->index == 0U));
}

BOOST_AUTO_TEST_CASE(a_changed_receipt_is_named_with_its_contract) {
  grow();
  ToldLedger told(chain);
  auto& receipt = told.told_receipts[6][2];
  receipt.succeeded = false;
  receipt.reason = "NO_PERMISSION";
  receipt.message = "no";
  const auto report = run(told);
  expect(report, "RECEIPT_DIFFERS", 7);
  BOOST_TEST((report.finding->index == 2U));
  BOOST_TEST(report.finding->contract == "record");
  BOOST_TEST(report.finding->expected == "success");
  BOOST_TEST(report.finding->found == "NO_PERMISSION: no");
  BOOST_TEST(report.height.value == 6U);
}

BOOST_AUTO_TEST_CASE(another_result_than_execution_gives_is_found) {
  grow();
  using Member = Hash& (*)(StoredResult&);
  const Member members[] = {[](StoredResult& result) -> Hash& { return result.receipts_root; },
                            [](StoredResult& result) -> Hash& { return result.state_root; },
                            [](StoredResult& result) -> Hash& { return result.commitments.mountain_root; },
                            [](StoredResult& result) -> Hash& { return result.commitments.map_root; },
                            [](StoredResult& result) -> Hash& { return result.commitments.rest; }};
  for (const auto member : members) {
    ToldLedger told(chain);
    member(*told.blocks[2].result).bytes[0] ^= 1;
    expect(told, "RESULT_DIFFERS", 3);
  }
}

BOOST_AUTO_TEST_CASE(another_state_root_at_the_tip_is_found) {
  grow();
  ToldLedger told(chain);
  told.told_tip.state_root.bytes[5] ^= 1;
  expect(told, "STATE_ROOT_DIFFERS", 7);
}

BOOST_AUTO_TEST_CASE(a_changed_entry_of_the_state_is_named_by_its_key) {
  grow();
  storage::Batch batch;
  const auto key = to_bytes(std::string_view("record/company0\0b", 17));
  const auto value = chain.database.snapshot()->column(storage::Column::state).get(key);
  BOOST_REQUIRE(value.has_value());
  auto forged = *value;
  forged.back() ^= 1;
  batch.put(storage::Column::state, key, forged);
  SignedChain::require(chain.database.write(batch, storage::Durability::synced));
  const auto report = run();
  expect(report, "STATE_DIFFERS", 7);
  BOOST_TEST(report.finding->contract == "record");
  BOOST_TEST(report.finding->key == to_hex(key));
}

BOOST_AUTO_TEST_CASE(a_lost_entry_and_one_too_many_are_found) {
  grow();
  const auto key = to_bytes(std::string_view("record/zzz"));
  storage::Batch more;
  more.put(storage::Column::state, key, key);
  SignedChain::require(chain.database.write(more, storage::Durability::synced));
  BOOST_TEST(run().finding->message == "there is an entry that no transaction wrote");
  storage::Batch fewer;
  fewer.erase(storage::Column::state, key);
  fewer.erase(storage::Column::state, to_bytes(std::string_view("record/company0\0a", 17)));
  SignedChain::require(chain.database.write(fewer, storage::Durability::synced));
  BOOST_TEST(run().finding->message == "an entry is missing");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::audit
