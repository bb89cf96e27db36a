// keten devnet add and remove: members come and go as they do between companies, only that one person approves for all.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <ostream>
#include <thread>

#include <fmt/format.h>

#include "client/keystore.h"
#include "contracts/governance/views.h"
#include "tools/keten/devnet.h"
#include "tools/keten/governance.h"
#include "tools/keten/options.h"

namespace keten::tools {
namespace {

using namespace std::chrono_literals;
namespace gov = keten::governance;

/// Machines that are busy with other things take their time; each step alone takes about a second.
constexpr auto kPatience = 90s;

/// A node of the network that answers, to read from.
Result<GovernanceState> read_state(const std::string& state) {
  const auto target = find_target({.state = state});
  if (!target) { return target.error(); }
  const auto ledger = target->ledger();
  if (!ledger) { return ledger.error(); }
  return GovernanceState::read(*ledger);
}

/// Proposes in the name of the first company, and approves for the others until it is enough. `last` is asked last.
Status agree(const std::string& state, std::vector<gov::Change> changes, const std::string& last) {
  const auto present = read_state(state);
  if (!present) { return present.error(); }
  const auto voices = gov::read_validators(*present).voices;
  std::vector<std::string> companies(voices.begin(), voices.end());
  std::ranges::stable_partition(companies, [&](const std::string& name) { return name != last; });
  gov::ProposeChange proposal;
  proposal.changes = std::move(changes);
  std::optional<gov::ChangeId> change;
  for (const auto& company : companies) {
    const auto administration = Administration::open({.state = state, .user = "admin@" + company}, {});
    if (!administration) { return administration.error(); }
    const auto enacted =
        change ? administration->enact(gov::kApprove,
                                       gov::ApproveChange{*change, gov::change_digest(proposal.encode())}.encode())
               : administration->enact(gov::kPropose, proposal.encode());
    if (!enacted) { return enacted.error(); }
    const auto outcome = gov::ChangeOutcome::decode(enacted->result);
    if (!outcome) { return outcome.error(); }
    if (outcome->applied) { return kDone; }
    change = outcome->change;
  }
  return failure(ErrorKind::refused, "NOT_APPROVED", "the companies of this network are not enough to approve it");
}

/// Until `holds` says so of the state that the network has.
template <typename Holds>
Status wait_until(Console& console, const std::string& state, const std::string& what, Holds&& holds) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::string last;
  while (std::chrono::steady_clock::now() < deadline && !interrupted()) {
    const auto present = read_state(state);
    if (present) {
      const auto view = gov::read_validators(*present);
      if (holds(view)) { return kDone; }
      last.clear();
      for (const auto& name : view.awaited) { last += (last.empty() ? "" : ", ") + name; }
    }
    console.progress(what + (last.empty() ? "" : ", waiting for " + last));
    std::this_thread::sleep_for(200ms);
  }
  return failure(ErrorKind::timeout, "NOT_READY",
                 "waited for: " + what + (last.empty() ? "" : "; the next epoch waits for " + last));
}

const gov::NodeView* find_node(const gov::ValidatorsView& view, const std::string& name) {
  const auto found =
      std::ranges::find_if(view.nodes, [&](const gov::NodeView& node) { return node.record.name == name; });
  return found == view.nodes.end() ? nullptr : &*found;
}

/// `press-1` is PressCo's.
std::string company_of(const std::string& node) {
  auto name = node.substr(0, node.rfind('-')) + "Co";
  name.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(name.front())));
  return name;
}

/// A home with the genesis and an introduction, in the network's list.
Result<GenesisOrganisation> make_home(const std::string& state, Network& network, const std::string& node,
                                      const std::string& organisation) {
  const auto ports = free_ports(3);
  if (!ports) { return ports.error(); }
  const auto loopback = [&](std::size_t i) { return "127.0.0.1:" + std::to_string(ports->at(i)); };
  const auto home = std::filesystem::absolute(state) / node;
  const NodeAddresses addresses{.peer = loopback(2), .grpc = loopback(1), .http = loopback(0), .peer_listen = {}};
  auto created = create_home({.organisation = organisation, .node = node, .home = home, .addresses = addresses});
  if (!created) { return created.error(); }
  const auto genesis = client::read_file(network.genesis);
  if (!genesis) { return genesis.error(); }
  const auto present = read_state(state);
  if (!present) { return present.error(); }
  const auto introduction = json::pretty(gov::introduction_json(gov::read_validators(*present), present->height()));
  for (const auto& [file, text] :
       {std::pair{HomeFiles{home}.genesis(), *genesis}, std::pair{home / "peers.json", introduction}}) {
    const auto written = client::write_file(file, text, client::FileAccess::everyone, client::Existing::refuse);
    if (!written) { return written.error(); }
  }
  network.nodes.push_back({.name = node,
                           .organisation = organisation,
                           .home = home,
                           .http = addresses.http,
                           .grpc = addresses.grpc,
                           .peer = addresses.peer});
  network.users.insert(network.users.end(), created->users.begin(), created->users.end());
  return created->card;
}

}  // namespace

int run_devnet_add(Console& console, const DevnetOptions& options) {
  const auto state = find_state({.state = options.state}).value_or("keten-devnet").string();
  auto network = load_network(state);
  if (!network) { return console.fail(network.error()); }
  if (network->find_node(options.node) != nullptr) {
    return console.fail(failure(ErrorKind::conflict, "NODE_EXISTS", "the network has a node " + options.node));
  }
  catch_interrupts();
  const auto organisation = options.organisation.empty() ? company_of(options.node) : options.organisation;
  const auto present = read_state(state);
  if (!present) { return console.fail(present.error(), "is the network up? keten devnet up --detach --state DIR"); }
  const auto card = make_home(state, *network, options.node, organisation);
  if (!card) { return console.fail(card.error()); }
  if (auto started = start_devnet(state, *network, options.node, Lifetime::detached); !started) {
    return console.fail(started.error());
  }
  std::vector<gov::Change> changes;
  gov::StateStore store(*present);
  if (!gov::Records(store).organisation(organisation)) {
    changes.emplace_back(gov::AddOrganisation{organisation, card->keys});
  }
  changes.emplace_back(gov::AddValidator{organisation, card->validators.front()});
  if (auto agreed = agree(state, std::move(changes), organisation); !agreed) { return console.fail(agreed.error()); }
  const auto joined = wait_until(console, state, options.node + " joins", [&](const gov::ValidatorsView& view) {
    const auto* node = find_node(view, options.node);
    return node != nullptr && node->key.has_value();
  });
  console.end_progress();
  if (!joined) {
    return console.fail(joined.error(), "keten devnet logs --node " + options.node + " --state " + state);
  }
  console.out << fmt::format("{} of {} validates. Its home: {}\n", options.node, organisation,
                             network->find_node(options.node)->home.string());
  return kSuccess;
}

int run_devnet_remove(Console& console, const DevnetOptions& options) {
  const auto state = find_state({.state = options.state}).value_or("keten-devnet").string();
  auto network = load_network(state);
  if (!network) { return console.fail(network.error()); }
  const auto* leaving = network->find_node(options.node);
  if (leaving == nullptr) {
    return console.fail(failure(ErrorKind::not_found, "NODE_UNKNOWN", "the network has no node " + options.node));
  }
  catch_interrupts();
  const auto agreed =
      agree(state, {gov::RemoveValidator{options.node, gov::Afterwards::leaves}}, leaving->organisation);
  if (!agreed) { return console.fail(agreed.error()); }
  const auto left = wait_until(console, state, options.node + " leaves", [&](const gov::ValidatorsView& view) {
    return find_node(view, options.node) == nullptr;
  });
  console.end_progress();
  if (!left) { return console.fail(left.error()); }
  // Others may have restarted nodes while the members agreed.
  network = load_network(state);
  if (!network) { return console.fail(network.error()); }
  leaving = network->find_node(options.node);
  if (leaving == nullptr) {
    return console.fail(failure(ErrorKind::not_found, "NODE_UNKNOWN", "somebody else has removed " + options.node));
  }
  stop_nodes({*leaving});
  const auto home = leaving->home.string();
  std::erase_if(network->nodes, [&](const NetworkNode& node) { return node.name == options.node; });
  if (auto saved = save_network(state, *network); !saved) { return console.fail(saved.error()); }
  console.out << fmt::format("{} has left and is stopped. Its home stays: {}\n", options.node, home);
  return kSuccess;
}

}  // namespace keten::tools
