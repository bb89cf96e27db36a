#pragma once

#include "tests/simulator/checkers/checker.h"
#include "tests/simulator/founding.h"

namespace keten::simulator {

/// No transaction with a wrong signature or an unknown sender reaches a final block.
class OnlyValidTransactions final : public Checker {
 public:
  /// Borrows.
  explicit OnlyValidTransactions(const Founding& founding) : Checker("only_valid_transactions"), founding_(founding) {}
  void block_final(NodeNumber at, const SeenBlock& seen) override;

 private:
  const Founding& founding_;
};

}  // namespace keten::simulator
