#pragma once

#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// I13: what a validator holds stays within the bounds of core/limits.h, however the network behaves.
class BoundedMemory final : public Checker {
 public:
  BoundedMemory() : Checker("bounded_memory") {}
  void measured(NodeNumber at, const consensus::Floor& floor, const pipeline::PipelineStatus& status) override;
};

}  // namespace keten::simulator
