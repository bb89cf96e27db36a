#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/keys.h"
#include "core/result.h"
#include "node/peers/handshake.h"
#include "node/pipeline/messages.h"
#include "node/runtime/metrics.h"

namespace keten::peers {

struct PeerNetworkConfig {
  std::string listen;  ///< host:port; port 0 takes a free one
  ChainId chain_id;
  std::vector<PeerEntry> peers;  ///< who may connect; an entry with one of this node's own keys is this node
  std::string certificate_file;  ///< PEM; with its key read again when it changes, for new connections
  std::string key_file;
  unsigned reload_seconds = 1;
  std::size_t connections_max = 512;  ///< of others to us, also of those that have not proven yet who they are
  std::uint64_t farewell_ms = 3000;   ///< streams of a peer that may no longer connect stay so long, to hear why
  std::uint64_t reconnect_min_ms = 50;
  std::uint64_t reconnect_max_ms = 2000;
  std::uint64_t greeting_ms = 15'000;  ///< so long an answer to our hello may take, with the connection
  /// So long more than f others must have refused this process in favour of another one before it says so: longer than
  /// they need to notice that the connections of a process that is gone are dead.
  std::uint64_t identity_patience_ms = 30'000;
};

/// What the network tells its owner. Called on threads of the network, one call at a time per peer and lane; must not block.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Takes messages from the front as long as there is room and returns how many; those may be moved from. The rest is
  /// offered again a few milliseconds later, and until then nothing more is read from that stream.
  virtual std::size_t on_messages(NodeNumber from, std::vector<pipeline::PeerMessage>& messages) = 0;
  /// Both lanes out and the vote lane in are open; alternates with on_disconnected.
  virtual void on_connected(NodeNumber peer) = 0;
  virtual void on_disconnected(NodeNumber peer) = 0;
  /// Another process runs with this node's keys, and the others stay with it. At most once; this process should stop.
  virtual void on_identity_in_use(const Error& error) = 0;
};

/// What happened on the streams of one peer since the start.
struct PeerStats {
  bool connected = false;
  std::uint64_t messages_sent = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t dropped_batches = 0;  ///< oldest transaction batches that made room; pulled again when needed
  std::uint64_t dropped_unsent = 0;   ///< for a peer that is not connected, or over a limit
  std::uint64_t connects = 0;         ///< streams of ours that were accepted
  std::uint64_t refused = 0;          ///< hellos and messages of this peer that broke a rule
  std::string last_failure;           ///< why the newest connection attempt failed; empty when none
};

/// Streams between nodes: gRPC over mutual TLS 1.3, trust is the pins that governance names, no authority and no dates: a
/// pinned certificate that expired still connects. Every node dials
/// every other one and sends on the two streams (votes, bulk) that it dialled; it receives on those that others dialled.
/// docs/formats/wire.md, "Between validators".
class PeerNetwork {
 public:
  /// `handler` and `metrics` are borrowed. `keys`: at least one, newest first.
  PeerNetwork(PeerNetworkConfig config, OwnKeys keys, Handler& handler, Metrics& metrics);
  /// stop().
  ~PeerNetwork();
  PeerNetwork(const PeerNetwork&) = delete;
  PeerNetwork& operator=(const PeerNetwork&) = delete;

  /// Listens and begins to dial. Fails with ADDRESS_IN_USE, CERTIFICATE_INVALID.
  [[nodiscard]] Status start();
  /// The port it listens on, after start().
  [[nodiscard]] std::uint16_t port() const;

  /// Other machines may connect, or at other addresses, with other certificates and keys. Who may no longer is cut off
  /// after a farewell. Thread-safe. Certificates that cannot be read identify nobody; the log names them.
  void follow(const std::vector<PeerEntry>& peers);
  /// More keys prove who we are, newest first. Thread-safe; for new streams.
  void set_keys(OwnKeys keys);

  /// To one validator or, without `to`, to all others. Never blocks; thread-safe. What cannot be queued is dropped and
  /// counted: every protocol above repeats what still matters.
  void send(std::optional<NodeNumber> to, const pipeline::PeerMessage& message);

  [[nodiscard]] bool is_connected(NodeNumber peer) const;
  /// Of all that may connect.
  [[nodiscard]] std::map<NodeNumber, PeerStats> stats() const;

  /// No call to the handler after it returns. Idempotent.
  void stop();

 private:
  friend class OutgoingStream;
  friend class IncomingStream;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keten::peers
