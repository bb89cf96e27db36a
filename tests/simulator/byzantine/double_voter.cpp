#include "tests/simulator/byzantine/characters.h"

namespace keten::simulator::byzantine {
namespace {

/// Notarizes and finalizes a second, invented block of every view that it votes in, to some or to all.
class DoubleVoter final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    stage_.send(to, message);
    const auto* vote = std::get_if<Vote>(&message);
    if (vote == nullptr || vote->subject.kind == VoteKind::nullify) { return; }
    acted();
    auto subject = vote->subject;
    subject.block.bytes[0] ^= 1U;
    const auto recipients = stage_.random().chance(500) ? stage_.others() : stage_.some_others();
    stage_.send(recipients, stage_.sign(subject));
  }
  /// Somebody honest holds both votes.
  void exposed() override { worked(); }
};

/// Finalizes what it nullifies and nullifies what it finalizes: the one thing that must never be.
class NullifyFinalizer final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    stage_.send(to, message);
    const auto* vote = std::get_if<Vote>(&message);
    if (vote == nullptr || vote->subject.kind == VoteKind::notarize) { return; }
    auto subject = vote->subject;
    if (subject.kind == VoteKind::finalize) {
      subject = {VoteKind::nullify, subject.epoch, subject.view, {}, {}};
    } else {
      const auto proposal = stage_.proposals().find(subject.view);
      if (proposal == stage_.proposals().end()) { return; }
      subject = proposal->second.proposal.subject();
      subject.kind = VoteKind::finalize;
    }
    acted();
    stage_.send(stage_.random().chance(500) ? stage_.others() : stage_.some_others(), stage_.sign(subject));
  }
  void exposed() override { worked(); }
};

}  // namespace

MakeCharacter double_voter() { return make_character<DoubleVoter>; }
MakeCharacter nullify_finalizer() { return make_character<NullifyFinalizer>; }

}  // namespace keten::simulator::byzantine
