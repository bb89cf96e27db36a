#include <set>

#include "tests/simulator/byzantine/characters.h"

// Messages that were or will be right somewhere else.
namespace keten::simulator::byzantine {
namespace {

/// Votes whose fields are of here and whose signature is of another chain, another set or another epoch.
class DomainReplayer final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    const auto* vote = std::get_if<Vote>(&message);
    if (vote == nullptr) { return stage_.send(to, message); }
    acted();
    auto chain = stage_.founding().chain_id();
    auto set = stage_.founding().validators().id();
    auto elsewhere = vote->subject;
    switch (stage_.random().below(3)) {
      case 0: chain.bytes[0] ^= 1U; break;
      case 1: set.bytes[0] ^= 1U; break;
      default: ++elsewhere.epoch; break;
    }
    auto replayed = stage_.sign(elsewhere, chain, set);
    replayed.subject = vote->subject;
    sent_.insert(vote->subject);
    stage_.send(to, replayed);
  }
  void arrived(NodeNumber /*at*/, const Message& message) override {
    const auto* vote = std::get_if<Vote>(&message);
    if (vote != nullptr && sent_.contains(vote->subject)) { worked(); }
  }

 private:
  std::set<Subject> sent_;
};

/// Lives in the next epoch already: votes, proposals, certificates and standing of it.
class NextEpoch final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    stage_.send(to, message);
    auto changed = message;
    if (auto* vote = std::get_if<Vote>(&changed)) {
      ++vote->subject.epoch;
      *vote = stage_.sign(vote->subject);
    } else if (auto* proposal = std::get_if<pipeline::ProposalMessage>(&changed)) {
      ++proposal->proposal.epoch;
      ++proposal->proposal.header.epoch;
      stage_.sign(*proposal);
    } else if (auto* certificate = std::get_if<Certificate>(&changed)) {
      ++certificate->subject.epoch;
    } else if (auto* status = std::get_if<consensus::Status>(&changed)) {
      ++status->epoch;
    } else {
      return;
    }
    acted();
    stage_.send(to, changed);
  }
  void arrived(NodeNumber /*at*/, const Message& message) override {
    const auto* vote = std::get_if<Vote>(&message);
    if (vote != nullptr && vote->subject.epoch.value > 0) { worked(); }
  }
};

/// Says again what anybody said long ago.
class Outdated final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    stage_.send(to, message);
    remember(message);
  }
  bool hear(NodeNumber /*from*/, const Message& message) override {
    remember(message);
    return true;
  }
  void act() override {
    if (memory_.empty()) { return; }
    for (int i = 0; i < 3; ++i) {
      acted();
      stage_.send(stage_.some_others(), memory_[stage_.random().below(memory_.size())]);
    }
  }
  void arrived(NodeNumber /*at*/, const Message& message) override {
    const auto* vote = std::get_if<Vote>(&message);
    if (vote != nullptr && vote->subject.view.value + 3 < stage_.view().value) { worked(); }
  }

 private:
  /// Some of everything, old and new.
  void remember(const Message& message) {
    if (memory_.size() < 200) {
      memory_.push_back(message);
    } else if (stage_.random().chance(50)) {
      memory_[stage_.random().below(memory_.size())] = message;
    }
  }
  std::vector<Message> memory_;
};

}  // namespace

MakeCharacter domain_replayer() { return make_character<DomainReplayer>; }
MakeCharacter next_epoch() { return make_character<NextEpoch>; }
MakeCharacter outdated() { return make_character<Outdated>; }

}  // namespace keten::simulator::byzantine
