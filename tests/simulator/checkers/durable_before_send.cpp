#include "tests/simulator/checkers/durable_before_send.h"

#include <algorithm>

namespace keten::simulator {

void DurableBeforeSend::synced(NodeNumber at, const pipeline::Persist& persist) {
  auto& disk = disks_[at];
  for (const auto& block : persist.blocks) { disk.blocks.insert(block->header.id()); }
  for (const auto& record : persist.records) {
    if (const auto* own = std::get_if<consensus::OwnVote>(&record)) { disk.votes.insert(own->vote.subject); }
    if (const auto* held = std::get_if<consensus::HeldCertificate>(&record)) { clear(disk, held->certificate.subject); }
    if (const auto* floor = std::get_if<consensus::Floor>(&record)) {
      disk.floor = std::max(disk.floor, floor->height);
      auto& frontier = disk.epochs[floor->finalization.subject.epoch].frontier;
      frontier = std::max(frontier, floor->finalization.subject.view.next());
    }
  }
  for (auto& [epoch, known] : disk.epochs) {
    while (known.cleared.contains(known.frontier)) { ++known.frontier; }
  }
}

void DurableBeforeSend::clear(Disk& disk, const Subject& subject) {
  auto& known = disk.epochs[subject.epoch];
  known.cleared.insert(subject.view);
  if (subject.kind == VoteKind::notarize) { known.notarized.insert(subject.view); }
  if (subject.kind == VoteKind::nullify) { known.nullified.insert(subject.view); }
}

void DurableBeforeSend::vote_sent(const Subject& subject, NodeNumber signer) {
  if (damaged_.contains(signer)) { return; }
  auto& disk = disks_[signer];
  const auto& known = disk.epochs[subject.epoch];
  if (!disk.votes.contains(subject)) {
    violated(text_of(signer) + ": " + text_of(subject) + " is on the wire and not in its synced journal");
  }
  if (subject.kind == VoteKind::notarize && !disk.blocks.contains(subject.block)) {
    violated(text_of(signer) + ": " + text_of(subject) + " is on the wire and the body not in its synced segments");
  }
  if (subject.kind == VoteKind::notarize) {
    for (auto skipped = subject.parent_view.next(); skipped < subject.view; ++skipped) {
      if (known.nullified.contains(skipped)) { continue; }
      violated(text_of(signer) + ": " + text_of(subject) +
               " is on the wire, and no nullification of the skipped view " + skipped.text() +
               " in its synced journal");
    }
  }
  if (subject.kind == VoteKind::finalize ? !known.notarized.contains(subject.view) : subject.view > known.frontier) {
    violated(text_of(signer) + ": " + text_of(subject) + " is on the wire and not the certificates that it rests on");
  }
}

void DurableBeforeSend::block_final(NodeNumber at, const SeenBlock& seen) { check_final(at, seen, "called final"); }

void DurableBeforeSend::execute_asked(NodeNumber at, const SeenBlock& seen) { check_final(at, seen, "executed"); }

void DurableBeforeSend::check_final(NodeNumber at, const SeenBlock& seen, const char* what) {
  if (damaged_.contains(at)) { return; }
  const auto& disk = disks_[at];
  const auto where = text_of(at) + ": height " + seen.block.header.height.text() + " is " + what + " and ";
  if (!disk.blocks.contains(seen.id)) { violated(where + "its body is not in the synced segments"); }
  if (disk.floor < seen.block.header.height) { violated(where + "lies above the durable floor"); }
}

}  // namespace keten::simulator
