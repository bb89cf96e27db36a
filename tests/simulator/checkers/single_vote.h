#pragma once

#include <map>
#include <set>
#include <tuple>

#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// I5: on the wire and across restarts, a key signs at most one notarize and one finalize of a view, finalizes only what it
/// notarized, and never nullifies a view that it finalizes.
class SingleVote final : public Checker {
 public:
  SingleVote() : Checker("single_vote") {}
  void damaged(NodeNumber at) override { damaged_.insert(at); }
  void vote_sent(const Subject& subject, NodeNumber signer) override;

 private:
  struct Votes {
    std::optional<Subject> notarize;
    std::optional<Subject> finalize;
    bool nullify = false;
  };
  std::set<NodeNumber> damaged_;  ///< may have forgotten: they count among the faulty
  std::map<std::tuple<Epoch, View, NodeNumber>, Votes> votes_;
};

}  // namespace keten::simulator
