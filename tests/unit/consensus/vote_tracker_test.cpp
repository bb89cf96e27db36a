#include "consensus/vote_tracker.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/consensus/bench.h"

namespace {

using namespace keten;
using namespace keten::consensus;
using keten::consensus::test::Bench;

struct Tally {
  Bench bench{4};
  VoteTracker tracker{bench.set};
  BlockHeader block = bench.header(1, test::test_genesis());
  BlockHeader other = bench.header(1, test::test_genesis(), 9);
  Subject notarize = Bench::subject(VoteKind::notarize, block, 0);
  Subject notarize_other = Bench::subject(VoteKind::notarize, other, 0);
  Subject finalize = Bench::subject(VoteKind::finalize, block, 0);
  Subject nullify = Bench::nullify(1);

  Vote by(const Subject& subject, std::uint16_t signer) const { return bench.vote(subject, ValidatorIndex{signer}); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(votes, Tally)

BOOST_AUTO_TEST_CASE(no_signature_is_checked_before_a_quorum_is_in_reach) {
  (void)tracker.add(by(notarize, 0));
  (void)tracker.add(by(notarize, 1));
  BOOST_TEST(tracker.take_checks(notarize).empty());
  (void)tracker.add(by(notarize, 2));
  BOOST_TEST(tracker.take_checks(notarize).size() == 3U);
  BOOST_TEST(tracker.take_checks(notarize).empty());
}

BOOST_AUTO_TEST_CASE(only_as_many_are_checked_as_complete_the_quorum) {
  tracker.add_checked(by(notarize, 3));
  for (std::uint16_t signer = 0; signer < 3; ++signer) { (void)tracker.add(by(notarize, signer)); }
  BOOST_TEST(tracker.take_checks(notarize).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_bad_signature_frees_its_place_and_another_vote_takes_it) {
  for (std::uint16_t signer = 0; signer < 3; ++signer) { (void)tracker.add(by(nullify, signer)); }
  const auto checks = tracker.take_checks(nullify);
  tracker.checked(checks[0], false);
  tracker.checked(checks[1], true);
  tracker.checked(checks[2], true);
  BOOST_TEST(tracker.quorum(nullify).empty());
  (void)tracker.add(by(nullify, 3));
  const auto more = tracker.take_checks(nullify);
  BOOST_REQUIRE(more.size() == 1U);
  tracker.checked(more[0], true);
  BOOST_TEST(tracker.quorum(nullify).size() == 3U);
}

// Bug 21.
BOOST_AUTO_TEST_CASE(the_same_vote_counts_once_in_whatever_order_votes_come) {
  for (int round = 0; round < 5; ++round) {
    tracker.add_checked(by(notarize, 1));
    tracker.add_checked(by(notarize, 0));
  }
  BOOST_TEST(tracker.quorum(notarize).empty());
  tracker.add_checked(by(notarize, 3));
  BOOST_TEST(tracker.quorum(notarize).size() == 3U);
}

// Bug 21.
BOOST_AUTO_TEST_CASE(votes_for_different_blocks_do_not_add_up) {
  tracker.add_checked(by(notarize, 0));
  tracker.add_checked(by(notarize, 1));
  tracker.add_checked(by(notarize_other, 2));
  tracker.add_checked(by(notarize_other, 3));
  BOOST_TEST(tracker.quorum(notarize).empty());
  BOOST_TEST(tracker.quorum(notarize_other).empty());
}

// Bug 18.
BOOST_AUTO_TEST_CASE(weights_near_their_limit_do_not_overflow) {
  auto members = bench.set.members();
  for (auto& member : members) { member.weight = 1U << 29U; }
  const ValidatorSet heavy(members);
  VoteTracker weighted(heavy);
  weighted.add_checked(by(nullify, 0));
  weighted.add_checked(by(nullify, 1));
  BOOST_TEST(weighted.quorum(nullify).empty());
  weighted.add_checked(by(nullify, 2));
  BOOST_TEST(weighted.quorum(nullify).size() == 3U);
}

BOOST_AUTO_TEST_CASE(two_notarize_votes_of_one_signer_are_a_contradiction_once) {
  BOOST_TEST(!tracker.add(by(notarize, 2)));
  BOOST_TEST((tracker.add(by(notarize_other, 2)) == by(notarize, 2)));
  BOOST_TEST(!tracker.add(by(notarize_other, 2)));
}

BOOST_AUTO_TEST_CASE(nullify_and_finalize_of_one_signer_are_a_contradiction) {
  BOOST_TEST(!tracker.add(by(nullify, 2)));
  BOOST_TEST((tracker.add(by(finalize, 2)) == by(nullify, 2)));
}

BOOST_AUTO_TEST_CASE(notarize_and_nullify_of_one_signer_are_legal) {
  BOOST_TEST(!tracker.add(by(notarize, 2)));
  BOOST_TEST(!tracker.add(by(nullify, 2)));
}

// Bug 42.
BOOST_AUTO_TEST_CASE(an_identical_vote_is_no_evidence) {
  BOOST_TEST(!tracker.add(by(finalize, 2)));
  BOOST_TEST(!tracker.add(by(finalize, 2)));
}

BOOST_AUTO_TEST_CASE(pruned_views_are_forgotten) {
  tracker.add_checked(by(nullify, 0));
  tracker.add_checked(bench.vote(Bench::nullify(2), ValidatorIndex{0}));
  tracker.prune(View{1});
  BOOST_TEST(tracker.views() == 1U);
  BOOST_TEST(tracker.take_changed().size() == 1U);
  BOOST_TEST(tracker.newest_of(ValidatorIndex{0})->subject.view.value == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
