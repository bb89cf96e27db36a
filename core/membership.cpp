#include "core/membership.h"

#include <algorithm>

namespace keten {

const Node* Membership::find_node(NodeNumber number) const {
  const auto found = std::ranges::find(nodes, number, &Node::number);
  return found == nodes.end() ? nullptr : &*found;
}

Membership genesis_membership(const Genesis& genesis) {
  Membership result{.directory = Directory(genesis),
                    .current = {{}, genesis.validators(), genesis.parameters},
                    .since = {},
                    .nodes = {},
                    .pending = std::nullopt,
                    .next = std::nullopt};
  for (const auto& organisation : genesis.organisations) {
    for (const auto& validator : organisation.validators) {
      const NodeNumber number{static_cast<std::uint16_t>(result.nodes.size())};
      result.nodes.push_back({number,
                              organisation.name,
                              validator.node,
                              validator.key,
                              {validator.tls_certificate},
                              validator.peer_address,
                              {}});
    }
  }
  return result;
}

}  // namespace keten
