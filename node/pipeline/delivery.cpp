#include <algorithm>

#include "core/mutant.h"
#include "node/pipeline/state.h"

namespace keten::pipeline {

/// Hands on what has become final, as far as the blocks are here; what is missing comes by block sync.
void Pipeline::State::deliver() {
  std::vector<BlockPointer> chain;
  auto at = engine.floor().block;
  while (at != delivered_id) {
    const auto found = blocks.find(at);
    if (found == blocks.end()) { return; }
    if (found->second.block->header.height <= delivered) { return; }
    chain.push_back(found->second.block);
    at = found->second.block->header.parent;
  }
  std::reverse(chain.begin(), chain.end());
  for (const auto& block : chain) {
    const auto& floor = engine.floor();
    const bool is_floor = block == chain.back() && !floor.finalization.signatures.empty();
    deliver_block(block, is_floor ? std::optional(floor.finalization) : std::nullopt);
  }
}

void Pipeline::State::deliver_block(const BlockPointer& block, std::optional<Certificate> finalization) {
  const auto& header = block->header;
  CHECK(header.height == delivered.next() && header.parent == delivered_id);
  delivered = header.height;
  delivered_id = header.id();
  delivered_ids[delivered] = delivered_id;
  if (!block->transactions.empty() || !block->evidence.empty() || !header.next_set.is_zero()) {
    newest_work = delivered;
  }
  record_evidence(*block);
  compare_results(header);
  for (const auto& transaction : block->transactions) {
    window.add(transaction->id, transaction->body.valid_until);
    mempool.remove(transaction->id);
  }
  window.advance(delivered);
  for (const auto& id : mempool.expire(delivered)) { effects.expired.push_back(id); }
  held.push_back({persist_sequence, Delivered{block, std::move(finalization)}});
}

void Pipeline::State::executed(const Executed& event) {
  CHECK(event.height == executed_height.next());
  executed_height = event.height;
  roots[event.height] = event.state_root;
  while (roots.size() > kRootsKept) { roots.erase(roots.begin()); }
  if (const auto bound = bound_results.find(event.height); bound != bound_results.end()) {
    note_result(event.height, bound->second.second, bound->second.first);
    bound_results.erase(bound);
  }
  if (event.membership != nullptr) { membership_changed(event.height, event.membership); }
  forget_old_blocks();
  apply(engine.on_executed(event.height, now));
  if (membership->current.epoch != current.epoch) { begin_epoch(); }
  // The next leader binds what a quorum is known to have executed: in a lull it should not wait for the next status.
  if (mempool.admitted() == 0 && executed_height == delivered && has_unbound_result()) {
    const auto& floor = engine.floor();
    send(std::nullopt, consensus::Status{current.epoch, engine.view(), floor.view, floor.height, executed_height, true,
                                         engine.halted() || engine.is_quarantined()});
  }
  resolve_proposals();
}

void Pipeline::State::receive(NodeNumber from, const BlockRequest& request) {
  if (request.from.value == 0 || request.from > request.to || request.from > delivered) { return; }
  const auto last = std::min(request.to.value, request.from.value + limits::kSyncBlocksMax - 1);
  effects.serve.push_back({from, {request.from, Height{last}}});
}

void Pipeline::State::receive(NodeNumber from, BlockResponse response) {
  // Only who was asked, and once: nobody else may hold up the sync with blocks that were never final. However long it took:
  // on slow lines others are asked before the first answer comes.
  if (range_from.erase(from) == 0) { return; }
  if (response.blocks.empty() || !response.finalization || !ranges.empty()) { return; }
  if (response.path.size() > limits::kSyncPathMax) { return; }
  // What came meanwhile is cut off; the rest must follow on without a gap.
  auto [height, parent] = sync_tip();
  auto first = response.blocks.begin();
  while (first != response.blocks.end() && (*first)->header.height <= height) { ++first; }
  SyncedRange range{{first, response.blocks.end()}, {*response.finalization, response.blocks.back()->header}, from};
  if (range.blocks.empty()) { return; }
  bool is_sealed = engine.sealed();
  const auto follows = [&](const BlockHeader& header) {
    const bool is_next = header.height == height.next() && header.parent == parent && header.chain_id == chain_id;
    // What follows a sealing block is of a set that only its execution shows.
    if (!is_next || header.epoch != current.epoch || is_sealed) { return false; }
    height = header.height;
    parent = header.id();
    is_sealed = !header.next_set.is_zero();
    return true;
  };
  for (const auto& block : range.blocks) {
    if (!follows(block->header) || !block->payload_matches()) { return; }
  }
  for (const auto& header : response.path) {
    if (!follows(header)) { return; }
    range.proof.header = header;
  }
  const auto& finalization = range.proof.finalization;
  const auto& subject = finalization.subject;
  const bool is_of_it = subject.block == parent || MUTANT(sync_trusts_any_finalization);
  if (subject.kind != VoteKind::finalize || !is_of_it || subject.epoch != current.epoch ||
      !is_well_formed(finalization, current.validators)) {
    return;
  }
  consensus::VerifyRequest request;
  request.ticket = kPipelineTicket | next_ticket++;
  const auto digest = subject.signing_hash(chain_id, current.validators.id());
  const auto signers = finalization.signer_indices();
  for (std::size_t i = 0; i < signers.size(); ++i) {
    request.checks.push_back({current.validators.at(signers[i]).key, digest, finalization.signatures[i]});
  }
  ranges.emplace(request.ticket, std::move(range));
  effects.verify_votes.push_back(std::move(request));
}

void Pipeline::State::range_verified(std::uint64_t ticket, const std::vector<bool>& valid) {
  const auto found = ranges.find(ticket);
  if (found == ranges.end()) { return; }
  auto range = std::move(found->second);
  ranges.erase(found);
  range_ask_at_ms = now.steady_ms;  // the next range may be asked for at once
  if (std::find(valid.begin(), valid.end(), false) != valid.end() && !MUTANT(synced_range_unchecked)) {
    ++range_asked;
    return;
  }
  peers[range.from].blocks_owed = 0;
  peers[range.from].blocks_due_ms = 0;
  const auto tip = sync_tip();
  std::vector<BlockPointer> fresh;
  for (const auto& block : range.blocks) {
    if (block->header.height > tip.height) { fresh.push_back(block); }
  }
  if (fresh.empty() || fresh.front()->header.parent != tip.id) { return; }
  for (const auto& block : fresh) { hold(block); }
  synced.insert(synced.end(), fresh.begin(), fresh.end());
  persist(std::move(fresh), {});
  const auto proof = reached_by_sync(std::move(range.proof));
  if (!proof) { return; }
  const auto& last = proof->header;
  if (last.height > engine.floor().height) { apply(engine.on_synced(proof->finalization, last, now)); }
  while (!synced.empty() && synced.front()->header.height <= last.height) {
    const auto block = std::move(synced.front());
    synced.pop_front();
    if (block->header.height != delivered.next() || block->header.parent != delivered_id) { continue; }
    deliver_block(block, block->header == last ? std::optional(proof->finalization) : std::nullopt);
  }
  deliver();
  resolve_proposals();
}

Pipeline::State::SyncTip Pipeline::State::sync_tip() {
  // Proposals that became final here may have overtaken the sync.
  while (!synced.empty() && synced.front()->header.height <= delivered) { synced.pop_front(); }
  if (synced.empty()) {
    synced_proof.reset();
    return {delivered, delivered_id};
  }
  return {synced.back()->header.height, synced.back()->header.id()};
}

std::optional<FinalProof> Pipeline::State::reached_by_sync(FinalProof proof) {
  std::vector<FinalProof> proofs{std::move(proof)};
  // Each peer proves by the finalizations that it has. The lowest is kept, or peers in turn could put it off for ever.
  if (synced_proof) { proofs.push_back(std::move(*synced_proof)); }
  std::ranges::sort(proofs, {}, [](const FinalProof& one) { return one.header.height; });
  synced_proof.reset();
  std::optional<FinalProof> reached;
  for (auto& one : proofs) {
    if (one.header.height <= synced.back()->header.height) {
      reached = std::move(one);
    } else if (!synced_proof) {
      synced_proof = std::move(one);
    }
  }
  return reached;
}

void Pipeline::State::ask_for_blocks() {
  auto tip = sync_tip();
  Height best = engine.floor().height;
  std::vector<NodeNumber> ahead;
  for (const auto& [index, peer] : peers) {
    if (!is_live(index) || is_self(index)) { continue; }
    best = std::max(best, peer.status.floor_height);
    if (peer.status.floor_height > delivered) { ahead.push_back(index); }
  }
  if (best <= delivered || ahead.empty()) {
    behind_since_ms = 0;
    return;
  }
  if (behind_since_ms == 0) { behind_since_ms = std::max<std::uint64_t>(now.steady_ms, 1); }
  // A block or two behind is the normal course of a view; a gap below the floor or a lasting one is not.
  const bool has_gap = engine.floor().height > delivered;
  const bool lasts = now.steady_ms >= behind_since_ms + 2 * kFetchRetryMs;
  const bool is_far = best.value > delivered.value + 8;
  if (!has_gap && !lasts && !is_far) { return; }
  if (delivered.value >= executed_height.value + kSyncAheadBlocks || !ranges.empty()) { return; }
  if (engine.sealed()) { return; }  // the next set is known when the sealing block is executed
  if (range_ask_at_ms > now.steady_ms) { return; }
  range_ask_at_ms = now.steady_ms + 4 * kFetchRetryMs;
  const auto is_ahead = [&](NodeNumber index) { return peers.at(index).status.floor_height > tip.height; };
  if (std::ranges::none_of(ahead, is_ahead)) {
    // Who proved what is here is gone, and nobody else is as far: what the others have is final too.
    synced.clear();
    tip = sync_tip();
  }
  std::erase_if(ahead,
                [&](NodeNumber index) { return !is_ahead(index) || now.steady_ms < peers.at(index).blocks_due_ms; });
  if (ahead.empty()) { return; }
  const auto peer = ahead[range_asked++ % ahead.size()];
  const auto last = std::min(best.value, tip.height.value + limits::kSyncBlocksMax);
  range_from.insert(peer);
  auto& asked = peers.at(peer);
  asked.blocks_due_ms = now.steady_ms + (kBlocksAgainMs << std::min(asked.blocks_owed, kBlocksAgainDoublings));
  ++asked.blocks_owed;
  send(peer, BlockRequest{tip.height.next(), Height{last}});
}

}  // namespace keten::pipeline
