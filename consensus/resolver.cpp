#include "consensus/resolver.h"

#include <algorithm>
#include <limits>

namespace keten::consensus {

void Resolver::begin_pass() {
  for (auto& [block, want] : wants_) { want.named = false; }
}

bool Resolver::want(const BlockId& block, std::uint64_t grace_ms, std::uint64_t now_ms) {
  const auto known = wants_.find(block);
  if (known == wants_.end()) {
    if (wants_.size() >= kFetchesMax) { return false; }
    wants_[block] = {.due_ms = now_ms + grace_ms, .spacing_ms = kSpacingMs, .named = true};
    if (grace_ms > 0) { return false; }
  }
  auto& entry = wants_[block];
  entry.named = true;
  if (now_ms < entry.due_ms) { return false; }
  entry.due_ms = now_ms + entry.spacing_ms;
  entry.spacing_ms = std::min(2 * entry.spacing_ms, kSpacingMsMax);
  return true;
}

void Resolver::end_pass() {
  std::erase_if(wants_, [](const auto& entry) { return !entry.second.named; });
}

bool Resolver::may_request(ValidatorIndex peer, std::uint64_t now_ms) {
  auto& entry = peers_.at(peer.value);
  if (now_ms < entry.request_due_ms) { return false; }
  entry.request_due_ms = now_ms + entry.request_spacing_ms;
  entry.request_spacing_ms = std::min(2 * entry.request_spacing_ms, kSpacingMsMax);
  return true;
}

void Resolver::progressed() {
  for (auto& peer : peers_) { peer.request_spacing_ms = kSpacingMs; }
}

bool Resolver::may_answer(ValidatorIndex peer, std::uint64_t now_ms) {
  auto& entry = peers_.at(peer.value);
  if (now_ms >= entry.answer_window_ms + 1000) {
    entry.answer_window_ms = now_ms;
    entry.answers = 0;
  }
  return ++entry.answers <= kAnswersPerSecond;
}

bool Resolver::may_hint(ValidatorIndex peer, std::uint64_t spacing_ms, std::uint64_t now_ms) {
  auto& entry = peers_.at(peer.value);
  if (now_ms < entry.hint_due_ms) { return false; }
  entry.hint_due_ms = now_ms + spacing_ms;
  return true;
}

void Resolver::ban(ValidatorIndex peer, std::uint64_t now_ms) {
  peers_.at(peer.value).banned_until_ms = now_ms + kBanMs;
}

bool Resolver::is_banned(ValidatorIndex peer, std::uint64_t now_ms) const {
  return now_ms < peers_.at(peer.value).banned_until_ms;
}

std::uint64_t Resolver::deadline_ms(std::uint64_t now_ms) const {
  auto next = std::numeric_limits<std::uint64_t>::max();
  for (const auto& [block, want] : wants_) {
    if (want.due_ms > now_ms) { next = std::min(next, want.due_ms); }
  }
  return next;
}

bool ByteBudget::take(std::uint64_t bytes, std::uint64_t now_ms) {
  const auto passed_ms = std::min<std::uint64_t>(now_ms - std::min(refilled_ms_, now_ms), 1000);
  bytes_ = std::min(rate_, bytes_ + rate_ * passed_ms / 1000);
  refilled_ms_ = now_ms;
  if (bytes > bytes_) { return false; }
  bytes_ -= bytes;
  return true;
}

}  // namespace keten::consensus
