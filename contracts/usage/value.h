#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "contracts/usage/vocabulary.h"

namespace keten::usage {

/// What is not known is neither granted nor overlooked (docs/usage.md, "Unknown").
enum class Truth : std::uint8_t { no, unknown, yes };
Truth operator!(Truth truth);
Truth both(Truth left, Truth right);    ///< Kleene: no wins, then unknown
Truth either(Truth left, Truth right);  ///< yes wins, then unknown

/// Microseconds since the Unix epoch, UTC.
using Instant = std::int64_t;

/// The beginning of what the text names, years 0001 to 9999: xsd dateTime with or without fraction, seconds or zone
/// (none is UTC), date, gYearMonth, gYear. 24:00:00 is the next day's 00:00:00. Digits behind the microsecond are cut off.
/// Times of a day or days of a year, which recur, have no place on the time line.
std::optional<Instant> parse_instant(std::string_view text);
/// From when to before when: the day, month or year that the text names. A time ends where it begins.
struct Span {
  Instant begin = 0;
  Instant end = 0;
};
std::optional<Span> parse_span(std::string_view text);

/// xsd:duration: months and the rest are counted apart, because a month has no fixed length.
struct Duration {
  std::int64_t months = 0;
  std::int64_t microseconds = 0;
  friend bool operator==(const Duration&, const Duration&) = default;
};
/// Empty also when it is longer than 9,999 years.
std::optional<Duration> parse_duration(std::string_view text);
/// `time` plus months (the day is cut to the month's last, XML Schema Part 2, appendix E), plus the rest. Empty outside
/// years 0001 to 9999.
std::optional<Instant> add(Instant time, const Duration& duration);
/// Empty when the order depends on which months are meant: P1M and P30D.
std::optional<int> compare(const Duration& left, const Duration& right);

/// A right operand, or what is said of the left one. What the text can be read as is read once.
struct Value {
  std::string text;                    ///< CURIEs expanded
  std::string unit;                    ///< IRI or word; empty: none given
  bool is_number = false;              ///< a JSON number, or typed as one
  std::optional<std::string> decimal;  ///< production::plain_decimal
  std::optional<Instant> instant;
  std::optional<Instant> instant_end;  ///< Span::end
  std::optional<Duration> duration;
};
Value make_value(std::string text, bool is_number = false);

/// Equal as values of the type: `1` and `1.0`, the same instant in two zones. Unknown when a value is not of the type.
Truth equal(const Value& left, const Value& right, OperandType type);
/// -1, 0, 1; empty when they have no order.
std::optional<int> compare(const Value& left, const Value& right, OperandType type);

}  // namespace keten::usage
