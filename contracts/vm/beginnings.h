#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>

#include "contracts/vm/instance.h"
#include "core/ids.h"

namespace keten::vm {

/// A rule reads its parameters before it looks at the event, and finds the same in them each time. How far it comes with them alone
/// is kept here, for one instance, so that its next call goes on from there. It changes time and never a result or its fuel: who
/// calls charges for the beginning whether it was kept or not.
class Beginnings {
 public:
  struct Beginning {
    Paused place;
    std::uint64_t fuel = 0;       ///< that it takes
    std::uint64_t host_fuel = 0;  ///< of it, what host functions charge
  };

  /// Null when it is not kept.
  [[nodiscard]] const Beginning* find(const Hash& of) const {
    const auto found = kept_.find(of);
    return found == kept_.end() ? nullptr : &found->second;
  }
  /// The oldest goes first.
  void keep(const Hash& of, Beginning beginning) {
    const auto bytes = beginning.place.bytes();
    if (bytes > kBytesMax || !kept_.emplace(of, std::move(beginning)).second) { return; }
    order_.push_back(of);
    bytes_ += bytes;
    while (bytes_ > kBytesMax) {
      const auto oldest = kept_.find(order_.front());
      bytes_ -= oldest->second.place.bytes();
      kept_.erase(oldest);
      order_.pop_front();
    }
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kBytesMax = 1024 * 1024;
  std::map<Hash, Beginning> kept_;
  std::deque<Hash> order_;  ///< oldest first
  std::size_t bytes_ = 0;
};

}  // namespace keten::vm
