#include "tests/simulator/witness.h"

#include <algorithm>
#include <cstdio>

#include "tests/simulator/checkers/agreement.h"
#include "tests/simulator/checkers/block_times.h"
#include "tests/simulator/checkers/blocks_recoverable.h"
#include "tests/simulator/checkers/bounded_memory.h"
#include "tests/simulator/checkers/certificates_valid.h"
#include "tests/simulator/checkers/delivered_once_in_order.h"
#include "tests/simulator/checkers/durable_before_send.h"
#include "tests/simulator/checkers/epoch_order.h"
#include "tests/simulator/checkers/equal_state_roots.h"
#include "tests/simulator/checkers/floor_monotone.h"
#include "tests/simulator/checkers/nothing_lost.h"
#include "tests/simulator/checkers/one_certificate_kind.h"
#include "tests/simulator/checkers/only_valid_transactions.h"
#include "tests/simulator/checkers/parent_chain.h"
#include "tests/simulator/checkers/single_vote.h"
#include "tests/simulator/checkers/vote_rules.h"
#include "tests/simulator/random.h"
#include "tests/simulator/transcript.h"

namespace keten::simulator {
namespace {

std::uint64_t word_of(const Hash& hash) { return FixedBytesHash{}(hash); }

std::string time_text(Time time) {
  char text[32];
  std::snprintf(text, sizeof(text), "%4llu.%06llu", static_cast<unsigned long long>(time / kSecond),
                static_cast<unsigned long long>(time % kSecond));
  return text;
}

}  // namespace

Witness::Witness(const Founding& founding, const KeyRing& keys, const Schedule& schedule, Counters& counters,
                 std::ostream* transcript, std::uint64_t liveness_ms)
    : schedule_(schedule), counters_(counters), transcript_(transcript) {
  sets_[Epoch{}] = founding.validators();
  parameters_[Epoch{}] = founding.genesis().parameters;
  checkers_.push_back(std::make_unique<Agreement>());
  checkers_.push_back(std::make_unique<OneCertificateKind>());
  checkers_.push_back(std::make_unique<ParentChain>(genesis_header(founding.genesis())));
  checkers_.push_back(std::make_unique<SingleVote>());
  checkers_.push_back(std::make_unique<VoteRules>(genesis_header(founding.genesis()), sets_));
  checkers_.push_back(std::make_unique<DurableBeforeSend>());
  checkers_.push_back(std::make_unique<BlocksRecoverable>(sets_));
  checkers_.push_back(std::make_unique<FloorMonotone>());
  checkers_.push_back(std::make_unique<CertificatesValid>(founding.chain_id(), sets_, keys));
  checkers_.push_back(std::make_unique<EpochOrder>(sets_));
  checkers_.push_back(std::make_unique<DeliveredOnceInOrder>());
  checkers_.push_back(std::make_unique<OnlyValidTransactions>(founding));
  checkers_.push_back(std::make_unique<EqualStateRoots>());
  checkers_.push_back(std::make_unique<NothingLost>());
  checkers_.push_back(std::make_unique<BoundedMemory>());
  checkers_.push_back(std::make_unique<BlockTimes>(schedule, founding.genesis().time + kStartsAfterGenesisMs,
                                                   founding.genesis().parameters.clock_drift_ms_max));
  auto blames = std::make_unique<NoHonestBlamed>();
  blames_ = blames.get();
  checkers_.push_back(std::move(blames));
  auto liveness = std::make_unique<Liveness>(liveness_ms);
  liveness_ = liveness.get();
  checkers_.push_back(std::move(liveness));
}

void Witness::tell_apart(std::set<NodeNumber> faulty, Checker& watch, std::function<void(NodeNumber)> exposed) {
  faulty_ = std::move(faulty);
  watch_ = &watch;
  exposed_ = std::move(exposed);
}

void Witness::started(NodeNumber at, const pipeline::PipelineRecovered& recovered) {
  note(1, at, recovered.executed_height.value);
  if (transcript_ != nullptr) {
    line(text_of(at) + " starts: executed height " + recovered.executed_height.text() + ", floor view " +
         recovered.consensus.floor.view.text() + " height " + recovered.consensus.floor.height.text() + ", " +
         std::to_string(recovered.consensus.votes.size()) + " votes, " +
         std::to_string(recovered.consensus.certificates.size()) + " certificates, " +
         std::to_string(recovered.consensus.stored.size()) + " blocks above it");
  }
  if (is_faulty(at)) { return; }
  for (const auto& checker : checkers_) { checker->started(at, recovered); }
}

void Witness::read_at_start(NodeNumber at, const pipeline::Persist& contents) {
  if (is_faulty(at)) { return; }
  for (const auto& checker : checkers_) { checker->read_at_start(at, contents); }
}

void Witness::damaged(NodeNumber at) {
  note(10, at, 0);
  damaged_.insert(at);
  for (const auto& checker : checkers_) { checker->damaged(at); }
}

void Witness::crashed(NodeNumber at, std::string_view how) {
  note(2, at, 0);
  if (transcript_ != nullptr) { line(text_of(at) + " crashes " + std::string(how)); }
  if (is_faulty(at)) { return; }
  for (const auto& checker : checkers_) { checker->crashed(at); }
}

void Witness::forgot(NodeNumber at, std::string_view what) {
  note(10, at, 0);
  if (transcript_ != nullptr) { line(text_of(at) + " loses " + std::string(what)); }
  forgetful_.insert(at);
  for (const auto& checker : checkers_) { checker->forgot(at); }
}

void Witness::synced(NodeNumber at, const pipeline::Persist& persist) {
  note(3, at, persist.sequence);
  if (is_faulty(at)) { return; }
  for (const auto& checker : checkers_) { checker->synced(at, persist); }
}

void Witness::sent(NodeNumber from, std::optional<NodeNumber> to, const pipeline::PeerMessage& message) {
  note(4, from, message.index() * 256 + (to ? to->value : 255U));
  if (transcript_ != nullptr) {
    line(text_of(from) + " -> " + (to ? to->text() : std::string("all")) + ": " + describe(message));
  }
  if (is_faulty(from)) { return; }
  if (measurements_ != nullptr) {
    measurements_->sent(message, to ? 1 : sets_.at(Epoch{}).size() - 1, schedule_.now());
  }
  count_message(message);
  if (const auto* vote = std::get_if<Vote>(&message)) {
    take_vote(vote->subject, vote->signer, true);
  } else if (const auto* certificate = std::get_if<Certificate>(&message)) {
    take_certificate(from, *certificate);
  } else if (const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message)) {
    const auto& said = proposal->proposal;
    if (said.view != said.header.view) { counters_.count(Happening::sealing_block_repeated); }
    if (const auto leader = sets_.at(said.epoch).find(from)) { take_vote(said.subject(), *leader, true); }
    for (const auto& one : proposal->proposal.justification) { take_certificate(from, one); }
  } else if (const auto* certificates = std::get_if<consensus::CertificateResponse>(&message)) {
    for (const auto& one : certificates->certificates) { take_certificate(from, one); }
  } else if (const auto* blocks = std::get_if<pipeline::BlockResponse>(&message)) {
    if (blocks->finalization) { take_certificate(from, *blocks->finalization); }
  } else if (const auto* status = std::get_if<consensus::Status>(&message)) {
    auto& newest = newest_views_[status->epoch];
    newest = std::max(newest, status->view);
  }
}

void Witness::delivered(NodeNumber at, NodeNumber from, const pipeline::PeerMessage& message) {
  note(5, at, message.index() * 256 + from.value);
  if (is_faulty(at)) { return; }
  for (const auto& checker : checkers_) { checker->delivered(at, from, message); }
}

void Witness::count_message(const pipeline::PeerMessage& message) {
  if (std::holds_alternative<consensus::CertificateRequest>(message)) {
    counters_.count(Happening::certificate_requested);
  } else if (const auto* payload = std::get_if<pipeline::PayloadRequest>(&message)) {
    counters_.count(payload->indices.empty() ? Happening::whole_block_requested : Happening::payload_requested);
  } else if (std::holds_alternative<pipeline::PayloadResponse>(message)) {
    counters_.count(Happening::payload_served);
  } else if (std::holds_alternative<pipeline::BlockRequest>(message)) {
    counters_.count(Happening::block_sync_used);
  } else if (std::holds_alternative<pipeline::BlockResponse>(message)) {
    counters_.count(Happening::blocks_served);
  }
}

NodeNumber Witness::number_of(Epoch epoch, ValidatorIndex signer) const { return sets_.at(epoch).at(signer).number; }

void Witness::take_vote(const Subject& subject, ValidatorIndex signer, bool alone) {
  const auto voter = number_of(subject.epoch, signer);
  if (is_faulty(voter)) { return; }
  auto& newest = newest_views_[subject.epoch];
  newest = std::max(newest, subject.view);
  if (!votes_.insert({subject, signer}).second) {
    if (alone) { counters_.count(Happening::vote_repeated); }
    return;
  }
  if (subject.kind == VoteKind::notarize) {
    const Subject nullify{VoteKind::nullify, subject.epoch, subject.view, {}, {}};
    if (votes_.contains({nullify, signer})) { counters_.count(Happening::notarized_after_nullify); }
  }
  for (const auto& checker : checkers_) { checker->vote_sent(subject, voter); }
  if (watch_ != nullptr) { watch_->vote_sent(subject, voter); }
}

void Witness::take_certificate(NodeNumber from, const Certificate& certificate) {
  // Another signature under the same bitmap would be another form; it is looked at again.
  auto [known, is_new] = certificates_.try_emplace(certificate.subject, certificate);
  if (is_new && certificate.subject.kind == VoteKind::nullify) { counters_.count(Happening::view_skipped); }
  if (!is_new) {
    if (known->second == certificate) { return; }
    known->second = certificate;
  }
  for (const auto signer : certificate.signer_indices()) { take_vote(certificate.subject, signer, false); }
  for (const auto& checker : checkers_) { checker->certificate_sent(from, certificate); }
  if (watch_ != nullptr) { watch_->certificate_sent(from, certificate); }
}

void Witness::block_final(NodeNumber at, const Block& block) {
  if (measurements_ != nullptr) { measurements_->block_final(at, block, schedule_.now()); }
  const auto id = block.header.id();
  note(6, at, word_of(id));
  if (transcript_ != nullptr) {
    line(text_of(at) + " final: height " + block.header.height.text() + " block " + short_text(id) + " view " +
         block.header.view.text() + " with " + std::to_string(block.transactions.size()) + " transactions");
  }
  if (is_faulty(at)) { return; }
  if (block.header.height > newest_final_) {
    newest_final_ = block.header.height;
    newest_final_view_ = {block.header.epoch, block.header.view};
    final_blocks_.insert(id);
    if (block.transactions.empty()) { counters_.count(Happening::empty_block_final); }
    counters_.count(Happening::evidence_recorded, block.evidence.size());
    if (block.transactions.size() >= 10) { counters_.count(Happening::full_block_final); }
  }
  for (const auto& checker : checkers_) { checker->block_final(at, {block, id}); }
}

void Witness::execute_asked(NodeNumber at, const pipeline::Execute& execute) {
  const auto id = execute.block->header.id();
  note(7, at, word_of(id));
  if (is_faulty(at)) { return; }
  if (!execute.finalization) { counters_.count(Happening::final_by_descendant); }
  for (const auto& checker : checkers_) { checker->execute_asked(at, {*execute.block, id}); }
}

void Witness::executed(NodeNumber at, Height height, const Hash& state_root) {
  note(8, at, word_of(state_root));
  if (is_faulty(at)) { return; }
  for (const auto& checker : checkers_) { checker->executed(at, height, state_root); }
}

View Witness::newest_view() const {
  View sum;
  for (const auto& [epoch, view] : newest_views_) { sum = sum.plus(view.value); }
  return sum;
}

void Witness::membership_changed(NodeNumber at, const Membership& membership) {
  const auto& now = membership.current;
  const auto [known, is_new] = sets_.try_emplace(now.epoch, now.validators);
  if (known->second.id() != now.validators.id()) {
    broken("epoch_order", text_of(at) + " begins epoch " + now.epoch.text() + " with another set than others");
  }
  if (!is_new) { return; }
  parameters_[now.epoch] = now.parameters;
  const auto& before = sets_.at(now.epoch.previous());
  counters_.count(Happening::epoch_changed);
  if (!(parameters_.at(now.epoch.previous()) == now.parameters)) { counters_.count(Happening::parameter_changed); }
  for (const auto& one : now.validators.members()) {
    const auto place = before.find(one.number);
    if (!place) { counters_.count(Happening::follower_became_validator); }
    if (place && before.at(*place).key != one.key) { counters_.count(Happening::key_rotated); }
  }
  for (const auto& one : before.members()) {
    if (!now.validators.find(one.number)) { counters_.count(Happening::validator_removed); }
  }
  remark("* epoch " + now.epoch.text() + " begins at height " + membership.since.text() + " with " +
         std::to_string(now.validators.size()) + " validators");
}

void Witness::measured(NodeNumber at, const consensus::Floor& floor, const pipeline::PipelineStatus& status) {
  if (is_faulty(at)) { return; }
  if (status.height.value > status.executed_height.value + 4) { counters_.count(Happening::lagging_execution); }
  for (const auto& checker : checkers_) { checker->measured(at, floor, status); }
}

void Witness::unheard(NodeNumber at, NodeNumber peer) {
  if (!is_faulty(at) && !is_faulty(peer)) { blames_->blamed(at, peer); }
}

void Witness::read_back(NodeNumber at, const TransactionId& id, const std::optional<storage::Place>& place) {
  for (const auto& checker : checkers_) { checker->read_back(at, id, place); }
}

void Witness::alarm(NodeNumber at, const consensus::Alarm& alarm) {
  note(9, at, static_cast<std::uint64_t>(alarm.kind));
  counters_.count(Happening::alarm);
  if (transcript_ != nullptr) { line(text_of(at) + " ALARM: " + alarm.text); }
  if (is_faulty(at)) { return; }
  if (const auto named = named_in(alarm)) { return exposed_(*named); }
  switch (alarm.kind) {
    case consensus::AlarmKind::readmitted: return counters_.count(Happening::quarantine_left);
    case consensus::AlarmKind::quarantined: {
      // A machine with an empty disk that meets a running chain cannot know whether it was there before.
      const bool is_late = alarm.text.find("it has no data") != std::string::npos;
      if (!is_late && !forgetful_.contains(at) && !damaged_.contains(at)) { break; }
      return counters_.count(Happening::quarantine_entered);
    }
    case consensus::AlarmKind::conflicting_votes:
      for (const auto index : damaged_) {
        const auto& one = sets_.at(Epoch{}).at({index.value});
        if (alarm.text.starts_with(one.organisation + "/" + one.node + " ")) { return; }
      }
      break;
    case consensus::AlarmKind::safety_broken:
    case consensus::AlarmKind::rejected_notarized: break;
  }
  // Nobody else ever has a reason to raise one: evidence never names a validator that kept its promises.
  if (breaches_.size() < 3) { broken("no_alarm", text_of(at) + ": " + alarm.text); }
}

std::optional<NodeNumber> Witness::named_in(const consensus::Alarm& alarm) const {
  const bool names_somebody = alarm.kind == consensus::AlarmKind::conflicting_votes;
  const bool is_about_a_block =
      alarm.kind == consensus::AlarmKind::rejected_notarized && alarm.text.starts_with("state divergence: proposal");
  for (const auto number : faulty_) {
    const auto& one = sets_.at(Epoch{}).at({number.value});
    if (is_about_a_block || (names_somebody && alarm.text.starts_with(one.organisation + "/" + one.node + " "))) {
      return number;
    }
  }
  return std::nullopt;
}

void Witness::ended() {
  for (const auto& [subject, certificate] : certificates_) {
    if (subject.kind == VoteKind::notarize && std::pair(subject.epoch, subject.view) < newest_final_view_ &&
        !final_blocks_.contains(subject.block)) {
      counters_.count(Happening::fork_abandoned);
    }
  }
}

void Witness::remark(const std::string& text) {
  if (transcript_ != nullptr) { line(text); }
}

std::vector<Breach> Witness::breaches() const {
  auto result = breaches_;
  for (const auto& checker : checkers_) {
    for (const auto& text : checker->violations()) { result.push_back({checker->name(), text}); }
  }
  return result;
}

bool Witness::is_clean() const {
  return breaches_.empty() && std::all_of(checkers_.begin(), checkers_.end(),
                                          [](const auto& checker) { return checker->violations().empty(); });
}

void Witness::note(std::uint64_t kind, NodeNumber at, std::uint64_t detail) {
  log_hash_ = Random::mix(log_hash_ ^ (schedule_.now() * 1024 + kind * 128 + at.value)) + detail;
}

void Witness::line(const std::string& text) { *transcript_ << time_text(schedule_.now()) << "  " << text << '\n'; }

}  // namespace keten::simulator
