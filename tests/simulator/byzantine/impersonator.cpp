#include "tests/simulator/byzantine/characters.h"

namespace keten::simulator::byzantine {
namespace {

/// Speaks for others: votes under their index with its own signature, their genuine votes on its own channel, and
/// proposals in views that they lead.
class Impersonator final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    stage_.send(to, message);
    if (const auto* vote = std::get_if<Vote>(&message)) {
      acted();
      auto forged = *vote;
      forged.signer = {stage_.one_other().value};
      stage_.send(to, forged);
      // The receiver's own index too: it must not take fright at a vote that its key never signed.
      const auto receiver = to.value_or(stage_.one_other());
      forged.signer = {receiver.value};
      stage_.send(receiver, forged);
    } else if (const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message)) {
      acted();
      const auto view = proposal->proposal.view.next();
      auto forged = *proposal;
      forged.proposal.view = view;
      stage_.send(to, stage_.with_header(forged, [&](BlockHeader& header) {
        header.view = view;
        header.proposer = {stage_.leader(view).value};
      }));
    }
  }
  void act() override {
    if (stage_.votes().empty()) { return; }
    acted();
    stage_.send(stage_.some_others(), stage_.votes()[stage_.random().below(stage_.votes().size())]);
  }
  /// Somebody else's name arrived on this channel.
  void arrived(NodeNumber /*at*/, const Message& message) override {
    const auto* vote = std::get_if<Vote>(&message);
    if (vote != nullptr && vote->signer != stage_.place()) { worked(); }
  }
};

}  // namespace

MakeCharacter impersonator() { return make_character<Impersonator>; }

}  // namespace keten::simulator::byzantine
