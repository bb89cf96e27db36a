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
  if (random.chance(150)) { link.bytes_per_second = random.between(20'000, 400'000); }
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

DiskOptions draw_disk(Random& random) {
  DiskOptions disk;
  constexpr std::uint64_t kJournals[] = {16 * 1024, 32 * 1024, 128 * 1024};
  disk.journal.file_bytes = kJournals[random.below(std::size(kJournals))];
  constexpr std::uint64_t kSegments[] = {4 * 1024, 16 * 1024, 1024 * 1024};
  disk.segments.segment_bytes = kSegments[random.below(std::size(kSegments))];
  disk.segments.preallocate_bytes = random.chance(500) ? 0 : 4096;
  disk.database_unsynced = random.chance(500) ? 64 : static_cast<std::size_t>(random.between(2, 16));
  return disk;
}

/// Takes out of a world what may not happen in it. The draws stay the same, so that a run without one fault resembles
/// the run with it.
void forbid(Weather& weather) {
  const auto& faults = weather.faults;
  if (!faults.has(Fault::loss)) { weather.link.loss_per_mille = 0; }
  if (!faults.has(Fault::duplication)) { weather.link.duplicate_per_mille = 0; }
  if (!faults.has(Fault::stragglers)) { weather.link.straggler_per_mille = 0; }
  if (!faults.has(Fault::bandwidth)) { weather.link.bytes_per_second = 0; }
  if (!faults.has(Fault::clock_skew)) { weather.clock_skew_ms_max = 0; }
  if (!faults.has(Fault::slow_disk)) { weather.speed.sync_max = Speed{}.sync_max; }
  if (!faults.has(Fault::slow_execution)) { weather.speed.execute_max = Speed{}.execute_max; }
  if (!faults.has(Fault::slow_verification)) { weather.speed.verify_max = Speed{}.verify_max; }
}

}  // namespace

Weather Weather::calm(Time delay) {
  Weather weather;
  weather.link = {delay, delay};
  weather.load = {100 * kMillisecond, 1, 0};
  weather.disk.journal.file_bytes = 1024 * 1024;
  return weather;
}

Weather Weather::draw(Random& random, const FaultSet& allowed) {
  Weather weather;
  for (std::size_t i = 0; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    weather.faults.set(fault, random.chance(700) && allowed.has(fault));
  }
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
  constexpr Time kHowOftenDisks[] = {0, 0, kSecond, 3 * kSecond, 8 * kSecond};
  weather.between_disk_faults = kHowOftenDisks[random.below(std::size(kHowOftenDisks))];
  weather.disk = draw_disk(random);
  forbid(weather);
  return weather;
}

}  // namespace keten::simulator
