#pragma once

#include <cstddef>

#include "core/bytes.h"
#include "core/proof/question.h"
#include "core/result.h"
#include "node/query/ledger_query.h"

namespace keten::query {

/// A trace with more is refused with PROOF_TOO_LARGE.
inline constexpr std::size_t kTraceHistoriesMax = 5'000;
inline constexpr std::size_t kProofEntriesMax = 200'000;

/// A proof file (core/proof) under the newest block that is final by itself and binds a state: within a second of what was
/// executed, on a chain that advances. Fails with PROOF_NOT_YET (unavailable) while no such block covers what is asked;
/// TRANSACTION_NOT_FOUND, ITEM_UNKNOWN, ENTITY_EXISTS (an absence of what is there) otherwise. May throw
/// storage::ReadFailure.
[[nodiscard]] Result<Bytes> make_proof(const LedgerView& view, const proof::Question& question);

}  // namespace keten::query
