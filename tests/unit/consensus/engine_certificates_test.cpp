// Certificates, the floor and evidence: R6, R7 and what contradicts. docs/consensus.md
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "tests/unit/consensus/engine_fixtures.h"

namespace keten::consensus::test {
namespace {

BOOST_AUTO_TEST_SUITE(engine_certificates)

// R6: certificates

// Bug 43.
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

// Bug 16.
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

// Bug 7.
BOOST_FIXTURE_TEST_CASE(nothing_happens_for_views_that_are_final, Watcher) {
  bench.start();
  make_final(one, 0);
  const auto journal = bench.journal.size();
  bench.receive(bench.certificate(notarize(one, 0)));
  bench.receive(bench.proposal(bench.header(1, kGenesis, 9), 0));
  bench.receive_vote(Bench::nullify(1), bench.leader(2));
  BOOST_TEST(bench.journal.size() == journal);
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

// Bug 42.
BOOST_FIXTURE_TEST_CASE(a_forged_contradiction_is_no_evidence, Watcher) {
  bench.start();
  bench.receive_vote(finalize(one, 0), bench.leader(2));
  auto forged = bench.vote(Bench::nullify(1), bench.leader(2));
  forged.signature.bytes[0] ^= 1U;
  bench.receive(bench.leader(2), forged);
  BOOST_TEST(bench.alarms.empty());
}

// Bug 30: two ways to one height.
BOOST_FIXTURE_TEST_CASE(block_sync_and_consensus_deliver_a_block_once_whoever_is_first, Watcher) {
  const auto finalization = bench.certificate(finalize(one, 0));
  bench.start();
  bench.accept(bench.proposal(one, 0));
  bench.receive(bench.certificate(notarize(one, 0)));
  bench.take(bench.engine->on_synced(finalization, one, bench.now()));
  bench.receive(finalization);
  BOOST_TEST(bench.finalized.size() == 1U);

  Watcher other;
  other.bench.start();
  other.make_final(one, 0);
  other.bench.take(other.bench.engine->on_synced(finalization, one, other.bench.now()));
  BOOST_TEST(other.bench.finalized.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::consensus::test
