// keten node status: one line a node, and whether the chain can advance.
#include <algorithm>
#include <future>
#include <ostream>

#include <fmt/format.h>

#include "tools/keten/options.h"
#include "tools/keten/status.h"

namespace keten::tools {
namespace {

std::size_t quorum_of(std::size_t validators) { return 2 * validators / 3 + 1; }

std::size_t connected_peers(const NodeStatus& status) {
  return static_cast<std::size_t>(
      std::count_if(status.peers.begin(), status.peers.end(), [](const auto& peer) { return peer.connected; }));
}

/// A reason says more with every clause; a table has room for the first, `-o json` shows all.
std::string first_clause(const std::string& reason) { return reason.substr(0, reason.find_first_of(",;")); }

/// Whoever does not vote says so.
std::string note_of(const NodeStatus& status) {
  const auto reason = first_clause(status.reason);
  if (status.role.empty() || status.role == "validator") { return reason; }
  const auto role = status.role == "stranger" ? std::string("not a member yet") : status.role;
  return reason.empty() ? role : role + ", " + reason;
}

}  // namespace

NetworkStatus ask_nodes(const Network& network) {
  std::vector<std::future<Result<NodeStatus>>> answers;
  for (const auto& node : network.nodes) {
    answers.push_back(std::async(std::launch::async, [&node]() -> Result<NodeStatus> {
      const Target target{.node = node, .token = {}};
      const auto ledger = target.ledger();
      if (!ledger) { return ledger.error(); }
      return ledger->status();
    }));
  }
  NetworkStatus status;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    status.nodes.push_back({network.nodes[i].name, network.nodes[i].organisation, answers[i].get()});
  }
  return status;
}

std::size_t NetworkStatus::running() const {
  std::size_t count = 0;
  for (const auto& node : nodes) { count += node.answer.ok() ? 1 : 0; }
  return count;
}

bool NetworkStatus::has_quorum(std::size_t validators) const {
  const auto quorum = quorum_of(validators);
  return running() >= quorum && std::any_of(nodes.begin(), nodes.end(), [quorum](const auto& node) {
           return node.answer && connected_peers(*node.answer) + 1 >= quorum;
         });
}

Height NetworkStatus::best_height() const {
  Height best;
  for (const auto& node : nodes) {
    if (node.answer && node.answer->height > best) { best = node.answer->height; }
  }
  return best;
}

bool NetworkStatus::roots_equal() const {
  const NodeStatus* first = nullptr;
  for (const auto& node : nodes) {
    if (!node.answer) { return false; }
    if (first == nullptr) { first = &*node.answer; }
    if (node.answer->executed_height != first->executed_height || node.answer->state_root != first->state_root) {
      return false;
    }
  }
  return first != nullptr;
}

json::Value NetworkStatus::to_json(std::size_t validators) const {
  auto list = json::Value::array();
  for (const auto& node : nodes) {
    auto entry = json::Value::object();
    entry.set("name", text_value(node.name)).set("organisation", text_value(node.organisation));
    entry.set("up", json::Value::boolean(node.answer.ok()));
    if (!node.answer) {
      entry.set("reason", text_value(node.answer.error().reason))
          .set("message", text_value(node.answer.error().message));
      list.push(std::move(entry));
      continue;
    }
    const auto& status = *node.answer;
    auto peers = json::Value::array();
    for (const auto& peer : status.peers) {
      peers.push(json::Value::object()
                     .set("name", text_value(peer.node))
                     .set("organisation", text_value(peer.organisation))
                     .set("connected", json::Value::boolean(peer.connected))
                     .set("height", number_value(peer.height.value))
                     .set("executed_height", number_value(peer.executed_height.value))
                     .set("silent_ms", number_value(peer.silent_ms)));
    }
    auto warnings = json::Value::array();
    for (const auto& warning : status.warnings) { warnings.push(text_value(warning)); }
    auto counters = json::Value::object();
    for (const auto& [name, value] : status.counters) { counters.set(name, number_value(value)); }
    entry.set("height", number_value(status.height.value))
        .set("executed_height", number_value(status.executed_height.value))
        .set("state_root", text_value(status.state_root.hex()))
        .set("epoch", number_value(status.epoch.value))
        .set("view", number_value(status.view.value))
        .set("peers", number_value(std::uint64_t{connected_peers(status)}))
        .set("peer_list", std::move(peers))
        .set("lag", number_value(status.lag))
        .set("reason", text_value(status.reason))
        .set("mempool_transactions", number_value(std::uint64_t{status.mempool_transactions}))
        .set("block_time_ms", number_value(status.block_time))
        .set("chain_id", text_value(status.chain_id.hex()))
        .set("role", text_value(status.role))
        .set("certificate_expires_ms", number_value(status.certificate_expires))
        .set("warnings", std::move(warnings))
        .set("version", text_value(status.version))
        .set("counters", std::move(counters));
    list.push(std::move(entry));
  }
  return json::Value::object()
      .set("nodes", std::move(list))
      .set("running", number_value(std::uint64_t{running()}))
      .set("validators", number_value(std::uint64_t{validators}))
      .set("quorum", number_value(std::uint64_t{quorum_of(validators)}))
      .set("has_quorum", json::Value::boolean(has_quorum(validators)))
      .set("roots_equal", json::Value::boolean(roots_equal()));
}

std::string NetworkStatus::table() const {
  using enum Table::Align;
  Table table({{"NODE"},
               {"ORGANISATION"},
               {"HEIGHT", right},
               {"EXECUTED", right},
               {"LAG", right},
               {"VIEW", right},
               {"STATE ROOT"},
               {"PEERS", right},
               {"NOTE"}});
  const auto best = best_height();
  for (const auto& node : nodes) {
    if (!node.answer) {
      table.add({node.name, node.organisation, "-", "-", "-", "-", "-", "-", node.answer.error().reason});
      continue;
    }
    const auto& status = *node.answer;
    const auto lag = best.value - status.height.value;
    table.add({node.name, node.organisation, status.height.text(), status.executed_height.text(), std::to_string(lag),
               status.view.text(), shortened(status.state_root.hex()), std::to_string(connected_peers(status)),
               note_of(status)});
  }
  auto text = table.text();
  for (const auto& node : nodes) {
    if (!node.answer) { continue; }
    for (const auto& warning : node.answer->warnings) { text += node.name + ": " + printable(warning) + "\n"; }
  }
  return text;
}

std::string NetworkStatus::quorum_line(std::size_t validators) const {
  const auto quorum = quorum_of(validators);
  const auto up = running();
  if (up < quorum) {
    return fmt::format("No quorum: {} of {} validators are up, {} are needed; the chain waits.", up, validators,
                       quorum);
  }
  if (!has_quorum(validators)) {
    return fmt::format("No quorum: {} of {} validators are up, but none is connected to {} others; the chain waits.",
                       up, validators, quorum - 1);
  }
  return fmt::format("Quorum: {} of {} validators are up; {} more may fail.", up, validators, up - quorum);
}

int run_node_status(Console& console, const StatusOptions& options) {
  const auto network = find_network(options.target);
  if (network && !*network) { return console.fail(network->error()); }

  NetworkStatus status;
  std::size_t validators = 1;
  bool has_quorum = true;
  if (network && options.all) {
    status = ask_nodes(**network);
    validators = (*network)->nodes.size();
    has_quorum = status.has_quorum(validators);
  } else {
    const auto target = find_target(options.target);
    if (!target) { return console.fail(target.error()); }
    const auto ledger = target->ledger();
    if (!ledger) { return console.fail(ledger.error()); }
    auto answer = ledger->status();
    if (!answer) { return console.fail(answer.error(), "is the node started? ketend start --home DIR"); }
    validators = answer->peers.size() + 1;
    const std::vector<PeerSummary> peers = answer->peers;
    has_quorum = connected_peers(*answer) + 1 >= quorum_of(validators);
    status.nodes.push_back({answer->node, answer->organisation, std::move(answer)});
    if (options.output == OutputForm::table) {
      console.out << status.table();
      if (options.all && !peers.empty()) {
        Table table({{"PEER"},
                     {"ORGANISATION"},
                     {"HEIGHT", Table::Align::right},
                     {"EXECUTED", Table::Align::right},
                     {"STATE"}});
        for (const auto& peer : peers) {
          table.add({peer.node, peer.organisation, peer.height.text(), peer.executed_height.text(),
                     peer.connected ? "connected" : "not connected"});
        }
        console.out << "\nAs this node sees the others:\n" << table.text();
      }
      console.out << (has_quorum ? "" : "No quorum: this node is connected to too few others; the chain waits.\n");
      return has_quorum ? kSuccess : kNotReady;
    }
  }
  if (options.output == OutputForm::json) {
    auto document = status.to_json(validators);
    document.set("has_quorum", json::Value::boolean(has_quorum));
    console.out << json::pretty(document) << "\n";
  } else {
    console.out << status.table() << "\n" << status.quorum_line(validators) << "\n";
  }
  return has_quorum ? kSuccess : kNotReady;
}

}  // namespace keten::tools
