#include <algorithm>
#include <set>

#include "tests/simulator/byzantine/characters.h"

// Votes that are legal one by one and meant to do harm.
namespace keten::simulator::byzantine {
namespace {

bool is_signed_by(const Certificate& certificate, ValidatorIndex signer) {
  return std::ranges::count(certificate.signer_indices(), signer) > 0;
}

/// Nullifies every view as soon as it can be current, and votes for nothing.
class Nullifier final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    if (!std::holds_alternative<Vote>(message)) { stage_.send(to, message); }
  }
  void act() override {
    for (auto view = stage_.view(); view <= stage_.view().next(); ++view) {
      if (view.value == 0 || !done_.insert(view).second) { continue; }
      acted();
      stage_.send(stage_.others(), stage_.sign({VoteKind::nullify, {}, view, {}, {}}));
    }
  }
  /// Its vote helped to skip a view.
  void honest_certificate(const Certificate& certificate) override {
    if (certificate.subject.kind == VoteKind::nullify && is_signed_by(certificate, stage_.place())) { worked(); }
  }

 private:
  std::set<View> done_;
};

/// Votes for everything: each proposal that it sees is notarized, finalized and nullified, each to some at random.
class YesSayer final : public Character {
 public:
  using Character::Character;

  void act() override {
    if (stage_.proposals().empty()) { return; }
    const auto& [view, message] = *stage_.proposals().rbegin();
    if (!done_.insert(view).second) { return; }
    acted();
    auto subject = message.proposal.subject();
    stage_.send(stage_.some_others(), stage_.sign(subject));
    subject.kind = VoteKind::finalize;
    stage_.send(stage_.some_others(), stage_.sign(subject));
    stage_.send(stage_.some_others(), stage_.sign({VoteKind::nullify, subject.epoch, view, {}, {}}));
  }
  /// A vote of a view that it also voted against stands in a certificate.
  void honest_certificate(const Certificate& certificate) override {
    if (done_.contains(certificate.subject.view) && is_signed_by(certificate, stage_.place())) { worked(); }
  }

 private:
  std::set<View> done_;
};

/// Only one victim at a time ever gets its votes and certificates.
class SelectiveVoter final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    if (!std::holds_alternative<Vote>(message) && !std::holds_alternative<Certificate>(message)) {
      return stage_.send(to, message);
    }
    if (stage_.random().chance(50)) { victim_ = stage_.one_other(); }
    if (to && *to != victim_) { return; }
    acted();
    stage_.send(victim_, message);
  }
  /// The victim made a certificate with its vote.
  void honest_certificate(const Certificate& certificate) override {
    if (is_signed_by(certificate, stage_.place())) { worked(); }
  }

 private:
  NodeNumber victim_ = stage_.one_other();
};

}  // namespace

MakeCharacter nullifier() { return make_character<Nullifier>; }
MakeCharacter yes_sayer() { return make_character<YesSayer>; }
MakeCharacter selective_voter() { return make_character<SelectiveVoter>; }

}  // namespace keten::simulator::byzantine
