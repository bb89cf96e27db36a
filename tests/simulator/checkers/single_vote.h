#pragma once

#include <map>
#include <tuple>

#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// I5: on the wire and across restarts, a key signs at most one notarize and one finalize of a view, finalizes only what it
/// notarized, and never nullifies a view that it finalizes.
class SingleVote final : public Checker {
 public:
  SingleVote() : Checker("single_vote") {}
  void vote_sent(const Subject& subject, NodeNumber signer) override;

 private:
  struct Votes {
    std::optional<Subject> notarize;
    std::optional<Subject> finalize;
    bool nullify = false;
  };
  std::map<std::tuple<Epoch, View, NodeNumber>, Votes> votes_;
};

}  // namespace keten::simulator
