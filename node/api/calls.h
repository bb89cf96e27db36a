#pragma once

// Inside of node/api: includes gRPC.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include <grpcpp/grpcpp.h>

#include "core/result.h"
#include "node/api/ledger_reads.h"
#include "node/pipeline/gateway.h"
#include "node/runtime/metrics.h"
#include "node/runtime/worker_pool.h"

namespace keten::api {

/// Code, message and google.rpc details of an error.
[[nodiscard]] grpc::Status to_grpc(const Error& error);
[[nodiscard]] inline grpc::Status to_grpc(const Status& status) {
  return status ? grpc::Status::OK : to_grpc(status.error());
}

/// What the requests on their way take in memory, decoded, over all calls. Thread-safe.
class RequestBytes {
 public:
  explicit RequestBytes(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  /// Room until the last copy of what is returned is gone; none when there is none.
  [[nodiscard]] std::shared_ptr<const void> take(std::size_t bytes);

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> bytes_{0};
};

/// What every call needs. Everything is borrowed and outlives the server.
struct Surroundings {
  Gateway& gateway;
  const LedgerReads& reads;
  WorkerPool& workers;
  RequestBytes& requests;
  Counter answered;
  Counter failed;
  Counter exceptions;  ///< caught at the boundary: each is a bug of ours
  std::uint64_t watcher_patience_ms = 0;
};

/// One unary call. Work on it runs on the API's workers, its answer may come from any thread, a cancellation at any time:
/// it is finished exactly once, and its request and response are not touched afterwards.
class UnaryCall final : public grpc::ServerUnaryReactor, public std::enable_shared_from_this<UnaryCall> {
 public:
  using Work = std::function<void(const std::shared_ptr<UnaryCall>&)>;

  /// Runs `work` on a worker; RESOURCE_EXHAUSTED when too much waits, by number or by the bytes of decoded requests. The call
  /// owns itself until gRPC is done with it.
  static grpc::ServerUnaryReactor* begin(Surroundings& surroundings, std::size_t request_bytes, Work work);

  /// Finishes with what `fill` returns, which writes the response; does nothing when the call is over already.
  void answer(const std::function<grpc::Status()>& fill);
  void answer(const grpc::Status& status) {
    answer([&status] { return status; });
  }

  void OnCancel() override;
  void OnDone() override;

 private:
  explicit UnaryCall(Surroundings& surroundings) : surroundings_(surroundings) {}
  void run(const Work& work);

  Surroundings& surroundings_;
  std::shared_ptr<const void> room_;
  std::shared_ptr<UnaryCall> self_;
  std::recursive_mutex mutex_;  // recursive: a gateway may answer while it is asked
  bool is_working_ = false;     // the request is being read
  bool is_cancelled_ = false;
  bool is_finished_ = false;
};

}  // namespace keten::api
