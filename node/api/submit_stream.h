#pragma once

// Inside of node/api: includes gRPC.

#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include <keten/v1/ledger.pb.h>  // lint: allow only files of this folder include this header

#include "node/api/calls.h"

namespace keten::api {

/// SubmitTransactionStream: batches in, answers out in the same order, several batches on their way at once.
class SubmitStream final
    : public grpc::ServerBidiReactor<v1::SubmitTransactionsRequest, v1::SubmitTransactionsResponse> {
 public:
  static SubmitStream* begin(Surroundings& surroundings);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override { self_.reset(); }

 private:
  struct Received {
    v1::SubmitTransactionsRequest batch;
    std::shared_ptr<const void> room;
  };
  using Slot = std::optional<v1::SubmitTransactionsResponse>;

  explicit SubmitStream(Surroundings& surroundings) : surroundings_(surroundings) {}
  void submit(const std::shared_ptr<Received>& request, const std::shared_ptr<Slot>& slot);
  void answered(const std::shared_ptr<Slot>& slot, v1::SubmitTransactionsResponse response);
  // The mutex is held:
  void read_on();
  void write_on();
  void end(const grpc::Status& status);

  Surroundings& surroundings_;
  std::shared_ptr<SubmitStream> self_;
  std::recursive_mutex mutex_;
  v1::SubmitTransactionsRequest reading_;
  v1::SubmitTransactionsResponse writing_;
  std::deque<std::shared_ptr<Slot>> slots_;  // in the order of the batches; filled when answered
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool has_read_all_ = false;
  bool is_finished_ = false;
};

}  // namespace keten::api
