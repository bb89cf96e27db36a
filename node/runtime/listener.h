#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/result.h"

namespace keten {

/// Accepts connections for a server that has no bound of its own: so many at once, half of them from one address (loopback
/// excepted, where a proxy may be). More are closed at once, whoever they are, before a byte is read.
class Listener {
 public:
  /// Takes over the connection's descriptor. On the listener's thread.
  using Take = std::function<void(int listening, int connection)>;

  /// `address` as host:port; port 0 takes a free one. Connections wait in the kernel until start().
  /// Fails with ADDRESS_INVALID, ADDRESS_IN_USE.
  [[nodiscard]] static Result<std::unique_ptr<Listener>> open(const std::string& address, std::size_t connections_max);
  /// stop().
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Once. `thread`: its name, at most 15 characters.
  void start(const std::string& thread, Take take);
  [[nodiscard]] std::uint16_t port() const;
  /// Accepts nothing more; connections that were taken stay with whoever took them. Idempotent.
  void stop();

 private:
  struct State;
  explicit Listener(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace keten
