#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "core/hash.h"
#include "tests/unit/consensus/bench.h"

// A key whose past is not known here, and proof against any key: docs/consensus.md, "Amnesia" and "Evidence".

namespace {

using namespace keten;
using namespace keten::consensus;
using keten::consensus::test::Bench;

const BlockHeader kGenesis = test::test_genesis();

/// A validator that leads view 4, with three others; most tests put it into quarantine.
struct Forgetful {
  Bench bench{4};
  BlockHeader one = bench.header(1, kGenesis);

  Forgetful() { bench.recovered.nonce = Hasher("nonce").finish(); }
  void forget(QuarantineCause cause = QuarantineCause::journal_lost) {
    bench.recovered.quarantine = Quarantine{.cause = cause, .vote = {}};
  }
  [[nodiscard]] ValidatorIndex other(std::size_t place) const { return bench.others().at(place); }

  /// Where a validator stands, as it would say it; `prove` false leaves the certificate out.
  [[nodiscard]] RecoveryReply reply(ValidatorIndex from, std::uint64_t view, bool prove = true) const {
    RecoveryReply result{.epoch = {},
                         .nonce = bench.recovered.nonce,
                         .view = View{view},
                         .has_sealed = false,
                         .proof = std::nullopt,
                         .signature = {}};
    if (view > 1 && prove) { result.proof = bench.certificate(Bench::nullify(view - 1)); }
    return sign(result, from);
  }
  [[nodiscard]] RecoveryReply sign(RecoveryReply result, ValidatorIndex from) const {
    result.signature =
        test::cheap_signature(from, result.signing_hash(test::test_chain(), bench.set.id(), *bench.self, from));
    return result;
  }
  void hear(std::size_t place, std::uint64_t view) { bench.receive(other(place), reply(other(place), view)); }
  void all_say(std::uint64_t view) {
    for (std::size_t i = 0; i < 3; ++i) { hear(i, view); }
  }
  void clear_up_to(std::uint64_t last) {
    for (std::uint64_t view = 1; view <= last; ++view) { bench.receive(bench.certificate(Bench::nullify(view))); }
  }
  [[nodiscard]] std::size_t own_votes() const {
    const auto votes = bench.sent_of<Vote>();
    return static_cast<std::size_t>(
        std::count_if(votes.begin(), votes.end(), [&](const auto& vote) { return vote.signer == *bench.self; }));
  }
  [[nodiscard]] bool has_alarm(AlarmKind kind) const {
    return std::any_of(bench.alarms.begin(), bench.alarms.end(), [&](const auto& alarm) { return alarm.kind == kind; });
  }
  template <typename Record>
  [[nodiscard]] std::vector<Record> recorded() const {
    std::vector<Record> result;
    for (const auto& record : bench.journal) {
      if (const auto* one_record = std::get_if<Record>(&record)) { result.push_back(*one_record); }
    }
    return result;
  }
  /// A second start with everything that the first one recorded.
  void restart() {
    auto recovered = bench.after_crash();
    recovered.quarantine.reset();
    for (const auto& record : bench.journal) {
      if (const auto* quarantine = std::get_if<Quarantine>(&record)) { recovered.quarantine = *quarantine; }
      if (const auto* readmission = std::get_if<Readmission>(&record)) {
        recovered.quarantine.reset();
        recovered.readmission = *readmission;
      }
    }
    recovered.nonce = Hasher("another nonce").finish();
    bench.recovered = recovered;
    bench.sent.clear();
    bench.start();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(amnesia)

BOOST_FIXTURE_TEST_CASE(in_quarantine_nothing_is_signed_but_the_chain_is_followed, Forgetful) {
  forget();
  bench.start();
  bench.accept(bench.proposal(one, 0));
  bench.receive(bench.certificate(Bench::subject(VoteKind::notarize, one, 0)));
  bench.advance(60'000);
  bench.receive(bench.certificate(Bench::subject(VoteKind::finalize, one, 0)));
  BOOST_TEST(own_votes() == 0U);
  BOOST_TEST(bench.engine->floor().height.value == 1U);
  BOOST_TEST(!bench.build.has_value());
  BOOST_TEST(bench.engine->is_quarantined());
  BOOST_TEST(!bench.engine->halted());
}

BOOST_FIXTURE_TEST_CASE(a_quarantine_is_recorded_before_anything_else_of_its_start, Forgetful) {
  forget();
  bench.start();
  BOOST_REQUIRE(!bench.journal.empty());
  BOOST_TEST(std::holds_alternative<Quarantine>(bench.journal.front()));
  BOOST_TEST(has_alarm(AlarmKind::quarantined));
}

BOOST_FIXTURE_TEST_CASE(the_others_are_asked_until_they_answer, Forgetful) {
  forget();
  bench.start();
  BOOST_TEST(bench.sent_of<RecoveryRequest>().size() == 3U);
  hear(0, 1);
  bench.sent.clear();
  bench.advance(1000);
  BOOST_TEST(bench.sent_of<RecoveryRequest>().size() == 2U);
  for (const auto& request : bench.sent_of<RecoveryRequest>()) { BOOST_TEST((request.nonce == bench.recovered.nonce)); }
}

BOOST_FIXTURE_TEST_CASE(fewer_than_a_quorum_of_the_others_do_not_suffice, Forgetful) {
  forget();
  bench.start();
  hear(0, 1);
  hear(1, 1);
  BOOST_TEST(bench.engine->is_quarantined());
  // One of them again is not a third.
  hear(1, 1);
  BOOST_TEST(bench.engine->is_quarantined());
  hear(2, 1);
  BOOST_TEST(!bench.engine->is_quarantined());
  BOOST_TEST(has_alarm(AlarmKind::readmitted));
}

BOOST_FIXTURE_TEST_CASE(a_readmitted_validator_votes_from_two_views_above_the_newest_answer_on, Forgetful) {
  forget();
  bench.start();
  hear(0, 3);
  hear(1, 5);
  hear(2, 2);
  const auto readmissions = recorded<Readmission>();
  BOOST_REQUIRE(readmissions.size() == 1U);
  BOOST_TEST(readmissions[0].first.value == 7U);
  for (std::uint64_t view = 5; view <= 6; ++view) {
    clear_up_to(view - 1);
    BOOST_TEST(bench.engine->view().value == view);
    bench.advance(60'000);
    BOOST_TEST(own_votes() == 0U);
    BOOST_TEST(bench.engine->abstention_reason().find("from view 7 on") != std::string::npos);
  }
  clear_up_to(6);
  BOOST_TEST(bench.engine->abstention_reason().empty());
  bench.advance(60'000);
  BOOST_TEST(bench.voted(VoteKind::nullify, 7) == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_readmitted_validator_finalizes_nothing_of_the_views_before, Forgetful) {
  forget();
  bench.start();
  all_say(1);
  bench.accept(bench.proposal(one, 0));
  bench.receive(bench.certificate(Bench::subject(VoteKind::notarize, one, 0)));
  const auto two = bench.header(2, one);
  bench.accept(bench.proposal(two, 1));
  bench.receive(bench.certificate(Bench::subject(VoteKind::notarize, two, 1)));
  const auto three = bench.header(3, two);
  bench.accept(bench.proposal(three, 2));
  bench.receive(bench.certificate(Bench::subject(VoteKind::notarize, three, 2)));
  for (std::uint64_t view = 1; view <= 2; ++view) {
    BOOST_TEST(bench.voted(VoteKind::notarize, view) == 0U);
    BOOST_TEST(bench.voted(VoteKind::finalize, view) == 0U);
  }
  BOOST_TEST(bench.voted(VoteKind::notarize, 3) == 1U);
  BOOST_TEST(bench.voted(VoteKind::finalize, 3) == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_view_without_proof_is_not_believed, Forgetful) {
  forget();
  bench.start();
  hear(0, 1);
  hear(1, 1);
  bench.receive(other(2), reply(other(2), 1'000'000, false));
  BOOST_TEST(bench.engine->is_quarantined());
  // Nor with the proof of another view, nor with one that nobody signed.
  bench.advance(6000);
  auto stretched = reply(other(2), 3);
  stretched.view = View{1000};
  bench.receive(other(2), sign(stretched, other(2)));
  BOOST_TEST(bench.engine->is_quarantined());
  bench.advance(6000);
  auto forged = reply(other(2), 1000);
  forged.proof->signatures[1].bytes[0] ^= 1U;
  bench.receive(other(2), sign(forged, other(2)));
  BOOST_TEST(bench.engine->is_quarantined());
  bench.advance(6000);
  hear(2, 2);
  BOOST_TEST(!bench.engine->is_quarantined());
}

BOOST_FIXTURE_TEST_CASE(an_answer_counts_for_its_nonce_asker_and_replier_only, Forgetful) {
  forget();
  bench.start();
  hear(0, 1);
  hear(1, 1);
  auto stale = reply(other(2), 1);
  stale.nonce = Hasher("an older nonce").finish();
  bench.receive(other(2), sign(stale, other(2)));
  BOOST_TEST(bench.engine->is_quarantined());
  // The signature of the older nonce under the present one.
  auto replayed = sign(stale, other(2));
  replayed.nonce = bench.recovered.nonce;
  bench.receive(other(2), replayed);
  BOOST_TEST(bench.engine->is_quarantined());
  bench.advance(6000);
  // What another validator said.
  bench.receive(other(2), reply(other(1), 1));
  BOOST_TEST(bench.engine->is_quarantined());
  bench.advance(6000);
  // What was said to another asker.
  auto elsewhere = reply(other(2), 1);
  elsewhere.signature =
      test::cheap_signature(other(2), elsewhere.signing_hash(test::test_chain(), bench.set.id(), other(0), other(2)));
  bench.receive(other(2), elsewhere);
  BOOST_TEST(bench.engine->is_quarantined());
  bench.advance(6000);
  auto other_epoch = reply(other(2), 1);
  other_epoch.epoch = Epoch{1};
  bench.receive(other(2), sign(other_epoch, other(2)));
  BOOST_TEST(bench.engine->is_quarantined());
  hear(2, 1);
  BOOST_TEST(!bench.engine->is_quarantined());
}

BOOST_FIXTURE_TEST_CASE(who_knows_of_a_sealing_block_does_not_count, Forgetful) {
  forget();
  bench.start();
  hear(0, 1);
  hear(1, 1);
  auto sealed = reply(other(2), 1);
  sealed.has_sealed = true;
  bench.receive(other(2), sign(sealed, other(2)));
  BOOST_TEST(bench.engine->is_quarantined());
}

BOOST_FIXTURE_TEST_CASE(an_own_vote_that_shows_up_in_quarantine_raises_the_bound, Forgetful) {
  forget();
  bench.start();
  bench.receive(other(0), bench.vote(Bench::nullify(6), *bench.self));
  all_say(1);
  BOOST_REQUIRE(recorded<Readmission>().size() == 1U);
  BOOST_TEST(recorded<Readmission>()[0].first.value == 7U);
  BOOST_TEST(!bench.engine->is_quarantined());
}

BOOST_FIXTURE_TEST_CASE(a_restart_in_quarantine_stays_there_and_old_answers_do_not_count, Forgetful) {
  forget();
  bench.start();
  hear(0, 1);
  hear(1, 1);
  const auto old = reply(other(2), 1);
  restart();
  BOOST_TEST(bench.engine->is_quarantined());
  bench.receive(other(2), old);
  BOOST_TEST(bench.engine->is_quarantined());
  all_say(1);
  BOOST_TEST(!bench.engine->is_quarantined());
}

BOOST_FIXTURE_TEST_CASE(a_restart_after_readmission_keeps_the_bound, Forgetful) {
  forget();
  bench.start();
  all_say(2);
  restart();
  BOOST_TEST(!bench.engine->is_quarantined());
  clear_up_to(2);
  bench.advance(60'000);
  BOOST_TEST(own_votes() == 0U);
  clear_up_to(3);
  bench.advance(60'000);
  BOOST_TEST(bench.voted(VoteKind::nullify, 4) == 1U);
}

// Who answers

BOOST_FIXTURE_TEST_CASE(a_validator_that_votes_says_where_it_stands, Forgetful) {
  bench.start();
  clear_up_to(2);
  bench.sent.clear();
  const auto nonce = Hasher("theirs").finish();
  bench.receive(other(1), RecoveryRequest{.epoch = {}, .nonce = nonce});
  const auto replies = bench.sent_of<RecoveryReply>();
  BOOST_REQUIRE(replies.size() == 1U);
  BOOST_TEST(replies[0].view.value == 3U);
  BOOST_TEST((replies[0].nonce == nonce));
  BOOST_REQUIRE(replies[0].proof.has_value());
  BOOST_TEST(replies[0].proof->subject.view.value == 2U);
  const auto digest = replies[0].signing_hash(test::test_chain(), bench.set.id(), other(1), *bench.self);
  BOOST_TEST((replies[0].signature == test::cheap_signature(*bench.self, digest)));
}

BOOST_FIXTURE_TEST_CASE(a_floor_is_proof_of_the_view_behind_it, Forgetful) {
  bench.start();
  bench.accept(bench.proposal(one, 0));
  bench.receive(bench.certificate(Bench::subject(VoteKind::notarize, one, 0)));
  bench.receive(bench.certificate(Bench::subject(VoteKind::finalize, one, 0)));
  bench.receive(other(1), RecoveryRequest{.epoch = {}, .nonce = Hasher("theirs").finish()});
  BOOST_REQUIRE(bench.sent_of<RecoveryReply>().size() == 1U);
  BOOST_TEST((bench.sent_of<RecoveryReply>()[0].proof->subject.kind == VoteKind::finalize));
}

BOOST_FIXTURE_TEST_CASE(who_is_not_sure_of_its_own_past_does_not_answer, Forgetful) {
  const RecoveryRequest request{.epoch = {}, .nonce = Hasher("theirs").finish()};
  forget();
  bench.start();
  bench.receive(other(1), request);
  BOOST_TEST(bench.sent_of<RecoveryReply>().empty());
  all_say(2);
  bench.receive(other(1), request);
  BOOST_TEST(bench.sent_of<RecoveryReply>().empty());
  clear_up_to(3);
  bench.receive(other(1), request);
  BOOST_TEST(bench.sent_of<RecoveryReply>().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(before_the_hand_shake_nobody_answers, Forgetful) {
  bench.start(false);
  bench.receive(other(1), RecoveryRequest{.epoch = {}, .nonce = Hasher("theirs").finish()});
  BOOST_TEST(bench.sent_of<RecoveryReply>().empty());
}

// A first start, and two processes

BOOST_FIXTURE_TEST_CASE(an_empty_disk_on_a_running_chain_is_no_first_start, Forgetful) {
  bench.recovered.is_fresh = true;
  bench.start(false);
  BOOST_TEST(bench.engine->is_fresh());
  bench.receive(bench.certificate(Bench::nullify(1)));
  BOOST_TEST(bench.engine->is_quarantined());
  BOOST_REQUIRE(!bench.journal.empty());
  // So that no crash leaves the certificate without it.
  BOOST_TEST(std::holds_alternative<Quarantine>(bench.journal.front()));
  bench.take(bench.engine->allow_votes(bench.now()));
  bench.advance(60'000);
  BOOST_TEST(own_votes() == 0U);
  all_say(2);
  clear_up_to(3);
  bench.advance(60'000);
  BOOST_TEST(bench.voted(VoteKind::nullify, 4) == 1U);
}

BOOST_FIXTURE_TEST_CASE(an_empty_disk_that_is_synced_to_a_final_block_is_no_first_start, Forgetful) {
  bench.recovered.is_fresh = true;
  bench.start(false);
  bench.take(bench.engine->on_synced(bench.certificate(Bench::subject(VoteKind::finalize, one, 0)), one, bench.now()));
  BOOST_TEST(bench.engine->is_quarantined());
}

BOOST_FIXTURE_TEST_CASE(a_first_start_of_all_votes_at_once, Forgetful) {
  bench.recovered.is_fresh = true;
  bench.start();
  bench.accept(bench.proposal(one, 0));
  BOOST_TEST(bench.voted(VoteKind::notarize, 1) == 1U);
  bench.receive(bench.certificate(Bench::subject(VoteKind::notarize, one, 0)));
  BOOST_TEST(!bench.engine->is_quarantined());
}

BOOST_FIXTURE_TEST_CASE(after_a_foreign_vote_only_the_operator_ends_the_quarantine, Forgetful) {
  bench.start();
  bench.receive(other(0), bench.vote(Bench::subject(VoteKind::notarize, one, 0), *bench.self));
  BOOST_TEST(bench.engine->is_quarantined());
  const auto quarantines = recorded<Quarantine>();
  BOOST_REQUIRE(quarantines.size() == 1U);
  BOOST_TEST((quarantines[0].cause == QuarantineCause::foreign_vote));
  BOOST_REQUIRE(quarantines[0].vote.has_value());
  BOOST_TEST((quarantines[0].vote->subject.block == one.id()));
  BOOST_TEST(bench.sent_of<RecoveryRequest>().empty());
  all_say(1);
  BOOST_TEST(bench.engine->is_quarantined());
  restart();
  all_say(1);
  BOOST_TEST(bench.engine->is_quarantined());

  bench.recovered.is_alone = true;
  bench.start();
  all_say(1);
  BOOST_TEST(!bench.engine->is_quarantined());
}

BOOST_FIXTURE_TEST_CASE(a_foreign_vote_after_readmission_shows_that_the_other_process_lives, Forgetful) {
  forget();
  bench.start();
  all_say(1);
  // Of the time before: expected.
  bench.receive(other(0), bench.vote(Bench::nullify(2), *bench.self));
  BOOST_TEST(!bench.engine->is_quarantined());
  bench.receive(other(0), bench.vote(Bench::nullify(3), *bench.self));
  BOOST_TEST(bench.engine->is_quarantined());
  all_say(3);
  BOOST_TEST(bench.engine->is_quarantined());
}

// Evidence

BOOST_FIXTURE_TEST_CASE(a_contradiction_is_recorded_told_to_all_and_handed_on_once, Forgetful) {
  bench.start();
  std::vector<Evidence> handed_on;
  const auto take = [&](Effects effects) {
    handed_on.insert(handed_on.end(), effects.evidence.begin(), effects.evidence.end());
    bench.take(std::move(effects));
  };
  const auto finalize = Bench::subject(VoteKind::finalize, one, 0);
  bench.hold_checks = true;
  take(bench.engine->on_message(other(1), bench.vote(finalize, other(1)), bench.now()));
  take(bench.engine->on_message(other(1), bench.vote(Bench::nullify(1), other(1)), bench.now()));
  BOOST_REQUIRE(bench.held_checks.size() == 1U);
  const auto request = bench.held_checks.front();
  take(bench.engine->on_verified(request.ticket, scenarios::cheap_verify(request), bench.now()));
  const auto expected = Evidence::of(bench.vote(finalize, other(1)), bench.vote(Bench::nullify(1), other(1)));
  BOOST_REQUIRE(handed_on.size() == 1U);
  BOOST_TEST((handed_on[0] == expected));
  BOOST_TEST((recorded<Evidence>() == std::vector<Evidence>{expected}));
  BOOST_TEST((bench.sent_of<Evidence>() == std::vector<Evidence>{expected}));
  // Told again by others: nothing new.
  take(bench.engine->on_message(other(0), expected, bench.now()));
  BOOST_TEST(bench.held_checks.size() == 1U);
  BOOST_TEST(handed_on.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(evidence_from_a_peer_is_checked_before_it_is_believed, Forgetful) {
  bench.start();
  const auto finalize = bench.vote(Bench::subject(VoteKind::finalize, one, 0), other(1));
  auto forged = Evidence::of(finalize, bench.vote(Bench::nullify(1), other(1)));
  forged.first.signature.bytes[0] ^= 1U;
  bench.receive(other(0), forged);
  BOOST_TEST(bench.engine->evidence().empty());
  // Legal together.
  bench.receive(other(2), Evidence::of(bench.vote(Bench::subject(VoteKind::notarize, one, 0), other(1)),
                                       bench.vote(Bench::nullify(1), other(1))));
  BOOST_TEST(bench.engine->evidence().empty());
  bench.receive(other(2), Evidence::of(finalize, bench.vote(Bench::nullify(1), other(1))));
  BOOST_TEST(bench.engine->evidence().size() == 1U);
  BOOST_TEST(has_alarm(AlarmKind::conflicting_votes));
}

BOOST_FIXTURE_TEST_CASE(evidence_survives_a_restart, Forgetful) {
  bench.recovered.evidence = {Evidence::of(bench.vote(Bench::subject(VoteKind::finalize, one, 0), other(1)),
                                           bench.vote(Bench::nullify(1), other(1)))};
  bench.engine.emplace(bench.config, nullptr, bench.recovered);
  const auto effects = bench.engine->start(bench.now());
  BOOST_TEST(effects.evidence.size() == 1U);
  BOOST_TEST(bench.engine->evidence().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_nullification_of_the_final_view_stops_the_vote_for_good, Forgetful) {
  bench.start();
  bench.accept(bench.proposal(one, 0));
  bench.receive(bench.certificate(Bench::subject(VoteKind::notarize, one, 0)));
  bench.receive(bench.certificate(Bench::subject(VoteKind::finalize, one, 0)));
  bench.receive(bench.certificate(Bench::nullify(1)));
  BOOST_TEST(bench.engine->halted());
  BOOST_TEST(has_alarm(AlarmKind::safety_broken));
  const auto contradictions = recorded<Contradiction>();
  BOOST_REQUIRE(contradictions.size() == 1U);
  BOOST_TEST((contradictions[0].one.subject.kind == VoteKind::finalize));
  BOOST_TEST((contradictions[0].other.subject.kind == VoteKind::nullify));
  BOOST_TEST(bench.engine->abstention_reason().find("contradict each other") != std::string::npos);

  bench.recovered.contradiction = contradictions[0];
  bench.alarms.clear();
  bench.start();
  BOOST_TEST(bench.engine->halted());
  BOOST_TEST(has_alarm(AlarmKind::safety_broken));
}

BOOST_FIXTURE_TEST_CASE(a_second_finalization_of_the_final_view_stops_the_vote_for_good, Forgetful) {
  bench.start();
  bench.accept(bench.proposal(one, 0));
  bench.receive(bench.certificate(Bench::subject(VoteKind::notarize, one, 0)));
  bench.receive(bench.certificate(Bench::subject(VoteKind::finalize, one, 0)));
  bench.receive(bench.certificate(Bench::subject(VoteKind::finalize, bench.header(1, kGenesis, 9), 0)));
  BOOST_TEST(bench.engine->halted());
  BOOST_TEST(recorded<Contradiction>().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
