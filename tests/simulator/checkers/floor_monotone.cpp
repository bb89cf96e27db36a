#include "tests/simulator/checkers/floor_monotone.h"

#include <algorithm>

namespace keten::simulator {

FloorMonotone::Place FloorMonotone::place_of(const Subject& subject) { return {subject.epoch, subject.view}; }
std::string FloorMonotone::text_of(const Place& place) {
  return place.second.text() + " of epoch " + place.first.text();
}

void FloorMonotone::started(NodeNumber at, const pipeline::PipelineRecovered& recovered) {
  auto& known = known_[at];
  // A floor whose bodies had not come yet comes back as its finalization.
  auto highest = place_of(recovered.consensus.floor.finalization.subject);
  for (const auto& certificate : recovered.consensus.certificates) {
    if (certificate.subject.kind == VoteKind::finalize) { highest = std::max(highest, place_of(certificate.subject)); }
  }
  if (known.is_damaged) { known.durable = highest; }
  if (highest < known.durable) {
    violated(text_of(at) + " starts with floor view " + text_of(highest) + ", its journal had " +
             text_of(known.durable));
  }
  known.running = place_of(recovered.consensus.floor.finalization.subject);
}

void FloorMonotone::synced(NodeNumber at, const pipeline::Persist& persist) {
  auto& known = known_[at];
  for (const auto& record : persist.records) {
    const auto* floor = std::get_if<consensus::Floor>(&record);
    if (floor == nullptr) { continue; }
    const auto place = place_of(floor->finalization.subject);
    if (known.is_damaged) { known.durable = place; }
    if (place < known.durable) {
      violated(text_of(at) + " wrote floor view " + text_of(place) + " after " + text_of(known.durable));
    }
    known.durable = std::max(known.durable, place);
  }
}

void FloorMonotone::measured(NodeNumber at, const consensus::Floor& floor, const pipeline::PipelineStatus& /*status*/) {
  auto& known = known_[at];
  const auto place = place_of(floor.finalization.subject);
  if (place < known.running) {
    violated(text_of(at) + ": the floor went from view " + text_of(known.running) + " to " + text_of(place));
  }
  known.running = place;
}

}  // namespace keten::simulator
