#pragma once

#include <string>
#include <string_view>

namespace keten::json {

/// Whether the JSON number `text` means the same after a trip through an IEEE 754 double: an integer of at most
/// 2^53, and no more significant digits than the shortest form of the double has (RFC 8785, section 3.1; RFC 7493,
/// section 2.2).
bool survives_a_double(std::string_view text);

/// ECMAScript's layout of a number (RFC 8785, section 3.2.2.3). Precondition: survives_a_double(text).
std::string ecmascript_number(std::string_view text);

}  // namespace keten::json
