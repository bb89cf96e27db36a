#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace keten::production {

/// Compares two JSON numbers by their texts, without rounding: `1e3` equals `1000.0`.
/// Precondition: both are JSON numbers.
std::strong_ordering compare_decimals(std::string_view left, std::string_view right);

/// Digits of a plain spelling, before or after the point. A double has up to 309.
inline constexpr std::size_t kPlainDecimalDigitsMax = 400;

/// The one shortest spelling of a number without exponent, exact: `007`, `7.0` and `0.7e1` give `7`, `-0` gives `0`,
/// `1e-5` gives `0.00001`. Reads an optional sign, digits with at most one point, an optional exponent. Empty when
/// the text is no such number, or when the spelling would be longer than kPlainDecimalDigitsMax.
std::optional<std::string> plain_decimal(std::string_view text);

/// Exact. Preconditions: both are results of plain_decimal(). Empty when the sum has more than
/// kPlainDecimalDigitsMax digits.
std::optional<std::string> add_decimals(std::string_view left, std::string_view right);
/// Precondition: a result of plain_decimal().
std::string negated_decimal(std::string_view value);

}  // namespace keten::production
