#pragma once

#include "contracts/contract.h"
#include "contracts/production/item_state.h"
#include "core/json.h"

namespace keten::sdk {

/// What a rule is shown of an event: as captured, with CBV words bare and identifiers in the ledger's spelling.
[[nodiscard]] json::Value judged_event(const json::Value& event);
/// What a rule is shown of an item: `state` of `GET /v1/history/{epc}`.
[[nodiscard]] json::Value judged_item(const contracts::StateReader& state, const production::ItemState& item);

}  // namespace keten::sdk
