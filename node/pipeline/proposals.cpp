#include <algorithm>
#include <unordered_set>

#include "core/merkle.h"
#include "core/mutant.h"
#include "node/pipeline/state.h"

namespace keten::pipeline {

void Pipeline::State::receive(NodeNumber from, ProposalMessage message) {
  const auto& header = message.proposal.header;
  const auto view = message.proposal.view;
  // Only the view's leader proposes, so nobody can push another's payload out.
  if (view.value == 0 || number_of(engine.leader(view)) != from || view > engine.view().next()) { return; }
  if (message.leaves.size() != header.transaction_count ||
      message.leaves.size() > current.parameters.block_transactions_max ||
      header.payload_bytes > current.parameters.block_bytes_max ||
      (merkle_root(message.leaves) != header.payload_root && !MUTANT(payload_root_unchecked)) ||
      message.evidence.size() > limits::kBlockEvidenceMax || evidence_root(message.evidence) != header.evidence_root) {
    return;  // not what the header says or more than a block holds: the leader is as good as silent
  }
  const auto id = header.id();
  if (!leaves.contains(id)) {
    auto& order = leaves_order[from];
    while (order.size() >= kLeavesPerLeader) {
      leaves.erase(order.front());
      proposed_evidence.erase(order.front());
      order.pop_front();
    }
    leaves.emplace(id, std::move(message.leaves));
    if (!message.evidence.empty()) { proposed_evidence.emplace(id, std::move(message.evidence)); }
    order.push_back(id);
  }
  apply(engine.on_message(engine.leader(view), std::move(message.proposal), now));
}

void Pipeline::State::check_payload(const consensus::CheckPayload& request) {
  const auto id = request.header.id();
  if (blocks.contains(id)) {
    apply(engine.on_payload(request.view, id, consensus::PayloadVerdict::stored, now));
    return;
  }
  const auto found = leaves.find(id);
  if (found == leaves.end()) { return; }
  if (proposals.contains(id)) { return; }
  PendingProposal pending;
  pending.view = request.view;
  pending.leader = number_of(request.leader);
  pending.header = request.header;
  pending.leaves = found->second;
  pending.transactions.resize(pending.leaves.size());
  pending.in_check.resize(pending.leaves.size());
  pending.missing = pending.leaves.size();
  pending.ask_at_ms = now.steady_ms + kGossipGraceMs;
  if (const auto evidence = proposed_evidence.find(id); evidence != proposed_evidence.end()) {
    pending.evidence = evidence->second;
    check_evidence_of(pending);
  }
  proposals.emplace(id, std::move(pending));
  resolve_proposals();
}

bool Pipeline::State::fill(PendingProposal& proposal) {
  if (proposal.missing == 0 || proposal.forged) { return true; }
  for (std::size_t i = 0; i < proposal.leaves.size(); ++i) {
    if (proposal.transactions[i] != nullptr) { continue; }
    auto transaction = mempool.find_leaf(proposal.leaves[i]);
    if (transaction == nullptr || !mempool.is_admitted(transaction->id)) { continue; }
    proposal.transactions[i] = std::move(transaction);
    --proposal.missing;
  }
  return proposal.missing == 0;
}

bool Pipeline::State::may_stand(const Transaction& transaction, Height bound) const {
  const auto* then = membership_at(bound);
  const auto* sender = then == nullptr ? nullptr : then->directory.find(transaction.body.sender);
  return sender != nullptr && sender->organisation == transaction.body.organisation &&
         rules.may_call(transaction, sender->roles);
}

keten::Status Pipeline::State::check_content(const BlockHeader& header,
                                             const std::vector<TransactionPointer>& transactions) const {
  const auto& parameters = current.parameters;
  const auto refuse = [](std::string why) { return invalid("BLOCK_INVALID", std::move(why)); };
  std::uint64_t bytes = 0;
  std::uint64_t fuel = 0;
  std::unordered_set<TransactionId, FixedBytesHash> seen;
  for (const auto& transaction : transactions) {
    if (transaction->body.fuel_limit > parameters.block_fuel_max) {
      return refuse("a transaction wants too much fuel");
    }
    bytes += transaction->envelope.size();
    fuel += transaction->body.fuel_limit;
    if (!seen.insert(transaction->id).second && !MUTANT(duplicate_transactions)) {
      return refuse("a transaction stands in it twice");
    }
    if (!may_stand(*transaction, header.executed_height)) {
      return refuse("transaction " + transaction->id.hex() + " is of an unknown sender or one that may not call this");
    }
    const bool is_old = window.contains(transaction->id) || is_on_branch(transaction->id, header.parent);
    if (is_old && !MUTANT(duplicate_transactions)) {
      return refuse("transaction " + transaction->id.hex() + " is in an earlier block");
    }
    const bool is_valid_here =
        transaction->body.valid_until >= header.height &&
        transaction->body.valid_until.value <= header.height.value + parameters.validity_blocks_max;
    if (!is_valid_here && !MUTANT(expired_transactions)) {
      return refuse("transaction " + transaction->id.hex() + " is not valid at this height");
    }
  }
  if (transactions.size() > parameters.block_transactions_max || bytes > parameters.block_bytes_max ||
      fuel > parameters.block_fuel_max) {
    return refuse("more transactions, bytes or fuel than a block may hold");
  }
  if (bytes != header.payload_bytes || transactions.size() != header.transaction_count) {
    return refuse("the header counts other bytes or transactions");
  }
  return kDone;
}

Pipeline::State::Verdict Pipeline::State::judge(const PendingProposal& proposal) const {
  if (proposal.forged) { return Verdict::invalid; }
  if (proposal.evidence_in_check) { return Verdict::wait; }
  // The duplicate window is that of the branch: its blocks must be here down to the newest delivered one.
  auto ancestor = proposal.header.parent;
  while (ancestor != delivered_id) {
    const auto found = blocks.find(ancestor);
    if (found == blocks.end()) { return Verdict::wait; }
    if (found->second.block->header.height <= delivered) { break; }
    ancestor = found->second.block->header.parent;
  }
  if (proposal.header.executed_height > executed_height) { return Verdict::wait; }
  const auto root = roots.find(proposal.header.executed_height);
  if (root == roots.end()) { return Verdict::wait; }
  if (root->second != proposal.header.state_root && !MUTANT(executed_root_unchecked)) { return Verdict::invalid; }
  // Forgotten by a start; whatever is proposed later binds what this node has executed since.
  if (!proposal.leaves.empty() && membership_at(proposal.header.executed_height) == nullptr) { return Verdict::wait; }
  const auto* parent = engine.header(proposal.header.parent);
  if (parent == nullptr) { return Verdict::wait; }
  if (proposal.header.next_set != next_set(*parent, proposal.header.executed_height)) { return Verdict::invalid; }
  if (auto checked = check_content(proposal.header, proposal.transactions); !checked) { return Verdict::invalid; }
  return Verdict::valid;
}

void Pipeline::State::resolve_proposals() {
  const auto floor_view = engine.floor().view;
  std::vector<BlockId> ready;
  for (auto at = proposals.begin(); at != proposals.end();) {
    if (at->second.view <= floor_view) {
      at = proposals.erase(at);
      continue;
    }
    if (fill(at->second) && judge(at->second) != Verdict::wait) { ready.push_back(at->first); }
    ++at;
  }
  for (const auto& id : ready) {
    const auto found = proposals.find(id);
    if (found == proposals.end()) { continue; }
    const auto verdict = judge(found->second);
    if (verdict == Verdict::wait) { continue; }
    const auto pending = std::move(found->second);
    proposals.erase(found);
    if (verdict == Verdict::invalid) {
      const auto root = roots.find(pending.header.executed_height);
      if (root != roots.end() && root->second != pending.header.state_root) {
        effects.alarms.push_back({consensus::AlarmKind::rejected_notarized,
                                  "state divergence: proposal of view " + pending.view.text() + " says state root " +
                                      pending.header.state_root.hex() + " after height " +
                                      pending.header.executed_height.text() + ", this node computed " +
                                      root->second.hex() + "; compare the nodes' blocks from there on"});
      }
      apply(engine.on_payload(pending.view, id, consensus::PayloadVerdict::invalid, now));
      continue;
    }
    auto block = std::make_shared<Block>();
    block->header = pending.header;
    block->transactions = pending.transactions;
    block->evidence = pending.evidence;
    hold(block);
    // Stored before whatever this step persists: the vote's record follows the body it speaks of.
    apply(engine.on_payload(pending.view, id, consensus::PayloadVerdict::stored, now), {block});
  }
}

void Pipeline::State::receive(NodeNumber from, const PayloadRequest& request) {
  const auto found = blocks.find(request.block);
  if (found == blocks.end()) { return; }
  const auto& block = found->second.block;
  PayloadResponse response;
  response.block_id = request.block;
  std::uint64_t bytes = 0;
  if (request.indices.empty()) {
    response.block = block;
    bytes = block->header.payload_bytes;
  } else {
    for (const auto index : request.indices) {
      // Each once, in order: a small question must not have a huge answer.
      const bool is_next = response.indices.empty() || index > response.indices.back();
      if (index >= block->transactions.size() || !is_next) { return; }
      response.indices.push_back(index);
      response.transactions.push_back(block->transactions[index]);
      bytes += block->transactions[index]->envelope.size();
    }
  }
  // Nor must many small questions: whoever asks for more asks somebody else.
  if (!peers.at(from).answers.take(bytes, now.steady_ms)) { return; }
  send(from, std::move(response));
}

void Pipeline::State::receive(PayloadResponse response) {
  if (response.block != nullptr) {
    const auto found = wanted.find(response.block_id);
    if (found == wanted.end() || response.block->header.id() != response.block_id ||
        !response.block->payload_matches()) {
      return;
    }
    wanted.erase(found);
    hold(response.block);
    apply(engine.on_block_stored(response.block->header, now), {response.block});
    deliver();
    resolve_proposals();
    return;
  }
  const auto found = proposals.find(response.block_id);
  if (found == proposals.end() || response.indices.size() != response.transactions.size()) { return; }
  auto& pending = found->second;
  // All of the answer or nothing: what is marked as being checked must really go to the check.
  for (std::size_t i = 0; i < response.indices.size(); ++i) {
    const auto index = response.indices[i];
    if (index >= pending.leaves.size() || pending.leaves[index] != response.transactions[i]->leaf) { return; }
  }
  // They join the mempool like gossip does, so that each signature is checked once whoever asks next.
  Verification verification;
  verification.proposal = response.block_id;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < pending.leaves.size(); ++i) {
    bytes += pending.transactions[i] != nullptr ? pending.transactions[i]->envelope.size() : pending.in_check[i];
  }
  for (std::size_t i = 0; i < response.indices.size(); ++i) {
    const auto index = response.indices[i];
    auto& transaction = response.transactions[i];
    if (pending.in_check[index] != 0 || mempool.find_leaf(transaction->leaf) != nullptr) { continue; }
    const auto* then = membership_at(pending.header.executed_height);
    if (then == nullptr || !check_body(*transaction, pending.header.height)) { continue; }
    if (!check_sender(*transaction, then->directory)) {
      pending.forged = true;
      break;
    }
    // A leaf names one envelope, so this is the leader's doing: a mempool makes room for one block, not for more.
    bytes += transaction->envelope.size();
    if (bytes > pending.header.payload_bytes) {
      pending.forged = true;
      break;
    }
    // The same body may wait under another signature; what a leader chose takes its place, but only once it is checked.
    if (!mempool.contains(transaction->id)) { (void)mempool.reserve(transaction, mempool::Mempool::Room::guaranteed); }
    pending.in_check[index] = transaction->envelope.size();
    verification.places.push_back(index);
    verification.transactions.push_back(std::move(transaction));
  }
  if (pending.forged) { resolve_proposals(); }
  if (verification.transactions.empty()) { return; }
  const auto ticket = next_ticket++;
  effects.verify_transactions.push_back({ticket, verification.transactions});
  verifications.emplace(ticket, std::move(verification));
}

void Pipeline::State::ask_for_missing() {
  for (auto& [id, proposal] : proposals) {
    if (proposal.missing == 0 || proposal.ask_at_ms > now.steady_ms) { continue; }
    proposal.ask_at_ms = now.steady_ms + kFetchRetryMs;
    const auto peer = choose_peer(proposal.asked++, proposal.leader);
    if (!peer) { continue; }
    PayloadRequest request;
    request.block = id;
    for (std::uint32_t i = 0; i < proposal.leaves.size(); ++i) {
      if (proposal.transactions[i] == nullptr && proposal.in_check[i] == 0 &&
          mempool.find_leaf(proposal.leaves[i]) == nullptr) {
        request.indices.push_back(i);
      }
    }
    if (!request.indices.empty()) { send(*peer, std::move(request)); }
  }
  for (auto& [id, want] : wanted) {
    if (want.ask_at_ms > now.steady_ms) { continue; }
    want.ask_at_ms = now.steady_ms + kFetchRetryMs;
    if (const auto peer = choose_peer(want.asked++, want.hint)) { send(*peer, PayloadRequest{id, {}}); }
  }
}

}  // namespace keten::pipeline
