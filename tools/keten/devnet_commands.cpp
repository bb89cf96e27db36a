// keten devnet: a network of companies on this machine.
#include <algorithm>
#include <memory>
#include <ostream>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "client/keystore.h"
#include "tools/keten/ceremony.h"
#include "tools/keten/devnet.h"
#include "tools/keten/options.h"
#include "tools/keten/status.h"
#include "tools/keten/story.h"

namespace keten::tools {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string state_of(const DevnetOptions& options) {
  return find_state({.state = options.state}).value_or("keten-devnet").string();
}

void print_network(Console& console, const Network& network, const std::string& state, double seconds) {
  console.out << fmt::format("{}   chain {}   {} validators (tolerates {} faulty)   state: {}\n\n",
                             console.bold("Keten devnet"), network.chain_name, network.nodes.size(),
                             network.nodes.size() - network.quorum(), state.empty() ? "temporary" : state);
  Table nodes({{"NODE"}, {"ORGANISATION"}, {"HTTP API"}, {"GRPC"}, {"PID", Table::Align::right}});
  for (const auto& node : network.nodes) {
    nodes.add({node.name, node.organisation, "http://" + node.http, node.grpc, std::to_string(node.pid)});
  }
  console.out << nodes.text(" ") << fmt::format("\nReady in {:.1f} s.\n", seconds);
}

void print_hints(Console& console, const Network& network, const std::string& state) {
  if (state.empty()) { return; }
  const auto& node = network.nodes.front();
  console.out << "\nTry it\n"
              << "  keten node status --all --state " << state << "\n"
              << "  keten tx submit --key greeting --value hello --wait executed --state " << state << "\n"
              << "  curl http://" << node.http << "/readyz\n"
              << "Users and their tokens: " << state << "/devnet.json\n";
}

/// Keeps the network up until Ctrl-C, telling when a node ends; what was started meanwhile by others is stopped as well.
void stay_up(Console& console, const std::filesystem::path& state, const std::string& state_option) {
  console.out << (state_option.empty() ? "\nCtrl-C stops the network and deletes it (--state DIR keeps it).\n"
                                       : "\nCtrl-C stops the network; its data stays.\n")
              << std::flush;
  std::set<pid_t> reported;
  while (!interrupted()) {
    std::this_thread::sleep_for(200ms);
    reap_children();
    const auto network = load_network(state);
    if (!network) { return; }
    for (const auto& node : network->nodes) {
      if (!is_running(node) && reported.insert(node.pid).second) {
        console.out << fmt::format("{} (pid {}) has ended. Start it again: keten devnet restart {} --state {}\n",
                                   node.name, node.pid, node.name, state.string())
                    << std::flush;
      }
    }
  }
  console.out << "\n";
}

/// Stops all nodes but those that ran before us.
void stop(Console& console, const std::filesystem::path& state, const std::set<pid_t>& from_before) {
  auto network = load_network(state);
  if (!network) { return; }
  std::erase_if(network->nodes, [&](const auto& node) { return from_before.contains(node.pid); });
  const auto start = Clock::now();
  stop_nodes(network->nodes);
  console.err << fmt::format("Stopped in {:.1f} s.\n", seconds_since(start));
}

}  // namespace

int run_devnet_up(Console& console, const DevnetOptions& given) {
  auto options = given;
  // One node is started into a network that somebody else keeps up.
  options.detach = options.detach || !options.node.empty();
  if (!options.demo.empty() && options.demo != "coldchain" && options.demo != "dairy") {
    console.fail(invalid("DEMO_UNKNOWN", "expected coldchain or dairy, found \"" + options.demo + "\""));
    return kUsage;
  }
  const auto companies =
      options.demo.empty() ? Result<std::vector<std::string>>(usual_companies()) : story_companies(options.demo);
  if (!companies) { return console.fail(companies.error()); }
  if (auto program = daemon_program(); !program) {
    return console.fail(program.error(), "build it: cmake --build --preset release --target ketend");
  }
  if (options.detach && options.state.empty()) {
    console.fail(invalid("STATE_NEEDED", "a network that stays needs a place: give --state DIR with --detach"));
    return kUsage;
  }
  catch_interrupts();
  // The temporary folder outlives the nodes that are stopped below.
  std::unique_ptr<TemporaryFolder> temporary;
  std::filesystem::path state = options.state;
  if (options.state.empty()) {
    temporary = std::make_unique<TemporaryFolder>();
    state = temporary->path();
  }
  const auto start = Clock::now();
  auto network = open_devnet(state, options.validators, *companies);
  if (!network) { return console.fail(network.error()); }
  std::set<pid_t> from_before;
  for (const auto& node : network->nodes) {
    if (is_running(node)) { from_before.insert(node.pid); }
  }
  console.progress(fmt::format("starting {} validators", network->nodes.size()));
  auto started = start_devnet(state, *network, options.node, options.detach ? Lifetime::detached : Lifetime::ours);
  if (started && options.node.empty()) { started = wait_until_ready(*network, 30s); }
  console.end_progress();
  if (started && !options.config_out.empty()) {
    started = client::write_file(options.config_out, network->to_json(), client::FileAccess::owner,
                                 client::Existing::replace);
  }
  if (!started) {
    if (!options.detach) { stop(console, state, from_before); }
    return console.fail(started.error(), options.detach
                                             ? "keten devnet logs --state DIR; what has started keeps running"
                                             : "--state DIR --detach keeps the homes with their logs");
  }
  const auto seconds = seconds_since(start);
  if (options.output == OutputForm::json) {
    console.out << network->to_json();
  } else {
    print_network(console, *network, options.state, seconds);
  }
  int code = kSuccess;
  if (options.demo == "dairy") {
    code = run_dairy(console, *network, state, options.state);
  } else if (!options.demo.empty()) {
    code = run_cold_chain(console, *network, options.state);
  } else if (options.output == OutputForm::table) {
    print_hints(console, *network, options.state);
  }
  if (options.detach) { return code; }
  if (!options.once && console.has_terminal()) { stay_up(console, state, options.state); }
  stop(console, state, from_before);
  return code;
}

int run_devnet_down(Console& console, const DevnetOptions& options) {
  const auto state = state_of(options);
  const auto network = load_network(state);
  if (!network) { return console.fail(network.error()); }
  stop(console, state, {});
  return kSuccess;
}

int run_devnet_restart(Console& console, const DevnetOptions& options) {
  const auto state = state_of(options);
  auto network = load_network(state);
  if (!network) { return console.fail(network.error()); }
  const auto* node = network->find_node(options.node);
  if (node == nullptr) {
    return console.fail(failure(ErrorKind::not_found, "NODE_UNKNOWN", "the network has no node " + options.node));
  }
  stop_nodes({*node});
  if (auto started = start_devnet(state, *network, options.node, Lifetime::detached); !started) {
    return console.fail(started.error());
  }
  console.out << fmt::format("{} started with pid {}\n", options.node, network->find_node(options.node)->pid);
  return kSuccess;
}

int run_devnet_status(Console& console, const DevnetOptions& options) {
  return run_node_status(console, {.target = {.state = state_of(options)}, .all = true, .output = options.output});
}

int run_devnet_logs(Console& console, const DevnetOptions& options) {
  const auto network = load_network(state_of(options));
  if (!network) { return console.fail(network.error()); }
  for (const auto& node : network->nodes) {
    if (!options.node.empty() && node.name != options.node) { continue; }
    console.out << console.bold("== " + node.name) << "  " << (node.home / "ketend.log").string() << "\n"
                << last_lines(node.home / "ketend.log", options.lines);
  }
  return kSuccess;
}

}  // namespace keten::tools
