#include "tests/simulator/weather.h"

namespace keten::simulator {
namespace {

Link draw_link(Random& random) {
  Link link;
  switch (random.below(5)) {
    case 0: link = {200, 1000}; break;                              // one machine room
    case 1: link = {5 * kMillisecond, 15 * kMillisecond}; break;    // one country
    case 2: link = {20 * kMillisecond, 120 * kMillisecond}; break;  // the world
    case 3: link = {kMillisecond, 400 * kMillisecond}; break;       // a mobile network
    case 4: link = {100, 50 * kMillisecond, 0, 0, 20}; break;       // mostly good, sometimes very late
  }
  switch (random.below(6)) {
    case 0: link.loss_per_mille = random.below(20); break;
    case 1: link.loss_per_mille = random.below(100); break;
    case 2: link.loss_per_mille = random.below(400); break;
    default: break;
  }
  if (random.chance(300)) { link.duplicate_per_mille = random.below(150); }
  if (random.chance(150)) { link.straggler_per_mille = random.below(50); }
  return link;
}

Speed draw_speed(Random& random) {
  Speed speed;
  switch (random.below(4)) {
    case 0: speed.sync_max = 20 * kMillisecond; break;
    case 1: speed.sync_max = 100 * kMillisecond; break;
    default: break;
  }
  switch (random.below(5)) {
    case 0: speed.execute_max = 50 * kMillisecond; break;
    case 1: speed.execute_max = 300 * kMillisecond; break;
    default: break;
  }
  if (random.chance(200)) { speed.verify_max = 50 * kMillisecond; }
  return speed;
}

}  // namespace

Weather Weather::draw(Random& random) {
  Weather weather;
  weather.link = draw_link(random);
  weather.speed = draw_speed(random);
  switch (random.below(4)) {
    case 0: weather.load = {200 * kMillisecond, 1, 50}; break;
    case 1: weather.load = {80 * kMillisecond, 3, 100}; break;
    case 2: weather.load = {50 * kMillisecond, 4, 20}; break;
    case 3: weather.load = {kSecond, 20, 50}; break;
  }
  constexpr Time kHowOften[] = {0, 0, 500 * kMillisecond, kSecond, 2 * kSecond, 4 * kSecond};
  weather.between_crashes = kHowOften[random.below(std::size(kHowOften))];
  weather.between_cuts = kHowOften[random.below(std::size(kHowOften))];
  constexpr std::int64_t kSkews[] = {0, 0, 200, 2000};
  weather.clock_skew_ms_max = kSkews[random.below(std::size(kSkews))];
  return weather;
}

}  // namespace keten::simulator
