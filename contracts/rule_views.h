#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/contract.h"
#include "contracts/production/event.h"
#include "core/json.h"

/// What rules see, as JSON: docs/contracts.md, "Rules".
namespace keten::contracts {

/// The event as captured, with words of the CBV bare, times in UTC, identifiers as the ledger spells them, and the id that it is
/// recorded under; without context.
[[nodiscard]] json::Value event_view(const production::Event& event, const std::string& id);

struct ItemView {
  json::Value value;                 ///< as `state` of `GET /v1/history/{epc}`
  std::vector<std::string> holders;  ///< who has it, or a part of it
  std::size_t reads = 1;             ///< states that were looked at: its own and those of its containers
};
/// Empty when nothing was recorded about it. `entity` is canonical.
[[nodiscard]] std::optional<ItemView> item_view(const StateReader& state, std::string_view entity);

/// Empty when no member was ever called so.
[[nodiscard]] std::optional<json::Value> member_view(const StateReader& state, std::string_view organisation);

}  // namespace keten::contracts
