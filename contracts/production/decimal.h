#pragma once

#include <compare>
#include <string_view>

namespace keten::production {

/// Compares two JSON numbers by their texts, without rounding: `1e3` equals `1000.0`.
/// Precondition: both are JSON numbers.
std::strong_ordering compare_decimals(std::string_view left, std::string_view right);

}  // namespace keten::production
