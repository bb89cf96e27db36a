#include "node/daemon/replay.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "contracts/commitment/page_cache.h"
#include "contracts/execute.h"
#include "contracts/governance/membership_state.h"
#include "contracts/packages/module_store.h"
#include "contracts/registry.h"
#include "core/block.h"
#include "core/encoding.h"

namespace keten::node {

using consensus::Floor;

namespace {

/// More than this is worth a word to who waits for the start.
constexpr std::size_t kManyBlocks = 1000;

bool is_before(const StoredHeader& left, const StoredHeader& right) {
  return std::tie(left.height, left.id) < std::tie(right.height, right.id);
}

struct FinalChain {
  std::vector<StoredHeader> blocks;
  std::map<BlockId, Certificate> finalizations;
};

/// Up to the highest floor that the stored blocks reach.
FinalChain final_chain(const Replay& replay, const storage::Executed& executed) {
  FinalChain chain;
  std::vector<const Floor*> floors;
  for (const auto& record : replay.journal) {
    if (const auto* floor = std::get_if<Floor>(&record)) { floors.push_back(floor); }
  }
  std::ranges::stable_sort(floors, std::ranges::greater{}, [](const Floor* floor) { return floor->height; });
  for (const auto* floor : floors) {
    if (chain.blocks.empty() && floor->height > executed.height) {
      auto blocks = replay.headers.chain_to(floor->block, floor->height, executed);
      if (!blocks) { continue; }
      chain.blocks = std::move(*blocks);
    }
    // One that took the place of a lost journal's may have none.
    if (!floor->finalization.signatures.empty()) { chain.finalizations.emplace(floor->block, floor->finalization); }
  }
  return chain;
}

Result<Block> read_block(const storage::BlockReader& blocks, const StoredHeader& stored) {
  const auto bytes = blocks.read(stored.location, 0, stored.location.length);
  if (!bytes) { return bytes.error(); }
  return Block::decode(*bytes);
}

Result<Membership> read_membership(const storage::Database& database) {
  const auto snapshot = database.snapshot();
  return governance::read_membership(snapshot->column(storage::Column::state));
}

Status replay_chain(const Replay& replay, const FinalChain& chain) {
  const auto registry = contracts::built_in_contracts();
  packages::ModuleStore modules;
  contracts::commitment::PageCache pages;
  auto membership = read_membership(replay.database);
  if (!membership) { return membership.error(); }
  for (const auto& stored : chain.blocks) {
    const auto block = read_block(replay.blocks, stored);
    if (!block) { return block.error(); }
    contracts::BlockResult result;
    {
      const auto snapshot = replay.database.snapshot();
      result = contracts::execute_block(storage::state_before(*snapshot), contracts::block_context(*block),
                                        block->transactions, registry, membership->directory, &modules, &pages);
    }
    const auto found = chain.finalizations.find(stored.id);
    const auto finalization = found == chain.finalizations.end() ? std::nullopt : std::optional(found->second);
    const auto committed = storage::commit_block(
        replay.database, {.block = *block,
                          .id = stored.id,
                          .location = stored.location,
                          .replay_from = replay.headers.replay_from(stored.height, stored.location),
                          .result = result,
                          .finalization = finalization});
    if (!committed) { return committed; }
    if (governance::changes_membership(result.writes)) {
      const auto snapshot = replay.database.snapshot();
      membership = governance::membership_after(*membership, snapshot->column(storage::Column::state), result.writes);
      if (!membership) { return membership.error(); }
    }
  }
  return kDone;
}

}  // namespace

Result<StoredHeaders> StoredHeaders::read(const storage::BlockLog& segments, const storage::Location& from,
                                          Height above) {
  StoredHeaders stored;
  std::optional<Error> broken;
  const auto visit = [&](const storage::Location& location, ByteView bytes) {
    Reader reader(bytes);
    const auto header = BlockHeader::decode(reader);
    if (!reader.ok()) {
      broken = failure(ErrorKind::corrupt, "SEGMENT_CORRUPT",
                       "the block at byte " + std::to_string(location.offset) + " of segment " +
                           std::to_string(location.segment) + " has no header");
      return;
    }
    if (header.height > above) { stored.headers_.push_back({header.height, header.id(), header.parent, location}); }
  };
  if (auto replayed = segments.replay(from, visit); !replayed) { return replayed.error(); }
  if (broken) { return *broken; }
  // A block that was stored twice: the first place counts.
  std::ranges::stable_sort(stored.headers_, is_before);
  stored.replay_from_.resize(stored.headers_.size());
  for (auto i = stored.headers_.size(); i-- > 0;) {
    const auto& here = stored.headers_[i].location;
    stored.replay_from_[i] = i + 1 == stored.headers_.size() ? here : std::min(here, stored.replay_from_[i + 1]);
  }
  return stored;
}

std::optional<std::vector<StoredHeader>> StoredHeaders::chain_to(const BlockId& block, Height height,
                                                                 const storage::Executed& executed) const {
  std::vector<StoredHeader> chain;
  auto id = block;
  for (; height > executed.height; height = height.previous()) {
    const StoredHeader wanted{height, id, {}, {}};
    const auto found = std::ranges::lower_bound(headers_, wanted, is_before);
    if (found == headers_.end() || found->height != height || found->id != id) { return std::nullopt; }
    chain.push_back(*found);
    id = found->parent;
  }
  if (height != executed.height || id != executed.block) { return std::nullopt; }
  std::ranges::reverse(chain);
  return chain;
}

storage::Location StoredHeaders::replay_from(Height height, const storage::Location& otherwise) const {
  const auto next = std::ranges::upper_bound(headers_, height, {}, &StoredHeader::height);
  if (next == headers_.end()) { return otherwise; }
  return std::min(otherwise, replay_from_[static_cast<std::size_t>(next - headers_.begin())]);
}

std::vector<StoredHeader> StoredHeaders::above(Height height) const {
  return {std::ranges::upper_bound(headers_, height, {}, &StoredHeader::height), headers_.end()};
}

Status replay_final_blocks(const Replay& replay) {
  try {
    const auto executed = storage::read_executed(*replay.database.snapshot());
    if (!executed) { return executed.error(); }
    const auto chain = final_chain(replay, *executed);
    const auto count = chain.blocks.size();
    if (count > kManyBlocks && replay.many_blocks) { replay.many_blocks(count, executed->height); }
    return replay_chain(replay, chain);
  } catch (const storage::ReadFailure& failed) { return failed.error(); }
}

}  // namespace keten::node
