#pragma once

#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// No honest validator stops listening to another honest one for a bad signature.
class NoHonestBlamed final : public Checker {
 public:
  NoHonestBlamed() : Checker("no_honest_blamed") {}
  /// `at` leaves `peer` unheard; both are honest.
  void blamed(NodeNumber at, NodeNumber peer) {
    violated(text_of(at) + " does not listen to " + text_of(peer) + " for a signature that it says was bad");
  }
};

}  // namespace keten::simulator
