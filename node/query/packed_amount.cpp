#include "node/query/packed_amount.h"

#include <algorithm>
#include <optional>

#include "contracts/production/decimal.h"

namespace keten::query {

void PackedAmount::count(const production::EventSummary& event, std::string_view key) {
  for (const auto& entity : event.entities) {
    if (entity.key != key || (entity.roles & production::role::kChild) == 0) { continue; }
    const auto amount = production::plain_decimal(entity.amount);
    const auto held = amounts_.try_emplace(entity.unit, "0").first;
    const bool is_packed = event.action == production::Action::add;
    const auto sum =
        amount ? production::add_decimals(held->second, is_packed ? *amount : production::negated_decimal(*amount))
               : std::nullopt;
    is_counted_ = is_counted_ && sum.has_value();
    if (sum) { held->second = *sum; }
  }
}

bool PackedAmount::has_rest() const {
  return is_counted_ && std::any_of(amounts_.begin(), amounts_.end(), [](const auto& held) {
           return held.second != "0" && !held.second.starts_with('-');
         });
}

}  // namespace keten::query
