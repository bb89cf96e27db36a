#include "tests/simulator/twins.h"

#include <sstream>

#include <boost/test/unit_test.hpp>

using namespace keten::simulator;

BOOST_AUTO_TEST_CASE(scenarios_of_four_that_differ_in_the_names_of_the_copies_count_once) {
  std::uint64_t distinct = 0;
  twins::Scenario scenario;
  for (std::uint64_t number = 1; number <= twins::kScenariosOfFour; ++number) {
    if (twins::scenario_of_four(number, scenario)) { ++distinct; }
  }
  // Of 52 splits 20 look the same in the mirror: 15 with both copies in one group, 5 with each alone. Burnside does the rest.
  BOOST_TEST(distinct == 4U * (52 * 52 * 52 + 20 * 20 * 20) / 2);
}

BOOST_AUTO_TEST_CASE(twins_that_lead_different_sides_propose_twice_and_are_named) {
  // The first leader runs twice; each copy has two validators, of which one moves over for the next round.
  twins::Scenario scenario;
  bool has_led_twice = false;
  bool was_named = false;
  for (std::uint64_t number = 1; number <= 4000; ++number) {
    if (!twins::scenario_of_four(number, scenario)) { continue; }
    const auto result = twins::play(scenario);
    const auto& broken = result.violations;
    BOOST_REQUIRE_MESSAGE(broken.empty(), "scenario " << number << ": " << (broken.empty() ? "" : broken.front()));
    has_led_twice = has_led_twice || result.twice_led > 0;
    was_named = was_named || result.alarms > 0;
  }
  BOOST_TEST(has_led_twice);
  BOOST_TEST(was_named);
}

BOOST_AUTO_TEST_CASE(a_scenario_played_twice_is_the_same_play) {
  const auto scenario = twins::scenario_of_seven(3);
  std::ostringstream first;
  std::ostringstream second;
  const auto result = twins::play(scenario, &first);
  BOOST_TEST(twins::play(scenario, &second).messages == result.messages);
  BOOST_TEST((first.str() == second.str()));
  BOOST_TEST(!first.str().empty());
}
