#include <memory>

#include <boost/test/unit_test.hpp>

#include "tests/unit/pipeline/bench.h"

// What the members decide, while transactions wait and blocks are proposed by older results.
namespace keten::pipeline::test {
namespace {

/// As the genesis has it, but for the device key of one organisation.
std::shared_ptr<Membership> without_device(const Bench& bench, std::size_t organisation) {
  auto membership = std::make_shared<Membership>(genesis_membership(bench.genesis));
  membership->directory = membership->directory.with({{sample::device_key(organisation).public_key(), std::nullopt}});
  return membership;
}

std::string dropped(const Bench& bench) {
  std::string text;
  for (const auto& one : bench.seen.dropped) { text += one.why.reason + " "; }
  return text;
}

BOOST_AUTO_TEST_SUITE(membership)

BOOST_AUTO_TEST_CASE(what_waits_of_a_key_that_is_revoked_is_dropped_and_is_no_work_any_more) {
  Bench bench(4, 3);
  bench.start_connected();
  const auto lost = bench.transaction(1, 0);
  const auto kept = bench.transaction(2, 1);
  bench.step(Submitted{1, {lost, kept}});
  bench.verify();
  const auto block = bench.block(1, bench.genesis_block, {});
  bench.send_proposal(block, 0);
  bench.settle();
  bench.decided = without_device(bench, 0);
  bench.finalize(block, 0);
  BOOST_TEST(dropped(bench) == "UNKNOWN_SENDER ");
  BOOST_TEST((bench.seen.dropped.at(0).id == lost->id));
  BOOST_TEST((bench.pipeline->place(lost->id) == Pipeline::Place::unknown));
  BOOST_TEST((bench.pipeline->place(kept->id) == Pipeline::Place::admitted));
  BOOST_TEST(bench.pipeline->status(bench.now).mempool_transactions == 1U);
}

BOOST_AUTO_TEST_CASE(with_nothing_left_that_can_stand_in_a_block_no_work_is_told) {
  Bench bench(4, 3);
  bench.start_connected();
  bench.step(Submitted{1, {bench.transaction(1, 0)}});
  bench.verify();
  const auto block = bench.block(1, bench.genesis_block, {});
  bench.send_proposal(block, 0);
  bench.settle();
  bench.decided = without_device(bench, 0);
  bench.finalize(block, 0);
  bench.clear();
  for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(1)}); }
  bench.elapse(1000);  // twice its leader's time, which counts while work waits
  bench.settle();
  BOOST_TEST(!bench.has_voted(VoteKind::nullify, 2));
}

BOOST_AUTO_TEST_CASE(what_a_leader_chose_by_an_older_result_is_voted_for_and_waits_nowhere) {
  Bench bench(4, 3);
  bench.start_connected();
  const auto first = bench.block(1, bench.genesis_block, {});
  bench.send_proposal(first, 0);
  bench.settle();
  bench.decided = without_device(bench, 0);
  bench.finalize(first, 0);
  bench.clear();
  // Binds height 0, where the key was valid.
  const auto second = bench.block(2, first.header, {bench.transaction(1, 0)});
  bench.send_proposal(second, 1);
  bench.settle();
  bench.elapse(250);
  PayloadResponse answer;
  answer.block_id = second.header.id();
  answer.indices = {0};
  answer.transactions = second.transactions;
  bench.step(FromPeer{bench.leader(2), answer});
  bench.settle();
  BOOST_TEST(bench.has_voted(VoteKind::notarize, 2));
  BOOST_TEST(bench.pipeline->status(bench.now).mempool_transactions == 0U);
}

BOOST_AUTO_TEST_CASE(what_waits_above_a_limit_of_the_new_epoch_is_dropped_with_its_name) {
  Bench bench(4, 3);
  bench.start_connected();
  auto large = sample::body(bench.chain, 1);
  large.fuel_limit = 60'000'000;
  auto late = sample::body(bench.chain, 2);
  late.valid_until = Height{90};
  auto good = sample::body(bench.chain, 3);
  good.valid_until = Height{20};
  const auto sign = [](TransactionBody body) { return sign_transaction(std::move(body), {}, sample::device_key(0)); };
  bench.step(Submitted{1, {sign(large), sign(late), sign(good)}});
  bench.verify();
  BOOST_TEST(bench.pipeline->status(bench.now).mempool_transactions == 3U);

  auto ready = std::make_shared<Membership>(genesis_membership(bench.genesis));
  auto rules = ready->current;
  rules.epoch = Epoch{1};
  rules.parameters.block_fuel_max = 50'000'000;
  rules.parameters.validity_blocks_max = 50;
  ready->next = rules;
  ready->next_since = Height{1};
  const auto first = bench.block(1, bench.genesis_block, {});
  bench.send_proposal(first, 0);
  bench.settle();
  bench.decided = ready;
  bench.finalize(first, 0);
  BOOST_TEST(dropped(bench).empty());

  auto sealing = bench.block(2, first.header, {});
  sealing.header.executed_height = Height{1};
  sealing.header.state_root = root_after(Height{1});
  sealing.header.next_set = bench.set.id();
  auto begun = std::make_shared<Membership>(genesis_membership(bench.genesis));
  begun->current = rules;
  begun->since = Height{2};
  bench.send_proposal(sealing, 1);
  bench.settle();
  bench.decided = begun;
  bench.finalize(sealing, 1);
  BOOST_TEST((bench.pipeline->status(bench.now).epoch == Epoch{1}));
  // In the order in which they would have expired.
  BOOST_TEST(dropped(bench) == "VALID_UNTIL_TOO_FAR FUEL_LIMIT_TOO_HIGH ");
  BOOST_TEST(bench.pipeline->status(bench.now).mempool_transactions == 1U);
}

/// Number 4 of five joins the first four. Whether it says that it is ready, in quarantine for this cause.
bool says_ready(consensus::QuarantineCause cause, bool vouched) {
  const auto genesis = sample::genesis(5);
  auto membership = std::make_shared<Membership>(genesis_membership(genesis));
  auto four = membership->current.validators.members();
  four.pop_back();
  auto next = membership->current;
  next.epoch = Epoch{1};
  membership->current.validators = ValidatorSet(four);
  membership->pending = PendingRules{.rules = next, .ready = {}};
  membership->next = next;  // the next epoch may have begun elsewhere: nobody can say that this key has no past
  const auto turn_of_4 = [&] {
    const consensus::Elector elector(genesis.chain_id(), Epoch{}, 5);
    std::uint64_t view = 1;
    while (elector.leader(View{view}).value != 4) { ++view; }
    return view;
  }();
  Bench bench(5, turn_of_4, 50, {}, [&](PipelineRecovered& recovered) {
    recovered.membership = membership;
    recovered.consensus.quarantine = consensus::Quarantine{.cause = cause, .vote = std::nullopt};
    if (vouched) { recovered.consensus.unused_key = sample::validator_key(4).public_key(); }
  });
  bench.start();
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  for (int i = 0; i < 12; ++i) {
    for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(0)}); }
    bench.elapse(500);
  }
  return bench.seen.ready_due.has_value();
}

BOOST_AUTO_TEST_CASE(who_could_not_vote_in_the_next_epoch_does_not_say_that_it_is_ready) {
  using consensus::QuarantineCause;
  BOOST_TEST(says_ready(QuarantineCause::journal_lost, true));
  BOOST_TEST(!says_ready(QuarantineCause::journal_lost, false));
  // The engine of that epoch does not take the operator's word after a foreign vote.
  BOOST_TEST(!says_ready(QuarantineCause::foreign_vote, true));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::pipeline::test
