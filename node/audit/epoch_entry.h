#pragma once

#include "contracts/contract.h"
#include "node/audit/source.h"

namespace keten::audit {

/// What a node's state says of an epoch (docs/formats/governance.md, "State"). Nothing in it is believed: who asks, checks the
/// set's id against a hand-over. Fails with EPOCH_UNKNOWN or EPOCH_MALFORMED.
[[nodiscard]] Result<LedgerSource::EpochEntry> read_epoch_entry(const contracts::StateReader& state, Epoch epoch);

}  // namespace keten::audit
