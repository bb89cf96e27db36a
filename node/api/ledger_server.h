#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/result.h"
#include "node/api/ledger_reads.h"
#include "node/pipeline/gateway.h"
#include "node/runtime/metrics.h"

namespace keten::api {

struct LedgerServerConfig {
  std::string listen;            ///< host:port; port 0 takes a free one
  std::string certificate_file;  ///< PEM of this node
  std::string key_file;          ///< PEM, mode 0600
  std::string clients_file;      ///< PEM certificates of all clients that may call; read again when it changes
  unsigned reload_seconds = 5;
  std::size_t threads = 2;  ///< that decode and read
  std::uint64_t watcher_patience_ms =
      30'000;  ///< a watcher that takes no event for so long, while blocks are executed, is dropped
  std::size_t connections_max = 256;  ///< also of those that have shown no certificate yet
};

/// LedgerService (proto/keten/v1/ledger.proto), health and reflection over mutual TLS 1.3.
class LedgerServer {
 public:
  /// Everything is borrowed and outlives the server.
  LedgerServer(LedgerServerConfig config, Gateway& gateway, const LedgerReads& reads, Metrics& metrics);
  /// stop().
  ~LedgerServer();
  LedgerServer(const LedgerServer&) = delete;
  LedgerServer& operator=(const LedgerServer&) = delete;

  /// Whether key and certificates are there and can be used, for whoever must know before anything is written. Reasons: those of
  /// read_secret_file, CERTIFICATE_INVALID, CLIENTS_MISSING.
  [[nodiscard]] static Status check_files(const LedgerServerConfig& config);
  /// Fails with ADDRESS_IN_USE, CERTIFICATE_INVALID, CLIENTS_MISSING, KEY_FILE_MODE.
  [[nodiscard]] Status start();
  [[nodiscard]] std::uint16_t port() const;
  /// What the health service answers for "" and "keten.v1.LedgerService".
  enum class Health : std::uint8_t { serving, not_serving };
  void set_health(Health health);
  /// Ends running calls with UNAVAILABLE and waits until their callbacks are over. Idempotent.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keten::api
