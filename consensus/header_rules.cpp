#include "consensus/header_rules.h"

#include <algorithm>

#include "core/limits.h"
#include "core/mutant.h"

namespace keten::consensus {

bool is_well_formed_proposal(const Proposal& proposal, const Config& config, const Elector& elector) {
  const auto& header = proposal.header;
  // Only a sealing block is ever proposed again, on a later view that accepted it.
  const bool right_view =
      header.view == proposal.view || (seals(header, config.epoch) && header.view <= proposal.parent_view);
  const bool agrees = proposal.epoch == config.epoch && header.epoch == config.epoch && right_view &&
                      proposal.parent_view < proposal.view && header.view.value > 0 &&
                      header.proposer == elector.leader(header.view);
  const bool known_form = header.version == kProtocolVersion && header.chain_id == config.chain_id;
  const bool bounded_lag =
      header.executed_height < header.height &&
      (header.transaction_count == 0 || header.height.value - header.executed_height.value <= config.execution_lag_max);
  return agrees && known_form && bounded_lag && proposal.justification.size() <= limits::kJustificationMax &&
         std::all_of(proposal.justification.begin(), proposal.justification.end(), [&](const Certificate& one) {
           return one.subject.epoch == config.epoch && is_well_formed(one, config.validators);
         });
}

Succession check_succession(const BlockId& parent_id, const BlockHeader& parent, const BlockHeader& header,
                            const Config& config, Milliseconds wall_ms) {
  const bool is_parent = header.parent == parent_id || MUTANT(parent_unchecked);
  const bool follows = is_parent && header.height == parent.height.next() &&
                       (header.time > parent.time || MUTANT(time_may_fall)) &&
                       header.executed_height >= parent.executed_height;
  // The same executed height binds the same state; the genesis header binds none.
  const bool same_state = parent.height.value == 0 || header.executed_height != parent.executed_height ||
                          header.state_root == parent.state_root;
  if (!follows || !same_state) { return Succession::invalid; }
  // Only an upper bound: companies' clocks disagree, and a two-sided bound would halt the chain.
  const bool is_early = header.time > wall_ms && header.time - wall_ms > config.clock_drift_ms_max;
  if (is_early && !MUTANT(time_may_run_ahead)) { return Succession::early; }
  return Succession::good;
}

}  // namespace keten::consensus
