#include "contracts/vm/reader.h"

#include <fmt/format.h>

namespace keten::vm {

bool is_utf8(ByteView text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = text[i++];
    if (first < 0x80) { continue; }
    unsigned more = 0;
    std::uint8_t low = 0x80;
    std::uint8_t high = 0xBF;
    if (first >= 0xC2 && first <= 0xDF) {
      more = 1;
    } else if (first >= 0xE0 && first <= 0xEF) {
      more = 2;
      if (first == 0xE0) { low = 0xA0; }
      if (first == 0xED) { high = 0x9F; }
    } else if (first >= 0xF0 && first <= 0xF4) {
      more = 3;
      if (first == 0xF0) { low = 0x90; }
      if (first == 0xF4) { high = 0x8F; }
    } else {
      return false;
    }
    for (; more > 0; --more, low = 0x80, high = 0xBF) {
      if (i >= text.size() || text[i] < low || text[i] > high) { return false; }
      ++i;
    }
  }
  return true;
}

std::string hex_byte(std::uint8_t byte) { return fmt::format("0x{:02x}", byte); }

void Reader::fail(std::string_view reason, std::size_t offset, const std::string& text) {
  if (error_) { return; }
  error_ = invalid(std::string(reason), fmt::format("byte {}: {}", offset, text));
}

void Reader::malformed(std::size_t offset, const std::string& expected, const std::string& found) {
  fail(kMalformed, offset, fmt::format("expected {}, found {}", expected, found));
}

void Reader::ends(const char* what) {
  fail(kMalformed, offset_,
       fmt::format("expected {}, found the end of the {}", what,
                   end_ == bytes_.size() ? "module" : "section or function body"));
}

std::uint64_t Reader::unsigned_leb(const char* what) {
  const auto start = offset_;
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto next = byte(what);
    if (failed()) { return 0; }
    if (shift == 28 && next > 0x0F) {
      malformed(start, fmt::format("{}, a number of at most 32 bits in at most 5 bytes", what),
                (next & 0x80U) != 0 ? "a longer form" : "more bits");
      return 0;
    }
    value |= std::uint64_t{next & 0x7FU} << shift;
    if ((next & 0x80U) == 0) { return value; }
  }
}

std::int64_t Reader::signed_leb(const char* what, unsigned bits) {
  const auto start = offset_;
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto next = byte(what);
    if (failed()) { return 0; }
    value |= std::uint64_t{next & 0x7FU} << shift;
    if (shift + 7 >= bits) {
      // Bits that do not fit must repeat the sign.
      const unsigned used = bits - shift;
      const auto rest = static_cast<std::uint8_t>((next & 0x7FU) >> (used - 1));
      const auto all = static_cast<std::uint8_t>(0x7FU >> (used - 1));
      if ((next & 0x80U) != 0 || (rest != 0 && rest != all)) {
        malformed(start, fmt::format("{}, a signed number of {} bits in at most {} bytes", what, bits, (bits + 6) / 7),
                  (next & 0x80U) != 0 ? "a longer form" : "more bits");
        return 0;
      }
    }
    if ((next & 0x80U) == 0) {
      const unsigned have = shift + 7;
      if (have < 64 && (next & 0x40U) != 0) { value |= ~std::uint64_t{0} << have; }
      return static_cast<std::int64_t>(value);
    }
  }
}

ByteView Reader::take(std::size_t length, const char* what) {
  if (failed()) { return {}; }
  if (length > end_ - offset_) {
    malformed(offset_, fmt::format("{} of {} bytes", what, length), fmt::format("{} bytes", end_ - offset_));
    return {};
  }
  const auto result = bytes_.subspan(offset_, length);
  offset_ += length;
  return result;
}

std::string_view Reader::name(const char* what) {
  const auto length = u32(what);
  const auto start = offset_;
  const auto text = take(length, what);
  if (!failed() && !is_utf8(text)) { malformed(start, fmt::format("{} in UTF-8", what), "other bytes"); }
  return failed() ? std::string_view{} : as_text(text);
}

std::uint32_t Reader::count(const char* what, std::uint32_t limit, std::uint32_t bytes_each) {
  const auto start = offset_;
  const auto value = u32(what);
  if (failed()) { return 0; }
  if (value > remaining() / bytes_each) {
    malformed(start, fmt::format("{} that the rest of the section can hold", what), std::to_string(value));
  } else if (value > limit) {
    fail(kOverLimit, start, fmt::format("{}: at most {} are allowed, found {}", what, limit, value));
  }
  return failed() ? 0 : value;
}

std::size_t Reader::enter(std::uint32_t length, const char* what) {
  const auto outer = end_;
  if (failed()) { return outer; }
  if (length > end_ - offset_) {
    malformed(offset_, fmt::format("{} of {} bytes", what, length), fmt::format("{} bytes", end_ - offset_));
    return outer;
  }
  end_ = offset_ + length;
  return outer;
}

void Reader::leave(std::size_t outer_end, const char* what) {
  if (!failed() && offset_ != end_) {
    malformed(offset_, fmt::format("the end of the {}", what), fmt::format("{} more bytes", end_ - offset_));
  }
  end_ = outer_end;
}

}  // namespace keten::vm
