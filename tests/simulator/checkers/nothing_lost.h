#pragma once

#include <unordered_map>

#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// A transaction that any validator called final stays on every validator, at one place.
class NothingLost final : public Checker {
 public:
  NothingLost() : Checker("nothing_lost") {}
  void block_final(NodeNumber at, const SeenBlock& seen) override;
  void read_back(NodeNumber at, const TransactionId& id, const std::optional<storage::Place>& place) override;

 private:
  std::unordered_map<TransactionId, storage::Place, FixedBytesHash> acknowledged_;
};

}  // namespace keten::simulator
