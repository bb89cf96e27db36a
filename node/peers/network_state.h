#pragma once

// Inside of node/peers: includes gRPC, so no other folder includes it.

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>

#include "node/peers/handshake.h"
#include "node/peers/peer_network.h"
#include "node/peers/send_queue.h"
#include "node/runtime/clock.h"
#include "node/runtime/listener.h"

namespace keten::peers {

inline constexpr std::size_t kLanes = 2;
inline std::size_t lane_number(pipeline::Lane lane) { return lane == pipeline::Lane::votes ? 0 : 1; }
inline const char* lane_name(pipeline::Lane lane) { return lane == pipeline::Lane::votes ? "votes" : "bulk"; }

class OutgoingStream;
class IncomingStream;

/// What happened, counted from many threads.
struct Tally {
  std::atomic<std::uint64_t> messages_sent{0};
  std::atomic<std::uint64_t> messages_received{0};
  std::atomic<std::uint64_t> bytes_sent{0};
  std::atomic<std::uint64_t> bytes_received{0};
  std::atomic<std::uint64_t> dropped_batches{0};
  std::atomic<std::uint64_t> dropped_unsent{0};
  std::atomic<std::uint64_t> connects{0};
  std::atomic<std::uint64_t> refused{0};
};

/// One stream to one validator over a connection of its own, dialled again whenever it ends: so large messages of the bulk
/// lane never stand before a vote in a socket.
struct Outlet {
  enum class Phase : std::uint8_t { down, greeting, open };

  Outlet(NodeNumber peer_index, pipeline::Lane its_lane)
      : peer(peer_index), lane(its_lane), queue(lane_bounds(its_lane)) {}

  const NodeNumber peer;
  const pipeline::Lane lane;

  std::mutex mutex;     // guards the rest: the owner's thread sends while gRPC's threads report
  std::string address;  // that the channel leads to
  bool is_outdated =
      false;  // its connection was made with a certificate that no longer counts: the next dial makes another
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<grpc::GenericStub> stub;
  SendQueue queue;
  Phase phase = Phase::down;
  OutgoingStream* stream = nullptr;       // not null while it may be written to
  std::uint64_t dial_at_ms = UINT64_MAX;  // until there is a channel
  std::uint64_t dialled_ms = 0;
  std::uint64_t backoff_ms = 0;
  std::string last_failure;
};

/// One other machine. Once it was known it stays until the end of the process, so that streams may refer to it.
struct Peer {
  Peer(NodeNumber index, std::string node_name)
      : name(std::move(node_name)), votes(index, pipeline::Lane::votes), bulk(index, pipeline::Lane::bulk) {}

  Outlet& outlet(pipeline::Lane lane) { return lane == pipeline::Lane::votes ? votes : bulk; }

  const std::string name;
  Outlet votes;
  Outlet bulk;
  Tally tally;
  std::atomic<bool> connected{false};
  std::atomic<std::uint64_t> banned_until_ms{0};
  std::atomic<bool> is_welcome{true};                     // may connect
  std::atomic<std::uint64_t> farewell_at_ms{UINT64_MAX};  // its streams end then

  std::mutex mutex;  // guards the rest and the order of on_connected and on_disconnected
  std::array<bool, kLanes> out_open{};
  std::array<IncomingStream*, kLanes> in_open{};
  std::string last_refusal;                    // logged once per text
  std::optional<wire::Incarnation> last_twin;  // the process that was refused while another one was connected
  bool was_accepted = false;                   // it took a stream of ours once
  std::uint64_t shut_out_since_ms = kNever;    // it refuses us in favour of another process since then
  std::string twin_address;                    // where it sees that one
};

/// Everything of one PeerNetwork. Three kinds of threads: the owner's (send), gRPC's two (streams), and one of its own that
/// dials, decodes the bulk lane and offers again what the handler had no room for.
struct PeerNetwork::State {
  State(PeerNetworkConfig config, OwnKeys keys, Handler& handler, Metrics& metrics);
  ~State();

  Status start();
  void stop();
  void send(std::optional<NodeNumber> to, const pipeline::PeerMessage& message);
  [[nodiscard]] bool is_connected(NodeNumber peer) const;
  [[nodiscard]] std::map<NodeNumber, PeerStats> stats() const;
  void follow(const std::vector<PeerEntry>& entries);
  void follow_locked(const std::vector<PeerEntry>& entries);
  void set_keys(OwnKeys keys);
  [[nodiscard]] std::uint16_t port() const { return port_; }

  // Called by streams.
  [[nodiscard]] bool is_stopping() const { return stopping_.load(); }
  /// Precondition: it was known once.
  [[nodiscard]] Peer& peer(NodeNumber number) const;
  [[nodiscard]] AcquaintancesPointer known() const;
  [[nodiscard]] wire::Hello hello_for(NodeNumber receiver) const;
  [[nodiscard]] Status check(const wire::Hello& hello, NodeNumber sender) const;
  [[nodiscard]] Handler& handler() { return handler_; }
  void out_changed(NodeNumber peer, pipeline::Lane lane, bool open);
  /// Ends an older stream of the same process and lane. While another process with the peer's identity is connected,
  /// nothing changes and its address comes back.
  [[nodiscard]] std::optional<std::string> in_opened(NodeNumber peer, pipeline::Lane lane, IncomingStream* stream);
  void in_closed(NodeNumber peer, pipeline::Lane lane, IncomingStream* stream);
  /// The peer refuses this process because another one with the same identity is connected to it from `address`.
  void shut_out(NodeNumber peer, const std::string& address);
  /// The peer does not refuse us for that, or cannot be reached.
  void not_shut_out(NodeNumber peer);
  /// The stream ended: dial again after the backoff.
  void redial(Outlet& outlet);
  /// One refused hello or message; the peer's streams are not accepted for a while.
  void refuse(NodeNumber peer, const Error& error);
  /// Runs `stream->work()` on the network's own thread, as soon as possible or after a pause.
  void work_now(IncomingStream* stream);
  void work_later(IncomingStream* stream, std::uint64_t at_ms);
  void count_received(std::size_t messages, std::size_t bytes);
  void count_sent(std::size_t messages, std::size_t bytes);
  void count_dropped(std::size_t messages);

  void outgoing_began();
  void outgoing_ended();
  void incoming_began(IncomingStream* stream);
  void incoming_ended(IncomingStream* stream);

 private:
  class Service;

  class PinVerifier;

  Status listen();
  void connect(Outlet& outlet, const PeerEntry& entry);
  void open_channel(Outlet& outlet);
  void connect_all();
  void say_farewell(Peer& peer);
  void end_streams(Peer& peer);
  [[nodiscard]] std::uint64_t end_farewells(std::uint64_t now_ms);
  [[nodiscard]] std::vector<Peer*> all_peers() const;
  [[nodiscard]] OwnKeysPointer keys() const;
  [[nodiscard]] bool is_self(const PeerEntry& entry) const;
  /// It has just reached us, so it can be reached: no need to wait for the backoff.
  void dial_now(Peer& peer);
  void run();
  [[nodiscard]] std::uint64_t dial_due(std::uint64_t now_ms);
  [[nodiscard]] std::uint64_t end_silent_greetings(std::uint64_t now_ms);
  void update_connected(NodeNumber index, Peer& peer);
  void enqueue(Outlet& outlet, const SharedBytes& bytes, SendQueue::Kind kind);
  void wake();

  PeerNetworkConfig config_;
  const wire::Incarnation incarnation_;
  Handler& handler_;
  std::shared_ptr<grpc::experimental::CertificateProviderInterface> identity_;
  std::mutex follow_mutex_;  // one follow() at a time

  mutable std::mutex peers_mutex_;  // guards the three that follow; the peers themselves stay
  OwnKeysPointer keys_;
  AcquaintancesPointer known_;
  std::map<NodeNumber, std::unique_ptr<Peer>> peers_;  // without this node

  Counter sent_messages_;
  Counter sent_bytes_;
  Counter received_messages_;
  Counter received_bytes_;
  Counter dropped_;
  Counter refused_;
  Gauge connected_;

  std::unique_ptr<Service> service_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> connections_;
  std::unique_ptr<grpc::Server> server_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> has_told_of_twin_{false};
  bool started_ = false;
  bool stopped_ = false;

  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  bool woken_ = false;
  bool ended_ = false;
  std::deque<IncomingStream*> todo_;
  std::vector<std::pair<std::uint64_t, IncomingStream*>> later_;
  std::set<IncomingStream*> incoming_;
  std::size_t outgoing_ = 0;
  std::jthread thread_;
};

}  // namespace keten::peers
