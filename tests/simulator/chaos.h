#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "tests/simulator/network.h"
#include "tests/simulator/validator.h"
#include "tests/simulator/weather.h"

namespace keten::simulator {

/// Breaks things at random until the run heals: validators crash and start again, links are cut, clocks and disks go
/// wrong. Also the operators: starts what stopped, throws a damaged chain away, leaves a validator out whose journal is
/// damaged.
class Chaos final : public Supervisor {
 public:
  /// Borrows all. `fragile`: whose disks may break promises, together at most of the weight that may be faulty.
  Chaos(std::vector<std::unique_ptr<Validator>>& validators, Network& network, Schedule& schedule, Witness& witness,
        Counters& counters, Random random, const Weather& weather);

  /// Where no disk breaks a promise, so many validators may lose what they have signed at one time; none without this.
  void allow_amnesia(std::size_t most) { amnesia_max_ = most; }
  /// Precondition: all validators exist.
  void start(std::set<std::size_t> fragile, std::size_t faulty_max);
  /// Everything works again: links as given, quick disks, right clocks, all validators up that may come back.
  void heal(const Link& link);

  void stopped(NodeNumber at, const Error& why) override;
  void refused(NodeNumber at, const Error& why) override;
  /// Whose journal is damaged: it stays out.
  [[nodiscard]] bool is_out(std::size_t index) const { return out_.contains(index); }

 private:
  using Act = void (Chaos::*)();
  /// One of the acts whose faults happen in this run; null when there is none.
  struct Choice {
    Fault fault;
    Act act;
  };
  template <std::size_t count>
  void one_of(const Choice (&choices)[count]);
  void repeat(Time mean, Act act);

  void crash_something();
  void kill_one();
  void power_one();
  void power_all();
  void cut_something();
  void isolate_one();
  void halve();
  void cut_one_way();
  void flap();
  void make_ring();
  void make_bridge();
  void reset_one();
  void slow_execution();
  void slow_verification();
  void stall_disk();
  void jump_clock();
  void freeze_clock();
  void disk_something();
  void fail_sync();
  void fill_disk();
  void rot_block();
  void spoil_write();
  void misdirect_write();
  void rot_journal();
  void rot_segment();
  void rot_database();

  void start_later(std::size_t index, Time delay);
  /// Before a start.
  void lose_something(std::size_t index);
  void set_cut(const std::vector<std::pair<std::size_t, std::size_t>>& pairs, bool cut);
  void cut_for_a_while(std::vector<std::pair<std::size_t, std::size_t>> pairs, const std::string& what);
  void flap_once(std::size_t left, std::size_t right, int times);
  void spoil(SyncFault fault, const char* what);
  [[nodiscard]] std::size_t any() { return random_.below(validators_.size()); }
  [[nodiscard]] std::optional<std::size_t> any_fragile();
  /// Not after the healing.
  void later(Time delay, std::function<void()> action);
  void remark(const std::string& text) { witness_.remark("* " + text); }
  [[nodiscard]] Time around(Time mean) { return random_.between(mean / 2, mean * 3 / 2); }

  std::vector<std::unique_ptr<Validator>>& validators_;
  Network& network_;
  Schedule& schedule_;
  Witness& witness_;
  Counters& counters_;
  Random random_;
  Weather weather_;
  std::set<std::size_t> fragile_;
  std::size_t faulty_max_ = 0;
  std::set<std::size_t> out_;
  std::map<Height, std::size_t> rotten_;  ///< of how many validators the block of a height is
  bool is_clock_jumped_ = false;
  std::optional<std::size_t> early_;  ///< whose clock may jump forward
  bool is_healed_ = false;
  std::size_t amnesia_max_ = 0;
};

}  // namespace keten::simulator
