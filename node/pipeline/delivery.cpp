#include <algorithm>

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
  if (!block->transactions.empty()) { newest_work = delivered; }
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
  if (event.directory != nullptr) { directory = event.directory; }
  forget_old_blocks();
  apply(engine.on_executed(event.height, now));
  // The next leader binds what a quorum is known to have executed: in a lull it should not wait for the next status.
  if (mempool.admitted() == 0 && executed_height == delivered && has_unbound_result()) {
    const auto& floor = engine.floor();
    send(std::nullopt,
         consensus::Status{config_epoch(), engine.view(), floor.view, floor.height, executed_height, true});
  }
  resolve_proposals();
}

void Pipeline::State::receive(ValidatorIndex from, const BlockRequest& request) {
  if (request.from.value == 0 || request.from > request.to || request.from > delivered) { return; }
  const auto last = std::min(request.to.value, request.from.value + limits::kSyncBlocksMax - 1);
  effects.serve.push_back({from, {request.from, Height{last}}});
}

void Pipeline::State::receive(ValidatorIndex from, BlockResponse response) {
  // Only who was asked, and once: nobody else may hold up the sync with blocks that were never final.
  if (range_from != from) { return; }
  range_from.reset();
  if (response.blocks.empty() || !response.finalization || !ranges.empty()) { return; }
  // What is delivered meanwhile is cut off; the rest must follow on without a gap.
  auto first = response.blocks.begin();
  while (first != response.blocks.end() && (*first)->header.height <= delivered) { ++first; }
  SyncedRange range{{first, response.blocks.end()}, *response.finalization};
  if (range.blocks.empty()) { return; }
  auto expected_height = delivered.next();
  auto expected_parent = delivered_id;
  for (const auto& block : range.blocks) {
    const bool fits = block->header.height == expected_height && block->header.parent == expected_parent &&
                      block->header.chain_id == chain_id && block->payload_matches();
    if (!fits) { return; }
    expected_height = expected_height.next();
    expected_parent = block->header.id();
  }
  const auto& subject = range.finalization.subject;
  if (subject.kind != VoteKind::finalize || subject.block != expected_parent || subject.epoch != config_epoch() ||
      !is_well_formed(range.finalization, validators)) {
    return;
  }
  consensus::VerifyRequest request;
  request.ticket = kPipelineTicket | next_ticket++;
  const auto digest = subject.signing_hash(chain_id, validators.id());
  const auto signers = range.finalization.signer_indices();
  for (std::size_t i = 0; i < signers.size(); ++i) {
    request.checks.push_back({signers[i], digest, range.finalization.signatures[i]});
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
  if (std::find(valid.begin(), valid.end(), false) != valid.end()) {
    ++range_asked;
    return;
  }
  std::vector<BlockPointer> fresh;
  for (auto& block : range.blocks) {
    if (block->header.height > delivered) { fresh.push_back(block); }
  }
  if (fresh.empty() || fresh.front()->header.parent != delivered_id) { return; }
  for (const auto& block : fresh) { hold(block); }
  const auto& last = fresh.back()->header;
  if (last.height > engine.floor().height) {
    apply(engine.on_synced(range.finalization, last, now), fresh);
  } else {
    persist(fresh, {});
  }
  for (const auto& block : fresh) {
    if (block->header.height != delivered.next() || block->header.parent != delivered_id) { continue; }
    const bool is_last = block == fresh.back();
    deliver_block(block, is_last ? std::optional(range.finalization) : std::nullopt);
  }
  deliver();
  resolve_proposals();
}

void Pipeline::State::ask_for_blocks() {
  Height best = engine.floor().height;
  std::vector<ValidatorIndex> ahead;
  for (const auto& [index, peer] : peers) {
    if (!is_live(index) || (config.self && *config.self == index)) { continue; }
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
  if (range_ask_at_ms > now.steady_ms) { return; }
  range_ask_at_ms = now.steady_ms + 4 * kFetchRetryMs;
  const auto peer = ahead[range_asked++ % ahead.size()];
  const auto last = std::min(best.value, delivered.value + limits::kSyncBlocksMax);
  range_from = peer;
  send(peer, BlockRequest{delivered.next(), Height{last}});
}

}  // namespace keten::pipeline
