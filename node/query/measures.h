#pragma once

#include <compare>
#include <optional>
#include <string_view>

namespace keten::query {

/// Compares two amounts with units of UN/CEFACT Recommendation 20: exactly when the units are one, else converted to
/// the common unit of temperature, mass, length, area, volume, pressure or time (equal within a part in 10^12). Empty when the units
/// have nothing in common. Precondition: the amounts are JSON numbers.
std::optional<std::partial_ordering> compare_measures(std::string_view amount, std::string_view unit,
                                                      std::string_view other_amount, std::string_view other_unit);

}  // namespace keten::query
