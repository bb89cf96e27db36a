// keten bench: a running dev network, or one of our own that lives as long as the measurement.
#include <algorithm>
#include <memory>
#include <ostream>

#include "client/keystore.h"
#include "tools/bench/report.h"
#include "tools/keten/ceremony.h"
#include "tools/keten/devnet.h"
#include "tools/keten/options.h"

namespace keten::tools {
namespace {

using namespace std::chrono_literals;

Result<std::vector<bench::NodeUnderTest>> nodes_under_test(const Network& network) {
  std::vector<bench::NodeUnderTest> nodes;
  for (const auto& node : network.nodes) {
    const HomeFiles files{node.home};
    const auto key = client::read_key_file(files.key("device"));
    if (!key) { return key.error(); }
    client::Endpoint endpoint;
    endpoint.address = node.grpc;
    for (const auto& [path, text] :
         {std::pair{files.server_certificate(), &endpoint.server_certificates},
          std::pair{files.client_certificate(), &endpoint.certificate}, std::pair{files.client_key(), &endpoint.key}}) {
      auto content = client::read_file(path);
      if (!content) { return content.error(); }
      *text = std::move(*content);
    }
    nodes.push_back({.name = node.name,
                     .endpoint = std::move(endpoint),
                     .sender = {.chain_id = network.chain_id, .organisation = node.organisation, .key = *key},
                     .pid = node.pid,
                     .data = node.home / "data"});
  }
  return nodes;
}

/// A network of our own, stopped and deleted at the end.
class OwnNetwork {
 public:
  Result<Network> start(std::size_t validators) {
    auto network = open_devnet(folder_.path() / "net", validators, usual_companies());
    if (!network) { return network; }
    if (auto started = start_devnet(folder_.path() / "net", *network, "", Lifetime::ours); !started) {
      return started.error();
    }
    nodes_ = network->nodes;
    if (auto ready = wait_until_ready(*network, 30s); !ready) { return ready.error(); }
    return network;
  }
  ~OwnNetwork() { stop_nodes(nodes_); }

 private:
  TemporaryFolder folder_;
  std::vector<NetworkNode> nodes_;
};

}  // namespace

int run_bench(Console& console, const BenchCommandOptions& options) {
  OwnNetwork own;
  catch_interrupts();
  console.progress("starting the network");
  const auto network = options.state.empty() ? own.start(options.validators) : load_network(options.state);
  if (!network) { return console.fail(network.error()); }
  const auto nodes = nodes_under_test(*network);
  if (!nodes) { return console.fail(nodes.error()); }

  bench::LoadOptions load;
  load.duration = std::chrono::milliseconds(static_cast<std::int64_t>(options.duration_s * 1000));
  load.clients = options.clients;
  load.transaction_bytes = options.size;
  load.rate = options.rate;
  load.entities = options.entities;
  load.agreement = options.uses;
  load.organisation = options.organisation;
  if (!options.organisation.empty() && std::ranges::none_of(*nodes, [&](const auto& node) {
        return node.sender.organisation == options.organisation;
      })) {
    return console.fail(invalid("UNKNOWN_COMPANY", "expected a company of the network, found " + options.organisation));
  }
  load.interrupted = interrupted;
  if (options.events > 0) {
    load.events = options.events;
    load = bench::for_documents(std::move(load));
  }
  const auto report = bench::run_bench(*nodes, load, [&console](const std::string& line) { console.progress(line); });
  console.end_progress();
  if (!report) { return console.fail(report.error()); }
  console.out << (options.output == OutputForm::json ? json::pretty(report->to_json()) + "\n" : report->text());
  return report->load.committed == 0 ? kFailed : kSuccess;
}

}  // namespace keten::tools
