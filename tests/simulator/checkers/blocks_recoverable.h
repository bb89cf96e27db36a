#pragma once

#include <map>
#include <set>
#include <unordered_set>

#include "core/validator_set.h"
#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// I9: what is notarized or finalized is in the synced segments of more validators than may be faulty, not counting those
/// whose disks broke a promise. So it survives a power failure of everybody.
class BlocksRecoverable final : public Checker {
 public:
  /// `sets`, the validators of every epoch, is borrowed.
  explicit BlocksRecoverable(const std::map<Epoch, ValidatorSet>& sets) : Checker("blocks_recoverable"), sets_(sets) {}
  void read_at_start(NodeNumber at, const pipeline::Persist& contents) override { synced(at, contents); }
  void synced(NodeNumber at, const pipeline::Persist& persist) override;
  void damaged(NodeNumber at) override { disks_[at].is_damaged = true; }
  void certificate_sent(NodeNumber from, const Certificate& certificate) override;

 private:
  struct Disk {
    std::unordered_set<BlockId, FixedBytesHash> blocks;
    bool is_damaged = false;
  };
  const std::map<Epoch, ValidatorSet>& sets_;
  std::map<NodeNumber, Disk> disks_;
};

}  // namespace keten::simulator
