#pragma once

// Inside of node/api: includes gRPC.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include <keten/v1/ledger.pb.h>  // lint: allow only files of this folder include this header

#include "node/api/calls.h"

namespace keten::api {

/// WatchEvents: reads pages behind its cursor from the store and writes them; a new block wakes it. Nothing is queued for a
/// slow reader: it falls behind in the store, and one that takes nothing at all is dropped with EVENTS_LAGGING, to resume
/// from its last cursor.
class EventStream final : public grpc::ServerWriteReactor<v1::WatchEventsResponse> {
 public:
  /// `watchers` counts the open streams.
  static EventStream* begin(Surroundings& surroundings, std::atomic<int>& watchers,
                            grpc::CallbackServerContext& context, const v1::WatchEventsRequest& request);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  EventStream(Surroundings& surroundings, std::atomic<int>& watchers, grpc::CallbackServerContext& context)
      : surroundings_(surroundings), watchers_(watchers), context_(context) {}
  void open(const v1::WatchEventsRequest& request);
  void on_executed();
  void fetch();
  // The mutex is held:
  void go_on();
  void drop_if_lagging();
  void end(const grpc::Status& status);

  Surroundings& surroundings_;
  std::atomic<int>& watchers_;
  grpc::CallbackServerContext& context_;  // until is_done_
  std::shared_ptr<EventStream> self_;
  std::unique_ptr<Gateway::Subscription> subscription_;
  std::mutex mutex_;
  EventCursor cursor_;
  std::string kind_;
  std::deque<LedgerEvent> page_;
  v1::WatchEventsResponse writing_;
  std::uint64_t writing_since_ms_ = 0;
  bool is_writing_ = false;
  bool is_fetching_ = false;
  bool has_news_ = true;  // the store may hold more behind the cursor
  bool is_finished_ = false;
  bool is_done_ = false;
};

}  // namespace keten::api
