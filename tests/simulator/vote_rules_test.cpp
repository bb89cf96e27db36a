// The rules that vote_rules restates: a history that keeps them, and for each rule one that breaks it in its last record.
#include "tests/simulator/checkers/vote_rules.h"

#include <boost/test/unit_test.hpp>

#include "tests/simulator/founding.h"

using namespace keten;
using namespace keten::simulator;

namespace {

constexpr NodeNumber kSelf{0};
constexpr ValidatorIndex kSelfIndex{0};

const Founding& founding() {
  static const Founding four(4);
  return four;
}
const BlockHeader& genesis() {
  static const auto header = genesis_header(founding().genesis());
  return header;
}

const std::map<Epoch, ValidatorSet>& sets() {
  static const std::map<Epoch, ValidatorSet> one{{Epoch{}, founding().validators()}};
  return one;
}

BlockPointer block_on(const BlockHeader& parent, std::uint64_t view, std::uint16_t proposer = 1) {
  Block block;
  block.header.view = View{view};
  block.header.height = parent.height.next();
  block.header.parent = parent.id();
  block.header.proposer = ValidatorIndex{proposer};
  return std::make_shared<const Block>(std::move(block));
}

Subject subject(VoteKind kind, std::uint64_t view, std::uint64_t parent_view, const BlockPointer& block) {
  return {kind, {}, View{view}, View{parent_view}, block->header.id()};
}
Subject nullify(std::uint64_t view) { return {VoteKind::nullify, {}, View{view}, {}, {}}; }

/// One validator's life as its disk and its network see it.
struct Life {
  VoteRules rules{genesis(), sets()};

  Life() {
    rules.started(kSelf, {});
    for (std::uint16_t i = 1; i < 4; ++i) { rules.delivered(kSelf, NodeNumber{i}, consensus::Status{}); }
  }
  Life& store(const BlockPointer& block) {
    rules.synced(kSelf, {1, {block}, {}});
    return *this;
  }
  Life& cast(const Subject& vote) {
    rules.synced(kSelf, {1, {}, {consensus::OwnVote{{vote, kSelfIndex, {}}}}});
    return *this;
  }
  /// The others voted for it, which is a quorum of four.
  Life& hold(const Subject& what) {
    for (std::uint16_t i = 1; i < 4; ++i) { rules.delivered(kSelf, NodeNumber{i}, Vote{what, ValidatorIndex{i}, {}}); }
    return record(what);
  }
  Life& record(const Subject& what) {
    rules.synced(kSelf, {1, {}, {consensus::HeldCertificate{{what, {0x0e}, {{}, {}, {}}}}}});
    return *this;
  }
  Life& floor(const Subject& finalization, const BlockPointer& block) {
    const consensus::Floor moved{.finalization = {finalization, {0x0e}, {{}, {}, {}}},
                                 .block = block->header.id(),
                                 .height = block->header.height,
                                 .view = finalization.view};
    rules.synced(kSelf, {1, {}, {moved}});
    return *this;
  }
  [[nodiscard]] std::string fault() const { return rules.violations().empty() ? "" : rules.violations().front(); }
};

const auto kFirst = block_on(genesis(), 1);
const auto kOther = block_on(genesis(), 1, 2);
const auto kSecond = block_on(kFirst->header, 2);
const auto kNotarizeFirst = subject(VoteKind::notarize, 1, 0, kFirst);
const auto kFinalizeFirst = subject(VoteKind::finalize, 1, 0, kFirst);
const auto kNotarizeSecond = subject(VoteKind::notarize, 2, 1, kSecond);

void expect(const Life& life, const std::string& part) {
  BOOST_TEST(life.fault().find(part) != std::string::npos, "expected '" << part << "', found '" << life.fault() << "'");
}

}  // namespace

BOOST_AUTO_TEST_CASE(vote_rules_are_quiet_about_a_view_that_is_notarized_finalized_and_built_on) {
  Life life;
  life.store(kFirst).cast(kNotarizeFirst).hold(kNotarizeFirst).cast(kFinalizeFirst);
  life.store(kSecond).cast(kNotarizeSecond).hold(kFinalizeFirst).floor(kFinalizeFirst, kFirst);
  life.hold(kNotarizeSecond).cast(subject(VoteKind::finalize, 2, 1, kSecond)).cast(nullify(3));
  life.rules.vote_sent(nullify(3), kSelf);
  BOOST_TEST(life.fault().empty(), life.fault());
}

BOOST_AUTO_TEST_CASE(vote_rules_are_quiet_about_a_skipped_view_and_a_late_notarize_in_it) {
  const auto after_skip = block_on(genesis(), 2);
  Life life;
  life.cast(nullify(1)).hold(nullify(1)).store(kFirst).cast(kNotarizeFirst);
  life.store(after_skip).cast(subject(VoteKind::notarize, 2, 0, after_skip));
  BOOST_TEST(life.fault().empty(), life.fault());
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_second_notarize) {
  Life life;
  life.store(kFirst).store(kOther).cast(kNotarizeFirst).cast(subject(VoteKind::notarize, 1, 0, kOther));
  expect(life, "it had notarized in this view");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_notarize_after_a_finalize) {
  Life life;
  life.store(kFirst).store(kOther).hold(kNotarizeFirst).cast(kFinalizeFirst);
  life.cast(subject(VoteKind::notarize, 1, 0, kOther));
  expect(life, "it had finalized in this view");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_vote_ahead_of_the_current_view) {
  Life notarizes;
  notarizes.store(kFirst).store(kSecond).cast(kNotarizeSecond);
  expect(notarizes, "not all earlier views were cleared");
  Life nullifies;
  nullifies.cast(nullify(2));
  expect(nullifies, "not all earlier views were cleared");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_parent_without_a_notarization) {
  Life life;
  life.store(kFirst).store(kSecond).hold(nullify(1)).cast(kNotarizeSecond);
  expect(life, "the parent's view had no notarization");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_another_parent_than_the_notarized_one) {
  const auto child = block_on(kOther->header, 2);
  Life life;
  life.store(kFirst).store(kOther).store(child).hold(kNotarizeFirst).cast(subject(VoteKind::notarize, 2, 1, child));
  expect(life, "the block's parent is not the one that the certificates name");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_skip_without_proof) {
  const auto skips = block_on(genesis(), 2);
  Life life;
  life.store(kFirst).store(skips).hold(kNotarizeFirst).cast(subject(VoteKind::notarize, 2, 0, skips));
  expect(life, "not every view since the parent had a nullification");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_leader_that_skips_a_notarized_block_it_has) {
  const auto skips = block_on(genesis(), 2, kSelf.value);
  Life life;
  life.store(kFirst).store(skips).hold(kNotarizeFirst).hold(nullify(1));
  life.cast(subject(VoteKind::notarize, 2, 0, skips));
  expect(life, "it led and skipped a newer notarized block");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_notarize_of_a_block_that_is_not_stored) {
  Life life;
  life.cast(kNotarizeFirst);
  expect(life, "the block was not stored");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_normal_block_after_a_sealing_block) {
  auto sealing = *kFirst;
  sealing.header.next_set.bytes[0] = 1;
  const auto seal = std::make_shared<const Block>(sealing);
  const auto child = block_on(sealing.header, 2);
  Life again;
  again.store(seal).hold(subject(VoteKind::notarize, 1, 0, seal)).cast(subject(VoteKind::notarize, 2, 1, seal));
  BOOST_TEST(again.fault().empty(), again.fault());
  Life life;
  life.store(seal).store(child).hold(subject(VoteKind::notarize, 1, 0, seal));
  life.cast(subject(VoteKind::notarize, 2, 1, child));
  expect(life, "the parent is a sealing block and this is not that block again");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_nullify_after_a_finalize_and_a_finalize_after_a_nullify) {
  Life nullifies;
  nullifies.store(kFirst).hold(kNotarizeFirst).cast(kFinalizeFirst).cast(nullify(1));
  expect(nullifies, "it had finalized in this view");
  Life finalizes;
  finalizes.store(kFirst).cast(nullify(1)).hold(kNotarizeFirst).cast(kFinalizeFirst);
  expect(finalizes, "it had nullified this view");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_nullify_of_a_view_that_is_cleared) {
  Life life;
  life.hold(kNotarizeFirst).cast(nullify(1));
  expect(life, "the view was cleared");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_finalize_without_notarization) {
  Life life;
  life.store(kFirst).cast(kNotarizeFirst).cast(kFinalizeFirst);
  expect(life, "it had no notarization of this");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_finalize_of_something_else_than_notarized) {
  Life life;
  life.store(kFirst).store(kOther).cast(subject(VoteKind::notarize, 1, 0, kOther)).hold(kNotarizeFirst);
  life.cast(kFinalizeFirst);
  expect(life, "it had notarized something else in this view");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_finalize_whose_ancestor_is_not_stored) {
  Life life;
  life.store(kSecond).hold(kNotarizeFirst).hold(kNotarizeSecond).cast(subject(VoteKind::finalize, 2, 1, kSecond));
  expect(life, "on the way to the floor was not stored");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_vote_at_or_below_the_floor) {
  Life life;
  life.store(kFirst).hold(kFinalizeFirst).floor(kFinalizeFirst, kFirst).cast(nullify(1));
  expect(life, "the view is not above the floor");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_certificate_whose_votes_never_arrived) {
  Life life;
  life.record(nullify(1));
  expect(life, "the vote of validator 1 had not arrived");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_floor_without_its_block_and_a_floor_that_moves_back) {
  Life lacks;
  lacks.hold(kFinalizeFirst).floor(kFinalizeFirst, kFirst);
  expect(lacks, "the block was not stored");
  const auto finalize_second = subject(VoteKind::finalize, 2, 1, kSecond);
  Life back;
  back.store(kFirst).store(kSecond).hold(finalize_second).floor(finalize_second, kSecond);
  BOOST_TEST(back.fault().empty(), back.fault());
  back.floor(kFinalizeFirst, kFirst);
  expect(back, "the floor was not below it");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_vote_before_the_others_have_answered) {
  Life life;
  life.rules.started(kSelf, {});
  life.rules.delivered(kSelf, NodeNumber{1}, consensus::Status{});
  life.cast(nullify(1));
  expect(life, "too few have said their status since the start");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_next_epoch_before_a_sealing_block_is_final) {
  auto vote = nullify(1);
  vote.epoch = vote.epoch.next();
  Life life;
  life.cast(vote);
  expect(life, "before a sealing block was final");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_vote_in_an_epoch_that_is_over) {
  auto sealing = *kFirst;
  sealing.header.next_set.bytes[0] = 1;
  const auto seal = std::make_shared<const Block>(sealing);
  const auto finalization = subject(VoteKind::finalize, 1, 0, seal);
  Life life;
  life.store(seal).hold(finalization).floor(finalization, seal);
  BOOST_TEST(life.fault().empty(), life.fault());
  life.cast(nullify(2));
  expect(life, "the block that seals the epoch was final");
}

BOOST_AUTO_TEST_CASE(vote_rules_see_a_vote_on_the_wire_that_is_in_no_journal) {
  Life life;
  life.rules.vote_sent(nullify(1), kSelf);
  expect(life, "never was in its journal");
}
