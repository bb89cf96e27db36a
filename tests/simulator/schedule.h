#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace keten::simulator {

/// Virtual microseconds since the start of the run.
using Time = std::uint64_t;
inline constexpr Time kMillisecond = 1000;
inline constexpr Time kSecond = 1'000'000;

/// What will happen, ordered by (time, order of scheduling). The only clock of a run.
class Schedule {
 public:
  using Action = std::function<void()>;

  [[nodiscard]] Time now() const { return now_; }
  void after(Time delay, Action action) { at(now_ + delay, std::move(action)); }
  void at(Time time, Action action) {
    heap_.push_back({std::max(time, now_), sequence_++, std::move(action)});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  /// Runs the next action; false when nothing is left.
  bool run_one() {
    if (heap_.empty()) { return false; }
    std::pop_heap(heap_.begin(), heap_.end(), later);
    auto entry = std::move(heap_.back());
    heap_.pop_back();
    now_ = entry.time;
    entry.action();
    return true;
  }

 private:
  struct Entry {
    Time time;
    std::uint64_t sequence;
    Action action;
  };
  static bool later(const Entry& left, const Entry& right) {
    return left.time != right.time ? left.time > right.time : left.sequence > right.sequence;
  }

  Time now_ = 0;
  std::uint64_t sequence_ = 0;
  std::vector<Entry> heap_;
};

}  // namespace keten::simulator
