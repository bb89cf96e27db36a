#include "node/peers/incoming_stream.h"

#include <algorithm>
#include <utility>

#include "node/peers/byte_buffers.h"
#include "node/runtime/clock.h"
#include "node/runtime/log.h"

namespace keten::peers {
namespace {

constexpr std::uint64_t kHelloTimeoutMs = 5000;
constexpr std::uint64_t kOfferAgainMs = 5;
/// Bytes that one peer may send on one lane: so much at once, and so much per millisecond from then on.
constexpr std::uint64_t kBudgetBytesMax = 64ULL * 1024 * 1024;
constexpr std::uint64_t kBudgetBytesPerMs = 64ULL * 1024;

grpc::Status as_status(const Error& error) {
  const auto code =
      error.kind == ErrorKind::refused ? grpc::StatusCode::FAILED_PRECONDITION : grpc::StatusCode::INVALID_ARGUMENT;
  return {code, error.reason + ": " + error.message};
}

/// gRPC names a peer by a URI: ipv4:127.0.0.1:7102, ipv6:%5B::1%5D:7102.
std::string readable(std::string uri) {
  for (const std::string_view scheme : {"ipv4:", "ipv6:"}) {
    if (uri.starts_with(scheme)) { uri.erase(0, scheme.size()); }
  }
  for (const auto& [code, character] : {std::pair{"%5B", "["}, std::pair{"%5D", "]"}}) {
    if (const auto at = uri.find(code); at != std::string::npos) { uri.replace(at, 3, character); }
  }
  return uri;
}

}  // namespace

IncomingStream::IncomingStream(State& state, grpc::CallbackServerContext& context, NodeNumber peer, pipeline::Lane lane)
    : state_(state),
      context_(context),
      peer_(peer),
      lane_(lane),
      hello_deadline_ms_(steady_ms() + kHelloTimeoutMs),
      budget_bytes_(kBudgetBytesMax),
      budget_at_ms_(steady_ms()) {
  state_.incoming_began(this);
}

void IncomingStream::OnReadDone(bool ok) {
  if (!ok) {
    Finish(grpc::Status::OK);
    return;
  }
  if (state_.is_stopping()) {
    Finish({grpc::StatusCode::UNAVAILABLE, "shutting down"});
    return;
  }
  if (!is_greeted_) {
    greet();
    return;
  }
  const std::uint64_t size = reading_.Length();
  state_.peer(peer_).tally.bytes_received += size;
  budget_bytes_ -= std::min(budget_bytes_, size);
  is_decoded_ = false;
  if (lane_ == pipeline::Lane::bulk) {
    state_.work_now(this);  // hashing a batch takes milliseconds, and votes must not wait for it
    return;
  }
  work();
}

void IncomingStream::work() {
  if (state_.is_stopping()) {
    Finish({grpc::StatusCode::UNAVAILABLE, "shutting down"});
    return;
  }
  if (!is_decoded_) {
    decode();
  } else if (!pending_.empty()) {
    deliver();
  } else {
    read_on();
  }
}

void IncomingStream::greet() {
  const auto hello = wire::decode_hello(Contiguous(reading_).view());
  const Status good = hello ? state_.check(*hello, peer_) : Status(hello.error());
  if (!good) {
    refuse(good.error());
    return;
  }
  incarnation_ = hello->incarnation;
  address_ = readable(context_.peer());
  if (const auto other = state_.in_opened(peer_, lane_, this)) {
    Finish({grpc::StatusCode::ALREADY_EXISTS,
            "IDENTITY_IN_USE: another process with this node's identity is connected from " + *other, *other});
    return;
  }
  is_greeted_ = true;
  hello_deadline_ms_ = kNever;
  writing_ = copy(wire::encode_hello(state_.hello_for(peer_)));
  StartWrite(&writing_);
  StartRead(&reading_);
}

void IncomingStream::decode() {
  const auto size = reading_.Length();
  auto messages = wire::decode_peer_messages(Contiguous(reading_).view());
  reading_.Clear();
  is_decoded_ = true;
  if (!messages) {
    refuse(messages.error());
    return;
  }
  pending_ = std::move(*messages);
  state_.peer(peer_).tally.messages_received += pending_.size();
  state_.count_received(pending_.size(), size);
  deliver();
}

void IncomingStream::deliver() {
  if (is_cancelled_) { pending_.clear(); }
  if (!pending_.empty()) {
    const auto taken = std::min(state_.handler().on_messages(peer_, pending_), pending_.size());
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  if (!pending_.empty()) {
    state_.work_later(this, steady_ms() + kOfferAgainMs);
    return;
  }
  read_on();
}

void IncomingStream::read_on() {
  const auto now = steady_ms();
  budget_bytes_ = std::min(kBudgetBytesMax, budget_bytes_ + (now - budget_at_ms_) * kBudgetBytesPerMs);
  budget_at_ms_ = now;
  if (budget_bytes_ == 0 && !is_cancelled_) {
    state_.work_later(this, now + kOfferAgainMs);
    return;
  }
  StartRead(&reading_);
}

void IncomingStream::refuse(const Error& error) {
  state_.refuse(peer_, error);
  Finish(as_status(error));
}

void IncomingStream::OnDone() {
  State& state = state_;
  state.in_closed(peer_, lane_, this);
  state.incoming_ended(this);
}

}  // namespace keten::peers
