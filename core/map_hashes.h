#pragma once

#include <span>

#include "core/commitment.h"
#include "core/ids.h"

namespace keten {

/// The halves of a node of the map.
struct MapHalves {
  Hash left;
  Hash right;
};

/// map_leaf and map_node of many, several at the same time. Precondition: as many hashes as leaves, or nodes.
void map_leaves(std::span<const MapProof::Leaf> leaves, std::span<Hash> hashes);
void map_nodes(std::span<const MapHalves> nodes, std::span<Hash> hashes);

}  // namespace keten
