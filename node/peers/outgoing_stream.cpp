#include "node/peers/outgoing_stream.h"

#include <utility>

#include "node/peers/byte_buffers.h"
#include "node/runtime/clock.h"
#include "node/runtime/log.h"

namespace keten::peers {
namespace {

/// One write carries whatever waits, up to about this much.
constexpr std::size_t kBatchBytes = 512 * 1024;
/// A stream that lived so long was no flicker: when it ends, the next dial need not wait as after a failure.
constexpr std::uint64_t kSettledMs = 2000;

}  // namespace

void OutgoingStream::begin(State& state, Outlet& outlet) {
  auto* stream = new OutgoingStream(state, outlet);
  outlet.phase = Outlet::Phase::greeting;
  outlet.stream = stream;
  state.outgoing_began();
  const auto* method =
      outlet.lane == pipeline::Lane::votes ? "/keten.v1.PeerService/Votes" : "/keten.v1.PeerService/Bulk";
  outlet.stub->PrepareBidiStreamingCall(&stream->context_, method, {}, stream);
  stream->writing_ = copy(wire::encode_hello(state.hello_for(outlet.peer)));
  stream->StartWrite(&stream->writing_);
  stream->StartRead(&stream->reading_);
  // Writes start on other threads: the hold keeps the call alive until the last read says that it is over.
  stream->AddHold();
  stream->StartCall();
}

void OutgoingStream::write_next() {
  if (is_writing_ || is_broken_ || outlet_.queue.empty()) { return; }
  const auto batch = outlet_.queue.take(kBatchBytes);
  writing_messages_ = batch.size();
  writing_ = join(batch);
  is_writing_ = true;
  StartWrite(&writing_);
}

void OutgoingStream::OnWriteDone(bool ok) {
  const std::lock_guard lock(outlet_.mutex);
  is_writing_ = false;
  if (!ok) {
    is_broken_ = true;
    return;  // the read that is always pending reports the end
  }
  if (writing_messages_ > 0) {
    auto& tally = state_.peer(outlet_.peer).tally;
    tally.messages_sent += writing_messages_;
    tally.bytes_sent += writing_.Length();
    state_.count_sent(writing_messages_, writing_.Length());
    writing_messages_ = 0;
  }
  if (outlet_.phase == Outlet::Phase::open && outlet_.stream == this) { write_next(); }
}

void OutgoingStream::OnReadDone(bool ok) {
  if (ok && !is_greeted_) {
    is_greeted_ = true;
    on_greeted();
    StartRead(&reading_);
    return;
  }
  if (ok) {
    fail(invalid("PEER_MESSAGE_MALFORMED", "expected nothing after the hello on a stream that this node dialled"));
    StartRead(&reading_);
    return;
  }
  bool was_open = false;
  {
    const std::lock_guard lock(outlet_.mutex);
    was_open = outlet_.phase == Outlet::Phase::open;
    outlet_.phase = Outlet::Phase::down;
    outlet_.stream = nullptr;
    is_broken_ = true;
    if (was_open && steady_ms() - opened_ms_ >= kSettledMs) { outlet_.backoff_ms = 0; }
    const auto unsent = outlet_.queue.clear() + writing_messages_;
    state_.peer(outlet_.peer).tally.dropped_unsent += unsent;
    state_.count_dropped(unsent);
  }
  RemoveHold();
  if (was_open) { state_.out_changed(outlet_.peer, outlet_.lane, false); }
}

void OutgoingStream::on_greeted() {
  auto hello = wire::decode_hello(Contiguous(reading_).view());
  const Status good = hello ? state_.check(*hello, outlet_.peer) : Status(hello.error());
  if (!good) {
    state_.refuse(outlet_.peer, good.error());
    fail(good.error());
    return;
  }
  {
    const std::lock_guard lock(outlet_.mutex);
    outlet_.phase = Outlet::Phase::open;
    opened_ms_ = steady_ms();
    outlet_.last_failure.clear();
  }
  ++state_.peer(outlet_.peer).tally.connects;
  state_.out_changed(outlet_.peer, outlet_.lane, true);
  const std::lock_guard lock(outlet_.mutex);
  write_next();
}

void OutgoingStream::give_up() {
  is_unanswered_ = true;
  context_.TryCancel();
}

void OutgoingStream::fail(Error error) {
  if (!failure_) { failure_ = std::move(error); }
  context_.TryCancel();
}

void OutgoingStream::OnDone(const grpc::Status& status) {
  std::string text = failure_ ? failure_->reason + ": " + failure_->message : status.error_message();
  if (!failure_ && is_unanswered_) { text = "no answer to our hello"; }
  if (text.empty()) { text = "the stream ended"; }
  bool is_news = false;
  {
    const std::lock_guard lock(outlet_.mutex);
    is_news = outlet_.last_failure != text;
    outlet_.last_failure = text;
    // One of the two certificates was replaced since the connection was made.
    if (status.error_code() == grpc::StatusCode::PERMISSION_DENIED) { outlet_.is_outdated = true; }
  }
  if (is_news && !state_.is_stopping()) {
    log_warning("peer {}: no {} stream to it: {}", state_.peer(outlet_.peer).name, lane_name(outlet_.lane), text);
  }
  State& state = state_;
  if (!failure_ && status.error_code() == grpc::StatusCode::ALREADY_EXISTS) {
    state.shut_out(outlet_.peer, status.error_details());
  } else {
    state.not_shut_out(outlet_.peer);
  }
  state.redial(outlet_);
  delete this;
  state.outgoing_ended();
}

}  // namespace keten::peers
