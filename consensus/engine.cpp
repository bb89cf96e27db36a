#include "consensus/engine.h"

#include <utility>

#include "consensus/header_rules.h"
#include "consensus/quorum.h"
#include "consensus/state.h"
#include "core/limits.h"

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
  if (seals(blocks.floor(), config.epoch)) { safety.seal(); }
  for (const auto& header : recovered.stored) {
    if (header.epoch == config.epoch) { blocks.add_stored(header); }
  }
  for (const auto& certificate : recovered.certificates) {
    if (certificate.subject.epoch == config.epoch && certificate.subject.view > floor.view) {
      (void)certificates.add(certificate);
    }
  }
  for (const auto& own : recovered.votes) {
    if (own.vote.subject.view <= floor.view || own.vote.subject.epoch != config.epoch) { continue; }
    safety.restore(own.vote);
    // Also after a restart the own vote counts: otherwise a quorum that stopped together stays one vote short for ever.
    votes.add_checked(own.vote);
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
    state.enter_views();
    if (!state.safety.empty()) { state.retry_from_ms = state.now.steady_ms; }
    state.retransmit(std::nullopt);
  });
}

Effects Engine::allow_votes(Now now) {
  return handle(*state_, now, [](State& state) { state.safety.allow(); });
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
    state.blocks.add_stored(header);
    state.move_floor(finalization, header, state.blocks.path_to(finalization.subject.block));
  });
}

Effects Engine::on_work(bool pending, Now now) {
  return handle(*state_, now, [&](State& state) { state.work_waits = pending; });
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

const Engine::PeerView* Engine::peer(ValidatorIndex index) const {
  if (!state_->config.validators.contains(index) || !state_->peers[index.value].has_status) { return nullptr; }
  return &state_->peers[index.value].seen;
}

std::string Engine::stuck_reason(Now now) const { return state_->stuck_reason(now.steady_ms); }

}  // namespace keten::consensus
