#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "node/http/backend.h"

namespace keten::http {

/// A request target taken apart (RFC 3986, origin form).
struct Target {
  std::string path;                   ///< as received
  std::vector<std::string> segments;  ///< decoded; "/a/b" has two
  std::string query_text;             ///< as received, without the question mark
  std::vector<QueryParameter> query;  ///< decoded, in order
};

/// Decodes `%xx`; a plus sign stays one, because EPCIS times carry it. Empty on a broken escape, a control character or when
/// the result is not UTF-8.
std::optional<std::string> percent_decode(std::string_view text);
/// Encodes everything but RFC 3986 "unreserved".
std::string percent_encode(std::string_view text);

/// Fails with TARGET_INVALID.
Result<Target> parse_target(std::string_view target);

bool is_utf8(std::string_view text);

/// "2026-01-31T12:00:00.000Z".
std::string iso_time(Milliseconds time);
/// "Sat, 31 Jan 2026 12:00:00 GMT" (RFC 9110, 5.6.7).
std::string http_date(Milliseconds time);

/// Standard or URL-safe alphabet, padding optional. Empty when it is neither.
std::optional<Bytes> base64_decode(std::string_view text);

/// ASCII only, as header names compare.
bool equal_without_case(std::string_view one, std::string_view other);
std::string_view trimmed(std::string_view text);

}  // namespace keten::http
