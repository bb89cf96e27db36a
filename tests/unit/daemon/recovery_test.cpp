#include "node/daemon/recovery.h"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "tests/unit/storage/chain_fixture.h"

namespace keten::node {
namespace {

using consensus::Floor;
using consensus::HeldCertificate;
using consensus::JournalRecord;
using consensus::OwnVote;
using test::make_put;

struct Fixture : test::Chain {
  std::vector<JournalRecord> journal;
  std::vector<BlockPointer> stored;
  BlockHeader tip = head;

  /// A block behind `tip` that is stored and not executed.
  BlockPointer store(std::string_view key) {
    auto block = std::make_shared<const Block>(test::make_block(tip, {make_put(genesis, key, "v")}));
    tip = block->header;
    stored.push_back(block);
    return block;
  }
  Block run(std::string_view key) {
    auto block = add({make_put(genesis, key, "v")});
    tip = head;
    stored.push_back(std::make_shared<const Block>(block));
    return block;
  }
  void finalize(const BlockHeader& header) {
    journal.emplace_back(Floor{.finalization = test::make_finalization(header),
                               .block = header.id(),
                               .height = header.height,
                               .view = header.view});
  }
  void vote(std::uint64_t view) {
    OwnVote own;
    own.vote.subject.view = View{view};
    journal.emplace_back(own);
  }
  void hold(std::uint64_t view) {
    HeldCertificate held;
    held.certificate.subject.view = View{view};
    journal.emplace_back(held);
  }
  Result<pipeline::PipelineRecovered> recovered() const {
    const auto snapshot = database.snapshot();
    return recover({.genesis = genesis, .database = *snapshot, .journal = journal, .blocks = stored});
  }
};

BOOST_FIXTURE_TEST_SUITE(recovery, Fixture)

BOOST_AUTO_TEST_CASE(a_new_node_begins_at_the_genesis) {
  const auto result = recovered();
  BOOST_REQUIRE(result.ok());
  BOOST_TEST((result->consensus.floor.block == genesis_header(genesis).id()));
  BOOST_TEST((result->consensus.floor_header == genesis_header(genesis)));
  BOOST_TEST((result->executed_height == Height{0}));
  BOOST_TEST(result->recent_roots.size() == 1U);
  BOOST_TEST((result->recent_roots[0].second == result->state_root));
  BOOST_TEST(result->membership->directory.size() == 6U);
}

// Bug 39.
BOOST_AUTO_TEST_CASE(final_blocks_that_were_not_executed_are_handed_over_in_order) {
  const auto one = run("a");
  finalize(one.header);
  const auto two = store("b");
  const auto three = store("c");
  finalize(three->header);
  const auto open = store("d");
  vote(2);
  vote(4);
  hold(3);
  hold(4);
  std::ranges::reverse(stored);
  const auto result = recovered();
  BOOST_REQUIRE(result.ok());
  BOOST_TEST((result->consensus.floor.height == Height{3}));
  BOOST_TEST((result->consensus.floor_header == three->header));
  BOOST_TEST((result->blocks == std::vector<BlockPointer>{two, three, open}));
  BOOST_TEST((result->consensus.stored == std::vector{open->header}));
  BOOST_REQUIRE_EQUAL(result->consensus.votes.size(), 1U);
  BOOST_TEST((result->consensus.votes[0].vote.subject.view == View{4}));
  BOOST_TEST(result->consensus.certificates.size() == 1U);
  BOOST_REQUIRE_EQUAL(result->window.size(), 1U);
  BOOST_TEST((result->window[0].transactions[0].first == one.transactions[0]->id));
}

BOOST_AUTO_TEST_CASE(abandoned_forks_are_left_out) {
  const auto root = tip;
  const auto one = store("a");
  const auto fork = std::make_shared<const Block>(test::make_block(root, {make_put(genesis, "x", "v")}));
  stored.push_back(fork);
  finalize(one->header);
  const auto result = recovered();
  BOOST_REQUIRE(result.ok());
  BOOST_TEST((result->blocks == std::vector<BlockPointer>{one}));
}

BOOST_AUTO_TEST_CASE(a_floor_without_bodies_becomes_a_certificate_above_a_lower_floor) {
  finalize(run("a").header);
  const auto two = store("b");
  finalize(two->header);
  vote(3);
  const auto three = store("c");
  const auto four = store("d");
  finalize(four->header);
  stored.pop_back();
  std::erase(stored, three);
  const auto result = recovered();
  BOOST_REQUIRE(result.ok());
  BOOST_TEST((result->consensus.floor.height == Height{2}));
  BOOST_TEST(result->consensus.votes.size() == 1U);
  BOOST_REQUIRE_EQUAL(result->consensus.certificates.size(), 1U);
  BOOST_TEST((result->consensus.certificates[0].subject.block == four->header.id()));
  // Votes below the newest floor may have left the journal: nothing up to it is signed again.
  const consensus::Readmission barrier{.epoch = {}, .first = four->header.view.next()};
  BOOST_TEST((result->consensus.readmission == barrier));
}

BOOST_AUTO_TEST_CASE(blocks_that_were_thrown_away_beside_a_kept_journal_do_not_make_old_views_open_again) {
  const auto last = run("a").header;
  finalize(last);
  vote(9);
  BOOST_TEST(!recovered()->consensus.readmission.has_value());
  database.crash(0);
  stored.clear();
  const auto result = recovered();
  BOOST_REQUIRE(result.ok());
  BOOST_TEST((result->consensus.floor.height == Height{0}));
  const consensus::Readmission barrier{.epoch = {}, .first = last.view.next()};
  BOOST_TEST((result->consensus.readmission == barrier));
  BOOST_TEST(result->consensus.votes.size() == 1U);

  // A later readmission stays.
  journal.push_back(consensus::Readmission{.epoch = {}, .first = View{50}});
  BOOST_TEST(recovered()->consensus.readmission->first.value == 50U);
}

BOOST_AUTO_TEST_CASE(a_journal_that_is_epochs_ahead_of_the_blocks_forbids_the_earlier_ones) {
  auto header = run("a").header;
  database.crash(0);
  stored.clear();
  header.epoch = Epoch{2};
  auto finalization = test::make_finalization(header);
  finalization.subject.epoch = Epoch{2};
  journal.emplace_back(
      Floor{.finalization = finalization, .block = header.id(), .height = Height{40}, .view = View{7}});
  OwnVote own;
  own.vote.subject.epoch = Epoch{2};
  own.vote.subject.view = View{8};
  journal.emplace_back(own);
  const auto result = recovered();
  BOOST_REQUIRE(result.ok());
  const consensus::Readmission barrier{.epoch = Epoch{2}, .first = View{8}};
  BOOST_TEST((result->consensus.readmission == barrier));
  BOOST_TEST(result->consensus.votes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_lost_database_is_replayed_from_the_segments) {
  finalize(run("a").header);
  finalize(run("b").header);
  database.crash(0);
  const auto result = recovered();
  BOOST_REQUIRE(result.ok());
  BOOST_TEST((result->executed_height == Height{0}));
  BOOST_TEST(result->blocks.size() == 2U);
}

// Bug 39.
BOOST_AUTO_TEST_CASE(a_journal_behind_the_database_goes_into_quarantine_on_the_executed_block) {
  finalize(run("a").header);
  const auto last = run("b").header;
  const auto result = recovered();
  BOOST_REQUIRE(result.ok());
  BOOST_REQUIRE(result->consensus.quarantine.has_value());
  BOOST_TEST((result->consensus.quarantine->cause == consensus::QuarantineCause::journal_behind));
  BOOST_TEST((result->consensus.floor.block == last.id()));
  BOOST_TEST((result->consensus.floor_header == last));
  BOOST_TEST((result->executed_height == last.height));
  BOOST_TEST(!result->consensus.is_fresh);
}

BOOST_AUTO_TEST_CASE(the_last_word_of_the_journal_on_a_quarantine_counts) {
  finalize(run("a").header);
  BOOST_TEST(!recovered()->consensus.quarantine.has_value());
  const consensus::Quarantine quarantine{.cause = consensus::QuarantineCause::journal_lost};
  journal.push_back(quarantine);
  BOOST_TEST((recovered()->consensus.quarantine == quarantine));
  journal.push_back(consensus::Readmission{.epoch = {}, .first = View{9}});
  BOOST_TEST(!recovered()->consensus.quarantine.has_value());
  BOOST_REQUIRE(recovered()->consensus.readmission.has_value());
  BOOST_TEST(recovered()->consensus.readmission->first.value == 9U);
  journal.push_back(quarantine);
  BOOST_TEST((recovered()->consensus.quarantine == quarantine));
}

BOOST_AUTO_TEST_CASE(only_an_empty_journal_may_be_a_first_start) {
  BOOST_TEST(recovered()->consensus.is_fresh);
  journal.push_back(consensus::Quarantine{.cause = consensus::QuarantineCause::journal_lost});
  BOOST_TEST(!recovered()->consensus.is_fresh);
}

BOOST_AUTO_TEST_CASE(a_floor_that_no_stored_block_reaches_is_an_error) {
  run("a");
  store("b");
  const auto three = store("c");
  finalize(three->header);
  stored.clear();
  BOOST_TEST(recovered().error().reason == "FLOOR_WITHOUT_BLOCKS");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::node
