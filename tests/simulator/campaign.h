#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulator/simulation.h"

namespace keten::simulator {

struct CampaignOptions {
  std::uint64_t first_seed = 1;
  std::uint64_t last_seed = 100;
  std::optional<std::size_t> validators;  ///< none: mostly 4, some seeds 5, 6, 7 or 10
  FaultSet faults = FaultSet::all();
  unsigned reruns = 0;  ///< so many of the seeds run twice and must be equal to the last event
  View views{100};
  unsigned threads = 2;
  bool until_failure = false;  ///< stops at the first failed run
  byzantine::Casting casting = {};
  std::string characters = "none";  ///< as given; for the line that repeats a run
};

/// What many seeds came to.
struct Summary {
  std::uint64_t runs = 0;
  std::uint64_t violations = 0;  ///< runs with a broken promise
  std::uint64_t stalls = 0;      ///< runs that did not finish their work after healing
  std::uint64_t views = 0;
  std::uint64_t blocks = 0;
  std::uint64_t final_transactions = 0;
  Time virtual_time = 0;
  Time longest_heal = 0;
  std::uint64_t slowest_seed = 0;  ///< to heal
  Counters counters;
  byzantine::Tally deeds{};
  std::vector<std::uint64_t> failed_seeds;  ///< ascending
  std::uint64_t log_hash = 0;               ///< over all runs, whatever thread ran them
  std::uint64_t reruns = 0;
  std::uint64_t reruns_equal = 0;

  void add(const RunResult& result);
};

/// How many validators the run of a seed has.
std::size_t validators_of(const CampaignOptions& options, std::uint64_t seed);

/// The command that repeats one run.
std::string reproduce_line(const CampaignOptions& options, std::uint64_t seed);

/// Runs every seed once; the runs are independent, threads only share the stock of transactions. `failed` is called from
/// one thread at a time.
Summary run_campaign(const CampaignOptions& options, const std::function<void(const RunResult&)>& failed);

/// What happened less often than `least` times although honest validators under faults can reach it.
std::vector<std::string> unreached(const CampaignOptions& options, const Counters& counters, std::uint64_t least);

/// Characters that were used and never had an effect.
std::vector<std::string_view> ineffective(const CampaignOptions& options, const byzantine::Tally& deeds);

/// How long finality takes and what is sent for it when nothing goes wrong. False: a 99th percentile from proposal to
/// finality is more than three delays and a tenth.
struct LatencyReport {
  std::string text;
  bool is_within = true;
};
LatencyReport report_latency(const std::vector<std::size_t>& validators, Time delay, bool as_json);

/// JSON, one member for each count.
std::string to_json(const CampaignOptions& options, const Summary& summary, double seconds);
std::string to_table(const CampaignOptions& options, const Summary& summary, double seconds);

}  // namespace keten::simulator
