#pragma once

#include <cstdint>

#include "tests/simulator/clients.h"
#include "tests/simulator/network.h"
#include "tests/simulator/random.h"
#include "tests/simulator/validator.h"

namespace keten::simulator {

/// What kind of world a seed is: how bad the network and the disks are all the time, how often something breaks, and what
/// the clients do. Every part is drawn on its own, so that calm parts meet wild ones.
struct Weather {
  Link link;
  Speed speed;
  Load load;
  Time between_crashes = 0;  ///< mean; 0: never
  Time between_cuts = 0;     ///< mean; 0: never
  std::int64_t clock_skew_ms_max = 0;

  static Weather draw(Random& random);
};

}  // namespace keten::simulator
