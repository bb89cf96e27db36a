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
constexpr std::size_t kQuotaBytes = 64 * 1024 * 1024;
constexpr std::size_t kQuotaBytesPerPeer = 12 * 1024 * 1024;
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
  // Not gRPC's own listener: that one takes whoever comes, and is deaf for good after the first failed accept.
  auto listener = Listener::open(config_.listen, config_.connections_max);
  if (!listener) {
    auto error = listener.error();
    error.message = "peers: " + error.message;
    return error;
  }
  grpc::ServerBuilder builder;
  using Connections = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  connections_ = builder.experimental().AddExternalConnectionAcceptor(Connections::FROM_FD,
                                                                      grpc::experimental::TlsServerCredentials(tls));
  builder.RegisterService(service_.get());
  builder.SetOption(std::make_unique<grpc::HealthCheckServiceServerBuilderOption>(nullptr));  // peers ask nothing else
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kReceiveBytesMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsMax);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kKeepaliveMs / 2);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
  server_ = builder.BuildAndStart();
  if (!server_) {
    return failure(ErrorKind::unavailable, "GRPC_NOT_STARTED",
                   "peers: the server for " + config_.listen + " does not start");
  }
  listener_ = std::move(*listener);
  port_ = listener_->port();
  listener_->start("keten-peers-in", [this](int listening, int connection) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters taken;
    taken.listener_fd = listening;
    taken.fd = connection;
    connections_->HandleNewConnection(&taken);
  });
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
  listener_->stop();
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
