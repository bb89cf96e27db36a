#include "tools/keten/story.h"

#include <chrono>
#include <cstdlib>
#include <ostream>
#include <thread>

#include <fmt/format.h>

#include "client/keystore.h"
#include "tools/keten/ceremony.h"
#include "tools/keten/process.h"
#include "tools/keten/target.h"

namespace keten::tools {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

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

}  // namespace

Result<StoryFile> read_story(std::string_view name) {
  std::vector<std::filesystem::path> candidates;
  if (const char* folder = std::getenv("KETEN_EXAMPLES")) { candidates.emplace_back(folder); }
  auto above = program_folder();
  for (int i = 0; i < 5 && above.has_relative_path(); ++i, above = above.parent_path()) {
    candidates.push_back(above / "examples");
    candidates.push_back(above / "share" / "keten" / "examples");
  }
  for (const auto& candidate : candidates) {
    std::error_code ignored;
    if (!std::filesystem::exists(candidate / name / "index.json", ignored)) { continue; }
    const auto text = client::read_file(candidate / name / "index.json");
    if (!text) { return text.error(); }
    auto document = json::parse(*text);
    if (!document) { return document.error(); }
    return StoryFile{candidate / name, std::move(*document)};
  }
  return failure(
      ErrorKind::not_found, "EXAMPLES_MISSING",
      "cannot find examples/" + std::string(name) + " near this program; set KETEN_EXAMPLES to the folder examples");
}

Result<std::vector<std::string>> story_companies(std::string_view name) {
  const auto story = read_story(name);
  if (!story) { return story.error(); }
  const auto* companies = story->document.find("companies");
  if (companies == nullptr || !companies->is(json::Kind::array)) { return usual_companies(); }
  std::vector<std::string> names;
  for (const auto& company : companies->items()) { names.push_back(company.text()); }
  return names;
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

void print_network_facts(Console& console, const Network& network, const NetworkStatus& status,
                         const std::string& more) {
  const auto height = status.best_height();
  std::string root = "-";
  for (const auto& node : status.nodes) {
    if (node.answer) { root = shortened(node.answer->state_root.hex()); }
  }
  console.out << "\n" << console.bold("The network") << "\n" << status.table() << "\n";
  console.out << fmt::format("  {} blocks, {} transactions{}\n", height.value, transactions_up_to(network, height),
                             more.empty() ? "" : ", " + more);
  console.out << (status.roots_equal()
                      ? fmt::format("  state roots equal on all {} nodes: {}\n", status.nodes.size(), root)
                      : "  state roots are NOT equal, or a node lags; see keten node status --all\n");
}

}  // namespace keten::tools
