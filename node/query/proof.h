#pragma once

#include <cstddef>
#include <functional>

#include "core/bytes.h"
#include "core/proof/question.h"
#include "core/result.h"
#include "node/query/ledger_query.h"

namespace keten::query {

/// A trace with more is refused with PROOF_TOO_LARGE.
inline constexpr std::size_t kTraceHistoriesMax = 5'000;
inline constexpr std::size_t kProofEntriesMax = 200'000;

/// The database as it was after a height, as long as it is kept; null otherwise.
using SnapshotAt = std::function<storage::SnapshotPointer(Height)>;
inline storage::SnapshotPointer no_snapshot(Height /*height*/) { return nullptr; }

/// A proof file (core/proof) under the newest block that is final by itself and binds a state: within a second of what was
/// executed, on a chain that advances. An entry that changed behind the state which that block binds is read from `past`,
/// when the question is content with that state (Question::at_least); otherwise it is not provable yet. Fails with
/// PROOF_NOT_YET (unavailable) while no such block covers what is asked; TRANSACTION_NOT_FOUND, ITEM_UNKNOWN, ENTITY_EXISTS
/// (an absence of what is there) otherwise. May throw storage::ReadFailure.
[[nodiscard]] Result<Bytes> make_proof(const LedgerView& view, const proof::Question& question,
                                       const SnapshotAt& past = no_snapshot);

}  // namespace keten::query
