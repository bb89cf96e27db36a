// The story of examples/coldchain, played by the companies of a dev network.
#include <algorithm>
#include <chrono>
#include <ostream>

#include <fmt/format.h>

#include "client/keystore.h"
#include "core/json.h"
#include "tools/keten/capture.h"
#include "tools/keten/devnet.h"
#include "tools/keten/status.h"
#include "tools/keten/story.h"
#include "tools/keten/target.h"
#include "tools/keten/trace_view.h"

namespace keten::tools {
namespace {

using namespace std::chrono_literals;

struct Step {
  std::string file;
  std::string organisation;
  std::string what;
};

struct Story {
  std::filesystem::path folder;
  std::vector<Step> steps;
  std::string final_product;
};

Result<Story> load_story() {
  const auto read = read_story("coldchain");
  if (!read) { return read.error(); }
  const auto& [folder, document] = *read;
  Story story;
  story.folder = folder;
  const auto* steps = document.find("steps");
  const auto* trace = document.find("trace");
  if (steps == nullptr || !steps->is(json::Kind::array) || trace == nullptr) {
    return invalid("STORY_INVALID", "expected steps and trace in " + (folder / "index.json").string());
  }
  for (const auto& step : steps->items()) {
    story.steps.push_back({.file = std::string(step.find_string("file").value_or("")),
                           .organisation = std::string(step.find_string("organisation").value_or("")),
                           .what = std::string(step.find_string("what").value_or(""))});
  }
  story.final_product = trace->find_string("epc").value_or("");
  return story;
}

/// What was measured while the story was played.
struct Played {
  std::size_t events = 0;
  std::vector<std::chrono::microseconds> took;
};

Result<Played> play(Console& console, const Network& network, const Story& story) {
  Played played;
  std::size_t number = 0;
  for (const auto& step : story.steps) {
    console.progress(fmt::format("capturing {} of {}", ++number, story.steps.size()));
    const auto node = std::find_if(network.nodes.begin(), network.nodes.end(),
                                   [&](const auto& other) { return other.organisation == step.organisation; });
    if (node == network.nodes.end()) {
      return failure(ErrorKind::not_found, "STORY_COMPANY_MISSING",
                     "the story needs " + step.organisation + "; start at least 4 validators");
    }
    const auto target = target_of(network, *node, "");
    if (!target) { return target.error(); }
    const auto text = client::read_file(story.folder / step.file);
    if (!text) { return text.error(); }
    const auto captured = capture(*target, *text, CaptureWait::executed);
    if (!captured) {
      auto error = captured.error();
      error.message = step.file + ": " + error.message;
      return error;
    }
    played.events += captured->event_ids.size();
    played.took.push_back(captured->took);
    console.end_progress();
    console.out << fmt::format("  block {:>3}  {:<8}  {}\n", captured->height, step.organisation, step.what)
                << std::flush;
  }
  return played;
}

void print_facts(Console& console, const Network& network, const Played& played, const NetworkStatus& status) {
  auto sorted = played.took;
  std::sort(sorted.begin(), sorted.end());
  const auto median = sorted.empty() ? 0us : sorted[sorted.size() / 2];
  print_network_facts(console, network, status,
                      fmt::format("{} events; recorded by everyone in {:.0f} ms (median)", played.events,
                                  static_cast<double>(median.count()) / 1000.0));
}

void print_next(Console& console, const Story& story, const Network& network, const std::string& state) {
  const auto where = state.empty() ? std::string() : " --state " + state;
  console.out << "\n" << console.bold("What to try next") << "\n";
  if (state.empty()) {
    console.out << "  (this network is temporary: keten devnet up --state DIR --demo coldchain keeps one)\n";
  }
  console.out << "  keten trace " << story.final_product << " -o dot" << where << "\n"
              << "  keten epcis query eventType=TransformationEvent" << where << "\n"
              << "  keten node status --all" << where << "\n"
              << "  kill -9 " << network.nodes.back().pid << "; keten devnet restart " << network.nodes.back().name
              << where << "\n";
}

}  // namespace

int run_cold_chain(Console& console, const Network& network, const std::string& state_option) {
  const auto story = load_story();
  if (!story) { return console.fail(story.error()); }
  console.out << "\n" << console.bold("A cold chain, recorded by its companies") << "\n";
  const auto played = play(console, network, *story);
  if (!played) { return console.fail(played.error(), "keten devnet logs shows what the nodes say"); }
  const auto status = settled(network);
  print_facts(console, network, *played, status);

  const auto target = target_of(network, network.nodes.front(), "");
  if (!target) { return console.fail(target.error()); }
  const auto document =
      target->get_json("/v1/trace/" + client::percent_encode(story->final_product) + "?direction=back");
  if (!document) { return console.fail(document.error()); }
  const auto trace = parse_trace(*document);
  if (!trace) { return console.fail(trace.error()); }
  console.out << "\n"
              << console.bold("From the product back to the farm") << "   " << story->final_product << "\n"
              << trace_table(*trace) << "* recorded of what it was packed in at that time\n";
  print_next(console, *story, network, state_option);
  return status.roots_equal() ? kSuccess : kFailed;
}

}  // namespace keten::tools
