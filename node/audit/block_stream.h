#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/validator_set.h"
#include "node/audit/source.h"
#include "node/runtime/worker_pool.h"

namespace keten::audit {

/// The validators of the epochs that are known so far. Any thread.
class EpochSets {
 public:
  void add(Epoch epoch, const ValidatorSet& set);
  [[nodiscard]] std::shared_ptr<const ValidatorSet> find(Epoch epoch) const;

 private:
  mutable std::mutex mutex_;
  std::map<Epoch, std::shared_ptr<const ValidatorSet>> sets_;
};

/// A block with everything that could be checked without the blocks before it.
struct CheckedBlock {
  SourceBlock source;
  std::optional<std::vector<Receipt>> receipts;  ///< as the node keeps them
  std::optional<Finding> finding;
  bool is_finalization_checked = false;  ///< false also when the epoch's validators were not known yet
  std::optional<Finding> finalization_finding;
};

/// Reads and checks blocks on all threads of a pool, a bounded number of bytes ahead, and hands them out in order.
/// Borrows everything; one thread calls `next`.
class BlockStream {
 public:
  struct Range {
    Height first;
    Height last;
  };
  BlockStream(const LedgerSource& source, const ChainId& chain, const EpochSets& sets, WorkerPool& pool, Range range);
  /// Waits for what has begun.
  ~BlockStream();
  BlockStream(const BlockStream&) = delete;
  BlockStream& operator=(const BlockStream&) = delete;

  /// The next block; nothing behind the last one. Fails as the source does, but with a finding where that is `corrupt`.
  [[nodiscard]] Result<std::optional<CheckedBlock>> next();

 private:
  struct Slot {
    std::optional<Result<CheckedBlock>> outcome;
  };
  void fill();
  [[nodiscard]] Result<CheckedBlock> check(Height height) const;

  const LedgerSource& source_;
  ChainId chain_;
  const EpochSets& sets_;
  WorkerPool& pool_;
  Height next_;  // to be read
  Height last_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Slot>> slots_;
  std::uint64_t held_bytes_ = 0;  // of blocks that wait to be taken
  std::size_t running_ = 0;
};

}  // namespace keten::audit
