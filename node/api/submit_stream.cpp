#include "node/api/submit_stream.h"

#include <exception>
#include <utility>

#include "node/api/submission.h"
#include "node/runtime/log.h"

namespace keten::api {
namespace {

/// Batches of one stream that wait for their answers. More would not be faster; it bounds memory at 16 MiB a stream.
constexpr std::size_t kBatchesOnTheWay = 4;

}  // namespace

SubmitStream* SubmitStream::begin(Surroundings& surroundings) {
  const std::shared_ptr<SubmitStream> stream(new SubmitStream(surroundings));
  stream->self_ = stream;
  const std::lock_guard lock(stream->mutex_);
  stream->read_on();
  return stream.get();
}

void SubmitStream::OnReadDone(bool ok) {
  const std::lock_guard lock(mutex_);
  is_reading_ = false;
  if (!ok) {
    has_read_all_ = true;
    write_on();
    return;
  }
  auto request = std::make_shared<Received>();
  request->batch.Swap(&reading_);
  if (auto checked = check_batch(request->batch); !checked) {
    end(to_grpc(checked));
    return;
  }
  request->room = surroundings_.requests.take(request->batch.SpaceUsedLong());
  auto slot = std::make_shared<Slot>();
  slots_.push_back(slot);
  if (!request->room || !surroundings_.workers.submit([self = self_, request, slot] { self->submit(request, slot); })) {
    end(to_grpc(failure(ErrorKind::busy, "NODE_BUSY", "too many calls wait on this node; try again")));
    return;
  }
  read_on();
}

void SubmitStream::submit(const std::shared_ptr<Received>& request, const std::shared_ptr<Slot>& slot) {
  // The gateway may answer after this stream is over: the pointer keeps the object, is_finished_ keeps it quiet.
  const auto self = [this] {
    const std::lock_guard lock(mutex_);
    return is_finished_ ? nullptr : self_;
  }();
  if (!self) { return; }
  try {
    // What the node was given keeps its room until it is answered.
    submit_batch(surroundings_.gateway, request->batch, [self, slot, request](v1::SubmitTransactionsResponse response) {
      self->answered(slot, std::move(response));
    });
  } catch (const std::exception& problem) {
    surroundings_.exceptions.add();
    log_error("a submission failed by an exception: {}", problem.what());
    const std::lock_guard lock(mutex_);
    end({grpc::StatusCode::INTERNAL, "internal error; the node's log says more"});
  }
}

void SubmitStream::answered(const std::shared_ptr<Slot>& slot, v1::SubmitTransactionsResponse response) {
  const std::lock_guard lock(mutex_);
  *slot = std::move(response);
  write_on();
}

void SubmitStream::OnWriteDone(bool ok) {
  const std::lock_guard lock(mutex_);
  is_writing_ = false;
  if (!ok) {
    end({grpc::StatusCode::CANCELLED, "the client is gone"});
    return;
  }
  surroundings_.answered.add();
  write_on();
  read_on();
}

void SubmitStream::OnCancel() {
  const std::lock_guard lock(mutex_);
  end(grpc::Status::CANCELLED);
}

void SubmitStream::read_on() {
  if (is_finished_ || is_reading_ || has_read_all_ || slots_.size() >= kBatchesOnTheWay) { return; }
  is_reading_ = true;
  StartRead(&reading_);
}

void SubmitStream::write_on() {
  if (is_finished_ || is_writing_) { return; }
  if (!slots_.empty() && slots_.front()->has_value()) {
    writing_ = std::move(**slots_.front());
    slots_.pop_front();
    is_writing_ = true;
    StartWrite(&writing_);
  } else if (slots_.empty() && has_read_all_) {
    end(grpc::Status::OK);
  }
}

void SubmitStream::end(const grpc::Status& status) {
  if (is_finished_) { return; }
  is_finished_ = true;
  slots_.clear();
  Finish(status);
}

}  // namespace keten::api
