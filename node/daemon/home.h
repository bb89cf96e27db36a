#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/genesis.h"
#include "core/keys.h"
#include "core/result.h"
#include "node/daemon/introduction.h"
#include "node/runtime/config.h"
#include "node/runtime/descriptors.h"

namespace keten::node {

/// Everything that one node reads before it writes anything: checked against each other, or an error in one line that
/// says what to do. docs/operations.md, "The home of a node".
struct Home {
  std::filesystem::path path;
  NodeConfig config;
  Genesis genesis;
  ChainId chain_id;
  std::vector<KeyPair> validator_keys;                      ///< newest first; at least one
  std::optional<Introduction> introduction = std::nullopt;  ///< of the others, for a node that joins or was away
  /// The operator says that no other process uses the validator key: docs/operations.md, "Quarantine".
  bool is_alone = false;
  /// The operator says that this validator key has never signed anything.
  std::optional<PublicKey> unused_key = {};
  DescriptorShares descriptors = {};  ///< what this process may open for connections

  [[nodiscard]] std::filesystem::path data() const { return path / "data"; }
  [[nodiscard]] std::string file(const std::string& relative) const { return (path / relative).string(); }
};

/// Reads `ketend.toml`, `genesis.json`, `peers.json`, `users.json`, `keys/` and `tls/`. Reasons: HOME_MISSING, HOME_INCOMPLETE,
/// those of load_config, of Genesis::from_json and check_signed, KEY_FILE_*, NOT_A_VALIDATOR (no key of the home is in the
/// genesis, and no peers.json says that it joins), PIN_MISMATCH (the TLS key is not that of the certificate),
/// INTRODUCTION_INVALID, those of UserStore::open and LedgerServer::check_files.
[[nodiscard]] Result<Home> load_home(const std::filesystem::path& path);

/// Tries to bind every address the node will listen on and lets it go again. Fails with ADDRESS_IN_USE.
[[nodiscard]] Status check_addresses(const NodeConfig& config);

}  // namespace keten::node
