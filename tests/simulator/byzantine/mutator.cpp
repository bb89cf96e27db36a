#include <algorithm>
#include <set>

#include "tests/simulator/byzantine/characters.h"

namespace keten::simulator::byzantine {
namespace {

/// Small mutations of honest messages, as in ByzzFuzz (Winter et al., 2023): the view one off, an earlier value again,
/// another kind of vote, another parent.
class Mutator final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    if (!stage_.random().chance(400)) { return stage_.send(to, message); }
    auto changed = message;
    if (auto* vote = std::get_if<Vote>(&changed)) {
      mutate(vote->subject);
      *vote = stage_.sign(vote->subject);
      mutated_.insert(vote->subject);
    } else if (auto* proposal = std::get_if<pipeline::ProposalMessage>(&changed)) {
      mutate(*proposal);
      mutated_.insert(proposal->proposal.subject());
    } else {
      return stage_.send(to, message);
    }
    acted();
    for (const auto one : to ? Recipients{*to} : stage_.others()) {
      stage_.send(one, stage_.random().chance(500) ? changed : message);
    }
  }
  void arrived(NodeNumber /*at*/, const Message& message) override {
    if (const auto* vote = std::get_if<Vote>(&message); vote != nullptr && mutated_.contains(vote->subject)) {
      worked();
    }
  }

 private:
  [[nodiscard]] View one_off(View view) {
    return stage_.random().chance(500) || view.value < 2 ? view.next() : view.previous();
  }
  void mutate(Subject& subject) {
    switch (stage_.random().below(5)) {
      case 0: subject.view = one_off(subject.view); break;
      case 1:
        if (subject.kind != VoteKind::nullify && subject.parent_view.value > 0) {
          subject.parent_view = subject.parent_view.previous();
        }
        break;
      case 2:
        if (!stage_.votes().empty()) {
          const auto view = subject.view;
          subject = stage_.votes()[stage_.random().below(stage_.votes().size())].subject;
          if (stage_.random().chance(500)) { subject.view = view; }
        }
        break;
      case 3:
        if (subject.kind != VoteKind::nullify) {
          subject.kind = subject.kind == VoteKind::notarize ? VoteKind::finalize : VoteKind::notarize;
        }
        break;
      case 4: subject = {VoteKind::nullify, subject.epoch, subject.view, {}, {}}; break;
    }
  }
  void mutate(pipeline::ProposalMessage& message) {
    auto& proposal = message.proposal;
    switch (stage_.random().below(4)) {
      case 0:
        message = stage_.with_header(message, [&](BlockHeader& header) { header.view = one_off(header.view); });
        break;
      case 1:
        proposal.parent_view = one_off(proposal.parent_view);
        stage_.sign(message);
        break;
      case 2: {
        const auto& old = stage_.proposals().begin()->second.proposal.header;
        message = stage_.with_header(message, [&](BlockHeader& header) { header.parent = old.parent; });
        break;
      }
      default: message = stage_.with_header(message, [&](BlockHeader& header) { ++header.height; }); break;
    }
  }
  std::set<Subject> mutated_;
};

}  // namespace

MakeCharacter mutator() { return make_character<Mutator>; }

}  // namespace keten::simulator::byzantine
