#pragma once

#include "contracts/contract.h"
#include "core/membership.h"

namespace keten::governance {

/// Members, nodes and rules as the state has them. Fails with STATE_UNKNOWN when the state has no genesis of this
/// protocol version in it.
[[nodiscard]] Result<Membership> read_membership(const contracts::StateReader& state);

/// Whether `read_membership` may give something else after these writes.
[[nodiscard]] bool changes_membership(const contracts::WriteSet& writes);

/// What `read_membership` gives after these writes, when it gave `before` before them; it costs what they change, not what
/// there is. `state` is that after the writes.
[[nodiscard]] Result<Membership> membership_after(const Membership& before, const contracts::StateReader& state,
                                                  const contracts::WriteSet& writes);

/// What the sealing block at `height` does after its transactions: the frozen rules become those of the next epoch, keys
/// that were replaced and validators that were removed end. `state` is that after the transactions.
/// Precondition: the pending rules are frozen and `next_set` is their set's id; the header's rules see to it.
[[nodiscard]] contracts::WriteSet begin_next_epoch(const contracts::StateReader& state, Height height,
                                                   const SetId& next_set);

}  // namespace keten::governance
