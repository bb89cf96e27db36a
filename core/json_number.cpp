#include "core/json_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "core/check.h"

// The one place that knows `double`: RFC 8785 defines the canonical form of a number through it.

namespace keten::json {
namespace {

/// A decimal without leading or trailing zeros: 0.`digits` times ten to the `exponent`; zero has no digits.
struct Decimal {
  std::string digits;
  std::int64_t exponent = 0;
  bool negative = false;
  friend bool operator==(const Decimal&, const Decimal&) = default;
};

Decimal read_decimal(std::string_view text) {
  Decimal result;
  std::size_t i = 0;
  if (i < text.size() && text[i] == '-') {
    result.negative = true;
    ++i;
  }
  std::int64_t point = 0;
  bool fraction = false;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.') {
      fraction = true;
      continue;
    }
    if (!fraction) { ++point; }
    result.digits += text[i];
  }
  std::int64_t exponent = 0;
  if (i < text.size()) {
    ++i;
    if (i < text.size() && text[i] == '+') { ++i; }
    // Out of range stays far out of range: no double has such an exponent.
    const auto read = std::from_chars(text.data() + i, text.data() + text.size(), exponent);
    if (read.ec != std::errc{}) { exponent = text[i] == '-' ? -1'000'000'000 : 1'000'000'000; }
  }
  const auto first = result.digits.find_first_not_of('0');
  if (first == std::string::npos) { return {}; }
  result.exponent = point - static_cast<std::int64_t>(first) + exponent;
  result.digits.erase(0, first);
  result.digits.erase(result.digits.find_last_not_of('0') + 1);
  return result;
}

/// The shortest decimal that reads back as the same double; no value when the text is out of its range.
bool shortest(std::string_view text, Decimal& result) {
  double value = 0;  // lint: allow RFC 8785 number layout
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) { return false; }
  std::array<char, 32> buffer{};
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  CHECK(written.ec == std::errc{});
  result = read_decimal({buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data())});
  return true;
}

/// An integer of at most 15 digits, which every double has: most numbers.
bool is_short_integer(std::string_view text) {
  constexpr std::size_t kDigits = 15;
  if (text.starts_with('-')) { text.remove_prefix(1); }
  return !text.empty() && text.size() <= kDigits &&
         std::all_of(text.begin(), text.end(), [](char one) { return one >= '0' && one <= '9'; });
}

bool is_integer_above_2_53(const Decimal& value, std::string_view text) {
  if (text.find_first_of(".eE") != std::string_view::npos) { return false; }
  constexpr std::string_view kLargest = "9007199254740992";
  const auto length = static_cast<std::int64_t>(kLargest.size());
  if (value.exponent != length) { return value.exponent > length; }
  return value.digits > kLargest;
}

}  // namespace

bool survives_a_double(std::string_view text) {
  if (is_short_integer(text)) { return true; }
  const auto exact = read_decimal(text);
  if (exact.digits.empty()) { return true; }
  if (is_integer_above_2_53(exact, text)) { return false; }
  Decimal through;
  return shortest(text, through) && through == exact;
}

// ECMA-262, Number::toString: k digits s, value s * 10^(n-k).
std::string ecmascript_number(std::string_view text) {
  if (is_short_integer(text)) { return std::string(text == "-0" ? "0" : text); }
  Decimal value;
  CHECK(shortest(text, value));
  if (value.digits.empty()) { return "0"; }
  const auto k = static_cast<std::int64_t>(value.digits.size());
  const auto n = value.exponent;
  const auto zeros = [](std::int64_t count) { return std::string(static_cast<std::size_t>(count), '0'); };
  std::string result = value.negative ? "-" : "";
  if (k <= n && n <= 21) { return result + value.digits + zeros(n - k); }
  if (0 < n && n <= 21) {
    const auto point = static_cast<std::size_t>(n);
    return result + value.digits.substr(0, point) + '.' + value.digits.substr(point);
  }
  if (-6 < n && n <= 0) { return result + "0." + zeros(-n) + value.digits; }
  result += value.digits.substr(0, 1);
  if (k > 1) { result += '.' + value.digits.substr(1); }
  return result + 'e' + (n - 1 < 0 ? '-' : '+') + std::to_string(n - 1 < 0 ? 1 - n : n - 1);
}

}  // namespace keten::json
