#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulator/campaign.h"
#include "tests/simulator/mutants.h"
#include "tests/simulator/twins.h"

namespace {

using namespace keten::simulator;

constexpr std::size_t kCampaignValidatorsMax = 16;
constexpr const char* kUsage =
    "keten_simulate: validators under virtual time, faults and power cuts; one seed is one run\n"
    "\n"
    "  --seeds A-B       the seeds to run, both included, or one (default 1-100)\n"
    "  --validators N    from 1 to 100, or mixed: most runs 4, some 5, 6, 7 or 10 (default mixed)\n"
    "  --faults LIST     what may go wrong: all (default), none, or names divided by commas; an unknown name lists "
    "them\n"
    "  --views V         how long the faults last (default 100)\n"
    "  --characters C    faulty validators: all (in about half of the runs), none (default), or names with commas (in "
    "all)\n"
    "  --threads T       runs at the same time (default 2)\n"
    "  --until-failure   stops at the first run that fails\n"
    "  --mutant NAME     with this bug; list names them. Only keten_simulate_mutants has any\n"
    "  --twins           validators that run twice with one key, scripted: of 4 all scenarios, of 7 drawn; --seeds "
    "are\n"
    "                    their numbers\n"
    "  --every N         of the twins' scenarios one in N\n"
    "  --reach-all       fails also when something that runs are meant to reach never happened\n"
    "  --reach-each N    the same, when it happened less than N times\n"
    "  --rerun N         runs the first N seeds twice; fails when a second run is not the same to the last event\n"
    "  --latency MS      measures instead: finality and bytes for 4, 16, 49 and 100 validators (or --validators N) "
    "when\n"
    "                    every message takes so long; exit code 1 when p99 is above three delays and a tenth\n"
    "  --transcript      prints everything that happens; for one seed\n"
    "  -o, --output F    table (default) or json\n"
    "\n"
    "Exit code 1 when any run broke a promise or did not finish its work after healing.\n";

struct Options {
  CampaignOptions campaign;
  bool transcript = false;
  std::uint64_t reach_all = 0;  ///< 0: nothing is asked for
  bool json = false;
  std::uint64_t latency_ms = 0;  ///< 0: a campaign
  bool has_seeds = false;
  std::uint64_t every = 1;
  std::optional<twins::Options> twins;
};

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) { return std::nullopt; }
  return value;
}

[[noreturn]] void refuse(const std::string& why) {
  std::fprintf(stderr, "keten_simulate: %s; see --help\n", why.c_str());
  std::exit(2);
}

std::uint64_t number_between(std::string_view name, std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto value = parse_number(text);
  if (!value || *value < least || *value > most) {
    refuse(std::string(name) + ": expected a number from " + std::to_string(least) + " to " + std::to_string(most) +
           ", found '" + std::string(text) + "'");
  }
  return *value;
}

void plant(std::string_view name) {
  const auto names = mutant_names();
  if (name == "list") {
    for (const auto one : names) { std::printf("%s\n", std::string(one).c_str()); }
    std::exit(0);
  }
  if (names.empty()) { refuse("--mutant: this program has no bugs to order, keten_simulate_mutants has"); }
  if (!plant_mutant(name)) { refuse("--mutant: '" + std::string(name) + "' is not one of --mutant list"); }
}

Options parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = arguments[i];
    if (name == "--help" || name == "-h") {
      std::fputs(kUsage, stdout);
      std::exit(0);
    }
    if (name == "--transcript") {
      options.transcript = true;
      continue;
    }
    if (name == "--reach-all") {
      options.reach_all = std::max<std::uint64_t>(options.reach_all, 1);
      continue;
    }
    if (name == "--twins") {
      options.twins = twins::Options{};
      continue;
    }
    if (name == "--until-failure") {
      options.campaign.until_failure = true;
      continue;
    }
    if (i + 1 == count) { refuse(std::string(name) + ": unknown, or its value is missing"); }
    const std::string_view value = arguments[++i];
    if (name == "--seeds") {
      options.has_seeds = true;
      const auto dash = value.find('-');
      const auto last = dash == std::string_view::npos ? value : value.substr(dash + 1);
      options.campaign.first_seed = number_between(name, value.substr(0, dash), 0, UINT64_MAX - 1);
      options.campaign.last_seed = number_between(name, last, options.campaign.first_seed, UINT64_MAX - 1);
    } else if (name == "--validators") {
      options.campaign.validators.reset();
      if (value != "mixed") { options.campaign.validators = number_between(name, value, 1, 100); }
    } else if (name == "--faults") {
      const auto faults = FaultSet::parse(value);
      if (!faults) { refuse("--faults: " + faults.error().message); }
      options.campaign.faults = *faults;
    } else if (name == "--latency") {
      options.latency_ms = number_between(name, value, 1, 1000);
    } else if (name == "--reach-each") {
      options.reach_all = number_between(name, value, 1, UINT32_MAX);
    } else if (name == "--rerun") {
      options.campaign.reruns = static_cast<unsigned>(number_between(name, value, 1, UINT32_MAX));
    } else if (name == "--views") {
      options.campaign.views = keten::View{number_between(name, value, 1, 1'000'000)};
    } else if (name == "--every") {
      options.every = number_between(name, value, 1, 1'000'000);
    } else if (name == "--mutant") {
      plant(value);
    } else if (name == "--characters") {
      auto casting = byzantine::Casting::parse(value);
      if (!casting) { refuse("--characters: " + casting.error().message); }
      options.campaign.casting = *casting;
      options.campaign.characters = value;
    } else if (name == "--threads") {
      options.campaign.threads = static_cast<unsigned>(number_between(name, value, 1, 64));
    } else if (name == "-o" || name == "--output") {
      if (value != "json" && value != "table") { refuse("--output: expected table or json"); }
      options.json = value == "json";
    } else {
      refuse("unknown option " + std::string(name));
    }
  }
  if (options.latency_ms == 0 && options.campaign.validators.value_or(4) > kCampaignValidatorsMax) {
    refuse("--validators: expected at most " + std::to_string(kCampaignValidatorsMax) + ", more only with --latency");
  }
  if (options.transcript && options.campaign.first_seed != options.campaign.last_seed) {
    refuse("--transcript: expected one seed");
  }
  return options;
}

void print_breaches(const CampaignOptions& options, const RunResult& result) {
  std::string text;
  for (const auto* kind : {&result.breaches, &result.stalls}) {
    for (const auto& breach : *kind) {
      text += "seed " + std::to_string(result.seed) + ": " + std::string(breach.checker) + ": " + breach.text + "\n";
    }
  }
  text += "  again with: " + reproduce_line(options, result.seed) + "\n";
  std::fputs(text.c_str(), stderr);
}

}  // namespace

/// Exit code 1 also when the twins did not do what they are for.
static int run_twins(const Options& given) {
  auto options = *given.twins;
  options.validators = given.campaign.validators.value_or(4);
  if (options.validators != 4 && options.validators != 7) { refuse("--twins: expected --validators 4 or 7"); }
  if (given.has_seeds) {
    options.first = given.campaign.first_seed;
    options.last = given.campaign.last_seed;
  }
  options.every = given.every;
  options.threads = given.transcript ? 1 : given.campaign.threads;
  if (given.transcript) { options.transcript = &std::cout; }
  const auto summary = twins::run(options);
  for (const auto& text : summary.violations) { std::fprintf(stderr, "%s\n", text.c_str()); }
  const auto text = given.json ? twins::to_json(options, summary) + "\n" : twins::to_table(options, summary);
  std::fputs(text.c_str(), stdout);
  const bool is_idle =
      summary.played > 100 && (summary.twice_led == 0 || summary.conflicts == 0 || summary.alarms == 0);
  if (is_idle) { std::fputs("the twins never contradicted each other, or nobody noticed\n", stderr); }
  return summary.violations.empty() && !is_idle ? 0 : 1;
}

int main(int count, char** arguments) {
  const auto options = parse(count, arguments);
  if (options.twins) { return run_twins(options); }
  const auto begin = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() + 1e-9;
  };
  if (options.latency_ms > 0) {
    const auto& n = options.campaign.validators;
    const auto report = report_latency(n ? std::vector<std::size_t>{*n} : std::vector<std::size_t>{4, 16, 49, 100},
                                       options.latency_ms * kMillisecond, options.json);
    std::fputs(report.text.c_str(), stdout);
    return report.is_within ? 0 : 1;
  }
  Summary summary;
  if (options.transcript) {
    const auto seed = options.campaign.first_seed;
    const Founding founding(validators_of(options.campaign, seed));
    const auto result =
        run(founding, {seed, options.campaign.views, &std::cout, options.campaign.casting, options.campaign.faults});
    summary.add(result);
    if (result.failed()) { print_breaches(options.campaign, result); }
  } else {
    summary =
        run_campaign(options.campaign, [&](const RunResult& result) { print_breaches(options.campaign, result); });
  }
  const auto text = options.json ? to_json(options.campaign, summary, elapsed()) + "\n"
                                 : to_table(options.campaign, summary, elapsed());
  std::fputs(text.c_str(), stdout);
  bool reached = true;
  if (options.reach_all > 0) {
    for (const auto& name : unreached(options.campaign, summary.counters, options.reach_all)) {
      std::fprintf(stderr, "happened less than %llu times: %s\n", static_cast<unsigned long long>(options.reach_all),
                   name.c_str());
      reached = false;
    }
    for (const auto name : ineffective(options.campaign, summary.deeds)) {
      std::fprintf(stderr, "without effect: %s\n", std::string(name).c_str());
      reached = false;
    }
  }
  const bool is_repeatable = summary.reruns == summary.reruns_equal;
  if (!is_repeatable) { std::fputs("a second run of a seed was not the same\n", stderr); }
  return summary.failed_seeds.empty() && reached && is_repeatable ? 0 : 1;
}
