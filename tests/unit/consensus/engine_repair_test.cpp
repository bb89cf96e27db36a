// Repetition and repair, R9 and R10; followers and a validator alone. docs/consensus.md
#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "tests/unit/consensus/engine_fixtures.h"

namespace keten::consensus::test {
namespace {

BOOST_AUTO_TEST_SUITE(engine_repair)

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

// Bug 15.
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

// Bug 11.
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

// Bug 43: an honest peer may be late.
BOOST_FIXTURE_TEST_CASE(obsolete_answers_make_nobody_unheard, Watcher) {
  bench.start();
  const auto peer = bench.others()[0];
  make_final(one, 0);
  const auto other = bench.header(1, kGenesis, 9);
  bench.receive(peer, CertificateResponse{{bench.certificate(notarize(one, 0)), bench.certificate(finalize(one, 0))},
                                          {one, other, two}});
  bench.receive(peer, bench.vote(notarize(one, 0), peer));
  bench.receive(peer, bench.proposal(one, 0));
  bench.receive(peer, CertificateResponse{});
  BOOST_TEST(bench.engine->view().value == 2U);
  bench.receive(peer, bench.certificate(Bench::nullify(2)));
  BOOST_TEST(bench.engine->view().value == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::consensus::test
