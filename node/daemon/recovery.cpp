#include "node/daemon/recovery.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "consensus/recovery.h"
#include "contracts/governance/evidence_state.h"
#include "contracts/governance/membership_state.h"
#include "core/limits.h"
#include "node/storage/commit.h"

namespace keten::node {

using consensus::Floor;

namespace {

/// How many state roots the pipeline is told: any that a proposal may still name.
constexpr std::uint64_t kRecentRoots = 2 * limits::kExecutionLagMax + 1;

using Blocks = std::map<BlockId, BlockPointer>;

struct Place {
  Epoch epoch;
  View view;
  friend auto operator<=>(const Place&, const Place&) = default;
};
Place place_of(const Floor& floor) { return {floor.finalization.subject.epoch, floor.view}; }
Place place_of(const Subject& subject) { return {subject.epoch, subject.view}; }

/// The chain from behind the executed block up to `block`, ascending; none when a body is missing.
std::optional<std::vector<BlockPointer>> chain_to(const BlockId& block, Height height, const Blocks& blocks,
                                                  const storage::Executed& executed) {
  std::vector<BlockPointer> chain;
  auto id = block;
  for (; height > executed.height; height = height.previous()) {
    const auto found = blocks.find(id);
    if (found == blocks.end() || found->second->header.height != height) { return std::nullopt; }
    chain.push_back(found->second);
    id = found->second->header.parent;
  }
  if (height == executed.height && id != executed.block) { return std::nullopt; }
  std::ranges::reverse(chain);
  return chain;
}

struct ChosenFloor {
  Floor floor;
  std::vector<BlockPointer> chain;  ///< final blocks above the executed one
};

/// The highest floor that can be reached. The genesis is a floor that needs no journal record.
Result<ChosenFloor> choose_floor(const std::vector<Floor>& floors, const Blocks& blocks,
                                 const storage::Executed& executed) {
  for (auto floor = floors.rbegin(); floor != floors.rend(); ++floor) {
    if (floor->height < executed.height) { break; }
    if (auto chain = chain_to(floor->block, floor->height, blocks, executed)) {
      return ChosenFloor{.floor = *floor, .chain = std::move(*chain)};
    }
  }
  return failure(ErrorKind::corrupt, "FLOOR_WITHOUT_BLOCKS",
                 "the database executed height " + executed.height.text() + " and the journal knows height " +
                     floors.back().height.text() + " to be final, but the block segments do not connect them");
}

/// The executed block as a floor, with its own finalization when it has one.
Result<Floor> executed_floor(const storage::Snapshot& database, const storage::Executed& executed) {
  const auto record = storage::read_block_record(database, executed.height);
  if (!record) { return record.error(); }
  auto finalization = storage::read_finalization(database, executed.height);
  if (!finalization) { return finalization.error(); }
  Floor floor{.finalization = {}, .block = executed.block, .height = executed.height, .view = record->header.view};
  floor.finalization.subject.epoch = record->header.epoch;
  if (*finalization) {
    floor.finalization = std::move(**finalization);
    floor.view = floor.finalization.subject.view;
  }
  return floor;
}

/// What the journal, its place beside the database and the operator say about this key's past.
void read_past(const DiskContents& disk, bool is_behind, consensus::Recovered& result) {
  consensus::read_past(disk.journal, result);
  if (is_behind && !result.quarantine) {
    result.quarantine = consensus::Quarantine{.cause = consensus::QuarantineCause::journal_behind};
  }
  result.is_fresh = disk.journal.empty() && !result.quarantine;
  result.nonce = disk.past.nonce;
  result.is_alone = disk.past.is_alone;
  result.unused_key = disk.past.unused_key;
}

/// The journal keeps votes above its newest floor only. When the blocks lead to a lower one (they were lost, and come again by
/// sync), votes between the two were cast and are not known any more: nothing up to the newest floor is signed again.
void forbid_what_may_be_forgotten(const std::vector<Floor>& floors, const Floor& chosen, consensus::Recovered& result) {
  auto newest = place_of(chosen);
  for (const auto& floor : floors) { newest = std::max(newest, place_of(floor)); }
  if (newest == place_of(chosen)) { return; }
  consensus::Readmission barrier{.epoch = newest.epoch, .first = newest.view.next()};
  const auto& known = result.readmission;
  if (known && std::tie(known->epoch, known->first) >= std::tie(barrier.epoch, barrier.first)) { return; }
  result.readmission = barrier;
}

/// Floors of the journal and of the genesis, ascending.
std::vector<Floor> floors_of(const std::vector<consensus::JournalRecord>& journal, const Genesis& genesis) {
  std::vector<Floor> floors{{.finalization = {}, .block = genesis_header(genesis).id(), .height = {}, .view = {}}};
  for (const auto& record : journal) {
    if (const auto* floor = std::get_if<Floor>(&record)) { floors.push_back(*floor); }
  }
  std::ranges::stable_sort(floors, {}, &Floor::height);
  return floors;
}

Blocks above(std::vector<BlockPointer> stored, Height height) {
  Blocks blocks;
  for (auto& block : stored) {
    const auto id = block->header.id();
    if (block->header.height > height) { blocks.emplace(id, std::move(block)); }
  }
  return blocks;
}

}  // namespace

Result<std::vector<BlockPointer>> final_blocks(DiskContents disk) {
  const auto executed = storage::read_executed(disk.database);
  if (!executed) { return executed.error(); }
  auto chosen =
      choose_floor(floors_of(disk.journal, disk.genesis), above(std::move(disk.blocks), executed->height), *executed);
  if (!chosen) { return chosen.error(); }
  return std::move(chosen->chain);
}

Result<pipeline::PipelineRecovered> recover(DiskContents disk) {
  const auto executed = storage::read_executed(disk.database);
  if (!executed) { return executed.error(); }
  auto floors = floors_of(disk.journal, disk.genesis);
  const bool is_behind = floors.back().height < executed->height;
  if (is_behind) {
    auto floor = executed_floor(disk.database, *executed);
    if (!floor) { return floor.error(); }
    floors.push_back(std::move(*floor));
  }
  const auto blocks = above(std::move(disk.blocks), executed->height);
  auto membership = governance::read_membership(disk.database.column(storage::Column::state));
  if (!membership) { return membership.error(); }
  const auto epoch = membership->current.epoch;
  auto chosen = choose_floor(floors, blocks, *executed);
  if (!chosen) { return chosen.error(); }
  const auto& floor = chosen->floor;
  const bool is_sealed = !chosen->chain.empty() && !chosen->chain.back()->header.next_set.is_zero();
  if (place_of(floor).epoch > epoch || is_sealed) {
    return failure(ErrorKind::refused, "EPOCH_NOT_EXECUTED",
                   "the journal is in epoch " + place_of(floor).epoch.text() + " at height " + floor.height.text() +
                       ", the database is in epoch " + epoch.text() + " at height " + executed->height.text() +
                       "; the final blocks between must be executed first");
  }

  pipeline::PipelineRecovered result;
  read_past(disk, is_behind, result.consensus);
  forbid_what_may_be_forgotten(floors, floor, result.consensus);
  result.consensus.floor = floor;
  if (chosen->chain.empty()) {
    const auto record = storage::read_block_record(disk.database, executed->height);
    if (!record) { return record.error(); }
    result.consensus.floor_header = record->header;
  } else {
    result.consensus.floor_header = chosen->chain.back()->header;
  }
  for (const auto& record : disk.journal) {
    if (const auto* own = std::get_if<consensus::OwnVote>(&record)) {
      if (place_of(own->vote.subject) > place_of(floor)) { result.consensus.votes.push_back(*own); }
    } else if (const auto* held = std::get_if<consensus::HeldCertificate>(&record)) {
      if (place_of(held->certificate.subject) > place_of(floor)) {
        result.consensus.certificates.push_back(held->certificate);
      }
    }
  }
  // Finalizations that came before the bodies: consensus raises its floor again, block sync fetches the bodies.
  for (const auto& higher : floors) {
    const auto& certificate = higher.finalization;
    if (higher.height <= floor.height || certificate.signatures.empty()) { continue; }
    if (std::ranges::find(result.consensus.certificates, certificate) == result.consensus.certificates.end()) {
      result.consensus.certificates.push_back(certificate);
    }
  }

  // An epoch begins at view 0, on the block that sealed the one before.
  if (place_of(floor).epoch < epoch) { result.consensus.floor.view = View{0}; }

  result.blocks = chosen->chain;
  std::vector<BlockPointer> open;
  for (const auto& [id, block] : blocks) {
    const auto& header = block->header;
    if (header.height > floor.height && Place{header.epoch, header.view} > place_of(floor)) { open.push_back(block); }
  }
  std::ranges::stable_sort(open, {}, [](const BlockPointer& block) { return block->header.height; });
  for (const auto& block : open) {
    result.consensus.stored.push_back(block->header);
    result.blocks.push_back(block);
  }

  result.executed_height = executed->height;
  result.state_root = executed->state_root;
  auto roots = storage::read_recent_roots(disk.database, kRecentRoots);
  if (!roots) { return roots.error(); }
  result.recent_roots = std::move(*roots);
  auto window = storage::read_window(disk.database, limits::kValidityBlocksMax);
  if (!window) { return window.error(); }
  for (auto& record : *window) {
    result.window.push_back({.height = record.height, .transactions = std::move(record.transactions)});
  }
  const auto recorded = governance::read_evidence(disk.database.column(storage::Column::state));
  if (!recorded) { return recorded.error(); }
  for (const auto& one : *recorded) { result.evidence.insert(one.key); }
  result.membership = std::make_shared<const Membership>(std::move(*membership));
  return result;
}

}  // namespace keten::node
