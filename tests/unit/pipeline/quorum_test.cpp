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

}  // namespace
}  // namespace keten::pipeline::test
