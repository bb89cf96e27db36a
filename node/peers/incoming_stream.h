#pragma once

// Inside of node/peers: includes gRPC.

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "node/peers/network_state.h"

namespace keten::peers {

/// One call of PeerService that another validator dialled: checks its hello, answers with ours, then reads. At any time one
/// thread has the turn: gRPC's with a finished read, or the network's own; whoever has it reads on or finishes the call.
/// Owns itself: it is deleted when gRPC says that the call is over.
class IncomingStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  using State = PeerNetwork::State;

  IncomingStream(State& state, grpc::CallbackServerContext& context, NodeNumber peer, pipeline::Lane lane);

  void begin() { StartRead(&reading_); }
  /// On the network's own thread: decode, or offer again what was not taken.
  void work();
  void cancel() { context_.TryCancel(); }
  /// Its connection ended; only OnDone is to come.
  [[nodiscard]] bool is_cancelled() const { return is_cancelled_.load(); }
  /// Of the process that greeted, and where it is, once it has.
  [[nodiscard]] const wire::Incarnation& incarnation() const { return incarnation_; }
  [[nodiscard]] const std::string& address() const { return address_; }
  /// Steady time by which a hello must have come; kNever once it has.
  [[nodiscard]] std::uint64_t hello_deadline_ms() const { return hello_deadline_ms_.load(); }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool /*ok*/) override {}
  void OnCancel() override { is_cancelled_ = true; }
  void OnDone() override;

 private:
  void greet();
  void decode();
  void deliver();
  /// Reads on, or waits until the peer's byte budget allows it.
  void read_on();
  void refuse(const Error& error);

  State& state_;
  grpc::CallbackServerContext& context_;
  const NodeNumber peer_;
  const pipeline::Lane lane_;
  std::atomic<std::uint64_t> hello_deadline_ms_;
  std::atomic<bool> is_cancelled_{false};
  bool is_greeted_ = false;
  wire::Incarnation incarnation_;
  std::string address_;
  bool is_decoded_ = true;
  grpc::ByteBuffer reading_;
  grpc::ByteBuffer writing_;
  std::vector<pipeline::PeerMessage> pending_;
  std::uint64_t budget_bytes_;
  std::uint64_t budget_at_ms_;
};

}  // namespace keten::peers
