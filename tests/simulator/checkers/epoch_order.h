#pragma once

#include <map>
#include <set>

#include "core/validator_set.h"
#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// I15: nobody votes in an epoch before the finalization of the block that seals the one before is in its synced journal, or
/// with a key that is not of its set; and all that are final agree which set every epoch has.
class EpochOrder final : public Checker {
 public:
  /// `sets`, the validators of every epoch that some node began, is borrowed.
  explicit EpochOrder(const std::map<Epoch, ValidatorSet>& sets) : Checker("epoch_order"), sets_(sets) {}
  void read_at_start(NodeNumber at, const pipeline::Persist& contents) override { synced(at, contents); }
  void synced(NodeNumber at, const pipeline::Persist& persist) override;
  void vote_sent(const Subject& subject, NodeNumber signer) override;
  void block_final(NodeNumber at, const SeenBlock& seen) override;

 private:
  const std::map<Epoch, ValidatorSet>& sets_;
  std::map<BlockId, Epoch> sealing_;                 ///< bodies seen, by the epoch that they seal
  std::map<NodeNumber, std::set<Epoch>> sealed_at_;  ///< durable
};

}  // namespace keten::simulator
