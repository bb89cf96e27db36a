// When a vote is cast: R3, R4 and R5. docs/consensus.md
#include <boost/test/unit_test.hpp>

#include "tests/unit/consensus/engine_fixtures.h"

namespace keten::consensus::test {
namespace {

BOOST_AUTO_TEST_SUITE(engine_votes)

// R3: notarizing

BOOST_FIXTURE_TEST_CASE(a_valid_stored_proposal_is_notarized_once, Watcher) {
  bench.start();
  bench.receive(bench.proposal(one, 0));
  BOOST_TEST(bench.checks.size() == 1U);
  BOOST_TEST(bench.voted(VoteKind::notarize, 1) == 0U);
  bench.stored(one);
  bench.stored(one);
  BOOST_TEST(bench.voted(VoteKind::notarize, 1) == 1U);
}

BOOST_FIXTURE_TEST_CASE(only_the_leaders_own_channel_carries_its_proposal, Watcher) {
  bench.start();
  bench.receive(bench.leader(2), bench.proposal(one, 0));
  BOOST_TEST(bench.checks.empty());
}

BOOST_FIXTURE_TEST_CASE(a_proposal_with_a_bad_signature_costs_the_leader_its_view, Watcher) {
  bench.start();
  auto proposal = bench.proposal(one, 0);
  proposal.leader_notarize.bytes[0] ^= 1U;
  bench.receive(proposal);
  BOOST_TEST(bench.checks.empty());
  BOOST_TEST(bench.voted(VoteKind::nullify, 1) == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_payload_is_asked_for_after_signature_and_header, Watcher) {
  bench.start();
  bench.hold_checks = true;
  bench.receive(bench.proposal(one, 0));
  BOOST_TEST(bench.checks.empty());
  bench.take(bench.engine->on_verified(bench.held_checks[0].ticket, {true}, bench.now()));
  BOOST_TEST(bench.checks.size() == 1U);
}

// Bug 29.
BOOST_FIXTURE_TEST_CASE(a_malformed_header_is_nullified_at_once, Watcher) {
  bench.start();
  one.version = 2;
  bench.receive(bench.proposal(one, 0));
  BOOST_TEST(bench.voted(VoteKind::nullify, 1) == 1U);
}

BOOST_FIXTURE_TEST_CASE(an_invalid_payload_is_nullified_at_once, Watcher) {
  bench.start();
  bench.receive(bench.proposal(one, 0));
  bench.rejected(one);
  BOOST_TEST(bench.voted(VoteKind::nullify, 1) == 1U);
  BOOST_TEST(bench.voted(VoteKind::notarize, 1) == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_block_from_the_future_waits_without_a_vote_until_its_time, Watcher) {
  bench.start();
  one.time = bench.now().wall_ms + 5100;
  bench.receive(bench.proposal(one, 0));
  BOOST_TEST(bench.checks.empty());
  BOOST_TEST(bench.engine->deadline_ms() == 100U);
  bench.advance(99);
  BOOST_TEST(bench.checks.empty());
  bench.advance(1);
  BOOST_TEST(bench.checks.size() == 1U);
  bench.stored(one);
  BOOST_TEST(bench.voted(VoteKind::notarize, 1) == 1U);
  BOOST_TEST(bench.voted(VoteKind::nullify, 1) == 0U);
}

BOOST_FIXTURE_TEST_CASE(the_proposal_of_the_next_view_waits_and_a_later_one_is_dropped, Watcher) {
  bench.start();
  const auto three = bench.header(3, two);
  bench.receive(bench.proposal(three, 2));
  bench.receive(bench.proposal(two, 1));
  BOOST_TEST(bench.checks.empty());
  bench.accept(bench.proposal(one, 0));
  bench.receive(bench.certificate(notarize(one, 0)));
  BOOST_REQUIRE(bench.checks.size() == 2U);
  bench.stored(two);
  BOOST_TEST(bench.voted(VoteKind::notarize, 2) == 1U);
  bench.receive(bench.certificate(notarize(two, 1)));
  BOOST_TEST(bench.checks.size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(the_justification_brings_the_certificates_that_are_missing, Watcher) {
  bench.start();
  const auto on_genesis = bench.header(2, kGenesis);
  bench.accept(bench.proposal(on_genesis, 0, {bench.certificate(Bench::nullify(1))}));
  BOOST_TEST(bench.engine->view().value == 2U);
  BOOST_TEST(bench.voted(VoteKind::notarize, 2) == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_skip_without_proof_is_not_notarized_and_the_proof_is_asked_for, Watcher) {
  bench.start();
  bench.accept(bench.proposal(one, 0));
  bench.receive(bench.certificate(notarize(one, 0)));
  const auto skipping = bench.header(2, kGenesis);
  bench.accept(bench.proposal(skipping, 0));
  BOOST_TEST(bench.voted(VoteKind::notarize, 2) == 0U);
  const auto requests = bench.sent_of<CertificateRequest>();
  BOOST_REQUIRE(requests.size() == 2U);
  BOOST_TEST(requests[0].from_view.value == 1U);
  bench.receive(bench.certificate(Bench::nullify(1)));
  BOOST_TEST(bench.voted(VoteKind::notarize, 2) == 1U);
}

BOOST_AUTO_TEST_CASE(a_skip_longer_than_a_justification_is_pulled_piece_by_piece) {
  Bench bench(4);
  bench.start();
  const auto late = bench.header(201, kGenesis);
  for (std::uint64_t view = 1; view < 200; ++view) {
    if (view == 1 || view > 100) { bench.receive(bench.certificate(Bench::nullify(view))); }
  }
  const auto other = bench.header(2, kGenesis);
  bench.receive(bench.certificate(Bench::subject(VoteKind::notarize, other, 0)));
  for (std::uint64_t view = 3; view <= 100; ++view) { bench.receive(bench.certificate(Bench::nullify(view))); }
  bench.receive(bench.certificate(Bench::nullify(200)));
  BOOST_REQUIRE(bench.engine->view().value == 201U);
  bench.accept(bench.proposal(late, 0));
  BOOST_TEST(bench.voted(VoteKind::notarize, 201) == 0U);
  BOOST_REQUIRE(!bench.sent_of<CertificateRequest>().empty());
  BOOST_TEST(bench.sent_of<CertificateRequest>().back().from_view.value == 2U);
  bench.receive(bench.certificate(Bench::nullify(2)));
  BOOST_TEST(bench.voted(VoteKind::notarize, 201) == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_proposal_on_another_parent_than_the_accepted_one_is_refused, Watcher) {
  bench.start();
  bench.accept(bench.proposal(one, 0));
  bench.receive(bench.certificate(notarize(one, 0)));
  const auto other = bench.header(1, kGenesis, 9);
  bench.receive(bench.proposal(bench.header(2, other), 1));
  BOOST_TEST(bench.voted(VoteKind::nullify, 2) == 1U);
}

// Bug 4.
BOOST_FIXTURE_TEST_CASE(a_notarize_is_cast_late_after_a_nullify, Watcher) {
  bench.start();
  bench.advance(400);
  BOOST_TEST(bench.voted(VoteKind::nullify, 1) == 1U);
  bench.accept(bench.proposal(one, 0));
  BOOST_TEST(bench.voted(VoteKind::notarize, 1) == 1U);
  bench.receive(bench.certificate(notarize(one, 0)));
  BOOST_TEST(bench.engine->view().value == 2U);
  BOOST_TEST(bench.voted(VoteKind::finalize, 1) == 0U);
}

BOOST_FIXTURE_TEST_CASE(an_old_view_is_notarized_late_while_it_is_above_the_floor, Watcher) {
  bench.start();
  bench.receive(bench.certificate(Bench::nullify(1)));
  bench.accept(bench.proposal(one, 0));
  BOOST_TEST(bench.voted(VoteKind::notarize, 1) == 1U);
}

// R4: nullifying

// Bug 10.
BOOST_FIXTURE_TEST_CASE(all_reasons_together_make_one_nullify, Watcher) {
  bench.start();
  bench.receive(bench.proposal(one, 0));
  bench.receive_vote(Bench::nullify(1), bench.leader(1));
  bench.rejected(one);
  bench.advance(400);
  bench.advance(500);
  bench.advance(11'000);
  std::size_t records = 0;
  for (const auto& record : bench.journal) { records += std::holds_alternative<OwnVote>(record) ? 1U : 0U; }
  BOOST_TEST(records == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_gives_up_is_not_waited_for, Watcher) {
  bench.start();
  bench.receive_vote(Bench::nullify(1), bench.leader(2));
  BOOST_TEST(bench.voted(VoteKind::nullify, 1) == 0U);
  bench.receive_vote(Bench::nullify(1), bench.leader(1));
  BOOST_TEST(bench.engine->view().value == 2U);
  BOOST_TEST(bench.voted(VoteKind::nullify, 1) == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_silent_leader_is_skipped_at_once_while_a_quorum_is_heard, Watcher) {
  bench.start();
  bench.take(bench.engine->on_work(false, bench.now()));
  const consensus::Status status{
      .epoch = {}, .view = View{1}, .floor_view = {}, .floor_height = {}, .executed_height = {}};
  for (int second = 0; second < 11; ++second) {
    bench.advance(1000);
    bench.receive(bench.leader(2), status);
    if (second < 9) { BOOST_TEST(bench.voted(VoteKind::nullify, 1) == 0U); }
    if (second == 9) { bench.receive(bench.leader(3), status); }
  }
  BOOST_TEST(bench.voted(VoteKind::nullify, 1) > 0U);
}

BOOST_FIXTURE_TEST_CASE(without_a_quorum_nobody_is_skipped, Watcher) {
  bench.start();
  bench.take(bench.engine->on_work(false, bench.now()));
  const consensus::Status status{
      .epoch = {}, .view = View{1}, .floor_view = {}, .floor_height = {}, .executed_height = {}};
  for (int second = 0; second < 30; ++second) {
    bench.advance(1000);
    bench.receive(bench.leader(2), status);
  }
  BOOST_TEST(bench.voted(VoteKind::nullify, 1) == 0U);
}

// R5: finalizing

BOOST_FIXTURE_TEST_CASE(a_notarized_stored_block_is_finalized, Watcher) {
  bench.start();
  bench.accept(bench.proposal(one, 0));
  BOOST_TEST(bench.voted(VoteKind::finalize, 1) == 0U);
  bench.receive(bench.certificate(notarize(one, 0)));
  BOOST_TEST(bench.voted(VoteKind::finalize, 1) == 1U);
}

// Bug 17.
BOOST_FIXTURE_TEST_CASE(a_validation_slower_than_the_notarization_still_finalizes, Watcher) {
  bench.start();
  bench.receive(bench.proposal(one, 0));
  bench.receive(bench.certificate(notarize(one, 0)));
  BOOST_TEST(bench.engine->view().value == 2U);
  BOOST_TEST(bench.voted(VoteKind::finalize, 1) == 0U);
  bench.stored(one);
  BOOST_TEST(bench.voted(VoteKind::finalize, 1) == 1U);
}

// Bug 38.
BOOST_FIXTURE_TEST_CASE(a_block_of_which_only_certificates_came_is_fetched_and_finalized, Watcher) {
  bench.start();
  bench.receive(bench.certificate(notarize(one, 0)));
  BOOST_TEST(bench.fetches.empty());
  bench.advance(50);
  BOOST_REQUIRE(bench.fetches.size() == 1U);
  BOOST_TEST((bench.fetches[0].block == one.id()));
  bench.fetched(one);
  BOOST_TEST(bench.voted(VoteKind::finalize, 1) == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_block_in_validation_is_not_fetched, Watcher) {
  bench.start();
  bench.receive(bench.proposal(one, 0));
  bench.receive(bench.certificate(notarize(one, 0)));
  bench.advance(500);
  BOOST_TEST(bench.fetches.empty());
  bench.advance(600);
  BOOST_TEST(bench.fetches.size() == 1U);
}

// Bug 38.
BOOST_FIXTURE_TEST_CASE(a_finalize_needs_all_ancestors_above_the_floor, Watcher) {
  bench.start();
  bench.receive(bench.certificate(notarize(one, 0)));
  bench.receive(bench.certificate(notarize(two, 1)));
  bench.fetched(two);
  BOOST_TEST(bench.voted(VoteKind::finalize, 2) == 0U);
  bench.fetched(one);
  BOOST_TEST(bench.voted(VoteKind::finalize, 2) == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_notarized_block_that_was_rejected_here_stops_this_validator, Watcher) {
  bench.start();
  bench.receive(bench.proposal(one, 0));
  bench.rejected(one);
  bench.receive(bench.certificate(notarize(one, 0)));
  BOOST_TEST(has_alarm(AlarmKind::rejected_notarized));
  BOOST_TEST(bench.engine->halted());
}

BOOST_FIXTURE_TEST_CASE(the_same_when_only_the_finalization_comes, Watcher) {
  bench.start();
  bench.receive(bench.proposal(one, 0));
  bench.rejected(one);
  bench.receive(bench.certificate(finalize(one, 0)));
  BOOST_TEST(has_alarm(AlarmKind::rejected_notarized));
}

BOOST_FIXTURE_TEST_CASE(the_same_when_the_rejection_comes_later, Watcher) {
  bench.start();
  bench.receive(bench.proposal(one, 0));
  bench.receive(bench.certificate(notarize(one, 0)));
  bench.rejected(one);
  BOOST_TEST(has_alarm(AlarmKind::rejected_notarized));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::consensus::test
