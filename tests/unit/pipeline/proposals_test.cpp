#include <set>
#include <string>
#include <variant>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "tests/unit/pipeline/bench.h"

// Four validators: one is the pipeline, the other three are what the test says in their names.
namespace keten::pipeline::test {
namespace {

/// The same body, one bit of the signature flipped: same id, another leaf.
TransactionPointer forged(const Transaction& transaction) {
  auto envelope = transaction.envelope;
  const auto place = std::search(envelope.begin(), envelope.end(), transaction.signature.bytes.begin(),
                                 transaction.signature.bytes.end());
  *place ^= 1U;
  return decode_transaction(envelope).value();
}

PayloadResponse answer(const Block& block, const std::vector<std::uint32_t>& indices) {
  PayloadResponse response;
  response.block_id = block.header.id();
  response.indices = indices;
  for (const auto index : indices) { response.transactions.push_back(block.transactions.at(index)); }
  return response;
}

std::string text_of(const std::vector<consensus::Alarm>& alarms) {
  std::string text;
  for (const auto& alarm : alarms) { text += alarm.text + "\n"; }
  return text;
}

BOOST_AUTO_TEST_SUITE(proposals)

BOOST_AUTO_TEST_CASE(a_proposal_of_known_transactions_is_voted_for_once_its_body_is_durable) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto transaction = bench.transaction(1);
  bench.step(FromPeer{bench.others()[0], TransactionBatch{{transaction}}});
  bench.verify();
  bench.clear();
  const auto block = bench.block(1, bench.genesis_block, {transaction});
  bench.send_proposal(block, 0);
  BOOST_TEST(bench.seen.persist.empty());  // the leader's signature comes first
  bench.verify();
  BOOST_REQUIRE(bench.seen.persist.size() == 1U);
  BOOST_REQUIRE(bench.seen.persist[0].blocks.size() == 1U);
  BOOST_TEST((bench.seen.persist[0].blocks[0]->header == block.header));
  BOOST_TEST(!bench.has_voted(VoteKind::notarize, 1));
  bench.disk();
  BOOST_TEST(bench.has_voted(VoteKind::notarize, 1));
  BOOST_TEST(bench.sent<PayloadRequest>().empty());
}

BOOST_AUTO_TEST_CASE(misses_are_left_to_gossip_for_a_moment_and_then_asked_of_the_leader) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto known = bench.transaction(1);
  bench.step(FromPeer{bench.others()[0], TransactionBatch{{known}}});
  bench.verify();
  const auto block = bench.block(1, bench.genesis_block, {bench.transaction(2), known, bench.transaction(3, 1)});
  bench.clear();
  bench.send_proposal(block, 0);
  bench.verify();
  BOOST_TEST(bench.sent<PayloadRequest>().empty());
  bench.elapse(20);
  const auto asked = bench.sent<PayloadRequest>();
  BOOST_REQUIRE(asked.size() == 1U);
  BOOST_TEST((asked[0].first == bench.leader(1)));
  BOOST_TEST((asked[0].second.block == block.header.id()));
  const std::vector<std::uint32_t> expected{0, 2};
  BOOST_TEST(asked[0].second.indices == expected, boost::test_tools::per_element());

  bench.clear();
  bench.step(FromPeer{bench.leader(1), answer(block, {0, 2})});
  BOOST_TEST(bench.seen.persist.empty());  // their signatures come first
  bench.verify();
  BOOST_REQUIRE(bench.seen.persist.size() == 1U);
  BOOST_TEST(!bench.has_voted(VoteKind::notarize, 1));
  bench.disk();
  BOOST_TEST(bench.has_voted(VoteKind::notarize, 1));
}

// Bug 3.
BOOST_AUTO_TEST_CASE(an_unanswered_question_goes_to_another_peer) {
  Bench bench(4, 2);
  bench.start_connected();
  bench.send_proposal(bench.block(1, bench.genesis_block, {bench.transaction(2)}), 0);
  bench.verify();
  bench.elapse(20);
  bench.elapse(250);
  const auto asked = bench.sent<PayloadRequest>();
  BOOST_REQUIRE(asked.size() == 2U);
  BOOST_TEST((asked[0].first != asked[1].first));
}

BOOST_AUTO_TEST_CASE(a_transaction_that_is_valid_for_the_block_is_taken_although_this_node_is_a_block_behind) {
  Bench bench(4, 3);
  bench.start_connected();
  const auto first = bench.block(1, bench.genesis_block, {});
  bench.send_proposal(first, 0);
  bench.settle();
  // Block 1 is notarized, not final: the next height of this node is still 1, that of the leader 2.
  bench.step(FromPeer{bench.not_leader(1), bench.certificate(Bench::subject(VoteKind::notarize, first, 0))});
  bench.settle();
  auto body = sample::body(bench.chain, 2);
  body.valid_until = Height{2 + bench.genesis.parameters.validity_blocks_max};
  const auto second = bench.block(2, first.header, {sign_transaction(body, {}, sample::device_key(0))});
  bench.send_proposal(second, 1);
  bench.settle();
  bench.elapse(20);
  bench.step(FromPeer{bench.leader(2), answer(second, {0})});
  bench.settle();
  BOOST_TEST(bench.has_voted(VoteKind::notarize, 2));
}

BOOST_AUTO_TEST_CASE(the_operators_limits_are_the_mempools) {
  Bench bench(4, 2, 50, {.transactions = 2});
  bench.start_connected();
  bench.step(Submitted{1, {bench.transaction(1), bench.transaction(2), bench.transaction(3)}});
  BOOST_TEST(bench.admissions() == std::vector<std::string>{"MEMPOOL_FULL"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_full_mempool_never_stops_a_proposal) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto large = [&](std::uint64_t number, std::size_t sender) {
    auto payload = sample::payload(std::string(limits::kTransactionBytesMax - 1000, 'x'));
    return sign_transaction(sample::body(bench.chain, number, sender), {payload}, sample::device_key(sender));
  };
  std::string last;
  for (std::uint64_t number = 0; number < 80 && last != "MEMPOOL_FULL"; ++number) {
    bench.step(Submitted{number, {large(number, number % 4)}});
    last = bench.seen.admissions.empty() ? "" : bench.admissions().back();
  }
  BOOST_REQUIRE(last == "MEMPOOL_FULL");
  bench.clear();
  const auto block = bench.block(1, bench.genesis_block, {large(1000, 0)});
  bench.send_proposal(block, 0);
  bench.verify();
  bench.elapse(20);
  bench.step(FromPeer{bench.leader(1), answer(block, {0})});
  bench.settle();
  BOOST_TEST(bench.has_voted(VoteKind::notarize, 1));
}

BOOST_AUTO_TEST_CASE(another_state_root_is_refused_with_an_alarm) {
  Bench bench(4, 2);
  bench.start_connected();
  auto block = bench.block(1, bench.genesis_block, {});
  block.header.state_root = sample::hash_of("another root");
  bench.send_proposal(block, 0);
  bench.settle();
  BOOST_TEST(!bench.has_voted(VoteKind::notarize, 1));
  BOOST_TEST(bench.has_voted(VoteKind::nullify, 1));
  const auto alarms = text_of(bench.seen.alarms);
  BOOST_TEST(alarms.find("state divergence") != std::string::npos);
  BOOST_TEST(alarms.find(root_after(Height{0}).hex()) != std::string::npos);
  BOOST_TEST(alarms.find(block.header.state_root.hex()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_result_that_is_not_computed_yet_is_waited_for) {
  Bench bench(4, 3);
  bench.start_connected();
  const auto first = bench.block(1, bench.genesis_block, {});
  bench.send_proposal(first, 0);
  bench.verify();
  bench.disk();
  for (const auto kind : {VoteKind::notarize, VoteKind::finalize}) {
    bench.step(FromPeer{bench.not_leader(1), bench.certificate(Bench::subject(kind, first, 0))});
    bench.verify();
    bench.disk();
  }
  BOOST_REQUIRE(bench.seen.execute.size() == 1U);
  auto second = bench.block(2, first.header, {});
  second.header.executed_height = Height{1};
  second.header.state_root = root_after(Height{1});
  bench.clear();
  bench.send_proposal(second, 1);
  bench.verify();
  bench.disk();
  BOOST_TEST(!bench.has_voted(VoteKind::notarize, 2));
  bench.step(Executed{Height{1}, root_after(Height{1}), nullptr});
  bench.disk();
  BOOST_TEST(bench.has_voted(VoteKind::notarize, 2));
  BOOST_TEST(text_of(bench.seen.alarms) == "");
}

BOOST_AUTO_TEST_CASE(a_transaction_of_a_final_block_may_not_come_again) {
  Bench bench(4, 3);
  bench.start_connected();
  const auto transaction = bench.transaction(1);
  bench.step(FromPeer{bench.others()[0], TransactionBatch{{transaction}}});
  bench.settle();
  const auto first = bench.block(1, bench.genesis_block, {transaction});
  bench.send_proposal(first, 0);
  bench.settle();
  bench.finalize(first, 0);
  BOOST_REQUIRE((bench.pipeline->place(transaction->id) == Pipeline::Place::final));
  bench.clear();
  bench.step(Submitted{1, {transaction}});
  BOOST_TEST(bench.admissions() == std::vector<std::string>{"DUPLICATE"}, boost::test_tools::per_element());

  const auto second = bench.block(2, first.header, {transaction});
  bench.send_proposal(second, 1);
  bench.verify();
  bench.elapse(20);
  bench.step(FromPeer{bench.leader(2), answer(second, {0})});
  bench.settle();
  for (int i = 0; i < 20; ++i) {
    bench.elapse(100);
    bench.settle();
  }
  BOOST_TEST(!bench.has_voted(VoteKind::notarize, 2));
  BOOST_TEST(bench.has_voted(VoteKind::nullify, 2));
}

BOOST_AUTO_TEST_CASE(a_transaction_of_an_ancestor_that_is_not_final_may_not_come_again) {
  Bench bench(4, 3);
  bench.start_connected();
  const auto transaction = bench.transaction(1);
  bench.step(FromPeer{bench.others()[0], TransactionBatch{{transaction}}});
  bench.settle();
  const auto first = bench.block(1, bench.genesis_block, {transaction});
  bench.send_proposal(first, 0);
  bench.settle();
  bench.step(FromPeer{bench.not_leader(1), bench.certificate(Bench::subject(VoteKind::notarize, first, 0))});
  bench.settle();
  BOOST_REQUIRE((bench.pipeline->place(transaction->id) == Pipeline::Place::admitted));
  bench.clear();
  bench.send_proposal(bench.block(2, first.header, {transaction}), 1);
  bench.settle();
  BOOST_TEST(!bench.has_voted(VoteKind::notarize, 2));
  BOOST_TEST(bench.has_voted(VoteKind::nullify, 2));
}

BOOST_AUTO_TEST_CASE(leaves_that_are_not_the_headers_are_as_good_as_silence) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto transaction = bench.transaction(1);
  bench.step(FromPeer{bench.others()[0], TransactionBatch{{transaction}}});
  bench.settle();
  const auto block = bench.block(1, bench.genesis_block, {transaction});
  for (const auto& leaves : {std::vector<Hash>{}, std::vector<Hash>{transaction->id},
                             std::vector<Hash>{transaction->leaf, transaction->leaf}}) {
    auto message = bench.proposal(block, 0);
    message.leaves = leaves;
    bench.step(FromPeer{bench.leader(1), message});
    bench.settle();
    BOOST_TEST(!bench.has_voted(VoteKind::notarize, 1));
  }
  bench.send_proposal(block, 0);
  bench.settle();
  BOOST_TEST(bench.has_voted(VoteKind::notarize, 1));
}

BOOST_AUTO_TEST_CASE(a_stranger_to_the_view_cannot_push_the_leaders_payload_out) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto transaction = bench.transaction(1);
  bench.step(FromPeer{bench.others()[0], TransactionBatch{{transaction}}});
  bench.settle();
  const auto block = bench.block(1, bench.genesis_block, {transaction});
  bench.send_proposal(block, 0);  // its signature is being checked
  for (std::uint64_t i = 0; i < 100; ++i) {
    auto other = bench.block(1, bench.genesis_block, {transaction});
    other.header.time += i + 1;
    bench.step(FromPeer{bench.not_leader(1), bench.proposal(other, 0)});
    // A faulty leader of a later view, in its own name.
    auto later = bench.block(3, bench.genesis_block, {transaction});
    later.header.time += i + 1;
    bench.step(FromPeer{bench.leader(3), bench.proposal(later, 0)});
  }
  bench.settle();
  BOOST_TEST(bench.has_voted(VoteKind::notarize, 1));
}

BOOST_AUTO_TEST_CASE(a_forged_copy_does_not_push_an_admitted_transaction_out) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto transaction = bench.transaction(1);
  bench.step(Submitted{1, {transaction}});
  bench.settle();
  const auto block = bench.block(1, bench.genesis_block, {forged(*transaction)});
  bench.send_proposal(block, 0);
  bench.settle();
  bench.elapse(20);
  bench.step(FromPeer{bench.leader(1), answer(block, {0})});
  bench.settle();
  BOOST_TEST(!bench.has_voted(VoteKind::notarize, 1));
  BOOST_TEST((bench.pipeline->place(transaction->id) == Pipeline::Place::admitted));
}

BOOST_AUTO_TEST_CASE(a_check_of_one_signature_never_admits_another) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto transaction = bench.transaction(1);
  bench.step(Submitted{1, {transaction}});
  const auto open = bench.seen.verify_transactions;  // of the good signature, answered late
  BOOST_REQUIRE(open.size() == 1U);
  bench.seen.verify_transactions.clear();
  const auto block = bench.block(1, bench.genesis_block, {forged(*transaction)});
  bench.send_proposal(block, 0);
  const auto votes = std::exchange(bench.seen.verify_votes, {});
  BOOST_REQUIRE(votes.size() == 1U);
  bench.step(VotesVerified{votes[0].ticket, {true}});
  bench.elapse(20);
  bench.step(FromPeer{bench.leader(1), answer(block, {0})});
  bench.step(TransactionsVerified{open[0].ticket, {true}});
  BOOST_TEST(bench.seen.persist.empty());
  bench.settle();
  BOOST_TEST(!bench.has_voted(VoteKind::notarize, 1));
  BOOST_TEST((bench.pipeline->place(transaction->id) == Pipeline::Place::admitted));
}

BOOST_AUTO_TEST_CASE(a_block_with_a_forged_signature_is_nullified_at_once) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto block = bench.block(1, bench.genesis_block, {forged(*bench.transaction(1))});
  bench.send_proposal(block, 0);
  bench.settle();
  bench.elapse(20);
  bench.clear();
  bench.step(FromPeer{bench.leader(1), answer(block, {0})});
  bench.settle();
  BOOST_TEST(bench.has_voted(VoteKind::nullify, 1));
}

BOOST_AUTO_TEST_CASE(who_asks_for_one_transaction_many_times_gets_nothing) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto transaction = bench.transaction(1);
  bench.step(FromPeer{bench.others()[0], TransactionBatch{{transaction}}});
  bench.settle();
  const auto block = bench.block(1, bench.genesis_block, {transaction});
  bench.send_proposal(block, 0);
  bench.settle();
  bench.clear();
  const auto asker = bench.not_leader(1);
  bench.step(FromPeer{asker, PayloadRequest{block.header.id(), {0, 0}}});
  bench.step(FromPeer{asker, PayloadRequest{block.header.id(), {1}}});
  bench.step(FromPeer{asker, PayloadRequest{sample::hash_of("unknown"), {}}});
  BOOST_TEST(bench.sent<PayloadResponse>().empty());
  bench.step(FromPeer{asker, PayloadRequest{block.header.id(), {0}}});
  bench.step(FromPeer{asker, PayloadRequest{block.header.id(), {}}});
  BOOST_TEST(bench.sent<PayloadResponse>().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::pipeline::test
