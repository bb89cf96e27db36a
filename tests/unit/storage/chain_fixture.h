#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "node/storage/commit.h"
#include "node/storage/memory_database.h"
#include "tests/unit/contracts/ledger_fixture.h"

namespace keten::test {

/// Blocks one after the other in memory, as a segment file keeps them.
class MemoryBlocks : public storage::BlockReader {
 public:
  storage::Location append(ByteView block) {
    const storage::Location location{
        .segment = 1, .offset = bytes_.size(), .length = static_cast<std::uint32_t>(block.size())};
    bytes_.insert(bytes_.end(), block.begin(), block.end());
    return location;
  }
  [[nodiscard]] Result<Bytes> read(const storage::Location& location, std::uint32_t offset,
                                   std::uint32_t length) const override {
    bytes_read_ += length;
    const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(location.offset + offset);
    return Bytes(begin, begin + length);
  }
  Bytes& bytes() { return bytes_; }
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  Bytes bytes_;
  mutable std::uint64_t bytes_read_ = 0;
};

/// A chain that executes and commits what is added to it.
struct Chain {
  Genesis genesis = make_genesis();
  contracts::Registry registry = contracts::built_in_contracts();
  Directory directory{genesis};
  storage::MemoryDatabase database;
  MemoryBlocks blocks;
  BlockHeader head = genesis_header(genesis);

  Chain() {
    const auto done = storage::initialise(database, genesis);
    if (!done) { throw std::runtime_error(done.error().message); }
  }

  [[nodiscard]] contracts::BlockResult execute(const Block& block) const {
    const auto snapshot = database.snapshot();
    return contracts::execute_block(storage::state_before(*snapshot), contracts::block_context(block),
                                    block.transactions, registry, directory);
  }

  [[nodiscard]] Status commit(const Block& block, const std::optional<Certificate>& finalization) {
    // Only what follows can be executed; a node does not try with others.
    const bool follows = storage::read_executed(*database.snapshot())->block == block.header.parent;
    const auto result = follows ? execute(block) : contracts::BlockResult{};
    const auto location = blocks.append(block.encode());
    return storage::commit_block(database, {.block = block,
                                            .id = block.header.id(),
                                            .location = location,
                                            .replay_from = location,
                                            .result = result,
                                            .finalization = finalization});
  }

  enum class Finalized : std::uint8_t { itself, by_descendant };
  Block add(std::vector<TransactionPointer> transactions, Finalized finalized = Finalized::itself) {
    auto block = make_block(head, std::move(transactions));
    std::optional<Certificate> finalization;
    if (finalized == Finalized::itself) { finalization = make_finalization(block.header); }
    const auto done = commit(block, finalization);
    if (!done) { throw std::runtime_error(done.error().message); }
    head = block.header;
    return block;
  }
};

}  // namespace keten::test
