#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/result.h"
#include "node/peers/handshake.h"

namespace keten::node {

/// Who the other nodes were at a height, from `peers.json`, which a member writes with `keten validators introduce`. It is
/// for a node whose own ledger is older than their certificates and addresses: one that joins, or was away for long.
struct Introduction {
  Height height;
  std::vector<peers::PeerEntry> nodes;
};

/// Fails with INTRODUCTION_INVALID.
[[nodiscard]] Result<Introduction> parse_introduction(std::string_view text);
/// None when there is no such file.
[[nodiscard]] Result<std::optional<Introduction>> read_introduction(const std::filesystem::path& file);

/// What the ledger names, and beside it, while the ledger is older, what the introduction names: more certificates and keys,
/// newer addresses, further nodes.
[[nodiscard]] std::vector<peers::PeerEntry> introduced(std::vector<peers::PeerEntry> entries,
                                                       const std::optional<Introduction>& introduction,
                                                       Height executed);

}  // namespace keten::node
