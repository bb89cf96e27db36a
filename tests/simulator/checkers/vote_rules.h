#pragma once

#include <map>
#include <set>

#include "core/validator_set.h"
#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// Replays every honest validator's journal, record by record, against the rules of docs/consensus.md as tests/model has
/// them: each vote, certificate and floor must have been allowed by what was recorded before it, stored before it and
/// delivered before it. Shares nothing with consensus/ but the encoding of its messages. Reasons to nullify are timers,
/// and not looked at.
class VoteRules final : public Checker {
 public:
  /// `sets`, the validators of every epoch, is borrowed.
  VoteRules(const BlockHeader& genesis, const std::map<Epoch, ValidatorSet>& sets)
      : Checker("vote_rules"), genesis_(genesis), sets_(sets) {}
  void started(NodeNumber at, const pipeline::PipelineRecovered& recovered) override;
  void forgot(NodeNumber at) override;
  void read_at_start(NodeNumber at, const pipeline::Persist& contents) override;
  void synced(NodeNumber at, const pipeline::Persist& persist) override;
  void delivered(NodeNumber at, NodeNumber from, const pipeline::PeerMessage& message) override;
  void vote_sent(const Subject& subject, NodeNumber signer) override;
  void damaged(NodeNumber at) override { damaged_.insert(at); }

 private:
  using Nodes = std::set<NodeNumber>;
  struct Votes {
    std::optional<Subject> notarize;
    std::optional<Subject> finalize;
    bool nullify = false;
  };
  struct Certificates {
    std::optional<Subject> notarization;
    std::optional<Subject> finalization;
    bool nullification = false;
    [[nodiscard]] bool is_cleared() const { return nullification || notarization || finalization; }
    /// The block that the view's certificates name.
    [[nodiscard]] const Subject* accepted() const {
      return notarization ? &*notarization : finalization ? &*finalization : nullptr;
    }
  };
  /// What the journal says up to some record.
  struct Journal {
    Epoch epoch;
    View floor;
    BlockId floor_block;
    std::map<View, Votes> own;
    std::map<View, Certificates> certificates;
  };
  struct Validator {
    Journal journal;
    std::map<BlockId, BlockHeader> stored;
    std::map<Subject, Nodes> received;
    Nodes answered;       ///< who said its status since the start
    bool forgot = false;  ///< its journal was lost: the floor may be what its database executed
    std::set<Subject> cast;
    std::set<Subject> held;
    std::set<BlockId> floors;
  };
  enum class Reading : std::uint8_t { live, again };

  Validator& validator(NodeNumber at);
  void store(Validator& one, const pipeline::Persist& persist);
  void take(NodeNumber at, Validator& one, const consensus::JournalRecord& record, Reading reading);
  void take(NodeNumber at, Validator& one, const consensus::OwnVote& record, Reading reading);
  void take(NodeNumber at, Validator& one, const consensus::HeldCertificate& record);
  void take(NodeNumber at, Validator& one, const consensus::Floor& record);
  void receive(Validator& one, const Certificate& certificate) const;

  void enter_epoch(NodeNumber at, Validator& one, Epoch epoch);
  /// Why the vote was not allowed; empty when it was.
  [[nodiscard]] std::string fault_of_notarize(NodeNumber at, const Validator& one, const Subject& vote) const;
  [[nodiscard]] std::string fault_of_nullify(const Validator& one, const Subject& vote) const;
  [[nodiscard]] std::string fault_of_finalize(const Validator& one, const Subject& vote) const;
  [[nodiscard]] std::string fault_of_certificate(NodeNumber at, const Validator& one,
                                                 const Certificate& certificate) const;
  [[nodiscard]] std::string fault_of_floor(NodeNumber at, const Validator& one, const consensus::Floor& floor) const;
  /// The executed block takes the floor's place when the journal is lost. Execution needs finality.
  [[nodiscard]] bool is_executed_floor(const Validator& one, const consensus::Floor& floor) const;
  void note_final(const Validator& one, const BlockId& floor);
  /// Whether every view strictly between is skipped with proof.
  [[nodiscard]] static bool all_nullified(const Journal& journal, View after, View before);
  [[nodiscard]] static bool all_cleared(const Journal& journal, View before);
  [[nodiscard]] bool has_quorum(Epoch epoch, const Nodes& nodes) const;
  [[nodiscard]] NodeNumber number_of(Epoch epoch, ValidatorIndex index) const {
    return sets_.at(epoch).at(index).number;
  }
  [[nodiscard]] bool is_member(Epoch epoch, ValidatorIndex index) const;
  [[nodiscard]] Nodes signers_of(const Certificate& certificate) const;

  BlockHeader genesis_;
  const std::map<Epoch, ValidatorSet>& sets_;
  std::map<NodeNumber, Validator> all_;
  std::set<NodeNumber> damaged_;  ///< whose journals may have forgotten: they count among the faulty
  std::set<BlockId> final_;       ///< floors that some validator was allowed to record, and their ancestors
};

}  // namespace keten::simulator
