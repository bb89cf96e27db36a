#include "tests/simulator/checkers/epoch_order.h"

namespace keten::simulator {

void EpochOrder::synced(NodeNumber at, const pipeline::Persist& persist) {
  for (const auto& block : persist.blocks) {
    if (!block->header.next_set.is_zero()) { sealing_[block->header.id()] = block->header.epoch; }
  }
  for (const auto& record : persist.records) {
    const auto* floor = std::get_if<consensus::Floor>(&record);
    if (floor == nullptr) { continue; }
    const auto& subject = floor->finalization.subject;
    const auto found = sealing_.find(floor->block);
    const bool seals = found != sealing_.end() && found->second == subject.epoch;
    if (seals && subject.kind == VoteKind::finalize) { sealed_at_[at].insert(subject.epoch); }
  }
}

void EpochOrder::vote_sent(const Subject& subject, NodeNumber signer) {
  if (subject.epoch == Epoch{}) { return; }
  if (!sealed_at_[signer].contains(subject.epoch.previous())) {
    violated(text_of(signer) + ": " + text_of(subject) + " of epoch " + subject.epoch.text() +
             " is on the wire and the end of the epoch before is not in its synced journal");
  }
}

void EpochOrder::block_final(NodeNumber at, const SeenBlock& seen) {
  const auto& header = seen.block.header;
  if (header.next_set.is_zero()) { return; }
  const auto next = sets_.find(header.epoch.next());
  if (next != sets_.end() && next->second.id() != header.next_set) {
    violated(text_of(at) + ": height " + header.height.text() + " hands over to another set than the epoch began with");
  }
}

}  // namespace keten::simulator
