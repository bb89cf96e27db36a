#include <algorithm>

#include "node/pipeline/state.h"

namespace keten::pipeline {

void Pipeline::State::check_evidence_of(PendingProposal& proposal) {
  std::optional<EvidenceKey> last;
  consensus::VerifyRequest request;
  for (const auto& one : proposal.evidence) {
    const auto key = check_evidence(one, current.epoch, current.validators);
    // Ascending: so each at most once in a block.
    if (!key || (last && *key <= *last)) {
      proposal.forged = true;
      return;
    }
    last = *key;
    const auto known = engine.evidence().find(*key);
    if (known != engine.evidence().end() && known->second == one) { continue; }
    for (const auto* vote : {&one.first, &one.second}) {
      request.checks.push_back({current.validators.at(vote->signer).key,
                                vote->subject.signing_hash(chain_id, current.validators.id()), vote->signature});
    }
  }
  if (request.checks.empty()) { return; }
  request.ticket = kPipelineTicket | next_ticket++;
  evidence_checks.emplace(request.ticket, proposal.header.id());
  proposal.evidence_in_check = true;
  effects.verify_votes.push_back(std::move(request));
}

void Pipeline::State::evidence_verified(const BlockId& block, const std::vector<bool>& valid) {
  const auto found = proposals.find(block);
  if (found == proposals.end()) { return; }
  found->second.evidence_in_check = false;
  if (std::find(valid.begin(), valid.end(), false) != valid.end()) { found->second.forged = true; }
  resolve_proposals();
}

void Pipeline::State::record_evidence(const Block& block) {
  for (const auto& one : block.evidence) {
    const auto key = evidence_key(one);
    if (!key) { continue; }
    recorded_evidence.insert(*key);
    open_evidence.erase(*key);
    tell_recorded(*key, one, block.header.height);
  }
}

// Who was away when it was told learns it from the chain.
void Pipeline::State::tell_recorded(const EvidenceKey& key, const Evidence& evidence, Height height) {
  if (key.epoch != current.epoch || !current.validators.contains(key.signer)) { return; }
  const bool is_own = self == key.signer;
  if (!is_own && engine.evidence().contains(key)) { return; }
  auto text = contradiction_text(evidence, current.validators) + "; block " + height.text() + " records it";
  if (is_own) {
    text +=
        ". This is the key of this node: it was used elsewhere, or its data is an old copy. Replace the key (keten "
        "validators "
        "rotate-key)";
  }
  effects.alarms.push_back({consensus::AlarmKind::conflicting_votes, std::move(text)});
}

bool Pipeline::State::has_open_evidence() const {
  return !open_evidence.empty() && open_evidence.rbegin()->first.epoch == current.epoch;
}

std::vector<Evidence> Pipeline::State::evidence_to_record(const BlockId& tip) const {
  if (open_evidence.empty()) { return {}; }
  std::set<EvidenceKey> on_the_way;
  auto at = tip;
  while (at != delivered_id) {
    const auto found = blocks.find(at);
    if (found == blocks.end() || found->second.block->header.height <= delivered) { break; }
    for (const auto& one : found->second.block->evidence) {
      if (const auto key = evidence_key(one)) { on_the_way.insert(*key); }
    }
    at = found->second.block->header.parent;
  }
  std::vector<Evidence> chosen;
  for (const auto& [key, one] : open_evidence) {
    if (chosen.size() == limits::kBlockEvidenceMax) { break; }
    if (key.epoch == current.epoch && !on_the_way.contains(key)) { chosen.push_back(one); }
  }
  return chosen;
}

void Pipeline::State::compare_results(const BlockHeader& header) {
  if (const auto own = roots.find(header.executed_height); own != roots.end()) {
    return note_result(header.executed_height, header.state_root, header.height);
  }
  if (header.executed_height > executed_height) {
    // Synced blocks run ahead of execution, by a bounded number.
    bound_results.try_emplace(header.executed_height, header.height, header.state_root);
  }
}

void Pipeline::State::note_result(Height executed, const Hash& bound, Height by) {
  const auto own = roots.find(executed);
  if (own == roots.end() || own->second == bound || !divergence.empty()) { return; }
  divergence = "state divergence: final block " + by.text() + " binds state root " + bound.hex() + " after height " +
               executed.text() + ", this node computed " + own->second.hex() +
               "; its reads are wrong from there on: stop it and rebuild its database from the stored blocks";
  effects.alarms.push_back({consensus::AlarmKind::rejected_notarized, divergence});
}

}  // namespace keten::pipeline
