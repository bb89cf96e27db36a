#include "tests/simulator/simulation.h"

#include <sstream>

#include <boost/test/unit_test.hpp>

#include "tests/simulator/campaign.h"
#include "tests/simulator/disk.h"

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
  const auto ignore = [](const RunResult&) {};
  options.threads = 1;
  const auto alone = run_campaign(options, ignore);
  options.threads = 3;
  const auto together = run_campaign(options, ignore);
  BOOST_TEST(alone.log_hash == together.log_hash);
  BOOST_TEST(alone.views == together.views);
}

BOOST_AUTO_TEST_CASE(different_seeds_give_different_runs) {
  const Founding founding(4);
  BOOST_TEST(run(founding, {1, View{20}, nullptr}).log_hash != run(founding, {2, View{20}, nullptr}).log_hash);
}

BOOST_AUTO_TEST_CASE(a_crash_takes_unsynced_bytes_and_nothing_else) {
  Random random(7);
  for (int round = 0; round < 200; ++round) {
    Disk disk;
    const auto record = [](std::uint64_t view) {
      return consensus::OwnVote{{{VoteKind::nullify, {}, View{view}, {}, {}}, {}, {}}};
    };
    const auto kept = random.below(5);
    for (std::uint64_t i = 0; i < kept; ++i) { disk.write_record(record(i)); }
    disk.sync_journal();
    const auto loose = random.below(4);
    for (std::uint64_t i = 0; i < loose; ++i) { disk.write_record(record(kept + i)); }
    disk.crash(random);
    const auto contents = disk.open({});
    BOOST_REQUIRE(contents.ok());
    const auto found = contents->journal.size();
    BOOST_TEST(found >= kept);
    BOOST_TEST(found <= kept + loose);
    for (std::size_t i = 0; i < found; ++i) {
      BOOST_TEST((contents->journal[i] == consensus::JournalRecord(record(i))));
    }
  }
}
