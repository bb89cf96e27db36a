#include <set>

#include "tests/simulator/byzantine/characters.h"

// Leaders that build on something else than the newest accepted block.
namespace keten::simulator::byzantine {
namespace {

class ParentChooser : public Character {
 public:
  using Character::Character;

 protected:
  struct Parent {
    View view;
    BlockHeader header;
  };
  /// Accepted blocks below the proposal's parent whose headers are known, newest first.
  [[nodiscard]] std::vector<Parent> older_parents(const consensus::Proposal& proposal) const {
    std::vector<Parent> result;
    for (auto view = proposal.parent_view; view.value > 0 && view.value + 20 > proposal.parent_view.value;) {
      view = view.previous();
      const auto* accepted = stage_.certificate(VoteKind::notarize, view);
      if (accepted == nullptr) { continue; }
      if (const auto block = stage_.block(accepted->subject.block)) { result.push_back({view, block->header}); }
    }
    return result;
  }
  /// As the honest leader would have proposed on that parent, with all the proof there is.
  [[nodiscard]] pipeline::ProposalMessage on(const pipeline::ProposalMessage& message, const Parent& parent) {
    auto result = stage_.with_payload(message, {});
    auto& proposal = result.proposal;
    proposal.parent_view = parent.view;
    proposal.justification.clear();
    if (const auto* accepted = stage_.certificate(VoteKind::notarize, parent.view)) {
      proposal.justification.push_back(*accepted);
    }
    for (auto view = parent.view.next(); view < proposal.view; ++view) {
      if (const auto* skipped = stage_.certificate(VoteKind::nullify, view)) {
        proposal.justification.push_back(*skipped);
      }
    }
    return stage_.with_header(result, [&](BlockHeader& header) {
      header.parent = parent.header.id();
      header.height = parent.header.height.next();
      header.executed_height = parent.header.executed_height;
      header.state_root = parent.header.state_root;
    });
  }
};

/// Builds on an older notarized block although a newer one was accepted and its view never skipped.
class OldParent final : public ParentChooser {
 public:
  using ParentChooser::ParentChooser;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message);
    if (proposal == nullptr) { return stage_.send(to, message); }
    const auto parents = older_parents(proposal->proposal);
    if (parents.empty()) { return stage_.send(to, message); }
    acted();
    const auto sent = on(*proposal, parents[stage_.random().below(parents.size())]);
    sent_.insert(sent.proposal.header.id());
    stage_.send(to, sent);
  }
  void arrived(NodeNumber /*at*/, const Message& message) override {
    const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message);
    if (proposal != nullptr && sent_.contains(proposal->proposal.header.id())) { worked(); }
  }

 private:
  std::set<BlockId> sent_;
};

/// Skips views rightly and hands over no proof of it, nor of its parent.
class Proofless final : public ParentChooser {
 public:
  using ParentChooser::ParentChooser;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    if (std::holds_alternative<Certificate>(message)) { return; }
    auto changed = message;
    if (auto* proposal = std::get_if<pipeline::ProposalMessage>(&changed)) {
      if (!proposal->proposal.justification.empty()) { acted(); }
      proposal->proposal.justification.clear();
    }
    stage_.send(to, changed);
  }
  /// A receiver must find the certificates elsewhere before it can vote.
  void arrived(NodeNumber /*at*/, const Message& message) override {
    if (std::holds_alternative<pipeline::ProposalMessage>(message)) { worked(); }
  }
};

/// Helps to nullify views that are notarized too, and then builds behind them with full proof: legal, and a fork.
class NeedlessSkipper final : public ParentChooser {
 public:
  using ParentChooser::ParentChooser;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    if (const auto* vote = std::get_if<Vote>(&message); vote != nullptr && vote->subject.kind == VoteKind::finalize) {
      return;
    }
    const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message);
    if (proposal == nullptr) { return stage_.send(to, message); }
    for (const auto& parent : older_parents(proposal->proposal)) {
      bool has_proof = true;
      for (auto view = parent.view.next(); view < proposal->proposal.view; ++view) {
        has_proof = has_proof && stage_.certificate(VoteKind::nullify, view) != nullptr;
      }
      if (!has_proof) { break; }
      acted();
      const auto sent = on(*proposal, parent);
      sent_.insert(sent.proposal.header.id());
      return stage_.send(to, sent);
    }
    stage_.send(to, message);
  }
  void act() override {
    const auto view = stage_.view();
    if (view.value == 0 || !nullified_.insert(view).second) { return; }
    stage_.send(stage_.others(), stage_.sign({VoteKind::nullify, {}, view, {}, {}}));
  }
  /// Honest validators followed it past an accepted block.
  void honest_vote(const Subject& subject, NodeNumber /*signer*/) override {
    if (subject.kind == VoteKind::notarize && sent_.erase(subject.block) > 0) { worked(); }
  }
  /// Or at least a view with an accepted block is nullified: the next leader may do it.
  void honest_certificate(const Certificate& certificate) override {
    const auto& subject = certificate.subject;
    const bool is_skip = subject.kind == VoteKind::nullify && nullified_.contains(subject.view);
    if (is_skip && stage_.certificate(VoteKind::notarize, subject.view) != nullptr) { worked(); }
  }

 private:
  std::set<View> nullified_;
  std::set<BlockId> sent_;
};

}  // namespace

MakeCharacter old_parent() { return make_character<OldParent>; }
MakeCharacter proofless() { return make_character<Proofless>; }
MakeCharacter needless_skipper() { return make_character<NeedlessSkipper>; }

}  // namespace keten::simulator::byzantine
