#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "node/runtime/clock.h"

namespace keten {

/// The one way into a thread that owns something: many threads push, one pops everything that waits. Bounded: whoever
/// brings work from outside is told when there is no room and keeps what it brought.
template <typename T>
class Inbox {
 public:
  enum class Pushed : std::uint8_t { taken, full, closed };

  explicit Inbox(std::size_t capacity) : capacity_(capacity) {}

  /// Moves from `value` only when it is taken.
  [[nodiscard]] Pushed push(T&& value) {
    const std::span<T> one(&value, 1);
    std::size_t taken = 0;
    return push_some(one, taken);
  }

  /// Takes as many as there is room for, from the front; `taken` says how many were moved from.
  Pushed push_some(std::span<T> values, std::size_t& taken) {
    bool was_empty = false;
    taken = 0;
    {
      const std::lock_guard lock(mutex_);
      if (closed_) { return Pushed::closed; }
      was_empty = waiting_.empty();
      while (taken < values.size() && waiting_.size() < capacity_) { waiting_.push_back(std::move(values[taken++])); }
    }
    if (was_empty && taken > 0) { filled_.notify_one(); }
    return taken == values.size() ? Pushed::taken : Pushed::full;
  }

  /// For completions of work that the owner itself asked for: their number is bounded by the asking, and losing one
  /// would stop the owner, so they are never refused. False when closed.
  bool push_completion(T value) {
    bool was_empty = false;
    {
      const std::lock_guard lock(mutex_);
      if (closed_) { return false; }
      was_empty = waiting_.empty();
      waiting_.push_back(std::move(value));
    }
    if (was_empty) { filled_.notify_one(); }
    return true;
  }

  /// Waits until something is there, the deadline (steady_ms) passes or the inbox is closed; then moves everything
  /// that waits into `out`, which is cleared first. False when closed and empty: nothing will come any more.
  bool pop_all(std::vector<T>& out, std::uint64_t deadline_ms) {
    out.clear();
    std::unique_lock lock(mutex_);
    filled_.wait_until(lock, steady_point(deadline_ms), [this] { return closed_ || !waiting_.empty(); });
    out.swap(waiting_);
    return !out.empty() || !closed_;
  }

  /// Refuses everything from now on; what waits can still be popped.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    filled_.notify_all();
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::vector<T> waiting_;
  bool closed_ = false;
};

}  // namespace keten
