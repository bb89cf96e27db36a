#include <algorithm>

#include "node/pipeline/state.h"

// From one set of validators to the next: docs/consensus.md, "Epochs".
namespace keten::pipeline {

void Pipeline::State::membership_changed(Height height, MembershipPointer changed) {
  const auto ended = membership->directory.ended_in(changed->directory);
  membership = std::move(changed);
  memberships[height] = membership;
  if (!ended.empty()) {
    drop_refused([&](const Transaction& transaction) {
      return ended.contains(transaction.body.sender) ? check_sender(transaction, membership->directory) : kDone;
    });
  }
  effects.membership = membership;
  ready_due_ms = now.steady_ms;
  // Headers bind results in ascending order, so none below that of the floor is asked for any more.
  const auto oldest = memberships.upper_bound(engine.floor_header().executed_height);
  if (oldest != memberships.begin()) { memberships.erase(memberships.begin(), std::prev(oldest)); }
}

const Membership* Pipeline::State::membership_at(Height height) const {
  if (height > executed_height) { return nullptr; }  // what execution will say is not known yet
  const auto later = memberships.upper_bound(height);
  return later == memberships.begin() ? nullptr : std::prev(later)->second.get();
}

SetId Pipeline::State::next_set(const BlockHeader& parent, Height bound) const {
  // Frozen from `next_since` until the sealing block is executed, and then the engine is another: so the newest result
  // tells what every earlier one of this epoch said.
  if (!membership->next) { return {}; }
  const bool was_ready = parent.epoch == current.epoch && parent.executed_height >= membership->next_since;
  return bound >= membership->next_since && !was_ready ? membership->next->validators.id() : SetId{};
}

/// The sealing block is executed here, so its finalization is durable: the next epoch begins on it, at view 0.
void Pipeline::State::begin_epoch() {
  CHECK(engine.sealed() && engine.floor().height == membership->since && executed_height == membership->since);
  CHECK(membership->current.epoch == current.epoch.next());
  CHECK(membership->current.validators.id() == engine.floor_header().next_set);
  seal = consensus::CertificateResponse{{engine.floor().finalization}, {engine.floor_header()}};
  consensus::Recovered begin;
  begin.floor = engine.floor();
  begin.floor.view = View{0};
  begin.floor_header = engine.floor_header();
  engine.hand_over(begin);
  current = membership->current;
  drop_refused([&](const Transaction& transaction) { return check_body(transaction, delivered.next()); });
  self = own_index(current.validators, keys);
  engine = make_engine(config, current, self, keys, std::move(begin));
  // As after a start, the others say first what they have heard of this key in this epoch: it may have been here before.
  votes_allowed = false;
  answered_ms = 0;
  build.reset();
  proposals.clear();
  leaves.clear();
  leaves_order.clear();
  proposed_evidence.clear();
  evidence_checks.clear();
  wanted.clear();
  synced.clear();
  synced_proof.reset();
  ranges.clear();
  range_from.clear();
  range_ask_at_ms = now.steady_ms;
  resolved_floor = {};
  work_told = false;

  apply(engine.start(now));
  apply(engine.on_executed(executed_height, now));
  std::vector<std::pair<NodeNumber, PeerMessage>> waited;
  for (auto& [number, peer] : peers) {
    for (auto& message : std::exchange(peer.early, {})) { waited.emplace_back(number, std::move(message)); }
  }
  for (auto& [from, message] : waited) { from_peer(from, std::move(message)); }
}

namespace {

/// Nothing for a message that is of no epoch.
std::optional<Epoch> epoch_of(const PeerMessage& message) {
  if (const auto* vote = std::get_if<Vote>(&message)) { return vote->subject.epoch; }
  if (const auto* certificate = std::get_if<Certificate>(&message)) { return certificate->subject.epoch; }
  if (const auto* proposal = std::get_if<ProposalMessage>(&message)) { return proposal->proposal.epoch; }
  if (const auto* status = std::get_if<consensus::Status>(&message)) { return status->epoch; }
  if (const auto* request = std::get_if<consensus::CertificateRequest>(&message)) { return request->epoch; }
  if (const auto* request = std::get_if<consensus::RecoveryRequest>(&message)) { return request->epoch; }
  if (const auto* reply = std::get_if<consensus::RecoveryReply>(&message)) { return reply->epoch; }
  if (const auto* evidence = std::get_if<Evidence>(&message)) { return evidence->first.subject.epoch; }
  return std::nullopt;
}

}  // namespace

bool Pipeline::State::is_present(NodeNumber from, PeerMessage& message) {
  const auto epoch = epoch_of(message);
  if (!epoch || *epoch == current.epoch) { return true; }
  auto& peer = peers[from];
  if (*epoch < current.epoch) {
    // Certificates prove themselves and are not asked for; whoever says anything else of an ended epoch stands in it.
    const bool is_proof = std::holds_alternative<Certificate>(message) || std::holds_alternative<Evidence>(message);
    if (!is_proof) { tell_seal(from, *epoch); }
    return false;
  }
  const bool is_next = *epoch == current.epoch.next();
  if (!is_next || !peer.connected) { return false; }
  // One proposal is as large as all the rest, and a leader makes one for each view.
  const auto is_proposal = [](const PeerMessage& one) { return std::holds_alternative<ProposalMessage>(one); };
  if (is_proposal(message)) { std::erase_if(peer.early, is_proposal); }
  if (peer.early.size() == kEarlyMessagesPerPeer) { peer.early.pop_front(); }
  peer.early.push_back(std::move(message));
  return false;
}

void Pipeline::State::tell_seal(NodeNumber to, Epoch epoch) {
  auto& peer = peers[to];
  // Of older epochs it learns by block sync, as its own standing asks for.
  if (!seal || seal->headers.front().epoch != epoch || now.steady_ms < peer.seal_due_ms) { return; }
  peer.seal_due_ms = now.steady_ms + kSealToldMs;
  send(to, *seal);
}

/// The highest that some honest validator says is final: more weight reports at least that than may be faulty.
Height Pipeline::State::honest_height() const {
  std::vector<std::pair<Height, std::uint64_t>> reported;
  for (const auto& validator : current.validators.members()) {
    const auto found = peers.find(validator.number);
    const bool known = found != peers.end() && is_live(validator.number);
    reported.emplace_back(known ? found->second.status.floor_height : Height{}, validator.weight);
  }
  std::ranges::sort(reported, std::ranges::greater{});
  std::uint64_t weight = 0;
  for (const auto& [height, one] : reported) {
    weight += one;
    if (weight > current.validators.fault_weight()) { return std::max(height, engine.floor().height); }
  }
  return engine.floor().height;
}

// Precondition: the next set is agreed and not ready at the executed height. The votes for a block that seals the epoch need
// the execution of a later height, so one honest validator of any quorum has a higher floor when that block is final.
bool Pipeline::State::has_next_begun() const {
  std::uint64_t weight = 0;
  for (const auto& validator : current.validators.members()) {
    const auto found = peers.find(validator.number);
    const bool answered = found != peers.end() && found->second.answered && is_live(validator.number);
    if (!answered) { continue; }
    const auto& status = found->second.status;
    if (status.epoch == current.epoch && status.floor_height <= executed_height) { weight += validator.weight; }
  }
  return !current.validators.has_quorum(weight);
}

void Pipeline::State::remind_ready() {
  if (!membership->pending || now.steady_ms < ready_due_ms) { return; }
  const auto& pending = *membership->pending;
  const auto index = own_index(pending.rules.validators, keys);
  if (!index) { return; }
  const auto& entry = pending.rules.validators.at(*index);
  if (pending.ready.contains(entry.number)) { return; }
  ready_due_ms = now.steady_ms + kReadyAgainMs;
  if (!has_quorum_connected() || honest_height().value > executed_height.value + kReadyLagBlocks) { return; }
  // docs/consensus.md, "Amnesia": whose key is in no set that has begun has signed nothing in one to come.
  if (!self && !membership->next && !has_next_begun()) { apply(engine.past_is_known(now)); }
  // The key that the operator vouches for ends a quarantine but for a foreign vote's.
  const bool may_vote_then = entry.key == unused_key && engine.quarantine() != consensus::QuarantineCause::foreign_vote;
  if (engine.is_quarantined() && !may_vote_then) {
    ready_due_ms = now.steady_ms + kReadyLookMs;
    return;
  }
  effects.ready_due = ReadyDue{entry.key, pending.rules.validators.id(), executed_height};
}

}  // namespace keten::pipeline
