#include "node/peers/network_state.h"

#include <algorithm>
#include <utility>

#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <keten/v1/peer.grpc.pb.h>

#include "core/check.h"
#include "core/limits.h"
#include "node/peers/incoming_stream.h"
#include "node/peers/outgoing_stream.h"
#include "node/runtime/clock.h"
#include "node/runtime/log.h"
#include "node/runtime/threads.h"

namespace keten::peers {
namespace {

constexpr int kReceiveBytesMax = 9 * 1024 * 1024;
constexpr int kKeepaliveMs = 10'000;
constexpr int kKeepaliveTimeoutMs = 5000;
constexpr int kHandshakeTimeoutMs = 5000;
constexpr int kStreamsMax = 8;  ///< calls of one connection; an honest peer makes one
constexpr std::uint64_t kBanMs = 5000;
constexpr std::size_t kQuotaBytes = 64 * 1024 * 1024;
constexpr std::size_t kQuotaBytesPerPeer = 12 * 1024 * 1024;

/// Answers a call that is not accepted.
class Refusal final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit Refusal(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

/// The messages stay bytes: a batch is put together from shared pieces and checked by node/wire.
class PeerNetwork::State::Service final : public v1::PeerService::WithRawCallbackMethod_Votes<
                                              v1::PeerService::WithRawCallbackMethod_Bulk<v1::PeerService::Service>> {
 public:
  explicit Service(State& state) : state_(state) {}

  using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;
  Reactor* Votes(grpc::CallbackServerContext* context) override { return accept(*context, pipeline::Lane::votes); }
  Reactor* Bulk(grpc::CallbackServerContext* context) override { return accept(*context, pipeline::Lane::bulk); }

 private:
  Reactor* accept(grpc::CallbackServerContext& context, pipeline::Lane lane) {
    std::optional<NodeNumber> peer;
    const auto auth = context.auth_context();
    if (auth && auth->IsPeerAuthenticated()) {
      for (const auto& pem : auth->FindPropertyValues("x509_pem_cert")) {
        const auto pin = certificate_pin({pem.data(), pem.size()});
        if (pin) { peer = state_.known().owner(*pin); }
      }
    }
    if (!peer || *peer == state_.known().self) {
      return new Refusal({grpc::StatusCode::PERMISSION_DENIED, "expected the certificate of another validator"});
    }
    if (state_.is_stopping()) { return new Refusal({grpc::StatusCode::UNAVAILABLE, "shutting down"}); }
    if (state_.peer(*peer).banned_until_ms > steady_ms()) {
      return new Refusal(
          {grpc::StatusCode::UNAVAILABLE, "refused for a few seconds after a message that broke a rule"});
    }
    auto* stream = new IncomingStream(state_, context, *peer, lane);
    stream->begin();
    return stream;
  }

  State& state_;
};

PeerNetwork::State::State(PeerNetworkConfig config, const KeyPair& key, Handler& handler, Metrics& metrics)
    : config_(std::move(config)),
      key_(key),
      handler_(handler),
      sent_messages_(
          metrics.counter("keten_peer_messages_total", "Messages between validators", {{"direction", "out"}})),
      sent_bytes_(metrics.counter("keten_peer_bytes_total", "Bytes between validators", {{"direction", "out"}})),
      received_messages_(
          metrics.counter("keten_peer_messages_total", "Messages between validators", {{"direction", "in"}})),
      received_bytes_(metrics.counter("keten_peer_bytes_total", "Bytes between validators", {{"direction", "in"}})),
      dropped_(metrics.counter("keten_peer_dropped_total", "Messages that were not sent: queue full or peer away")),
      refused_(metrics.counter("keten_peer_refused_total", "Hellos and messages of peers that broke a rule")),
      connected_(metrics.gauge("keten_peers_connected", "Validators with open streams in both directions")) {
  CHECK(config_.pins.size() == config_.validators.size() && config_.self.value < config_.validators.size());
  for (std::size_t i = 0; i < config_.pins.size(); ++i) {
    const NodeNumber index{static_cast<std::uint16_t>(i)};
    peers_.push_back(index == config_.self ? nullptr
                                           : std::make_unique<Peer>(index, config_.validators.at({index.value}).node));
  }
}

PeerNetwork::State::~State() = default;

Status PeerNetwork::State::prepare() {
  known_ = {config_.chain_id, config_.epoch, config_.validators, {}, config_.self};
  for (std::size_t i = 0; i < config_.pins.size(); ++i) {
    auto pin = certificate_pin(config_.pins[i].certificate_pem);
    if (!pin) {
      auto error = pin.error();
      error.message = "validator " + config_.validators.members()[i].node + ": " + error.message;
      return error;
    }
    if (known_.owner(*pin)) {
      return invalid("CERTIFICATE_INVALID", "validator " + config_.validators.members()[i].node +
                                                ": another validator has the same certificate");
    }
    known_.pins.push_back(*pin);
  }
  const auto own = certificate_pin(config_.identity.certificate_pem);
  if (!own) { return own.error(); }
  if (*own != known_.pins[config_.self.value]) {
    return invalid("PIN_MISMATCH", "the TLS certificate of this node is not the one that the genesis names for " +
                                       config_.validators.at({config_.self.value}).node);
  }
  return kDone;
}

Status PeerNetwork::State::listen() {
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_key_cert_pairs.push_back({config_.identity.key_pem, config_.identity.certificate_pem});
  for (std::size_t i = 0; i < config_.pins.size(); ++i) {
    if (i != config_.self.value) { tls.pem_root_certs += config_.pins[i].certificate_pem + "\n"; }
  }
  service_ = std::make_unique<Service>(*this);

  grpc::ResourceQuota quota("keten peers");
  quota.Resize(std::max(kQuotaBytes, kQuotaBytesPerPeer * peers_.size()));
  quota.SetMaxThreads(12);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(config_.listen, grpc::SslServerCredentials(tls), &port);
  builder.RegisterService(service_.get());
  builder.SetOption(std::make_unique<grpc::HealthCheckServiceServerBuilderOption>(nullptr));  // peers ask nothing else
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kReceiveBytesMax);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsMax);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kKeepaliveMs / 2);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
  server_ = builder.BuildAndStart();
  if (!server_ || port == 0) {
    server_.reset();
    return failure(ErrorKind::unavailable, "ADDRESS_IN_USE",
                   "peers: cannot listen on " + config_.listen + "; is another process using it?");
  }
  port_ = static_cast<std::uint16_t>(port);
  return kDone;
}

void PeerNetwork::State::make_stubs() {
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (!peers_[i]) { continue; }
    // The only root is this peer's own certificate: the right pin of another validator is refused here. The name is checked
    // against the certificate itself, so an address may be anything.
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = config_.pins[i].certificate_pem;
    tls.pem_private_key = config_.identity.key_pem;
    tls.pem_cert_chain = config_.identity.certificate_pem;
    const auto name = certificate_name(config_.pins[i].certificate_pem);
    for (const auto lane : {pipeline::Lane::votes, pipeline::Lane::bulk}) {
      grpc::ChannelArguments arguments;
      arguments.SetSslTargetNameOverride(name ? *name : peers_[i]->name);
      arguments.SetMaxReceiveMessageSize(64 * 1024);  // a hello
      arguments.SetMaxSendMessageSize(kReceiveBytesMax);
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
      arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
      arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, static_cast<int>(config_.reconnect_min_ms));
      arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kHandshakeTimeoutMs);
      arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, static_cast<int>(config_.reconnect_max_ms));
      arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
      arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
      arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
      auto& outlet = peers_[i]->outlet(lane);
      outlet.channel = grpc::CreateCustomChannel(config_.pins[i].address, grpc::SslCredentials(tls), arguments);
      outlet.stub = std::make_unique<grpc::GenericStub>(outlet.channel);
    }
  }
}

Status PeerNetwork::State::start() {
  CHECK(!started_);
  if (auto ready = prepare(); !ready) { return ready; }
  // Before the first validator can reach us: its stream makes dial_now() use the channels. They connect when they are used.
  make_stubs();
  if (auto listening = listen(); !listening) { return listening; }
  started_ = true;
  thread_ = start_thread("keten-peers", [this](const std::stop_token&) { run(); });
  return kDone;
}

void PeerNetwork::State::stop() {
  if (stopped_ || !started_) { return; }
  stopped_ = true;
  stopping_ = true;
  wake();
  for (auto& peer : peers_) {
    if (!peer) { continue; }
    for (auto* outlet : {&peer->votes, &peer->bulk}) {
      const std::lock_guard lock(outlet->mutex);
      if (outlet->stream != nullptr) { outlet->stream->cancel(); }
    }
  }
  // Cancels the calls of others; their reads fail, or the network's thread finishes them.
  server_->Shutdown(std::chrono::system_clock::now());
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return outgoing_ == 0 && incoming_.empty(); });
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
  server_->Wait();
  for (auto& peer : peers_) {
    if (!peer) { continue; }
    for (auto* outlet : {&peer->votes, &peer->bulk}) {
      outlet->stub.reset();
      outlet->channel.reset();
    }
  }
  server_.reset();
}

void PeerNetwork::State::send(std::optional<NodeNumber> to, const pipeline::PeerMessage& message) {
  const auto lane = pipeline::lane_of(message);
  const auto is_addressed = [&](std::size_t i) { return peers_[i] && (!to || to->value == i); };
  const auto is_open = [&](std::size_t i) {
    auto& outlet = peers_[i]->outlet(lane);
    const std::lock_guard lock(outlet.mutex);
    return outlet.phase == Outlet::Phase::open;
  };
  SharedBytes bytes;
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (!is_addressed(i)) { continue; }
    if (!is_open(i)) {
      ++peers_[i]->tally.dropped_unsent;
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
    enqueue(peers_[i]->outlet(lane), bytes, is_batch ? SendQueue::Kind::repairable : SendQueue::Kind::must_arrive);
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

bool PeerNetwork::State::is_connected(NodeNumber index) const {
  return index.value < peers_.size() && peers_[index.value] && peers_[index.value]->connected.load();
}

std::vector<PeerStats> PeerNetwork::State::stats() const {
  std::vector<PeerStats> all(peers_.size());
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (!peers_[i]) { continue; }
    const auto& tally = peers_[i]->tally;
    all[i] = {
        peers_[i]->connected,  tally.messages_sent,  tally.messages_received, tally.bytes_sent, tally.bytes_received,
        tally.dropped_batches, tally.dropped_unsent, tally.connects,          tally.refused,    ""};
    for (auto* outlet : {&peers_[i]->votes, &peers_[i]->bulk}) {
      const std::lock_guard lock(outlet->mutex);
      if (all[i].last_failure.empty()) { all[i].last_failure = outlet->last_failure; }
    }
  }
  return all;
}

void PeerNetwork::State::update_connected(NodeNumber index, Peer& peer) {
  const bool connected =
      !stopping_ && peer.out_open[0] && peer.out_open[1] && peer.in_open[lane_number(pipeline::Lane::votes)] != nullptr;
  if (connected == peer.connected) { return; }
  peer.connected = connected;
  std::size_t count = 0;
  for (const auto& other : peers_) { count += other && other->connected ? 1 : 0; }
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
  update_connected(index, changed);
}

void PeerNetwork::State::in_opened(NodeNumber index, pipeline::Lane lane, IncomingStream* stream) {
  auto& changed = peer(index);
  {
    const std::lock_guard lock(changed.mutex);
    auto*& current = changed.in_open[lane_number(lane)];
    if (current != nullptr) { current->cancel(); }
    current = stream;
    update_connected(index, changed);
  }
  dial_now(changed);
}

void PeerNetwork::State::dial_now(Peer& peer) {
  for (auto* outlet : {&peer.votes, &peer.bulk}) {
    const std::lock_guard lock(outlet->mutex);
    if (outlet->phase != Outlet::Phase::down || outlet->dial_at_ms == kNever) { continue; }
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
    outlet.dial_at_ms = steady_ms() + outlet.backoff_ms;
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
  for (auto& peer : peers_) {
    if (!peer) { continue; }
    for (auto* outlet : {&peer->votes, &peer->bulk}) {
      const std::lock_guard lock(outlet->mutex);
      if (stopping_) { return kNever; }  // under the mutex: stop() cancels what began before
      if (outlet->phase != Outlet::Phase::down || outlet->dial_at_ms == kNever) { continue; }
      if (outlet->dial_at_ms > now_ms) {
        next = std::min(next, outlet->dial_at_ms);
        continue;
      }
      outlet->dial_at_ms = kNever;  // until redial()
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

void PeerNetwork::State::run() {
  while (true) {
    const auto now = steady_ms();
    const auto deadline = std::min(dial_due(now), end_silent_greetings(now));
    std::deque<IncomingStream*> due;
    {
      std::unique_lock lock(mutex_);
      if (ended_) { return; }
      due.swap(todo_);
      auto next = deadline;
      std::erase_if(later_, [&](const auto& entry) {
        if (entry.first > now && !stopping_) {
          next = std::min(next, entry.first);
          return false;
        }
        due.push_back(entry.second);
        return true;
      });
      if (due.empty() && !woken_) {
        const auto known = incoming_.size();
        changed_.wait_until(lock, steady_point(next), [&] {
          return ended_ || woken_ || !todo_.empty() || incoming_.size() > known ||
                 std::any_of(later_.begin(), later_.end(), [&](const auto& entry) { return entry.first < next; });
        });
      }
      woken_ = false;
    }
    for (auto* stream : due) { stream->work(); }
  }
}

}  // namespace keten::peers
