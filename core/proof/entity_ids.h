#pragma once

#include <string>

#include "core/proof/proof.h"

namespace keten::proof {

/// Why the ledger can never have anything of this entity, as what was expected: silence about it proves nothing. Empty when it can.
/// docs/formats/proof.md, "Ids". Of items and lots only the kind is looked at: which of the two, and under which spelling, is the
/// rule of EPCIS (contracts/production/entity.h).
[[nodiscard]] std::string never_recorded(const Entity& entity);

}  // namespace keten::proof
