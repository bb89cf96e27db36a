#include <cstdlib>
#include <random>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "tests/scenarios/network.h"

// Many networks in bad weather: lost and late messages, power failures, partitions, an equivocating leader. The network
// checks safety all the time; afterwards, in good weather, the chain must go on everywhere.

namespace {

using keten::scenarios::Network;

void live_through(std::uint64_t seed) {
  std::mt19937_64 chance(seed);
  const auto draw = [&](std::uint64_t below) { return chance() % below; };
  const std::vector<std::size_t> sizes{4, 4, 5, 7};
  Network network(sizes[draw(sizes.size())]);
  const bool has_traitor = draw(3) == 0;
  if (has_traitor) { network.equivocate(0); }
  network.start();
  std::set<std::size_t> down;
  for (int step = 0; step < 40; ++step) {
    network.set_weather(seed * 1000 + static_cast<std::uint64_t>(step), static_cast<std::uint32_t>(draw(41)),
                        1 + draw(draw(4) == 0 ? 2000 : 60));
    const auto number = draw(network.size());
    switch (draw(7)) {
      case 0:
        network.crash(number);
        down.insert(number);
        break;
      case 1:
      case 2:
        if (!down.empty()) {
          network.restart(*down.begin());
          down.erase(down.begin());
        }
        break;
      case 3: {
        std::vector<std::set<std::size_t>> groups(2);
        for (std::size_t i = 0; i < network.size(); ++i) { groups[draw(2)].insert(i); }
        network.partition(groups);
        break;
      }
      case 4: network.heal(); break;
      case 5: network.work(1); break;
      default:
        for (std::size_t i = 0; i < network.size(); ++i) {
          if (!down.contains(i) && draw(2) == 0) { network.restart(i); }
        }
        break;
    }
    network.advance(draw(1500));
  }
  network.set_weather(0, 0, 0);
  network.heal();
  for (const auto number : down) { network.restart(number); }
  network.advance(60'000);
  std::vector<std::uint64_t> before;
  for (std::size_t i = 0; i < network.size(); ++i) { before.push_back(network.engine(i)->floor().height.value); }
  network.work(1);
  network.advance(60'000);
  for (std::size_t i = 0; i < network.size(); ++i) {
    BOOST_TEST(network.engine(i)->floor().height.value > before[i], "seed " << seed << " validator " << i);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(bad_weather_never_forks_and_good_weather_brings_progress) {
  const auto* wanted = std::getenv("KETEN_SEEDS");
  const std::uint64_t seeds = wanted != nullptr ? std::stoull(wanted) : 150;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    try {
      live_through(seed);
    } catch (const std::exception& error) { BOOST_ERROR("seed " << seed << ": " << error.what()); }
  }
}
