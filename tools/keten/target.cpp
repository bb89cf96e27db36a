#include "tools/keten/target.h"

#include <chrono>
#include <cstdlib>
#include <utility>

#include "client/keystore.h"

namespace keten::tools {
namespace {

using namespace std::chrono_literals;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool answers(const NetworkNode& node) {
  const auto response = client::http_request(node.http, {.target = "/livez"}, 1s);
  return response.ok();
}

ErrorKind kind_of_status(unsigned status) {
  switch (status) {
    case 401: return ErrorKind::unauthorised;
    case 403: return ErrorKind::forbidden;
    case 404: return ErrorKind::not_found;
    case 409: return ErrorKind::conflict;
    case 413:
    case 414: return ErrorKind::too_large;
    case 429: return ErrorKind::busy;
    case 501: return ErrorKind::unsupported;
    case 503: return ErrorKind::unavailable;
    case 504: return ErrorKind::timeout;
    default: return status >= 500 ? ErrorKind::corrupt : ErrorKind::invalid;
  }
}

Result<Target> target_of_home(const TargetOptions& options) {
  Target target;
  target.token = options.token.empty() ? environment("KETEN_TOKEN") : options.token;
  if (!options.home.empty() && is_participant_home(HomeFiles{options.home})) {
    const auto participant = load_participant_home(HomeFiles{options.home});
    if (!participant) { return participant.error(); }
    target.node.organisation = participant->organisation;
    target.node.home = options.home;
    if (!participant->endpoints.empty()) { target.node.grpc = participant->endpoints.front(); }
    target.node.name = target.node.grpc;
  } else if (!options.home.empty()) {
    const auto config = load_home_config(HomeFiles{options.home});
    if (!config) { return config.error(); }
    target.node = {.name = config->node.name,
                   .organisation = config->node.organisation,
                   .home = options.home,
                   .http = config->api.http_listen,
                   .grpc = config->api.grpc_listen,
                   .peer = config->peers.listen};
  }
  if (!options.endpoint.empty()) {
    target.node.http = options.endpoint;
    target.node.grpc = options.endpoint;
    if (target.node.name.empty()) { target.node.name = options.endpoint; }
  }
  return target;
}

}  // namespace

Result<client::Endpoint> endpoint_of(const HomeFiles& files, const std::string& address) {
  client::Endpoint endpoint;
  endpoint.address = address;
  for (const auto& [path, text] :
       {std::pair{files.client_certificate(), &endpoint.certificate}, std::pair{files.client_key(), &endpoint.key}}) {
    auto content = client::read_file(path);
    if (!content) { return content.error(); }
    *text = std::move(*content);
  }
  const auto pin = [&](std::string_view certificate) {
    endpoint.server_certificates += (endpoint.server_certificates.empty() ? "" : "\n") + std::string(certificate);
  };
  // Of our own node, if there is one. A renewed certificate takes a second to be shown.
  for (const auto& path : {files.server_certificate(), files.home / "tls" / "node.former.crt"}) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) { continue; }
    const auto content = client::read_file(path);
    if (!content) { return content.error(); }
    pin(*content);
  }
  // Any validator of the chain may stand behind an endpoint; its certificate is in the genesis, or in the introduction.
  if (auto text = client::read_file(files.genesis())) {
    if (const auto genesis = Genesis::from_json(*text)) {
      for (const auto& organisation : genesis->organisations) {
        for (const auto& validator : organisation.validators) { pin(validator.tls_certificate); }
      }
    }
  }
  if (auto text = client::read_file(files.peers())) {
    const auto peers = json::parse(*text);
    const auto* nodes = peers ? peers->find("nodes") : nullptr;
    if (nodes != nullptr && nodes->is(json::Kind::array)) {
      for (const auto& node : nodes->items()) {
        const auto* certificates = node.find("tlsCertificates");
        if (certificates == nullptr || !certificates->is(json::Kind::array)) { continue; }
        for (const auto& certificate : certificates->items()) {
          if (certificate.is(json::Kind::string)) { pin(certificate.text()); }
        }
      }
    }
  }
  if (endpoint.server_certificates.empty()) {
    return failure(ErrorKind::not_found, "GENESIS_MISSING",
                   files.genesis().string() +
                       " is not there: ask a member for genesis.json and peers.json, then "
                       "keten genesis install genesis.json --peers peers.json --home " +
                       files.home.string());
  }
  return endpoint;
}

Result<client::LedgerClient> Target::ledger() const {
  if (node.home.empty()) {
    return invalid("HOME_NEEDED", "the gRPC API wants a client certificate: name the home that has it with --home DIR");
  }
  const auto endpoint = endpoint_of(HomeFiles{node.home}, node.grpc);
  if (!endpoint) { return endpoint.error(); }
  return client::LedgerClient(*endpoint);
}

Result<client::HttpResponse> Target::http(client::HttpRequest request) const {
  if (!token.empty()) { request.headers["Authorization"] = "Bearer " + token; }
  return client::http_request(node.http, request);
}

Result<json::Value> Target::get_json(const std::string& path_and_query) const {
  const auto response = http({.target = path_and_query});
  if (!response) { return response.error(); }
  if (!response->ok()) { return problem_error(*response); }
  return json::parse(response->body, {.bytes = 64U * 1024 * 1024, .values = 10'000'000});
}

Error problem_error(const client::HttpResponse& response) {
  Error error = failure(kind_of_status(response.status), "HTTP_" + std::to_string(response.status),
                        "the node answered with status " + std::to_string(response.status));
  const auto problem = json::parse(response.body);
  if (!problem) { return error; }
  if (const auto reason = problem->find_string("reason")) { error.reason = *reason; }
  if (const auto detail = problem->find_string("detail")) {
    error.message = *detail;
  } else if (const auto title = problem->find_string("title")) {
    error.message = *title;
  }
  if (const auto* errors = problem->find("errors"); errors != nullptr && errors->is(json::Kind::array)) {
    for (const auto& entry : errors->items()) {
      error.violations.push_back({.pointer = std::string(entry.find_string("pointer").value_or("")),
                                  .expected = std::string(entry.find_string("expected").value_or("")),
                                  .found = std::string(entry.find_string("found").value_or(""))});
    }
  }
  return error;
}

std::optional<std::filesystem::path> find_state(const TargetOptions& options) {
  if (!options.state.empty()) { return options.state; }
  if (!options.home.empty() || !options.endpoint.empty()) { return std::nullopt; }
  if (const auto state = environment("KETEN_STATE"); !state.empty()) { return state; }
  std::error_code ignored;
  if (std::filesystem::exists("keten-devnet/devnet.json", ignored)) { return "keten-devnet"; }
  return std::nullopt;
}

std::optional<Result<Network>> find_network(const TargetOptions& options) {
  const auto state = find_state(options);
  if (!state) { return std::nullopt; }
  return load_network(*state);
}

Result<Target> target_of(const Network& network, const NetworkNode& node, const std::string& user) {
  Target target;
  target.node = node;
  const auto* known = network.find_user(node.organisation, user.empty() ? "capture" : user);
  if (known == nullptr) {
    // A key that was added later: it signs, it has no token.
    std::error_code ignored;
    if (std::filesystem::exists(HomeFiles{node.home}.key(user), ignored)) { return target; }
    return failure(ErrorKind::not_found, "USER_UNKNOWN", node.organisation + " has no user " + user);
  }
  target.token = known->token;
  return target;
}

namespace {

Result<Target> chosen_target(const TargetOptions& options) {
  const auto network = find_network(options);
  if (!network) {
    if (options.home.empty() && options.endpoint.empty()) {
      return invalid("NO_TARGET",
                     "which node? give --state DIR of a dev network, --home DIR of your node, or --endpoint HOST:PORT");
    }
    return target_of_home(options);
  }
  if (!options.endpoint.empty()) {
    return invalid(
        "TARGET_CONTRADICTED",
        "--endpoint names one node, and the dev network of --state (or KETEN_STATE) others: give one of the two; "
        "--node NAME asks a node of the network");
  }
  if (!*network) { return network->error(); }
  const auto& nodes = (*network)->nodes;

  // `user@Organisation` or a plain name.
  const auto at = options.user.find('@');
  const auto user = options.user.substr(0, at);
  const auto organisation = at == std::string::npos ? std::string() : options.user.substr(at + 1);
  const NetworkNode* chosen = nullptr;
  for (const auto& node : nodes) {
    if (!options.node.empty() && node.name != options.node) { continue; }
    if (!organisation.empty() && node.organisation != organisation) { continue; }
    if (chosen == nullptr) { chosen = &node; }
    if (!options.node.empty() || answers(node)) {
      chosen = &node;
      break;
    }
  }
  if (chosen == nullptr) {
    return failure(ErrorKind::not_found, "NODE_UNKNOWN",
                   "the network has no node " + options.node + (organisation.empty() ? "" : " of " + organisation));
  }
  auto target = target_of(**network, *chosen, user);
  if (target && !options.token.empty()) { target->token = options.token; }
  return target;
}

}  // namespace

Result<Target> find_target(const TargetOptions& options) {
  auto target = chosen_target(options);
  if (target) { options.asked->name = target->node.name.empty() ? target->node.http : target->node.name; }
  return target;
}

}  // namespace keten::tools
