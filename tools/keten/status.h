#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "core/result.h"
#include "node/wire/ledger_wire.h"
#include "tools/keten/network.h"

namespace keten::tools {

struct AskedNode {
  std::string name;
  std::string organisation;
  Result<NodeStatus> answer;
};

/// What the nodes of a network said when they were asked.
struct NetworkStatus {
  std::vector<AskedNode> nodes;

  [[nodiscard]] std::size_t running() const;
  /// Enough answered, and one of them is connected to enough others: four that answer us may be two and two to each other.
  [[nodiscard]] bool has_quorum(std::size_t validators) const;
  [[nodiscard]] Height best_height() const;
  /// All answered, at the same executed height, with the same state root.
  [[nodiscard]] bool roots_equal() const;
  /// `validators`: how many the network has.
  [[nodiscard]] json::Value to_json(std::size_t validators) const;
  [[nodiscard]] std::string table() const;
  [[nodiscard]] std::string quorum_line(std::size_t validators) const;
};

/// Asks all at once.
NetworkStatus ask_nodes(const Network& network);

}  // namespace keten::tools
