#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/proof/proof.h"

namespace keten::proof {

/// Events about an entity, by its id, as names with roles, in any order. Kinds do not matter here: a contract keeps one head
/// for an id, of the kind that follows from it.
using NamesOf = std::map<std::string, std::vector<const EpcisEvent*>, std::less<>>;

/// How an entity belongs to a lineage.
enum class Standing : std::uint8_t {
  member,     ///< it is traced: what it was made of (or made into) and what it held are traced too
  container,  ///< something traced was in it: what became of it counts, its other contents do not
};

/// Everything that a lineage reaches from `start`. Entities without events in `events` are reached all the same, and lead
/// nowhere: whoever builds a trace reads their events and asks again. docs/formats/proof.md, "Trace".
std::map<std::string, Standing> lineage(const std::string& start, Direction direction, const NamesOf& events);

}  // namespace keten::proof
