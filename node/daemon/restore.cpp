#include "node/daemon/restore.h"

#include <memory>
#include <utility>
#include <variant>

#include "core/block.h"
#include "node/daemon/recovery.h"
#include "node/storage/commit.h"

namespace keten::node {
namespace {

/// Whether the executed block is a floor, or the genesis of a chain that has none yet.
bool is_at_floor(const std::vector<consensus::JournalRecord>& journal, const storage::Executed& executed) {
  bool has_floor = false;
  for (const auto& record : journal) {
    const auto* floor = std::get_if<consensus::Floor>(&record);
    if (floor == nullptr) { continue; }
    has_floor = true;
    if (floor->block == executed.block) { return true; }
  }
  return !has_floor && executed.height.value == 0;
}

Result<Restored> restore_checked(OpenedDisk disk) {
  auto executed = storage::read_executed(*disk.database.snapshot());
  if (!executed) { return executed.error(); }
  const auto headers = StoredHeaders::read(disk.segments, executed->replay_from, executed->height);
  if (!headers) { return headers.error(); }
  const Replay replay{disk.genesis, disk.journal, *headers, disk.segments, disk.database, disk.many_blocks};
  if (auto replayed = replay_final_blocks(replay); !replayed) { return replayed.error(); }

  const auto snapshot = disk.database.snapshot();
  executed = storage::read_executed(*snapshot);
  if (!executed) { return executed.error(); }
  Restored restored;
  std::vector<BlockPointer> blocks;
  // Blocks of proposals, few. Where the segments do not lead to the floor they may be the whole chain: block sync brings
  // them, or recover() says what is wrong.
  if (is_at_floor(disk.journal, *executed)) { restored.stored = headers->above(executed->height); }
  for (const auto& stored : restored.stored) {
    const auto bytes = disk.segments.read(stored.location, 0, stored.location.length);
    if (!bytes) { return bytes.error(); }
    auto block = Block::decode(*bytes);
    if (!block) { return block.error(); }
    blocks.push_back(std::make_shared<Block>(std::move(*block)));
  }
  auto recovered = recover(DiskContents{disk.genesis, *snapshot, std::move(disk.journal), std::move(blocks)});
  if (!recovered) { return recovered.error(); }
  restored.recovered = std::move(*recovered);
  return restored;
}

}  // namespace

Result<Restored> restore(OpenedDisk disk) {
  try {
    return restore_checked(std::move(disk));
  } catch (const storage::ReadFailure& failed) { return failed.error(); }
}

}  // namespace keten::node
