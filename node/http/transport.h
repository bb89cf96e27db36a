#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/result.h"
#include "node/http/router.h"
#include "node/http/server.h"
#include "node/http/users.h"

namespace keten::http {

/// What the transport asks of the rest of the front door. All are called on its threads and must not block.
struct TransportHooks {
  std::function<Milliseconds()> clock;
  /// The answer when a handler has none in time.
  std::function<Response(Dialect)> late;
  /// After every answer; `route` is null when nothing matched.
  std::function<void(const Route* route, Method method, unsigned status, double seconds)> answered;
};

/// Sockets, limits and times of HTTP/1.1 (RFC 9112): turns bytes into requests and responses into bytes. Owns its threads.
class Transport {
 public:
  /// Listens when it returns. `router` and `users` must outlive it. Fails with PORT_IN_USE or ADDRESS_INVALID.
  static Result<std::unique_ptr<Transport>> open(const TransportOptions& options, const Router& router,
                                                 UserStore& users, TransportHooks hooks);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  void stop();

 private:
  struct State;
  explicit Transport(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace keten::http
