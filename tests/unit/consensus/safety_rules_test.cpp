#include "consensus/safety_rules.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/consensus/bench.h"

namespace {

using namespace keten;
using namespace keten::consensus;
using keten::consensus::test::Bench;

/// Two blocks of view 1 on the genesis and two blocks of view 2 on each of them and on the genesis.
struct World {
  Bench bench{4};
  BlockHeader genesis = test::test_genesis();
  BlockHeader left = bench.header(1, genesis, 1);
  BlockHeader right = bench.header(1, genesis, 2);
  BlockHeader on_left = bench.header(2, left, 3);
  BlockHeader on_genesis = bench.header(2, genesis, 4);
  test::CheapSigner signer{*bench.self};
  SafetyRules rules{bench.config, &signer};
  CertificateStore certificates;
  BlockTree blocks{genesis};
  View view{1};
  View floor{0};

  World() {
    rules.allow();
    for (const auto* header : {&left, &right, &on_left, &on_genesis}) { blocks.add_stored(*header); }
  }
  SafetyRules::Standing standing() const { return {floor, view, certificates, blocks}; }
  Certificate notarization(const BlockHeader& header, std::uint64_t parent_view) const {
    return bench.certificate(Bench::subject(VoteKind::notarize, header, parent_view));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(safety_rules, World)

BOOST_AUTO_TEST_CASE(one_notarize_a_view) {
  BOOST_TEST(rules.notarize(left.view, View{0}, left, standing()).has_value());
  BOOST_TEST(!rules.notarize(right.view, View{0}, right, standing()).has_value());
  BOOST_TEST(!rules.notarize(left.view, View{0}, left, standing()).has_value());
}

// Bug 20.
BOOST_AUTO_TEST_CASE(a_replica_may_notarize_after_nullifying) {
  BOOST_TEST(rules.nullify(standing()).has_value());
  BOOST_TEST(rules.notarize(left.view, View{0}, left, standing()).has_value());
}

BOOST_AUTO_TEST_CASE(a_replica_never_finalizes_after_nullifying) {
  BOOST_TEST(rules.notarize(left.view, View{0}, left, standing()).has_value());
  BOOST_TEST(rules.nullify(standing()).has_value());
  BOOST_TEST(!rules.finalize(notarization(left, 0), standing()).has_value());
}

BOOST_AUTO_TEST_CASE(a_replica_never_nullifies_after_finalizing) {
  BOOST_TEST(rules.finalize(notarization(left, 0), standing()).has_value());
  BOOST_TEST(!rules.nullify(standing()).has_value());
}

BOOST_AUTO_TEST_CASE(a_replica_finalizes_only_the_block_that_it_notarized) {
  BOOST_TEST(rules.notarize(left.view, View{0}, left, standing()).has_value());
  BOOST_TEST(!rules.finalize(notarization(right, 0), standing()).has_value());
  BOOST_TEST(rules.finalize(notarization(left, 0), standing()).has_value());
}

BOOST_AUTO_TEST_CASE(a_replica_that_did_not_notarize_may_finalize) {
  BOOST_TEST(rules.finalize(notarization(right, 0), standing()).has_value());
  BOOST_TEST(!rules.notarize(left.view, View{0}, left, standing()).has_value());
}

BOOST_AUTO_TEST_CASE(nothing_is_notarized_on_a_parent_that_was_not_accepted) {
  view = View{2};
  BOOST_TEST(!rules.notarize(on_left.view, View{1}, on_left, standing()).has_value());
  (void)certificates.add(notarization(right, 0));
  BOOST_TEST(!rules.notarize(on_left.view, View{1}, on_left, standing()).has_value());
}

// Bug 8.
BOOST_AUTO_TEST_CASE(nothing_is_notarized_without_proof_of_every_skip) {
  view = View{2};
  (void)certificates.add(notarization(left, 0));
  BOOST_TEST(!rules.notarize(on_genesis.view, View{0}, on_genesis, standing()).has_value());
  (void)certificates.add(bench.certificate(Bench::nullify(1)));
  BOOST_TEST(rules.notarize(on_genesis.view, View{0}, on_genesis, standing()).has_value());
}

BOOST_AUTO_TEST_CASE(nothing_is_voted_at_or_below_the_floor) {
  floor = View{1};
  BOOST_TEST(!rules.notarize(left.view, View{0}, left, standing()).has_value());
  BOOST_TEST(!rules.nullify(standing()).has_value());
  BOOST_TEST(!rules.finalize(notarization(left, 0), standing()).has_value());
}

BOOST_AUTO_TEST_CASE(nothing_is_notarized_ahead_of_the_current_view) {
  (void)certificates.add(notarization(left, 0));
  BOOST_TEST(!rules.notarize(on_left.view, View{1}, on_left, standing()).has_value());
  view = View{2};
  BOOST_TEST(rules.notarize(on_left.view, View{1}, on_left, standing()).has_value());
}

// Bug 37.
BOOST_AUTO_TEST_CASE(nothing_is_notarized_or_finalized_before_it_is_stored) {
  BlockTree empty(genesis);
  BOOST_TEST(!rules.notarize(left.view, View{0}, left, {floor, view, certificates, empty}).has_value());
  BOOST_TEST(!rules.finalize(notarization(left, 0), {floor, view, certificates, empty}).has_value());
  empty.add_stored(on_left);
  BOOST_TEST(!rules.finalize(notarization(on_left, 1), {floor, View{2}, certificates, empty}).has_value());
}

BOOST_AUTO_TEST_CASE(nothing_is_voted_before_the_hand_shake_or_after_a_halt) {
  SafetyRules waiting(bench.config, &signer);
  BOOST_TEST(!waiting.nullify(standing()).has_value());
  waiting.allow();
  waiting.halt();
  BOOST_TEST(!waiting.nullify(standing()).has_value());
  BOOST_TEST(!waiting.notarize(left.view, View{0}, left, standing()).has_value());
  BOOST_TEST(!waiting.finalize(notarization(left, 0), standing()).has_value());
}

// Every order of five requests in one view, with a restart from the journal at every place: the votes that come out
// never contradict each other.
// Bug 6.
BOOST_AUTO_TEST_CASE(no_order_of_events_and_no_restart_makes_votes_contradict) {
  std::size_t sequences = 0;
  const std::size_t kinds = 5;
  const std::size_t length = 5;
  std::size_t total = 1;
  for (std::size_t i = 0; i < length; ++i) { total *= kinds; }
  const auto certified_left = notarization(left, 0);
  const auto certified_right = notarization(right, 0);
  for (std::size_t code = 0; code < total; ++code) {
    for (std::size_t restart_at = 0; restart_at <= length; ++restart_at) {
      SafetyRules fresh(bench.config, &signer);
      fresh.allow();
      std::vector<Vote> cast;
      auto rest = code;
      for (std::size_t step = 0; step < length; ++step, rest /= kinds) {
        if (step == restart_at) {
          SafetyRules again(bench.config, &signer);
          for (const auto& vote : cast) { again.restore(vote); }
          again.allow();
          fresh = again;
        }
        std::optional<Vote> vote;
        switch (rest % kinds) {
          case 0: vote = fresh.notarize(left.view, View{0}, left, standing()); break;
          case 1: vote = fresh.notarize(right.view, View{0}, right, standing()); break;
          case 2: vote = fresh.nullify(standing()); break;
          case 3: vote = fresh.finalize(certified_left, standing()); break;
          default: vote = fresh.finalize(certified_right, standing()); break;
        }
        if (vote) { cast.push_back(*vote); }
      }
      std::map<VoteKind, std::vector<Subject>> by_kind;
      for (const auto& vote : cast) { by_kind[vote.subject.kind].push_back(vote.subject); }
      BOOST_REQUIRE(by_kind[VoteKind::notarize].size() <= 1);
      BOOST_REQUIRE(by_kind[VoteKind::finalize].size() <= 1);
      BOOST_REQUIRE(by_kind[VoteKind::nullify].size() <= 1);
      BOOST_REQUIRE(by_kind[VoteKind::nullify].empty() || by_kind[VoteKind::finalize].empty());
      if (!by_kind[VoteKind::notarize].empty() && !by_kind[VoteKind::finalize].empty()) {
        BOOST_REQUIRE((by_kind[VoteKind::notarize][0].block == by_kind[VoteKind::finalize][0].block));
      }
      ++sequences;
    }
  }
  BOOST_TEST(sequences == 3125U * 6U);
}

BOOST_AUTO_TEST_SUITE_END()
