#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "contracts/execute.h"
#include "core/block.h"
#include "node/pipeline/gateway.h"
#include "node/pipeline/pipeline.h"

namespace keten::node {

/// Where transactions are between admission and the store, and who waits for them. Thread-safe. Callbacks run on the
/// thread that brought the news, after the lock is released.
class Tracker {
 public:
  void admitted(const std::vector<TransactionId>& ids);
  void expired(const std::vector<TransactionId>& ids);
  /// Whoever waits is told why.
  void dropped(const std::vector<pipeline::Dropped>& transactions);
  void final(const BlockPointer& block);
  void executed(const BlockPointer& block, const contracts::BlockResult& result);

  /// None when neither admitted here nor in a final block that is not executed yet.
  [[nodiscard]] std::optional<TransactionProgress> find(const TransactionId& id) const;

  /// Answers at once when the transaction is that far. Fails with TOO_MANY_WAITERS or STOPPING.
  [[nodiscard]] keten::Status wait(const TransactionId& id, WaitLevel level, std::uint64_t deadline_ms,
                                   Gateway::Waited done);
  /// The store says that the transaction is executed.
  void settle(const TransactionId& id, const TransactionProgress& progress);
  /// Answers whoever waited long enough; with `no_quorum`, when that is why, already after it has been so for
  /// kNoQuorumPatienceMs: nothing that is not final yet will become so.
  void tick(std::uint64_t now_ms, const std::string& no_quorum);
  /// Answers everybody with UNAVAILABLE.
  void stop();
  [[nodiscard]] bool has_waiters() const;

 private:
  struct Waiter {
    WaitLevel level = WaitLevel::final;
    std::uint64_t deadline_ms = 0;
    Gateway::Waited done;
  };
  struct Answer {
    Gateway::Waited done;
    Result<TransactionProgress> result;
  };
  [[nodiscard]] std::optional<TransactionProgress> find_locked(const TransactionId& id) const;
  void take(const TransactionId& id, WaitLevel reached, const Result<TransactionProgress>& progress,
            std::vector<Answer>& answers);
  static void answer(std::vector<Answer>& answers);

  mutable std::mutex mutex_;  // front doors wait and ask, the loop and the execution thread bring news
  std::unordered_set<TransactionId, FixedBytesHash> admitted_;
  struct Place {
    Height height;
    std::uint32_t index = 0;
  };
  std::unordered_map<TransactionId, Place, FixedBytesHash> final_;  ///< in a final block that is not executed yet
  std::multimap<TransactionId, Waiter> waiters_;
  std::optional<std::uint64_t> without_quorum_since_ms_;
  bool stopped_ = false;
};

/// A peer that restarts is back sooner.
inline constexpr std::uint64_t kNoQuorumPatienceMs = 2'000;

/// Whether a transaction that is this far has reached the level.
[[nodiscard]] bool reaches(const TransactionProgress& progress, WaitLevel level);

}  // namespace keten::node
