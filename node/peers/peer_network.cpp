#include "node/peers/peer_network.h"

#include <utility>

#include "node/peers/network_state.h"

namespace keten::peers {

PeerNetwork::PeerNetwork(PeerNetworkConfig config, OwnKeys keys, Handler& handler, Metrics& metrics)
    : state_(std::make_unique<State>(std::move(config), std::move(keys), handler, metrics)) {}

PeerNetwork::~PeerNetwork() { stop(); }

Status PeerNetwork::start() { return state_->start(); }
std::uint16_t PeerNetwork::port() const { return state_->port(); }
void PeerNetwork::send(std::optional<NodeNumber> to, const pipeline::PeerMessage& message) {
  state_->send(to, message);
}
bool PeerNetwork::is_connected(NodeNumber peer) const { return state_->is_connected(peer); }
void PeerNetwork::follow(const std::vector<PeerEntry>& peers) { state_->follow(peers); }
void PeerNetwork::set_keys(OwnKeys keys) { state_->set_keys(std::move(keys)); }
std::map<NodeNumber, PeerStats> PeerNetwork::stats() const { return state_->stats(); }
void PeerNetwork::stop() { state_->stop(); }

}  // namespace keten::peers
