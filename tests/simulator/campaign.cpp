#include "tests/simulator/campaign.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <thread>

#include <unistd.h>

#include "core/json.h"
#include "tests/simulator/random.h"

namespace keten::simulator {
namespace {

/// A broken CHECK ends the process; the seed it was in must not be lost with it.
thread_local char current_line[256];

void print_current_line(int /*signal*/) {
  std::size_t length = 0;
  while (length < sizeof(current_line) && current_line[length] != '\0') { ++length; }
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, current_line, length);
}

void remember(const CampaignOptions& options, std::uint64_t seed) {
  std::snprintf(current_line, sizeof(current_line), "broken CHECK; again with: %s\n",
                reproduce_line(options, seed).c_str());
}

std::string decimal(double value) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.1f", value);
  return text;
}

}  // namespace

void Summary::add(const RunResult& result) {
  ++runs;
  if (!result.breaches.empty()) { ++violations; }
  if (!result.stalls.empty()) { ++stalls; }
  if (result.failed()) { failed_seeds.insert(std::ranges::lower_bound(failed_seeds, result.seed), result.seed); }
  views += result.views.value;
  blocks += result.blocks.value;
  final_transactions += result.final_transactions;
  virtual_time += result.virtual_time;
  if (result.time_to_heal > longest_heal || (result.time_to_heal == longest_heal && result.seed < slowest_seed)) {
    longest_heal = result.time_to_heal;
    slowest_seed = result.seed;
  }
  counters.add(result.counters);
  for (std::size_t i = 0; i < deeds.size(); ++i) {
    deeds[i].acts += result.deeds[i].acts;
    deeds[i].effects += result.deeds[i].effects;
  }
  log_hash ^= Random::mix(result.log_hash ^ result.seed);
}

std::string reproduce_line(const CampaignOptions& options, std::uint64_t seed) {
  return "keten_simulate --seeds " + std::to_string(seed) + "-" + std::to_string(seed) + " --validators " +
         std::to_string(options.validators) + " --views " + options.views.text() +
         (options.characters == "none" ? "" : " --characters " + options.characters) + " --transcript";
}

Summary run_campaign(const CampaignOptions& options, const std::function<void(const RunResult&)>& failed) {
  std::signal(SIGABRT, print_current_line);
  std::signal(SIGSEGV, [](int number) {
    print_current_line(number);
    std::signal(number, SIG_DFL);
  });
  const Founding founding(options.validators);
  Summary summary;
  std::mutex mutex;
  std::atomic<std::uint64_t> next{options.first_seed};
  const auto work = [&] {
    for (auto seed = next.fetch_add(1); seed <= options.last_seed; seed = next.fetch_add(1)) {
      remember(options, seed);
      const auto result = run(founding, {seed, options.views, nullptr, options.casting});
      const std::lock_guard lock(mutex);
      summary.add(result);
      if (result.failed()) { failed(result); }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.threads; ++i) { threads.emplace_back(work); }
  work();
  for (auto& thread : threads) { thread.join(); }
  return summary;
}

std::vector<std::string_view> unreached(const CampaignOptions& options, const Counters& counters) {
  std::vector<std::string_view> result;
  for (std::size_t i = 0; i < kHappenings; ++i) {
    const auto happening = static_cast<Happening>(i);
    const bool is_of_epochs = happening >= Happening::epoch_changed && happening <= Happening::parameter_changed;
    if (is_of_epochs && !options.casting.places.empty()) { continue; }  // the set changes in honest runs only
    if (happening != Happening::alarm && counters.of(happening) == 0) { result.push_back(happening_name(happening)); }
  }
  return result;
}

std::vector<std::string_view> ineffective(const CampaignOptions& options, const byzantine::Tally& deeds) {
  std::vector<std::string_view> result;
  for (const auto kind : options.casting.places) {
    if (deeds[kind].effects == 0) { result.push_back(byzantine::kinds()[kind].name); }
  }
  return result;
}

std::string to_json(const CampaignOptions& options, const Summary& summary, double seconds) {
  using json::Value;
  const auto number = [](std::uint64_t value) { return Value::number(static_cast<std::int64_t>(value)); };
  auto events = Value::object();
  for (std::size_t i = 0; i < kHappenings; ++i) {
    const auto happening = static_cast<Happening>(i);
    events.set(std::string(happening_name(happening)), number(summary.counters.of(happening)));
  }
  auto characters = Value::object();
  for (const auto kind : options.casting.places) {
    auto deeds = Value::object();
    deeds.set("acts", number(summary.deeds[kind].acts)).set("effects", number(summary.deeds[kind].effects));
    characters.set(std::string(byzantine::kinds()[kind].name), std::move(deeds));
  }
  auto failed = Value::array();
  for (const auto seed : summary.failed_seeds) { failed.push(number(seed)); }
  auto result = Value::object();
  result.set("runs", number(summary.runs))
      .set("validators", number(options.validators))
      .set("views", number(summary.views))
      .set("blocks", number(summary.blocks))
      .set("final_transactions", number(summary.final_transactions))
      .set("violations", number(summary.violations))
      .set("stalls", number(summary.stalls))
      .set("failed_seeds", std::move(failed))
      .set("virtual_seconds", number(summary.virtual_time / kSecond))
      .set("longest_heal_ms", number(summary.longest_heal / kMillisecond))
      .set("longest_heal_seed", number(summary.slowest_seed))
      .set("seconds", Value::number(decimal(seconds)))
      .set("seeds_per_second", Value::number(decimal(static_cast<double>(summary.runs) / seconds)))
      .set("log_hash", Value::string(std::to_string(summary.log_hash)))
      .set("events", std::move(events))
      .set("characters", std::move(characters));
  return json::pretty(result);
}

std::string to_table(const CampaignOptions& options, const Summary& summary, double seconds) {
  std::string text = std::to_string(summary.runs) + " runs of " + std::to_string(options.validators) + " validators, " +
                     std::to_string(summary.views) + " views, " + std::to_string(summary.blocks) + " blocks, " +
                     std::to_string(summary.final_transactions) + " final transactions, " +
                     std::to_string(summary.virtual_time / kSecond) + " virtual seconds\n" +
                     std::to_string(summary.violations) + " violations, " + std::to_string(summary.stalls) +
                     " stalls, slowest to heal " + std::to_string(summary.longest_heal / kMillisecond) + " ms (seed " +
                     std::to_string(summary.slowest_seed) + ")\n" +
                     decimal(static_cast<double>(summary.runs) / seconds) + " seeds per second, log hash " +
                     std::to_string(summary.log_hash) + "\n\n";
  for (std::size_t i = 0; i < kHappenings; ++i) {
    const auto happening = static_cast<Happening>(i);
    auto name = std::string(happening_name(happening));
    name.resize(28, ' ');
    text += "  " + name + std::to_string(summary.counters.of(happening)) + "\n";
  }
  for (const auto kind : options.casting.places) {
    auto name = std::string(byzantine::kinds()[kind].name);
    name.resize(28, ' ');
    text += "  " + name + std::to_string(summary.deeds[kind].acts) + " acts, " +
            std::to_string(summary.deeds[kind].effects) + " with effect\n";
  }
  return text;
}

}  // namespace keten::simulator
