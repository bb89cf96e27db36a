#include "contracts/production/decimal.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

namespace keten::production {
namespace {

/// 0.`digits` times ten to the `exponent`, without leading or trailing zeros; zero has no digits.
struct Decimal {
  bool negative = false;
  std::int64_t exponent = 0;
  std::string digits;
};

Decimal read(std::string_view text) {
  Decimal result;
  if (text.starts_with('-')) {
    result.negative = true;
    text.remove_prefix(1);
  }
  std::int64_t exponent = 0;
  if (const auto mark = text.find_first_of("eE"); mark != std::string_view::npos) {
    auto power = text.substr(mark + 1);
    if (power.starts_with('+')) { power.remove_prefix(1); }
    std::from_chars(power.data(), power.data() + power.size(), exponent);
    text = text.substr(0, mark);
  }
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  result.digits = whole;
  if (point != std::string_view::npos) { result.digits += text.substr(point + 1); }
  const auto first = result.digits.find_first_not_of('0');
  if (first == std::string::npos) { return {}; }
  result.exponent = static_cast<std::int64_t>(whole.size()) - static_cast<std::int64_t>(first) + exponent;
  result.digits.erase(0, first);
  result.digits.erase(result.digits.find_last_not_of('0') + 1);
  return result;
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Whether `text` is an exponent that fits; what is out of this range has no plain spelling of sensible length.
bool is_exponent(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) { text.remove_prefix(1); }
  return !text.empty() && text.size() <= 6 && is_digits(text);
}

bool is_decimal(std::string_view text) {
  if (const auto mark = text.find_first_of("eE"); mark != std::string_view::npos) {
    if (!is_exponent(text.substr(mark + 1))) { return false; }
    text = text.substr(0, mark);
  }
  if (text.starts_with('-')) { text.remove_prefix(1); }
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  const auto fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  return !(whole.empty() && fraction.empty()) && is_digits(whole) && is_digits(fraction);
}

int sign(const Decimal& value) { return value.digits.empty() ? 0 : value.negative ? -1 : 1; }

}  // namespace

std::strong_ordering compare_decimals(std::string_view left, std::string_view right) {
  const auto a = read(left);
  const auto b = read(right);
  if (sign(a) != sign(b)) { return sign(a) <=> sign(b); }
  const auto magnitude = a.exponent != b.exponent ? a.exponent <=> b.exponent : a.digits.compare(b.digits) <=> 0;
  return sign(a) < 0 ? 0 <=> magnitude : magnitude;
}

std::optional<std::string> plain_decimal(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) { return std::nullopt; }
  }
  if (!is_decimal(text)) { return std::nullopt; }
  const auto value = read(text);
  if (value.digits.empty()) { return "0"; }
  const auto digits = static_cast<std::int64_t>(value.digits.size());
  const auto longest = static_cast<std::int64_t>(kPlainDecimalDigitsMax);
  if (digits > longest || value.exponent > longest || -value.exponent > longest - digits) { return std::nullopt; }
  std::string result = value.negative ? "-" : "";
  if (value.exponent <= 0) {
    return result + "0." + std::string(static_cast<std::size_t>(-value.exponent), '0') + value.digits;
  }
  if (value.exponent >= digits) {
    return result + value.digits + std::string(static_cast<std::size_t>(value.exponent - digits), '0');
  }
  const auto whole = static_cast<std::size_t>(value.exponent);
  return result + value.digits.substr(0, whole) + "." + value.digits.substr(whole);
}

}  // namespace keten::production
