#include "node/daemon/tracker.h"

#include "core/limits.h"

namespace keten::node {

bool reaches(const TransactionProgress& progress, WaitLevel level) {
  switch (progress.state) {
    case TransactionState::unknown:
    case TransactionState::expired: return false;
    case TransactionState::admitted: return level == WaitLevel::admitted;
    case TransactionState::final: return level != WaitLevel::executed;
    case TransactionState::executed: return true;
  }
  return false;
}

void Tracker::admitted(const std::vector<TransactionId>& ids) {
  std::vector<Answer> answers;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& id : ids) {
      admitted_.insert(id);
      if (!waiters_.empty()) {
        take(id, WaitLevel::admitted, TransactionProgress{TransactionState::admitted, {}, 0, {}}, answers);
      }
    }
  }
  answer(answers);
}

void Tracker::settle(const TransactionId& id, const TransactionProgress& progress) {
  std::vector<Answer> answers;
  {
    const std::lock_guard lock(mutex_);
    take(id, WaitLevel::executed, progress, answers);
  }
  answer(answers);
}

void Tracker::expired(const std::vector<TransactionId>& ids) {
  std::vector<Answer> answers;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& id : ids) {
      admitted_.erase(id);
      take(id, WaitLevel::executed, TransactionProgress{TransactionState::expired, {}, 0, {}}, answers);
    }
  }
  answer(answers);
}

void Tracker::dropped(const std::vector<pipeline::Dropped>& transactions) {
  std::vector<Answer> answers;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& one : transactions) {
      admitted_.erase(one.id);
      auto why = one.why;
      why.message = "the transaction waited for a block that can hold it, and none can any more: " + why.message;
      take(one.id, WaitLevel::executed, std::move(why), answers);
    }
  }
  answer(answers);
}

void Tracker::final(const BlockPointer& block) {
  std::vector<Answer> answers;
  {
    const std::lock_guard lock(mutex_);
    const auto height = block->header.height;
    for (std::uint32_t index = 0; index < block->transactions.size(); ++index) {
      const auto& id = block->transactions[index]->id;
      final_[id] = {height, index};
      if (!admitted_.empty()) { admitted_.erase(id); }
      if (!waiters_.empty()) {
        take(id, WaitLevel::final, TransactionProgress{TransactionState::final, height, index, {}}, answers);
      }
    }
  }
  answer(answers);
}

void Tracker::executed(const BlockPointer& block, const contracts::BlockResult& result) {
  std::vector<Answer> answers;
  {
    const std::lock_guard lock(mutex_);
    const auto height = block->header.height;
    for (const auto& transaction : block->transactions) { final_.erase(transaction->id); }
    if (!waiters_.empty()) {
      for (std::uint32_t index = 0; index < block->transactions.size(); ++index) {
        const auto& id = block->transactions[index]->id;
        if (!waiters_.contains(id)) { continue; }
        take(id, WaitLevel::executed,
             TransactionProgress{TransactionState::executed, height, index, result.receipts[index]}, answers);
      }
    }
  }
  answer(answers);
}

std::optional<TransactionProgress> Tracker::find_locked(const TransactionId& id) const {
  if (const auto place = final_.find(id); place != final_.end()) {
    return TransactionProgress{TransactionState::final, place->second.height, place->second.index, {}};
  }
  if (admitted_.contains(id)) { return TransactionProgress{TransactionState::admitted, {}, 0, {}}; }
  return std::nullopt;
}

std::optional<TransactionProgress> Tracker::find(const TransactionId& id) const {
  const std::lock_guard lock(mutex_);
  return find_locked(id);
}

Status Tracker::wait(const TransactionId& id, WaitLevel level, std::uint64_t deadline_ms, Gateway::Waited done) {
  std::optional<TransactionProgress> known;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) { return failure(ErrorKind::unavailable, "STOPPING", "the node is stopping; ask another one"); }
    known = find_locked(id);
    if (!known || !reaches(*known, level)) {
      if (waiters_.size() >= limits::kWaitersMax) {
        return failure(ErrorKind::busy, "TOO_MANY_WAITERS",
                       "at most " + std::to_string(limits::kWaitersMax) + " calls may wait; try again in a second");
      }
      waiters_.emplace(id, Waiter{level, deadline_ms, std::move(done)});
      return kDone;
    }
  }
  done(*known);
  return kDone;
}

void Tracker::tick(std::uint64_t now_ms, const std::string& no_quorum) {
  std::vector<Answer> answers;
  {
    const std::lock_guard lock(mutex_);
    if (no_quorum.empty()) {
      without_quorum_since_ms_.reset();
    } else if (!without_quorum_since_ms_) {
      without_quorum_since_ms_ = now_ms;
    }
    const bool is_stuck = without_quorum_since_ms_ && now_ms >= *without_quorum_since_ms_ + kNoQuorumPatienceMs;
    for (auto at = waiters_.begin(); at != waiters_.end();) {
      const bool is_late = at->second.deadline_ms <= now_ms;
      if (!is_late && !is_stuck) {
        ++at;
        continue;
      }
      const auto known = find_locked(at->first);
      if (!is_late && known && known->state == TransactionState::final) {
        ++at;
        continue;
      }
      Error error = failure(ErrorKind::timeout, "TIMEOUT", "the transaction did not get there in time; ask again");
      if (!no_quorum.empty()) {
        error = failure(ErrorKind::unavailable, "NO_QUORUM", no_quorum);
      } else if (!known) {
        error = failure(ErrorKind::not_found, "TRANSACTION_UNKNOWN",
                        "transaction " + at->first.hex() + " is not in the ledger and does not wait at this node");
      }
      answers.push_back({std::move(at->second.done), std::move(error)});
      at = waiters_.erase(at);
    }
  }
  answer(answers);
}

void Tracker::stop() {
  std::vector<Answer> answers;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (auto& [id, waiter] : waiters_) {
      answers.push_back({std::move(waiter.done),
                         failure(ErrorKind::unavailable, "STOPPING", "the node is stopping; ask another one")});
    }
    waiters_.clear();
  }
  answer(answers);
}

bool Tracker::has_waiters() const {
  const std::lock_guard lock(mutex_);
  return !waiters_.empty();
}

void Tracker::take(const TransactionId& id, WaitLevel reached, const Result<TransactionProgress>& progress,
                   std::vector<Answer>& answers) {
  const auto [first, last] = waiters_.equal_range(id);
  for (auto at = first; at != last;) {
    if (at->second.level > reached) {
      ++at;
      continue;
    }
    if (progress && progress->state == TransactionState::expired) {
      answers.push_back(
          {std::move(at->second.done), failure(ErrorKind::refused, "EXPIRED",
                                               "the transaction expired before a block could hold it; sign it again")});
    } else {
      answers.push_back({std::move(at->second.done), progress});
    }
    at = waiters_.erase(at);
  }
}

void Tracker::answer(std::vector<Answer>& answers) {
  for (auto& one : answers) { one.done(std::move(one.result)); }
}

}  // namespace keten::node
