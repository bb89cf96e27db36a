#include "tests/simulator/simulation.h"

#include <sstream>

#include <boost/test/unit_test.hpp>

#include "node/journal/vote_journal.h"
#include "tests/simulator/campaign.h"
#include "tests/simulator/file_system.h"

using namespace keten;
using namespace keten::simulator;

BOOST_AUTO_TEST_CASE(equal_seeds_give_equal_runs_down_to_the_last_line) {
  const Founding founding(4);
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    std::ostringstream first_text;
    std::ostringstream second_text;
    const auto first = run(founding, {seed, View{30}, &first_text});
    const auto second = run(founding, {seed, View{30}, &second_text});
    BOOST_TEST(first.log_hash == second.log_hash, "seed " << seed);
    BOOST_TEST(first.virtual_time == second.virtual_time);
    BOOST_TEST((first_text.str() == second_text.str()));
    BOOST_TEST(!first_text.str().empty());
  }
}

BOOST_AUTO_TEST_CASE(a_transcript_does_not_change_a_run) {
  const Founding founding(4);
  std::ostringstream text;
  BOOST_TEST(run(founding, {3, View{30}, &text}).log_hash == run(founding, {3, View{30}, nullptr}).log_hash);
}

BOOST_AUTO_TEST_CASE(threads_do_not_change_a_campaign) {
  CampaignOptions options;
  options.last_seed = 12;
  options.views = View{20};
  options.validators = 4;
  const auto ignore = [](const RunResult&) {};
  options.threads = 1;
  const auto alone = run_campaign(options, ignore);
  options.threads = 3;
  const auto together = run_campaign(options, ignore);
  BOOST_TEST(alone.log_hash == together.log_hash);
  BOOST_TEST(alone.views == together.views);
}

BOOST_AUTO_TEST_CASE(companies_work_under_a_signed_rule_whatever_breaks) {
  const Founding founding(4);
  Counters all;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const auto result = run(founding, {.seed = seed, .views = View{80}, .partners = true});
    BOOST_TEST(!result.failed(), "seed " << seed);
    all.add(result.counters);
  }
  for (const auto reached : {Happening::guest_called, Happening::event_flagged, Happening::finding_overdue}) {
    BOOST_TEST(all.of(reached) > 0U, happening_name(reached));
  }
}

BOOST_AUTO_TEST_CASE(different_seeds_give_different_runs) {
  const Founding founding(4);
  BOOST_TEST(run(founding, {1, View{20}, nullptr}).log_hash != run(founding, {2, View{20}, nullptr}).log_hash);
}

namespace {

constexpr journal::JournalIdentity kIdentity{};

consensus::JournalRecord record(std::uint64_t view) {
  return consensus::OwnVote{{{VoteKind::nullify, {}, View{view}, {}, {}}, {}, {}}};
}

std::vector<consensus::JournalRecord> records_of(FileSystem& files) {
  auto journal = journal::VoteJournal::open("journal", kIdentity, {}, files);
  BOOST_REQUIRE(journal.ok());
  return (*journal)->take_records();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_power_failure_takes_unsynced_bytes_and_nothing_else) {
  for (std::uint64_t round = 0; round < 200; ++round) {
    Random random(round);
    FileSystem files(random.fork());
    auto journal = journal::VoteJournal::create("journal", kIdentity, {.file_bytes = 16 * 1024}, files).value();
    const auto kept = random.below(5);
    for (std::uint64_t i = 0; i < kept; ++i) {
      journal->append({record(i)});
      BOOST_REQUIRE(journal->sync().ok());
    }
    journal->append({record(kept), record(kept + 1)});
    files.cut_power_after(random.below(2));
    BOOST_TEST(!journal->sync().ok());
    journal.reset();
    files.power_failure();
    const auto found = records_of(files);
    BOOST_TEST(found.size() >= kept);
    BOOST_TEST(found.size() <= kept + 2);
    for (std::size_t i = 0; i < found.size(); ++i) { BOOST_TEST((found[i] == record(i))); }
  }
}

BOOST_AUTO_TEST_CASE(what_a_start_found_after_a_failed_sync_survives_a_power_failure) {
  // The kernel calls pages clean whose sync failed: the next start reads them, and no later sync writes them.
  for (std::uint64_t round = 0; round < 50; ++round) {
    Random random(round);
    FileSystem files(random.fork());
    auto journal = journal::VoteJournal::create("journal", kIdentity, {.file_bytes = 16 * 1024}, files).value();
    journal->append({record(1)});
    BOOST_REQUIRE(journal->sync().ok());
    files.spoil_next_sync("journal", SyncFault::fails);
    journal->append({record(2)});
    BOOST_TEST(!journal->sync().ok());
    journal.reset();
    const auto found = records_of(files);
    files.power_failure();
    BOOST_TEST((records_of(files) == found));
  }
}
