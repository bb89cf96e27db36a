#include "core/names.h"

#include <algorithm>

#include "core/limits.h"

namespace keten {

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > limits::kNameBytesMax) { return false; }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

}  // namespace keten
