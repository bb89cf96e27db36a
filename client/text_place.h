#pragma once

#include <cstddef>
#include <string_view>

namespace keten::client {

/// A place in a text file as editors count: both from 1, characters and not bytes.
struct TextPlace {
  std::size_t line = 1;
  std::size_t column = 1;
  friend bool operator==(const TextPlace&, const TextPlace&) = default;
};

/// Where the value that a JSON pointer (RFC 6901) names begins; the innermost that is there when the pointer leads to nothing.
/// In a text that json::parse() does not take: a place at or before the fault.
TextPlace place_of(std::string_view text, std::string_view pointer);

}  // namespace keten::client
