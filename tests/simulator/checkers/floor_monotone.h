#pragma once

#include <map>

#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// I7: the floor never moves backwards, in the journal, in a running process and across restarts.
class FloorMonotone final : public Checker {
 public:
  FloorMonotone() : Checker("floor_monotone") {}
  void started(NodeNumber at, const pipeline::PipelineRecovered& recovered) override;
  void synced(NodeNumber at, const pipeline::Persist& persist) override;
  void measured(NodeNumber at, const consensus::Floor& floor, const pipeline::PipelineStatus& status) override;

 private:
  struct Known {
    View durable;
    View running;
  };
  std::map<NodeNumber, Known> known_;
};

}  // namespace keten::simulator
