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

namespace {

/// Digits without point, `fraction` of them behind it, padded in front to `length`.
std::string aligned(std::string_view value, std::size_t fraction, std::size_t length) {
  if (value.starts_with('-')) { value.remove_prefix(1); }
  const auto point = value.find('.');
  std::string digits(value.substr(0, point));
  const auto behind = point == std::string_view::npos ? std::string_view() : value.substr(point + 1);
  digits += std::string(behind) + std::string(fraction - behind.size(), '0');
  return std::string(length > digits.size() ? length - digits.size() : 0, '0') + digits;
}

std::size_t fraction_of(std::string_view value) {
  const auto point = value.find('.');
  return point == std::string_view::npos ? 0 : value.size() - point - 1;
}

}  // namespace

std::optional<std::string> add_decimals(std::string_view left, std::string_view right) {
  const auto fraction = std::max(fraction_of(left), fraction_of(right));
  const auto length = 1 + fraction + std::max(left.size(), right.size());
  auto first = aligned(left, fraction, length);
  auto second = aligned(right, fraction, length);
  bool negative = left.starts_with('-');
  const bool subtract = negative != right.starts_with('-');
  if (subtract && first < second) {
    std::swap(first, second);
    negative = !negative;
  }
  int carry = 0;
  for (auto place = length; place > 0; --place) {
    const int a = first[place - 1] - '0';
    const int b = second[place - 1] - '0';
    int digit = subtract ? a - b - carry : a + b + carry;
    carry = 0;
    if (digit < 0 || digit > 9) {
      carry = 1;
      digit += subtract ? 10 : -10;
    }
    first[place - 1] = static_cast<char>('0' + digit);
  }
  if (fraction > 0) { first.insert(length - fraction, "."); }
  return plain_decimal((negative ? "-" : "") + first);
}

std::string negated_decimal(std::string_view value) {
  if (value == "0") { return "0"; }
  return value.starts_with('-') ? std::string(value.substr(1)) : "-" + std::string(value);
}

}  // namespace keten::production
