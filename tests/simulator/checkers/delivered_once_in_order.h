#pragma once

#include <map>
#include <unordered_map>

#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// I11: every validator gets each height once and in order, and no transaction stands in the chain twice or expired.
class DeliveredOnceInOrder final : public Checker {
 public:
  DeliveredOnceInOrder() : Checker("delivered_once_in_order") {}
  void started(NodeNumber at, const pipeline::PipelineRecovered& recovered) override;
  void block_final(NodeNumber at, const SeenBlock& seen) override;
  void execute_asked(NodeNumber at, const SeenBlock& seen) override;
  void executed(NodeNumber at, Height height, const Hash& state_root) override;

 private:
  struct Progress {
    std::optional<Height> final;  ///< a start repeats what was final and not executed
    Height asked;
    Height executed;
  };
  std::map<NodeNumber, Progress> progress_;
  Height newest_;  ///< whose transactions are in `places_`
  std::unordered_map<TransactionId, Height, FixedBytesHash> places_;
};

}  // namespace keten::simulator
