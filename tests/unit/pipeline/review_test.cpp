#include <algorithm>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/unit/pipeline/bench.h"

// What one faulty validator, or bad luck with time, could do to this one.
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

BOOST_AUTO_TEST_SUITE(review)

BOOST_AUTO_TEST_CASE(an_answer_that_is_half_wrong_leaves_nothing_behind) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto block = bench.block(1, bench.genesis_block, {bench.transaction(1), bench.transaction(2)});
  bench.send_proposal(block, 0);
  bench.settle();
  PayloadResponse half;
  half.block_id = block.header.id();
  half.indices = {0, 1};
  half.transactions = {block.transactions[0], bench.transaction(3)};
  bench.step(FromPeer{bench.not_leader(1), half});
  bench.settle();
  BOOST_TEST((bench.pipeline->place(block.transactions[0]->id) == Pipeline::Place::unknown));
  bench.clear();
  bench.elapse(250);
  const auto asked = bench.sent<PayloadRequest>();
  BOOST_REQUIRE(!asked.empty());
  BOOST_TEST(asked[0].second.indices.size() == 2U);
  PayloadResponse whole = half;
  whole.transactions = block.transactions;
  bench.step(FromPeer{bench.leader(1), whole});
  bench.settle();
  BOOST_TEST(bench.has_voted(VoteKind::notarize, 1));
}

// Bug 25.
BOOST_AUTO_TEST_CASE(a_proposal_that_is_longer_than_its_header_says_is_nullified_before_it_is_held) {
  Bench bench(4, 2);
  bench.start_connected();
  auto block = bench.block(1, bench.genesis_block, {bench.transaction(1), bench.transaction(2)});
  block.header.payload_bytes = static_cast<std::uint32_t>(block.transactions[0]->envelope.size());
  bench.send_proposal(block, 0);
  bench.settle();
  PayloadResponse answer;
  answer.block_id = block.header.id();
  answer.indices = {0, 1};
  answer.transactions = block.transactions;
  bench.step(FromPeer{bench.leader(1), answer});
  BOOST_TEST(bench.pipeline->status(bench.now).mempool_transactions == 1U);
  bench.settle();
  BOOST_TEST(bench.has_voted(VoteKind::nullify, 1));
}

BOOST_AUTO_TEST_CASE(who_shares_a_forged_transaction_is_not_heard_for_a_while) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto bad = bench.others()[0];
  bench.step(FromPeer{bad, TransactionBatch{{forged(*bench.transaction(1))}}});
  bench.settle();
  bench.step(FromPeer{bad, TransactionBatch{{bench.transaction(2)}}});
  BOOST_TEST(bench.seen.verify_transactions.empty());
  bench.step(FromPeer{bench.others()[1], TransactionBatch{{bench.transaction(1)}}});
  BOOST_TEST(bench.seen.verify_transactions.size() == 1U);
  bench.settle();
  bench.elapse(5000);
  bench.step(FromPeer{bad, TransactionBatch{{bench.transaction(2)}}});
  BOOST_TEST(bench.seen.verify_transactions.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_transaction_that_became_final_while_it_was_checked_is_not_admitted) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto transaction = bench.transaction(1);
  bench.step(Submitted{1, {transaction}});
  const auto open = std::exchange(bench.seen.verify_transactions, {});
  BOOST_REQUIRE(open.size() == 1U);
  // The block comes whole, as certificates speak of it.
  const auto block = bench.block(1, bench.genesis_block, {transaction});
  bench.finalize(block, 0);
  bench.elapse(60);
  PayloadResponse answer;
  answer.block_id = block.header.id();
  answer.block = std::make_shared<Block>(block);
  bench.step(FromPeer{bench.not_leader(1), answer});
  bench.settle();
  BOOST_REQUIRE((bench.pipeline->status(bench.now).height == Height{1}));
  bench.clear();
  bench.step(TransactionsVerified{open[0].ticket, {true}});
  BOOST_TEST(bench.admissions() == std::vector<std::string>{"DUPLICATE"}, boost::test_tools::per_element());
  BOOST_TEST(bench.sent<TransactionBatch>().empty());
}

BOOST_AUTO_TEST_CASE(a_block_that_binds_a_result_and_does_not_become_final_is_helped) {
  Bench bench(4, 4);
  bench.start_connected();
  const auto work = bench.block(1, bench.genesis_block, {bench.transaction(1)});
  bench.step(FromPeer{bench.others()[0], TransactionBatch{work.transactions}});
  bench.settle();
  bench.send_proposal(work, 0);
  bench.settle();
  bench.finalize(work, 0);
  BOOST_REQUIRE((bench.pipeline->status(bench.now).executed_height == Height{1}));
  auto binding = bench.block(2, work.header, {});
  binding.header.executed_height = Height{1};
  binding.header.state_root = root_after(Height{1});
  bench.send_proposal(binding, 1);
  bench.settle();
  bench.step(FromPeer{bench.not_leader(2), bench.certificate(Bench::subject(VoteKind::notarize, binding, 1))});
  bench.settle();
  for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(1)}); }
  bench.elapse(1000);
  bench.settle();
  const Subject skipped{VoteKind::nullify, Epoch{}, View{3}, View{}, BlockId{}};
  bench.step(FromPeer{bench.others()[0], bench.certificate(skipped)});
  bench.settle();
  const auto proposals = bench.sent<ProposalMessage>();
  BOOST_REQUIRE(proposals.size() == 1U);
  BOOST_TEST((proposals[0].second.proposal.header.parent == binding.header.id()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::pipeline::test
