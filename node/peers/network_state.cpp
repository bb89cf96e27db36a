#include "node/peers/network_state.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <keten/v1/peer.grpc.pb.h>

#include "core/check.h"
#include "core/limits.h"
#include "node/peers/incoming_stream.h"
#include "node/peers/outgoing_stream.h"
#include "node/runtime/certificates.h"
#include "node/runtime/clock.h"
#include "node/runtime/log.h"
#include "node/runtime/secrets.h"
#include "node/runtime/threads.h"

namespace keten::peers {
namespace {

constexpr int kReceiveBytesMax = 9 * 1024 * 1024;
constexpr int kKeepaliveMs = 10'000;  ///< with the timeout: a connection whose other end is gone lives 15 s on
constexpr int kKeepaliveTimeoutMs = 5000;
constexpr int kHandshakeTimeoutMs = 5000;
constexpr int kStreamsMax = 8;  ///< calls of one connection; an honest peer makes one
constexpr std::uint64_t kBanMs = 5000;
constexpr std::size_t kQuotaBytes = 64 * 1024 * 1024;
constexpr std::size_t kQuotaBytesPerPeer = 12 * 1024 * 1024;
constexpr std::size_t kTwinsNamed = 8;  ///< in one message
constexpr std::size_t kAddressBytesMax = 64;
constexpr std::size_t kPeersToCome = 4;  ///< the quota is made once; so many may join before it is tight

/// Answers a call that is not accepted.
class Refusal final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit Refusal(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

/// A connection may have been made with it, by whoever holds its key.
bool has_lost_certificate(const PeerEntry* before, const PeerEntry& now) {
  return before != nullptr && std::ranges::any_of(before->certificates, [&](const std::string& pem) {
           return std::ranges::find(now.certificates, pem) == now.certificates.end();
         });
}

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
        if (pin) { peer = state_.known()->owner(*pin); }
      }
    }
    if (!peer) {
      return new Refusal({grpc::StatusCode::PERMISSION_DENIED, "expected the certificate of another node"});
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

/// The end of every handshake: the certificate is a pin, of exactly this peer when we dialled it. Nothing else about a
/// certificate counts, neither who signed it nor its dates.
class PeerNetwork::State::PinVerifier final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  PinVerifier(const State& state, std::optional<NodeNumber> peer) : state_(state), peer_(peer) {}
  ~PinVerifier() override = default;

  bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* status) override {
    const auto pem = request->peer_cert();
    const auto pin = certificate_pin({pem.data(), pem.size()});
    const auto owner = pin ? state_.known()->owner(*pin) : std::nullopt;
    const bool is_good = owner && (!peer_ || owner == peer_);
    *status = is_good ? grpc::Status::OK
                      : grpc::Status(grpc::StatusCode::UNAUTHENTICATED,
                                     owner ? "the certificate is that of another node"
                                           : "the certificate is none that the chain names; was it renewed meanwhile?");
    return true;
  }
  void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest*) override {}

 private:
  const State& state_;
  const std::optional<NodeNumber> peer_;
};

PeerNetwork::State::State(PeerNetworkConfig config, OwnKeys keys, Handler& handler, Metrics& metrics)
    : config_(std::move(config)),
      incarnation_(random_fixed<wire::Incarnation>()),
      handler_(handler),
      keys_(std::make_shared<const OwnKeys>(std::move(keys))),
      known_(std::make_shared<const Acquaintances>()),
      sent_messages_(metrics.counter("keten_peer_messages_total", "Messages between nodes", {{"direction", "out"}})),
      sent_bytes_(metrics.counter("keten_peer_bytes_total", "Bytes between nodes", {{"direction", "out"}})),
      received_messages_(metrics.counter("keten_peer_messages_total", "Messages between nodes", {{"direction", "in"}})),
      received_bytes_(metrics.counter("keten_peer_bytes_total", "Bytes between nodes", {{"direction", "in"}})),
      dropped_(metrics.counter("keten_peer_dropped_total", "Messages that were not sent: queue full or peer away")),
      refused_(metrics.counter("keten_peer_refused_total", "Hellos and messages of peers that broke a rule")),
      connected_(metrics.gauge("keten_peers_connected", "Nodes with open streams in both directions")) {
  CHECK(!keys_->empty());
}

PeerNetwork::State::~State() = default;

Peer& PeerNetwork::State::peer(NodeNumber number) const {
  const std::lock_guard lock(peers_mutex_);
  return *peers_.at(number);
}

AcquaintancesPointer PeerNetwork::State::known() const {
  const std::lock_guard lock(peers_mutex_);
  return known_;
}

OwnKeysPointer PeerNetwork::State::keys() const {
  const std::lock_guard lock(peers_mutex_);
  return keys_;
}

std::vector<Peer*> PeerNetwork::State::all_peers() const {
  const std::lock_guard lock(peers_mutex_);
  std::vector<Peer*> all;
  all.reserve(peers_.size());
  for (const auto& [number, peer] : peers_) { all.push_back(peer.get()); }
  return all;
}

void PeerNetwork::State::set_keys(OwnKeys keys) {
  CHECK(!keys.empty());
  auto shared = std::make_shared<const OwnKeys>(std::move(keys));
  const std::lock_guard lock(peers_mutex_);
  keys_ = std::move(shared);
}

bool PeerNetwork::State::is_self(const PeerEntry& entry) const {
  const auto own = keys();
  return std::ranges::any_of(
      *own, [&](const KeyPair& key) { return std::ranges::find(entry.keys, key.public_key()) != entry.keys.end(); });
}

wire::Hello PeerNetwork::State::hello_for(NodeNumber receiver) const {
  const auto known_peers = known();
  const auto* entry = known_peers->find(receiver);
  // Whom we say goodbye to has no entry any more; a greeting for nobody is refused there.
  const auto key = entry == nullptr || entry->keys.empty() ? PublicKey{} : entry->keys.front();
  return make_hello(config_.chain_id, incarnation_, key, *keys());
}

Status PeerNetwork::State::check(const wire::Hello& hello, NodeNumber sender) const {
  const auto known_peers = known();
  const auto* entry = known_peers->find(sender);
  if (entry == nullptr) {
    return failure(ErrorKind::refused, "NODE_UNKNOWN", "node " + sender.text() + " may no longer connect");
  }
  return check_hello(config_.chain_id, *keys(), *entry, hello);
}

void PeerNetwork::State::follow(const std::vector<PeerEntry>& entries) {
  const std::lock_guard one(follow_mutex_);
  follow_locked(entries);
}

/// Under follow_mutex_.
void PeerNetwork::State::follow_locked(const std::vector<PeerEntry>& entries) {
  std::vector<PeerEntry> others;
  for (const auto& entry : entries) {
    if (!is_self(entry)) { others.push_back(entry); }
  }
  const auto now = std::make_shared<const Acquaintances>(others);
  const auto before = known();
  for (const auto& problem : now->problems()) {
    if (std::ranges::find(before->problems(), problem) == before->problems().end()) {
      log_error("peers: {}; it cannot connect by this certificate", problem);
    }
  }
  {
    const std::lock_guard lock(peers_mutex_);
    for (const auto& [number, entry] : now->entries()) {
      if (!peers_.contains(number)) { peers_.emplace(number, std::make_unique<Peer>(number, entry.name)); }
    }
    known_ = now;
  }
  if (!identity_) { return; }  // start() connects
  connect_all();
  for (const auto& [number, entry] : now->entries()) {
    if (has_lost_certificate(before->find(number), entry)) { end_streams(peer(number)); }
  }
  wake();
}

void PeerNetwork::State::connect_all() {
  const auto present = known();
  for (auto* peer : all_peers()) {
    const auto* entry = present->find(peer->votes.peer);
    if (entry == nullptr) {
      say_farewell(*peer);
      continue;
    }
    peer->farewell_at_ms = kNever;
    peer->is_welcome = true;
    connect(peer->votes, *entry);
    connect(peer->bulk, *entry);
  }
}

void PeerNetwork::State::say_farewell(Peer& peer) {
  if (!peer.is_welcome.exchange(false)) { return; }
  log_info("peer {}: may no longer connect", peer.name);
  peer.farewell_at_ms = steady_ms() + config_.farewell_ms;
}

std::uint64_t PeerNetwork::State::end_farewells(std::uint64_t now_ms) {
  std::uint64_t next = kNever;
  for (auto* peer : all_peers()) {
    if (peer->is_welcome) { continue; }
    const auto due = peer->farewell_at_ms.load();
    if (due > now_ms) {
      next = std::min(next, due);
      continue;
    }
    peer->farewell_at_ms = kNever;
    end_streams(*peer);
  }
  return next;
}

void PeerNetwork::State::end_streams(Peer& peer) {
  for (auto* outlet : {&peer.votes, &peer.bulk}) {
    const std::lock_guard lock(outlet->mutex);
    if (outlet->stream != nullptr) { outlet->stream->cancel(); }
    outlet->is_outdated = true;
    if (!peer.is_welcome) { outlet->dial_at_ms = kNever; }
  }
  const std::lock_guard lock(peer.mutex);
  for (auto* stream : peer.in_open) {
    if (stream != nullptr) { stream->cancel(); }
  }
}

Status PeerNetwork::State::listen() {
  grpc::experimental::TlsServerCredentialsOptions tls(identity_);
  tls.watch_identity_key_cert_pairs();
  tls.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
  tls.set_certificate_verifier(
      grpc::experimental::ExternalCertificateVerifier::Create<PinVerifier>(*this, std::nullopt));
  service_ = std::make_unique<Service>(*this);

  grpc::ResourceQuota quota("keten peers");
  quota.Resize(std::max(kQuotaBytes, kQuotaBytesPerPeer * (all_peers().size() + kPeersToCome)));
  quota.SetMaxThreads(12);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(config_.listen, grpc::experimental::TlsServerCredentials(tls), &port);
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

/// A channel to the peer's present address; nothing when it leads there already. Certificates are judged at every
/// handshake, so that other pins need no other channel.
void PeerNetwork::State::connect(Outlet& outlet, const PeerEntry& entry) {
  const std::lock_guard lock(outlet.mutex);
  if (outlet.channel && outlet.address == entry.address) {
    if (outlet.phase == Outlet::Phase::down && outlet.dial_at_ms == kNever && outlet.stream == nullptr) {
      outlet.dial_at_ms = 0;
    }
    return;
  }
  outlet.address = entry.address;
  open_channel(outlet);
  outlet.backoff_ms = 0;
  // A stream to the old address ends, and redial() takes the new channel.
  if (outlet.stream != nullptr) { outlet.stream->cancel(); }
  if (outlet.phase == Outlet::Phase::down) { outlet.dial_at_ms = 0; }
}

/// Under the outlet's mutex. Connects when it is used, with a handshake of its own.
void PeerNetwork::State::open_channel(Outlet& outlet) {
  grpc::experimental::TlsChannelCredentialsOptions tls;
  tls.set_certificate_provider(identity_);
  tls.watch_identity_key_cert_pairs();
  tls.set_verify_server_certs(false);
  tls.set_check_call_host(false);
  tls.set_certificate_verifier(
      grpc::experimental::ExternalCertificateVerifier::Create<PinVerifier>(*this, outlet.peer));
  grpc::ChannelArguments arguments;
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
  outlet.channel = grpc::CreateCustomChannel(outlet.address, grpc::experimental::TlsCredentials(tls), arguments);
  outlet.stub = std::make_unique<grpc::GenericStub>(outlet.channel);
  outlet.is_outdated = false;
}

Status PeerNetwork::State::start() {
  CHECK(!started_);
  for (const auto& file : {config_.certificate_file, config_.key_file}) {
    if (!std::filesystem::is_regular_file(file)) {
      return invalid("CERTIFICATE_INVALID", file + ": expected this node's TLS identity as PEM");
    }
  }
  // Somebody may have told us of others since.
  const std::lock_guard one(follow_mutex_);
  if (known()->entries().empty()) { follow_locked(config_.peers); }
  identity_ = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      config_.key_file, config_.certificate_file, config_.reload_seconds);
  // Before the first node can reach us: its stream makes dial_now() use the channels. They connect when they are used.
  connect_all();
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
  for (auto* peer : all_peers()) {
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
  for (auto* peer : all_peers()) {
    for (auto* outlet : {&peer->votes, &peer->bulk}) {
      const std::lock_guard lock(outlet->mutex);
      outlet->stub.reset();
      outlet->channel.reset();
    }
  }
  server_.reset();
}

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
      if (outlet->phase != Outlet::Phase::down || outlet->dial_at_ms == kNever) { continue; }
      if (outlet->dial_at_ms > now_ms) {
        next = std::min(next, outlet->dial_at_ms);
        continue;
      }
      outlet->dial_at_ms = kNever;  // until redial()
      if (outlet->is_outdated) { open_channel(*outlet); }
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
    const auto deadline = std::min({dial_due(now), end_silent_greetings(now), end_farewells(now)});
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
