#include "contracts/production/time.h"

#include <array>
#include <chrono>

#include "core/text_front.h"

namespace keten::production {
namespace {

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
  const auto year = take_number(text, 4);
  if (!year || *year == 0 || !take(text, '-')) { return std::nullopt; }
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) { return std::nullopt; }
  const auto day = take_number(text, 2);
  if (!day) { return std::nullopt; }
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) { return std::nullopt; }
  return std::chrono::sys_days(date);
}

/// Minutes east of Greenwich; the zone must be all that is left.
std::optional<int> take_zone(std::string_view text) {
  if (text == "Z") { return 0; }
  if (!is_zone_offset(text)) { return std::nullopt; }
  const int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2);
  text.remove_prefix(1);
  return sign * (*hours * 60 + *take_number(text, 2));
}

std::string padded(std::int64_t value, std::size_t width) {
  auto digits = std::to_string(value);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

}  // namespace

std::optional<EventTime> parse_time(std::string_view text) {
  const auto date = take_date(text);
  if (!date || !take(text, 'T')) { return std::nullopt; }
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) { return std::nullopt; }
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59 || !take(text, ':')) { return std::nullopt; }
  const auto second = take_number(text, 2);
  if (!second || *second > 59) { return std::nullopt; }
  EventTime millisecond = 0;
  if (take(text, '.')) {
    std::size_t digits = 0;
    for (; digits < text.size() && is_digit(text[digits]); ++digits) {
      if (digits < 3) { millisecond = millisecond * 10 + (text[digits] - '0'); }
    }
    if (digits == 0) { return std::nullopt; }
    for (auto i = digits; i < 3; ++i) { millisecond *= 10; }
    text.remove_prefix(digits);
  }
  const auto zone = take_zone(text);
  if (!zone) { return std::nullopt; }
  const EventTime days = date->time_since_epoch().count();
  const EventTime minutes = (days * 24 + *hour) * 60 + *minute - *zone;
  return (minutes * 60 + *second) * 1000 + millisecond;
}

std::string time_text(EventTime time) {
  const std::chrono::sys_time<std::chrono::milliseconds> instant{std::chrono::milliseconds(time)};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(instant - day);
  return padded(static_cast<int>(date.year()), 4) + '-' + padded(static_cast<unsigned>(date.month()), 2) + '-' +
         padded(static_cast<unsigned>(date.day()), 2) + 'T' + padded(clock.hours().count(), 2) + ':' +
         padded(clock.minutes().count(), 2) + ':' + padded(clock.seconds().count(), 2) + '.' +
         padded(clock.subseconds().count(), 3) + 'Z';
}

bool is_zone_offset(std::string_view text) {
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') { return false; }
  auto hours_text = text.substr(1, 2);
  auto minutes_text = text.substr(4, 2);
  const auto hours = take_number(hours_text, 2);
  const auto minutes = take_number(minutes_text, 2);
  return hours && minutes && *minutes <= 59 && (*hours <= 13 || (*hours == 14 && *minutes == 0));
}

bool is_date(std::string_view text) {
  return take_date(text).has_value() && (text.empty() || take_zone(text).has_value());
}

}  // namespace keten::production
