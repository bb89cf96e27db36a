#include <map>
#include <set>

#include "tests/simulator/byzantine/characters.h"

// Blocks with a transaction that nobody else has, so that the leader decides who gets its body.
namespace keten::simulator::byzantine {
namespace {

class PrivateLeader : public Character {
 public:
  using Character::Character;

 protected:
  /// The proposal with one more transaction, from the stock, that was never shared.
  [[nodiscard]] pipeline::ProposalMessage with_secret(const pipeline::ProposalMessage& message) {
    const auto block = stage_.block(message.proposal.header.id());
    auto transactions = block == nullptr ? std::vector<TransactionPointer>{} : block->transactions;
    const auto most = stage_.founding().genesis().parameters.block_transactions_max;
    if (transactions.size() >= most) { transactions.resize(most - 1); }
    auto secret = stage_.any_transaction();
    while (!stage_.founding().is_valid(*secret) || secret->body.valid_until != Founding::kExpiry) {
      secret = stage_.any_transaction();
    }
    std::erase_if(transactions, [&](const auto& one) { return one->id == secret->id; });
    transactions.push_back(std::move(secret));
    return stage_.with_payload(message, std::move(transactions));
  }
};

/// Sends the header and never the body.
class BodyWithholder final : public PrivateLeader {
 public:
  using PrivateLeader::PrivateLeader;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    if (const auto* response = std::get_if<pipeline::PayloadResponse>(&message)) {
      if (stage_.made(response->block_id)) { return; }
    }
    const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message);
    if (proposal == nullptr) { return stage_.send(to, message); }
    const auto view = proposal->proposal.view;
    if (!sent_.contains(view)) {
      acted();
      sent_.emplace(view, with_secret(*proposal));
    }
    stage_.send(to, sent_.at(view));
  }
  void arrived(NodeNumber /*at*/, const Message& message) override {
    if (const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message)) {
      if (sent_.contains(proposal->proposal.view)) { waiting_.insert(proposal->proposal.view); }
    }
  }
  /// They had the header, waited for the body and gave up.
  void honest_vote(const Subject& subject, NodeNumber /*signer*/) override {
    if (subject.kind == VoteKind::nullify && waiting_.erase(subject.view) > 0) { worked(); }
  }

 private:
  std::map<View, pipeline::ProposalMessage> sent_;
  std::set<View> waiting_;
};

/// Gives proposal and body to exactly as many as make a quorum with itself; the rest must get it from these.
class QuorumSender final : public PrivateLeader {
 public:
  using PrivateLeader::PrivateLeader;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    if (const auto* response = std::get_if<pipeline::PayloadResponse>(&message)) {
      const bool is_left_out = stage_.made(response->block_id) && to && !chosen_.contains(*to);
      if (is_left_out) { return; }
    }
    const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message);
    if (proposal == nullptr) { return stage_.send(to, message); }
    if (view_ != proposal->proposal.view) {
      acted();
      view_ = proposal->proposal.view;
      sent_ = with_secret(*proposal);
      chosen_.clear();
      while (chosen_.size() + 1 < stage_.quorum()) { chosen_.insert(stage_.one_other()); }
    }
    for (const auto one : chosen_) { stage_.send(one, sent_); }
  }
  /// Its block was notarized although somebody never got it from it.
  void honest_certificate(const Certificate& certificate) override {
    if (certificate.subject.kind == VoteKind::notarize && certificate.subject.block == sent_.proposal.header.id()) {
      worked();
    }
  }

 private:
  View view_;
  pipeline::ProposalMessage sent_;
  std::set<NodeNumber> chosen_;
};

}  // namespace

MakeCharacter body_withholder() { return make_character<BodyWithholder>; }
MakeCharacter quorum_sender() { return make_character<QuorumSender>; }

}  // namespace keten::simulator::byzantine
