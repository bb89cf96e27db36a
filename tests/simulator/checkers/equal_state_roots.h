#pragma once

#include <map>

#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// I10: a height has one state root on every validator, and final headers bind that one.
class EqualStateRoots final : public Checker {
 public:
  EqualStateRoots() : Checker("equal_state_roots") {}
  void started(NodeNumber at, const pipeline::PipelineRecovered& recovered) override;
  void block_final(NodeNumber at, const SeenBlock& seen) override;
  void executed(NodeNumber at, Height height, const Hash& state_root) override;

 private:
  void take(const std::string& who, Height height, const Hash& state_root);
  std::map<Height, Hash> roots_;
};

}  // namespace keten::simulator
