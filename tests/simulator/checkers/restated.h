#pragma once

#include "core/block.h"
#include "core/certificate.h"

/// The specification once more, for checkers: written from docs/consensus.md and docs/formats.md and sharing nothing with
/// the functions that they watch, which may be wrong in the same way everywhere.
namespace keten::simulator::restated {

/// More than two thirds of the weight.
bool is_quorum(std::uint64_t weight, const ValidatorSet& set);
/// Bitmap, padding, one signature for each bit, quorum.
bool is_well_formed(const Certificate& certificate, const ValidatorSet& set);
Hash signed_digest(const Subject& subject, const ChainId& chain, const SetId& set);
/// Of the transactions' leaves.
Hash payload_root(const std::vector<TransactionPointer>& transactions);
/// Root, count and bytes in the header are those of the transactions.
bool payload_matches(const Block& block);

}  // namespace keten::simulator::restated
