#pragma once

#include "contracts/contract.h"
#include "core/genesis.h"

namespace keten::governance {

/// What the founding document writes into the state at height 0: organisations, keys, nodes and epoch 0 under
/// `governance/`. docs/formats/governance.md, "State".
[[nodiscard]] contracts::WriteSet genesis_state(const Genesis& genesis);

}  // namespace keten::governance
