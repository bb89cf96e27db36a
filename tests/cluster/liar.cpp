// A validator that lies, for evidence_test.py: connects with the keys of the home it is given, whose ketend must not run,
// and casts two notarize votes in one view, for proposals that nobody made.
//
//   keten_liar HOME VIEW WITNESS: says both to the one node of that name, a line to standard output, and stays until its input ends.

#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "node/daemon/home.h"
#include "node/peers/peer_network.h"
#include "node/runtime/metrics.h"

namespace {

using namespace keten;

/// Hears everything and answers nothing.
class Deaf final : public peers::Handler {
 public:
  std::size_t on_messages(NodeNumber, std::vector<pipeline::PeerMessage>& messages) override { return messages.size(); }
  void on_connected(NodeNumber) override {}
  void on_disconnected(NodeNumber) override {}
  void on_identity_in_use(const Error&) override {}
};

Vote signed_vote(const node::Home& home, const ValidatorSet& set, View view, std::uint8_t block) {
  const auto& key = home.validator_keys.front();
  Vote vote;
  vote.subject.kind = VoteKind::notarize;
  vote.subject.view = view;
  vote.subject.parent_view = View{view.value - 1};
  vote.subject.block.bytes.fill(block);
  vote.signer = *set.find(key.public_key());
  vote.signature = key.sign(vote.subject.signing_hash(home.chain_id, set.id()).view());
  return vote;
}

int lie(const node::Home& home, View view, std::string_view witness) {
  const auto set = home.genesis.validators();
  peers::PeerNetworkConfig config;
  config.listen = home.config.peers.listen;
  config.chain_id = home.chain_id;
  config.certificate_file = home.file("tls/node.crt");
  config.key_file = home.file("tls/node.key");
  std::uint16_t number = 0;
  std::optional<NodeNumber> hearer;
  for (const auto& organisation : home.genesis.organisations) {
    for (const auto& validator : organisation.validators) {
      config.peers.push_back(
          {{number}, validator.node, validator.peer_address, {validator.tls_certificate}, {validator.key}});
      if (validator.node == witness) { hearer = NodeNumber{number}; }
      ++number;
    }
  }
  if (!hearer) {
    std::cerr << "no node is called " << witness << "\n";
    return 2;
  }
  Deaf deaf;
  Metrics metrics;
  peers::PeerNetwork network(std::move(config), home.validator_keys, deaf, metrics);
  if (auto started = network.start(); !started) {
    std::cerr << started.error().message << "\n";
    return 1;
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!network.is_connected(*hearer)) {
    if (std::chrono::steady_clock::now() > deadline) {
      std::cerr << "no connection to " << witness << " within 60 s; is its validator up, and ours down?\n";
      return 1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  for (const auto block : {std::uint8_t{0x11}, std::uint8_t{0x22}}) {
    network.send(*hearer, signed_vote(home, set, view, block));
  }
  std::cout << "said two things in view " << view.value << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {}
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) {
    std::cerr << "usage: keten_liar HOME VIEW WITNESS\n";
    return 2;
  }
  const auto home = node::load_home(words[1]);
  if (!home) {
    std::cerr << home.error().message << "\n";
    return 1;
  }
  return lie(*home, View{std::stoull(words[2])}, words[3]);
}
