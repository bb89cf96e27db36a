#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/simulator/simulation.h"

namespace keten::simulator {

struct CampaignOptions {
  std::uint64_t first_seed = 1;
  std::uint64_t last_seed = 100;
  std::size_t validators = 4;
  View views{100};
  unsigned threads = 2;
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

  void add(const RunResult& result);
};

/// The command that repeats one run.
std::string reproduce_line(const CampaignOptions& options, std::uint64_t seed);

/// Runs every seed once; the runs are independent, threads only share the stock of transactions. `failed` is called from
/// one thread at a time.
Summary run_campaign(const CampaignOptions& options, const std::function<void(const RunResult&)>& failed);

/// What never happened although honest validators under faults can reach it.
std::vector<std::string_view> unreached(const CampaignOptions& options, const Counters& counters);

/// Characters that were used and never had an effect.
std::vector<std::string_view> ineffective(const CampaignOptions& options, const byzantine::Tally& deeds);

/// JSON, one member for each count.
std::string to_json(const CampaignOptions& options, const Summary& summary, double seconds);
std::string to_table(const CampaignOptions& options, const Summary& summary, double seconds);

}  // namespace keten::simulator
