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

/// Blocks 1 to `count`, one transaction each, and the finalization of the last.
BlockResponse chain_of(const Bench& bench, std::uint64_t count) {
  BlockResponse response;
  response.from = Height{1};
  auto parent = bench.genesis_block;
  for (std::uint64_t view = 1; view <= count; ++view) {
    response.blocks.push_back(std::make_shared<Block>(bench.block(view, parent, {bench.transaction(view)})));
    parent = response.blocks.back()->header;
  }
  response.finalization = bench.certificate(Bench::subject(VoteKind::finalize, *response.blocks.back(), count - 1));
  return response;
}

std::string text_of(const std::vector<consensus::Alarm>& alarms) {
  std::string text;
  for (const auto& alarm : alarms) { text += alarm.text + "\n"; }
  return text;
}

BOOST_AUTO_TEST_SUITE(quorum)

BOOST_AUTO_TEST_CASE(without_a_quorum_submissions_are_refused_naming_who_is_missing) {
  Bench bench(4);
  bench.start();
  bench.step(PeerConnected{bench.others()[0]});
  bench.clear();
  bench.step(Submitted{1, {bench.transaction(1)}});
  BOOST_REQUIRE(bench.seen.admissions.size() == 1U);
  const auto& error = bench.seen.admissions[0].status.error();
  BOOST_TEST(error.reason == "NO_QUORUM");
  BOOST_TEST((error.kind == ErrorKind::unavailable));
  BOOST_TEST(error.message.find("2 of 4 validators are connected") != std::string::npos);
  for (const std::size_t i : {1U, 2U}) {
    const auto& missing = bench.set.at({bench.others()[i].value});
    BOOST_TEST(error.message.find(missing.node + " (" + missing.organisation + ")") != std::string::npos);
  }
  const auto& present = bench.set.at({bench.others()[0].value});
  BOOST_TEST(error.message.find(present.node + " (") == std::string::npos);
  BOOST_TEST(!bench.pipeline->status(bench.now).quorum);
  BOOST_TEST(bench.pipeline->status(bench.now).reason == error.message);
}

BOOST_AUTO_TEST_CASE(a_connected_peer_that_says_nothing_does_not_count) {
  Bench bench(4);
  bench.start_connected();
  BOOST_TEST(bench.pipeline->status(bench.now).quorum);
  bench.elapse(3001);
  BOOST_TEST(!bench.pipeline->status(bench.now).quorum);
  bench.step(FromPeer{bench.others()[0], Bench::status_at(0)});
  bench.step(FromPeer{bench.others()[1], Bench::status_at(0)});
  BOOST_TEST(bench.pipeline->status(bench.now).quorum);
  bench.step(PeerDisconnected{bench.others()[1]});
  BOOST_TEST(!bench.pipeline->status(bench.now).quorum);
}

BOOST_AUTO_TEST_CASE(no_vote_is_cast_before_a_quorum_has_said_where_it_stands) {
  Bench bench(4, 2);
  bench.start();
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  const auto block = bench.block(1, bench.genesis_block, {});
  bench.send_proposal(block, 0);
  bench.elapse(2 * kEchoMs);
  bench.settle();
  BOOST_TEST(!bench.has_voted(VoteKind::notarize, 1));
  bench.step(FromPeer{bench.others()[0], Bench::status_at(0)});
  bench.step(FromPeer{bench.others()[1], Bench::status_at(0)});
  bench.settle();
  BOOST_TEST(!bench.has_voted(VoteKind::notarize, 1));  // what they hold of this key's votes is on its way
  bench.elapse(kEchoMs);
  bench.settle();
  BOOST_TEST(bench.has_voted(VoteKind::notarize, 1));
}

BOOST_AUTO_TEST_CASE(transactions_that_come_quickly_are_shared_together) {
  Bench bench(4, 2);
  bench.start_connected();
  for (std::uint64_t number = 1; number <= 4; ++number) {
    bench.step(Submitted{number, {bench.transaction(number)}});
    bench.verify();
  }
  BOOST_REQUIRE(bench.sent<TransactionBatch>().size() == 1U);  // the first after a pause does not wait
  BOOST_TEST((bench.seen.wake_at_ms <= bench.now.steady_ms + kShareGatherMs));
  bench.clear();
  bench.elapse(kShareGatherMs);
  BOOST_REQUIRE(bench.sent<TransactionBatch>().size() == 1U);
  BOOST_TEST(bench.sent<TransactionBatch>()[0].second.transactions.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_transaction_that_waits_for_long_is_shared_again) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto own = bench.transaction(1);
  const auto of_another = bench.transaction(2);
  bench.step(Submitted{1, {own}});
  bench.step(FromPeer{bench.others()[0], TransactionBatch{{of_another}}});
  bench.verify();
  bench.clear();
  const auto shared_after = [&](std::uint64_t ms) {
    bench.clear();
    bench.elapse(ms);
    std::set<TransactionId> ids;
    for (const auto& [to, batch] : bench.sent<TransactionBatch>()) {
      for (const auto& transaction : batch.transactions) { ids.insert(transaction->id); }
    }
    return ids;
  };
  BOOST_TEST(shared_after(kShareAgainMs - 1).empty());
  BOOST_TEST((shared_after(kShareRoundMs) == std::set{own->id}));
  BOOST_TEST((shared_after(kShareForOthersMs) == std::set{own->id, of_another->id}));
}

BOOST_AUTO_TEST_CASE(only_the_node_that_admitted_a_transaction_shares_it) {
  Bench bench(4, 2);
  bench.start_connected();
  bench.step(Submitted{1, {bench.transaction(1)}});
  BOOST_TEST(bench.sent<TransactionBatch>().empty());
  bench.verify();
  const auto shared = bench.sent<TransactionBatch>();
  BOOST_REQUIRE(shared.size() == 1U);
  BOOST_TEST(!shared[0].first.has_value());
  bench.clear();
  bench.step(FromPeer{bench.others()[0], TransactionBatch{{bench.transaction(2)}}});
  bench.verify();
  BOOST_TEST((bench.pipeline->place(bench.transaction(2)->id) == Pipeline::Place::admitted));
  BOOST_TEST(bench.sent<TransactionBatch>().empty());
  BOOST_TEST(bench.seen.admissions.empty());
}

BOOST_AUTO_TEST_CASE(silence_makes_few_wake_ups) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto begin = bench.now.steady_ms;
  std::size_t wakes = 0;
  while (bench.now.steady_ms < begin + 60'000) {
    bench.elapse(bench.seen.wake_at_ms - bench.now.steady_ms);
    bench.settle();
    bench.clear();
    ++wakes;
  }
  BOOST_TEST(wakes < 60 * 20U);
}

BOOST_AUTO_TEST_SUITE_END()

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

BOOST_AUTO_TEST_SUITE(block_sync)

BOOST_AUTO_TEST_CASE(a_gap_is_fetched_checked_stored_and_delivered_in_order) {
  Bench fresh(4, 2);
  fresh.start();
  for (const auto peer : fresh.others()) { fresh.step(PeerConnected{peer}); }
  for (const auto peer : fresh.others()) { fresh.step(FromPeer{peer, Bench::status_at(20)}); }
  const auto asked = fresh.sent<BlockRequest>();
  BOOST_REQUIRE(asked.size() == 1U);
  BOOST_REQUIRE(asked[0].first.has_value());
  BOOST_TEST((asked[0].second.from == Height{1}));
  BOOST_TEST((asked[0].second.to == Height{20}));

  fresh.verify();
  fresh.clear();
  fresh.step(FromPeer{*asked[0].first, chain_of(fresh, 20)});
  BOOST_TEST(fresh.seen.persist.empty());
  BOOST_REQUIRE(fresh.seen.verify_votes.size() == 1U);
  fresh.verify();
  BOOST_REQUIRE(fresh.seen.persist.size() == 1U);
  BOOST_TEST(fresh.seen.persist[0].blocks.size() == 20U);
  BOOST_TEST(fresh.seen.finals.empty());
  BOOST_TEST(fresh.seen.execute.empty());
  fresh.disk();
  BOOST_REQUIRE(fresh.seen.finals.size() == 20U);
  BOOST_REQUIRE(fresh.seen.execute.size() == 20U);
  for (std::uint64_t i = 0; i < 20; ++i) {
    BOOST_TEST((fresh.seen.execute[i].block->header.height == Height{i + 1}));
    BOOST_TEST(fresh.seen.execute[i].finalization.has_value() == (i == 19));
  }
  BOOST_TEST((fresh.pipeline->status(fresh.now).height == Height{20}));
  fresh.execute();
  BOOST_TEST((fresh.pipeline->status(fresh.now).state_root == root_after(Height{20})));
}

BOOST_AUTO_TEST_CASE(blocks_that_nobody_finalized_are_not_taken) {
  const auto refuses = [](auto change) {
    Bench bench(4, 2);
    bench.start();
    for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
    for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(5)}); }
    bench.elapse(600);
    for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(5)}); }
    const auto asked = bench.sent<BlockRequest>();
    BOOST_REQUIRE(!asked.empty());
    auto response = chain_of(bench, 5);
    change(bench, response);
    bench.step(FromPeer{*asked.back().first, response});
    bench.settle();
    return bench.pipeline->status(bench.now).height == Height{0};
  };
  BOOST_TEST(!refuses([](Bench&, BlockResponse&) {}));
  BOOST_TEST(refuses([](Bench&, BlockResponse& r) { r.finalization.reset(); }));
  BOOST_TEST(refuses([](Bench&, BlockResponse& r) { r.finalization->signatures[1].bytes[9] ^= 1U; }));
  BOOST_TEST(refuses([](Bench& b, BlockResponse& r) {
    r.finalization = b.certificate(Bench::subject(VoteKind::notarize, *r.blocks.back(), 4));
  }));
  BOOST_TEST(refuses([](Bench&, BlockResponse& r) { r.blocks.pop_back(); }));
  BOOST_TEST(refuses([](Bench&, BlockResponse& r) { r.blocks.erase(r.blocks.begin()); }));
  BOOST_TEST(refuses([](Bench&, BlockResponse& r) { r.blocks.erase(r.blocks.begin() + 2); }));
  BOOST_TEST(refuses([](Bench& b, BlockResponse& r) {
    auto other = *r.blocks[1];
    other.transactions = {b.transaction(99)};
    r.blocks[1] = std::make_shared<Block>(other);
  }));
  const auto shorten = [](BlockResponse& r) {
    r.path = {r.blocks[3]->header, r.blocks[4]->header};
    r.blocks.resize(3);
  };
  BOOST_TEST(refuses([&](Bench& b, BlockResponse& r) {
    shorten(r);
    r.finalization = b.certificate(Bench::subject(VoteKind::finalize, *r.blocks.back(), 2));
  }));
  BOOST_TEST(refuses([&](Bench& b, BlockResponse& r) {
    shorten(r);
    r.path[0].time += 1;
    b.clear();
  }));
}

/// Of a chain, what a peer serves that has room for two blocks, from a height on.
BlockResponse two_blocks(const BlockResponse& chain, std::uint64_t from) {
  BlockResponse part{Height{from}, {}, chain.finalization, {}};
  for (std::size_t i = from - 1; i < chain.blocks.size(); ++i) {
    if (part.blocks.size() < 2) {
      part.blocks.push_back(chain.blocks[i]);
    } else {
      part.path.push_back(chain.blocks[i]->header);
    }
  }
  return part;
}

/// Answers the newest request; the blocks that were asked from.
std::uint64_t answer_with_two(Bench& bench, const BlockResponse& chain) {
  const auto asked = bench.sent<BlockRequest>();
  BOOST_REQUIRE(!asked.empty());
  bench.clear();
  const auto [peer, request] = asked.back();
  bench.step(FromPeer{*peer, two_blocks(chain, request.from.value)});
  bench.verify();
  return request.from.value;
}

BOOST_AUTO_TEST_CASE(blocks_that_only_a_far_descendant_proves_wait_for_it) {
  Bench bench(4, 2);
  bench.start();
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(20)}); }
  bench.verify();
  const auto chain = chain_of(bench, 5);
  for (const std::uint64_t from : {1U, 3U}) {
    BOOST_TEST(answer_with_two(bench, chain) == from);
    BOOST_REQUIRE(bench.seen.persist.size() == 1U);
    BOOST_TEST(bench.seen.persist[0].blocks.size() == 2U);
    BOOST_TEST(bench.seen.persist[0].records.empty());
    bench.disk();
    BOOST_TEST(bench.seen.execute.empty());
    BOOST_TEST((bench.pipeline->status(bench.now).height == Height{0}));
    BOOST_TEST((bench.pipeline->engine().floor().height == Height{0}));
  }
  BOOST_TEST(answer_with_two(bench, chain) == 5U);
  BOOST_REQUIRE(bench.seen.persist.size() == 1U);
  BOOST_TEST(bench.seen.persist[0].blocks.size() == 1U);
  BOOST_TEST(!bench.seen.persist[0].records.empty());
  BOOST_TEST(bench.seen.execute.empty());
  bench.disk();
  BOOST_REQUIRE(bench.seen.execute.size() == 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    BOOST_TEST((bench.seen.execute[i].block->header == chain.blocks[i]->header));
    BOOST_TEST(bench.seen.execute[i].finalization.has_value() == (i == 4));
  }
  BOOST_TEST((bench.pipeline->engine().floor().height == Height{5}));
}

BOOST_AUTO_TEST_CASE(the_nearest_proof_counts_when_peers_have_different_ones) {
  Bench bench(4, 2);
  bench.start();
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(20)}); }
  bench.verify();
  const auto long_chain = chain_of(bench, 9);
  auto chain = long_chain;
  chain.blocks.resize(3);
  chain.finalization = bench.certificate(Bench::subject(VoteKind::finalize, *chain.blocks.back(), 2));
  BOOST_TEST(answer_with_two(bench, chain) == 1U);
  BOOST_TEST(answer_with_two(bench, long_chain) == 3U);
  bench.disk();
  BOOST_REQUIRE(bench.seen.execute.size() == 3U);
  BOOST_TEST((bench.seen.execute[2].finalization == chain.finalization));
  BOOST_TEST((bench.pipeline->engine().floor().height == Height{3}));
  BOOST_TEST(answer_with_two(bench, long_chain) == 5U);  // block 4 is kept
}

BOOST_AUTO_TEST_CASE(a_sync_whose_proof_left_with_its_peer_begins_again_with_the_others) {
  Bench bench(4, 2);
  bench.start();
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  bench.step(FromPeer{bench.others()[0], Bench::status_at(20)});
  bench.verify();
  BOOST_TEST(answer_with_two(bench, chain_of(bench, 5)) == 1U);
  bench.step(PeerDisconnected{bench.others()[0]});
  bench.clear();
  bench.step(FromPeer{bench.others()[1], Bench::status_at(2)});
  bench.elapse(1500);
  const auto asked = bench.sent<BlockRequest>();
  BOOST_REQUIRE(asked.size() == 1U);
  BOOST_TEST((asked[0].first == bench.others()[1]));
  BOOST_TEST((asked[0].second.from == Height{1}));
  auto chain = chain_of(bench, 5);
  chain.blocks.resize(2);
  chain.finalization = bench.certificate(Bench::subject(VoteKind::finalize, *chain.blocks.back(), 1));
  bench.step(FromPeer{bench.others()[1], chain});
  bench.settle();
  BOOST_TEST((bench.pipeline->status(bench.now).height == Height{2}));
}

BOOST_AUTO_TEST_CASE(only_who_was_asked_is_heard) {
  Bench bench(4, 2);
  bench.start();
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(20)}); }
  const auto asked = bench.sent<BlockRequest>();
  BOOST_REQUIRE(asked.size() == 1U);
  bench.verify();
  auto junk = chain_of(bench, 20);
  junk.finalization->signatures[0].bytes[0] ^= 1U;
  for (const auto peer : bench.others()) {
    if (peer != *asked[0].first) { bench.step(FromPeer{peer, junk}); }
  }
  BOOST_TEST(bench.seen.verify_votes.empty());
  bench.step(FromPeer{*asked[0].first, chain_of(bench, 20)});
  bench.settle();
  BOOST_TEST((bench.pipeline->status(bench.now).height == Height{20}));
}

BOOST_AUTO_TEST_CASE(a_request_for_blocks_is_served_up_to_the_limit_and_only_what_is_final) {
  Bench bench(4, 2);
  bench.start();
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(20)}); }
  bench.step(FromPeer{*bench.sent<BlockRequest>()[0].first, chain_of(bench, 20)});
  bench.settle();
  bench.clear();
  const auto peer = bench.others()[0];
  bench.step(FromPeer{peer, BlockRequest{Height{0}, Height{5}}});
  bench.step(FromPeer{peer, BlockRequest{Height{6}, Height{5}}});
  bench.step(FromPeer{peer, BlockRequest{Height{21}, Height{30}}});
  BOOST_TEST(bench.seen.serve.empty());
  bench.step(FromPeer{peer, BlockRequest{Height{2}, Height{~std::uint64_t{0}}}});
  BOOST_REQUIRE(bench.seen.serve.size() == 1U);
  BOOST_TEST((bench.seen.serve[0].request.from == Height{2}));
  BOOST_TEST(bench.seen.serve[0].request.to.value == 1 + limits::kSyncBlocksMax);
}

BOOST_AUTO_TEST_CASE(a_block_that_certificates_speak_of_is_fetched_whole) {
  Bench bench(4, 3);
  bench.start_connected();
  const auto first = bench.block(1, bench.genesis_block, {bench.transaction(1)});
  const auto holder = bench.not_leader(1);
  bench.step(FromPeer{holder, bench.certificate(Bench::subject(VoteKind::notarize, first, 0))});
  bench.settle();
  for (int i = 0; i < 20 && bench.sent<PayloadRequest>().empty(); ++i) {
    bench.elapse(100);
    bench.settle();
  }
  const auto asked = bench.sent<PayloadRequest>();
  BOOST_REQUIRE(!asked.empty());
  BOOST_TEST((asked[0].second.block == first.header.id()));
  BOOST_TEST(asked[0].second.indices.empty());
  PayloadResponse response;
  response.block_id = first.header.id();
  auto other = first;
  other.transactions = {bench.transaction(2)};
  response.block = std::make_shared<Block>(other);
  bench.clear();
  bench.step(FromPeer{*asked[0].first, response});
  BOOST_TEST(bench.seen.persist.empty());
  response.block = std::make_shared<Block>(first);
  bench.step(FromPeer{*asked[0].first, response});
  BOOST_REQUIRE(!bench.seen.persist.empty());
  BOOST_TEST((bench.seen.persist[0].blocks.at(0)->header == first.header));
  bench.clear();
  for (int i = 0; i < 20; ++i) {
    bench.elapse(100);
    bench.settle();
  }
  BOOST_TEST(bench.sent<PayloadRequest>().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::pipeline::test
