#include "tests/simulator/checkers/floor_monotone.h"

#include <algorithm>

namespace keten::simulator {

void FloorMonotone::started(NodeNumber at, const pipeline::PipelineRecovered& recovered) {
  auto& known = known_[at];
  // A floor whose bodies had not come yet comes back as its finalization.
  auto highest = recovered.consensus.floor.view;
  for (const auto& certificate : recovered.consensus.certificates) {
    if (certificate.subject.kind == VoteKind::finalize) { highest = std::max(highest, certificate.subject.view); }
  }
  if (highest < known.durable) {
    violated(text_of(at) + " starts with floor view " + highest.text() + ", its journal had " + known.durable.text());
  }
  known.running = recovered.consensus.floor.view;
}

void FloorMonotone::synced(NodeNumber at, const pipeline::Persist& persist) {
  auto& known = known_[at];
  for (const auto& record : persist.records) {
    const auto* floor = std::get_if<consensus::Floor>(&record);
    if (floor == nullptr) { continue; }
    if (floor->view < known.durable) {
      violated(text_of(at) + " wrote floor view " + floor->view.text() + " after " + known.durable.text());
    }
    known.durable = std::max(known.durable, floor->view);
  }
}

void FloorMonotone::measured(NodeNumber at, const consensus::Floor& floor, const pipeline::PipelineStatus& /*status*/) {
  auto& known = known_[at];
  if (floor.view < known.running) {
    violated(text_of(at) + ": the floor went from view " + known.running.text() + " to " + floor.view.text());
  }
  known.running = floor.view;
}

}  // namespace keten::simulator
