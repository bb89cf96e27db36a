#include "node/wire/text.h"

namespace keten::wire {
namespace {

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte >= 0x20 && byte < 0x7f ? c : '?';
  }
  return out;
}

/// Bytes of a character that begins with `byte`; 0 when none does.
std::size_t utf8_size(unsigned char byte) {
  if (byte < 0x80) { return 1; }
  if (byte >= 0xc2 && byte < 0xe0) { return 2; }
  if (byte >= 0xe0 && byte < 0xf0) { return 3; }
  return byte >= 0xf0 && byte < 0xf5 ? 4 : 0;
}

}  // namespace

std::string utf8_or_printable(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto size = utf8_size(static_cast<unsigned char>(text[i]));
    if (size == 0 || i + size > text.size()) { return printable(text); }
    for (std::size_t k = 1; k < size; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80U) { return printable(text); }
    }
    i += size;
  }
  return std::string(text);
}

}  // namespace keten::wire
