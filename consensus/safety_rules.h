#pragma once

#include <map>
#include <optional>
#include <vector>

#include "consensus/block_tree.h"
#include "consensus/certificate_store.h"
#include "consensus/engine.h"

namespace keten::consensus {

/// The only holder of the signer and of the votes this validator has cast. Every vote, live or after a restart,
/// passes one of its three gates: docs/consensus.md, rules R3, R4 and R5.
class SafetyRules {
 public:
  struct OwnVotes {
    std::optional<Vote> notarize;
    std::optional<Vote> nullify;
    std::optional<Vote> finalize;
  };
  /// What a gate looks at.
  struct Standing {
    View floor;
    View view;  ///< the current one: every view before it is cleared
    const CertificateStore& certificates;
    const BlockTree& blocks;
  };

  /// Both are borrowed; `signer` may be null for a follower.
  SafetyRules(const Config& config, const Signer* signer) : config_(&config), signer_(signer) {}

  /// A vote from the journal.
  void restore(const Vote& vote);
  /// The hand-shake after a start is done.
  void allow() { allowed_ = true; }
  /// The epoch is sealed: nothing in it is ever voted on again.
  void seal() { sealed_ = true; }
  [[nodiscard]] bool sealed() const { return sealed_; }
  /// For good: an assumption is broken.
  void halt() { halted_ = true; }
  [[nodiscard]] bool halted() const { return halted_; }
  /// This key's past is not known: docs/consensus.md, "Amnesia".
  void quarantine() { quarantined_ = true; }
  [[nodiscard]] bool is_quarantined() const { return quarantined_; }
  /// Ends the quarantine: votes of earlier views are unknown, so they stay uncast.
  void readmit(View first) {
    quarantined_ = false;
    first_ = first;
  }
  /// Of the views that may be voted in; 0 when no past is unknown.
  [[nodiscard]] View first() const { return first_; }
  [[nodiscard]] bool may_vote() const;
  [[nodiscard]] bool may_vote_in(View view) const { return may_vote() && view >= first_; }
  /// Signs what is no vote: where this validator stands.
  [[nodiscard]] std::optional<Signature> attest(const Hash& digest) const;

  /// R3. Precondition: the header keeps the header rules. The block must be stored. `view` is the header's, or a later one
  /// for a sealing block that is proposed again on the view `parent_view` that accepted it.
  [[nodiscard]] std::optional<Vote> notarize(View view, View parent_view, const BlockHeader& header,
                                             const Standing& standing);
  /// R4. There must be a reason, which the caller has.
  [[nodiscard]] std::optional<Vote> nullify(const Standing& standing);
  /// R5. The block and its ancestors must be stored.
  [[nodiscard]] std::optional<Vote> finalize(const Certificate& notarization, const Standing& standing);

  /// Null when nothing was cast in the view.
  [[nodiscard]] const OwnVotes* at(View view) const;
  [[nodiscard]] bool has_cast(const Subject& subject) const;
  /// Every vote above the floor in the newest `views` views, newest view first.
  [[nodiscard]] std::vector<Vote> newest(std::size_t views) const;
  [[nodiscard]] bool empty() const { return own_.empty(); }

  /// Nothing up to `floor` can ever be voted on again, because every gate demands a view above the floor.
  void prune(View floor) { own_.erase(own_.begin(), own_.upper_bound(floor)); }

 private:
  [[nodiscard]] std::optional<Vote> cast(const Subject& subject);
  [[nodiscard]] OwnVotes own(View view) const;

  const Config* config_;
  const Signer* signer_;
  bool allowed_ = false;
  bool halted_ = false;
  bool sealed_ = false;
  bool quarantined_ = false;
  View first_;
  std::map<View, OwnVotes> own_;
};

}  // namespace keten::consensus
