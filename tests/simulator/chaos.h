#pragma once

#include <memory>
#include <vector>

#include "tests/simulator/network.h"
#include "tests/simulator/validator.h"
#include "tests/simulator/weather.h"

namespace keten::simulator {

/// Breaks things at random until the run heals: validators crash and start again, links are cut, disks stall.
class Chaos {
 public:
  /// Borrows all.
  Chaos(std::vector<std::unique_ptr<Validator>>& validators, Network& network, Schedule& schedule, Witness& witness,
        Counters& counters, Random random, const Weather& weather);

  void start();
  /// Everything works again: calm links, quick disks, all validators up.
  void heal();

 private:
  void crash_something();
  void crash_one(std::size_t index);
  void crash_all();
  void start_later(std::size_t index, Time delay);
  void cut_something();
  void isolate(std::size_t index, bool cut);
  void halve(std::uint64_t side, bool cut);
  void cut_one_way(bool cut, std::size_t from, std::size_t to);
  void remark(const std::string& text) { witness_.remark("* " + text); }
  [[nodiscard]] Time around(Time mean) { return random_.between(mean / 2, mean * 3 / 2); }

  std::vector<std::unique_ptr<Validator>>& validators_;
  Network& network_;
  Schedule& schedule_;
  Witness& witness_;
  Counters& counters_;
  Random random_;
  Weather weather_;
  bool is_healed_ = false;
};

}  // namespace keten::simulator
