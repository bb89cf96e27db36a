#include "node/api/calls.h"

#include <exception>
#include <utility>

#include "node/runtime/log.h"
#include "node/wire/error_wire.h"

namespace keten::api {

grpc::Status to_grpc(const Error& error) {
  const auto code = static_cast<grpc::StatusCode>(wire::status_code(error.kind));
  return {code, error.message.substr(0, 1024), wire::encode_error_details(error)};
}

std::shared_ptr<const void> RequestBytes::take(std::size_t bytes) {
  if (bytes_.fetch_add(bytes) + bytes > bytes_max_) {
    bytes_ -= bytes;
    return nullptr;
  }
  return {this, [this, bytes](const void*) { bytes_ -= bytes; }};
}

grpc::ServerUnaryReactor* UnaryCall::begin(Surroundings& surroundings, std::size_t request_bytes, Work work) {
  const std::shared_ptr<UnaryCall> call(new UnaryCall(surroundings));
  call->self_ = call;
  call->room_ = surroundings.requests.take(request_bytes);
  if (!call->room_ || !surroundings.workers.submit([call, work = std::move(work)] { call->run(work); })) {
    call->answer(to_grpc(failure(ErrorKind::busy, "NODE_BUSY", "too many calls wait on this node; try again")));
  }
  return call.get();
}

void UnaryCall::run(const Work& work) {
  {
    const std::lock_guard lock(mutex_);
    if (is_finished_) { return; }
    is_working_ = true;
  }
  try {
    work(shared_from_this());
  } catch (const std::exception& problem) {
    surroundings_.exceptions.add();
    log_error("a call failed by an exception: {}", problem.what());
    answer(grpc::Status(grpc::StatusCode::INTERNAL, "internal error; the node's log says more"));
  }
  const std::lock_guard lock(mutex_);
  is_working_ = false;
  if (is_cancelled_) { answer(grpc::Status::CANCELLED); }
}

void UnaryCall::answer(const std::function<grpc::Status()>& fill) {
  const std::lock_guard lock(mutex_);
  if (is_finished_) { return; }
  is_finished_ = true;
  const auto status = fill();
  (status.ok() ? surroundings_.answered : surroundings_.failed).add();
  Finish(status);
}

void UnaryCall::OnCancel() {
  const std::lock_guard lock(mutex_);
  is_cancelled_ = true;
  if (!is_working_) { answer(grpc::Status::CANCELLED); }
}

void UnaryCall::OnDone() { self_.reset(); }

}  // namespace keten::api
