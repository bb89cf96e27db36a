#include "tools/keten/devnet.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <stdlib.h>

#include "client/http_client.h"
#include "client/keystore.h"
#include "core/json.h"
#include "tools/keten/ceremony.h"

namespace keten::tools {
namespace {

using namespace std::chrono_literals;

/// The failing checks of a /readyz answer in one line.
std::string failing_checks(const Result<client::HttpResponse>& response) {
  if (!response) { return response.error().message; }
  const auto document = json::parse(response->body);
  if (!document) { return "status " + std::to_string(response->status); }
  return json::serialize(*document);
}

}  // namespace

Result<Network> open_devnet(const std::filesystem::path& state, std::size_t validators,
                            const std::vector<std::string>& companies) {
  std::error_code ignored;
  if (std::filesystem::exists(state / "devnet.json", ignored)) { return load_network(state); }
  const auto ports = free_ports(3 * validators);
  if (!ports) { return ports.error(); }
  const auto name = "keten-dev-" + client::random_seed().hex().substr(0, 4);
  auto network = create_network(std::filesystem::absolute(state), name, example_members(validators, *ports, companies));
  if (!network) { return network.error(); }
  if (auto saved = save_network(state, *network); !saved) { return saved.error(); }
  return network;
}

Status start_devnet(const std::filesystem::path& state, Network& network, const std::string& only, Lifetime lifetime) {
  if (!only.empty() && network.find_node(only) == nullptr) {
    return failure(ErrorKind::not_found, "NODE_UNKNOWN", "the network has no node " + only);
  }
  for (auto& node : network.nodes) {
    if ((!only.empty() && node.name != only) || is_running(node)) { continue; }
    const auto pid = start_node(node, lifetime);
    if (!pid) {
      (void)save_network(state, network);  // those that run must be found again
      return pid.error();
    }
    node.pid = *pid;
  }
  return save_network(state, network);
}

Status wait_until_ready(const Network& network, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::vector<const NetworkNode*> waiting;
  for (const auto& node : network.nodes) { waiting.push_back(&node); }
  std::string why;
  while (!waiting.empty()) {
    const NetworkNode& node = *waiting.back();
    const auto response = client::http_request(node.http, {.target = "/readyz"}, 1s);
    if (response && response->ok()) {
      waiting.pop_back();
      continue;
    }
    why = node.name + ": " + failing_checks(response);
    reap_children();
    const auto now = std::chrono::steady_clock::now();
    for (const auto* other : waiting) {
      if (!is_running(*other)) {
        return failure(
            ErrorKind::unavailable, "NODE_ENDED",
            "node " + other->name + " has ended; its last words: " + last_lines(other->home / "ketend.log", 3));
      }
    }
    if (now > deadline) { return failure(ErrorKind::timeout, "NOT_READY", why); }
    if (interrupted()) { return failure(ErrorKind::timeout, "INTERRUPTED", "stopped while starting"); }
    std::this_thread::sleep_for(20ms);
  }
  return kDone;
}

TemporaryFolder::TemporaryFolder() {
  std::error_code ignored;
  auto base = std::filesystem::temp_directory_path(ignored);
  if (base.empty()) { base = "."; }
  std::string name = (base / "keten-devnet-XXXXXX").string();
  CHECK(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace keten::tools
