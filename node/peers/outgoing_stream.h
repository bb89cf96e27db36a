#pragma once

// Inside of node/peers: includes gRPC.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "node/peers/network_state.h"

namespace keten::peers {

/// One call of PeerService that this node dialled: says hello, waits for the answer, then writes what its outlet holds.
/// Owns itself: it is deleted when gRPC says that the call is over.
class OutgoingStream final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  using State = PeerNetwork::State;

  /// Precondition: the outlet is down and its mutex is held.
  static void begin(State& state, Outlet& outlet);

  /// Writes the next batch when none is being written. Precondition: the outlet's mutex is held and it is open.
  void write_next();
  void cancel() { context_.TryCancel(); }
  /// Nobody has answered our hello. Precondition: the outlet's mutex is held and the outlet still has this stream.
  void give_up();

  void OnWriteDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  OutgoingStream(State& state, Outlet& outlet) : state_(state), outlet_(outlet) {}
  /// The answer to our hello.
  void on_greeted();
  void fail(Error error);

  State& state_;
  Outlet& outlet_;
  grpc::ClientContext context_;
  grpc::ByteBuffer reading_;
  grpc::ByteBuffer writing_;
  bool is_writing_ = true;  // the hello; guarded by the outlet's mutex, as are the next three
  bool is_broken_ = false;
  std::size_t writing_messages_ = 0;
  std::uint64_t opened_ms_ = 0;
  bool is_greeted_ = false;  // only touched by reads
  std::optional<Error> failure_;
  std::atomic<bool> is_unanswered_ = false;
};

}  // namespace keten::peers
