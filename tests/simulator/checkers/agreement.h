#pragma once

#include <vector>

#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// I1: no two validators ever call different blocks of one height final.
class Agreement final : public Checker {
 public:
  Agreement() : Checker("agreement") {}
  void block_final(NodeNumber at, const SeenBlock& seen) override { compare(at, seen); }
  void execute_asked(NodeNumber at, const SeenBlock& seen) override { compare(at, seen); }

 private:
  void compare(NodeNumber at, const SeenBlock& seen);
  std::vector<std::optional<BlockId>> chain_;  ///< by height
};

}  // namespace keten::simulator
