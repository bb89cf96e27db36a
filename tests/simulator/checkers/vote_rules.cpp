#include "tests/simulator/checkers/vote_rules.h"

namespace keten::simulator {

namespace {

template <typename Value>
const Value* at_view(const std::map<View, Value>& values, View view) {
  const auto found = values.find(view);
  return found == values.end() ? nullptr : &found->second;
}

bool is_sealing(const BlockHeader& header) { return header.next_set != SetId{}; }

}  // namespace

VoteRules::Validator& VoteRules::validator(NodeNumber at) {
  const auto [found, is_new] = all_.try_emplace(at);
  if (is_new) {
    found->second.journal.floor_block = genesis_.id();
    found->second.stored.emplace(genesis_.id(), genesis_);
  }
  return found->second;
}

void VoteRules::started(NodeNumber at, const pipeline::PipelineRecovered& recovered) {
  auto& one = validator(at);
  one.answered.clear();
  if (!one.forgot) { return; }
  // Without its journal it goes on from what its database executed.
  const auto& floor = recovered.consensus.floor;
  auto& journal = one.journal;
  if (floor.block == journal.floor_block || !is_executed_floor(one, floor)) { return; }
  const auto& header = one.stored.at(floor.block);
  if (header.height <= one.stored.at(journal.floor_block).height) { return; }
  journal.epoch = is_sealing(header) ? header.epoch.next() : header.epoch;
  journal.floor = is_sealing(header) ? View{0} : floor.view;
  journal.floor_block = floor.block;
}

void VoteRules::store(Validator& one, const pipeline::Persist& persist) {
  for (const auto& block : persist.blocks) { one.stored.emplace(block->header.id(), block->header); }
}

void VoteRules::forgot(NodeNumber at) { validator(at).forgot = true; }

// A journal may have lost what was never synced, and may hold what was written and not yet reported as synced.
void VoteRules::read_at_start(NodeNumber at, const pipeline::Persist& contents) {
  if (damaged_.contains(at)) { return; }
  auto& one = validator(at);
  one.journal = {};
  one.journal.floor_block = genesis_.id();
  store(one, contents);
  for (const auto& record : contents.records) { take(at, one, record, Reading::again); }
}

void VoteRules::synced(NodeNumber at, const pipeline::Persist& persist) {
  if (damaged_.contains(at)) { return; }
  auto& one = validator(at);
  store(one, persist);
  for (const auto& record : persist.records) { take(at, one, record, Reading::live); }
}

void VoteRules::delivered(NodeNumber at, NodeNumber from, const pipeline::PeerMessage& message) {
  auto& one = validator(at);
  if (const auto* vote = std::get_if<Vote>(&message)) {
    // Counts on its signer's own channel only.
    if (is_member(vote->subject.epoch, vote->signer) && number_of(vote->subject.epoch, vote->signer) == from) {
      one.received[vote->subject].insert(from);
    }
  } else if (const auto* certificate = std::get_if<Certificate>(&message)) {
    receive(one, *certificate);
  } else if (const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message)) {
    one.received[proposal->proposal.subject()].insert(from);
    for (const auto& each : proposal->proposal.justification) { receive(one, each); }
  } else if (const auto* certificates = std::get_if<consensus::CertificateResponse>(&message)) {
    for (const auto& each : certificates->certificates) { receive(one, each); }
  } else if (const auto* blocks = std::get_if<pipeline::BlockResponse>(&message)) {
    if (blocks->finalization) { receive(one, *blocks->finalization); }
  } else if (std::holds_alternative<consensus::Status>(message)) {
    one.answered.insert(from);
  }
}

bool VoteRules::is_member(Epoch epoch, ValidatorIndex index) const {
  const auto set = sets_.find(epoch);
  return set != sets_.end() && index.value < set->second.size();
}

VoteRules::Nodes VoteRules::signers_of(const Certificate& certificate) const {
  Nodes result;
  const auto epoch = certificate.subject.epoch;
  for (const auto signer : certificate.signer_indices()) {
    if (is_member(epoch, signer)) { result.insert(number_of(epoch, signer)); }
  }
  return result;
}

void VoteRules::receive(Validator& one, const Certificate& certificate) const {
  one.received[certificate.subject].merge(signers_of(certificate));
}

void VoteRules::vote_sent(const Subject& subject, NodeNumber signer) {
  if (damaged_.contains(signer)) { return; }
  if (!validator(signer).cast.contains(subject)) {
    violated(text_of(signer) + ": " + text_of(subject) + " is on the wire and never was in its journal");
  }
}

bool VoteRules::has_quorum(Epoch epoch, const Nodes& nodes) const {
  const auto found = sets_.find(epoch);
  if (found == sets_.end()) { return false; }
  const auto& set = found->second;
  std::uint64_t weight = 0;
  for (std::uint16_t i = 0; i < set.size(); ++i) {
    const auto& member = set.at(ValidatorIndex{i});
    if (nodes.contains(member.number)) { weight += member.weight; }
  }
  return weight * 3 > set.total_weight() * 2;
}

bool VoteRules::all_nullified(const Journal& journal, View after, View before) {
  for (auto view = after.next(); view < before; ++view) {
    const auto* held = at_view(journal.certificates, view);
    if (held == nullptr || !held->nullification) { return false; }
  }
  return true;
}

bool VoteRules::all_cleared(const Journal& journal, View before) {
  for (auto view = journal.floor.next(); view < before; ++view) {
    const auto* held = at_view(journal.certificates, view);
    if (held == nullptr || !held->is_cleared()) { return false; }
  }
  return true;
}

// I15: the next epoch rests on a sealing block that is final here.
void VoteRules::enter_epoch(NodeNumber at, Validator& one, Epoch epoch) {
  auto& journal = one.journal;
  if (epoch == journal.epoch) { return; }
  if (one.forgot && journal.floor_block == genesis_.id()) {
    // Where a journal goes on that lost what was before.
    journal.epoch = epoch;
    return;
  }
  const auto floor = one.stored.find(journal.floor_block);
  const bool sealed = floor != one.stored.end() && is_sealing(floor->second);
  if (epoch != journal.epoch.next() || !sealed) {
    violated(text_of(at) + " recorded something of epoch " + epoch.text() + " in epoch " + journal.epoch.text() +
             " before a sealing block was final");
  }
  journal = {.epoch = epoch, .floor = {}, .floor_block = journal.floor_block, .own = {}, .certificates = {}};
}

void VoteRules::take(NodeNumber at, Validator& one, const consensus::JournalRecord& record, Reading reading) {
  if (const auto* own = std::get_if<consensus::OwnVote>(&record)) {
    take(at, one, *own, reading);
  } else if (const auto* held = std::get_if<consensus::HeldCertificate>(&record)) {
    take(at, one, *held);
  } else if (const auto* floor = std::get_if<consensus::Floor>(&record)) {
    take(at, one, *floor);
  }
}

void VoteRules::take(NodeNumber at, Validator& one, const consensus::OwnVote& record, Reading reading) {
  const auto& vote = record.vote.subject;
  enter_epoch(at, one, vote.epoch);
  if (one.cast.insert(vote).second) {
    std::string fault;
    switch (vote.kind) {
      case VoteKind::notarize: fault = fault_of_notarize(at, one, vote); break;
      case VoteKind::nullify: fault = fault_of_nullify(one, vote); break;
      case VoteKind::finalize: fault = fault_of_finalize(one, vote); break;
    }
    auto answered = one.answered;
    answered.insert(at);
    if (!is_member(vote.epoch, record.vote.signer) || number_of(vote.epoch, record.vote.signer) != at) {
      fault = "it is another validator's vote";
    }
    if (vote.view <= one.journal.floor) { fault = "the view is not above the floor"; }
    const auto floor = one.stored.find(one.journal.floor_block);
    if (floor != one.stored.end() && is_sealing(floor->second) && floor->second.epoch == vote.epoch) {
      fault = "the block that seals the epoch was final";
    }
    if (reading == Reading::live && !has_quorum(vote.epoch, answered)) {
      fault = "too few have said their status since the start";
    }
    if (!fault.empty()) { violated(text_of(at) + " cast " + text_of(vote) + ", but " + fault); }
  }
  auto& own = one.journal.own[vote.view];
  switch (vote.kind) {
    case VoteKind::notarize: own.notarize = vote; break;
    case VoteKind::nullify: own.nullify = true; break;
    case VoteKind::finalize: own.finalize = vote; break;
  }
}

// R3, and R2 for the leader's own block.
std::string VoteRules::fault_of_notarize(NodeNumber at, const Validator& one, const Subject& vote) const {
  const auto& journal = one.journal;
  if (const auto* own = at_view(journal.own, vote.view)) {
    if (own->notarize) { return "it had notarized in this view"; }
    if (own->finalize) { return "it had finalized in this view"; }
  }
  if (!all_cleared(journal, vote.view)) { return "not all earlier views were cleared"; }
  if (vote.parent_view >= vote.view || vote.parent_view < journal.floor) {
    return "the parent's view does not lie between the floor and this view";
  }
  BlockId parent = journal.floor_block;
  if (vote.parent_view > journal.floor) {
    const auto* held = at_view(journal.certificates, vote.parent_view);
    if (held == nullptr || held->accepted() == nullptr) { return "the parent's view had no notarization"; }
    parent = held->accepted()->block;
  }
  if (!all_nullified(journal, vote.parent_view, vote.view)) {
    return "not every view since the parent had a nullification";
  }
  const auto block = one.stored.find(vote.block);
  if (block == one.stored.end()) { return "the block was not stored"; }
  const auto& header = block->second;
  const auto before = one.stored.find(parent);
  const bool after_sealing = vote.parent_view.value > 0 && before != one.stored.end() && is_sealing(before->second);
  if (after_sealing) {
    return vote.block == parent ? "" : "the parent is a sealing block and this is not that block again";
  }
  if (header.parent != parent) { return "the block's parent is not the one that the certificates name"; }
  if (header.view != vote.view || header.epoch != vote.epoch) { return "the header is of another view"; }
  if (before != one.stored.end() && header.height != before->second.height.next()) {
    return "the height does not follow";
  }
  if (number_of(vote.epoch, header.proposer) == at) {
    for (auto view = vote.parent_view.next(); view < vote.view; ++view) {
      const auto* accepted = journal.certificates.at(view).accepted();
      // It may go on with what it was building while a newer block is not here.
      if (accepted != nullptr && one.stored.contains(accepted->block)) {
        return "it led and skipped a newer notarized block";
      }
    }
  }
  return {};
}

// R4.
std::string VoteRules::fault_of_nullify(const Validator& one, const Subject& vote) const {
  const auto& journal = one.journal;
  if (const auto* own = at_view(journal.own, vote.view)) {
    if (own->finalize) { return "it had finalized in this view"; }
    if (own->nullify) { return "it had nullified this view"; }
  }
  if (!all_cleared(journal, vote.view)) { return "not all earlier views were cleared"; }
  const auto* held = at_view(journal.certificates, vote.view);
  if (held != nullptr && held->is_cleared()) { return "the view was cleared and not the current one"; }
  return {};
}

// R5.
std::string VoteRules::fault_of_finalize(const Validator& one, const Subject& vote) const {
  const auto& journal = one.journal;
  const auto* held = at_view(journal.certificates, vote.view);
  auto notarize = vote;
  notarize.kind = VoteKind::notarize;
  if (held == nullptr || held->notarization != notarize) { return "it had no notarization of this"; }
  if (const auto* own = at_view(journal.own, vote.view)) {
    if (own->nullify) { return "it had nullified this view"; }
    if (own->finalize) { return "it had finalized in this view"; }
    if (own->notarize && *own->notarize != notarize) { return "it had notarized something else in this view"; }
  }
  for (auto block = vote.block; block != journal.floor_block;) {
    const auto found = one.stored.find(block);
    if (found == one.stored.end()) { return "block " + short_text(block) + " on the way to the floor was not stored"; }
    if (found->second.height.value == 0) { return "the block does not descend from the floor"; }
    block = found->second.parent;
  }
  return {};
}

void VoteRules::take(NodeNumber at, Validator& one, const consensus::HeldCertificate& record) {
  const auto& subject = record.certificate.subject;
  enter_epoch(at, one, subject.epoch);
  if (one.held.insert(subject).second) {
    const auto fault = fault_of_certificate(at, one, record.certificate);
    if (!fault.empty()) { violated(text_of(at) + " recorded a certificate of " + text_of(subject) + ", but " + fault); }
  }
  auto& certificates = one.journal.certificates[subject.view];
  switch (subject.kind) {
    case VoteKind::notarize: certificates.notarization = subject; break;
    case VoteKind::nullify: certificates.nullification = true; break;
    case VoteKind::finalize: certificates.finalization = subject; break;
  }
}

// R6.
std::string VoteRules::fault_of_certificate(NodeNumber at, const Validator& one, const Certificate& certificate) const {
  const auto received = one.received.find(certificate.subject);
  const auto signers = signers_of(certificate);
  for (const auto signer : signers) {
    const bool heard = received != one.received.end() && received->second.contains(signer);
    const bool own = signer == at && one.cast.contains(certificate.subject);
    if (!heard && !own) { return "the vote of " + text_of(signer) + " had not arrived"; }
  }
  return has_quorum(certificate.subject.epoch, signers) ? std::string() : "its signers are no quorum";
}

// R7 and R8.
void VoteRules::take(NodeNumber at, Validator& one, const consensus::Floor& record) {
  auto& journal = one.journal;
  if (record.view.value > 0 || record.finalization.subject.view.value > 0) {
    enter_epoch(at, one, record.finalization.subject.epoch);
  }
  const bool is_new = one.floors.insert(record.block).second;
  // The first in a journal that lost what was before, or what `started` took already.
  const bool is_first = journal.floor_block == genesis_.id() || journal.floor_block == record.block;
  if (is_new && !(is_first && is_executed_floor(one, record))) {
    const auto fault = fault_of_floor(at, one, record);
    if (!fault.empty()) {
      violated(text_of(at) + " recorded the floor of view " + record.view.text() + ", but " + fault);
    }
  }
  note_final(one, record.block);
  journal.floor = record.view;
  journal.floor_block = record.block;
  journal.own.erase(journal.own.begin(), journal.own.upper_bound(record.view));
  journal.certificates.erase(journal.certificates.begin(), journal.certificates.upper_bound(record.view));
  std::erase_if(one.received,
                [&](const auto& each) { return each.first.epoch == journal.epoch && each.first.view <= record.view; });
}

bool VoteRules::is_executed_floor(const Validator& one, const consensus::Floor& floor) const {
  const auto block = one.stored.find(floor.block);
  return one.forgot && final_.contains(floor.block) && block != one.stored.end() &&
         block->second.height == floor.height && (is_sealing(block->second) || block->second.view <= floor.view);
}

void VoteRules::note_final(const Validator& one, const BlockId& floor) {
  for (auto id = floor; final_.insert(id).second;) {
    const auto block = one.stored.find(id);
    if (block == one.stored.end() || block->second.height.value == 0) { return; }
    id = block->second.parent;
  }
}

std::string VoteRules::fault_of_floor(NodeNumber at, const Validator& one, const consensus::Floor& floor) const {
  const auto& journal = one.journal;
  if (floor.view <= journal.floor) { return "the floor was not below it"; }
  const auto& subject = floor.finalization.subject;
  if (subject.kind != VoteKind::finalize || subject.view != floor.view || subject.block != floor.block) {
    return "it comes with a certificate of something else";
  }
  if (auto fault = fault_of_certificate(at, one, floor.finalization); !fault.empty()) { return fault; }
  const auto block = one.stored.find(floor.block);
  if (block == one.stored.end()) { return "the block was not stored"; }
  if (block->second.height != floor.height) { return "the block has another height"; }
  const auto* before = &block->second;
  while (before->parent != journal.floor_block) {
    const auto parent = one.stored.find(before->parent);
    if (parent == one.stored.end()) {
      return "block " + short_text(before->parent) + " on the way to the old floor was not stored";
    }
    before = &parent->second;
    if (before->height.value == 0) { return "the block does not descend from the old floor"; }
  }
  return {};
}

}  // namespace keten::simulator
