#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace keten::simulator {

/// What may go wrong in a run; `keten_simulate --faults` names them.
enum class Fault : std::uint8_t {
  // processes and power
  kill,          ///< a process ends, its machine goes on
  power,         ///< one machine loses its power, between two effects or inside a write
  power_of_all,  ///< all machines together
  // the network
  loss,
  duplication,
  stragglers,  ///< seconds late, and so out of order
  bandwidth,   ///< a link carries little in a second
  isolation,
  halves,
  one_way,   ///< one direction of one link is dead
  flapping,  ///< a link comes and goes
  ring,      ///< everybody reaches two neighbours only
  bridge,    ///< two halves that only one validator reaches both of
  resets,    ///< connections break and are made again
  // clocks
  clock_skew,    ///< all differ by up to two seconds
  clock_jump,    ///< one is an hour wrong for a while
  clock_frozen,  ///< one stands still for a while
  // slow machines
  slow_disk,
  disk_stall,  ///< up to five seconds
  slow_execution,
  slow_verification,
  // disks of any validator: no promise is broken by the disk
  sync_error,  ///< a sync or a database write fails
  disk_full,
  rotten_block,  ///< an old block of one validator cannot be read any more, never of more than f
  // disks of at most f validators, which then count as faulty
  lost_write,  ///< the disk says it is done and has not written
  misdirected_write,
  rotten_journal,
  rotten_segment,
  rotten_database,
  // at most f validators at a time, which count as faulty until they vote again
  lost_journal,
  wiped_disk,
};
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::wiped_disk) + 1;

std::string_view fault_name(Fault fault);

class FaultSet {
 public:
  static FaultSet all() {
    FaultSet set;
    set.bits_.set();
    return set;
  }
  /// "all", "none", or names divided by commas.
  static Result<FaultSet> parse(std::string_view text);
  /// As `parse` reads it.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool has(Fault fault) const { return bits_.test(static_cast<std::size_t>(fault)); }
  void set(Fault fault, bool on) { bits_.set(static_cast<std::size_t>(fault), on); }
  friend bool operator==(const FaultSet&, const FaultSet&) = default;

 private:
  std::bitset<kFaults> bits_;
};

}  // namespace keten::simulator
