#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <vector>

#include "tests/simulator/byzantine/cast.h"
#include "tests/simulator/counters.h"
#include "tests/simulator/faults.h"
#include "tests/simulator/founding.h"
#include "tests/simulator/measurements.h"
#include "tests/simulator/schedule.h"
#include "tests/simulator/witness.h"

namespace keten::simulator {

struct RunOptions {
  std::uint64_t seed = 0;
  View views{100};                      ///< how long the chaos lasts
  std::ostream* transcript = nullptr;   ///< borrowed
  byzantine::Casting casting = {};      ///< none: everybody is honest
  FaultSet faults = FaultSet::all();    ///< nothing else goes wrong
  std::optional<Time> calm_delay = {};  ///< nothing at all goes wrong, and every link takes this long
  std::optional<bool> epochs = {};      ///< whether the set changes; by chance when not said
  std::optional<bool> partners = {};    ///< whether two companies work under a signed rule; by chance when not said
};

struct RunResult {
  std::uint64_t seed = 0;
  std::vector<Breach> breaches;  ///< safety
  std::vector<Breach> stalls;    ///< liveness
  Counters counters;
  byzantine::Tally deeds{};
  View views;
  Height blocks;
  std::uint64_t final_transactions = 0;
  Time virtual_time = 0;
  Time time_to_heal = 0;  ///< from healing to everything done
  std::uint64_t log_hash = 0;

  [[nodiscard]] bool failed() const { return !breaches.empty() || !stalls.empty(); }
};

/// A run in which nothing goes wrong and every message takes the same time.
struct CalmOptions {
  Time delay = 100 * kMillisecond;  ///< one way
  std::uint64_t blocks = 40;        ///< measured, after a few that are not
};
struct CalmResult {
  Measurements measurements;
  std::uint64_t blocks = 0;
};
CalmResult measure(const Founding& founding, const CalmOptions& options);

/// One seed is one run: a phase of chaos in which only safety must hold, then everything works again and all validators
/// must finish all work. Independent of every other run; equal seeds give equal results.
RunResult run(const Founding& founding, const RunOptions& options);

}  // namespace keten::simulator
