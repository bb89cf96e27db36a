#include <algorithm>
#include <limits>

#include "consensus/header_rules.h"
#include "consensus/state.h"
#include "core/hash.h"

// docs/consensus.md, "Amnesia" and "Evidence": a key whose past is not known here, and proof against any key.
namespace keten::consensus {

namespace {

constexpr std::size_t kChecksOfOnePeerMax = 16;

std::string certificate_text(const Certificate& certificate) {
  const auto& subject = certificate.subject;
  std::string text = std::string(vote_name(subject.kind)) + " certificate of view " + subject.view.text();
  if (subject.kind != VoteKind::nullify) { text += " for block " + subject.block.hex(); }
  return text;
}

std::string contradiction_text(const Contradiction& contradiction) {
  return "more validators are faulty than tolerated: a " + certificate_text(contradiction.one) + " and a " +
         certificate_text(contradiction.other) + " contradict each other";
}

}  // namespace

// Into quarantine

void Engine::State::enter_quarantine(QuarantineCause cause, std::optional<Vote> vote) {
  is_fresh = false;
  quarantine = Quarantine{.cause = cause, .vote = std::move(vote)};
  safety.quarantine();
  standings.clear();
  recovery_due_ms = now.steady_ms;
  build.reset();
  // Also at every start: whoever finds this record last knows that nothing ended it.
  out.persist.push_back(*quarantine);
  if (config.self) { alarm(AlarmKind::quarantined, abstention_reason()); }
}

void Engine::State::chain_runs_already() {
  if (is_fresh) { enter_quarantine(QuarantineCause::unknown_past); }
}

void Engine::State::forget_unknown_past() {
  is_fresh = false;
  if (config.self || !quarantine || quarantine->cause == QuarantineCause::foreign_vote) { return; }
  quarantine.reset();
  safety.readmit(View{});
  out.persist.push_back(Readmission{.epoch = config.epoch, .first = View{}});
}

void Engine::State::voted_elsewhere_too(const Vote& vote) {
  const auto voted = vote.subject.view;
  if (safety.halted()) { return; }
  if (safety.is_quarantined()) {
    voted_elsewhere = std::max(voted_elsewhere, voted);
    return;
  }
  if (voted < safety.first()) { return; }  // of the time before, as expected
  is_alone = false;
  enter_quarantine(QuarantineCause::foreign_vote, vote);
}

// Out of quarantine

bool Engine::State::may_recover() const {
  return config.self && quarantine && safety.is_quarantined() && !safety.halted() &&
         (quarantine->cause != QuarantineCause::foreign_vote || is_alone);
}

void Engine::State::ask_to_recover() {
  if (!may_recover() || now.steady_ms < recovery_due_ms) { return; }
  recovery_due_ms = now.steady_ms + config.timing.retry_ms;
  for (std::size_t i = 0; i < config.validators.size(); ++i) {
    const ValidatorIndex peer{static_cast<std::uint16_t>(i)};
    if (peer == config.self || standings.contains(peer)) { continue; }
    send(peer, RecoveryRequest{.epoch = config.epoch, .nonce = nonce});
  }
}

// A finalize of the sealing block is cast by who holds its notarization; so some honest one of any quorum knows of it
// when the next epoch may have begun.
bool Engine::State::has_sealed() const {
  constexpr auto kAll = std::numeric_limits<std::size_t>::max();
  auto accepted = certificates.newest_notarizations(kAll);
  for (const auto* finalization : certificates.newest_finalizations(kAll)) { accepted.push_back(finalization); }
  const auto may_seal = [&](const Certificate* certificate) {
    const auto* header = blocks.find(certificate->subject.block);
    return header == nullptr || seals(*header, config.epoch);
  };
  return std::any_of(accepted.begin(), accepted.end(), may_seal) || seals(blocks.floor(), config.epoch);
}

void Engine::State::receive(ValidatorIndex from, const RecoveryRequest& request) {
  // Who is not sure of its own past cannot vouch for another's.
  const bool can_vouch = safety.may_vote_in(view) && !is_fresh;
  if (request.epoch != config.epoch || !can_vouch || !resolver.may_answer(from, now.steady_ms)) { return; }
  RecoveryReply reply{.epoch = config.epoch,
                      .nonce = request.nonce,
                      .view = view,
                      .has_sealed = has_sealed(),
                      .proof = std::nullopt,
                      .signature = {}};
  if (view.value > 1) {
    const auto before = view.previous();
    for (const auto kind : {VoteKind::nullify, VoteKind::notarize, VoteKind::finalize}) {
      if (const auto* clearing = certificates.find(kind, before)) { reply.proof = *clearing; }
    }
    if (!reply.proof && floor.view == before && floor_is_proven()) { reply.proof = floor.finalization; }
    if (!reply.proof) { return; }
  }
  const auto digest = reply.signing_hash(config.chain_id, config.validators.id(), from, *config.self);
  const auto signature = safety.attest(digest);
  if (!signature) { return; }
  reply.signature = *signature;
  send(from, std::move(reply));
  help_to_rejoin(from);
}

// Until the asker votes again it is one of the f that may fail, so an idle chain does not wait for work: its next two views
// are nullified, which writes no block. Bounded, because anybody may ask.
void Engine::State::help_to_rejoin(ValidatorIndex asker) {
  const auto [helped, is_first] = helped_ms.try_emplace(asker, now.steady_ms);
  if (!is_first && now.steady_ms - helped->second < config.timing.idle_interval_ms) { return; }
  helped->second = now.steady_ms;
  readmission_view = std::max(readmission_view, View{view.value + 2});
}

void Engine::State::receive(ValidatorIndex from, RecoveryReply& reply) {
  if (!may_recover() || reply.epoch != config.epoch || reply.nonce != nonce || reply.view.value == 0) { return; }
  if (reply.has_sealed || standings.contains(from) || resolver.is_banned(from, now.steady_ms)) { return; }
  if (peers[from.value].checks >= kChecksOfOnePeerMax) { return; }
  const auto digest = reply.signing_hash(config.chain_id, config.validators.id(), *config.self, from);
  std::vector<SignatureCheck> checks{check_of(from, digest, reply.signature)};
  if (reply.view.value > 1) {
    // A view that is not proven would keep this validator silent for as long as the liar likes.
    const bool proves = reply.proof && reply.proof->subject.epoch == config.epoch &&
                        reply.proof->subject.view.next() == reply.view &&
                        is_well_formed(*reply.proof, config.validators);
    if (!proves) { return resolver.ban(from, now.steady_ms); }
    const auto signers = reply.proof->signer_indices();
    const auto proven = reply.proof->subject.signing_hash(config.chain_id, config.validators.id());
    for (std::size_t i = 0; i < signers.size(); ++i) {
      checks.push_back(check_of(signers[i], proven, reply.proof->signatures[i]));
    }
  }
  ++peers[from.value].checks;
  request_checks(ReplyUnderCheck{from, std::move(reply)}, std::move(checks));
}

void Engine::State::checked(const ReplyUnderCheck& what, const std::vector<bool>& valid) {
  --peers[what.from.value].checks;
  if (valid.empty() || std::find(valid.begin(), valid.end(), false) != valid.end()) {
    return resolver.ban(what.from, now.steady_ms);
  }
  if (!may_recover() || what.reply.nonce != nonce) { return; }
  standings.emplace(what.from, what.reply.view);
  count_standings();
}

// Old votes were cast in view V + 1 at most, V the newest view of the answers: to vote in a view its predecessor must be
// cleared, which takes more honest validators than any quorum of the others can leave out.
void Engine::State::count_standings() {
  std::uint64_t weight = 0;
  View newest;
  for (const auto& [peer, stands] : standings) {
    weight += config.validators.weight(peer);
    newest = std::max(newest, stands);
  }
  if (!config.validators.has_quorum(weight)) { return; }
  // docs/consensus.md, "Amnesia": V + 1 is not enough.
  const auto first = std::max({newest.plus(2), voted_elsewhere.next(), safety.first()});
  quarantine.reset();
  standings.clear();
  nonce = Hasher("keten/recovery-nonce/1").fixed(nonce).finish();
  safety.readmit(first);
  out.persist.push_back(Readmission{.epoch = config.epoch, .first = first});
  alarm(AlarmKind::readmitted, "the others have said where they stand: this validator votes again from view " +
                                   first.text() + " of epoch " + config.epoch.text() + " on");
  progressed = true;
}

std::string Engine::State::abstention_reason() const {
  if (contradiction) { return contradiction_text(*contradiction) + "; this validator has stopped voting for good"; }
  if (safety.halted()) { return "this validator has stopped voting"; }
  if (!quarantine) {
    if (view >= safety.first()) { return {}; }
    return "this validator votes again from view " + safety.first().text() + " on, the current one is " + view.text();
  }
  std::string text = "in quarantine, casts no vote: " + std::string(quarantine_name(quarantine->cause));
  if (quarantine->vote) {
    const auto& subject = quarantine->vote->subject;
    text += " (a " + std::string(vote_name(subject.kind)) + " of view " + subject.view.text() + ")";
  }
  if (!may_recover()) {
    return text + ". When no other process uses the key, start with ketend start --recover-votes, or rotate the key";
  }
  std::uint64_t weight = 0;
  for (const auto& [peer, stands] : standings) { weight += config.validators.weight(peer); }
  text += ". Weight " + std::to_string(weight) + " of " + std::to_string(config.validators.quorum_weight()) +
          " among the others has said where it stands";
  std::string separator = "; not yet: ";
  for (std::size_t i = 0; i < config.validators.size(); ++i) {
    const ValidatorIndex peer{static_cast<std::uint16_t>(i)};
    if (peer == config.self || standings.contains(peer)) { continue; }
    const auto& validator = config.validators.at(peer);
    const bool abstains = peers[i].has_status && peers[i].seen.status.abstains;
    text += separator + validator.organisation + "/" + validator.node + (abstains ? " (casts no vote itself)" : "");
    separator = ", ";
  }
  return text;
}

// Evidence

// What is final can have neither another finalization nor a nullification.
bool Engine::State::contradicts_floor(const Subject& subject) const {
  if (subject.view != floor.view || !floor_is_proven()) { return false; }
  return subject.kind == VoteKind::nullify || subject.block != floor.block;
}

void Engine::State::certificates_contradict(const Certificate& one, const Certificate& other) {
  if (contradiction) { return; }
  contradiction = Contradiction{.one = one, .other = other};
  out.persist.push_back(*contradiction);
  halt(AlarmKind::safety_broken, abstention_reason());
}

void Engine::State::prove(Evidence proven) {
  const auto key = check_evidence(proven, config.epoch, config.validators);
  if (!key || !evidence.emplace(*key, proven).second) { return; }
  out.persist.push_back(proven);
  alarm(AlarmKind::conflicting_votes, contradiction_text(proven, config.validators));
  for (const auto* vote : {&proven.first, &proven.second}) {
    const bool is_unknown =
        vote->signer == config.self && vote->subject.view > floor.view && !safety.has_cast(vote->subject);
    if (is_unknown) { voted_elsewhere_too(*vote); }
  }
  send(std::nullopt, proven);
  out.evidence.push_back(std::move(proven));
}

void Engine::State::receive(ValidatorIndex from, Evidence& told) {
  const auto key = check_evidence(told, config.epoch, config.validators);
  if (!key || evidence.contains(*key) || evidence_under_check.contains(*key)) { return; }
  if (resolver.is_banned(from, now.steady_ms) || peers[from.value].checks >= kChecksOfOnePeerMax) { return; }
  ++peers[from.value].checks;
  evidence_under_check.insert(*key);
  std::vector<SignatureCheck> checks{check_of(told.first), check_of(told.second)};
  request_checks(EvidenceUnderCheck{from, std::move(told), *key}, std::move(checks));
}

void Engine::State::checked(const EvidenceUnderCheck& what, const std::vector<bool>& valid) {
  --peers[what.from.value].checks;
  evidence_under_check.erase(what.key);
  if (valid.size() != 2 || !valid[0] || !valid[1]) { return resolver.ban(what.from, now.steady_ms); }
  prove(what.evidence);
}

}  // namespace keten::consensus
