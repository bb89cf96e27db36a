#include <algorithm>
#include <cstdlib>
#include <numeric>
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
  const auto validators = sizes[draw(sizes.size())];
  // Half of the networks change their set again and again: any of the machines, some with new keys.
  const bool has_epochs = draw(2) == 0;
  Network network(validators, has_epochs ? 2 : 0);
  const bool has_traitor = !has_epochs && draw(3) == 0;
  if (has_traitor) { network.equivocate(0); }
  const auto change_set = [&] {
    if (!has_epochs || !network.may_agree_next()) { return; }
    std::vector<std::size_t> members(network.size());
    std::iota(members.begin(), members.end(), 0U);
    for (std::size_t i = members.size() - 1; i > 0; --i) { std::swap(members[i], members[draw(i + 1)]); }
    members.resize(4 + draw(members.size() - 3));
    std::set<std::size_t> rotated;
    for (const auto one : members) {
      if (draw(3) == 0) { rotated.insert(one); }
    }
    if (!network.may_be_ready(members, rotated)) { return; }
    network.agree_next(network.final_height().plus(1 + draw(3)), members, rotated);
  };
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
    if (draw(3) == 0) { change_set(); }
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
