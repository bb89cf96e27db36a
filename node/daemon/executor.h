#pragma once

#include <functional>
#include <thread>

#include "contracts/commitment/page_cache.h"
#include "contracts/execute.h"
#include "contracts/packages/module_store.h"
#include "contracts/registry.h"
#include "core/membership.h"
#include "node/daemon/disk.h"
#include "node/pipeline/pipeline.h"
#include "node/runtime/inbox.h"
#include "node/runtime/metrics.h"

namespace keten::node {

/// The execution thread: runs final blocks in height order and commits each in one batch. The loop bounds how many wait.
class Executor {
 public:
  /// Called on the execution thread after every commit; `membership` is null unless the block changed it.
  using Done = std::function<void(const BlockPointer& block, const contracts::BlockResult& result,
                                  const MembershipPointer& membership)>;
  Executor(Disk& disk, const contracts::Registry& registry, MembershipPointer membership, Metrics& metrics, Done done,
           Fatal fatal);
  ~Executor();

  void execute(std::vector<pipeline::Execute> work);
  /// Finishes what was given and ends.
  void stop();

 private:
  void run();
  [[nodiscard]] Status run_block(const pipeline::Execute& work);
  void rest();

  Disk& disk_;
  const contracts::Registry& registry_;
  MembershipPointer membership_;
  packages::ModuleStore modules_;           ///< of the execution thread
  contracts::commitment::PageCache pages_;  ///< likewise
  Counter transactions_;
  Counter failed_;
  Counter execute_us_;
  Counter commit_us_;
  Done done_;
  Fatal fatal_;
  Inbox<pipeline::Execute> inbox_;
  std::jthread thread_;
};

}  // namespace keten::node
