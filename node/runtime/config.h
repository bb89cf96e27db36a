#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/result.h"
#include "node/runtime/log.h"

namespace keten {

/// `ketend.toml`: what one operator decides about one node. What all validators must agree on is in the genesis instead.
/// Every member has its default here; `default_config_text` shows them all.
struct NodeConfig {
  struct Node {
    std::string name;          ///< as in the genesis; required
    std::string organisation;  ///< required
    friend bool operator==(const Node&, const Node&) = default;
  } node;

  struct Api {
    std::string grpc_listen = "127.0.0.1:7101";
    std::string http_listen = "127.0.0.1:7100";
    bool http_allow_remote = false;          ///< HTTP has no TLS: any other address than loopback needs this
    std::string capture_profile = "strict";  ///< or "lenient": how exactly captured documents follow EPCIS 2.0
    std::string clients = "clients.pem";  ///< certificates of the clients that may call, relative to the home directory
    friend bool operator==(const Api&, const Api&) = default;
  } api;

  struct Peers {
    std::string listen = "127.0.0.1:7102";
    std::map<std::string, std::string> addresses;  ///< node name -> host:port, instead of the genesis'
    friend bool operator==(const Peers&, const Peers&) = default;
  } peers;

  /// Local policy, safe to differ between validators; names as in consensus::Timing.
  struct Consensus {
    std::uint64_t leader_timeout_ms = 400;
    std::uint64_t view_timeout_ms = 900;
    std::uint64_t retry_ms = 1000;
    std::uint64_t skip_silent_ms = 10'000;
    std::uint64_t status_interval_ms = 500;
    std::uint64_t idle_interval_ms = 60'000;
    std::uint64_t timeout_cap_ms = 30'000;
    std::uint64_t min_block_interval_ms = 50;
    friend bool operator==(const Consensus&, const Consensus&) = default;
  } consensus;

  struct Storage {
    std::uint64_t journal_preallocate_mb = 16;
    std::uint64_t segment_preallocate_mb = 16;
    std::uint64_t cache_mb = 16;
    std::uint64_t write_buffer_mb = 24;
    std::uint64_t free_min_mb = 512;
    std::uint64_t free_min_percent = 5;
    std::uint64_t ballast_mb = 64;
    friend bool operator==(const Storage&, const Storage&) = default;
  } storage;

  struct Mempool {
    std::uint64_t transactions = 20'000;
    std::uint64_t size_mb = 64;
    std::uint64_t organisation_mb = 24;
    friend bool operator==(const Mempool&, const Mempool&) = default;
  } mempool;

  struct Log {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;
    friend bool operator==(const Log&, const Log&) = default;
  } log;

  struct Verify {
    std::uint64_t threads = 0;  ///< 0: one per core
    friend bool operator==(const Verify&, const Verify&) = default;
  } verify;

  friend bool operator==(const NodeConfig&, const NodeConfig&) = default;
};

/// Strict: an unknown section or key, a wrong type or a value out of range fails with CONFIG_INVALID, one violation per
/// mistake (pointer `/section/key`), the message naming the first one's line and the nearest known name.
/// `source` is the file's name for messages.
[[nodiscard]] Result<NodeConfig> parse_config(std::string_view text, std::string_view source);
/// Also fails with CONFIG_MISSING.
[[nodiscard]] Result<NodeConfig> load_config(const std::string& path);

/// The file that `keten init` writes: every key with its comment and the value in `config`.
[[nodiscard]] std::string default_config_text(const NodeConfig& config);

/// An address as `host:port` or `[v6]:port`.
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
  [[nodiscard]] bool is_loopback() const;
};
/// Fails with ADDRESS_INVALID.
[[nodiscard]] Result<ListenAddress> parse_address(std::string_view text);

}  // namespace keten
