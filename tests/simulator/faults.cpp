#include "tests/simulator/faults.h"

namespace keten::simulator {

std::string_view fault_name(Fault fault) {
  switch (fault) {
    case Fault::kill: return "kill";
    case Fault::power: return "power";
    case Fault::power_of_all: return "power-of-all";
    case Fault::loss: return "loss";
    case Fault::duplication: return "duplication";
    case Fault::stragglers: return "stragglers";
    case Fault::bandwidth: return "bandwidth";
    case Fault::isolation: return "isolation";
    case Fault::halves: return "halves";
    case Fault::one_way: return "one-way";
    case Fault::flapping: return "flapping";
    case Fault::ring: return "ring";
    case Fault::bridge: return "bridge";
    case Fault::resets: return "resets";
    case Fault::clock_skew: return "clock-skew";
    case Fault::clock_jump: return "clock-jump";
    case Fault::clock_frozen: return "clock-frozen";
    case Fault::slow_disk: return "slow-disk";
    case Fault::disk_stall: return "disk-stall";
    case Fault::slow_execution: return "slow-execution";
    case Fault::slow_verification: return "slow-verification";
    case Fault::sync_error: return "sync-error";
    case Fault::disk_full: return "disk-full";
    case Fault::rotten_block: return "rotten-block";
    case Fault::lost_write: return "lost-write";
    case Fault::misdirected_write: return "misdirected-write";
    case Fault::rotten_journal: return "rotten-journal";
    case Fault::rotten_segment: return "rotten-segment";
    case Fault::rotten_database: return "rotten-database";
    case Fault::lost_journal: return "lost-journal";
    case Fault::wiped_disk: return "wiped-disk";
  }
  return "";
}

Result<FaultSet> FaultSet::parse(std::string_view text) {
  if (text == "all") { return all(); }
  FaultSet set;
  if (text == "none") { return set; }
  while (true) {
    const auto comma = text.find(',');
    const auto name = text.substr(0, comma);
    bool found = false;
    for (std::size_t i = 0; i < kFaults && !found; ++i) {
      const auto fault = static_cast<Fault>(i);
      found = fault_name(fault) == name;
      if (found) { set.set(fault, true); }
    }
    if (!found) {
      std::string known = "all, none";
      for (std::size_t i = 0; i < kFaults; ++i) { known += ", " + std::string(fault_name(static_cast<Fault>(i))); }
      return failure(
          ErrorKind::invalid, "UNKNOWN_FAULT",
          "expected names of faults divided by commas, found '" + std::string(name) + "'; there are " + known);
    }
    if (comma == std::string_view::npos) { return set; }
    text = text.substr(comma + 1);
  }
}

std::string FaultSet::text() const {
  if (*this == all()) { return "all"; }
  std::string result;
  for (std::size_t i = 0; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (has(fault)) { result += (result.empty() ? "" : ",") + std::string(fault_name(fault)); }
  }
  return result.empty() ? "none" : result;
}

}  // namespace keten::simulator
