#include "tools/keten/network.h"

#include <algorithm>

#include "client/keystore.h"
#include "tools/keten/console.h"

namespace keten::tools {
namespace {

std::string text_of(const json::Value& object, std::string_view name) {
  return std::string(object.find_string(name).value_or(""));
}

const std::vector<json::Value>* items_of(const json::Value& document, std::string_view name) {
  const auto* member = document.find(name);
  return member != nullptr && member->is(json::Kind::array) ? &member->items() : nullptr;
}

}  // namespace

std::string Network::to_json() const {
  auto node_list = json::Value::array();
  for (const auto& node : nodes) {
    node_list.push(json::Value::object()
                       .set("name", text_value(node.name))
                       .set("organisation", text_value(node.organisation))
                       .set("home", text_value(node.home.string()))
                       .set("http", text_value(node.http))
                       .set("grpc", text_value(node.grpc))
                       .set("peer", text_value(node.peer))
                       .set("pid", json::Value::number(std::int64_t{node.pid})));
  }
  auto user_list = json::Value::array();
  for (const auto& user : users) {
    user_list.push(json::Value::object()
                       .set("name", text_value(user.name))
                       .set("organisation", text_value(user.organisation))
                       .set("role", text_value(user.role))
                       .set("token", text_value(user.token))
                       .set("key_file", text_value(user.key_file.string())));
  }
  const auto document = json::Value::object()
                            .set("chain_name", text_value(chain_name))
                            .set("chain_id", text_value(chain_id.hex()))
                            .set("genesis", text_value(genesis.string()))
                            .set("nodes", std::move(node_list))
                            .set("users", std::move(user_list));
  return json::pretty(document) + "\n";
}

Result<Network> Network::from_json(std::string_view text) {
  const auto document = json::parse(text);
  if (!document) { return document.error(); }
  const auto* node_list = items_of(*document, "nodes");
  const auto* user_list = items_of(*document, "users");
  auto chain_id = ChainId::from_hex(text_of(*document, "chain_id"));
  if (node_list == nullptr || user_list == nullptr || !chain_id) {
    return invalid("NETWORK_INVALID", "expected chain_id, nodes and users, as keten devnet writes them");
  }
  Network network;
  network.chain_id = *chain_id;
  network.chain_name = text_of(*document, "chain_name");
  network.genesis = text_of(*document, "genesis");
  for (const auto& entry : *node_list) {
    const auto* pid = entry.find("pid");
    network.nodes.push_back({
        .name = text_of(entry, "name"),
        .organisation = text_of(entry, "organisation"),
        .home = text_of(entry, "home"),
        .http = text_of(entry, "http"),
        .grpc = text_of(entry, "grpc"),
        .peer = text_of(entry, "peer"),
        .pid = pid == nullptr ? 0 : static_cast<pid_t>(pid->as_integer().value_or(0)),
    });
  }
  for (const auto& entry : *user_list) {
    network.users.push_back({
        .name = text_of(entry, "name"),
        .organisation = text_of(entry, "organisation"),
        .role = text_of(entry, "role"),
        .token = text_of(entry, "token"),
        .key_file = text_of(entry, "key_file"),
    });
  }
  return network;
}

const NetworkNode* Network::find_node(std::string_view name) const {
  const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const auto& node) { return node.name == name; });
  return found == nodes.end() ? nullptr : &*found;
}

const NetworkUser* Network::find_user(std::string_view organisation, std::string_view name) const {
  const auto found = std::find_if(users.begin(), users.end(), [&](const auto& user) {
    return user.organisation == organisation && user.name == name;
  });
  return found == users.end() ? nullptr : &*found;
}

Result<Network> load_network(const std::filesystem::path& state) {
  auto text = client::read_file(state / "devnet.json");
  if (!text) { return failure(ErrorKind::not_found, "NO_NETWORK", "there is no network in " + state.string()); }
  return Network::from_json(*text);
}

Status save_network(const std::filesystem::path& state, const Network& network) {
  return client::write_file(state / "devnet.json", network.to_json(), client::FileAccess::owner,
                            client::Existing::replace);
}

}  // namespace keten::tools
