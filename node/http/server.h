#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/ids.h"
#include "core/limits.h"
#include "core/result.h"
#include "node/http/capture_jobs.h"
#include "node/runtime/clock.h"

namespace keten {
class Gateway;
class Metrics;
}  // namespace keten

namespace keten::http {

class HttpBackend;

/// Bounds of the sockets. The defaults are what a node runs with; tests shorten the times.
struct TransportOptions {
  std::string address = "127.0.0.1";  ///< IPv4 or IPv6 literal, or localhost
  std::uint16_t port = 0;             ///< 0: the system chooses, `Server::port` tells
  std::size_t io_threads = 1;         ///< move bytes, never wait for anything else
  std::size_t work_threads = 2;       ///< run handlers: so many queries at once
  std::size_t connections_max = limits::kHttpConnectionsMax;
  std::size_t connections_per_address_max = 32;  ///< does not hold for loopback
  std::uint64_t header_ms = 5'000;               ///< from a request's first byte to the end of its header
  std::uint64_t idle_ms = 60'000;                ///< between requests of one connection
  std::uint64_t body_grace_ms = 5'000;           ///< a body may take this long, and longer while it keeps up the rate
  std::uint64_t body_bytes_per_second = 1024;    ///< the least rate of a body
  std::uint64_t answer_ms = 30'000;              ///< then a request that was not answered is answered with 503 or 504
  std::uint64_t stop_ms = 3'000;                 ///< how long `stop` waits for running requests
};

struct ServerOptions {
  TransportOptions transport;
  std::filesystem::path
      users_file;  ///< `users.json` in the node's home; docs/http.md, "Users"; named queries are kept beside it
  std::string organisation;                ///< the node's own: users of another one are refused
  std::uint64_t capture_wait_ms = 20'000;  ///< how long POST /events waits for execution
  CaptureProfile capture_profile = CaptureProfile::strict;
  std::size_t capture_jobs_max = 1'000;     ///< what GET /capture lists
  std::filesystem::path capture_jobs_file;  ///< keeps them over a restart; empty: they are forgotten
  std::function<Milliseconds()> clock = wall_ms;
};

/// The HTTP front door: EPCIS 2.0 REST, JSON API, health. Own threads, which only translate.
class Server {
 public:
  /// Listens when it returns. `gateway`, `backend` and `metrics` must live until the gateway has made its last callback.
  /// `/metrics` shows `metrics`, which the server adds its own to.
  /// Fails with PORT_IN_USE, ADDRESS_INVALID, or the reasons of UserStore::open and NamedQueries::read: the node must not start then.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Gateway& gateway, const HttpBackend& backend,
                                               Metrics& metrics);

  /// Stops as `stop` does.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const;

  /// Takes no more connections, lets running requests end for `stop_ms`, then cuts them. Idempotent.
  /// The gateway may still call back afterwards: such calls do nothing.
  void stop();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace keten::http
