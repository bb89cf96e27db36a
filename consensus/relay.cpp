#include <algorithm>
#include <limits>

#include "consensus/state.h"
#include "core/limits.h"
#include "core/mutant.h"

// What others are told without a new vote: certificates, repetitions, standing, answers.
namespace keten::consensus {

namespace {

/// Up to this size of the set everybody is sent every certificate once.
constexpr std::size_t kPushToAllMax = 16;
/// Fixed parts of messages, for the budget of repetitions only.
constexpr std::uint64_t kVoteBytes = 160;
constexpr std::uint64_t kHeaderBytes = 320;

bool is_signed_by(const Certificate& certificate, ValidatorIndex signer) {
  const auto byte = signer.value / 8U;
  return byte < certificate.signers.size() && ((certificate.signers[byte] >> (signer.value % 8U)) & 1U) != 0;
}

std::uint64_t estimated_bytes(const Certificate& certificate) {
  return kVoteBytes + certificate.signers.size() + certificate.signatures.size() * keten::Signature::size;
}

}  // namespace

void Engine::State::send(std::optional<ValidatorIndex> to, Message message, bool after_durable) {
  if (!config.self || config.validators.size() == 1) { return; }
  // A certificate carries votes: the own one among them must not leave before it is durable, as by itself.
  bool carries_own_vote = false;
  if (const auto* certificate = std::get_if<Certificate>(&message)) {
    carries_own_vote = is_signed_by(*certificate, *config.self);
  } else if (const auto* response = std::get_if<CertificateResponse>(&message)) {
    carries_own_vote =
        std::ranges::any_of(response->certificates, [&](const auto& one) { return is_signed_by(one, *config.self); });
  }
  out.send.push_back({.to = to, .message = std::move(message), .after_durable = after_durable || carries_own_vote});
}

void Engine::State::relay(const Certificate& certificate) {
  if (config.validators.size() <= kPushToAllMax) { return send(std::nullopt, certificate); }
  const auto next_leader = elector.leader(certificate.subject.view.next());
  if (next_leader != config.self) { send(next_leader, certificate); }
}

Proposal Engine::State::make_proposal(View which, View parent_view, const BlockHeader& header,
                                      const keten::Signature& signature) const {
  Proposal proposal{.epoch = config.epoch,
                    .view = which,
                    .parent_view = parent_view,
                    .header = header,
                    .leader_notarize = signature,
                    .justification = {}};
  auto& proof = proposal.justification;
  // The leader hands over what it built on; a receiver that has it skips it unread.
  if (parent_view == floor.view) {
    if (floor_is_proven()) { proof.push_back(floor.finalization); }
  } else if (const auto* accepted = certificates.acceptance(parent_view)) {
    proof.push_back(*accepted);
  }
  for (auto skipped = parent_view.next(); skipped < which && proof.size() < limits::kJustificationMax; ++skipped) {
    if (const auto* nullified = certificates.nullification(skipped)) { proof.push_back(*nullified); }
  }
  return proposal;
}

std::optional<Proposal> Engine::State::own_proposal() const {
  const auto* own = safety.at(view);
  if (!leads(view) || own == nullptr || !own->notarize) { return std::nullopt; }
  const auto* header = blocks.find(own->notarize->subject.block);
  if (header == nullptr) { return std::nullopt; }
  return make_proposal(view, own->notarize->subject.parent_view, *header, own->notarize->signature);
}

// R9.

void Engine::State::retransmit(std::optional<ValidatorIndex> to) {
  if (MUTANT(no_repetition)) { return; }
  const std::uint64_t copies = to ? 1 : config.validators.size() - 1;
  const auto repeat = [&](Message message, std::uint64_t bytes, bool after_durable) {
    if (retransmit_budget.take(bytes * copies, now.steady_ms)) { send(to, std::move(message), after_durable); }
  };
  const auto newest = certificates.newest_finalizations(1);
  if (!newest.empty()) {
    repeat(*newest.front(), estimated_bytes(*newest.front()), false);
  } else if (floor_is_proven()) {
    repeat(floor.finalization, estimated_bytes(floor.finalization), false);
  }
  if (view.value > 1) {
    for (const auto kind : {VoteKind::notarize, VoteKind::nullify}) {
      if (const auto* clearing = certificates.find(kind, view.previous())) {
        repeat(*clearing, estimated_bytes(*clearing), false);
      }
    }
  }
  if (safety.halted()) { return; }
  const auto proposal = own_proposal();
  if (proposal) {
    auto bytes = kHeaderBytes + kVoteBytes;
    for (const auto& one : proposal->justification) { bytes += estimated_bytes(one); }
    repeat(*proposal, bytes, true);
  }
  for (const auto& vote : safety.newest(limits::kRetransmitViews)) {
    if (proposal && vote.subject == proposal->subject()) { continue; }
    repeat(vote, kVoteBytes, true);
  }
}

void Engine::State::tell_when_due() {
  if (retry_from_ms && now.steady_ms >= *retry_from_ms + config.timing.retry_ms) {
    retransmit(std::nullopt);
    retry_from_ms = now.steady_ms;
  }
  if (now.steady_ms >= status_due_ms) {
    send_status(std::nullopt);
    status_due_ms = now.steady_ms + config.timing.status_interval_ms;
  }
}

void Engine::State::send_status(std::optional<ValidatorIndex> to) {
  send(to, Status{.epoch = config.epoch,
                  .view = view,
                  .floor_view = floor.view,
                  .floor_height = floor.height,
                  .executed_height = executed_height,
                  .wants_progress = pacemaker.has_work(),
                  .abstains = safety.halted() || safety.is_quarantined()});
}

// R10, for certificates: never pinned to one peer.

void Engine::State::pull() {
  if (!missing_from || !config.self || now.steady_ms < pull_due_ms) { return; }
  pull_due_ms = now.steady_ms + Resolver::kSpacingMs;
  const auto leader = elector.leader(view);
  if (leader != config.self) { ask_certificates(leader, *missing_from); }
  const auto n = config.validators.size();
  for (std::size_t i = 0; i < n; ++i) {
    const ValidatorIndex other{static_cast<std::uint16_t>(++pulls % n)};
    if (other == leader || other == config.self) { continue; }
    ask_certificates(other, *missing_from);
    break;
  }
}

void Engine::State::ask_certificates(ValidatorIndex peer, View from_view) {
  if (!resolver.may_request(peer, now.steady_ms)) { return; }
  send(peer, CertificateRequest{.epoch = config.epoch, .from_view = from_view});
}

// A peer votes on what is final here: it missed the finalization. A straggler of the running round did not.
void Engine::State::hint_finalization(ValidatorIndex peer, View voted) {
  const bool is_straggler = now.steady_ms < floor_moved_ms + config.timing.retry_ms / 2 &&
                            voted.value + limits::kVoteViewsAhead > floor.view.value;
  if (is_straggler || !floor_is_proven()) { return; }
  if (resolver.may_hint(peer, Resolver::kSpacingMs, now.steady_ms)) { send(peer, floor.finalization); }
}

View Engine::State::newest_final_view() const {
  const auto pending = certificates.newest_finalizations(1);
  return pending.empty() ? floor.view : pending.front()->subject.view;
}

std::uint64_t Engine::State::deadline_ms() const {
  auto next = std::min(pacemaker.deadline_ms(now.steady_ms), resolver.deadline_ms(now.steady_ms));
  const auto consider = [&](std::uint64_t instant) {
    if (instant > now.steady_ms) { next = std::min(next, instant); }
  };
  consider(status_due_ms);
  if (retry_from_ms) { consider(*retry_from_ms + config.timing.retry_ms); }
  if (early_until_ms) { consider(*early_until_ms); }
  if (missing_from) { consider(pull_due_ms); }
  if (may_recover()) { consider(recovery_due_ms); }
  if (view.value > 0) {
    const auto& leader = peers[elector.leader(view).value];
    consider(started_ms + config.timing.skip_silent_ms);
    if (leader.is_heard) { consider(leader.seen.heard_ms + config.timing.skip_silent_ms); }
  }
  return next;
}

}  // namespace keten::consensus
