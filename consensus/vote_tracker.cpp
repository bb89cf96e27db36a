#include "consensus/vote_tracker.h"

#include "core/mutant.h"

namespace keten::consensus {

VoteTracker::Slot& VoteTracker::slot(View view, VoteKind kind, ValidatorIndex signer) {
  auto& slots = views_[view].kinds[place(kind)];
  if (slots.empty()) { slots.resize(validators_->size()); }
  return slots.at(signer.value);
}

const VoteTracker::Slots* VoteTracker::slots(View view, VoteKind kind) const {
  const auto round = views_.find(view);
  return round == views_.end() ? nullptr : &round->second.kinds[place(kind)];
}

const VoteTracker::Slot* VoteTracker::find(View view, VoteKind kind, ValidatorIndex signer) const {
  const auto* list = slots(view, kind);
  if (list == nullptr || signer.value >= list->size()) { return nullptr; }
  const auto& one = (*list)[signer.value];
  return one.vote ? &one : nullptr;
}

// docs/consensus.md, "Evidence": notarize and nullify of one view together are legal.
const Vote* VoteTracker::contradiction(const Vote& vote) const {
  const auto& subject = vote.subject;
  const auto earlier = [&](VoteKind kind) { return find(subject.view, kind, vote.signer); };
  const auto other_block = [&](const Slot* slot) {
    return slot != nullptr &&
           (slot->vote->subject.block != subject.block || slot->vote->subject.parent_view != subject.parent_view ||
            MUTANT(identical_votes_are_evidence));
  };
  const auto vote_of = [](const Slot* slot) { return &*slot->vote; };
  switch (subject.kind) {
    case VoteKind::notarize:
      for (const auto kind : {VoteKind::notarize, VoteKind::finalize}) {
        if (other_block(earlier(kind))) { return vote_of(earlier(kind)); }
      }
      return nullptr;
    case VoteKind::nullify:
      return earlier(VoteKind::finalize) != nullptr ? vote_of(earlier(VoteKind::finalize)) : nullptr;
    case VoteKind::finalize:
      for (const auto kind : {VoteKind::notarize, VoteKind::finalize}) {
        if (other_block(earlier(kind))) { return vote_of(earlier(kind)); }
      }
      return earlier(VoteKind::nullify) != nullptr ? vote_of(earlier(VoteKind::nullify)) : nullptr;
  }
  return nullptr;
}

std::optional<Vote> VoteTracker::add(const Vote& vote) {
  std::optional<Vote> result;
  if (const auto* earlier = contradiction(vote)) { result = *earlier; }
  auto& place = slot(vote.subject.view, vote.subject.kind, vote.signer);
  if (result) {
    if (place.contradicted) { result.reset(); }
    place.contradicted = true;
  }
  if (!place.vote) {
    place.vote = vote;
    place.check = Check::none;
    changed_.insert(vote.subject);
  }
  return result;
}

void VoteTracker::add_checked(const Vote& vote) {
  auto& place = slot(vote.subject.view, vote.subject.kind, vote.signer);
  if (place.vote && place.check == Check::passed) { return; }
  place.vote = vote;
  place.check = Check::passed;
  changed_.insert(vote.subject);
}

std::set<Subject> VoteTracker::take_changed() { return std::exchange(changed_, {}); }

VoteTracker::Weights VoteTracker::weigh(const Subject& subject) const {
  Weights weights;
  const auto* list = slots(subject.view, subject.kind);
  if (list == nullptr) { return weights; }
  for (const auto& one : *list) {
    if (!one.vote || one.vote->subject != subject) { continue; }
    const auto weight = validators_->weight(one.vote->signer);
    switch (one.check) {
      case Check::none: weights.unchecked += weight; break;
      case Check::asked: weights.asked += weight; break;
      case Check::passed: weights.passed += weight; break;
    }
  }
  return weights;
}

std::vector<Vote> VoteTracker::take_checks(const Subject& subject) {
  const auto weights = weigh(subject);
  auto reached = weights.passed + weights.asked;
  if (validators_->has_quorum(reached) || !validators_->has_quorum(reached + weights.unchecked)) { return {}; }
  std::vector<Vote> votes;
  for (auto& one : views_[subject.view].kinds[place(subject.kind)]) {
    if (validators_->has_quorum(reached)) { break; }
    if (!one.vote || one.vote->subject != subject || one.check != Check::none) { continue; }
    one.check = Check::asked;
    reached += validators_->weight(one.vote->signer);
    votes.push_back(*one.vote);
  }
  return votes;
}

void VoteTracker::checked(const Vote& vote, bool valid) {
  const auto round = views_.find(vote.subject.view);
  if (round == views_.end()) { return; }
  auto& list = round->second.kinds[place(vote.subject.kind)];
  if (vote.signer.value >= list.size()) { return; }
  auto& one = list[vote.signer.value];
  if (one.vote != vote || one.check == Check::passed) { return; }
  if (valid) {
    one.check = Check::passed;
  } else {
    one = Slot{};
  }
  changed_.insert(vote.subject);
}

std::vector<Vote> VoteTracker::quorum(const Subject& subject) const {
  if (!validators_->has_quorum(weigh(subject).passed)) { return {}; }
  std::vector<Vote> votes;
  std::uint64_t weight = 0;
  for (const auto& one : *slots(subject.view, subject.kind)) {
    if (validators_->has_quorum(weight)) { break; }
    if (!one.vote || one.vote->subject != subject || one.check != Check::passed) { continue; }
    weight += validators_->weight(one.vote->signer);
    votes.push_back(*one.vote);
  }
  return votes;
}

bool VoteTracker::awaits_quorum(const Subject& subject) const {
  const auto weights = weigh(subject);
  return validators_->has_quorum(weights.passed + weights.asked);
}

bool VoteTracker::has(View view, VoteKind kind, ValidatorIndex signer) const {
  return find(view, kind, signer) != nullptr;
}

bool VoteTracker::is_checked(const Vote& vote) const {
  const auto* one = find(vote.subject.view, vote.subject.kind, vote.signer);
  return one != nullptr && one->check == Check::passed && *one->vote == vote;
}

std::optional<Vote> VoteTracker::newest_of(ValidatorIndex signer) const {
  for (auto round = views_.rbegin(); round != views_.rend(); ++round) {
    for (const auto kind : {VoteKind::finalize, VoteKind::nullify, VoteKind::notarize}) {
      if (const auto* one = find(round->first, kind, signer)) { return *one->vote; }
    }
  }
  return std::nullopt;
}

void VoteTracker::prune(View floor) {
  views_.erase(views_.begin(), views_.upper_bound(floor));
  std::erase_if(changed_, [&](const Subject& subject) { return subject.view <= floor; });
}

}  // namespace keten::consensus
