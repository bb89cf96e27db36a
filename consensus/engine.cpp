#include "consensus/engine.h"

#include <limits>
#include <utility>

#include "consensus/header_rules.h"
#include "consensus/quorum.h"
#include "consensus/state.h"
#include "core/hash.h"
#include "core/limits.h"
#include "core/mutant.h"

namespace keten::consensus {

Engine::State::State(Config given, const Signer* signer, Recovered recovered)
    : config(std::move(given)),
      elector(config.chain_id, config.epoch, config.validators.size()),
      faulty_max(faults_tolerated(config.validators)),
      safety(config, signer),
      blocks(recovered.floor_header),
      votes(config.validators),
      pacemaker(config.timing),
      resolver(config.validators.size()),
      retransmit_budget(limits::kRetransmitBytesPerSecond),
      floor(std::move(recovered.floor)),
      peers(config.validators.size()) {
  is_fresh = recovered.is_fresh;
  is_alone = recovered.is_alone;
  nonce = recovered.nonce;
  unused_key = recovered.unused_key;
  // Not after a foreign vote: then somebody has used the key, whatever the operator says.
  const bool is_used = recovered.quarantine && recovered.quarantine->cause == QuarantineCause::foreign_vote;
  if (config.self && unused_key == config.validators.at(*config.self).key && !is_used) {
    is_cleared_by_operator = recovered.quarantine.has_value();
    recovered.quarantine.reset();
    is_fresh = false;
  }
  if (recovered.readmission && recovered.readmission->epoch >= config.epoch) {
    // Of an earlier epoch than the readmission nothing may be signed.
    const bool is_later = recovered.readmission->epoch > config.epoch;
    if (is_later) { later.readmission = recovered.readmission; }
    safety.readmit(is_later ? View{std::numeric_limits<std::uint64_t>::max()} : recovered.readmission->first);
  }
  if (recovered.quarantine) {
    quarantine = recovered.quarantine;
    safety.quarantine();
  }
  for (const auto& one : recovered.evidence) {
    if (one.first.subject.epoch > config.epoch) { later.evidence.push_back(one); }
    if (const auto key = check_evidence(one, config.epoch, config.validators)) { evidence.emplace(*key, one); }
  }
  contradiction = std::move(recovered.contradiction);
  if (seals(blocks.floor(), config.epoch)) { safety.seal(); }
  for (const auto& header : recovered.stored) {
    if (header.epoch == config.epoch) { blocks.add_stored(header); }
  }
  for (const auto& certificate : recovered.certificates) {
    if (certificate.subject.epoch > config.epoch) { later.certificates.push_back(certificate); }
    if (certificate.subject.epoch == config.epoch && certificate.subject.view > floor.view) {
      (void)certificates.add(certificate);
    }
  }
  for (const auto& own : recovered.votes) {
    if (own.vote.subject.epoch > config.epoch) { later.votes.push_back(own); }
    if (own.vote.subject.view <= floor.view || own.vote.subject.epoch != config.epoch) { continue; }
    if (MUTANT(votes_forgotten_at_restart)) { continue; }
    safety.restore(own.vote);
    // Also after a restart the own vote counts: otherwise a quorum that stopped together stays one vote short for ever.
    if (!MUTANT(own_vote_not_counted_after_restart)) { votes.add_checked(own.vote); }
  }
}

Engine::Engine(Config config, const Signer* signer, Recovered recovered)
    : state_(std::make_unique<State>(std::move(config), signer, std::move(recovered))) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

namespace {

/// Every event: change something, then let the rules draw the conclusions.
template <typename State, typename Change>
Effects handle(State& state, Now now, Change change) {
  state.now = now;
  state.out = {};
  change(state);
  state.settle();
  return std::exchange(state.out, {});
}

}  // namespace

Effects Engine::start(Now now) {
  return handle(*state_, now, [](State& state) {
    state.started_ms = state.now.steady_ms;
    state.floor_moved_ms = state.now.steady_ms;
    state.status_due_ms = state.now.steady_ms;
    if (state.is_cleared_by_operator) {
      state.out.persist.push_back(Readmission{.epoch = state.config.epoch, .first = {}});
    }
    if (state.quarantine) {
      state.enter_quarantine(state.quarantine->cause, state.quarantine->vote);
      // A journal in the place of a lost one must not look as if it were behind again after the quarantine.
      if (state.floor.view.value > 0) { state.out.persist.push_back(state.floor); }
    }
    if (state.contradiction) { state.halt(AlarmKind::safety_broken, state.abstention_reason()); }
    for (const auto& [key, one] : state.evidence) { state.out.evidence.push_back(one); }
    state.enter_views();
    if (!state.safety.empty()) { state.retry_from_ms = state.now.steady_ms; }
    state.retransmit(std::nullopt);
  });
}

Effects Engine::allow_votes(Now now) {
  return handle(*state_, now, [](State& state) {
    // A quorum has been heard, and nothing of this epoch has been proven: a first start.
    state.is_fresh = false;
    state.safety.allow();
  });
}

Effects Engine::on_message(ValidatorIndex from, Message message, Now now) {
  return handle(*state_, now, [&](State& state) {
    if (!state.config.validators.contains(from) || from == state.config.self) { return; }
    state.heard(from);
    std::visit([&](auto& one) { state.receive(from, one); }, message);
  });
}

Effects Engine::on_verified(std::uint64_t ticket, const std::vector<bool>& valid, Now now) {
  return handle(*state_, now, [&](State& state) {
    const auto found = state.under_check.find(ticket);
    if (found == state.under_check.end()) { return; }
    const auto what = std::move(found->second);
    state.under_check.erase(found);
    std::visit([&](const auto& one) { state.checked(one, valid); }, what);
  });
}

Effects Engine::on_payload(View view, const BlockId& block, PayloadVerdict verdict, Now now) {
  return handle(*state_, now, [&](State& state) {
    const auto found = state.candidates.find(view);
    if (found == state.candidates.end() || found->second.block != block) { return; }
    auto& candidate = found->second;
    switch (verdict) {
      case PayloadVerdict::stored:
        candidate.body = Candidate::Body::stored;
        state.blocks.add_stored(candidate.proposal.header);
        break;
      case PayloadVerdict::invalid:
        candidate.rejected = true;
        state.refuse(candidate);
        break;
    }
  });
}

Effects Engine::on_block_stored(const BlockHeader& header, Now now) {
  return handle(*state_, now, [&](State& state) {
    const bool is_above = header.epoch == state.config.epoch && header.view > state.floor.view;
    if (is_above) { state.blocks.add_stored(header); }
  });
}

Effects Engine::propose(View view, const Payload& payload, Now now) {
  return handle(*state_, now, [&](State& state) {
    if (state.build && state.build->view == view && state.view == view) { state.propose(payload); }
  });
}

Effects Engine::on_peer_connected(ValidatorIndex peer, Now now) {
  return handle(*state_, now, [&](State& state) {
    if (!state.config.validators.contains(peer) || peer == state.config.self) { return; }
    state.heard(peer);
    state.send_status(peer);
    // So a peer that lost its journal learns what it has signed before it signs again.
    if (auto newest = state.votes.newest_of(peer)) { state.send(peer, *newest); }
    state.recovery_due_ms = state.now.steady_ms;
    state.retransmit(peer);
  });
}

Effects Engine::on_executed(Height height, Now now) {
  return handle(*state_, now, [&](State& state) { state.executed_height = std::max(state.executed_height, height); });
}

Effects Engine::on_synced(const Certificate& finalization, const BlockHeader& header, Now now) {
  return handle(*state_, now, [&](State& state) {
    const bool is_final = finalization.subject.kind == VoteKind::finalize &&
                          finalization.subject.epoch == state.config.epoch && finalization.subject.block == header.id();
    if (!is_final || finalization.subject.view <= state.floor.view || header.height <= state.floor.height) { return; }
    state.chain_runs_already();
    state.blocks.add_stored(header);
    state.move_floor(finalization, header, state.blocks.path_to(finalization.subject.block));
  });
}

Effects Engine::on_work(bool pending, Now now) {
  return handle(*state_, now, [&](State& state) {
    if (pending != state.work_waits) { state.work_since_ms = pending ? std::optional(now.steady_ms) : std::nullopt; }
    state.work_waits = pending;
  });
}

Effects Engine::on_time(Now now) {
  return handle(*state_, now, [](State&) {});
}

const std::optional<BlockHeader>& Engine::proposed() const { return state_->proposed; }
std::uint64_t Engine::deadline_ms() const { return state_->deadline_ms(); }
View Engine::view() const { return state_->view; }
const Floor& Engine::floor() const { return state_->floor; }
const BlockHeader& Engine::floor_header() const { return state_->blocks.floor(); }
ValidatorIndex Engine::leader(View view) const { return state_->elector.leader(view); }
const BlockHeader* Engine::header(const BlockId& block) const { return state_->blocks.find(block); }
bool Engine::sealed() const { return state_->safety.sealed(); }
bool Engine::halted() const { return state_->safety.halted(); }
bool Engine::is_fresh() const { return state_->is_fresh; }
bool Engine::is_quarantined() const { return state_->safety.is_quarantined(); }
std::optional<QuarantineCause> Engine::quarantine() const {
  return state_->quarantine ? std::optional(state_->quarantine->cause) : std::nullopt;
}
Effects Engine::past_is_known(Now now) {
  return handle(*state_, now, [](State& state) { state.forget_unknown_past(); });
}

void Engine::hand_over(Recovered& next) const {
  next.votes = state_->later.votes;
  next.certificates = state_->later.certificates;
  next.evidence = state_->later.evidence;
  next.readmission = state_->later.readmission;
  next.quarantine = state_->quarantine;
  next.contradiction = state_->contradiction;
  next.is_fresh = state_->is_fresh;
  next.is_alone = state_->is_alone;
  next.unused_key = state_->unused_key;
  next.nonce = Hasher("keten/recovery-nonce/1").fixed(state_->nonce).finish();
}

std::string Engine::abstention_reason() const { return state_->abstention_reason(); }
const std::map<EvidenceKey, Evidence>& Engine::evidence() const { return state_->evidence; }

const Engine::PeerView* Engine::peer(ValidatorIndex index) const {
  if (!state_->config.validators.contains(index) || !state_->peers[index.value].has_status) { return nullptr; }
  return &state_->peers[index.value].seen;
}

bool Engine::ignores(ValidatorIndex peer, Now now) const {
  return state_->config.validators.contains(peer) && state_->resolver.is_banned(peer, now.steady_ms);
}

std::string Engine::stuck_reason(Now now) const { return state_->stuck_reason(now); }

}  // namespace keten::consensus
