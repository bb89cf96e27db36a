// What a key signed stays known when blocks or epochs do not fit it. docs/consensus.md, "Amnesia".
#include <boost/test/unit_test.hpp>

#include "tests/unit/consensus/engine_fixtures.h"

namespace keten::consensus::test {
namespace {

BOOST_AUTO_TEST_SUITE(lost_blocks)

BOOST_FIXTURE_TEST_CASE(what_the_journal_says_of_epochs_to_come_is_handed_over, Watcher) {
  auto subject = Bench::nullify(8);
  subject.epoch = Epoch{2};
  bench.recovered.votes.push_back(OwnVote{bench.vote(subject, *bench.self)});
  bench.recovered.certificates.push_back(bench.certificate(subject));
  bench.recovered.readmission = Readmission{.epoch = Epoch{2}, .first = View{8}};
  bench.start();
  bench.accept(bench.proposal(one, 0));
  bench.advance(5000);
  BOOST_TEST(bench.sent_of<Vote>().empty());  // nothing of an earlier epoch is signed
  Recovered next;
  bench.engine->hand_over(next);
  BOOST_TEST(next.votes.size() == 1U);
  BOOST_TEST(next.certificates.size() == 1U);
  BOOST_TEST((next.readmission == bench.recovered.readmission));
}

BOOST_FIXTURE_TEST_CASE(a_key_that_somebody_else_uses_is_not_unused, Watcher) {
  bench.recovered.unused_key = bench.set.at(*bench.self).key;
  bench.recovered.quarantine = Quarantine{.cause = QuarantineCause::foreign_vote};
  bench.start();
  BOOST_TEST(bench.engine->is_quarantined());
  bench.recovered.quarantine = Quarantine{.cause = QuarantineCause::journal_lost};
  bench.start();
  BOOST_TEST(!bench.engine->is_quarantined());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::consensus::test
