#include "consensus/safety_rules.h"

#include "consensus/header_rules.h"
#include "core/mutant.h"

namespace keten::consensus {

bool SafetyRules::may_vote() const {
  return allowed_ && !halted_ && !sealed_ && !quarantined_ && config_->self.has_value() && signer_ != nullptr;
}

std::optional<Signature> SafetyRules::attest(const Hash& digest) const {
  return may_vote() ? std::optional(signer_->sign(digest)) : std::nullopt;
}

void SafetyRules::restore(const Vote& vote) {
  auto& own = own_[vote.subject.view];
  switch (vote.subject.kind) {
    case VoteKind::notarize: own.notarize = vote; break;
    case VoteKind::nullify: own.nullify = vote; break;
    case VoteKind::finalize: own.finalize = vote; break;
  }
}

SafetyRules::OwnVotes SafetyRules::own(View view) const {
  const auto* votes = at(view);
  return votes != nullptr ? *votes : OwnVotes{};
}

std::optional<Vote> SafetyRules::cast(const Subject& subject) {
  const Vote vote{.subject = subject,
                  .signer = *config_->self,
                  .signature = signer_->sign(subject.signing_hash(config_->chain_id, config_->validators.id()))};
  restore(vote);
  return vote;
}

std::optional<Vote> SafetyRules::notarize(View view, View parent_view, const BlockHeader& header,
                                          const Standing& standing) {
  const auto votes = own(view);
  // R3.1 and R3.2. A nullify of the same view does not forbid it: a late notarize can only help.
  if (!may_vote_in(view) || (votes.notarize && !MUTANT(two_notarizes)) || votes.finalize) { return std::nullopt; }
  if (view <= standing.floor || view > standing.view) { return std::nullopt; }
  // R3.3, the parent rule: the parent was accepted and every view since was skipped with proof.
  if (parent_view >= view || parent_view < standing.floor) { return std::nullopt; }
  std::optional<BlockId> accepted;
  if (parent_view == standing.floor) {
    accepted = standing.blocks.floor_id();
  } else if (const auto* acceptance = standing.certificates.acceptance(parent_view)) {
    accepted = acceptance->subject.block;
  }
  const auto block = header.id();
  const bool is_repeated = header.view != view;
  const bool is_parent = accepted && *accepted == (is_repeated ? block : header.parent);
  if (!is_parent && !(accepted && MUTANT(parent_unchecked))) { return std::nullopt; }
  // Behind a sealing block there is nothing but itself.
  const auto* parent = standing.blocks.find(*accepted);
  if (parent == nullptr || seals(*parent, config_->epoch) != is_repeated) { return std::nullopt; }
  if (standing.certificates.first_unskipped_between(parent_view, view)) { return std::nullopt; }
  // R3.5: so a notarized block can be read from more than f honest disks.
  if (!standing.blocks.is_stored(block) && !MUTANT(vote_before_body)) { return std::nullopt; }
  return cast(
      {.kind = VoteKind::notarize, .epoch = config_->epoch, .view = view, .parent_view = parent_view, .block = block});
}

std::optional<Vote> SafetyRules::nullify(const Standing& standing) {
  const auto view = MUTANT(nullify_after_finalize) ? standing.view.previous() : standing.view;
  const auto votes = own(view);
  // R4. Never after a finalize.
  if (!may_vote_in(view) || votes.nullify || view <= standing.floor) { return std::nullopt; }
  if (votes.finalize && !MUTANT(nullify_after_finalize)) { return std::nullopt; }
  return cast({.kind = VoteKind::nullify, .epoch = config_->epoch, .view = view, .parent_view = {}, .block = {}});
}

std::optional<Vote> SafetyRules::finalize(const Certificate& notarization, const Standing& standing) {
  auto subject = notarization.subject;
  const auto votes = own(subject.view);
  // R5. Never after a nullify, never for another block than the one notarized.
  if (!may_vote_in(subject.view) || subject.kind != VoteKind::notarize || subject.view <= standing.floor) {
    return std::nullopt;
  }
  if ((votes.nullify && !MUTANT(finalize_after_nullify)) || votes.finalize) { return std::nullopt; }
  const bool is_another = votes.notarize && votes.notarize->subject != subject;
  if (is_another && !MUTANT(finalize_another_block)) { return std::nullopt; }
  if (standing.blocks.path_to(subject.block).kind != BlockTree::Path::Kind::complete) { return std::nullopt; }
  subject.kind = VoteKind::finalize;
  return cast(subject);
}

const SafetyRules::OwnVotes* SafetyRules::at(View view) const {
  const auto votes = own_.find(view);
  return votes == own_.end() ? nullptr : &votes->second;
}

bool SafetyRules::has_cast(const Subject& subject) const {
  const auto votes = own(subject.view);
  for (const auto* vote : {&votes.notarize, &votes.nullify, &votes.finalize}) {
    if (*vote && (*vote)->subject == subject) { return true; }
  }
  return false;
}

std::vector<Vote> SafetyRules::newest(std::size_t views) const {
  std::vector<Vote> result;
  for (auto own = own_.rbegin(); own != own_.rend() && views > 0; ++own, --views) {
    for (const auto* vote : {&own->second.notarize, &own->second.nullify, &own->second.finalize}) {
      if (*vote) { result.push_back(**vote); }
    }
  }
  return result;
}

}  // namespace keten::consensus
