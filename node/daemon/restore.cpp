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

/// Bodies are synced before anything is executed: a database that knows more than the segments means that they were rolled
/// back, and the node would go on without blocks that others ask it for.
Status check_newest_body(const storage::Snapshot& snapshot, const storage::BlockLog& segments,
                         const storage::Executed& executed) {
  if (executed.height.value == 0) { return kDone; }
  const auto record = storage::read_block_record(snapshot, executed.height);
  if (!record) { return record.error(); }
  const auto bytes = segments.read(record->location, 0, record->location.length);
  const auto block = bytes ? Block::decode(*bytes) : Result<Block>(bytes.error());
  if (block && block->header.id() == executed.block && block->payload_matches()) { return kDone; }
  return failure(ErrorKind::corrupt, "SEGMENTS_BEHIND",
                 "the database executed height " + executed.height.text() +
                     ", whose block is not in data/blocks: it was rolled back or damaged. Remove data/blocks and "
                     "data/state, never data/journal; the node fetches both from the others");
}

Result<Restored> restore_checked(OpenedDisk disk) {
  auto executed = storage::read_executed(*disk.database.snapshot());
  if (!executed) { return executed.error(); }
  const auto present = check_newest_body(*disk.database.snapshot(), disk.segments, *executed);
  if (!present) { return present.error(); }
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
  auto recovered =
      recover(DiskContents{disk.genesis, *snapshot, std::move(disk.journal), std::move(blocks), disk.past});
  if (!recovered) { return recovered.error(); }
  restored.recovered = std::move(*recovered);
  return restored;
}

}  // namespace

Result<OpenedVotes> open_votes(const std::string& directory, const journal::JournalIdentity& identity,
                               const journal::JournalOptions& options, bool has_other_data,
                               journal::FileSystem& files) {
  using journal::VoteJournal;
  const auto make = [&](const std::vector<consensus::JournalRecord>& first, std::string damage) -> Result<OpenedVotes> {
    auto made = VoteJournal::create(directory, identity, options, files, first);
    if (!made) { return made.error(); }
    return OpenedVotes{std::move(*made), std::move(damage)};
  };
  if (!VoteJournal::exists(directory, files)) {
    if (!has_other_data) { return make({}, {}); }
    return make({consensus::Quarantine{.cause = consensus::QuarantineCause::journal_lost}}, {});
  }
  auto votes = VoteJournal::open(directory, identity, options, files);
  if (votes) { return OpenedVotes{std::move(*votes), {}}; }
  if (votes.error().reason != "JOURNAL_CORRUPT") { return votes.error(); }
  const auto aside = VoteJournal::set_aside(directory, files);
  if (!aside) { return aside.error(); }
  return make({consensus::Quarantine{.cause = consensus::QuarantineCause::journal_corrupt}},
              votes.error().message + "; it is kept as " + *aside);
}

Result<Restored> restore(OpenedDisk disk) {
  try {
    return restore_checked(std::move(disk));
  } catch (const storage::ReadFailure& failed) { return failed.error(); }
}

}  // namespace keten::node
