#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/directory.h"
#include "core/genesis.h"
#include "core/validator_set.h"

namespace keten {

/// A machine that may connect: it validates in the present epoch, prepares for the next one, or left not long ago.
struct Node {
  NodeNumber number;
  std::string organisation;
  std::string name;
  PublicKey key;                              ///< signs its votes in the current set, or will in the next one
  std::vector<std::string> tls_certificates;  ///< PEM pins, newest first: one, or two while it changes
  std::string peer_address;                   ///< host:port
  std::vector<PublicKey> former_keys;  ///< newest first: a node that lags still greets its peers with one of them
  friend bool operator==(const Node&, const Node&) = default;
};

/// What the validators of one epoch agree on.
struct EpochRules {
  Epoch epoch;
  ValidatorSet validators;
  Parameters parameters;
};

/// What governance agreed on for the next epoch.
struct PendingRules {
  EpochRules rules;
  std::set<NodeNumber> ready;  ///< whose `governance.ready` is recorded
};

/// Everything that governance decided, as of one executed height. Immutable; replaced as a whole.
struct Membership {
  Directory directory;      ///< members and their keys
  EpochRules current;       ///< the epoch that this height belongs to, or that its sealing block begins
  Height since;             ///< the sealing block that began it; 0: the genesis
  std::vector<Node> nodes;  ///< all that may connect, ascending by number
  /// Agreed, whether ready or not. Its members say that they are ready with `governance.ready`.
  std::optional<PendingRules> pending = {};
  /// The pending rules when a quorum of them, and everyone who joins, is ready: frozen. A block that binds this result
  /// seals the epoch (docs/consensus.md, "Epochs").
  std::optional<EpochRules> next = {};
  Height next_since = {};  ///< the first height whose result has them

  /// Null when no such machine may connect.
  [[nodiscard]] const Node* find_node(NodeNumber number) const;
};
using MembershipPointer = std::shared_ptr<const Membership>;

/// Height 0: epoch 0, and the validators of the founding document.
[[nodiscard]] Membership genesis_membership(const Genesis& genesis);

}  // namespace keten
