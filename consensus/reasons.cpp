#include <algorithm>

#include "consensus/state.h"
#include "core/limits.h"

// Why nothing becomes final, for people. Nothing here changes a decision.
namespace keten::consensus {
namespace {

/// A reason is named when work has waited for so long.
constexpr std::uint64_t kSayAfterMs = 4000;
/// Of the leaders whose views ended without a block, so many are named.
constexpr std::uint64_t kLeadersNamed = 3;

std::string name_of(const ValidatorSet& set, ValidatorIndex index) {
  return set.at(index).organisation + "/" + set.at(index).node;
}

}  // namespace

std::string Engine::State::stuck_reason(Now at) const {
  if (view.value == 0) { return {}; }
  const bool is_late = at.steady_ms >= pacemaker.view_deadline_ms() + config.timing.view_timeout_ms;
  if (is_late || pacemaker.waited_ms(at.steady_ms) >= kSayAfterMs) { return why_the_view_lasts(at); }
  if (!work_since_ms) { return {}; }
  const auto idle_since_ms = std::max(*work_since_ms, floor_moved_ms);
  if (at.steady_ms < idle_since_ms + kSayAfterMs) { return {}; }
  return why_views_end_in_vain((at.steady_ms - idle_since_ms) / 1000);
}

std::string Engine::State::why_the_view_lasts(Now at) const {
  const auto window_ms = std::max<std::uint64_t>(3000, 3 * config.timing.status_interval_ms);
  const auto& set = config.validators;
  std::string text = "view " + view.text() + " has not ended: voices of weight " +
                     std::to_string(active_weight(window_ms, at.steady_ms)) + " are heard, " +
                     std::to_string(set.quorum_weight()) + " of " + std::to_string(set.total_weight()) + " are needed";
  const auto list = [&](const std::string& title, auto&& belongs) {
    std::string separator = "; " + title + ": ";
    for (std::size_t i = 0; i < set.size(); ++i) {
      const ValidatorIndex peer{static_cast<std::uint16_t>(i)};
      if (!belongs(peer)) { continue; }
      text += separator + name_of(set, peer);
      separator = ", ";
    }
  };
  const auto is_heard = [&](ValidatorIndex peer) { return is_active(peer, window_ms, at.steady_ms); };
  list("not heard", [&](ValidatorIndex peer) { return !is_heard(peer); });
  list("cast no vote", [&](ValidatorIndex peer) {
    const auto& one = peers[peer.value];
    return peer != config.self && is_heard(peer) && one.has_status && one.seen.status.abstains;
  });
  const auto leader = elector.leader(view);
  const auto candidate = candidates.find(view);
  if (candidate != candidates.end()) {
    const auto time = candidate->second.proposal.header.time;
    if (candidate->second.refused) {
      text += "; this node refuses the block of " + name_of(set, leader);
    } else if (time > at.wall_ms + config.clock_drift_ms_max) {
      text += "; the block of " + name_of(set, leader) + " is " + std::to_string(time - at.wall_ms) +
              " ms ahead of this node's clock, at most " + std::to_string(config.clock_drift_ms_max) +
              " are allowed: compare the clocks";
    }
  } else if (leader != config.self && is_heard(leader)) {
    text += "; the leader " + name_of(set, leader) + " is heard and has proposed nothing";
  }
  if (const auto own = abstention_reason(); !own.empty()) { text += "; " + own; }
  return text;
}

std::string Engine::State::why_views_end_in_vain(std::uint64_t seconds) const {
  std::string text = "nothing has become final for " + std::to_string(seconds) + " s while transactions wait";
  std::string separator = ": views end without a block, the last leaders were ";
  const auto lowest = std::max(newest_final_view().value + 1, view.value - std::min(view.value, kLeadersNamed));
  for (auto ended = view.value; ended-- > lowest;) {
    text += separator + name_of(config.validators, elector.leader(View{ended}));
    separator = ", ";
  }
  return text;
}

}  // namespace keten::consensus
