#pragma once

#include <cstdint>

#include "tests/simulator/clients.h"
#include "tests/simulator/faults.h"
#include "tests/simulator/network.h"
#include "tests/simulator/random.h"
#include "tests/simulator/validator.h"

namespace keten::simulator {

/// What kind of world a seed is: how bad the network and the disks are all the time, how often something breaks, and what
/// the clients do. Every part is drawn on its own, so that calm parts meet wild ones.
struct Weather {
  FaultSet faults;  ///< that happen in this run
  Link link;
  Speed speed;
  Load load;
  DiskOptions disk;
  Time between_crashes = 0;      ///< mean; 0: never
  Time between_cuts = 0;         ///< mean, also of slow machines and wrong clocks; 0: never
  Time between_disk_faults = 0;  ///< mean; 0: never
  std::int64_t clock_skew_ms_max = 0;

  /// Nothing goes wrong; every message takes `delay`.
  static Weather calm(Time delay);
  /// `allowed`: nothing else happens.
  static Weather draw(Random& random, const FaultSet& allowed);
};

}  // namespace keten::simulator
