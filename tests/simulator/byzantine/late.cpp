#include <map>

#include "tests/simulator/byzantine/characters.h"

namespace keten::simulator::byzantine {
namespace {

/// Proposes just before the others give up, so that some notarize and some nullify.
class LateProposer final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message);
    if (proposal == nullptr) { return stage_.send(to, message); }
    acted();
    const auto leader_timeout = consensus::Timing{}.leader_timeout_ms * kMillisecond;
    const auto delay = stage_.random().between(leader_timeout * 3 / 4, leader_timeout * 5 / 4);
    stage_.later(delay, [this, to, message] { stage_.send(to, message); });
    votes_[proposal->proposal.view];
  }
  /// Honest validators disagree about the view: one notarized, another one nullified.
  void honest_vote(const Subject& subject, NodeNumber signer) override {
    const auto view = votes_.find(subject.view);
    if (view == votes_.end() || subject.kind == VoteKind::finalize) { return; }
    auto& [notarizer, nullifier] = view->second;
    (subject.kind == VoteKind::notarize ? notarizer : nullifier) = signer;
    if (!notarizer || !nullifier || *notarizer == *nullifier) { return; }
    worked();
    votes_.erase(view);
  }

 private:
  std::map<View, std::pair<std::optional<NodeNumber>, std::optional<NodeNumber>>> votes_;
};

/// Does everything right and everything too late.
class Dawdler final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    acted();
    const auto delay = stage_.random().below(2 * kSecond);
    stage_.later(delay, [this, to, message] { stage_.send(to, message); });
  }
  /// A vote arrives when the view is over.
  void arrived(NodeNumber /*at*/, const Message& message) override {
    const auto* vote = std::get_if<Vote>(&message);
    if (vote != nullptr && vote->subject.view < stage_.view()) { worked(); }
  }
};

}  // namespace

MakeCharacter late_proposer() { return make_character<LateProposer>; }
MakeCharacter dawdler() { return make_character<Dawdler>; }

}  // namespace keten::simulator::byzantine
