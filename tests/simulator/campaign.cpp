#include "tests/simulator/campaign.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
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

/// What the runs with one number of validators share, made by whoever needs it first.
class Foundings {
 public:
  const Founding& of(std::size_t validators) {
    const std::lock_guard lock(mutex_);
    auto& founding = foundings_[validators];
    if (founding == nullptr) { founding = std::make_unique<const Founding>(validators); }
    return *founding;
  }

 private:
  std::mutex mutex_;
  std::map<std::size_t, std::unique_ptr<const Founding>> foundings_;
};

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
  auto line = "keten_simulate --seeds " + std::to_string(seed) + " --views " + options.views.text();
  if (options.validators) { line += " --validators " + std::to_string(*options.validators); }
  if (options.faults != FaultSet::all()) { line += " --faults " + options.faults.text(); }
  if (options.characters != "none") { line += " --characters " + options.characters; }
  return line + " --transcript";
}

std::size_t validators_of(const CampaignOptions& options, std::uint64_t seed) {
  if (options.validators) { return *options.validators; }
  const auto draw = Random::mix(seed) % 100;
  if (draw < 70) { return 4; }
  if (draw < 80) { return 5; }
  if (draw < 88) { return 6; }
  return draw < 97 ? 7 : 10;
}

Summary run_campaign(const CampaignOptions& options, const std::function<void(const RunResult&)>& failed) {
  std::signal(SIGABRT, print_current_line);
  std::signal(SIGSEGV, [](int number) {
    print_current_line(number);
    std::signal(number, SIG_DFL);
  });
  Foundings foundings;
  Summary summary;
  std::mutex mutex;
  std::atomic<std::uint64_t> next{options.first_seed};
  std::atomic<bool> is_over{false};
  const auto work = [&] {
    for (auto seed = next.fetch_add(1); seed <= options.last_seed; seed = next.fetch_add(1)) {
      if (is_over) { break; }
      remember(options, seed);
      const auto& founding = foundings.of(validators_of(options, seed));
      const RunOptions one{seed, options.views, nullptr, options.casting, options.faults};
      const auto result = run(founding, one);
      std::optional<bool> is_equal;
      if (seed - options.first_seed < options.reruns) { is_equal = run(founding, one).log_hash == result.log_hash; }
      const std::lock_guard lock(mutex);
      if (is_over) { break; }
      is_over = options.until_failure && result.failed();
      summary.add(result);
      if (is_equal) {
        ++summary.reruns;
        summary.reruns_equal += *is_equal ? 1 : 0;
      }
      if (result.failed()) { failed(result); }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.threads; ++i) { threads.emplace_back(work); }
  work();
  for (auto& thread : threads) { thread.join(); }
  return summary;
}

std::vector<std::string> unreached(const CampaignOptions& options, const Counters& counters, std::uint64_t least) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < kHappenings; ++i) {
    const auto happening = static_cast<Happening>(i);
    const bool is_of_epochs = happening >= Happening::epoch_changed && happening <= Happening::parameter_changed;
    const bool is_of_amnesia = happening >= Happening::journal_lost && happening <= Happening::quarantine_left;
    const bool is_honest = options.casting.places.empty();
    // The set changes, and honest validators lose what they signed, in honest runs only.
    if ((is_of_epochs || is_of_amnesia) && !is_honest) { continue; }
    if (happening == Happening::evidence_recorded && is_honest) { continue; }
    const auto count = counters.of(happening);
    if (count < least) { result.push_back(std::string(happening_name(happening)) + ": " + std::to_string(count)); }
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

namespace {

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) { text.insert(0, width - text.size(), ' '); }
  return text;
}

std::string milliseconds(Time time) { return decimal(static_cast<double>(time) / kMillisecond); }

}  // namespace

LatencyReport report_latency(const std::vector<std::size_t>& validators, Time delay, bool as_json) {
  using json::Value;
  const auto number = [](std::uint64_t value) { return Value::number(static_cast<std::int64_t>(value)); };
  LatencyReport report;
  auto rows = Value::array();
  std::string table =
      "one-way delay " + milliseconds(delay) + " ms; times in ms, bytes by one validator for one block\n" +
      "    n   proposal to final    submission to final   proposals     votes certificates    gossip     other\n" +
      "            p50       p99        p50       p99\n";
  for (const auto n : validators) {
    const auto result = measure(Founding(n), {delay, 40});
    const auto proposal = result.measurements.proposal_to_final();
    const auto submission = result.measurements.submission_to_final();
    const auto p99 = percentile(proposal, 99);
    report.is_within = report.is_within && !proposal.empty() && p99 * 10 <= delay * 33;
    table += padded(std::to_string(n), 5) + padded(milliseconds(percentile(proposal, 50)), 11) +
             padded(milliseconds(p99), 10) + padded(milliseconds(percentile(submission, 50)), 11) +
             padded(milliseconds(percentile(submission, 99)), 10);
    auto bytes = Value::object();
    for (std::size_t i = 0; i < kTraffics; ++i) {
      const auto each =
          result.measurements.bytes(static_cast<Traffic>(i)) / (n * std::max<std::uint64_t>(1, result.blocks));
      table += padded(std::to_string(each), i == 0 ? 12 : i == 2 ? 13 : 10);
      bytes.set(std::string(traffic_name(static_cast<Traffic>(i))), number(each));
    }
    table += "\n";
    auto row = Value::object();
    row.set("validators", number(n))
        .set("blocks", number(result.blocks))
        .set("proposal_to_final_p50_us", number(percentile(proposal, 50)))
        .set("proposal_to_final_p99_us", number(p99))
        .set("submission_to_final_p50_us", number(percentile(submission, 50)))
        .set("submission_to_final_p99_us", number(percentile(submission, 99)))
        .set("bytes_per_validator_and_block", std::move(bytes));
    rows.push(std::move(row));
  }
  auto whole = Value::object();
  whole.set("delay_us", number(delay)).set("rows", std::move(rows));
  report.text = as_json ? json::pretty(whole) + "\n" : table;
  return report;
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
      .set("validators", options.validators ? number(*options.validators) : Value::string("mixed"))
      .set("faults", Value::string(options.faults.text()))
      .set("views", number(summary.views))
      .set("blocks", number(summary.blocks))
      .set("final_transactions", number(summary.final_transactions))
      .set("violations", number(summary.violations))
      .set("stalls", number(summary.stalls))
      .set("failed_seeds", std::move(failed))
      .set("virtual_seconds", number(summary.virtual_time / kSecond))
      .set("longest_heal_ms", number(summary.longest_heal / kMillisecond))
      .set("longest_heal_seed", number(summary.slowest_seed))
      .set("reruns", number(summary.reruns))
      .set("reruns_equal", number(summary.reruns_equal))
      .set("seconds", Value::number(decimal(seconds)))
      .set("seeds_per_second", Value::number(decimal(static_cast<double>(summary.runs) / seconds)))
      .set("log_hash", Value::string(std::to_string(summary.log_hash)))
      .set("events", std::move(events))
      .set("characters", std::move(characters));
  return json::pretty(result);
}

std::string to_table(const CampaignOptions& options, const Summary& summary, double seconds) {
  std::string text = std::to_string(summary.runs) + " runs of " +
                     (options.validators ? std::to_string(*options.validators) : std::string("4 to 10")) +
                     " validators, " + std::to_string(summary.views) + " views, " + std::to_string(summary.blocks) +
                     " blocks, " + std::to_string(summary.final_transactions) + " final transactions, " +
                     std::to_string(summary.virtual_time / kSecond) + " virtual seconds\n" +
                     std::to_string(summary.violations) + " violations, " + std::to_string(summary.stalls) +
                     " stalls, slowest to heal " + std::to_string(summary.longest_heal / kMillisecond) + " ms (seed " +
                     std::to_string(summary.slowest_seed) + ")\n" +
                     decimal(static_cast<double>(summary.runs) / seconds) + " seeds per second, log hash " +
                     std::to_string(summary.log_hash) + "\n" +
                     (summary.reruns == 0 ? ""
                                          : std::to_string(summary.reruns_equal) + " of " +
                                                std::to_string(summary.reruns) + " runs were the same again\n") +
                     "\n";
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
