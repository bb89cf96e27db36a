#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <vector>

#include "tests/simulator/byzantine/cast.h"
#include "tests/simulator/counters.h"
#include "tests/simulator/founding.h"
#include "tests/simulator/schedule.h"
#include "tests/simulator/witness.h"

namespace keten::simulator {

struct RunOptions {
  std::uint64_t seed = 0;
  View views{100};                     ///< how long the chaos lasts
  std::ostream* transcript = nullptr;  ///< borrowed
  byzantine::Casting casting = {};     ///< none: everybody is honest
  std::optional<bool> epochs = {};     ///< whether the set changes; by chance when not said
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

/// One seed is one run: a phase of chaos in which only safety must hold, then everything works again and all validators
/// must finish all work. Independent of every other run; equal seeds give equal results.
RunResult run(const Founding& founding, const RunOptions& options);

}  // namespace keten::simulator
