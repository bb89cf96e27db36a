#include <algorithm>
#include <limits>

#include "consensus/header_rules.h"
#include "consensus/quorum.h"
#include "consensus/state.h"
#include "core/limits.h"
#include "core/mutant.h"

// What follows from the state after an event: the rules of docs/consensus.md in the order in which they feed each other.
namespace keten::consensus {

void Engine::State::settle() {
  do {
    progressed = false;
    pacemaker.set_work(work_waits || awaits_seal() || view < readmission_view, now.steady_ms);
    commit();
    enter_views();
    consider_candidates();
    finalize_notarized();
    nullify_when_due();
    tally();
    lead();
  } while (progressed);
  ask_to_recover();
  want_blocks();
  pull();
  tell_when_due();
}

// R1: a new view forgets the timers of the one before.
void Engine::State::enter_views() {
  auto next = std::max(view, floor.view.next());
  while (certificates.is_cleared(next)) { ++next; }
  const auto final_view = newest_final_view();
  const auto unfinalized = next > final_view ? next.value - final_view.value - 1 : 0;
  // Any faulty_max + 1 leaders in a row include an honest one: so dead leaders alone do not slow the chain.
  pacemaker.set_growth(unfinalized / (faulty_max + 1));
  if (next == view) { return; }
  view = next;
  entered_ms = now.steady_ms;
  pacemaker.enter(view, now.steady_ms);
  build.reset();
  cannot_build = false;
  build_failed = false;
  const auto* own = safety.at(view);
  if (candidates.contains(view) || (leads(view) && own != nullptr && own->notarize)) {
    pacemaker.proposal_arrived(now.steady_ms);
  }
  resolver.progressed();
  progressed = true;
}

std::optional<BlockId> Engine::State::accepted_block(View which) const {
  if (which == floor.view) { return blocks.floor_id(); }
  if (const auto* accepted = certificates.acceptance(which)) { return accepted->subject.block; }
  return std::nullopt;
}

// R2: every view between the newest accepted one and this is cleared and not accepted, so it is nullified.
View Engine::State::parent_view_to_build_on() const {
  return std::max(floor.view, certificates.newest_accepted_below(view).value_or(floor.view));
}

void Engine::State::lead() {
  const auto* own = safety.at(view);
  if (!leads(view) || !safety.may_vote_in(view) || (own != nullptr && (own->notarize || own->nullify))) { return; }
  const auto parent_view = parent_view_to_build_on();
  const auto parent = accepted_block(parent_view);
  if (build && build->parent_view == parent_view) { return; }
  cannot_build = !parent || blocks.path_to(*parent).kind != BlockTree::Path::Kind::complete;
  if (cannot_build) {
    build.reset();  // an answer for the older parent would skip an accepted block
    return;
  }
  if (seals(*blocks.find(*parent), config.epoch)) {
    build.reset();
    // Its finalization is on its way, if nothing was lost.
    if (pacemaker.is_half_late(now.steady_ms)) { propose_again(parent_view, *blocks.find(*parent)); }
    return;
  }
  build = Build{.view = view, .parent_view = parent_view, .parent = *blocks.find(*parent)};
  out.build = BuildRequest{.view = view, .parent_view = parent_view, .parent = build->parent};
}

void Engine::State::propose(const Payload& payload) {
  const auto from = *build;
  BlockHeader header;
  header.chain_id = config.chain_id;
  header.epoch = config.epoch;
  header.view = view;
  header.height = from.parent.height.next();
  header.parent = from.parent.id();
  header.proposer = *config.self;
  // A leader whose clock is behind does not wait for it.
  header.time = std::max(now.wall_ms, from.parent.time + 1);
  header.payload_root = payload.root;
  header.payload_bytes = payload.bytes;
  header.transaction_count = payload.count;
  header.executed_height = payload.executed_height;
  header.state_root = payload.state_root;
  header.next_set = payload.next_set;
  header.evidence_root = payload.evidence_root;
  // The leader judges its own block as every receiver will: a block that only its builder likes stalls the network.
  const auto draft = make_proposal(view, from.parent_view, header, {});
  if (!is_well_formed_proposal(draft, config, elector) ||
      check_succession(header.parent, from.parent, header, config, now.wall_ms) == Succession::invalid) {
    build_failed = true;
    return;
  }
  blocks.add_stored(header);
  const auto vote = safety.notarize(view, from.parent_view, header, standing());
  if (!vote) { return; }
  proposed = header;
  build.reset();
  publish(vote, header);
}

// The block that ends the epoch has no successor in it: the leaders propose it again, in their views, until it is final.
void Engine::State::propose_again(View parent_view, const BlockHeader& sealing) {
  build.reset();
  const auto header = sealing;
  publish(safety.notarize(view, parent_view, header, standing()), header);
}

bool Engine::State::awaits_seal() const {
  if (view.value == 0 || safety.sealed()) { return false; }
  const auto parent = accepted_block(parent_view_to_build_on());
  const auto* header = parent ? blocks.find(*parent) : nullptr;
  return header != nullptr && seals(*header, config.epoch);
}

// The only ways by which a vote leaves: durable first, counted here like everybody's.
void Engine::State::publish(const std::optional<Vote>& vote) {
  if (!vote) { return; }
  cast(*vote);
  send(std::nullopt, *vote, true);
}

void Engine::State::publish(const std::optional<Vote>& vote, const BlockHeader& header) {
  if (!vote) { return; }
  cast(*vote);
  pacemaker.proposal_arrived(now.steady_ms);
  send(std::nullopt, make_proposal(vote->subject.view, vote->subject.parent_view, header, vote->signature), true);
}

void Engine::State::cast(const Vote& vote) {
  out.persist.push_back(OwnVote{vote});
  votes.add_checked(vote);
  if (!retry_from_ms) { retry_from_ms = now.steady_ms; }
  progressed = true;
}

// R3.

void Engine::State::consider_candidates() {
  missing_from.reset();
  early_until_ms.reset();
  for (auto& [which, candidate] : candidates) {
    if (which <= view) { consider(candidate); }
  }
}

void Engine::State::consider(Candidate& candidate) {
  const auto& header = candidate.proposal.header;
  const auto which = candidate.proposal.view;
  const auto parent_view = candidate.proposal.parent_view;
  const auto* own = safety.at(which);
  const bool is_open =
      !candidate.refused && candidate.signature == Candidate::Signature::good && config.self &&
      parent_view >= floor.view &&
      (own == nullptr || !own->notarize || (MUTANT(two_notarizes) && own->notarize->subject.block != candidate.block));
  if (!is_open) { return; }
  const auto parent = accepted_block(parent_view);
  if (!parent) {
    missing_from = std::min(missing_from.value_or(parent_view), parent_view);
    return;
  }
  const bool repeated = is_repeated(candidate.proposal);
  const bool is_parent = (repeated ? candidate.block : header.parent) == *parent;
  if (!is_parent && !MUTANT(parent_unchecked)) { return refuse(candidate); }
  if (blocks.path_to(*parent).kind != BlockTree::Path::Kind::complete) { return; }
  if (seals(*blocks.find(*parent), config.epoch) != repeated) { return refuse(candidate); }
  if (repeated) { return consider_repeated(candidate); }
  switch (check_succession(*parent, *blocks.find(*parent), header, config, now.wall_ms)) {
    case Succession::invalid: return refuse(candidate);
    case Succession::early: wait_for_time(header.time); return;
    case Succession::good: break;
  }
  if (candidate.body == Candidate::Body::unasked) {
    candidate.body = Candidate::Body::asked;
    candidate.body_asked_ms = now.steady_ms;
    out.check.push_back({.view = which, .leader = header.proposer, .header = header});
  }
  if (is_skip_unproven(candidate)) { return; }
  if (candidate.body == Candidate::Body::stored || MUTANT(vote_before_body)) {
    publish(safety.notarize(which, parent_view, header, standing()));
  }
}

// It was judged when its view accepted it, and it is stored: neither clock nor execution is asked again.
void Engine::State::consider_repeated(Candidate& candidate) {
  const auto& proposal = candidate.proposal;
  candidate.body = Candidate::Body::stored;
  if (is_skip_unproven(candidate)) { return; }
  publish(safety.notarize(proposal.view, proposal.parent_view, proposal.header, standing()));
}

bool Engine::State::is_skip_unproven(const Candidate& candidate) {
  const auto unskipped = certificates.first_unskipped_between(candidate.proposal.parent_view, candidate.proposal.view);
  if (unskipped) { missing_from = std::min(missing_from.value_or(*unskipped), *unskipped); }
  return unskipped.has_value();
}

void Engine::State::wait_for_time(Milliseconds time) {
  const auto wait_ms = time - config.clock_drift_ms_max - now.wall_ms;
  const auto until_ms = now.steady_ms + std::min<std::uint64_t>(wait_ms, config.timing.timeout_cap_ms);
  early_until_ms = std::min(early_until_ms.value_or(until_ms), until_ms);
}

void Engine::State::refuse(Candidate& candidate) {
  candidate.refused = true;
  judge_own_judgement(candidate);
}

void Engine::State::judge_own_judgement(const Candidate& candidate) {
  const auto* accepted = certificates.acceptance(candidate.proposal.view);
  if (!candidate.rejected || accepted == nullptr || accepted->subject.block != candidate.block) { return; }
  halt(AlarmKind::rejected_notarized,
       "a quorum notarized the block of view " + candidate.proposal.view.text() + " that this validator found invalid");
}

// R4. One place for every reason.

void Engine::State::nullify_when_due() {
  if (!has_reason_to_nullify()) { return; }
  const auto vote = safety.nullify(standing());
  if (vote) { build.reset(); }
  publish(vote);
}

bool Engine::State::has_reason_to_nullify() const {
  const auto leader = elector.leader(view);
  const auto candidate = candidates.find(view);
  const bool refused = candidate != candidates.end() && candidate->second.refused;
  const bool leader_gave_up = leader != config.self && votes.has(view, VoteKind::nullify, leader);
  const bool cannot_lead = build_failed || (cannot_build && pacemaker.is_half_late(now.steady_ms));
  const bool silent = candidate == candidates.end() && is_leader_silent();
  return refused || leader_gave_up || cannot_lead || silent || pacemaker.is_leader_late(now.steady_ms) ||
         pacemaker.is_view_late(now.steady_ms);
}

// A leader that was silent for long is not waited for, while a quorum without it is there. Otherwise: wait.
bool Engine::State::is_leader_silent() const {
  const auto leader = elector.leader(view);
  const auto window_ms = config.timing.skip_silent_ms;
  return leader != config.self && now.steady_ms >= started_ms + window_ms &&
         !is_active(leader, window_ms, now.steady_ms) &&
         config.validators.has_quorum(active_weight(window_ms, now.steady_ms));
}

bool Engine::State::is_active(ValidatorIndex peer, std::uint64_t window_ms, std::uint64_t at_ms) const {
  const auto& one = peers[peer.value];
  return peer == config.self || (one.is_heard && at_ms < one.seen.heard_ms + window_ms);
}

std::uint64_t Engine::State::active_weight(std::uint64_t window_ms, std::uint64_t at_ms) const {
  std::uint64_t weight = 0;
  for (std::size_t i = 0; i < config.validators.size(); ++i) {
    const ValidatorIndex peer{static_cast<std::uint16_t>(i)};
    if (is_active(peer, window_ms, at_ms)) { weight += config.validators.weight(peer); }
  }
  return weight;
}

// R5, at every event: a block may become valid or complete long after its notarization.
void Engine::State::finalize_notarized() {
  if (!safety.may_vote()) { return; }
  for (const auto* notarization : certificates.newest_notarizations(limits::kRetransmitViews)) {
    publish(safety.finalize(*notarization, standing()));
  }
}

// R6.
void Engine::State::tally() {
  for (const auto& subject : votes.take_changed()) {
    if (subject.view <= floor.view || certificates.find(subject.kind, subject.view) != nullptr) { continue; }
    if (certificates_under_check.contains(subject)) { continue; }
    if (auto unchecked = votes.take_checks(subject); !unchecked.empty()) {
      std::vector<SignatureCheck> checks;
      for (const auto& vote : unchecked) { checks.push_back(check_of(vote)); }
      request_checks(VotesUnderCheck{std::move(unchecked)}, std::move(checks));
    }
    if (auto quorum = votes.quorum(subject); !quorum.empty()) {
      learn(make_certificate(std::move(quorum), config.validators));
    }
  }
}

// R7: the floor waits for the blocks that it makes final.
void Engine::State::commit() {
  if (safety.sealed()) { return; }  // a sealing block may be final in several views; the first is enough
  for (const auto* finalization : certificates.newest_finalizations(limits::kRetransmitViews)) {
    auto path = blocks.path_to(finalization->subject.block);
    if (path.kind == BlockTree::Path::Kind::aside) {
      return certificates_contradict(floor.finalization, *finalization);
    }
    if (path.kind == BlockTree::Path::Kind::complete ||
        (MUTANT(commit_without_blocks) && blocks.find(finalization->subject.block) != nullptr)) {
      const auto certificate = *finalization;
      const auto header = *blocks.find(certificate.subject.block);
      return move_floor(certificate, header, std::move(path));
    }
  }
}

void Engine::State::move_floor(const Certificate& finalization, const BlockHeader& header, BlockTree::Path path) {
  floor = {.finalization = finalization,
           .block = finalization.subject.block,
           .height = header.height,
           .view = finalization.subject.view};
  out.persist.push_back(floor);
  out.finalized.push_back(
      {.floor = floor, .headers = std::move(path.headers), .complete = path.kind == BlockTree::Path::Kind::complete});
  // R8. What is forgotten can never be voted on again, because every rule demands a view above the floor.
  blocks.move_floor(header, floor.view);
  if (seals(header, config.epoch)) { safety.seal(); }
  certificates.prune(floor.view);
  votes.prune(floor.view);
  safety.prune(floor.view);
  candidates.erase(candidates.begin(), candidates.upper_bound(floor.view));
  floor_moved_ms = now.steady_ms;
  retry_from_ms = safety.empty() ? std::nullopt : std::optional(now.steady_ms);
  resolver.progressed();
  progressed = true;
}

// R10, for blocks.

void Engine::State::want_blocks() {
  resolver.begin_pass();
  for (const auto* finalization : certificates.newest_finalizations(4)) {
    want_missing(finalization->subject.view, finalization->subject.block);
  }
  if (safety.may_vote()) {
    for (const auto& [which, candidate] : candidates) {
      const auto parent_view = candidate.proposal.parent_view;
      if (which > view || candidate.refused || parent_view <= floor.view) { continue; }
      if (const auto parent = accepted_block(parent_view)) { want_missing(parent_view, *parent); }
    }
    for (const auto* notarization : certificates.newest_notarizations(limits::kRetransmitViews)) {
      const auto* own = safety.at(notarization->subject.view);
      const bool may_finalize =
          own == nullptr || (!own->nullify && !own->finalize &&
                             (!own->notarize || own->notarize->subject.block == notarization->subject.block));
      if (may_finalize) { want_missing(notarization->subject.view, notarization->subject.block); }
    }
    if (leads(view) && cannot_build) {
      const auto parent_view = parent_view_to_build_on();
      if (const auto parent = accepted_block(parent_view)) { want_missing(parent_view, *parent); }
    }
  }
  resolver.end_pass();
}

void Engine::State::want_missing(View accepted_in, const BlockId& accepted) {
  const auto path = blocks.path_to(accepted);
  if (path.kind != BlockTree::Path::Kind::missing) { return; }
  // The proposal is probably still on its way, or its body in validation: do not transfer it twice.
  auto grace_ms = Resolver::kFetchGraceMs;
  const auto* header = blocks.find(path.missing);
  if (header != nullptr) {
    const auto candidate = candidates.find(header->view);
    if (candidate != candidates.end() && candidate->second.body == Candidate::Body::asked) {
      grace_ms = config.timing.retry_ms;
    }
  }
  if (!resolver.want(path.missing, grace_ms, now.steady_ms)) { return; }
  auto hint = header != nullptr ? header->proposer : elector.leader(accepted_in);
  out.fetch.push_back({.block = path.missing, .hint = hint == config.self ? std::nullopt : std::optional(hint)});
}

void Engine::State::alarm(AlarmKind kind, std::string text) { out.alarms.push_back({kind, std::move(text)}); }

void Engine::State::halt(AlarmKind kind, std::string text) {
  if (safety.halted()) { return; }
  safety.halt();
  alarm(kind, std::move(text));
}

}  // namespace keten::consensus
