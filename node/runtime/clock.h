#pragma once

#include <chrono>
#include <cstdint>

namespace keten {

/// Milliseconds of a clock that never jumps; comparable inside this process only. For timers.
inline std::uint64_t steady_ms() {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::steady_clock;
  return static_cast<std::uint64_t>(duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

/// Microseconds of the same clock: for measuring how long something took.
inline std::uint64_t steady_us() {
  using std::chrono::duration_cast, std::chrono::microseconds, std::chrono::steady_clock;
  return static_cast<std::uint64_t>(duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count());
}

/// Milliseconds since the Unix epoch, UTC, as the machine believes. For block times and logs only: it may jump.
inline std::uint64_t wall_ms() {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
  return static_cast<std::uint64_t>(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

/// A deadline that never comes.
inline constexpr std::uint64_t kNever = UINT64_MAX;

/// The steady clock's moment for `deadline_ms`, for waiting on a condition.
inline std::chrono::steady_clock::time_point steady_point(std::uint64_t deadline_ms) {
  const auto far = std::uint64_t{INT64_MAX} / 1'000'000U - 1;
  const auto reachable = deadline_ms < far ? deadline_ms : far;
  return std::chrono::steady_clock::time_point{std::chrono::milliseconds{static_cast<std::int64_t>(reachable)}};
}

}  // namespace keten
