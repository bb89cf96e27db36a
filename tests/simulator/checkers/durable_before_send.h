#pragma once

#include <map>
#include <set>
#include <unordered_set>

#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// I6: what others rely on survives a crash. A vote on the wire is in its signer's synced journal, with the certificates that
/// let it vote in that view and skip the views since the parent's, and the body of a block that it notarized in its synced
/// segments. A block that is called final or executed is stored there, at or below the durable floor.
class DurableBeforeSend final : public Checker {
 public:
  DurableBeforeSend() : Checker("durable_before_send") {}
  void read_at_start(NodeNumber at, const pipeline::Persist& contents) override { synced(at, contents); }
  void synced(NodeNumber at, const pipeline::Persist& persist) override;
  void damaged(NodeNumber at) override { damaged_.insert(at); }
  void vote_sent(const Subject& subject, NodeNumber signer) override;
  void block_final(NodeNumber at, const SeenBlock& seen) override;
  void execute_asked(NodeNumber at, const SeenBlock& seen) override;

 private:
  struct Disk {
    std::set<Subject> votes;
    std::unordered_set<BlockId, FixedBytesHash> blocks;
    Height floor;
    struct InEpoch {
      std::set<View> notarized;
      std::set<View> cleared;
      std::set<View> nullified;
      View frontier{1};  ///< the smallest view that the durable floor and certificates do not clear
    };
    std::map<Epoch, InEpoch> epochs;
  };
  static void clear(Disk& disk, const Subject& subject);
  void check_final(NodeNumber at, const SeenBlock& seen, const char* what);
  std::map<NodeNumber, Disk> disks_;
  std::set<NodeNumber> damaged_;
};

}  // namespace keten::simulator
