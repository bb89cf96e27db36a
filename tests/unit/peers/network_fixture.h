#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "node/peers/handshake.h"
#include "node/peers/peer_network.h"
#include "node/runtime/certificates.h"
#include "node/runtime/clock.h"
#include "tests/unit/wire/samples.h"

namespace keten::peers::fixture {

inline constexpr std::uint64_t kPatienceMs = 20'000;

inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = steady_ms() + kPatienceMs;
  while (!condition()) {
    if (steady_ms() > deadline) { return false; }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

/// Keeps everything; takes messages only while `room` lasts.
class Recorder final : public Handler {
 public:
  std::size_t on_messages(NodeNumber from, std::vector<pipeline::PeerMessage>& messages) override {
    const std::lock_guard lock(mutex_);
    std::size_t taken = 0;
    while (taken < messages.size() && room > 0) {
      received_.emplace_back(from, std::move(messages[taken++]));
      --room;
    }
    refusals += taken < messages.size() ? 1 : 0;
    return taken;
  }
  void on_connected(NodeNumber) override { ++connects; }
  void on_disconnected(NodeNumber) override { ++disconnects; }
  void on_identity_in_use(const Error& error) override {
    const std::lock_guard lock(mutex_);
    twins_.push_back(error.reason + ": " + error.message);
  }

  [[nodiscard]] std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return received_.size();
  }
  [[nodiscard]] std::vector<std::pair<NodeNumber, pipeline::PeerMessage>> received() const {
    const std::lock_guard lock(mutex_);
    return received_;
  }

  [[nodiscard]] std::vector<std::string> twins() const {
    const std::lock_guard lock(mutex_);
    return twins_;
  }

  std::atomic<std::size_t> room{SIZE_MAX};
  std::atomic<int> refusals{0};
  std::atomic<int> connects{0};
  std::atomic<int> disconnects{0};

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<NodeNumber, pipeline::PeerMessage>> received_;
  std::vector<std::string> twins_;
};

inline std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  BOOST_REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
  BOOST_REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

/// A folder that holds files while it lives.
struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "keten-peers-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string write(const std::string& name, const std::string& content) const {
    const auto file = path / name;
    std::ofstream(file.string() + ".new") << content;
    std::filesystem::rename(file.string() + ".new", file);
    return file.string();
  }
};

/// Nodes of one chain on this machine.
struct Chain {
  std::vector<KeyPair> keys;
  std::vector<TlsIdentity> identities;
  PeerNetworkConfig shared;
  std::shared_ptr<Folder> folder = std::make_shared<Folder>();

  explicit Chain(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      const auto node = "node-" + std::to_string(i);
      keys.push_back(samples::key(static_cast<std::uint8_t>(i + 1)));
      identities.push_back(*make_certificate(node));
      shared.peers.push_back({{static_cast<std::uint16_t>(i)},
                              node,
                              "127.0.0.1:" + std::to_string(free_port()),
                              {identities.back().certificate_pem},
                              {keys.back().public_key()}});
    }
    shared.chain_id = samples::hash(1);
    shared.reconnect_max_ms = 200;
    shared.farewell_ms = 300;
  }

  void show(PeerNetworkConfig& config, std::uint16_t self, const TlsIdentity& identity) const {
    const auto name = "node-" + std::to_string(self) + "-" + std::to_string(++*files);
    config.certificate_file = folder->write(name + ".crt", identity.certificate_pem);
    config.key_file = folder->write(name + ".key", identity.key_pem);
  }
  [[nodiscard]] PeerNetworkConfig config(std::uint16_t self) const {
    auto config = shared;
    config.listen = shared.peers[self].address;
    show(config, self, identities[self]);
    return config;
  }
  /// The same keys and certificate at an address that nobody knows.
  [[nodiscard]] PeerNetworkConfig twin_of(std::uint16_t self, std::uint64_t patience_ms) const {
    auto twin = config(self);
    twin.listen = "127.0.0.1:0";
    twin.identity_patience_ms = patience_ms;
    return twin;
  }

 private:
  std::shared_ptr<int> files = std::make_shared<int>(0);
};

struct Node {
  Recorder recorder;
  Metrics metrics;
  PeerNetwork network;

  Node(const PeerNetworkConfig& config, OwnKeys keys) : network(config, std::move(keys), recorder, metrics) {
    const auto started = network.start();
    BOOST_REQUIRE_MESSAGE(started, (started ? "" : started.error().message));
  }
  Node(const Chain& chain, std::uint16_t self) : Node(chain.config(self), OwnKeys{chain.keys[self]}) {}
};

inline std::string failure_of(const Node& node, std::uint16_t peer) {
  return node.network.stats().at({peer}).last_failure;
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace keten::peers::fixture
