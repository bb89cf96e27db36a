#include "tools/keten/home.h"

#include <algorithm>
#include <utility>

#include "client/keystore.h"
#include "core/json.h"
#include "node/http/users.h"
#include "node/runtime/certificates.h"
#include "tools/keten/console.h"

namespace keten::tools {
namespace {

using client::Existing;
using client::FileAccess;

constexpr std::string_view kCaptureUser = "capture";
constexpr std::string_view kAuditorUser = "auditor";
constexpr std::size_t kParticipantBytesMax = 64 * 1024;

Status refuse_existing(const HomeFiles& files) {
  for (const auto& path :
       {files.config(), files.key("validator"), files.card(), files.users(), files.genesis(), files.participant()}) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) {
      return failure(ErrorKind::conflict, "HOME_EXISTS",
                     path.string() + " exists already; choose another --home, nothing was changed");
    }
  }
  return kDone;
}

struct KeyRequest {
  std::string name;
  Roles roles;
};

/// Who governs, who signs anything else, and who only records events.
std::vector<KeyRequest> user_keys() {
  return {{"admin", Roles{Role::admin}},
          {"device", Roles{Role::submitter}},
          {std::string(kCaptureUser), Roles{Role::capture}}};
}

Result<GenesisKey> create_key(const HomeFiles& files, const std::string& organisation, const KeyRequest& request) {
  const auto seed = client::random_seed();
  if (auto written = client::write_key_file(files.key(request.name), seed); !written) { return written.error(); }
  const auto pair = KeyPair::from_seed(seed);
  const auto possession = key_possession_hash(organisation, request.name, pair.public_key(), request.roles);
  return GenesisKey{request.name, pair.public_key(), request.roles, pair.sign(possession.view())};
}

Result<GenesisValidator> create_validator(const HomeFiles& files, const HomeOptions& options) {
  const auto seed = client::random_seed();
  if (auto written = client::write_key_file(files.key("validator"), seed); !written) { return written.error(); }
  const auto tls = make_certificate(options.node);
  if (!tls) { return tls.error(); }
  for (const auto& [path, content, access] :
       {std::tuple{files.server_certificate(), tls->certificate_pem, FileAccess::everyone},
        std::tuple{files.server_key(), tls->key_pem, FileAccess::owner}}) {
    if (auto written = client::write_file(path, content, access, Existing::refuse); !written) {
      return written.error();
    }
  }
  const auto pair = KeyPair::from_seed(seed);
  const auto possession =
      key_possession_hash(options.organisation, options.node, pair.public_key(), Roles{Role::validator});
  return GenesisValidator{options.node, pair.public_key(), pair.sign(possession.view()), tls->certificate_pem,
                          options.addresses.peer};
}

Status create_client_identity(const HomeFiles& files, const std::string& node) {
  const auto tls = make_certificate(node + "-client");
  if (!tls) { return tls.error(); }
  for (const auto& [path, content, access] :
       {std::tuple{files.client_certificate(), tls->certificate_pem, FileAccess::everyone},
        std::tuple{files.client_key(), tls->key_pem, FileAccess::owner},
        std::tuple{files.client_pins(), tls->certificate_pem, FileAccess::everyone}}) {
    if (auto written = client::write_file(path, content, access, Existing::refuse); !written) { return written; }
  }
  return kDone;
}

/// A node listens where the others call it, unless that is a name: then on its port of every interface.
Result<std::string> listen_address(const HomeOptions& options) {
  if (!options.addresses.peer_listen.empty()) { return options.addresses.peer_listen; }
  const auto address = parse_address(options.addresses.peer);
  if (!address) { return address.error(); }
  const bool is_literal = address->host.find_first_not_of("0123456789.") == std::string::npos ||
                          address->host.find(':') != std::string::npos;
  return is_literal ? options.addresses.peer : "0.0.0.0:" + std::to_string(address->port);
}

Status write_config(const HomeFiles& files, const HomeOptions& options) {
  const auto listen = listen_address(options);
  if (!listen) { return listen.error(); }
  NodeConfig config;
  config.node.name = options.node;
  config.node.organisation = options.organisation;
  config.api.grpc_listen = options.addresses.grpc;
  config.api.http_listen = options.addresses.http;
  config.api.clients = "tls/clients.pem";
  config.peers.listen = *listen;
  return client::write_file(files.config(), default_config_text(config), FileAccess::everyone, Existing::refuse);
}

Result<json::Value> read_users(const HomeFiles& files) {
  std::error_code ignored;
  if (!std::filesystem::exists(files.users(), ignored)) { return json::Value::array(); }
  const auto text = client::read_file(files.users());
  if (!text) { return text.error(); }
  auto users = json::parse(*text);
  if (!users) { return users.error(); }
  if (!users->is(json::Kind::array)) {
    return invalid("USERS_INVALID", files.users().string() + ": expected an array");
  }
  return users;
}

Status write_users(const HomeFiles& files, const json::Value& users) {
  return client::write_file(files.users(), json::pretty(users) + "\n", FileAccess::owner, Existing::replace);
}

}  // namespace

Result<CreatedHome> create_home(const HomeOptions& options) {
  const HomeFiles files{options.home};
  if (auto free = refuse_existing(files); !free) { return free.error(); }
  for (const auto& address : {options.addresses.peer, options.addresses.grpc, options.addresses.http}) {
    if (auto valid = parse_address(address); !valid) { return valid.error(); }
  }
  for (const auto& folder : {options.home, options.home / "keys", options.home / "tls", options.home / "data"}) {
    if (auto made = client::make_private_directory(folder); !made) { return made.error(); }
  }

  CreatedHome created;
  created.card.name = options.organisation;
  for (const KeyRequest& request : user_keys()) {
    auto key = create_key(files, options.organisation, request);
    if (!key) { return key.error(); }
    created.card.keys.push_back(std::move(*key));
  }
  auto validator = create_validator(files, options);
  if (!validator) { return validator.error(); }
  created.card.validators.push_back(std::move(*validator));
  if (auto done = create_client_identity(files, options.node); !done) { return done.error(); }
  if (auto done = write_config(files, options); !done) { return done.error(); }
  if (auto done =
          client::write_file(files.card(), member_card_json(created.card), FileAccess::everyone, Existing::refuse);
      !done) {
    return done.error();
  }

  const auto user = [&](std::string_view name, std::string_view role, std::string token, std::filesystem::path key) {
    created.users.push_back(
        {std::string(name), options.organisation, std::string(role), std::move(token), std::move(key)});
  };
  user("admin", "admin", "", files.key("admin"));
  user("device", "submitter", "", files.key("device"));
  for (const auto& name : {kCaptureUser, kAuditorUser}) {
    auto issued = issue_token(files, std::string(name), std::string(name), std::string(kCaptureUser));
    if (!issued) { return issued.error(); }
    user(name, name, issued->token, name == kCaptureUser ? files.key(name) : std::filesystem::path());
  }
  return created;
}

Result<GenesisOrganisation> create_participant_home(const std::string& organisation, const std::filesystem::path& home,
                                                    const std::vector<std::string>& endpoints) {
  const HomeFiles files{home};
  if (auto free = refuse_existing(files); !free) { return free.error(); }
  auto list = json::Value::array();
  for (const auto& endpoint : endpoints) {
    if (auto valid = parse_address(endpoint); !valid) { return valid.error(); }
    list.push(text_value(endpoint));
  }
  for (const auto& folder : {home, home / "keys", home / "tls"}) {
    if (auto made = client::make_private_directory(folder); !made) { return made.error(); }
  }
  GenesisOrganisation card;
  card.name = organisation;
  for (const KeyRequest& request : user_keys()) {
    auto key = create_key(files, organisation, request);
    if (!key) { return key.error(); }
    card.keys.push_back(std::move(*key));
  }
  const auto tls = make_certificate(organisation + "-client");
  if (!tls) { return tls.error(); }
  const auto participant =
      json::Value::object().set("organisation", text_value(organisation)).set("endpoints", std::move(list));
  for (const auto& [path, content, access] :
       {std::tuple{files.client_certificate(), tls->certificate_pem, FileAccess::everyone},
        std::tuple{files.client_key(), tls->key_pem, FileAccess::owner},
        std::tuple{files.card(), member_card_json(card), FileAccess::everyone},
        std::tuple{files.participant(), json::pretty(participant) + "\n", FileAccess::everyone}}) {
    if (auto written = client::write_file(path, content, access, Existing::refuse); !written) {
      return written.error();
    }
  }
  return card;
}

bool is_participant_home(const HomeFiles& files) {
  std::error_code ignored;
  return std::filesystem::exists(files.participant(), ignored);
}

Result<ParticipantHome> load_participant_home(const HomeFiles& files) {
  const auto text = client::read_file(files.participant(), kParticipantBytesMax);
  if (!text) { return text.error(); }
  const auto document = json::parse(*text);
  const auto wrong = [&](const std::string& what) {
    return invalid("PARTICIPANT_INVALID", files.participant().string() + ": " + what);
  };
  if (!document) { return wrong(document.error().message); }
  ParticipantHome home;
  home.organisation = document->find_string("organisation").value_or("");
  const auto* endpoints = document->find("endpoints");
  if (home.organisation.empty() || endpoints == nullptr || !endpoints->is(json::Kind::array)) {
    return wrong("expected {\"organisation\": NAME, \"endpoints\": [\"HOST:PORT\", ...]}");
  }
  for (const auto& endpoint : endpoints->items()) {
    if (!endpoint.is(json::Kind::string)) { return wrong("expected endpoints as texts HOST:PORT"); }
    if (auto valid = parse_address(endpoint.text()); !valid) { return wrong(valid.error().message); }
    home.endpoints.push_back(endpoint.text());
  }
  return home;
}

Result<NodeConfig> load_home_config(const HomeFiles& files) { return load_config(files.config().string()); }

Result<IssuedToken> issue_token(const HomeFiles& files, const std::string& user, const std::string& role,
                                const std::string& key_name) {
  if (role != "capture" && role != "auditor") {
    return invalid("ROLE_UNKNOWN", "expected role capture or auditor, found \"" + role + "\"");
  }
  const auto config = load_home_config(files);
  if (!config) { return config.error(); }
  auto users = read_users(files);
  if (!users) { return users.error(); }
  for (const auto& entry : users->items()) {
    if (entry.find_string("name") == user) {
      return failure(ErrorKind::conflict, "USER_EXISTS",
                     "user " + user + " exists already in " + files.users().string());
    }
  }
  if (users->items().size() >= http::kUsersMax) {
    return failure(ErrorKind::too_large, "TOO_MANY_USERS",
                   files.users().string() + " has " + std::to_string(users->items().size()) +
                       " users, as many as a node takes; delete those that nobody needs");
  }
  IssuedToken issued{user, role, "keten_" + client::random_seed().hex()};
  auto entry = json::Value::object();
  entry.set("name", text_value(user));
  entry.set("organisation", text_value(config->node.organisation));
  entry.set("role", text_value(role));
  entry.set("token_hash", text_value(http::token_hash(issued.token).hex()));
  if (role == "capture") {
    if (auto key = client::read_key_file(files.key(key_name)); !key) { return key.error(); }
    entry.set("key_file", text_value("keys/" + key_name + ".key"));
  }
  users->push(std::move(entry));
  if (auto written = write_users(files, *users); !written) { return written.error(); }
  return issued;
}

Status revoke_token(const HomeFiles& files, const std::string& user) {
  const auto users = read_users(files);
  if (!users) { return users.error(); }
  auto replaced = json::Value::array();
  bool found = false;
  for (const auto& entry : users->items()) {
    auto copy = entry;
    if (copy.find_string("name") == user) {
      copy.set("revoked", json::Value::boolean(true));
      found = true;
    }
    replaced.push(std::move(copy));
  }
  if (!found) {
    return failure(ErrorKind::not_found, "USER_UNKNOWN", "there is no user " + user + " in " + files.users().string());
  }
  return write_users(files, replaced);
}

Result<std::vector<TokenUser>> list_tokens(const HomeFiles& files) {
  const auto users = read_users(files);
  if (!users) { return users.error(); }
  std::vector<TokenUser> list;
  for (const auto& entry : users->items()) {
    const auto* revoked = entry.find("revoked");
    list.push_back({.name = std::string(entry.find_string("name").value_or("")),
                    .role = std::string(entry.find_string("role").value_or("")),
                    .revoked = revoked != nullptr && revoked->is(json::Kind::boolean) && revoked->as_bool()});
  }
  return list;
}

}  // namespace keten::tools
