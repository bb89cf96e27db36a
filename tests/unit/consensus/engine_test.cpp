#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "tests/unit/consensus/bench.h"

// One engine and everything that others could send it: the rules of docs/consensus.md one by one.

namespace {

using namespace keten;
using namespace keten::consensus;
using keten::consensus::test::Bench;

const BlockHeader kGenesis = test::test_genesis();

/// The four validators' usual place: this one leads view 4 and watches the first three views.
struct Watcher {
  Bench bench{4};
  BlockHeader one = bench.header(1, kGenesis);
  BlockHeader two = bench.header(2, one);

  Subject notarize(const BlockHeader& header, std::uint64_t parent_view) const {
    return Bench::subject(VoteKind::notarize, header, parent_view);
  }
  Subject finalize(const BlockHeader& header, std::uint64_t parent_view) const {
    return Bench::subject(VoteKind::finalize, header, parent_view);
  }
  bool has_alarm(AlarmKind kind) const {
    return std::any_of(bench.alarms.begin(), bench.alarms.end(),
                       [&](const auto& one_alarm) { return one_alarm.kind == kind; });
  }
  void make_final(const BlockHeader& header, std::uint64_t parent_view) {
    bench.accept(bench.proposal(header, parent_view));
    bench.receive(bench.certificate(notarize(header, parent_view)));
    bench.receive(bench.certificate(finalize(header, parent_view)));
  }
};

/// This one leads view 1.
struct Leader {
  Bench bench{1};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(engine)

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

BOOST_FIXTURE_TEST_CASE(an_armed_timer_does_not_fire_in_the_next_view, Watcher) {
  bench.start();
  bench.time_ms = 395;
  bench.receive(bench.certificate(Bench::nullify(1)));
  bench.advance(10);
  BOOST_TEST(bench.voted(VoteKind::nullify, 2) == 0U);
  bench.advance(395);
  BOOST_TEST(bench.voted(VoteKind::nullify, 2) == 1U);
}

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

BOOST_FIXTURE_TEST_CASE(a_late_answer_to_a_build_request_is_ignored, Leader) {
  bench.start();
  bench.receive(bench.certificate(Bench::nullify(1)));
  BOOST_TEST(!bench.propose(1).has_value());
  BOOST_TEST(bench.sent_of<Proposal>().empty());
}

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

BOOST_FIXTURE_TEST_CASE(a_validation_slower_than_the_notarization_still_finalizes, Watcher) {
  bench.start();
  bench.receive(bench.proposal(one, 0));
  bench.receive(bench.certificate(notarize(one, 0)));
  BOOST_TEST(bench.engine->view().value == 2U);
  BOOST_TEST(bench.voted(VoteKind::finalize, 1) == 0U);
  bench.stored(one);
  BOOST_TEST(bench.voted(VoteKind::finalize, 1) == 1U);
}

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

// R6: certificates

BOOST_FIXTURE_TEST_CASE(votes_of_stragglers_are_never_checked, Watcher) {
  bench.start();
  bench.accept(bench.proposal(one, 0));
  const auto others = bench.others();
  for (const auto peer : others) {
    if (peer != bench.leader(1)) { bench.receive_vote(notarize(one, 0), peer); }
  }
  // The leader's signature with its proposal, then one vote: with the own vote that is a quorum.
  BOOST_TEST(bench.verified_signatures == 2U);
  BOOST_TEST(bench.engine->view().value == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_vote_counts_on_its_signers_channel_only, Watcher) {
  bench.start();
  for (const auto peer : bench.others()) { bench.receive(bench.leader(1), bench.vote(Bench::nullify(1), peer)); }
  BOOST_TEST(bench.verified_signatures == 0U);
  BOOST_TEST(bench.engine->view().value == 1U);
}

BOOST_FIXTURE_TEST_CASE(votes_far_ahead_are_dropped, Watcher) {
  bench.start();
  for (const std::uint64_t view : std::vector<std::uint64_t>{10, 1ULL << 63U, UINT64_MAX}) {
    for (const auto peer : bench.others()) { bench.receive_vote(Bench::nullify(view), peer); }
  }
  BOOST_TEST(bench.verified_signatures == 0U);
  for (const auto peer : bench.others()) { bench.receive_vote(Bench::nullify(9), peer); }
  BOOST_TEST(bench.verified_signatures == 3U);
}

BOOST_FIXTURE_TEST_CASE(a_forged_vote_is_dropped_and_the_rest_still_counts, Watcher) {
  bench.start();
  auto forged = bench.vote(Bench::nullify(1), bench.leader(2));
  forged.signature.bytes[5] ^= 1U;
  bench.receive(bench.leader(2), forged);
  bench.receive_vote(Bench::nullify(1), bench.leader(3));
  bench.receive_vote(Bench::nullify(1), bench.leader(1));
  BOOST_TEST(bench.engine->view().value == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_forged_certificate_changes_nothing_and_bans_its_bearer, Watcher) {
  bench.start();
  auto forged = bench.certificate(Bench::nullify(1));
  forged.signatures[1].bytes[0] ^= 1U;
  bench.receive(bench.leader(2), forged);
  BOOST_TEST(bench.engine->view().value == 1U);
  bench.receive(bench.leader(2), bench.certificate(Bench::nullify(1)));
  BOOST_TEST(bench.engine->view().value == 1U);
  bench.receive(bench.leader(3), bench.certificate(Bench::nullify(1)));
  BOOST_TEST(bench.engine->view().value == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_certificate_of_too_few_is_not_even_checked, Watcher) {
  bench.start();
  auto small = bench.certificate(Bench::nullify(1));
  small.signatures.pop_back();
  bench.receive(small);
  BOOST_TEST(bench.verified_signatures == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_certificate_is_checked_and_relayed_once, Watcher) {
  bench.start();
  for (int i = 0; i < 5; ++i) { bench.receive(bench.certificate(Bench::nullify(1))); }
  BOOST_TEST(bench.verified_signatures == 3U);
  BOOST_TEST(bench.sent_of<Certificate>().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_large_set_sends_certificates_to_the_next_leader_only) {
  Bench bench(20, 20);
  bench.start();
  bench.receive(bench.certificate(Bench::nullify(1)));
  const auto sent = std::find_if(bench.sent.begin(), bench.sent.end(),
                                 [](const Outgoing& one) { return std::holds_alternative<Certificate>(one.message); });
  BOOST_REQUIRE((sent != bench.sent.end()));
  BOOST_TEST((sent->to == bench.leader(2)));
}

BOOST_FIXTURE_TEST_CASE(contradicting_certificates_stop_the_vote, Watcher) {
  bench.start();
  const auto other = bench.header(1, kGenesis, 9);
  bench.receive(bench.certificate(notarize(one, 0)));
  bench.receive(bench.certificate(notarize(other, 0)));
  BOOST_TEST(has_alarm(AlarmKind::safety_broken));
  BOOST_TEST(bench.engine->halted());
  bench.advance(60'000);
  BOOST_TEST(bench.voted(VoteKind::nullify, 2) == 0U);
}

BOOST_FIXTURE_TEST_CASE(one_peer_has_only_so_many_certificates_checked_at_one_time, Watcher) {
  bench.start();
  bench.hold_checks = true;
  for (std::uint64_t view = 100; view < 200; ++view) { bench.receive(bench.certificate(Bench::nullify(view))); }
  BOOST_TEST(bench.held_checks.size() == 16U);
  bench.receive(bench.others()[1], bench.certificate(Bench::nullify(300)));
  BOOST_TEST(bench.held_checks.size() == 17U);
  bench.take(bench.engine->on_verified(bench.held_checks[0].ticket, {true, true, true}, bench.now()));
  bench.receive(bench.certificate(Bench::nullify(301)));
  BOOST_TEST(bench.held_checks.size() == 18U);
}

// R7: the floor

BOOST_FIXTURE_TEST_CASE(a_finalization_moves_the_floor_and_delivers_all_ancestors_once, Watcher) {
  bench.start();
  bench.accept(bench.proposal(one, 0));
  bench.receive(bench.certificate(notarize(one, 0)));
  bench.accept(bench.proposal(two, 1));
  bench.receive(bench.certificate(notarize(two, 1)));
  BOOST_TEST(bench.finalized.empty());
  bench.receive(bench.certificate(finalize(two, 1)));
  BOOST_REQUIRE(bench.finalized.size() == 1U);
  BOOST_TEST(bench.finalized[0].complete);
  BOOST_TEST((bench.finalized[0].headers == std::vector{one, two}));
  BOOST_TEST((bench.engine->floor_header() == two));
  bench.receive(bench.certificate(finalize(two, 1)));
  bench.receive(bench.certificate(finalize(one, 0)));
  BOOST_TEST(bench.finalized.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_finalization_of_an_unknown_block_waits_for_it, Watcher) {
  bench.start();
  bench.receive(bench.certificate(finalize(two, 1)));
  BOOST_TEST(bench.finalized.empty());
  BOOST_TEST(bench.engine->floor().view.value == 0U);
  bench.advance(50);
  bench.fetched(two);
  bench.advance(50);
  BOOST_REQUIRE(bench.fetches.size() == 2U);
  BOOST_TEST((bench.fetches[0].block == two.id()));
  BOOST_TEST((bench.fetches[1].block == one.id()));
  bench.fetched(one);
  BOOST_REQUIRE(bench.finalized.size() == 1U);
  BOOST_TEST((bench.finalized[0].headers == std::vector{one, two}));
  BOOST_TEST(bench.engine->view().value == 3U);
}

BOOST_FIXTURE_TEST_CASE(block_sync_moves_the_floor_over_a_gap, Watcher) {
  bench.start();
  const auto nine = bench.header(9, two);
  bench.take(bench.engine->on_synced(bench.certificate(finalize(nine, 2)), nine, bench.now()));
  BOOST_REQUIRE(bench.finalized.size() == 1U);
  BOOST_TEST(!bench.finalized[0].complete);
  BOOST_TEST(bench.engine->floor().height.value == 3U);
  BOOST_TEST(bench.engine->view().value == 10U);
  bench.take(bench.engine->on_synced(bench.certificate(finalize(nine, 2)), nine, bench.now()));
  bench.take(bench.engine->on_synced(bench.certificate(finalize(two, 1)), two, bench.now()));
  BOOST_TEST(bench.finalized.size() == 1U);
  BOOST_TEST(bench.engine->floor().height.value == 3U);
}

BOOST_FIXTURE_TEST_CASE(block_sync_with_all_headers_known_is_complete, Watcher) {
  bench.start();
  bench.accept(bench.proposal(one, 0));
  bench.take(bench.engine->on_synced(bench.certificate(finalize(one, 0)), one, bench.now()));
  BOOST_REQUIRE(bench.finalized.size() == 1U);
  BOOST_TEST(bench.finalized[0].complete);
}

BOOST_FIXTURE_TEST_CASE(a_finalization_beside_the_floor_breaks_safety, Watcher) {
  bench.start();
  make_final(one, 0);
  const auto beside = bench.header(1, kGenesis, 9);
  const auto on_beside = bench.header(3, beside);
  bench.receive(bench.certificate(finalize(on_beside, 1)));
  bench.fetched(on_beside);
  BOOST_TEST(has_alarm(AlarmKind::safety_broken));
  BOOST_TEST(bench.engine->floor().height.value == 1U);
}

BOOST_FIXTURE_TEST_CASE(nothing_happens_for_views_that_are_final, Watcher) {
  bench.start();
  make_final(one, 0);
  const auto journal = bench.journal.size();
  bench.receive(bench.certificate(Bench::nullify(1)));
  bench.receive(bench.proposal(bench.header(1, kGenesis, 9), 0));
  bench.receive_vote(Bench::nullify(1), bench.leader(2));
  BOOST_TEST(bench.journal.size() == journal);
}

// Durability

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

BOOST_FIXTURE_TEST_CASE(own_votes_count_again_after_a_restart, Watcher) {
  bench.recovered.votes = {OwnVote{bench.vote(Bench::nullify(1), *bench.self)}};
  bench.start();
  bench.receive_vote(Bench::nullify(1), bench.others()[0]);
  bench.receive_vote(Bench::nullify(1), bench.others()[1]);
  BOOST_TEST(bench.engine->view().value == 2U);
}

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
  BOOST_TEST(has_alarm(AlarmKind::own_vote_unknown));
  BOOST_TEST(bench.engine->halted());
}

BOOST_FIXTURE_TEST_CASE(a_forged_own_vote_stops_nobody, Watcher) {
  bench.start();
  auto forged = bench.vote(notarize(one, 0), *bench.self);
  forged.signature.bytes[0] ^= 1U;
  bench.receive(bench.leader(2), forged);
  BOOST_TEST(!bench.engine->halted());
}

BOOST_FIXTURE_TEST_CASE(a_known_own_vote_that_comes_back_is_fine, Watcher) {
  bench.start();
  bench.accept(bench.proposal(one, 0));
  bench.receive(bench.leader(2), bench.vote(notarize(one, 0), *bench.self));
  BOOST_TEST(!bench.engine->halted());
  BOOST_TEST(bench.verified_signatures == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_forgotten_own_vote_inside_a_certificate_stops_this_validator, Watcher) {
  bench.start();
  std::vector<Vote> votes{bench.vote(Bench::nullify(1), *bench.self)};
  for (std::size_t i = 0; i < 2; ++i) { votes.push_back(bench.vote(Bench::nullify(1), bench.others()[i])); }
  bench.receive(make_certificate(votes, bench.set));
  BOOST_TEST(has_alarm(AlarmKind::own_vote_unknown));
}

// Evidence

BOOST_FIXTURE_TEST_CASE(two_proposals_of_one_view_are_evidence_once, Watcher) {
  bench.start();
  bench.receive(bench.proposal(one, 0));
  const auto other = bench.header(1, kGenesis, 9);
  for (int i = 0; i < 3; ++i) { bench.receive(bench.proposal(other, 0)); }
  BOOST_TEST(bench.checks.size() == 1U);
  BOOST_REQUIRE(bench.alarms.size() == 1U);
  BOOST_TEST((bench.alarms[0].kind == AlarmKind::conflicting_votes));
}

BOOST_FIXTURE_TEST_CASE(a_forged_contradiction_is_no_evidence, Watcher) {
  bench.start();
  bench.receive_vote(finalize(one, 0), bench.leader(2));
  auto forged = bench.vote(Bench::nullify(1), bench.leader(2));
  forged.signature.bytes[0] ^= 1U;
  bench.receive(bench.leader(2), forged);
  BOOST_TEST(bench.alarms.empty());
}

// R9 and R10: repetition and repair

BOOST_FIXTURE_TEST_CASE(a_vote_that_is_not_final_is_repeated, Watcher) {
  bench.start();
  bench.accept(bench.proposal(one, 0));
  bench.advance(999);
  BOOST_TEST(bench.voted(VoteKind::notarize, 1) == 1U);
  bench.advance(1);
  BOOST_TEST(bench.voted(VoteKind::notarize, 1) == 2U);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_repeated_when_everything_is_final, Watcher) {
  bench.start();
  make_final(one, 0);
  bench.take(bench.engine->on_work(false, bench.now()));
  bench.sent.clear();
  bench.advance(1000);
  bench.advance(1000);
  BOOST_TEST(bench.sent_of<Vote>().empty());
  BOOST_TEST(bench.sent_of<Certificate>().empty());
  BOOST_TEST(bench.sent_of<consensus::Status>().size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_leader_repeats_its_proposal, Leader) {
  bench.start();
  (void)bench.propose(1);
  bench.advance(1000);
  BOOST_TEST(bench.sent_of<Proposal>().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_long_standstill_stays_within_the_budget_of_repetitions) {
  Bench bench(20, 100);
  for (std::uint64_t view = 1; view <= 2000; ++view) {
    bench.recovered.certificates.push_back(bench.certificate(Bench::nullify(view)));
    bench.recovered.votes.push_back(OwnVote{bench.vote(Bench::nullify(view), *bench.self)});
  }
  bench.recovered.votes.push_back(OwnVote{bench.vote(Bench::nullify(2001), *bench.self)});
  bench.start();
  bench.sent.clear();
  for (int second = 0; second < 10; ++second) { bench.advance(1000); }
  std::uint64_t bytes = 0;
  for (const auto& one : bench.sent) {
    const std::uint64_t copies = one.to ? 1 : 99;
    if (std::holds_alternative<Vote>(one.message)) { bytes += 155 * copies; }
    if (const auto* certificate = std::get_if<Certificate>(&one.message)) {
      bytes += (57 + 13 + 64 * certificate->signatures.size()) * copies;
    }
  }
  BOOST_TEST(bytes > 0U);
  BOOST_TEST(bytes <= 10 * limits::kRetransmitBytesPerSecond);
}

BOOST_FIXTURE_TEST_CASE(a_peer_that_connects_is_told_everything_that_is_open, Watcher) {
  bench.start();
  make_final(one, 0);
  bench.accept(bench.proposal(two, 1));
  bench.receive_vote(Bench::nullify(2), bench.leader(3));
  bench.sent.clear();
  bench.take(bench.engine->on_peer_connected(bench.leader(3), bench.now()));
  for (const auto& sent : bench.sent) { BOOST_TEST((sent.to == bench.leader(3))); }
  BOOST_TEST(bench.sent_of<consensus::Status>().size() == 1U);
  BOOST_TEST(bench.sent_of<Certificate>().size() == 1U);
  const auto votes = bench.sent_of<Vote>();
  BOOST_REQUIRE(votes.size() == 2U);
  BOOST_TEST((votes[0] == bench.vote(Bench::nullify(2), bench.leader(3))));
  BOOST_TEST((votes[1] == bench.vote(notarize(two, 1), *bench.self)));
}

BOOST_FIXTURE_TEST_CASE(a_peer_that_is_ahead_is_asked_with_growing_spaces, Watcher) {
  bench.start();
  const consensus::Status ahead{
      .epoch = {}, .view = View{7}, .floor_view = {}, .floor_height = {}, .executed_height = {}};
  for (int i = 0; i < 100; ++i) {
    bench.receive(bench.leader(2), ahead);
    bench.advance(10);
  }
  BOOST_TEST(bench.sent_of<CertificateRequest>().size() == 3U);
  BOOST_TEST(bench.sent_of<CertificateRequest>()[0].from_view.value == 1U);
}

BOOST_FIXTURE_TEST_CASE(an_answer_brings_the_asker_up_to_date, Watcher) {
  bench.start();
  make_final(one, 0);
  bench.accept(bench.proposal(two, 1));
  bench.receive(bench.certificate(notarize(two, 1)));
  bench.receive(bench.certificate(Bench::nullify(3)));
  bench.sent.clear();
  bench.receive(bench.leader(2), CertificateRequest{.epoch = {}, .from_view = View{1}});
  const auto answers = bench.sent_of<CertificateResponse>();
  BOOST_REQUIRE(answers.size() == 1U);
  BOOST_TEST(answers[0].certificates.size() == 3U);

  Bench asker(4);
  asker.start();
  asker.receive(asker.leader(2), answers[0]);
  BOOST_TEST(asker.engine->view().value >= 2U);
  asker.fetched(one);
  BOOST_TEST(asker.engine->view().value == 4U);
  BOOST_TEST(asker.engine->floor().height.value == 1U);
}

BOOST_FIXTURE_TEST_CASE(answers_to_one_peer_are_limited, Watcher) {
  bench.start();
  make_final(one, 0);
  for (int i = 0; i < 100; ++i) {
    bench.receive(bench.leader(2), CertificateRequest{.epoch = {}, .from_view = View{1}});
  }
  BOOST_TEST(bench.sent_of<CertificateResponse>().size() == 10U);
}

BOOST_FIXTURE_TEST_CASE(a_peer_that_votes_on_what_is_final_is_told_so, Watcher) {
  bench.start();
  make_final(one, 0);
  bench.sent.clear();
  bench.receive_vote(notarize(one, 0), bench.leader(3));
  BOOST_TEST(bench.sent_of<Certificate>().empty());
  bench.advance(500);
  for (int i = 0; i < 10; ++i) { bench.receive_vote(notarize(one, 0), bench.leader(3)); }
  BOOST_REQUIRE(bench.sent_of<Certificate>().size() == 1U);
  BOOST_TEST((bench.sent_of<Certificate>()[0].subject == finalize(one, 0)));
}

// Kinds of validators

BOOST_AUTO_TEST_CASE(a_follower_follows_and_says_nothing) {
  Bench bench(0);
  bench.start();
  const auto one = bench.header(1, kGenesis);
  bench.receive(bench.proposal(one, 0));
  bench.receive(bench.certificate(Bench::subject(VoteKind::notarize, one, 0)));
  bench.receive(bench.certificate(Bench::subject(VoteKind::finalize, one, 0)));
  bench.advance(50);
  BOOST_REQUIRE(bench.fetches.size() == 1U);
  bench.fetched(one);
  bench.advance(60'000);
  BOOST_TEST(bench.engine->floor().height.value == 1U);
  BOOST_TEST(bench.sent.empty());
}

BOOST_AUTO_TEST_CASE(a_validator_alone_agrees_with_itself_in_one_step) {
  Bench bench(1, 1);
  bench.start();
  for (std::uint64_t view = 1; view <= 3; ++view) {
    BOOST_REQUIRE(bench.build.has_value());
    BOOST_TEST(bench.build->view.value == view);
    BOOST_TEST(bench.propose(view).has_value());
    BOOST_TEST(bench.engine->floor().height.value == view);
  }
  BOOST_TEST(bench.finalized.size() == 3U);
}

BOOST_FIXTURE_TEST_CASE(messages_of_another_epoch_are_ignored, Watcher) {
  bench.start();
  for (const auto peer : bench.others()) {
    auto subject = Bench::nullify(1);
    subject.epoch = Epoch{1};
    bench.receive_vote(subject, peer);
  }
  auto subject = Bench::nullify(1);
  subject.epoch = Epoch{1};
  bench.receive(bench.certificate(subject));
  BOOST_TEST(bench.verified_signatures == 0U);
  BOOST_TEST(bench.engine->view().value == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_next_deadline_is_always_ahead, Watcher) {
  bench.start();
  make_final(one, 0);
  bench.accept(bench.proposal(two, 1));
  for (int i = 0; i < 500; ++i) {
    BOOST_REQUIRE(bench.engine->deadline_ms() > bench.time_ms);
    bench.advance(bench.engine->deadline_ms() - bench.time_ms);
  }
}

BOOST_FIXTURE_TEST_CASE(who_keeps_the_view_from_ending_is_named, Watcher) {
  bench.start();
  BOOST_TEST(bench.engine->stuck_reason(bench.now()).empty());
  bench.advance(5000);
  const auto text = bench.engine->stuck_reason(bench.now());
  BOOST_TEST(text.find("voices of weight 1 are heard, 3 of 4 are needed") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
