#include "core/limits.h"
#include "node/daemon/node.h"
#include "node/runtime/clock.h"

// What this node says of itself: /v1/status, `keten node status`, the reasons of /readyz.
namespace keten::node {
namespace {

/// What the loop published longer ago says nothing about now; it wakes at least twice a second.
constexpr std::uint64_t kSilentMs = 2000;

/// Why the next epoch does not begin: who has not said that it is ready. Empty when none is agreed on, or it may begin.
std::string awaited(const Membership& present) {
  if (!present.pending || present.next) { return {}; }
  std::string missing;
  for (const auto& validator : present.pending->rules.validators.members()) {
    if (present.pending->ready.contains(validator.number)) { continue; }
    missing += (missing.empty() ? "" : ", ") + validator.node + " (" + validator.organisation + ")";
  }
  return "epoch " + present.pending->rules.epoch.text() + " is agreed on and waits until these are ready: " + missing;
}

/// Why there is no stream to others, of three at the most. Silence alone does not say, for example, that another process has
/// taken this one's place.
std::string failures_of(const std::map<NodeNumber, peers::PeerStats>& streams, const Membership& present) {
  constexpr std::size_t kNamed = 3;
  std::string text;
  std::size_t count = 0;
  for (const auto& [number, stats] : streams) {
    const auto* node = present.find_node(number);
    if (stats.connected || stats.last_failure.empty() || node == nullptr) { continue; }
    if (++count <= kNamed) { text += "; no stream to " + node->name + ": " + stats.last_failure; }
  }
  return count > kNamed ? text + "; and to " + std::to_string(count - kNamed) + " more" : text;
}

}  // namespace

NodeStatus Node::status() const {
  NodeStatus status;
  status.node = home_.config.node.name;
  status.organisation = home_.config.node.organisation;
  status.chain_id = home_.chain_id;
  status.chain_name = home_.genesis.chain_name;
  status.version = kVersion;
  status.counters = metrics_.counters();
  status.counters["signatures_verified"] = signatures_verified_.value();
  status.counters["votes_fsynced"] = status.counters["keten_votes_fsynced_total"];
  const auto present = membership();
  const auto* own = self_in(*present);
  const auto own_index = own == nullptr ? std::nullopt : present->current.validators.find(own->number);
  status.self = own_index.value_or(ValidatorIndex{});
  const bool joins = own != nullptr && present->pending && present->pending->rules.validators.find(own->number);
  status.role = own_index ? "validator" : joins ? "joining" : own != nullptr ? "follower" : "stranger";
  status.certificate_expires = certificate_.expires();
  if (auto warning = certificate_.warning(wall_ms()); !warning.empty()) {
    status.warnings.push_back(std::move(warning));
  }
  if (auto waiting = awaited(*present); !waiting.empty()) { status.warnings.push_back(std::move(waiting)); }
  const auto current = published();
  status.height = current.height;
  status.executed_height = current.executed_height;
  status.state_root = current.state_root;
  status.epoch = current.epoch;
  status.view = current.view;
  status.lag = current.lag;
  // A node whose results are wrong must say so before anything else.
  status.reason = !current.divergence.empty() ? current.divergence : current.reason;
  if (status.reason.find(current.abstention) == std::string::npos) {
    status.reason += (status.reason.empty() ? "" : "; ") + current.abstention;
  }
  if (!current.quorum && network_) { status.reason += failures_of(network_->stats(), *present); }
  status.disk = disk_->space().text();
  status.stale = !current.quorum || current.lag > limits::kExecutionLagMax ||
                 disk_->space().level() == SpaceLevel::exhausted || published_age_ms() > kSilentMs;
  if (!status.disk.empty()) {
    const bool is_all = status.reason.empty() || disk_->space().level() == SpaceLevel::exhausted;
    status.reason = is_all ? status.disk : status.reason + "; " + status.disk;
  }
  status.quorum = current.quorum;
  status.mempool_transactions = current.mempool_transactions;
  status.mempool_bytes = current.mempool_bytes;
  status.block_time = current.block_time;
  for (const auto& peer : current.peers) {
    if (own != nullptr && peer.number == own->number) { continue; }
    const auto* node = present->find_node(peer.number);
    if (node == nullptr) { continue; }
    status.peers.push_back(
        {node->name, node->organisation, peer.connected, peer.height, peer.executed_height, peer.silent_ms});
  }
  return status;
}

}  // namespace keten::node
