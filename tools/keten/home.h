#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/genesis.h"
#include "core/result.h"
#include "node/runtime/config.h"
#include "tools/keten/network.h"

namespace keten::tools {

/// Where the parts of a node's home are. docs/operations.md, "The home of a node".
struct HomeFiles {
  std::filesystem::path home;
  [[nodiscard]] std::filesystem::path config() const { return home / "ketend.toml"; }
  [[nodiscard]] std::filesystem::path genesis() const { return home / "genesis.json"; }
  [[nodiscard]] std::filesystem::path card() const { return home / "member.json"; }
  /// Only of a participant that runs no node.
  [[nodiscard]] std::filesystem::path participant() const { return home / "participant.json"; }
  [[nodiscard]] std::filesystem::path peers() const { return home / "peers.json"; }
  [[nodiscard]] std::filesystem::path users() const { return home / "users.json"; }
  [[nodiscard]] std::filesystem::path key(std::string_view name) const {
    return home / "keys" / (std::string(name) + ".key");
  }
  [[nodiscard]] std::filesystem::path server_certificate() const { return home / "tls" / "node.crt"; }
  [[nodiscard]] std::filesystem::path server_key() const { return home / "tls" / "node.key"; }
  [[nodiscard]] std::filesystem::path client_pins() const { return home / "tls" / "clients.pem"; }
  [[nodiscard]] std::filesystem::path client_certificate() const { return home / "tls" / "client.crt"; }
  [[nodiscard]] std::filesystem::path client_key() const { return home / "tls" / "client.key"; }
};

/// host:port each.
struct NodeAddresses {
  std::string peer = "127.0.0.1:7102";  ///< where the other validators find this one
  std::string grpc = "127.0.0.1:7101";
  std::string http = "127.0.0.1:7100";
  std::string peer_listen;  ///< empty: the peer address, or its port of every interface when that is a name
};

struct HomeOptions {
  std::string organisation;
  std::string node;
  std::filesystem::path home;
  NodeAddresses addresses;
};

struct CreatedHome {
  GenesisOrganisation card;
  std::vector<NetworkUser> users;  ///< with the tokens, which are stored nowhere
};

/// Keys, certificates, configuration and member card of one node. Refuses a home that has any of these: HOME_EXISTS.
Result<CreatedHome> create_home(const HomeOptions& options);

/// A company that takes part without a node: keys, client certificate, member card without a validator, and where nodes are that it
/// may use (host:port of their gRPC interfaces). Refuses a home that has any of these: HOME_EXISTS.
Result<GenesisOrganisation> create_participant_home(const std::string& organisation, const std::filesystem::path& home,
                                                    const std::vector<std::string>& endpoints);

struct ParticipantHome {
  std::string organisation;
  std::vector<std::string> endpoints;
};
/// Whether the home is one of a participant without a node.
bool is_participant_home(const HomeFiles& files);
/// Fails with PARTICIPANT_INVALID.
Result<ParticipantHome> load_participant_home(const HomeFiles& files);

/// The configuration of a home: CONFIG_MISSING, CONFIG_INVALID.
Result<NodeConfig> load_home_config(const HomeFiles& files);

struct IssuedToken {
  std::string user;
  std::string role;
  std::string token;
};
struct TokenUser {
  std::string name;
  std::string role;
  bool revoked = false;
};
/// A new user with a bearer token for the HTTP API of this node. Role `auditor` reads; role `capture` signs with the
/// delegated key `key_name`, which the genesis must list: USER_EXISTS, ROLE_UNKNOWN.
Result<IssuedToken> issue_token(const HomeFiles& files, const std::string& user, const std::string& role,
                                const std::string& key_name);
/// A running node notices by itself. Fails with USER_UNKNOWN.
Status revoke_token(const HomeFiles& files, const std::string& user);
Result<std::vector<TokenUser>> list_tokens(const HomeFiles& files);

}  // namespace keten::tools
