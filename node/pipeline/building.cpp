#include <algorithm>

#include "core/merkle.h"
#include "node/pipeline/state.h"

namespace keten::pipeline {

bool Pipeline::State::is_on_branch(const TransactionId& id, const BlockId& tip) const {
  auto at = tip;
  while (at != delivered_id) {
    const auto found = blocks.find(at);
    if (found == blocks.end() || found->second.block->header.height <= delivered) { return false; }
    if (found->second.ids.contains(id)) { return true; }
    at = found->second.block->header.parent;
  }
  return false;
}

bool Pipeline::State::has_unbound_result() const { return newest_work > engine.floor_header().executed_height; }

std::pair<Height, Hash> Pipeline::State::result_to_bind(const BlockHeader& parent) const {
  // docs/consensus.md, "Binding results": what a quorum has executed, so that no voter has to wait for long.
  std::vector<std::pair<Height, std::uint64_t>> reported;
  for (const auto& validator : current.validators.members()) {
    reported.emplace_back(executed_height_of(validator.number), validator.weight);
  }
  std::sort(reported.begin(), reported.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  Height quorum_height;
  std::uint64_t weight = 0;
  for (const auto& [height, one_weight] : reported) {
    weight += one_weight;
    if (current.validators.has_quorum(weight)) {
      quorum_height = height;
      break;
    }
  }
  const Height height = std::max(parent.executed_height, std::min({executed_height, quorum_height, parent.height}));
  const auto root = roots.find(height);
  return {height, root == roots.end() ? parent.state_root : root->second};
}

void Pipeline::State::try_build() {
  if (!build || !self) { return; }
  const auto request = *build;
  const auto& parent = request.parent;
  if (request.view <= engine.floor().view || engine.view() != request.view) {
    build.reset();
    return;
  }
  const auto& parameters = current.parameters;
  const auto wake_at = [&](std::uint64_t steady_ms) {
    effects.wake_at_ms = effects.wake_at_ms == 0 ? steady_ms : std::min(effects.wake_at_ms, steady_ms);
  };
  const auto interval = std::max(config.min_block_interval_ms, parameters.min_block_interval_ms);
  const auto earliest = parent.time + interval;
  if (now.wall_ms < earliest && now.steady_ms < build_since_ms + interval) {
    wake_at(std::min(now.steady_ms + (earliest - now.wall_ms), build_since_ms + interval));
    return;
  }

  const auto parent_id = parent.id();
  const Height height = parent.height.next();
  const auto [bound_height, bound_root] = result_to_bind(parent);
  const auto bound = bound_height;
  const auto seals = next_set(parent, bound_height);
  auto block = std::make_shared<Block>();
  if (height.value - bound_height.value <= parameters.execution_lag_max) {
    const mempool::Budget budget{parameters.block_transactions_max, parameters.block_bytes_max,
                                 parameters.block_fuel_max};
    block->transactions = mempool.select(budget, [&](const Transaction& transaction) {
      return transaction.body.valid_until >= height &&
             transaction.body.valid_until.value <= height.value + parameters.validity_blocks_max &&
             !is_on_branch(transaction.id, parent_id) && may_stand(transaction, bound);
    });
  }
  block->evidence = evidence_to_record(parent_id);
  if (block->transactions.empty() && block->evidence.empty()) {
    const bool binds = has_unbound_result() && parent.executed_height < newest_work && bound_height >= newest_work;
    const bool pushes = holds_old_work(parent);
    const bool beats = now.wall_ms >= parent.time + config.timing.idle_interval_ms;
    if (!binds && !pushes && !beats && seals.is_zero()) {
      wake_at(now.steady_ms + (parent.time + config.timing.idle_interval_ms - now.wall_ms));
      return;
    }
  }

  consensus::Payload payload;
  for (const auto& transaction : block->transactions) {
    payload.bytes += static_cast<std::uint32_t>(transaction->envelope.size());
  }
  payload.count = static_cast<std::uint32_t>(block->transactions.size());
  payload.root = merkle_root(payload_leaves(block->transactions));
  payload.executed_height = bound_height;
  payload.state_root = bound_root;
  payload.next_set = seals;
  payload.evidence_root = evidence_root(block->evidence);

  build.reset();
  auto from_engine = engine.propose(request.view, payload, now);
  if (!engine.proposed() || engine.proposed()->view != request.view || from_engine.persist.empty()) {
    apply(std::move(from_engine));
    return;
  }
  block->header = *engine.proposed();
  // The receivers' own check: what they would refuse must never be proposed.
  CHECK(check_content(block->header, block->transactions).ok());
  hold(block);
  apply(std::move(from_engine), {block});
}

bool Pipeline::State::holds_old_work(const BlockHeader& tip) const {
  auto at = tip;
  while (at.height > engine.floor().height) {
    const bool binds = has_unbound_result() && at.executed_height >= newest_work;
    const bool is_full = at.transaction_count > 0 || !at.evidence_root.is_zero();
    if ((is_full || binds) && now.wall_ms >= tip.time + config.timing.view_timeout_ms) { return true; }
    const auto parent = blocks.find(at.parent);
    if (parent == blocks.end()) { return false; }
    at = parent->second.block->header;
  }
  return false;
}

}  // namespace keten::pipeline
