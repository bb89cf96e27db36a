#pragma once

#include <optional>

#include "core/validator_set.h"
#include "node/audit/source.h"

namespace keten::audit {

/// What a block shows without any other: its id, payload root and count, each transaction's signature. The first thing
/// that is wrong, or nothing. About 70 microseconds a transaction.
[[nodiscard]] std::optional<Finding> check_block(const SourceBlock& source, Height height, const ChainId& chain,
                                                 const std::vector<Receipt>& receipts);

/// The finalization of a block by the validators of its epoch.
[[nodiscard]] std::optional<Finding> check_finalization(const BlockHeader& header, const Certificate& finalization,
                                                        const ChainId& chain, const ValidatorSet& set);

}  // namespace keten::audit
