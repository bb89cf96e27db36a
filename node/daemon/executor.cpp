#include "node/daemon/executor.h"

#include <malloc.h>

#include "contracts/execute.h"
#include "contracts/governance/membership_state.h"
#include "node/runtime/clock.h"
#include "node/runtime/log.h"
#include "node/runtime/threads.h"
#include "node/storage/commit.h"

namespace keten::node {
namespace {

/// Without a block for so long, a node that had some writes its tables out and gives memory back.
constexpr std::uint64_t kRestAfterMs = 5000;

Result<MembershipPointer> membership_after(const Membership& before, const Disk& disk,
                                           const contracts::WriteSet& writes) {
  try {
    const auto snapshot = disk.database().snapshot();
    auto after = governance::membership_after(before, snapshot->column(storage::Column::state), writes);
    if (!after) { return after.error(); }
    return std::make_shared<const Membership>(std::move(*after));
  } catch (const storage::ReadFailure& failed) { return failed.error(); }
}

}  // namespace

Executor::Executor(Disk& disk, const contracts::Registry& registry, MembershipPointer membership, Metrics& metrics,
                   Done done, Fatal fatal)
    : disk_(disk),
      registry_(registry),
      membership_(std::move(membership)),
      transactions_(metrics.counter("keten_transactions_executed_total", "Transactions in executed blocks")),
      failed_(metrics.counter("keten_transactions_failed_total", "Of these, how many a contract or a limit refused")),
      execute_us_(metrics.counter("keten_stage_execute_microseconds_total", "Time spent in contracts")),
      commit_us_(metrics.counter("keten_stage_commit_microseconds_total", "Time spent writing blocks' results")),
      done_(std::move(done)),
      fatal_(std::move(fatal)),
      inbox_(SIZE_MAX),
      thread_(start_thread("execution", [this](const std::stop_token&) { run(); })) {}

Executor::~Executor() { stop(); }

void Executor::stop() {
  inbox_.close();
  if (thread_.joinable()) { thread_.join(); }
}

void Executor::execute(std::vector<pipeline::Execute> work) {
  for (auto& one : work) { inbox_.push_completion(std::move(one)); }
}

void Executor::run() {
  std::vector<pipeline::Execute> work;
  bool is_rested = true;
  while (inbox_.pop_all(work, is_rested ? kNever : steady_ms() + kRestAfterMs)) {
    if (work.empty()) {
      rest();
      is_rested = true;
      continue;
    }
    is_rested = false;
    for (const auto& one : work) {
      if (auto done = run_block(one); !done) {
        fatal_(done.error());
        return;
      }
    }
  }
}

Status Executor::run_block(const pipeline::Execute& work) {
  disk_.space().look();  // what is under way may need the ballast
  const auto& header = work.block->header;
  const auto began = steady_us();
  const auto id = header.id();
  contracts::BlockResult result;
  try {
    const auto snapshot = disk_.database().snapshot();
    disk_.recent().keep(header.height.previous(), snapshot);
    result = contracts::execute_block(storage::state_before(*snapshot), contracts::block_context(*work.block),
                                      work.block->transactions, registry_, membership_->directory, &modules_, &pages_);
  } catch (const storage::ReadFailure& failed) { return failed.error(); }
  const auto executed = steady_us();
  const auto place = disk_.place(id, header.height);
  const storage::Commit commit{*work.block, id, place.location, place.replay_from, result, work.finalization};
  if (auto committed = storage::commit_block(disk_.database(), commit); !committed) { return committed; }
  disk_.executed(header.height);
  MembershipPointer changed;
  if (governance::changes_membership(result.writes)) {
    auto after = membership_after(*membership_, disk_, result.writes);
    if (!after) { return after.error(); }
    changed = membership_ = std::move(*after);
  }
  execute_us_.add(executed - began);
  commit_us_.add(steady_us() - executed);
  transactions_.add(work.block->transactions.size());
  for (const auto& receipt : result.receipts) { failed_.add(receipt.succeeded ? 0 : 1); }
  done_(work.block, result, changed);
  return kDone;
}

void Executor::rest() {
  if (disk_.space().look() == SpaceLevel::exhausted) { return; }  // a flush writes new files
  if (auto flushed = disk_.database().flush(); !flushed) {
    log_warning("flush while idle: {}", flushed.error().message);
  }
  ::malloc_trim(0);
}

}  // namespace keten::node
