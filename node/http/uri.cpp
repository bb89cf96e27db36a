#include "node/http/uri.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>

#include <sodium/utils.h>

namespace keten::http {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

int digit(char character) {
  if (character >= '0' && character <= '9') { return character - '0'; }
  if (character >= 'a' && character <= 'f') { return character - 'a' + 10; }
  if (character >= 'A' && character <= 'F') { return character - 'A' + 10; }
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

Error broken(std::string_view what) {
  return invalid("TARGET_INVALID",
                 "the " + std::string(what) + " of the URL has a broken %-escape, a control character or is not UTF-8");
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  while (i < text.size()) {
    const std::uint8_t first = byte(i);
    std::size_t more = 0;
    std::uint32_t point = first;
    std::uint32_t least = 0;
    if (first < 0x80) {
      ++i;
      continue;
    }
    if (first >= 0xC2 && first <= 0xDF) {
      more = 1, point = first & 0x1FU, least = 0x80;
    } else if (first >= 0xE0 && first <= 0xEF) {
      more = 2, point = first & 0x0FU, least = 0x800;
    } else if (first >= 0xF0 && first <= 0xF4) {
      more = 3, point = first & 0x07U, least = 0x10000;
    } else {
      return false;
    }
    if (text.size() - i <= more) { return false; }
    for (std::size_t k = 1; k <= more; ++k) {
      if ((byte(i + k) & 0xC0U) != 0x80) { return false; }
      point = (point << 6U) | (byte(i + k) & 0x3FU);
    }
    if (point < least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) { return false; }
    i += more + 1;
  }
  return true;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char character = text[i];
    if (character == '%') {
      if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) { return std::nullopt; }
      character = static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    }
    if (static_cast<unsigned char>(character) < 0x20 || character == 0x7F) { return std::nullopt; }
    result.push_back(character);
  }
  if (!is_utf8(result)) { return std::nullopt; }
  return result;
}

std::string percent_encode(std::string_view text) {
  std::string result;
  for (const char character : text) {
    if (is_unreserved(character)) {
      result.push_back(character);
      continue;
    }
    const auto value = static_cast<unsigned char>(character);
    result.push_back('%');
    result.push_back(kHexDigits[value >> 4U]);
    result.push_back(kHexDigits[value & 15U]);
  }
  return result;
}

Result<Target> parse_target(std::string_view target) {
  if (target.empty() || target.front() != '/') {
    return invalid("TARGET_INVALID", "the request target must be a path that starts with a slash");
  }
  Target result;
  const auto mark = target.find('?');
  result.path = std::string(target.substr(0, mark));
  if (mark != std::string_view::npos) { result.query_text = std::string(target.substr(mark + 1)); }

  std::string_view rest = std::string_view(result.path).substr(1);
  while (!rest.empty() || result.path.back() == '/') {
    const auto end = std::min(rest.find('/'), rest.size());
    auto segment = percent_decode(rest.substr(0, end));
    if (!segment) { return broken("path"); }
    result.segments.push_back(std::move(*segment));
    if (end == rest.size()) { break; }
    rest.remove_prefix(end + 1);
  }

  rest = result.query_text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    if (!pair.empty()) {
      const auto equals = std::min(pair.find('='), pair.size());
      auto name = percent_decode(pair.substr(0, equals));
      auto value = percent_decode(equals == pair.size() ? std::string_view() : pair.substr(equals + 1));
      if (!name || !value) { return broken("query"); }
      result.query.push_back({std::move(*name), std::move(*value)});
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return result;
}

std::string iso_time(Milliseconds time) {
  const std::chrono::sys_time<std::chrono::milliseconds> point{
      std::chrono::milliseconds(static_cast<std::int64_t>(time))};
  const auto day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{point - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text.data();
}

std::string http_date(Milliseconds time) {
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds point{std::chrono::seconds(static_cast<std::int64_t>(time / 1000))};
  const auto day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{point - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::optional<Bytes> base64_decode(std::string_view text) {
  const bool url_safe = text.find_first_of("-_") != std::string_view::npos;
  while (text.ends_with('=')) { text.remove_suffix(1); }
  Bytes result(text.size() / 4 * 3 + 3);
  std::size_t size = 0;
  const char* end = nullptr;
  const int variant = url_safe ? sodium_base64_VARIANT_URLSAFE_NO_PADDING : sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
  if (sodium_base642bin(result.data(), result.size(), text.data(), text.size(), nullptr, &size, &end, variant) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  result.resize(size);
  return result;
}

bool equal_without_case(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) { text.remove_prefix(1); }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) { text.remove_suffix(1); }
  return text;
}

}  // namespace keten::http
