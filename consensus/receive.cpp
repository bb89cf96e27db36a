#include <algorithm>

#include "consensus/header_rules.h"
#include "consensus/state.h"
#include "core/limits.h"
#include "core/mutant.h"

// What a message changes, before any rule is applied. Cheap tests come first, signatures last.
namespace keten::consensus {

namespace {

constexpr std::size_t kCertificatesInOneCheckMax = 64;
constexpr std::size_t kChecksOfOnePeerMax = 16;

}  // namespace

void Engine::State::heard(ValidatorIndex from) {
  peers[from.value].seen.heard_ms = now.steady_ms;
  peers[from.value].is_heard = true;
}

void Engine::State::request_checks(UnderCheck what, std::vector<SignatureCheck> checks) {
  const auto ticket = ++last_ticket;
  under_check.emplace(ticket, std::move(what));
  out.verify.push_back({.ticket = ticket, .checks = std::move(checks)});
}

SignatureCheck Engine::State::check_of(const Vote& vote) const {
  return check_of(vote.signer, vote.subject.signing_hash(config.chain_id, config.validators.id()), vote.signature);
}

SignatureCheck Engine::State::check_of(ValidatorIndex signer, const Hash& digest,
                                       const keten::Signature& signature) const {
  return {.key = config.validators.at(signer).key, .digest = digest, .signature = signature};
}

// Votes

void Engine::State::receive(ValidatorIndex from, Vote& vote) {
  const auto& subject = vote.subject;
  if (subject.epoch != config.epoch || subject.view.value == 0 || resolver.is_banned(from, now.steady_ms)) { return; }
  if (vote.signer == config.self) { return receive_own_echo(from, vote); }
  // A vote counts on its signer's own channel only: that is what makes counting before checking safe.
  if (vote.signer != from && !MUTANT(vote_of_another_channel)) { return; }
  if (subject.view <= floor.view) { return hint_finalization(from, subject.view); }
  if (subject.view.value > view.value + limits::kVoteViewsAhead) { return; }
  count(vote);
}

void Engine::State::count(const Vote& vote) {
  if (const auto earlier = votes.add(vote)) {
    request_checks(ContradictionUnderCheck{*earlier, vote}, {check_of(*earlier), check_of(vote)});
  }
}

// Somebody has a vote of this key. Either this journal has it too, or another process signs with this key.
void Engine::State::receive_own_echo(ValidatorIndex from, const Vote& vote) {
  const bool unknown = vote.subject.view > floor.view && !safety.has_cast(vote.subject) && !safety.halted();
  if (unknown) { request_checks(EchoUnderCheck{from, vote}, {check_of(vote)}); }
}

void Engine::State::checked(const VotesUnderCheck& what, const std::vector<bool>& valid) {
  for (std::size_t i = 0; i < what.votes.size(); ++i) {
    const bool good = i < valid.size() && valid[i];
    votes.checked(what.votes[i], good);
    if (!good) { resolver.ban(what.votes[i].signer, now.steady_ms); }
  }
}

void Engine::State::checked(const ContradictionUnderCheck& what, const std::vector<bool>& valid) {
  if (valid.size() != 2) { return; }
  votes.checked(what.earlier, valid[0]);
  votes.checked(what.later, valid[1]);
  if (!valid[0] || !valid[1]) { return resolver.ban(what.later.signer, now.steady_ms); }
  prove(Evidence::of(what.earlier, what.later));
}

void Engine::State::checked(const EchoUnderCheck& what, const std::vector<bool>& valid) {
  const bool unknown = what.vote.subject.view > floor.view && !safety.has_cast(what.vote.subject);
  if (valid.empty() || !valid[0]) { return resolver.ban(what.from, now.steady_ms); }
  if (unknown) { voted_elsewhere_too(what.vote); }
}

// Certificates

bool Engine::State::is_needed(const Certificate& certificate) const {
  const auto& subject = certificate.subject;
  if (subject.epoch != config.epoch) { return false; }
  if (subject.view <= floor.view) { return contradicts_floor(subject) && !contradiction; }
  const auto* known = certificates.find(subject.kind, subject.view);
  if (known != nullptr && known->subject == subject) { return false; }
  return !certificates_under_check.contains(subject) && !votes.awaits_quorum(subject);
}

void Engine::State::check_certificates(CertificatesUnderCheck batch, std::vector<SignatureCheck> checks,
                                       const std::vector<Certificate>& received) {
  // What one peer can have checked at one time is bounded; what is lost comes again by R9 and R10.
  if (!batch.proposal && peers[batch.from.value].checks >= kChecksOfOnePeerMax) { return; }
  for (const auto& certificate : received) {
    if (batch.parts.size() == kCertificatesInOneCheckMax) { break; }
    if (!is_needed(certificate) || !is_well_formed(certificate, config.validators)) { continue; }
    const auto signers = certificate.signer_indices();
    const auto digest = certificate.subject.signing_hash(config.chain_id, config.validators.id());
    const auto before = checks.size();
    for (std::size_t i = 0; i < signers.size(); ++i) {
      const Vote vote{certificate.subject, signers[i], certificate.signatures[i]};
      if (votes.is_checked(vote)) { continue; }
      checks.push_back(check_of(signers[i], digest, certificate.signatures[i]));
    }
    certificates_under_check.insert(certificate.subject);
    batch.parts.push_back({certificate, checks.size() - before});
  }
  if (batch.parts.empty() && !batch.proposal) { return; }
  ++peers[batch.from.value].checks;
  if (checks.empty()) { return checked(batch, {}); }
  request_checks(std::move(batch), std::move(checks));
}

void Engine::State::receive(ValidatorIndex from, Certificate& certificate) {
  if (resolver.is_banned(from, now.steady_ms)) { return; }
  check_certificates({.from = from, .parts = {}, .headers = {}, .proposal = {}}, {}, {certificate});
}

void Engine::State::receive(ValidatorIndex from, CertificateResponse& response) {
  if (resolver.is_banned(from, now.steady_ms)) { return; }
  if (response.headers.size() > kCertificatesInOneCheckMax) { response.headers.resize(kCertificatesInOneCheckMax); }
  check_certificates({.from = from, .parts = {}, .headers = std::move(response.headers), .proposal = {}}, {},
                     response.certificates);
}

void Engine::State::checked(const CertificatesUnderCheck& what, const std::vector<bool>& valid) {
  --peers[what.from.value].checks;
  std::size_t next = 0;
  const auto take = [&] { return next < valid.size() && valid[next++]; };
  bool all_good = true;
  if (what.proposal) {
    const bool good = take();
    all_good = good;
    const auto found = candidates.find(*what.proposal);
    if (found != candidates.end()) {
      auto& candidate = found->second;
      if (good) {
        candidate.signature = Candidate::Signature::good;
        // The proposal is its leader's notarize vote.
        votes.add_checked({candidate.proposal.subject(), what.from, candidate.proposal.leader_notarize});
        progressed = true;
      } else {
        refuse(candidate);
      }
    }
  }
  for (const auto& part : what.parts) {
    bool good = true;
    for (std::size_t i = 0; i < part.checks; ++i) { good = (take() || MUTANT(certificate_unchecked)) && good; }
    certificates_under_check.erase(part.certificate.subject);
    if (!good) { votes.touch(part.certificate.subject); }
    all_good = all_good && good;
    if (good) { learn(part.certificate); }
  }
  for (const auto& header : what.headers) {
    if (header.epoch == config.epoch && certificates.accepts(header.id())) { blocks.add(header); }
  }
  if (!all_good) { resolver.ban(what.from, now.steady_ms); }
}

// Every certificate, formed here or received, enters the state here, durable in the step that first acts on it.
void Engine::State::learn(const Certificate& certificate) {
  const auto& subject = certificate.subject;
  if (contradicts_floor(subject)) { return certificates_contradict(floor.finalization, certificate); }
  if (subject.view <= floor.view) { return; }
  chain_runs_already();
  switch (certificates.add(certificate)) {
    case CertificateStore::Added::known: return;
    case CertificateStore::Added::contradiction:
      return certificates_contradict(*certificates.contradiction(certificate), certificate);
    case CertificateStore::Added::added: break;
  }
  if (!MUTANT(certificate_not_in_journal)) { out.persist.push_back(HeldCertificate{certificate}); }
  progressed = true;
  resolver.progressed();
  relay(certificate);
  const auto signers = certificate.signer_indices();
  const bool signed_here = config.self && std::find(signers.begin(), signers.end(), *config.self) != signers.end();
  if (signed_here && !safety.has_cast(subject)) {
    const auto place =
        static_cast<std::size_t>(std::find(signers.begin(), signers.end(), *config.self) - signers.begin());
    voted_elsewhere_too({subject, *config.self, certificate.signatures[place]});
  }
  if (const auto found = candidates.find(subject.view); found != candidates.end()) {
    judge_own_judgement(found->second);
  }
}

// Proposals

void Engine::State::receive(ValidatorIndex from, Proposal& proposal) {
  const auto which = proposal.view;
  if (proposal.epoch != config.epoch || which.value == 0 || elector.leader(which) != from) { return; }
  if (resolver.is_banned(from, now.steady_ms)) { return; }
  if (which <= floor.view) { return hint_finalization(from, which); }
  // R3: the first proposal of each view up to the next one; old ones only as far as votes are repeated for them.
  if (which > view.next() || which.value + limits::kRetransmitViews < view.value) { return; }
  if (MUTANT(two_notarizes)) { candidates.erase(which); }
  const auto known = candidates.find(which);
  if (known != candidates.end()) {
    // A second, different proposal is a second notarize vote; counting it finds the contradiction.
    if (known->second.block != proposal.header.id() && known->second.signature == Candidate::Signature::good) {
      count({proposal.subject(), from, proposal.leader_notarize});
    }
    return;
  }
  if (which == view) { pacemaker.proposal_arrived(now.steady_ms); }
  auto& candidate = candidates[which];
  candidate.block = proposal.header.id();
  candidate.proposal = std::move(proposal);
  if (!is_well_formed_proposal(candidate.proposal, config, elector)) { return refuse(candidate); }
  blocks.add(candidate.proposal.header);
  const auto justification = std::exchange(candidate.proposal.justification, {});
  check_certificates({.from = from, .parts = {}, .headers = {}, .proposal = which},
                     {check_of({candidate.proposal.subject(), from, candidate.proposal.leader_notarize})},
                     justification);
}

// Standing of the peers

void Engine::State::receive(ValidatorIndex from, Status& status) {
  if (status.epoch != config.epoch) { return; }
  peers[from.value].seen.status = status;
  peers[from.value].has_status = true;
  if (status.floor_view > newest_final_view() || status.view > view) { ask_certificates(from, view); }
}

void Engine::State::receive(ValidatorIndex from, CertificateRequest& request) {
  if (request.epoch != config.epoch || !resolver.may_answer(from, now.steady_ms)) { return; }
  CertificateResponse response;
  if (floor_is_proven()) {
    response.certificates.push_back(floor.finalization);
    response.headers.push_back(blocks.floor());
  }
  for (auto& certificate : certificates.from(request.from_view, kCertificatesInOneCheckMax - 1)) {
    const auto* header = blocks.find(certificate.subject.block);
    if (certificate.subject.kind != VoteKind::nullify && header != nullptr) { response.headers.push_back(*header); }
    response.certificates.push_back(std::move(certificate));
  }
  // The newest finalization may spare the asker everything before it.
  for (const auto* finalization : certificates.newest_finalizations(1)) {
    response.certificates.insert(response.certificates.begin(), *finalization);
  }
  if (!response.certificates.empty()) { send(from, std::move(response)); }
}

}  // namespace keten::consensus
