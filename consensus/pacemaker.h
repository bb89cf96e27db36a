#pragma once

#include <cstdint>

#include "consensus/engine.h"

namespace keten::consensus {

/// The clocks of the current view: docs/consensus.md, "Timers". Entering a view forgets the clocks of the one before.
/// All times are steady milliseconds.
class Pacemaker {
 public:
  explicit Pacemaker(const Timing& timing) : timing_(timing) {}

  void enter(View view, std::uint64_t now_ms);
  /// Every `growth` multiplies the time-outs by one and a half, up to the cap.
  void set_growth(std::uint64_t growth) { growth_ = growth; }
  void set_work(bool pending, std::uint64_t now_ms);
  void proposal_arrived(std::uint64_t now_ms);

  [[nodiscard]] bool is_leader_late(std::uint64_t now_ms) const;
  /// Half of the leader's time is over: a leader that cannot build gives up.
  [[nodiscard]] bool is_half_late(std::uint64_t now_ms) const;
  [[nodiscard]] bool is_view_late(std::uint64_t now_ms) const;
  [[nodiscard]] bool has_work() const { return work_; }
  /// For how long there has been work in this view; 0 without.
  [[nodiscard]] std::uint64_t waited_ms(std::uint64_t now_ms) const {
    return work_ && now_ms > anchor_ms_ ? now_ms - anchor_ms_ : 0;
  }
  /// The next of its instants after `now_ms`; the largest number when there is none.
  [[nodiscard]] std::uint64_t deadline_ms(std::uint64_t now_ms) const;
  /// The instant at which the view as a whole is late.
  [[nodiscard]] std::uint64_t view_deadline_ms() const;

 private:
  [[nodiscard]] std::uint64_t grown(std::uint64_t base_ms) const;
  [[nodiscard]] std::uint64_t leader_deadline_ms() const;

  Timing timing_;
  View view_;
  std::uint64_t growth_ = 0;
  std::uint64_t anchor_ms_ = 0;  ///< from here the leader's time counts
  std::uint64_t proposal_ms_ = 0;
  bool has_proposal_ = false;
  bool work_ = false;
};

}  // namespace keten::consensus
