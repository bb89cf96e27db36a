// The story of examples/coldchain, played by the companies of a dev network.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ostream>
#include <thread>

#include <fmt/format.h>

#include "client/keystore.h"
#include "core/json.h"
#include "tools/keten/capture.h"
#include "tools/keten/devnet.h"
#include "tools/keten/status.h"
#include "tools/keten/target.h"
#include "tools/keten/trace_view.h"

namespace keten::tools {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

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

/// KETEN_EXAMPLES, else `examples` in a folder above this program (a build tree), else beside an installation.
Result<std::filesystem::path> story_folder() {
  std::vector<std::filesystem::path> candidates;
  if (const char* folder = std::getenv("KETEN_EXAMPLES")) { candidates.emplace_back(folder); }
  auto above = program_folder();
  for (int i = 0; i < 5 && above.has_relative_path(); ++i, above = above.parent_path()) {
    candidates.push_back(above / "examples");
    candidates.push_back(above / "share" / "keten" / "examples");
  }
  for (const auto& candidate : candidates) {
    std::error_code ignored;
    if (std::filesystem::exists(candidate / "coldchain" / "index.json", ignored)) { return candidate / "coldchain"; }
  }
  return failure(ErrorKind::not_found, "EXAMPLES_MISSING",
                 "cannot find examples/coldchain near this program; set KETEN_EXAMPLES to the folder examples");
}

Result<Story> load_story() {
  const auto folder = story_folder();
  if (!folder) { return folder.error(); }
  const auto text = client::read_file(*folder / "index.json");
  if (!text) { return text.error(); }
  const auto document = json::parse(*text);
  if (!document) { return document.error(); }
  Story story;
  story.folder = *folder;
  const auto* steps = document->find("steps");
  const auto* trace = document->find("trace");
  if (steps == nullptr || !steps->is(json::Kind::array) || trace == nullptr) {
    return invalid("STORY_INVALID", "expected steps and trace in " + (*folder / "index.json").string());
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

/// Asks until all nodes have executed the same height, or for five seconds.
NetworkStatus settled(const Network& network) {
  const auto deadline = Clock::now() + 5s;
  while (true) {
    auto status = ask_nodes(network);
    if (status.roots_equal() || Clock::now() > deadline) { return status; }
    std::this_thread::sleep_for(20ms);
  }
}

std::uint64_t transactions_up_to(const Network& network, Height height) {
  const auto ledger = Target{.node = network.nodes.front(), .token = {}}.ledger();
  std::uint64_t count = 0;
  for (Height at{1}; ledger && at <= height; ++at) {
    const auto block = ledger->block(at);
    if (!block) { break; }
    count += block->header.transaction_count;
  }
  return count;
}

void print_facts(Console& console, const Network& network, const Played& played, const NetworkStatus& status) {
  auto sorted = played.took;
  std::sort(sorted.begin(), sorted.end());
  const auto median = sorted.empty() ? 0us : sorted[sorted.size() / 2];
  const auto height = status.best_height();
  std::string root = "-";
  for (const auto& node : status.nodes) {
    if (node.answer) { root = shortened(node.answer->state_root.hex()); }
  }
  console.out << "\n" << console.bold("The network") << "\n" << status.table() << "\n";
  console.out << fmt::format("  {} blocks, {} transactions, {} events; recorded by everyone in {:.0f} ms (median)\n",
                             height.value, transactions_up_to(network, height), played.events,
                             static_cast<double>(median.count()) / 1000.0);
  console.out << (status.roots_equal()
                      ? fmt::format("  state roots equal on all {} nodes: {}\n", status.nodes.size(), root)
                      : "  state roots are NOT equal, or a node lags; see keten node status --all\n");
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
