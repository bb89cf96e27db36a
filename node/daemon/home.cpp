#include "node/daemon/home.h"

#include <fstream>
#include <sstream>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/api/ledger_server.h"
#include "node/daemon/own_keys.h"
#include "node/http/users.h"
#include "node/runtime/certificates.h"
#include "node/runtime/secrets.h"

namespace keten::node {
namespace {

Result<std::string> read_file(const std::filesystem::path& path, const std::string& what) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return failure(ErrorKind::not_found, "HOME_INCOMPLETE",
                   path.string() + ": expected " + what + ", found no readable file; see keten init and keten genesis");
  }
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Status try_bind(const std::string& text) {
  const auto address = parse_address(text);
  if (!address) { return address.error(); }
  if (address->port == 0) { return kDone; }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address->host.c_str(), std::to_string(address->port).c_str(), &hints, &found) != 0) {
    return invalid("ADDRESS_INVALID", text + ": this machine knows no such address; correct ketend.toml");
  }
  bool is_free = false;
  for (const auto* at = found; at != nullptr && !is_free; at = at->ai_next) {
    const int descriptor = ::socket(at->ai_family, at->ai_socktype, at->ai_protocol);
    if (descriptor < 0) { continue; }
    const int reuse = 1;
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
    is_free = ::bind(descriptor, at->ai_addr, at->ai_addrlen) == 0 && ::listen(descriptor, 1) == 0;
    ::close(descriptor);
  }
  ::freeaddrinfo(found);
  if (is_free) { return kDone; }
  return failure(ErrorKind::conflict, "ADDRESS_IN_USE",
                 text + " is used by another program; stop it or choose another port in ketend.toml");
}

/// A node of the founding has one of its keys in the genesis, under its own name. Later ones are in the ledger.
Status check_founder(const Genesis& genesis, const NodeConfig& config, const std::vector<KeyPair>& keys,
                     const std::filesystem::path& home) {
  const auto validators = genesis.validators();
  for (const auto& key : keys) {
    const auto place = validators.find(key.public_key());
    if (!place) { continue; }
    const auto& entry = validators.at(*place);
    if (entry.node == config.node.name && entry.organisation == config.node.organisation) { return kDone; }
    return failure(ErrorKind::refused, "NOT_A_VALIDATOR",
                   "ketend.toml says node " + config.node.name + " of " + config.node.organisation +
                       ", the genesis says " + entry.node + " of " + entry.organisation +
                       " for this key; correct [node]");
  }
  return failure(ErrorKind::refused, "NOT_A_VALIDATOR",
                 "keys/validator.key (" + key_text(keys.back().public_key()) +
                     ") is not a validator of the genesis in " + (home / "genesis.json").string() +
                     "; use the genesis that holds this node's member card, or, to join a chain that runs, bring "
                     "peers.json with keten genesis install --peers");
}

}  // namespace

Result<Home> load_home(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) {
    return failure(ErrorKind::not_found, "HOME_MISSING",
                   path.string() + " is no directory; make a home with keten init --org NAME --node NAME --home DIR");
  }
  auto config = load_config((path / "ketend.toml").string());
  if (!config) { return config.error(); }
  auto genesis_text = read_file(path / "genesis.json", "the founding document of the chain");
  if (!genesis_text) { return genesis_text.error(); }
  auto genesis = Genesis::from_json(*genesis_text);
  if (!genesis) {
    auto error = genesis.error();
    error.message = (path / "genesis.json").string() + ": " + error.message;
    return error;
  }
  if (auto checked = genesis->check_signed(); !checked) { return checked.error(); }

  auto keys = read_validator_keys(path / "keys");
  if (!keys) { return keys.error(); }
  auto introduction = read_introduction(path / "peers.json");
  if (!introduction) { return introduction.error(); }
  if (auto founder = check_founder(*genesis, *config, *keys, path); !founder && !*introduction) {
    return founder.error();
  }

  auto certificate = read_file(path / "tls" / "node.crt", "this node's certificate");
  if (!certificate) { return certificate.error(); }
  auto tls_key = read_secret_file((path / "tls" / "node.key").string());
  if (!tls_key) { return tls_key.error(); }
  if (auto matches = check_identity({*certificate, *tls_key}); !matches) {
    return failure(ErrorKind::refused, "PIN_MISMATCH",
                   "tls/node.crt and tls/node.key do not belong together: " + matches.error().message +
                       "; restore both as keten init or keten validators renew-certificate made them");
  }
  // The front doors read these again when they open; here they are read before anything is written.
  const auto users = http::UserStore::open(path / "users.json", config->node.organisation);
  if (!users) { return users.error(); }
  const auto api_files = api::LedgerServer::check_files({.listen = config->api.grpc_listen,
                                                         .certificate_file = (path / "tls" / "node.crt").string(),
                                                         .key_file = (path / "tls" / "node.key").string(),
                                                         .clients_file = (path / config->api.clients).string()});
  if (!api_files) { return api_files.error(); }
  const auto chain_id = genesis->chain_id();
  return Home{path, std::move(*config), std::move(*genesis), chain_id, std::move(*keys), std::move(*introduction)};
}

Status check_addresses(const NodeConfig& config) {
  for (const auto& address : {config.peers.listen, config.api.grpc_listen, config.api.http_listen}) {
    if (auto bound = try_bind(address); !bound) { return bound; }
  }
  return kDone;
}

}  // namespace keten::node
