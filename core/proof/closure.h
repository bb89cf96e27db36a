#pragma once

#include <map>
#include <vector>

#include "core/proof/proof.h"

namespace keten::proof {

/// Events about an entity, as names with roles, in any order.
using NamesOf = std::map<Entity, std::vector<const EpcisEvent*>>;

/// How an entity belongs to a lineage.
enum class Standing : std::uint8_t {
  member,     ///< it is traced: what it was made of (or made into) and what it held are traced too
  container,  ///< something traced was in it: what became of it counts, its other contents do not
};

/// The kind of entity that a name stands for.
Entity entity_of(const EpcisName& name);

/// Everything that a lineage reaches from `start`. Entities without events in `events` are reached all the same, and lead
/// nowhere: whoever builds a trace reads their events and asks again. docs/formats/proof.md, "Trace".
std::map<Entity, Standing> lineage(const Entity& start, Direction direction, const NamesOf& events);

}  // namespace keten::proof
