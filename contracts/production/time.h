#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keten::production {

/// Milliseconds since the Unix epoch, UTC; negative before 1970. Signed, unlike block time, because captured events
/// may be older than computers.
using EventTime = std::int64_t;

/// Reads `2026-01-02T03:04:05[.fraction](Z|+hh:mm|-hh:mm)` (xsd:dateTimeStamp, years 0001 to 9999, offset up to
/// 14:00). A time without a zone has no place on a shared time line and is refused, as are impossible dates and
/// leap seconds. Digits after the millisecond are cut off.
std::optional<EventTime> parse_time(std::string_view text);

/// `2026-01-02T03:04:05.006Z`.
std::string time_text(EventTime time);

/// `+hh:mm` or `-hh:mm`, at most 14:00: the pattern of eventTimeZoneOffset in the EPCIS 2.0 JSON schema.
bool is_zone_offset(std::string_view text);

/// An xsd:date, `2026-01-02`, with or without a zone.
bool is_date(std::string_view text);

}  // namespace keten::production
