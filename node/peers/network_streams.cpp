#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/limits.h"
#include "node/peers/incoming_stream.h"
#include "node/peers/network_state.h"
#include "node/peers/outgoing_stream.h"
#include "node/runtime/clock.h"
#include "node/runtime/log.h"

// What happens on the streams of a network that runs: sending, coming and going, refusing, dialling again.
namespace keten::peers {
namespace {

constexpr std::uint64_t kBanMs = 5000;
constexpr std::size_t kTwinsNamed = 8;  ///< in one message
constexpr std::size_t kAddressBytesMax = 64;

}  // namespace

void PeerNetwork::State::send(std::optional<NodeNumber> to, const pipeline::PeerMessage& message) {
  const auto lane = pipeline::lane_of(message);
  const auto is_open = [&](Peer& peer) {
    auto& outlet = peer.outlet(lane);
    const std::lock_guard lock(outlet.mutex);
    return outlet.phase == Outlet::Phase::open;
  };
  SharedBytes bytes;
  for (auto* peer : all_peers()) {
    if (to && peer->votes.peer != *to) { continue; }
    if (!is_open(*peer)) {
      if (!peer->is_welcome) { continue; }
      ++peer->tally.dropped_unsent;
      dropped_.add();
      continue;
    }
    if (!bytes) {
      auto encoded = wire::encode_peer_message(message);
      if (!encoded) {
        log_error("a message to peers was not sent: {}: {}", encoded.error().reason, encoded.error().message);
        dropped_.add();
        return;
      }
      bytes = std::make_shared<const std::string>(std::move(*encoded));
    }
    const bool is_batch = std::holds_alternative<pipeline::TransactionBatch>(message);
    enqueue(peer->outlet(lane), bytes, is_batch ? SendQueue::Kind::repairable : SendQueue::Kind::must_arrive);
  }
}

void PeerNetwork::State::enqueue(Outlet& outlet, const SharedBytes& bytes, SendQueue::Kind kind) {
  auto& tally = peer(outlet.peer).tally;
  const std::lock_guard lock(outlet.mutex);
  if (outlet.phase != Outlet::Phase::open) {
    ++tally.dropped_unsent;
    dropped_.add();
    return;
  }
  const auto added = outlet.queue.push(bytes, kind);
  tally.dropped_batches += added.dropped;
  dropped_.add(added.dropped);
  if (!added.queued) {
    ++tally.dropped_unsent;
    dropped_.add();
    // A peer that does not read its votes: a new stream begins with an empty queue, and the engine repeats what matters.
    if (outlet.lane == pipeline::Lane::votes) { outlet.stream->cancel(); }
    return;
  }
  outlet.stream->write_next();
}

bool PeerNetwork::State::is_connected(NodeNumber number) const {
  const std::lock_guard lock(peers_mutex_);
  const auto found = peers_.find(number);
  return found != peers_.end() && found->second->connected.load();
}

std::map<NodeNumber, PeerStats> PeerNetwork::State::stats() const {
  std::map<NodeNumber, PeerStats> all;
  for (auto* peer : all_peers()) {
    if (!peer->is_welcome) { continue; }
    const auto& tally = peer->tally;
    PeerStats stats{
        peer->connected,       tally.messages_sent,  tally.messages_received, tally.bytes_sent, tally.bytes_received,
        tally.dropped_batches, tally.dropped_unsent, tally.connects,          tally.refused,    ""};
    for (auto* outlet : {&peer->votes, &peer->bulk}) {
      const std::lock_guard lock(outlet->mutex);
      if (stats.last_failure.empty()) { stats.last_failure = outlet->last_failure; }
    }
    all.emplace(peer->votes.peer, std::move(stats));
  }
  return all;
}

void PeerNetwork::State::update_connected(NodeNumber index, Peer& peer) {
  const bool connected =
      !stopping_ && peer.out_open[0] && peer.out_open[1] && peer.in_open[lane_number(pipeline::Lane::votes)] != nullptr;
  if (connected == peer.connected) { return; }
  peer.connected = connected;
  std::size_t count = 0;
  for (const auto* other : all_peers()) { count += other->connected ? 1 : 0; }
  connected_.set(static_cast<double>(count));
  if (stopping_) { return; }
  if (connected) {
    peer.last_refusal.clear();
    log_info("peer {}: connected", peer.name);
    handler_.on_connected(index);
  } else {
    log_warning("peer {}: disconnected", peer.name);
    handler_.on_disconnected(index);
  }
}

void PeerNetwork::State::out_changed(NodeNumber index, pipeline::Lane lane, bool open) {
  auto& changed = peer(index);
  const std::lock_guard lock(changed.mutex);
  changed.out_open[lane_number(lane)] = open;
  if (open) {
    changed.was_accepted = true;
    changed.shut_out_since_ms = kNever;
  }
  update_connected(index, changed);
}

std::optional<std::string> PeerNetwork::State::in_opened(NodeNumber index, pipeline::Lane lane,
                                                         IncomingStream* stream) {
  auto& changed = peer(index);
  {
    const std::lock_guard lock(changed.mutex);
    for (const auto* open : changed.in_open) {
      if (open == nullptr || open->is_cancelled() || open->incarnation() == stream->incarnation()) { continue; }
      if (changed.last_twin != stream->incarnation()) {
        changed.last_twin = stream->incarnation();
        log_error(
            "peer {}: IDENTITY_IN_USE: a second process with its identity, at {}, is refused: the one at {} is "
            "connected. If that one is gone, its connection ends within 15 s; if not, one of the two must be stopped",
            changed.name, stream->address(), open->address());
      }
      return open->address();
    }
    auto*& current = changed.in_open[lane_number(lane)];
    if (current != nullptr) { current->cancel(); }
    current = stream;
    update_connected(index, changed);
  }
  dial_now(changed);
  return std::nullopt;
}

void PeerNetwork::State::shut_out(NodeNumber index, const std::string& address) {
  const auto now = steady_ms();
  {
    auto& refuser = peer(index);
    const std::lock_guard lock(refuser.mutex);
    refuser.shut_out_since_ms = std::min(refuser.shut_out_since_ms, now);
    refuser.twin_address = address.substr(0, kAddressBytesMax);
  }
  std::size_t others = 0;
  std::size_t accepted = 0;
  std::size_t refusing = 0;
  std::string seen;
  for (auto* other : all_peers()) {
    if (!other->is_welcome) { continue; }
    const std::lock_guard lock(other->mutex);
    ++others;
    accepted += other->was_accepted ? 1 : 0;
    if (other->shut_out_since_ms > now || now - other->shut_out_since_ms < config_.identity_patience_ms) { continue; }
    if (++refusing > kTwinsNamed) { continue; }
    seen += (seen.empty() ? "" : ", ") + other->name + " at " + other->twin_address;
  }
  // More than f say so: an honest one among them sees the other process. Up to f that ever took a stream of ours may be
  // liars, or the two processes began together; whoever more of them took is the older one, and goes on.
  const auto liars = others / 3;
  if (refusing <= liars || accepted > liars || stopping_ || has_told_of_twin_.exchange(true)) { return; }
  handler_.on_identity_in_use(failure(ErrorKind::conflict, "IDENTITY_IN_USE",
                                      "another process runs with this node's keys (seen by " + seen +
                                          "); stop one of them; see docs/operations.md, Quarantine"));
}

void PeerNetwork::State::not_shut_out(NodeNumber index) {
  auto& other = peer(index);
  const std::lock_guard lock(other.mutex);
  other.shut_out_since_ms = kNever;
}

void PeerNetwork::State::dial_now(Peer& peer) {
  for (auto* outlet : {&peer.votes, &peer.bulk}) {
    const std::lock_guard lock(outlet->mutex);
    if (outlet->phase != Outlet::Phase::down || outlet->dial_at_ms == kNever || !peer.is_welcome) { continue; }
    outlet->dial_at_ms = 0;
    grpc::experimental::ChannelResetConnectionBackoff(outlet->channel.get());
  }
  wake();
}

void PeerNetwork::State::in_closed(NodeNumber index, pipeline::Lane lane, IncomingStream* stream) {
  auto& changed = peer(index);
  const std::lock_guard lock(changed.mutex);
  auto*& current = changed.in_open[lane_number(lane)];
  if (current == stream) { current = nullptr; }
  update_connected(index, changed);
}

void PeerNetwork::State::refuse(NodeNumber index, const Error& error) {
  auto& sender = peer(index);
  ++sender.tally.refused;
  refused_.add();
  // Another chain or release is a mistake of configuration, not an attack: the dialler's backoff is enough.
  if (error.kind != ErrorKind::refused) { sender.banned_until_ms = steady_ms() + kBanMs; }
  const auto text = error.reason + ": " + error.message;
  const std::lock_guard lock(sender.mutex);
  if (sender.last_refusal == text) { return; }
  sender.last_refusal = text;
  log_error("peer {}: refused: {}", sender.name, text);
}

void PeerNetwork::State::redial(Outlet& outlet) {
  {
    const std::lock_guard lock(outlet.mutex);
    outlet.phase = Outlet::Phase::down;
    outlet.backoff_ms =
        outlet.backoff_ms == 0 ? config_.reconnect_min_ms : std::min(outlet.backoff_ms * 2, config_.reconnect_max_ms);
    outlet.dial_at_ms = peer(outlet.peer).is_welcome ? steady_ms() + outlet.backoff_ms : kNever;
  }
  wake();
}

void PeerNetwork::State::work_now(IncomingStream* stream) {
  {
    const std::lock_guard lock(mutex_);
    todo_.push_back(stream);
  }
  changed_.notify_all();
}

void PeerNetwork::State::work_later(IncomingStream* stream, std::uint64_t at_ms) {
  {
    const std::lock_guard lock(mutex_);
    later_.emplace_back(at_ms, stream);
  }
  changed_.notify_all();
}

void PeerNetwork::State::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void PeerNetwork::State::count_received(std::size_t messages, std::size_t bytes) {
  received_messages_.add(messages);
  received_bytes_.add(bytes);
}

void PeerNetwork::State::count_sent(std::size_t messages, std::size_t bytes) {
  sent_messages_.add(messages);
  sent_bytes_.add(bytes);
}

void PeerNetwork::State::count_dropped(std::size_t messages) { dropped_.add(messages); }

void PeerNetwork::State::outgoing_began() {
  const std::lock_guard lock(mutex_);
  ++outgoing_;
}

void PeerNetwork::State::outgoing_ended() {
  const std::lock_guard lock(mutex_);
  --outgoing_;
  changed_.notify_all();  // under the lock: after it, stop() may go on and end this object
}

void PeerNetwork::State::incoming_began(IncomingStream* stream) {
  {
    const std::lock_guard lock(mutex_);
    incoming_.insert(stream);
  }
  changed_.notify_all();
}

void PeerNetwork::State::incoming_ended(IncomingStream* stream) {
  const std::lock_guard lock(mutex_);
  incoming_.erase(stream);
  delete stream;
  changed_.notify_all();
}

std::uint64_t PeerNetwork::State::dial_due(std::uint64_t now_ms) {
  std::uint64_t next = kNever;
  for (auto* peer : all_peers()) {
    for (auto* outlet : {&peer->votes, &peer->bulk}) {
      const std::lock_guard lock(outlet->mutex);
      if (stopping_) { return kNever; }  // under the mutex: stop() cancels what began before
      if (outlet->phase == Outlet::Phase::greeting && outlet->stream != nullptr) {
        const auto late_ms = outlet->dialled_ms + config_.greeting_ms;
        if (late_ms <= now_ms) {
          outlet->stream->give_up();
        } else {
          next = std::min(next, late_ms);
        }
        continue;
      }
      if (outlet->phase != Outlet::Phase::down || outlet->dial_at_ms == kNever) { continue; }
      if (outlet->dial_at_ms > now_ms) {
        next = std::min(next, outlet->dial_at_ms);
        continue;
      }
      outlet->dial_at_ms = kNever;  // until redial()
      if (outlet->is_outdated) { open_channel(*outlet); }
      outlet->dialled_ms = now_ms;
      next = std::min(next, now_ms + config_.greeting_ms);
      OutgoingStream::begin(*this, *outlet);
    }
  }
  return next;
}

std::uint64_t PeerNetwork::State::end_silent_greetings(std::uint64_t now_ms) {
  std::uint64_t next = kNever;
  const std::lock_guard lock(mutex_);
  for (auto* stream : incoming_) {
    const auto deadline = stream->hello_deadline_ms();
    if (deadline <= now_ms) {
      stream->cancel();
    } else {
      next = std::min(next, deadline);
    }
  }
  return next;
}

}  // namespace keten::peers
