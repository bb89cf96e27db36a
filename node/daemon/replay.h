#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "consensus/journal_record.h"
#include "core/genesis.h"
#include "core/result.h"
#include "node/storage/commit.h"
#include "node/storage/database.h"
#include "node/storage/location.h"

namespace keten::node {

/// A block in the segments, without its body.
struct StoredHeader {
  Height height;
  BlockId id;
  BlockId parent;
  storage::Location location;
};

/// The stored blocks above one height, abandoned ones included: about a hundred bytes for each, whatever they hold.
class StoredHeaders {
 public:
  /// Reads the segments from `from` on. Fails with the reasons of BlockLog::replay and of the encoding.
  [[nodiscard]] static Result<StoredHeaders> read(const storage::BlockLog& segments, const storage::Location& from,
                                                  Height above);

  /// Where the blocks behind the executed one up to `block` lie, ascending; none when one of them is not stored.
  [[nodiscard]] std::optional<std::vector<StoredHeader>> chain_to(const BlockId& block, Height height,
                                                                  const storage::Executed& executed) const;
  /// As StoredBlocks::replay_from, in constant time: for a whole chain, one block after the other.
  [[nodiscard]] storage::Location replay_from(Height height, const storage::Location& otherwise) const;
  [[nodiscard]] std::vector<StoredHeader> above(Height height) const;

 private:
  std::vector<StoredHeader> headers_;           // by height, then id
  std::vector<storage::Location> replay_from_;  // by place in `headers_`: the first of the locations from there on
};

/// Told before many blocks are executed: how many, and above which height.
using ReplayNotice = std::function<void(std::size_t count, Height above)>;

/// Executes and commits every block that a floor of the journal proves final, one at a time: a node whose database is
/// lost, or far behind, would not have the memory for all of them at once. Does nothing when no floor can be reached;
/// recover() says why. Fails with the reasons of reading and of commit_block.
struct Replay {
  const Genesis& genesis;
  const std::vector<consensus::JournalRecord>& journal;
  const StoredHeaders& headers;
  const storage::BlockReader& blocks;
  storage::Database& database;
  ReplayNotice many_blocks;  ///< may be empty
};
[[nodiscard]] Status replay_final_blocks(const Replay& replay);

}  // namespace keten::node
