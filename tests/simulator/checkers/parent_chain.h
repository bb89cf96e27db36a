#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// I4: final blocks form one chain of ascending views, and every view between two of them is nullified.
class ParentChain final : public Checker {
 public:
  /// `genesis` is the header of height 0.
  explicit ParentChain(const BlockHeader& genesis);
  void read_at_start(NodeNumber at, const pipeline::Persist& contents) override { synced(at, contents); }
  void synced(NodeNumber at, const pipeline::Persist& persist) override;
  void certificate_sent(NodeNumber from, const Certificate& certificate) override;
  void block_final(NodeNumber at, const SeenBlock& seen) override;

 private:
  struct Link {
    BlockId id;
    BlockHeader header;
  };
  void extend(const SeenBlock& seen);
  void check(const Link& parent, const SeenBlock& seen);
  std::vector<Link> chain_;                 ///< by height
  std::map<BlockId, BlockPointer> stored_;  ///< bodies seen above the chain
  std::set<std::pair<Epoch, View>> nullified_;
};

}  // namespace keten::simulator
