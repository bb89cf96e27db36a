#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "consensus/elector.h"
#include "tests/simulator/validator.h"

namespace keten::simulator::byzantine {

using Message = pipeline::PeerMessage;
using Recipients = std::vector<NodeNumber>;

/// What one faulty validator has: its own key, its own machine, all that it ever heard or stored, and time to plan.
/// It cannot sign for others and cannot touch other links or disks.
class Stage {
 public:
  /// Copies the references in `around`, which outlive it.
  Stage(const Surroundings& around, NodeNumber self, Random random);
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  [[nodiscard]] NodeNumber self() const { return self_; }
  /// In the set of the genesis, where places and numbers are the same.
  [[nodiscard]] ValidatorIndex place() const { return {self_.value}; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] const Founding& founding() const { return around_.founding; }
  [[nodiscard]] std::size_t validators() const { return founding().validators().size(); }
  /// Validators whose votes together miss a certificate by one: all that a quorum needs beside this one, if all weigh 1.
  [[nodiscard]] std::size_t quorum() const { return 2 * validators() / 3 + 1; }
  [[nodiscard]] Recipients others() const;
  /// At least one and not all of the others.
  [[nodiscard]] Recipients some_others();
  [[nodiscard]] NodeNumber one_other();
  [[nodiscard]] NodeNumber leader(View view) const { return {elector_.leader(view).value}; }
  [[nodiscard]] bool leads(View view) const { return leader(view) == self_; }
  [[nodiscard]] Milliseconds wall_ms() const;

  void send(NodeNumber to, const Message& message);
  void send(std::optional<NodeNumber> to, const Message& message);
  void send(const Recipients& to, const Message& message);
  void later(Time delay, std::function<void()> action) { around_.schedule.after(delay, std::move(action)); }

  /// By this validator's key, whatever the subject says.
  [[nodiscard]] Vote sign(const Subject& subject) const;
  [[nodiscard]] Vote sign(const Subject& subject, const ChainId& chain, const SetId& set) const;
  /// The proposal as its own, signed anew after a change of header or parent view.
  void sign(pipeline::ProposalMessage& message) const;
  /// The proposal with another payload, signed; this validator can serve the bodies.
  [[nodiscard]] pipeline::ProposalMessage with_payload(pipeline::ProposalMessage message,
                                                       std::vector<TransactionPointer> transactions);
  /// The proposal with its header changed, signed; this validator can serve the bodies if it has those of the old one.
  [[nodiscard]] pipeline::ProposalMessage with_header(pipeline::ProposalMessage message,
                                                      const std::function<void(BlockHeader&)>& change);
  /// Of the stock of signed transactions, any.
  [[nodiscard]] TransactionPointer any_transaction();

  // What it knows.
  void heard(const Message& message);
  void said(const Message& message);
  void stored(const BlockPointer& block);
  /// The highest view that a proposal, vote or certificate of the validator inside was about.
  [[nodiscard]] View view() const { return view_; }
  [[nodiscard]] const std::map<Subject, Certificate>& certificates() const { return certificates_; }
  [[nodiscard]] const Certificate* certificate(VoteKind kind, View view) const;
  [[nodiscard]] const std::deque<Vote>& votes() const { return votes_; }
  [[nodiscard]] const std::map<View, pipeline::ProposalMessage>& proposals() const { return proposals_; }
  [[nodiscard]] BlockPointer block(const BlockId& id) const;
  /// Blocks of its own making that the validator inside does not know.
  [[nodiscard]] bool made(const BlockId& id) const { return made_.contains(id); }

 private:
  void note(const Certificate& certificate);
  void note(const Message& message);
  void keep(const BlockId& id, BlockPointer block);

  Surroundings around_;
  NodeNumber self_;
  Random random_;
  consensus::Elector elector_;
  View view_;
  std::map<Subject, Certificate> certificates_;
  std::deque<Vote> votes_;
  std::map<View, pipeline::ProposalMessage> proposals_;
  std::map<BlockId, BlockPointer> blocks_;
  std::deque<BlockId> blocks_order_;
  std::map<BlockId, BlockPointer> made_;
};

}  // namespace keten::simulator::byzantine
