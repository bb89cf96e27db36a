#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

#include "core/ids.h"
#include "core/result.h"

namespace keten::tools {

/// Somebody who may do something at one organisation. Secrets inside: files that hold users are for their owner only.
struct NetworkUser {
  std::string name;
  std::string organisation;
  std::string role;                ///< admin, submitter, capture, auditor
  std::string token;               ///< for the HTTP API; empty when the user signs itself
  std::filesystem::path key_file;  ///< empty when the user signs nothing
};

struct NetworkNode {
  std::string name;
  std::string organisation;
  std::filesystem::path home;
  std::string http;  ///< host:port, like the two that follow
  std::string grpc;
  std::string peer;
  pid_t pid = 0;  ///< 0: not started; it may have ended since
};

/// What `devnet.json` and `--config-out` say: everything that is needed to use a network of this machine.
struct Network {
  std::string chain_name;
  ChainId chain_id;
  std::filesystem::path genesis;
  std::vector<NetworkNode> nodes;
  std::vector<NetworkUser> users;

  [[nodiscard]] std::string to_json() const;
  /// Fails with NETWORK_INVALID, or as json::parse does.
  static Result<Network> from_json(std::string_view text);

  [[nodiscard]] const NetworkNode* find_node(std::string_view name) const;
  /// The first user of this organisation with this name; null when there is none.
  [[nodiscard]] const NetworkUser* find_user(std::string_view organisation, std::string_view name) const;
  /// Validators that must be up for the chain to advance.
  [[nodiscard]] std::size_t quorum() const { return 2 * nodes.size() / 3 + 1; }
};

/// `devnet.json` in a state folder. Fails with NO_NETWORK when there is none.
Result<Network> load_network(const std::filesystem::path& state);
/// Replaces it, mode 0600.
Status save_network(const std::filesystem::path& state, const Network& network);

}  // namespace keten::tools
