#include "node/daemon/node.h"

#include <algorithm>

#include "contracts/governance/arguments.h"
#include "core/limits.h"
#include "node/runtime/clock.h"
#include "node/runtime/log.h"
#include "node/runtime/secrets.h"
#include "node/runtime/threads.h"

namespace keten::node {
namespace {

/// Signatures of one piece of work: long enough to be worth a wake-up, short enough to share between cores.
constexpr std::size_t kVerifyPiece = 16;
/// Room for every signature that the mempool's bound allows to be with the pool at once.
constexpr std::size_t kVerifyTasksMax = 2 * limits::kMempoolTransactionsMax;
constexpr std::uint64_t kPublishMs = 20;
/// How often the loop looks at its disk.
constexpr std::uint64_t kLookMs = 200;
/// A word that nobody heard for so many blocks is said again.
constexpr std::uint64_t kReadyBlocks = 100;
constexpr std::uint64_t kReadyFuel = 10'000'000;
constexpr std::size_t kServeTasksMax = 2 * limits::kValidatorsMax;
/// An honest peer waits for its answer; it may give up and ask again.
constexpr int kServeTasksOfPeerMax = 2;
/// Fits a peer message with its frame.
constexpr std::size_t kServeBytesMax = limits::kPeerMessageBytesMax * 3 / 4;

consensus::Now now() { return {steady_ms(), wall_ms()}; }

pipeline::PipelineConfig pipeline_config(const Home& home) {
  const auto& from = home.config.consensus;
  pipeline::PipelineConfig config;
  config.genesis = home.genesis;
  config.min_block_interval_ms = from.min_block_interval_ms;
  config.timing.leader_timeout_ms = from.leader_timeout_ms;
  config.timing.view_timeout_ms = from.view_timeout_ms;
  config.timing.retry_ms = from.retry_ms;
  config.timing.skip_silent_ms = from.skip_silent_ms;
  config.timing.status_interval_ms = from.status_interval_ms;
  config.timing.idle_interval_ms = from.idle_interval_ms;
  config.timing.timeout_cap_ms = from.timeout_cap_ms;
  constexpr std::uint64_t kMebibyte = 1024 * 1024;
  config.mempool.transactions = home.config.mempool.transactions;
  config.mempool.bytes = home.config.mempool.size_mb * kMebibyte;
  config.mempool.bytes_per_organisation = home.config.mempool.organisation_mb * kMebibyte;
  return config;
}

std::string_view alarm_name(consensus::AlarmKind kind) {
  switch (kind) {
    case consensus::AlarmKind::safety_broken: return "safety broken";
    case consensus::AlarmKind::quarantined: return "quarantined";
    case consensus::AlarmKind::readmitted: return "readmitted";
    case consensus::AlarmKind::conflicting_votes: return "conflicting votes";
    case consensus::AlarmKind::rejected_notarized: return "notarized block rejected";
  }
  return "alarm";
}

}  // namespace

/// Who wants to know of executed blocks. Shared with the subscriptions, which may outlive the node's front doors.
struct Node::Watchers {
  std::mutex mutex;  // front doors come and go, the execution thread calls
  std::uint64_t next = 1;
  std::map<std::uint64_t, std::function<void(Height)>> callbacks;
};

class Node::Watch final : public Gateway::Subscription {
 public:
  Watch(std::shared_ptr<Watchers> watchers, std::uint64_t id) : watchers_(std::move(watchers)), id_(id) {}
  ~Watch() override {
    const std::lock_guard lock(watchers_->mutex);
    watchers_->callbacks.erase(id_);
  }

 private:
  std::shared_ptr<Watchers> watchers_;
  std::uint64_t id_;
};

Result<std::unique_ptr<Node>> Node::open(Home home, Fatal fatal) {
  auto disk = Disk::open(home);
  if (!disk) { return disk.error(); }
  auto ends = [data = home.data(), fatal = std::move(fatal)](const Error& error) {
    if (is_damaged_database(error)) { ask_for_rebuild(data); }
    fatal(error);
  };
  return std::unique_ptr<Node>(new Node(std::move(home), std::move(*disk), std::move(ends)));
}

Node::Node(Home home, std::unique_ptr<Disk> disk, Fatal fatal)
    : home_(std::move(home)),
      fatal_(std::move(fatal)),
      registry_(contracts::built_in_contracts()),
      disk_(std::move(disk)),
      keys_(home_.path / "keys", home_.validator_keys),
      certificate_(home_.file("tls/node.crt")),
      inbox_(limits::kInboxEventsMax),
      watchers_(std::make_shared<Watchers>()),
      signatures_verified_(metrics_.counter("keten_signatures_verified_total", "Client signatures that were checked")),
      signatures_refused_(metrics_.counter("keten_signatures_refused_total", "Of these, how many did not hold")),
      votes_verified_(
          metrics_.counter("keten_vote_signatures_verified_total", "Validators' signatures that were checked")),
      admitted_(metrics_.counter("keten_transactions_admitted_total",
                                 "Transactions admitted by this node's own front doors")),
      verify_us_(metrics_.counter("keten_stage_verify_microseconds_total", "Time spent checking client signatures")),
      loop_us_(metrics_.counter("keten_stage_loop_microseconds_total", "Time the loop spent in steps")),
      loop_steps_(metrics_.counter("keten_loop_steps_total", "Events that the loop took")),
      blocks_(metrics_.counter("keten_blocks_final_total", "Blocks that became final here")),
      reads_(*disk_),
      api_reads_(reads_),
      http_reads_(reads_, home_, *this) {
  auto recovered = disk_->take_recovered();
  membership_ = recovered.membership;
  executed_height_ = recovered.executed_height;
  pipeline_ = std::make_unique<pipeline::Pipeline>(
      pipeline_config(home_), keys_, static_cast<const pipeline::TransactionRules&>(*this), std::move(recovered));
  vote_pool_ = std::make_unique<WorkerPool>("verify-votes", 1, kVerifyTasksMax);
  transaction_pool_ = std::make_unique<WorkerPool>("verify", home_.config.verify.threads, kVerifyTasksMax);
  serve_pool_ = std::make_unique<WorkerPool>("serve", 1, kServeTasksMax);
  persister_ = std::make_unique<Persister>(
      *disk_, metrics_, [this](std::uint64_t sequence) { inbox_.push_completion(pipeline::Persisted{sequence}); },
      fatal_);
  executor_ = std::make_unique<Executor>(
      *disk_, registry_, membership_, metrics_,
      [this](const BlockPointer& block, const contracts::BlockResult& result, const MembershipPointer& membership) {
        executed(block, result, membership);
      },
      fatal_);
  publish(now());
  metrics_.before_text(
      [this, height = metrics_.gauge("keten_consensus_height", "Newest final block"),
       executed_height = metrics_.gauge("keten_executed_height", "Newest executed block"),
       view = metrics_.gauge("keten_consensus_view", "Current view"),
       lag = metrics_.gauge("keten_sync_lag_blocks", "Blocks behind the best connected peer"),
       waiting = metrics_.gauge("keten_mempool_txs", "Transactions that wait for a block"),
       bytes = metrics_.gauge("keten_mempool_bytes", "Bytes of waiting transactions"),
       store = metrics_.gauge("keten_store_bytes", "Disk space of the state database"),
       certificate = metrics_.gauge("keten_certificate_expiry_seconds",
                                    "Until this node's TLS certificate expires; negative behind it")]() mutable {
        const auto current = published();
        height.set(static_cast<double>(current.height.value));
        executed_height.set(static_cast<double>(current.executed_height.value));
        view.set(static_cast<double>(current.view.value));
        lag.set(static_cast<double>(current.lag));
        waiting.set(static_cast<double>(current.mempool_transactions));
        bytes.set(static_cast<double>(current.mempool_bytes));
        store.set(static_cast<double>(disk_->database().size_bytes()));
        const auto expires = static_cast<double>(certificate_.expires());
        certificate.set((expires - static_cast<double>(wall_ms())) / 1000);
      });
}

Node::~Node() { stop(); }

keten::Status Node::start() {
  peers::PeerNetworkConfig config;
  config.listen = home_.config.peers.listen;
  config.chain_id = home_.chain_id;
  config.certificate_file = home_.file("tls/node.crt");
  config.key_file = home_.file("tls/node.key");
  config.peers = peer_entries(*membership(), executed_height_);
  config.connections_max = home_.descriptors.peers;
  network_ = std::make_unique<peers::PeerNetwork>(std::move(config), keys_.all(), static_cast<peers::Handler&>(*this),
                                                  metrics_);
  certificate_.look(steady_ms(), wall_ms());
  loop_ = start_thread("loop", [this](const std::stop_token&) { run(); });
  if (auto started = network_->start(); !started) { return started; }
  return start_front_doors();
}

/// Everybody that the ledger names, with the addresses of our own configuration, and whom an introduction names beside.
std::vector<peers::PeerEntry> Node::peer_entries(const Membership& present, Height executed) const {
  std::vector<peers::PeerEntry> entries;
  for (const auto& node : present.nodes) {
    auto keys = node.former_keys;
    keys.insert(keys.begin(), node.key);
    entries.push_back({node.number, node.name, node.peer_address, node.tls_certificates, std::move(keys)});
  }
  entries = introduced(std::move(entries), home_.introduction, executed);
  for (auto& entry : entries) {
    const auto other = home_.config.peers.addresses.find(entry.name);
    if (other != home_.config.peers.addresses.end()) { entry.address = other->second; }
  }
  return entries;
}

/// On the execution thread: other members, keys, certificates or addresses count from now on.
void Node::follow_members(const Membership& present, Height executed) {
  if (keys_.reload()) { network_->set_keys(keys_.all()); }
  network_->follow(peer_entries(present, executed));
}

keten::Status Node::start_front_doors() {
  api::LedgerServerConfig api;
  api.listen = home_.config.api.grpc_listen;
  api.certificate_file = home_.file("tls/node.crt");
  api.key_file = home_.file("tls/node.key");
  api.clients_file = home_.file(home_.config.api.clients);
  api.connections_max = home_.descriptors.api;
  api_ = std::make_unique<api::LedgerServer>(std::move(api), *this, api_reads_, metrics_);
  if (auto started = api_->start(); !started) { return started; }
  api_->set_health(api::LedgerServer::Health::serving);

  const auto address = parse_address(home_.config.api.http_listen);
  if (!address) { return address.error(); }
  if (!address->is_loopback() && !home_.config.api.http_allow_remote) {
    return failure(
        ErrorKind::refused, "HTTP_NOT_LOOPBACK",
        "[api] http_listen " + home_.config.api.http_listen +
            " is no loopback address and HTTP has no TLS; put a TLS proxy before it and set http_allow_remote = true");
  }
  http::ServerOptions http;
  http.transport.address = address->host;
  http.transport.port = address->port;
  http.transport.connections_max = home_.descriptors.http;
  http.users_file = home_.path / "users.json";
  http.organisation = home_.config.node.organisation;
  http.capture_jobs_file = home_.path / "capture-jobs";
  if (home_.config.api.capture_profile == "lenient") { http.capture_profile = http::CaptureProfile::lenient; }
  auto server = http::Server::start(std::move(http), *this, http_reads_, metrics_);
  if (!server) { return server.error(); }
  http_ = std::move(*server);
  return kDone;
}

void Node::stop() {
  if (stopped_) { return; }
  stopped_ = true;
  tracker_.stop();  // first: who waits is answered, and the front doors wait for their answers
  if (http_) { http_->stop(); }
  if (api_) { api_->stop(); }
  if (network_) { network_->stop(); }
  inbox_.close();
  if (loop_.joinable()) { loop_.join(); }
  vote_pool_->stop();
  transaction_pool_->stop();
  serve_pool_->stop();
  persister_->stop();
  executor_->stop();
  if (auto flushed = disk_->database().flush(); !flushed) { log_warning("flush at stop: {}", flushed.error().message); }
}

// ---- the loop ----

void Node::run() {
  auto effects = pipeline_->start(now());
  auto wake_at = effects.wake_at_ms;
  carry(std::move(effects));
  std::vector<pipeline::Event> events;
  bool is_deaf = false;
  const auto wait_until = [&]() {
    if (is_deaf) { return steady_ms() + kLookMs; }
    return tracker_.has_waiters() ? std::min(wake_at, steady_ms() + 100) : wake_at;
  };
  while (inbox_.pop_all(events, wait_until())) {
    const auto began = steady_us();
    is_deaf = is_exhausted(steady_ms());
    if (events.empty() && !is_deaf) { events.emplace_back(pipeline::Tick{}); }
    loop_steps_.add(events.size());
    for (auto& event : events) {
      // Whoever cannot keep a vote, nor the blocks of others, neither votes nor listens. It comes back like one that was away.
      if (is_deaf &&
          (std::holds_alternative<pipeline::FromPeer>(event) || std::holds_alternative<pipeline::Tick>(event))) {
        continue;
      }
      if (std::holds_alternative<pipeline::Executed>(event)) { ++executed_steps_; }
      effects = pipeline_->step(std::move(event), now());
      wake_at = effects.wake_at_ms;
      carry(std::move(effects));
    }
    publish(now());
    loop_us_.add(steady_us() - began);
  }
}

bool Node::is_exhausted(std::uint64_t now_ms) {
  auto& space = disk_->space();
  if (now_ms < looked_ms_ + kLookMs) { return space.level() == SpaceLevel::exhausted; }
  looked_ms_ = now_ms;
  if (disk_->database().is_damaged()) {
    fatal_(failure(ErrorKind::corrupt, "DATABASE_CORRUPT", "a read found damage; the next start builds it again"));
  }
  return space.look() == SpaceLevel::exhausted;
}

/// In the order of the struct: what must be durable is handed over before anything that could speak of it.
void Node::carry(pipeline::Effects effects) {
  if (!effects.persist.empty()) { persister_->persist(std::move(effects.persist)); }
  for (const auto& send : effects.send) { network_->send(send.to, send.message); }
  for (auto& request : effects.verify_votes) { verify(std::move(request)); }
  for (auto& request : effects.verify_transactions) { verify(std::move(request)); }
  if (!effects.admissions.empty()) { admit(std::move(effects.admissions)); }
  for (const auto& done : effects.finals) {
    blocks_.add();
    tracker_.final(done.block);
  }
  if (!effects.execute.empty()) { executor_->execute(std::move(effects.execute)); }
  for (const auto& request : effects.serve) { serve(request); }
  if (!effects.expired.empty()) { tracker_.expired(effects.expired); }
  if (!effects.dropped.empty()) {
    log_warning("{} waiting transactions can stand in no block any more, among them {}: {}", effects.dropped.size(),
                effects.dropped.front().id.hex(), effects.dropped.front().why.message);
    tracker_.dropped(effects.dropped);
  }
  if (effects.ready_due) { say_ready(*effects.ready_due); }
  for (const auto& alarm : effects.alarms) {
    metrics_
        .counter("keten_alarms_total", "What must never happen, by kind",
                 {{"kind", std::string(alarm_name(alarm.kind))}})
        .add();
    log_error("{}: {}", alarm_name(alarm.kind), alarm.text);
  }
}

/// The next epoch waits for this node's word, signed with the key that it will vote with.
void Node::say_ready(const pipeline::ReadyDue& due) {
  const auto present = membership();
  const auto* registered = present->directory.find(due.key);
  const auto keys = keys_.all();
  const auto key = std::ranges::find(keys, due.key, &KeyPair::public_key);
  if (registered == nullptr || key == keys.end()) { return; }  // said again when the state has it
  TransactionBody body;
  body.chain_id = home_.chain_id;
  body.organisation = registered->organisation;
  body.sender = due.key;
  body.valid_until = due.height.plus(kReadyBlocks);
  body.salt = random_fixed<Salt>();
  body.fuel_limit = kReadyFuel;
  body.contract = governance::kContractName;
  body.method = governance::kReady;
  body.arguments = governance::Ready{due.set, due.height}.encode();
  log_info("ready for the next epoch at height {}", due.height.value);
  submit({sign_transaction(std::move(body), {}, *key)}, [](const std::vector<keten::Status>& results) {
    for (const auto& result : results) {
      if (!result) { log_info("ready for the next epoch, not taken yet: {}", result.error().message); }
    }
  });
}

void Node::verify(consensus::VerifyRequest request) {
  const auto work = [this, request = std::move(request)]() {
    pipeline::VotesVerified verified{request.ticket, {}};
    verified.valid.reserve(request.checks.size());
    for (const auto& check : request.checks) {
      verified.valid.push_back(keten::verify(check.key, check.digest.view(), check.signature));
    }
    votes_verified_.add(request.checks.size());
    inbox_.push_completion(std::move(verified));
  };
  if (!vote_pool_->submit(work)) { work(); }
}

void Node::verify(pipeline::VerifyTransactions request) {
  struct Shared {
    pipeline::VerifyTransactions request;
    std::vector<std::uint8_t> valid;
  };
  auto shared = std::make_shared<Shared>();
  shared->valid.resize(request.transactions.size());
  shared->request = std::move(request);
  const auto piece = [this, shared](std::size_t first, std::size_t last) {
    const auto began = steady_us();
    std::uint64_t refused = 0;
    for (auto i = first; i < last; ++i) {
      shared->valid[i] = has_valid_signature(*shared->request.transactions[i]) ? 1 : 0;
      refused += shared->valid[i] == 0 ? 1 : 0;
    }
    signatures_verified_.add(last - first);
    if (refused > 0) { signatures_refused_.add(refused); }
    verify_us_.add(steady_us() - began);
  };
  const auto done = [this, shared]() {
    inbox_.push_completion(pipeline::TransactionsVerified{
        shared->request.ticket, std::vector<bool>(shared->valid.begin(), shared->valid.end())});
  };
  const auto count = shared->request.transactions.size();
  if (!transaction_pool_->submit_batch(count, kVerifyPiece, piece, done)) {
    piece(0, count);
    done();
  }
}

void Node::serve(const pipeline::Serve& request) {
  auto& waiting = serving_[request.peer];
  if (!waiting) { waiting = std::make_shared<std::atomic<int>>(0); }
  if (waiting->fetch_add(1) >= kServeTasksOfPeerMax) {
    waiting->fetch_sub(1);
    log_debug("node {} asks for blocks before it has its answers", request.peer.value);
    return;
  }
  const auto work = [this, request, waiting]() {
    waiting->fetch_sub(1);
    const auto range = reads_.range(request.request.from, request.request.to, limits::kSyncBlocksMax, kServeBytesMax);
    if (!range) {
      log_warning("blocks {} to {} for a peer: {}", request.request.from.value, request.request.to.value,
                  range.error().message);
      return;
    }
    if (range->blocks.empty()) { return; }
    network_->send(request.peer, pipeline::BlockResponse{range->from, range->blocks, range->finalization, range->path});
  };
  // Too many requests wait: the peer asks again, and another validator, a second later.
  if (serve_pool_->submit(work)) { return; }
  waiting->fetch_sub(1);
  log_debug("too many block requests wait; one of node {} is dropped", request.peer.value);
}

void Node::publish(consensus::Now at) {
  const auto height = pipeline_->engine().floor().height;
  const bool is_news = height != published_height_ || executed_steps_ != 0;
  if (!is_news && at.steady_ms < published_ms_ + kPublishMs) { return; }
  published_ms_ = at.steady_ms;
  published_height_ = height;
  executed_steps_ = 0;
  auto current = pipeline_->status(at);
  tracker_.tick(at.steady_ms, current.quorum ? std::string() : current.reason);
  const std::lock_guard lock(status_mutex_);
  published_ = std::move(current);
  published_at_ms_ = at.steady_ms;
}

void Node::executed(const BlockPointer& block, const contracts::BlockResult& result,
                    const MembershipPointer& membership) {
  const auto height = block->header.height;
  if (membership) {
    const std::lock_guard lock(membership_mutex_);
    membership_ = membership;
  }
  if (membership || (home_.introduction && height == home_.introduction->height)) {
    follow_members(*this->membership(), height);
  }
  certificate_.look(steady_ms(), wall_ms());
  persister_->executed(block->header.height);
  tracker_.executed(block, result);
  inbox_.push_completion(pipeline::Executed{block->header.height, result.state_root, membership});
  std::vector<std::function<void(Height)>> callbacks;
  {
    const std::lock_guard lock(watchers_->mutex);
    for (const auto& [id, callback] : watchers_->callbacks) { callbacks.push_back(callback); }
  }
  for (const auto& callback : callbacks) { callback(block->header.height); }
}

// ---- events from outside ----

MembershipPointer Node::membership() const {
  const std::lock_guard lock(membership_mutex_);
  return membership_;
}

DirectoryPointer Node::directory() const {
  const auto present = membership();
  return {present, &present->directory};
}

/// Which of them this node is: the one that has one of our keys.
const keten::Node* Node::self_in(const Membership& present) const {
  const auto keys = keys_.all();
  const auto found = std::ranges::find_if(present.nodes, [&](const keten::Node& node) {
    return std::ranges::any_of(keys, [&](const KeyPair& key) {
      return key.public_key() == node.key ||
             std::ranges::find(node.former_keys, key.public_key()) != node.former_keys.end();
    });
  });
  return found == present.nodes.end() ? nullptr : &*found;
}

std::string Node::name_of(NodeNumber number) const {
  const auto present = membership();
  const auto* found = present->find_node(number);
  return found == nullptr ? "node " + number.text() : found->name;
}

std::size_t Node::on_messages(NodeNumber from, std::vector<pipeline::PeerMessage>& messages) {
  std::vector<pipeline::Event> events;
  events.reserve(messages.size());
  for (auto& message : messages) { events.emplace_back(pipeline::FromPeer{from, std::move(message)}); }
  std::size_t taken = 0;
  const auto pushed = inbox_.push_some(events, taken);
  if (pushed == Inbox<pipeline::Event>::Pushed::closed) { return messages.size(); }
  for (auto i = taken; i < events.size(); ++i) {
    messages[i] = std::move(std::get<pipeline::FromPeer>(events[i]).message);
  }
  return taken;
}

void Node::on_connected(NodeNumber peer) {
  log_info("connected to {}", name_of(peer));
  inbox_.push_completion(pipeline::PeerConnected{peer});
}

void Node::on_disconnected(NodeNumber peer) {
  log_info("lost {}", name_of(peer));
  inbox_.push_completion(pipeline::PeerDisconnected{peer});
}

keten::Status Node::check(const Transaction& transaction, Roles roles) const {
  return contracts::check_transaction(registry_, transaction, roles);
}

bool Node::may_call(const Transaction& transaction, Roles roles) const {
  return contracts::may_call(registry_, transaction, roles);
}

// ---- Gateway ----

void Node::submit(std::vector<TransactionPointer> transactions, Admitted done) {
  if (transactions.empty()) {
    done({});
    return;
  }
  const auto count = transactions.size();
  if (const auto problem = disk_->space().text(); !problem.empty()) {
    const auto why = failure(ErrorKind::unavailable, "DISK_FULL", problem + "; other validators may take it");
    done(std::vector<keten::Status>(count, why));
    return;
  }
  const auto ticket = next_ticket_.fetch_add(1);
  {
    std::vector<TransactionId> ids;
    ids.reserve(count);
    for (const auto& transaction : transactions) { ids.push_back(transaction->id); }
    const std::lock_guard lock(submissions_mutex_);
    submissions_.emplace(ticket,
                         Submission{std::move(ids), std::vector<keten::Status>(count, kDone), count, std::move(done)});
  }
  pipeline::Event event = pipeline::Submitted{ticket, std::move(transactions)};
  const auto pushed = inbox_.push(std::move(event));
  if (pushed == Inbox<pipeline::Event>::Pushed::taken) { return; }
  Admitted answer;
  {
    const std::lock_guard lock(submissions_mutex_);
    const auto found = submissions_.find(ticket);
    answer = std::move(found->second.done);
    submissions_.erase(found);
  }
  const auto why = pushed == Inbox<pipeline::Event>::Pushed::full
                       ? failure(ErrorKind::busy, "NODE_BUSY", "the node has too much to do; try again in a second")
                       : failure(ErrorKind::unavailable, "STOPPING", "the node is stopping; ask another one");
  answer(std::vector<keten::Status>(count, why));
}

void Node::admit(std::vector<pipeline::Admission> admissions) {
  std::vector<std::pair<Admitted, std::vector<keten::Status>>> complete;
  std::vector<TransactionId> taken;
  {
    const std::lock_guard lock(submissions_mutex_);
    for (auto& admission : admissions) {
      const auto found = submissions_.find(admission.ticket);
      if (found == submissions_.end()) { continue; }
      auto& submission = found->second;
      if (admission.status) { taken.push_back(submission.ids[admission.index]); }
      submission.results[admission.index] = std::move(admission.status);
      if (--submission.missing > 0) { continue; }
      complete.emplace_back(std::move(submission.done), std::move(submission.results));
      submissions_.erase(found);
    }
  }
  admitted_.add(taken.size());
  tracker_.admitted(taken);
  for (auto& [done, results] : complete) { done(std::move(results)); }
}

void Node::wait(const TransactionId& id, WaitLevel level, std::uint64_t timeout_ms, Waited done) {
  const auto known = progress(id);
  if (reaches(known, level)) {
    done(known);
    return;
  }
  auto shared = std::make_shared<Waited>(std::move(done));
  const auto deadline = steady_ms() + timeout_ms;
  auto waiting = tracker_.wait(id, level, deadline,
                               [shared](Result<TransactionProgress> result) { (*shared)(std::move(result)); });
  if (!waiting) {
    (*shared)(waiting.error());
    return;
  }
  // It may have been executed between the question and the registration.
  if (const auto stored = reads_.progress(id); stored && stored->state == TransactionState::executed) {
    tracker_.settle(id, *stored);
  }
}

TransactionProgress Node::progress(const TransactionId& id) const {
  // In this order: what the tracker forgets because it was executed is in every snapshot from then on.
  const auto on_its_way = tracker_.find(id);
  if (const auto stored = reads_.progress(id)) { return *stored; }
  return on_its_way.value_or(TransactionProgress{});
}

/// A process that was stopped for long does not know yet what it missed.
std::uint64_t Node::published_age_ms() const {
  const std::lock_guard lock(status_mutex_);
  return steady_ms() - std::min(steady_ms(), published_at_ms_);
}

pipeline::PipelineStatus Node::published() const {
  const std::lock_guard lock(status_mutex_);
  return published_;
}

std::unique_ptr<Gateway::Subscription> Node::watch_executed(std::function<void(Height)> changed) {
  const std::lock_guard lock(watchers_->mutex);
  const auto id = watchers_->next++;
  watchers_->callbacks.emplace(id, std::move(changed));
  return std::make_unique<Watch>(watchers_, id);
}

}  // namespace keten::node
