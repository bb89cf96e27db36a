#include "contracts/usage/value.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <utility>

#include "contracts/production/decimal.h"
#include "core/text_front.h"

namespace keten::usage {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;
constexpr std::int64_t kLongest = 9'999 * 366 * kDay;

/// What a text names.
enum class Precision : std::uint8_t { whole_year, whole_month, whole_day, moment };

/// Digits behind a point as microseconds; at least one digit.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  std::int64_t result = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && is_digit(text[digits]); ++digits) {
    if (digits < 6) { result = result * 10 + (text[digits] - '0'); }
  }
  if (digits == 0) { return std::nullopt; }
  for (auto i = digits; i < 6; ++i) { result *= 10; }
  text.remove_prefix(digits);
  return result;
}

/// Minutes east of Greenwich; nothing is UTC.
std::optional<int> take_zone(std::string_view text) {
  if (text.empty() || text == "Z") { return 0; }
  const int sign = text.front() == '-' ? -1 : 1;
  if (text.size() != 6 || (text.front() != '-' && text.front() != '+') || text[3] != ':') { return std::nullopt; }
  text.remove_prefix(1);
  const auto hours = take_number(text, 2);
  text.remove_prefix(1);
  const auto minutes = take_number(text, 2);
  if (!hours || !minutes || *minutes > 59 || *hours * 60 + *minutes > 14 * 60) { return std::nullopt; }
  return sign * (*hours * 60 + *minutes);
}

/// Microseconds of the day.
std::optional<std::int64_t> take_clock(std::string_view& text) {
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 24 || !take(text, ':')) { return std::nullopt; }
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59) { return std::nullopt; }
  int second = 0;
  std::int64_t fraction = 0;
  if (take(text, ':')) {
    const auto given = take_number(text, 2);
    if (!given || *given > 59) { return std::nullopt; }
    second = *given;
    if (take(text, '.')) {
      const auto digits = take_fraction(text);
      if (!digits) { return std::nullopt; }
      fraction = *digits;
    }
  }
  if (*hour == 24 && (*minute != 0 || second != 0 || fraction != 0)) { return std::nullopt; }
  return (*hour * 3600LL + *minute * 60LL + second) * kSecond + fraction;
}

std::optional<Instant> in_range(Instant instant) {
  constexpr Instant kFirst = -719'162 * kDay;       // 0001-01-01
  constexpr Instant kEnd = (2'932'896 + 1) * kDay;  // 10000-01-01
  if (instant < kFirst || instant >= kEnd) { return std::nullopt; }
  return instant;
}

std::optional<Instant> days_of(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (year == 0 || !date.ok()) { return std::nullopt; }
  return std::chrono::sys_days(date).time_since_epoch().count();
}

int sign_of(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }
int sign_of(std::int64_t left, std::int64_t right) { return left < right ? -1 : left > right ? 1 : 0; }

/// Years, months, days... of a duration, up to the limit.
std::optional<std::int64_t> take_count(std::string_view& text) {
  std::int64_t result = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && is_digit(text[digits]); ++digits) {
    result = result * 10 + (text[digits] - '0');
    if (result > kLongest / kSecond) { return std::nullopt; }
  }
  if (digits == 0) { return std::nullopt; }
  text.remove_prefix(digits);
  return result;
}

/// ASCII letters small: tags of languages have no others.
std::string lowered(std::string text) {
  for (auto& letter : text) {
    if (letter >= 'A' && letter <= 'Z') { letter = static_cast<char>(letter - 'A' + 'a'); }
  }
  return text;
}

/// The next number between points, without zeros in front. Empty when there is none.
std::optional<std::string_view> take_version_part(std::string_view& text) {
  const auto end = std::min(text.find('.'), text.size());
  auto part = text.substr(0, end);
  if (part.empty() || !std::all_of(part.begin(), part.end(), is_digit)) { return std::nullopt; }
  if (end + 1 == text.size()) { return std::nullopt; }
  text.remove_prefix(std::min(end + 1, text.size()));
  part.remove_prefix(std::min(part.find_first_not_of('0'), part.size()));
  return part;
}

/// 2.10 comes after 2.9; 2 is 2.0. Other texts have no order.
std::optional<int> compare_versions(std::string_view left, std::string_view right) {
  int order = 0;
  if (left.empty() || right.empty()) { return std::nullopt; }
  while (!left.empty() || !right.empty()) {
    const auto one = left.empty() ? std::optional<std::string_view>("") : take_version_part(left);
    const auto other = right.empty() ? std::optional<std::string_view>("") : take_version_part(right);
    if (!one || !other) { return std::nullopt; }
    if (order != 0) { continue; }
    order = one->size() != other->size()
                ? sign_of(static_cast<std::int64_t>(one->size()), static_cast<std::int64_t>(other->size()))
                : sign_of(*one <=> *other);
  }
  return order;
}

}  // namespace

Truth operator!(Truth truth) {
  return truth == Truth::yes ? Truth::no : truth == Truth::no ? Truth::yes : Truth::unknown;
}
Truth both(Truth left, Truth right) { return std::min(left, right); }
Truth either(Truth left, Truth right) { return std::max(left, right); }

std::optional<Instant> parse_instant(std::string_view text) {
  const auto span = parse_span(text);
  return span ? std::optional(span->begin) : std::nullopt;
}

std::optional<Span> parse_span(std::string_view text) {
  const auto year = take_number(text, 4);
  if (!year) { return std::nullopt; }
  int month = 1;
  int day = 1;
  std::int64_t clock = 0;
  auto precision = Precision::whole_year;
  const auto has_part = [&text] { return text.size() >= 3 && text[0] == '-' && (text.size() == 3 || text[3] != ':'); };
  if (has_part()) {
    take(text, '-');
    const auto given = take_number(text, 2);
    if (!given) { return std::nullopt; }
    month = *given;
    precision = Precision::whole_month;
    if (has_part()) {
      take(text, '-');
      const auto given_day = take_number(text, 2);
      if (!given_day) { return std::nullopt; }
      day = *given_day;
      precision = Precision::whole_day;
      if (take(text, 'T')) {
        const auto given_clock = take_clock(text);
        if (!given_clock) { return std::nullopt; }
        clock = *given_clock;
        precision = Precision::moment;
      }
    }
  }
  const auto days = days_of(*year, month, day);
  const auto zone = take_zone(text);
  if (!days || !zone) { return std::nullopt; }
  const auto begin = in_range(*days * kDay + clock - *zone * 60 * kSecond);
  if (!begin) { return std::nullopt; }
  std::int64_t length = precision == Precision::whole_day ? 1 : 0;
  if (precision == Precision::whole_year) { length = std::chrono::year(*year).is_leap() ? 366 : 365; }
  if (precision == Precision::whole_month) {
    const auto last = std::chrono::year(*year) / std::chrono::month(static_cast<unsigned>(month)) / std::chrono::last;
    length = static_cast<unsigned>(std::chrono::year_month_day_last(last).day());
  }
  return Span{*begin, *begin + length * kDay};
}

std::optional<Duration> parse_duration(std::string_view text) {
  const bool negative = take(text, '-');
  if (!take(text, 'P') || text.empty()) { return std::nullopt; }
  Duration result;
  std::int64_t seconds = 0;
  std::int64_t fraction = 0;
  bool clock = false;
  std::string_view order = "YMD";
  while (!text.empty()) {
    if (text.front() == 'T') {
      if (clock) { return std::nullopt; }
      clock = true;
      order = "HMS";
      text.remove_prefix(1);
      if (text.empty()) { return std::nullopt; }
    }
    const auto count = take_count(text);
    if (!count) { return std::nullopt; }
    if (clock && take(text, '.')) {
      const auto digits = take_fraction(text);
      if (!digits || text != "S") { return std::nullopt; }
      fraction = *digits;
    }
    if (text.empty()) { return std::nullopt; }
    const auto place = order.find(text.front());
    if (place == std::string_view::npos) { return std::nullopt; }
    switch (clock ? text.front() | 0x20 : text.front()) {
      case 'Y': result.months += *count * 12; break;
      case 'M': result.months += *count; break;
      case 'D': seconds += *count * 86'400; break;
      case 'h': seconds += *count * 3'600; break;
      case 'm': seconds += *count * 60; break;
      default: seconds += *count; break;
    }
    text.remove_prefix(1);
    order.remove_prefix(place + 1);
    if (seconds > kLongest / kSecond || result.months > 9'999 * 12) { return std::nullopt; }
  }
  result.microseconds = seconds * kSecond + fraction;
  if (negative) { return Duration{-result.months, -result.microseconds}; }
  return result;
}

std::optional<Instant> add(Instant time, const Duration& duration) {
  using namespace std::chrono;
  if (!in_range(time)) { return std::nullopt; }
  const sys_time<microseconds> instant{microseconds(time)};
  const auto day = floor<days>(instant);
  const year_month_day date(day);
  const auto month = date.year() / date.month() + months(static_cast<int>(duration.months));
  const auto last = year_month_day_last(month.year(), month_day_last(month.month())).day();
  const year_month_day moved{month.year(), month.month(), std::min(date.day(), last)};
  if (!moved.ok() || static_cast<int>(moved.year()) < 1 || static_cast<int>(moved.year()) > 9999) {
    return std::nullopt;
  }
  const Instant at = sys_days(moved).time_since_epoch().count() * kDay + (instant - day).count();
  return in_range(at + duration.microseconds);
}

std::optional<int> compare(const Duration& left, const Duration& right) {
  if (left.months == right.months) { return sign_of(left.microseconds, right.microseconds); }
  // XML Schema Part 2, 3.2.6.2: equal order from each of these four instants, or none.
  constexpr std::array<std::string_view, 4> kFrom = {"1696-09-01", "1697-02-01", "1903-03-01", "1903-07-01"};
  std::optional<int> order;
  for (const auto from : kFrom) {
    const auto start = parse_instant(from);
    const auto first = add(*start, left);
    const auto second = add(*start, right);
    if (!first || !second) { return std::nullopt; }
    const auto here = sign_of(*first, *second);
    if (order && *order != here) { return std::nullopt; }
    order = here;
  }
  return order;
}

Value make_value(std::string text, bool is_number) {
  Value value;
  value.text = std::move(text);
  value.is_number = is_number;
  if (value.text.empty() || value.text.size() > production::kPlainDecimalDigitsMax) { return value; }
  const char first = value.text.front();
  if (is_digit(first) || first == '-' || first == '+' || first == '.') {
    value.decimal = production::plain_decimal(first == '+' ? std::string_view(value.text).substr(1) : value.text);
  }
  if (is_digit(first)) {
    if (const auto span = parse_span(value.text)) {
      value.instant = span->begin;
      value.instant_end = span->end;
    }
  }
  if (first == 'P' || first == '-') { value.duration = parse_duration(value.text); }
  return value;
}

Truth equal(const Value& left, const Value& right, OperandType type) {
  if (type == OperandType::text && !(left.is_number || right.is_number)) {
    return left.text == right.text ? Truth::yes : Truth::no;
  }
  const auto order = compare(left, right, type);
  if (!order) {
    const bool measured = type == OperandType::decimal || type == OperandType::time || type == OperandType::duration;
    return measured ? Truth::unknown : Truth::no;
  }
  return *order == 0 ? Truth::yes : Truth::no;
}

std::optional<int> compare(const Value& left, const Value& right, OperandType type) {
  switch (type) {
    case OperandType::decimal:
      if (!left.decimal || !right.decimal) { return std::nullopt; }
      return sign_of(production::compare_decimals(*left.decimal, *right.decimal));
    case OperandType::time:
      if (!left.instant || !right.instant) { return std::nullopt; }
      return sign_of(*left.instant, *right.instant);
    case OperandType::duration:
      if (!left.duration || !right.duration) { return std::nullopt; }
      return compare(*left.duration, *right.duration);
    case OperandType::language: return lowered(left.text) == lowered(right.text) ? std::optional<int>(0) : std::nullopt;
    case OperandType::version:
      if (left.text == right.text) { return 0; }
      return compare_versions(left.text, right.text);
    case OperandType::event:
    case OperandType::text: break;
  }
  // Texts are not ordered; what both can be read as is.
  if (left.decimal && right.decimal) { return sign_of(production::compare_decimals(*left.decimal, *right.decimal)); }
  if (left.instant && right.instant) { return sign_of(*left.instant, *right.instant); }
  if (left.text == right.text) { return 0; }
  return std::nullopt;
}

}  // namespace keten::usage
