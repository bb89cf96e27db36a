#include "tests/simulator/checkers/blocks_recoverable.h"

namespace keten::simulator {

void BlocksRecoverable::synced(NodeNumber at, const pipeline::Persist& persist) {
  auto& disk = disks_[at];
  for (const auto& block : persist.blocks) { disk.blocks.insert(block->header.id()); }
}

void BlocksRecoverable::certificate_sent(NodeNumber from, const Certificate& certificate) {
  const auto& subject = certificate.subject;
  if (subject.kind == VoteKind::nullify || subject.view.value == 0) { return; }
  const auto& validators = sets_.at(subject.epoch);
  std::uint64_t weight = 0;
  for (std::size_t i = 0; i < validators.size(); ++i) {
    const ValidatorIndex index{static_cast<std::uint16_t>(i)};
    const auto disk = disks_.find(validators.at(index).number);
    if (disk != disks_.end() && !disk->second.is_damaged && disk->second.blocks.contains(subject.block)) {
      weight += validators.weight(index);
    }
  }
  if (weight <= validators.fault_weight()) {
    violated(text_of(from) + " sent a certificate (" + text_of(subject) + ") and only weight " +
             std::to_string(weight) + " can bring its block back after a power failure");
  }
}

}  // namespace keten::simulator
