#pragma once

#include <map>

#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// I7: the floor never moves backwards, in the journal, in a running process and across restarts.
class FloorMonotone final : public Checker {
 public:
  FloorMonotone() : Checker("floor_monotone") {}
  void damaged(NodeNumber at) override { known_[at].is_damaged = true; }
  void forgot(NodeNumber at) override { known_.erase(at); }
  void started(NodeNumber at, const pipeline::PipelineRecovered& recovered) override;
  void synced(NodeNumber at, const pipeline::Persist& persist) override;
  void measured(NodeNumber at, const consensus::Floor& floor, const pipeline::PipelineStatus& status) override;

 private:
  using Place = std::pair<Epoch, View>;
  static Place place_of(const Subject& subject);
  static std::string text_of(const Place& place);
  static std::string text_of(NodeNumber number) { return simulator::text_of(number); }
  struct Known {
    Place durable;
    Place running;
    bool is_damaged = false;
  };
  std::map<NodeNumber, Known> known_;
};

}  // namespace keten::simulator
