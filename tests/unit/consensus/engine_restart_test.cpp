// What is durable before what, and what a restart knows. docs/consensus.md
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "tests/unit/consensus/engine_fixtures.h"

namespace keten::consensus::test {
namespace {

BOOST_AUTO_TEST_SUITE(engine_restart)

// Durability

// Bug 36.
BOOST_FIXTURE_TEST_CASE(every_vote_is_recorded_and_waits_for_the_disk, Watcher) {
  bench.start();
  make_final(one, 0);
  bench.advance(400);
  std::size_t votes = 0;
  for (const auto& one_sent : bench.sent) {
    const auto* vote = std::get_if<Vote>(&one_sent.message);
    if (vote == nullptr || vote->signer != bench.self) { continue; }
    ++votes;
    BOOST_TEST(one_sent.after_durable);
    BOOST_TEST(
        (std::find(bench.journal.begin(), bench.journal.end(), JournalRecord{OwnVote{*vote}}) != bench.journal.end()));
  }
  BOOST_TEST(votes == 3U);
}

// Bug 12.
BOOST_FIXTURE_TEST_CASE(a_certificate_is_recorded_before_the_vote_that_it_enables, Watcher) {
  bench.start();
  bench.accept(bench.proposal(one, 0));
  const auto certificate = bench.certificate(notarize(one, 0));
  bench.receive(certificate);
  const auto held = std::find(bench.journal.begin(), bench.journal.end(), JournalRecord{HeldCertificate{certificate}});
  const auto vote = std::find(bench.journal.begin(), bench.journal.end(),
                              JournalRecord{OwnVote{bench.vote(finalize(one, 0), *bench.self)}});
  BOOST_REQUIRE((held != bench.journal.end() && vote != bench.journal.end()));
  BOOST_TEST((held < vote));
}

BOOST_FIXTURE_TEST_CASE(no_vote_is_cast_before_the_hand_shake_and_it_is_due_after_it, Watcher) {
  bench.start(false);
  bench.accept(bench.proposal(one, 0));
  bench.receive(bench.certificate(notarize(one, 0)));
  bench.advance(30'000);
  BOOST_TEST(bench.journal.size() == 1U);
  bench.take(bench.engine->allow_votes(bench.now()));
  BOOST_TEST(bench.voted(VoteKind::notarize, 1) == 1U);
  BOOST_TEST(bench.voted(VoteKind::finalize, 1) == 1U);
}

// Restart

// Bug 1.
BOOST_FIXTURE_TEST_CASE(own_votes_count_again_after_a_restart, Watcher) {
  bench.recovered.votes = {OwnVote{bench.vote(Bench::nullify(1), *bench.self)}};
  bench.start();
  bench.receive_vote(Bench::nullify(1), bench.others()[0]);
  bench.receive_vote(Bench::nullify(1), bench.others()[1]);
  BOOST_TEST(bench.engine->view().value == 2U);
}

// Bug 5.
BOOST_FIXTURE_TEST_CASE(a_timer_after_a_restart_does_not_nullify_what_was_finalized, Watcher) {
  bench.recovered.votes = {OwnVote{bench.vote(finalize(one, 0), *bench.self)}};
  bench.start();
  bench.advance(60'000);
  BOOST_TEST(bench.voted(VoteKind::nullify, 1) == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_restart_does_not_vote_twice, Watcher) {
  bench.recovered.votes = {OwnVote{bench.vote(notarize(one, 0), *bench.self)}};
  bench.recovered.stored = {one};
  bench.start();
  const auto other = bench.header(1, kGenesis, 9);
  bench.accept(bench.proposal(other, 0));
  for (const auto& vote : bench.sent_of<Vote>()) {
    BOOST_TEST((vote.subject.kind != VoteKind::notarize || vote.subject.block == one.id()));
  }
}

BOOST_FIXTURE_TEST_CASE(old_votes_are_repeated_after_a_restart, Watcher) {
  bench.recovered.votes = {OwnVote{bench.vote(Bench::nullify(1), *bench.self)}};
  bench.start(false);
  BOOST_TEST(bench.voted(VoteKind::nullify, 1) == 1U);
  bench.advance(1000);
  BOOST_TEST(bench.voted(VoteKind::nullify, 1) == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_leader_sends_the_same_proposal_after_a_restart_or_none, Leader) {
  bench.start();
  const auto proposed = bench.propose(1);
  auto recovered = bench.after_crash();
  recovered.stored = {*proposed};
  Bench again(1);
  again.recovered = recovered;
  again.start();
  BOOST_TEST(!again.build.has_value());
  BOOST_REQUIRE(again.sent_of<Proposal>().size() == 1U);
  BOOST_TEST((again.sent_of<Proposal>()[0] == bench.sent_of<Proposal>()[0]));
  BOOST_TEST(!again.propose(1, 7).has_value());
}

BOOST_FIXTURE_TEST_CASE(certificates_bring_a_restart_back_to_its_view, Watcher) {
  bench.recovered.certificates = {bench.certificate(Bench::nullify(2)), bench.certificate(Bench::nullify(1))};
  bench.start();
  BOOST_TEST(bench.engine->view().value == 3U);
}

BOOST_FIXTURE_TEST_CASE(a_restart_goes_on_waiting_for_a_finalized_block, Watcher) {
  bench.recovered.certificates = {bench.certificate(finalize(one, 0))};
  bench.start();
  bench.advance(50);
  BOOST_REQUIRE(bench.fetches.size() == 1U);
  bench.fetched(one);
  BOOST_TEST(bench.finalized.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_forgotten_own_vote_that_a_peer_tells_stops_this_validator, Watcher) {
  bench.start();
  bench.receive(bench.leader(2), bench.vote(notarize(one, 0), *bench.self));
  BOOST_TEST(has_alarm(AlarmKind::quarantined));
  BOOST_TEST(bench.engine->is_quarantined());
}

BOOST_FIXTURE_TEST_CASE(a_forged_own_vote_stops_nobody, Watcher) {
  bench.start();
  auto forged = bench.vote(notarize(one, 0), *bench.self);
  forged.signature.bytes[0] ^= 1U;
  bench.receive(bench.leader(2), forged);
  BOOST_TEST(!bench.engine->is_quarantined());
}

BOOST_FIXTURE_TEST_CASE(a_known_own_vote_that_comes_back_is_fine, Watcher) {
  bench.start();
  bench.accept(bench.proposal(one, 0));
  bench.receive(bench.leader(2), bench.vote(notarize(one, 0), *bench.self));
  BOOST_TEST(!bench.engine->is_quarantined());
  BOOST_TEST(bench.verified_signatures == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_forgotten_own_vote_inside_a_certificate_stops_this_validator, Watcher) {
  bench.start();
  std::vector<Vote> votes{bench.vote(Bench::nullify(1), *bench.self)};
  for (std::size_t i = 0; i < 2; ++i) { votes.push_back(bench.vote(Bench::nullify(1), bench.others()[i])); }
  bench.receive(make_certificate(votes, bench.set));
  BOOST_TEST(has_alarm(AlarmKind::quarantined));
}

// Bug 9: the newest record is not the newest state.
BOOST_FIXTURE_TEST_CASE(records_in_any_order_give_the_same_restart, Watcher) {
  const auto on_genesis = bench.header(2, kGenesis);
  bench.recovered.votes = {OwnVote{bench.vote(Bench::nullify(1), *bench.self)},
                           OwnVote{bench.vote(notarize(on_genesis, 0), *bench.self)},
                           OwnVote{bench.vote(Bench::nullify(3), *bench.self)}};
  bench.recovered.certificates = {bench.certificate(Bench::nullify(1)), bench.certificate(notarize(on_genesis, 0))};
  bench.recovered.stored = {on_genesis};
  auto shuffled = bench.recovered;
  std::reverse(shuffled.votes.begin(), shuffled.votes.end());
  std::reverse(shuffled.certificates.begin(), shuffled.certificates.end());
  Bench other(4);
  other.recovered = shuffled;
  bench.start();
  other.start();
  BOOST_TEST(bench.engine->view().value == 3U);
  BOOST_TEST(bench.voted(VoteKind::finalize, 2) == 1U);
  for (int i = 0; i < 10; ++i) {
    BOOST_TEST((bench.engine->view() == other.engine->view()));
    BOOST_TEST(bench.engine->deadline_ms() == other.engine->deadline_ms());
    BOOST_TEST((bench.sent_of<Vote>() == other.sent_of<Vote>()));
    BOOST_TEST((bench.journal == other.journal));
    bench.advance(400);
    other.advance(400);
  }
}

// Bug 9: after a restart in a view that it had nullified, a validator still repeats, and goes on.
BOOST_FIXTURE_TEST_CASE(a_restart_after_a_nullify_has_its_timers, Watcher) {
  bench.recovered.votes = {OwnVote{bench.vote(Bench::nullify(1), *bench.self)}};
  bench.start();
  BOOST_TEST(bench.engine->deadline_ms() <= bench.time_ms + 1000);
  bench.receive(bench.certificate(Bench::nullify(1)));
  bench.advance(400);
  BOOST_TEST(bench.voted(VoteKind::nullify, 2) == 1U);
}

// Bug 27: the first view that matters is the one above the floor, and there is no last one.
BOOST_AUTO_TEST_CASE(a_forgotten_own_vote_is_noticed_from_the_view_above_the_floor_on) {
  const auto is_stopped_by_vote_of = [](std::uint64_t view) {
    Watcher watcher;
    auto& bench = watcher.bench;
    bench.start();
    watcher.make_final(watcher.one, 0);
    bench.receive(bench.leader(2), bench.vote(Bench::nullify(view), *bench.self));
    return bench.engine->is_quarantined();
  };
  BOOST_TEST(!is_stopped_by_vote_of(1));
  for (const std::uint64_t view : {2U, 3U, 10U, 1'000'000U}) { BOOST_TEST(is_stopped_by_vote_of(view), view); }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::consensus::test
