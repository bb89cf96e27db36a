#pragma once

#include "contracts/execute.h"
#include "node/audit/block_stream.h"

namespace keten::audit {

/// What execution gives against what the node keeps of this block: receipts, events, digests, state root. `tables` may
/// be null.
[[nodiscard]] std::optional<Finding> check_result(const CheckedBlock& checked, const contracts::BlockResult& result,
                                                  const storage::Snapshot* tables);

/// One of the digests that a block's execution is told by, in which two tellings differ.
struct DifferentPart {
  std::string what;  ///< with an article: `another state root`
  Hash expected;
  Hash found;
};
/// The part that says most about where to look.
[[nodiscard]] std::optional<DifferentPart> first_difference(const StoredResult& expected, const StoredResult& found);

struct ComparedTables {
  std::uint64_t entries = 0;
  std::optional<Finding> finding;  ///< the first key, in order of columns and keys
};
/// State, query indexes and places of transactions of two databases that executed the same blocks, key by key.
[[nodiscard]] ComparedTables compare_tables(const storage::Snapshot& expected, const storage::Snapshot& found,
                                            Height height);

/// A key or value for a person: text where it is text, else hexadecimal; long ones by their beginning and length.
[[nodiscard]] std::string shown(ByteView bytes);

}  // namespace keten::audit
