// Entering views and leading them: R1 and R2. docs/consensus.md
#include <boost/test/unit_test.hpp>

#include "tests/unit/consensus/engine_fixtures.h"

namespace keten::consensus::test {
namespace {

BOOST_AUTO_TEST_SUITE(engine_views_and_proposals)

// R1: views

BOOST_FIXTURE_TEST_CASE(a_view_is_left_with_a_certificate_only, Watcher) {
  bench.start();
  BOOST_TEST(bench.engine->view().value == 1U);
  bench.advance(60'000);
  BOOST_TEST(bench.engine->view().value == 1U);
  bench.receive(bench.certificate(Bench::nullify(1)));
  BOOST_TEST(bench.engine->view().value == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_view_is_entered_when_every_earlier_one_is_cleared, Watcher) {
  bench.start();
  bench.receive(bench.certificate(Bench::nullify(3)));
  bench.receive(bench.certificate(Bench::nullify(2)));
  BOOST_TEST(bench.engine->view().value == 1U);
  bench.receive(bench.certificate(Bench::nullify(1)));
  BOOST_TEST(bench.engine->view().value == 4U);
}

// Bugs 13 and 32.
BOOST_FIXTURE_TEST_CASE(an_armed_timer_does_not_fire_in_the_next_view, Watcher) {
  bench.start();
  bench.time_ms = 395;
  bench.receive(bench.certificate(Bench::nullify(1)));
  bench.advance(10);
  BOOST_TEST(bench.voted(VoteKind::nullify, 2) == 0U);
  bench.advance(395);
  BOOST_TEST(bench.voted(VoteKind::nullify, 2) == 1U);
}

// Bug 14.
BOOST_FIXTURE_TEST_CASE(time_outs_grow_only_after_more_views_than_may_fail, Watcher) {
  bench.start();
  bench.receive(bench.certificate(Bench::nullify(1)));
  bench.advance(399);
  BOOST_TEST(bench.voted(VoteKind::nullify, 2) == 0U);
  bench.advance(1);
  BOOST_TEST(bench.voted(VoteKind::nullify, 2) == 1U);
  bench.receive(bench.certificate(Bench::nullify(2)));
  bench.advance(600);
  BOOST_TEST(bench.voted(VoteKind::nullify, 3) == 0U);
  bench.advance(1);
  BOOST_TEST(bench.voted(VoteKind::nullify, 3) == 1U);
}

// R2: proposing

BOOST_FIXTURE_TEST_CASE(a_leader_asks_for_a_block_and_proposes_it_once, Leader) {
  bench.start();
  BOOST_REQUIRE(bench.build.has_value());
  BOOST_TEST(bench.build->view.value == 1U);
  const auto proposed = bench.propose(1);
  BOOST_REQUIRE(proposed.has_value());
  BOOST_TEST(proposed->height.value == 1U);
  BOOST_TEST((proposed->parent == kGenesis.id()));
  BOOST_TEST((proposed->time > kGenesis.time));
  BOOST_TEST(bench.sent_of<Proposal>().size() == 1U);
  BOOST_TEST(!bench.propose(1, 2).has_value());
  BOOST_TEST(bench.sent_of<Proposal>().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_proposal_is_the_leaders_only_notarize_vote, Leader) {
  bench.start();
  const auto proposed = bench.propose(1);
  BOOST_TEST(bench.voted(VoteKind::notarize, 1) == 0U);
  const auto subject = Bench::subject(VoteKind::notarize, *proposed, 0);
  bench.receive_vote(subject, bench.others()[0]);
  BOOST_TEST(bench.engine->view().value == 1U);
  bench.receive_vote(subject, bench.others()[1]);
  BOOST_TEST(bench.engine->view().value == 2U);
}

// Bug 32.
BOOST_FIXTURE_TEST_CASE(a_late_answer_to_a_build_request_is_ignored, Leader) {
  bench.start();
  bench.receive(bench.certificate(Bench::nullify(1)));
  BOOST_TEST(!bench.propose(1).has_value());
  BOOST_TEST(bench.sent_of<Proposal>().empty());
}

// Bug 26.
BOOST_FIXTURE_TEST_CASE(a_leader_whose_own_block_breaks_the_rules_gives_up_at_once, Leader) {
  bench.start();
  consensus::Payload payload;
  payload.executed_height = Height{5};
  bench.take(bench.engine->propose(View{1}, payload, bench.now()));
  BOOST_TEST(bench.sent_of<Proposal>().empty());
  BOOST_TEST(bench.voted(VoteKind::nullify, 1) == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_nullified_does_not_propose, Leader) {
  bench.start();
  bench.advance(400);
  BOOST_TEST(bench.voted(VoteKind::nullify, 1) == 1U);
  BOOST_TEST(!bench.propose(1).has_value());
}

BOOST_AUTO_TEST_CASE(a_leader_builds_on_the_newest_accepted_block_and_hands_over_the_proof) {
  Bench bench(3);
  bench.start();
  const auto one = bench.header(1, kGenesis);
  bench.accept(bench.proposal(one, 0));
  bench.receive(bench.certificate(Bench::subject(VoteKind::notarize, one, 0)));
  bench.receive(bench.certificate(Bench::nullify(2)));
  BOOST_REQUIRE(bench.build.has_value());
  BOOST_TEST(bench.build->view.value == 3U);
  BOOST_TEST(bench.build->parent_view.value == 1U);
  const auto proposed = bench.propose(3);
  BOOST_REQUIRE(proposed.has_value());
  BOOST_TEST((proposed->parent == one.id()));
  const auto justification = bench.sent_of<Proposal>().front().justification;
  BOOST_REQUIRE(justification.size() == 2U);
  BOOST_TEST((justification[0].subject == Bench::subject(VoteKind::notarize, one, 0)));
  BOOST_TEST((justification[1].subject == Bench::nullify(2)));
}

BOOST_AUTO_TEST_CASE(a_leader_without_the_parent_fetches_it_and_gives_up_at_half_time) {
  Bench bench(2);
  bench.start();
  const auto one = bench.header(1, kGenesis);
  bench.receive(bench.certificate(Bench::subject(VoteKind::notarize, one, 0)));
  BOOST_TEST(bench.engine->view().value == 2U);
  BOOST_TEST(!bench.build.has_value());
  bench.advance(50);
  BOOST_REQUIRE(!bench.fetches.empty());
  BOOST_TEST((bench.fetches.front().block == one.id()));
  bench.advance(149);
  BOOST_TEST(bench.voted(VoteKind::nullify, 2) == 0U);
  bench.advance(1);
  BOOST_TEST(bench.voted(VoteKind::nullify, 2) == 1U);
}

BOOST_AUTO_TEST_CASE(a_leader_builds_as_soon_as_the_parent_is_fetched) {
  Bench bench(2);
  bench.start();
  const auto one = bench.header(1, kGenesis);
  bench.receive(bench.certificate(Bench::subject(VoteKind::notarize, one, 0)));
  bench.advance(50);
  bench.fetched(one);
  BOOST_REQUIRE(bench.build.has_value());
  BOOST_TEST((bench.build->parent == one));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::consensus::test
