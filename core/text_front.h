#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace keten {

/// Taking a text apart from its front.

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes exactly `count` decimal digits, at most nine; none of them when there are fewer.
constexpr std::optional<int> take_number(std::string_view& text, std::size_t count) {
  if (text.size() < count) { return std::nullopt; }
  int result = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) { return std::nullopt; }
    result = result * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return result;
}

/// Whether the text began with the character, which then is gone.
constexpr bool take(std::string_view& text, char character) {
  if (text.empty() || text.front() != character) { return false; }
  text.remove_prefix(1);
  return true;
}

}  // namespace keten
