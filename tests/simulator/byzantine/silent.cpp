#include <set>

#include "tests/simulator/byzantine/characters.h"

namespace keten::simulator::byzantine {
namespace {

/// Says nothing at all.
class Silent : public Character {
 public:
  using Character::Character;
  void say(std::optional<NodeNumber> to, const Message& message) override {
    const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message);
    if (keeps_back(message)) {
      acted();
      if (proposal != nullptr) { unsaid_.insert(proposal->proposal.view); }
    } else {
      stage_.send(to, message);
    }
  }
  /// A view that it should have led is skipped.
  void honest_vote(const Subject& subject, NodeNumber /*signer*/) override {
    if (subject.kind == VoteKind::nullify && unsaid_.erase(subject.view) > 0) { worked(); }
  }

 protected:
  [[nodiscard]] virtual bool keeps_back(const Message& /*message*/) const { return true; }

 private:
  std::set<View> unsaid_;
};

/// Votes, gossips and answers like an honest validator, and never proposes.
class MuteLeader final : public Silent {
 public:
  using Silent::Silent;

 protected:
  [[nodiscard]] bool keeps_back(const Message& message) const override {
    return std::holds_alternative<pipeline::ProposalMessage>(message);
  }
};

}  // namespace

MakeCharacter silent() { return make_character<Silent>; }
MakeCharacter mute_leader() { return make_character<MuteLeader>; }

}  // namespace keten::simulator::byzantine
