#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "core/ids.h"

namespace keten::http {

enum class ErrorBehaviour : std::uint8_t {
  rollback,  ///< one event that cannot be stored refuses all
  proceed,   ///< the others are stored
};

/// One POST of this node. Its id is the transaction's.
struct CaptureJob {
  TransactionId id;
  ErrorBehaviour behaviour = ErrorBehaviour::rollback;
  Milliseconds created_at = 0;
  std::optional<Milliseconds> finished_at;
};

/// The newest capture jobs of this node, in memory: what the ledger itself does not keep, when they began and ended here.
/// Thread-safe.
class CaptureJobs {
 public:
  explicit CaptureJobs(std::size_t jobs_max) : jobs_max_(jobs_max) {}

  void add(const CaptureJob& job);
  void finish(const TransactionId& id, Milliseconds at);
  [[nodiscard]] std::optional<CaptureJob> find(const TransactionId& id) const;
  /// Newest first, at most `count`, starting after the job `after`; empty when that one is not kept any more.
  [[nodiscard]] std::optional<std::vector<CaptureJob>> list(std::size_t count,
                                                            const std::optional<TransactionId>& after) const;

 private:
  const std::size_t jobs_max_;
  mutable std::mutex mutex_;     // handlers on several threads and callbacks of the gateway
  std::deque<CaptureJob> jobs_;  // newest first
};

}  // namespace keten::http
