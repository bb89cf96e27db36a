#include "tests/simulator/checkers/parent_chain.h"

#include "tests/simulator/checkers/restated.h"

namespace keten::simulator {

ParentChain::ParentChain(const BlockHeader& genesis) : Checker("parent_chain") {
  chain_.push_back({genesis.id(), genesis});
}

void ParentChain::synced(NodeNumber at, const pipeline::Persist& persist) {
  for (const auto& block : persist.blocks) {
    if (block->header.height.value >= chain_.size()) { stored_.emplace(block->header.id(), block); }
  }
  for (const auto& record : persist.records) {
    if (const auto* held = std::get_if<consensus::HeldCertificate>(&record)) {
      certificate_sent(at, held->certificate);
    }
  }
}

void ParentChain::certificate_sent(NodeNumber /*from*/, const Certificate& certificate) {
  if (certificate.subject.kind == VoteKind::nullify) {
    nullified_.insert({certificate.subject.epoch, certificate.subject.view});
  }
}

void ParentChain::block_final(NodeNumber /*at*/, const SeenBlock& seen) {
  const auto height = seen.block.header.height.value;
  if (height < chain_.size()) { return; }  // the agreement checker compares it
  // Power may fail everywhere after the finalization is on the disks and before anybody tells: starts execute those below.
  std::vector<BlockPointer> untold;
  for (auto at = height; at > chain_.size(); --at) {
    const auto below = stored_.find(untold.empty() ? seen.block.header.parent : untold.back()->header.parent);
    if (below == stored_.end()) {
      violated("height " + std::to_string(height) + " is final before height " + std::to_string(at - 1));
      return;
    }
    untold.push_back(below->second);
  }
  for (auto block = untold.rbegin(); block != untold.rend(); ++block) { extend({**block, (*block)->header.id()}); }
  extend(seen);
  std::erase_if(stored_, [&](const auto& one) { return one.second->header.height.value < chain_.size(); });
}

void ParentChain::extend(const SeenBlock& seen) {
  check(chain_.back(), seen);
  chain_.push_back({seen.id, seen.block.header});
}

void ParentChain::check(const Link& parent, const SeenBlock& seen) {
  const auto& header = seen.block.header;
  const auto where = "height " + header.height.text() + ": ";
  if (header.parent != parent.id) { violated(where + "the parent is not the block below"); }
  // A block that seals its epoch is the floor of the next one, which counts its views from 1.
  const bool begins = header.epoch == parent.header.epoch.next() && !parent.header.next_set.is_zero();
  if (header.epoch != parent.header.epoch && !begins) { violated(where + "the epoch is not that of its parent"); }
  if (!begins && !parent.header.next_set.is_zero()) { violated(where + "it follows a sealing block in its epoch"); }
  const auto parent_view = begins ? View{0} : parent.header.view;
  if (header.view <= parent_view) { violated(where + "the view does not ascend"); }
  if (header.time <= parent.header.time) { violated(where + "time does not ascend"); }
  for (auto view = parent_view.next(); view < header.view; ++view) {
    if (!nullified_.contains({header.epoch, view})) {
      violated(where + "view " + view.text() + " was skipped and never nullified");
    }
  }
  if (!restated::payload_matches(seen.block)) { violated(where + "the payload is not what the header commits to"); }
}

}  // namespace keten::simulator
