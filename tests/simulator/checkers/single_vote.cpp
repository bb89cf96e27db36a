#include "tests/simulator/checkers/single_vote.h"

namespace keten::simulator {

void SingleVote::vote_sent(const Subject& subject, NodeNumber signer) {
  if (damaged_.contains(signer)) { return; }
  auto& votes = votes_[{subject.epoch, subject.view, signer}];
  const auto conflict = [&](const char* what) {
    violated(text_of(signer) + " sent " + text_of(subject) + ", " + what);
  };
  switch (subject.kind) {
    case VoteKind::notarize:
      if (votes.notarize && *votes.notarize != subject) { conflict("and notarized something else in this view"); }
      votes.notarize = subject;
      break;
    case VoteKind::nullify: votes.nullify = true; break;
    case VoteKind::finalize:
      if (votes.finalize && *votes.finalize != subject) { conflict("and finalized something else in this view"); }
      votes.finalize = subject;
      break;
  }
  if (votes.finalize && votes.nullify) { conflict("so it nullified and finalized one view"); }
  if (votes.finalize && votes.notarize &&
      (votes.finalize->block != votes.notarize->block || votes.finalize->parent_view != votes.notarize->parent_view)) {
    conflict("so it finalized something else than it notarized");
  }
}

}  // namespace keten::simulator
