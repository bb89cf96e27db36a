#include "consensus/pacemaker.h"

#include <algorithm>
#include <limits>

#include "core/mutant.h"

namespace keten::consensus {

void Pacemaker::enter(View view, std::uint64_t now_ms) {
  view_ = view;
  has_proposal_ = false;
  anchor_ms_ = work_ ? now_ms : now_ms + timing_.idle_interval_ms;
}

void Pacemaker::set_work(bool pending, std::uint64_t now_ms) {
  if (pending == work_) { return; }
  work_ = pending;
  if (pending) {
    anchor_ms_ = std::min(anchor_ms_, now_ms);
  } else {
    anchor_ms_ = now_ms + timing_.idle_interval_ms;
  }
}

void Pacemaker::proposal_arrived(std::uint64_t now_ms) {
  if (has_proposal_) { return; }
  has_proposal_ = true;
  proposal_ms_ = now_ms;
}

std::uint64_t Pacemaker::grown(std::uint64_t base_ms) const {
  if (MUTANT(timeouts_do_not_grow)) { return base_ms; }
  auto result = base_ms;
  for (std::uint64_t i = 0; i < growth_ && result < timing_.timeout_cap_ms; ++i) { result += result / 2 + 1; }
  return growth_ == 0 ? base_ms : std::min(result, std::max(base_ms, timing_.timeout_cap_ms));
}

std::uint64_t Pacemaker::leader_deadline_ms() const { return anchor_ms_ + grown(timing_.leader_timeout_ms); }

std::uint64_t Pacemaker::view_deadline_ms() const {
  return (has_proposal_ ? proposal_ms_ : anchor_ms_) + grown(timing_.view_timeout_ms);
}

bool Pacemaker::is_leader_late(std::uint64_t now_ms) const { return !has_proposal_ && now_ms >= leader_deadline_ms(); }

bool Pacemaker::is_half_late(std::uint64_t now_ms) const {
  return !has_proposal_ && now_ms >= anchor_ms_ + grown(timing_.leader_timeout_ms) / 2;
}

bool Pacemaker::is_view_late(std::uint64_t now_ms) const { return now_ms >= view_deadline_ms(); }

std::uint64_t Pacemaker::deadline_ms(std::uint64_t now_ms) const {
  auto next = std::numeric_limits<std::uint64_t>::max();
  const auto consider = [&](std::uint64_t instant) {
    if (instant > now_ms) { next = std::min(next, instant); }
  };
  if (!has_proposal_) {
    consider(anchor_ms_ + grown(timing_.leader_timeout_ms) / 2);
    consider(leader_deadline_ms());
  }
  consider(view_deadline_ms());
  return next;
}

}  // namespace keten::consensus
