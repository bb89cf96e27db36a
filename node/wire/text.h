#pragma once

#include <string>
#include <string_view>

namespace keten::wire {

/// A protobuf string must be UTF-8, and messages may quote bytes from outside: text that is not UTF-8 comes back with every
/// byte outside printable ASCII replaced by a question mark.
[[nodiscard]] std::string utf8_or_printable(std::string_view text);

}  // namespace keten::wire
