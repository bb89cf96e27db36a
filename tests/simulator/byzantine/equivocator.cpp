#include <map>
#include <set>

#include "tests/simulator/byzantine/characters.h"

namespace keten::simulator::byzantine {
namespace {

/// Sends one block to some and another one, as valid, to the others; some get both.
class Equivocator final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message);
    if (proposal == nullptr) { return stage_.send(to, message); }
    const auto view = proposal->proposal.view;
    auto known = plans_.find(view);
    if (known == plans_.end()) {
      acted();
      Plan plan{{}, stage_.with_header(*proposal, [](BlockHeader& header) { ++header.time; }), {}};
      for (const auto one : stage_.some_others()) { plan.side.insert(one); }
      known = plans_.emplace(view, std::move(plan)).first;
    }
    for (const auto one : to ? Recipients{*to} : stage_.others()) {
      const bool is_other_side = known->second.side.contains(one);
      stage_.send(one, is_other_side ? Message(known->second.other) : message);
      if (stage_.random().chance(200)) { stage_.send(one, is_other_side ? message : Message(known->second.other)); }
    }
    if (plans_.size() > 20) { plans_.erase(plans_.begin()); }
  }
  /// Different honest validators hold different blocks of one view.
  void arrived(NodeNumber at, const Message& message) override {
    const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message);
    if (proposal == nullptr) { return; }
    const auto plan = plans_.find(proposal->proposal.view);
    if (plan == plans_.end()) { return; }
    auto& seen = plan->second.seen;
    const auto before = seen.size();
    seen.try_emplace(proposal->proposal.header.id(), at);
    if (before == 1 && seen.size() == 2) { worked(); }
  }

 private:
  struct Plan {
    std::set<NodeNumber> side;
    pipeline::ProposalMessage other;
    std::map<BlockId, NodeNumber> seen;
  };
  std::map<View, Plan> plans_;
};

}  // namespace

MakeCharacter equivocator() { return make_character<Equivocator>; }

}  // namespace keten::simulator::byzantine
