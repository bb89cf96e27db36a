#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/http_client.h"
#include "client/ledger_client.h"
#include "core/genesis.h"
#include "core/json.h"
#include "core/result.h"
#include "tools/keten/home.h"
#include "tools/keten/network.h"

namespace keten::tools {

/// Who answered a command, and what a person has been told about the answer.
struct NodeAsked {
  std::string name;      ///< of the node, or its address; empty: none was asked
  std::string why;       ///< no proof covers the answer
  bool is_told = false;  ///< the command has said itself what of it is verified
};

/// Which node a command talks to, as the command line says. docs/command-line.md, "Which node".
struct TargetOptions {
  std::string state{};     ///< folder of a dev network
  std::string node{};      ///< a node of it by name
  std::string endpoint{};  ///< host:port instead of the addresses in the configuration
  std::string home{};      ///< of a node of one's own: addresses, certificates, genesis
  std::string user{};      ///< `--as`
  std::string token{};     ///< bearer token; else the one of `user`, else KETEN_TOKEN
  std::shared_ptr<NodeAsked> asked = std::make_shared<NodeAsked>();  ///< of all copies
};

/// One node and what we need to speak with it.
struct Target {
  NetworkNode node;   ///< organisation and home may be empty with a bare endpoint
  std::string token;  ///< empty when none is known

  [[nodiscard]] Result<client::LedgerClient> ledger() const;
  /// A JSON answer, or the node's problem document as an error with its reason and violations.
  [[nodiscard]] Result<json::Value> get_json(const std::string& path_and_query) const;
  [[nodiscard]] Result<client::HttpResponse> http(client::HttpRequest request) const;
};

/// How to reach the gRPC interface at `address` with the certificates of a home: our own, and pinned those of all nodes that its
/// genesis and its peers.json name. Fails with GENESIS_MISSING when the home knows no node.
Result<client::Endpoint> endpoint_of(const HomeFiles& files, const std::string& address);

/// The dev network that the options or the surroundings name (--state, KETEN_STATE, ./keten-devnet); nothing when the options point
/// elsewhere or there is none.
std::optional<Result<Network>> find_network(const TargetOptions& options);
/// Its folder.
std::optional<std::filesystem::path> find_state(const TargetOptions& options);

/// The node that answers. In a network without --node: of the user's organisation if one is named, else the first that
/// answers. Fails with NO_TARGET, NODE_UNKNOWN, USER_UNKNOWN.
Result<Target> find_target(const TargetOptions& options);

/// Everything about `node` that needs no answer from it; `user` empty: the organisation's capture user.
Result<Target> target_of(const Network& network, const NetworkNode& node, const std::string& user);

/// A response over 299 as the error that its problem document describes.
Error problem_error(const client::HttpResponse& response);

}  // namespace keten::tools
