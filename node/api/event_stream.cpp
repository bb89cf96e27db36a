#include "node/api/event_stream.h"

#include <exception>
#include <iterator>
#include <utility>

#include "core/limits.h"
#include "node/runtime/clock.h"
#include "node/runtime/log.h"
#include "node/wire/text.h"

namespace keten::api {
namespace {

constexpr std::size_t kPageEvents = 256;
constexpr int kWatchersMax = 64;
/// How many times its patience a dropped reader has to take the status, before its connection's stream is reset.
constexpr std::uint64_t kResetAfter = 10;

Error lagging(const EventCursor& cursor) {
  return failure(ErrorKind::unavailable, "EVENTS_LAGGING",
                 "this watcher does not read; resume from the last cursor it has seen, at or before " + cursor.text());
}

}  // namespace

EventStream* EventStream::begin(Surroundings& surroundings, std::atomic<int>& watchers,
                                grpc::CallbackServerContext& context, const v1::WatchEventsRequest& request) {
  const std::shared_ptr<EventStream> stream(new EventStream(surroundings, watchers, context));
  stream->self_ = stream;
  const bool is_one_too_many = watchers.fetch_add(1) >= kWatchersMax;
  if (is_one_too_many) {
    const std::lock_guard lock(stream->mutex_);
    stream->end(to_grpc(failure(ErrorKind::busy, "TOO_MANY_WATCHERS",
                                "expected at most " + std::to_string(kWatchersMax) + " watchers on one node")));
  } else {
    stream->open(request);
  }
  return stream.get();
}

void EventStream::open(const v1::WatchEventsRequest& request) {
  auto cursor = request.cursor().empty()
                    ? Result<EventCursor>(EventCursor::end_of(surroundings_.reads.executed_height()))
                    : EventCursor::parse(request.cursor());
  if (cursor && request.kind().size() > limits::kNameBytesMax) {
    cursor = invalid("EVENT_KIND_INVALID", "expected at most 64 bytes");
  }
  if (!cursor) {
    const std::lock_guard lock(mutex_);
    end(to_grpc(cursor.error()));
    return;
  }
  cursor_ = *cursor;
  kind_ = request.kind();
  subscription_ = surroundings_.gateway.watch_executed([weak = std::weak_ptr<EventStream>(self_)](Height) {
    if (const auto stream = weak.lock()) { stream->on_executed(); }
  });
  const std::lock_guard lock(mutex_);
  go_on();
}

void EventStream::on_executed() {
  const std::lock_guard lock(mutex_);
  has_news_ = true;
  drop_if_lagging();
  go_on();
}

void EventStream::drop_if_lagging() {
  if (!is_writing_ || is_done_) { return; }
  const auto waited_ms = steady_ms() - writing_since_ms_;
  if (waited_ms > surroundings_.watcher_patience_ms * kResetAfter) {
    context_.TryCancel();
  } else if (waited_ms > surroundings_.watcher_patience_ms) {
    const auto status = to_grpc(lagging(cursor_));
    end({grpc::StatusCode::ABORTED, status.error_message(), status.error_details()});
  }
}

void EventStream::fetch() {
  EventCursor after;
  {
    const std::lock_guard lock(mutex_);
    if (is_finished_) { return; }
    after = cursor_;
    has_news_ = false;
  }
  Result<EventPage> page = invalid("", "");
  try {
    page = surroundings_.reads.events(after, kind_, kPageEvents);
  } catch (const std::exception& problem) {
    surroundings_.exceptions.add();
    log_error("reading events failed by an exception: {}", problem.what());
    page = failure(ErrorKind::corrupt, "EVENTS_UNREADABLE", "internal error; the node's log says more");
  }
  const std::lock_guard lock(mutex_);
  is_fetching_ = false;
  if (!page) {
    end(to_grpc(page.error()));
    return;
  }
  has_news_ = has_news_ || page->next > after;
  cursor_ = std::max(page->next, after);
  page_.insert(page_.end(), std::make_move_iterator(page->events.begin()), std::make_move_iterator(page->events.end()));
  go_on();
}

void EventStream::go_on() {
  if (is_finished_ || is_writing_) { return; }
  if (page_.empty()) {
    if (!has_news_ || is_fetching_) { return; }
    is_fetching_ = true;
    if (!surroundings_.workers.submit([self = self_] { self->fetch(); })) {
      end(to_grpc(failure(ErrorKind::busy, "NODE_BUSY", "too many calls wait on this node; try again")));
    }
    return;
  }
  const auto& event = page_.front();
  writing_.set_cursor(event.cursor.text());
  writing_.set_kind(wire::utf8_or_printable(event.kind));
  writing_.set_subject(wire::utf8_or_printable(event.subject));
  writing_.set_data(to_text(event.data));
  writing_.set_transaction_id(event.transaction.is_zero() ? std::string() : to_text(event.transaction.view()));
  writing_.set_height(event.cursor.height.value);
  writing_.set_time_ms(event.time);
  page_.pop_front();
  is_writing_ = true;
  writing_since_ms_ = steady_ms();
  StartWrite(&writing_);
}

void EventStream::OnWriteDone(bool ok) {
  const std::lock_guard lock(mutex_);
  is_writing_ = false;
  if (!ok) {
    end({grpc::StatusCode::CANCELLED, "the client is gone"});
    return;
  }
  go_on();
}

void EventStream::OnCancel() {
  const std::lock_guard lock(mutex_);
  end(grpc::Status::CANCELLED);
}

void EventStream::end(const grpc::Status& status) {
  if (is_finished_) { return; }
  is_finished_ = true;
  page_.clear();
  if (!status.ok()) { surroundings_.failed.add(); }
  Finish(status);
}

void EventStream::OnDone() {
  {
    const std::lock_guard lock(mutex_);
    is_done_ = true;
  }
  subscription_.reset();
  --watchers_;
  self_.reset();
}

}  // namespace keten::api
