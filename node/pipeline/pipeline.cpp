#include "node/pipeline/pipeline.h"

#include <algorithm>
#include <limits>

#include "core/mutant.h"
#include "node/pipeline/state.h"

namespace keten::pipeline {

std::optional<ValidatorIndex> own_index(const ValidatorSet& validators, const consensus::Keys& keys) {
  for (std::size_t i = 0; i < validators.size(); ++i) {
    const ValidatorIndex index{static_cast<std::uint16_t>(i)};
    if (keys.find(validators.at(index).key) != nullptr) { return index; }
  }
  return std::nullopt;
}

consensus::Engine make_engine(const PipelineConfig& config, const EpochRules& epoch, std::optional<ValidatorIndex> self,
                              const consensus::Keys& keys, consensus::Recovered recovered) {
  consensus::Config engine;
  engine.chain_id = config.genesis.chain_id();
  engine.epoch = epoch.epoch;
  engine.validators = epoch.validators;
  engine.self = self;
  engine.clock_drift_ms_max = epoch.parameters.clock_drift_ms_max;
  engine.execution_lag_max = epoch.parameters.execution_lag_max;
  engine.timing = config.timing;
  const auto* signer = self ? keys.find(epoch.validators.at(*self).key) : nullptr;
  return {std::move(engine), signer, std::move(recovered)};
}

Pipeline::State::State(PipelineConfig configuration, const consensus::Keys& own_keys,
                       const TransactionRules& transaction_rules, PipelineRecovered recovered)
    : config(std::move(configuration)),
      chain_id(config.genesis.chain_id()),
      keys(own_keys),
      rules(transaction_rules),
      membership(std::move(recovered.membership)),
      memberships{{recovered.executed_height, membership}},
      current(membership->current),
      self(own_index(current.validators, keys)),
      engine(make_engine(config, current, self, keys, recovered.consensus)),
      mempool(config.mempool),
      executed_height(recovered.executed_height) {
  recorded_evidence = std::move(recovered.evidence);
  unused_key = recovered.consensus.unused_key;
  for (const auto& [height, root] : recovered.recent_roots) { roots[height] = root; }
  roots[executed_height] = recovered.state_root;
  for (const auto& old : recovered.window) {
    if (MUTANT(duplicates_forgotten_at_restart)) { break; }
    for (const auto& [id, valid_until] : old.transactions) { window.add(id, valid_until); }
    if (!old.transactions.empty()) { newest_work = std::max(newest_work, old.height); }
  }
  window.advance(executed_height);
  for (const auto& block : recovered.blocks) { hold(block); }

  // Where execution goes on: the block at the executed height, below the floor or the floor itself.
  delivered = executed_height;
  delivered_id = recovered.consensus.floor.block;
  auto height = recovered.consensus.floor.height;
  CHECK(height >= executed_height);
  while (height > executed_height) {
    const auto found = blocks.find(delivered_id);
    CHECK(found != blocks.end());  // recovery refuses a floor without its blocks
    delivered_id = found->second.block->header.parent;
    height = height.previous();
  }
}

void Pipeline::State::hold(const BlockPointer& block) {
  HeldBlock holding{block, {}};
  holding.ids.reserve(block->transactions.size());
  for (const auto& transaction : block->transactions) { holding.ids.insert(transaction->id); }
  const auto id = block->header.id();
  wanted.erase(id);
  blocks.insert_or_assign(id, std::move(holding));
}

void Pipeline::State::forget_old_blocks() {
  const auto done = std::min(executed_height, delivered).value;
  for (auto at = blocks.begin(); at != blocks.end();) {
    if (at->second.block->header.height.value + kBlocksKept <= done) {
      at = blocks.erase(at);
    } else {
      ++at;
    }
  }
  while (!delivered_ids.empty() && delivered_ids.begin()->first.value + kBlocksKept <= done) {
    delivered_ids.erase(delivered_ids.begin());
  }
}

void Pipeline::State::send(std::optional<NodeNumber> to, PeerMessage message) {
  effects.send.push_back({to, std::move(message)});
}

void Pipeline::State::persist(std::vector<BlockPointer> store, std::vector<consensus::JournalRecord> records) {
  if (store.empty() && records.empty()) { return; }
  // One sync per step: bodies go to the disk before the records, whichever part of the step made them.
  if (effects.persist.empty()) { effects.persist.push_back({++persist_sequence, {}, {}}); }
  auto& target = effects.persist.back();
  target.blocks.insert(target.blocks.end(), store.begin(), store.end());
  target.records.insert(target.records.end(), std::make_move_iterator(records.begin()),
                        std::make_move_iterator(records.end()));
}

/// Carries the engine's wishes out, in their order: what must be durable first, then who hears of it.
void Pipeline::State::apply(consensus::Effects&& from_engine, std::vector<BlockPointer> store) {
  persist(std::move(store), std::move(from_engine.persist));
  for (auto& outgoing : from_engine.send) {
    std::optional<PeerMessage> message;
    if (auto* proposal = std::get_if<consensus::Proposal>(&outgoing.message); proposal != nullptr) {
      const auto found = blocks.find(proposal->header.id());
      if (found == blocks.end()) { continue; }
      const auto& block = *found->second.block;
      message = ProposalMessage{std::move(*proposal), payload_leaves(block.transactions), block.evidence};
    } else {
      std::visit(
          [&message](auto& other) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(other)>, consensus::Proposal>) {
              message = std::move(other);
            }
          },
          outgoing.message);
    }
    Send ready{outgoing.to ? std::optional(number_of(*outgoing.to)) : std::nullopt, std::move(*message)};
    if (outgoing.after_durable && durable_sequence < persist_sequence && !MUTANT(send_before_sync)) {
      held.push_back({persist_sequence, std::move(ready)});
    } else {
      effects.send.push_back(std::move(ready));
    }
  }
  for (auto& request : from_engine.verify) {
    request.ticket |= engine_tickets();
    effects.verify_votes.push_back(std::move(request));
  }
  for (auto& alarm : from_engine.alarms) { effects.alarms.push_back(std::move(alarm)); }
  for (auto& one : from_engine.evidence) {
    const auto key = evidence_key(one);
    if (key && !recorded_evidence.contains(*key)) { open_evidence.emplace(*key, std::move(one)); }
  }
  // Before anything that asks the engine again: its newer request must not be overwritten by this one.
  if (from_engine.build) {
    build = from_engine.build;
    build_since_ms = now.steady_ms;
  }
  // What is still needed above the new floor, the engine asks for again; the rest nobody may have any more.
  if (!from_engine.finalized.empty()) { wanted.clear(); }
  for (const auto& fetch : from_engine.fetch) {
    if (const auto known = blocks.find(fetch.block); known != blocks.end()) {
      apply(engine.on_block_stored(known->second.block->header, now));
      continue;
    }
    if (wanted.size() >= 2 * limits::kRetransmitViews) { wanted.erase(wanted.begin()); }
    const auto hint = fetch.hint ? std::optional(number_of(*fetch.hint)) : std::nullopt;
    wanted.try_emplace(fetch.block, WantedBlock{hint, now.steady_ms, 0});
  }
  if (!from_engine.finalized.empty()) { deliver(); }
  for (const auto& request : from_engine.check) { check_payload(request); }
}

/// Lets go what waited for the disk, in the order it was held.
void Pipeline::State::release() {
  while (!held.empty() && held.front().sequence <= durable_sequence) {
    auto ready = std::move(held.front());
    held.pop_front();
    if (auto* message = std::get_if<Send>(&ready.what); message != nullptr) {
      effects.send.push_back(std::move(*message));
      continue;
    }
    auto& delivery = std::get<Delivered>(ready.what);
    effects.finals.push_back({delivery.block});
    effects.execute.push_back({std::move(delivery.block), std::move(delivery.finalization)});
  }
}

bool Pipeline::State::is_live(NodeNumber peer) const {
  if (is_self(peer)) { return true; }
  const auto found = peers.find(peer);
  return found != peers.end() && found->second.connected && now.steady_ms <= found->second.heard_ms + kSilentMs;
}

Height Pipeline::State::executed_height_of(NodeNumber number) const {
  if (is_self(number)) { return executed_height; }
  const auto found = peers.find(number);
  return found == peers.end() ? Height{} : found->second.status.executed_height;
}

bool Pipeline::State::has_quorum_connected() const {
  std::uint64_t weight = 0;
  for (const auto& validator : current.validators.members()) {
    if (is_live(validator.number)) { weight += validator.weight; }
  }
  return current.validators.has_quorum(weight);
}

bool Pipeline::State::has_quorum_answered() const {
  std::uint64_t weight = 0;
  for (const auto& validator : current.validators.members()) {
    const auto found = peers.find(validator.number);
    const bool answered = found != peers.end() && found->second.answered && is_live(validator.number) &&
                          found->second.status.epoch >= current.epoch;
    if (is_self(validator.number) || answered) { weight += validator.weight; }
  }
  return current.validators.has_quorum(weight);
}

std::uint64_t Pipeline::State::hand_shake_ms() const {
  if (!engine.is_fresh()) { return kEchoMs; }
  std::uint64_t weight = 0;
  for (const auto& validator : current.validators.members()) {
    const auto found = peers.find(validator.number);
    if (found == peers.end() || is_self(validator.number) || !found->second.answered) { continue; }
    const auto& status = found->second.status;
    const bool is_later = status.epoch > current.epoch;
    const bool has_begun = status.epoch == current.epoch && (status.view.value > 1 || status.floor_view.value > 0);
    if (is_later || has_begun) { weight += validator.weight; }
  }
  // One honest validator says so at least: its proof comes, and then this is no first start.
  if (weight > current.validators.fault_weight()) { return std::numeric_limits<std::uint64_t>::max(); }
  return weight > 0 ? kClaimMs : kEchoMs;
}

std::optional<NodeNumber> Pipeline::State::choose_peer(std::size_t attempt, std::optional<NodeNumber> hint) const {
  if (attempt == 0 && hint && !is_self(*hint) && is_live(*hint)) { return hint; }
  std::vector<NodeNumber> live;
  for (const auto& [number, peer] : peers) {
    if (is_live(number) && !is_self(number)) { live.push_back(number); }
  }
  if (live.empty()) { return std::nullopt; }
  return live[attempt % live.size()];
}

std::string Pipeline::State::stuck_reason() const {
  if (engine.sealed()) {
    return "epoch " + current.epoch.text() + " has ended with height " + engine.floor().height.text() +
           "; the next one begins when that is executed, now at height " + executed_height.text();
  }
  if (has_quorum_connected()) { return engine.stuck_reason(now); }
  const auto& validators = current.validators;
  std::string missing;
  std::size_t present = 0;
  for (const auto& validator : validators.members()) {
    if (is_live(validator.number)) {
      ++present;
      continue;
    }
    const auto found = peers.find(validator.number);
    const bool was_heard = found != peers.end() && found->second.heard_ms > 0;
    missing += (missing.empty() ? "" : ", ") + validator.node + " (" + validator.organisation + ") " +
               (was_heard ? "silent for " + std::to_string((now.steady_ms - found->second.heard_ms) / 1000) + " s"
                          : std::string("not heard since the start"));
  }
  return "no quorum: " + std::to_string(present) + " of " + std::to_string(validators.size()) +
         " validators are connected, weight " + std::to_string(validators.quorum_weight()) + " of " +
         std::to_string(validators.total_weight()) + " is needed; missing: " + missing;
}

/// What may have become possible by whatever happened; then the next wake-up.
void Pipeline::State::finish_step() {
  if (now.steady_ms >= engine.deadline_ms()) { apply(engine.on_time(now)); }
  if (self && !votes_allowed) {
    // docs/consensus.md, "After every start": a quorum has said what it knows before this key signs again.
    if (answered_ms == 0 && has_quorum_answered()) { answered_ms = std::max<std::uint64_t>(now.steady_ms, 1); }
    const bool is_heard = answered_ms != 0 && now.steady_ms - answered_ms >= hand_shake_ms();
    if (answered_ms != 0 && (current.validators.size() == 1 || is_heard)) {
      votes_allowed = true;
      apply(engine.allow_votes(now));
    }
  }
  share_gathered();
  share_again();
  remind_ready();
  // A vote changes nothing for a payload but by moving the floor; whatever else can, looks for itself.
  if (engine.floor().view != resolved_floor) {
    resolved_floor = engine.floor().view;
    resolve_proposals();
  }
  update_work();
  try_build();
  ask_for_missing();
  ask_for_blocks();
  update_work();
  release();
  const auto wake_at = [&](std::uint64_t at) {
    effects.wake_at_ms = effects.wake_at_ms == 0 ? at : std::min(effects.wake_at_ms, at);
  };
  wake_at(engine.deadline_ms());
  if (!gathered.empty()) { wake_at(shared_ms + kShareGatherMs); }
  if (membership->pending) { wake_at(std::max(ready_due_ms, now.steady_ms + 1)); }
  if (answered_ms != 0 && !votes_allowed) {
    for (const auto wait_ms : {kEchoMs, kClaimMs}) {
      if (now.steady_ms < answered_ms + wait_ms) { wake_at(answered_ms + wait_ms); }
    }
  }
  for (const auto& [id, proposal] : proposals) {
    if (proposal.missing > 0) { wake_at(proposal.ask_at_ms); }
  }
  for (const auto& [id, want] : wanted) { wake_at(want.ask_at_ms); }
  if (behind_since_ms != 0) {
    wake_at(std::max(range_ask_at_ms, behind_since_ms + 2 * kFetchRetryMs));
    if (effects.wake_at_ms <= now.steady_ms) { effects.wake_at_ms = now.steady_ms + kFetchRetryMs; }
  }
  if (effects.wake_at_ms <= now.steady_ms) { effects.wake_at_ms = now.steady_ms + 1; }
}

Pipeline::Pipeline(PipelineConfig config, const consensus::Keys& keys, const TransactionRules& rules,
                   PipelineRecovered recovered)
    : state_(std::make_unique<State>(std::move(config), keys, rules, std::move(recovered))) {}
Pipeline::~Pipeline() = default;

Effects Pipeline::start(Now now) {
  auto& state = *state_;
  state.now = now;
  state.effects = {};
  state.apply(state.engine.start(now));
  if (state.executed_height.value > 0) { state.apply(state.engine.on_executed(state.executed_height, now)); }
  state.deliver();
  state.finish_step();
  return std::move(state.effects);
}

Effects Pipeline::step(Event event, Now now) {
  auto& state = *state_;
  state.now = now;
  state.effects = {};
  if (auto* submitted = std::get_if<Submitted>(&event)) {
    state.submit(std::move(*submitted));
  } else if (auto* message = std::get_if<FromPeer>(&event)) {
    state.from_peer(message->from, std::move(message->message));
  } else if (const auto* connected = std::get_if<PeerConnected>(&event)) {
    auto& peer = state.peers[connected->peer];
    peer.connected = true;
    peer.answered = false;
    peer.heard_ms = now.steady_ms;
    peer.blocks_due_ms = 0;
    peer.blocks_owed = 0;
    if (const auto index = state.current.validators.find(connected->peer)) {
      state.apply(state.engine.on_peer_connected(*index, now));
    }
  } else if (const auto* disconnected = std::get_if<PeerDisconnected>(&event)) {
    auto& peer = state.peers[disconnected->peer];
    peer.connected = false;
    peer.early.clear();
  } else if (const auto* votes = std::get_if<VotesVerified>(&event)) {
    constexpr auto kOfEngine = (1ULL << kEngineTicketBits) - 1;
    const auto checks = state.evidence_checks.find(votes->ticket);
    if (checks != state.evidence_checks.end()) {
      const auto block = checks->second;
      state.evidence_checks.erase(checks);
      state.evidence_verified(block, votes->valid);
    } else if ((votes->ticket & kPipelineTicket) != 0) {
      state.range_verified(votes->ticket, votes->valid);
    } else if ((votes->ticket & ~kOfEngine) == state.engine_tickets()) {
      state.apply(state.engine.on_verified(votes->ticket & kOfEngine, votes->valid, now));
    }
  } else if (const auto* verified = std::get_if<TransactionsVerified>(&event)) {
    state.transactions_verified(*verified);
  } else if (const auto* persisted = std::get_if<Persisted>(&event)) {
    state.durable_sequence = std::max(state.durable_sequence, persisted->sequence);
  } else if (const auto* executed = std::get_if<Executed>(&event)) {
    state.executed(*executed);
  } else {
    CHECK(std::holds_alternative<Tick>(event));
  }
  state.finish_step();
  return std::move(state.effects);
}

void Pipeline::State::from_peer(NodeNumber from, PeerMessage message) {
  if (is_self(from)) { return; }
  // Also of a peer that has just gone, or of one that came before its connection was announced.
  auto& peer = peers[from];
  peer.heard_ms = now.steady_ms;
  const auto index = current.validators.find(from);
  if (const auto* status = std::get_if<consensus::Status>(&message)) {
    // Who comes from another epoch is told what one is told that connects: its own newest vote here among it.
    const bool arrives = peer.answered && peer.status.epoch != current.epoch && status->epoch == current.epoch;
    peer.status = *status;
    peer.answered = true;
    if (arrives && index) { apply(engine.on_peer_connected(*index, now)); }
  }
  if (!is_present(from, message)) { return; }
  std::visit(
      [&](auto& content) {
        using Content = std::decay_t<decltype(content)>;
        constexpr bool is_for_engine =
            std::is_same_v<Content, Vote> || std::is_same_v<Content, Certificate> ||
            std::is_same_v<Content, consensus::Status> || std::is_same_v<Content, consensus::CertificateRequest> ||
            std::is_same_v<Content, consensus::CertificateResponse> || std::is_same_v<Content, Evidence> ||
            std::is_same_v<Content, consensus::RecoveryRequest> || std::is_same_v<Content, consensus::RecoveryReply>;
        if constexpr (is_for_engine) {
          if (index) { apply(engine.on_message(*index, std::move(content), now)); }
        } else if constexpr (std::is_same_v<Content, PayloadRequest> || std::is_same_v<Content, BlockRequest>) {
          receive(from, content);
        } else if constexpr (std::is_same_v<Content, PayloadResponse>) {
          receive(std::move(content));
        } else {
          receive(from, std::move(content));
        }
      },
      message);
}

PipelineStatus Pipeline::status(Now now) const {
  auto& state = *state_;
  state.now = now;
  PipelineStatus status;
  status.height = state.delivered;
  status.executed_height = state.executed_height;
  status.state_root = state.roots.at(state.executed_height);
  status.epoch = state.current.epoch;
  status.view = state.engine.view();
  status.block_time = state.engine.floor_header().time;
  status.quorum = state.has_quorum_connected();
  status.mempool_transactions = state.mempool.size();
  status.mempool_bytes = state.mempool.bytes();
  const auto add_peer = [&](NodeNumber number) {
    const bool is_self = state.is_self(number);
    const auto found = state.peers.find(number);
    const auto peer = found == state.peers.end() ? PeerState{} : found->second;
    const bool live = state.is_live(number);
    status.peers.push_back(
        {number, live, is_self ? state.delivered : peer.status.floor_height,
         is_self ? state.executed_height : peer.status.executed_height,
         is_self || peer.heard_ms == 0 ? 0 : now.steady_ms - std::min(now.steady_ms, peer.heard_ms)});
  };
  for (const auto& validator : state.current.validators.members()) { add_peer(validator.number); }
  for (const auto& [number, peer] : state.peers) {
    if (peer.connected && !state.current.validators.find(number)) { add_peer(number); }
  }
  // As more than the tolerated weight of validators says: a single one may name any height.
  status.lag = std::max(state.honest_height(), state.delivered).value - state.delivered.value;
  status.abstention = state.self ? state.engine.abstention_reason() : std::string();
  status.divergence = state.divergence;
  for (const auto& [key, one] : state.open_evidence) { status.evidence.push_back(one); }
  status.reason = state.stuck_reason();
  if (status.reason.empty() && status.lag > 8) {
    const auto best = std::ranges::max_element(
        status.peers, {}, [](const PipelineStatus::Peer& peer) { return peer.connected ? peer.height : Height{}; });
    const auto place = state.current.validators.find(best->number);
    const auto* member = place ? &state.current.validators.at(*place) : nullptr;
    status.reason = "behind by " + std::to_string(status.lag) +
                    " blocks, catching up from the other validators; the best is " +
                    (member != nullptr ? member->node + " (" + member->organisation + ")" : "a follower") +
                    " at height " + best->height.text();
  }
  return status;
}

Pipeline::Place Pipeline::place(const TransactionId& id) const {
  if (state_->window.contains(id)) { return Place::final; }
  if (state_->mempool.is_admitted(id)) { return Place::admitted; }
  return state_->mempool.contains(id) ? Place::verifying : Place::unknown;
}

const consensus::Engine& Pipeline::engine() const { return state_->engine; }

}  // namespace keten::pipeline
