#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"

namespace keten::vm {

/// Why a module is refused; the reasons of the errors.
inline constexpr std::string_view kMalformed = "MODULE_MALFORMED";  ///< the bytes are no module
inline constexpr std::string_view kInvalid = "MODULE_INVALID";      ///< breaks a validation rule of the specification
inline constexpr std::string_view kOutside = "MODULE_OUTSIDE_SUBSET";  ///< correct elsewhere, not on this ledger
inline constexpr std::string_view kOverLimit = "MODULE_OVER_LIMIT";
inline constexpr std::string_view kImport = "MODULE_IMPORT";  ///< asks for a function that is not offered
inline constexpr std::string_view kSegment =
    "MODULE_SEGMENT";  ///< valid, but a segment lies outside its memory or table

/// Reads a module. The first failure stays: every later read gives zero and moves nowhere, so callers look at `failed()`
/// where they loop and where they act.
class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes), end_(bytes.size()) {}

  [[nodiscard]] bool failed() const { return error_.has_value(); }
  [[nodiscard]] const Error& error() const { return *error_; }
  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] std::size_t end() const { return end_; }
  [[nodiscard]] std::size_t remaining() const { return failed() ? 0 : end_ - offset_; }

  std::uint8_t byte(const char* what) {
    if (offset_ >= end_ || failed()) {
      ends(what);
      return 0;
    }
    return bytes_[offset_++];
  }
  std::uint32_t u32(const char* what) {
    if (offset_ < end_ && bytes_[offset_] < 0x80 && !failed()) { return bytes_[offset_++]; }
    return static_cast<std::uint32_t>(unsigned_leb(what));
  }
  std::int32_t s32(const char* what) { return static_cast<std::int32_t>(signed_leb(what, 32)); }
  std::int64_t s64(const char* what) { return signed_leb(what, 64); }
  ByteView take(std::size_t length, const char* what);
  /// A length and that many bytes of UTF-8; borrows from the module.
  std::string_view name(const char* what);
  /// A count of things of at least `bytes_each` bytes, within `limit`.
  std::uint32_t count(const char* what, std::uint32_t limit, std::uint32_t bytes_each = 1);

  /// Narrows to the next `length` bytes; the old end comes back from `leave`, which refuses bytes that were not read.
  std::size_t enter(std::uint32_t length, const char* what);
  void leave(std::size_t outer_end, const char* what);

  void fail(std::string_view reason, std::size_t offset, const std::string& text);
  void malformed(std::size_t offset, const std::string& expected, const std::string& found);

 private:
  void ends(const char* what);
  std::uint64_t unsigned_leb(const char* what);
  std::int64_t signed_leb(const char* what, unsigned bits);

  ByteView bytes_;
  std::size_t offset_ = 0;
  std::size_t end_;
  std::optional<Error> error_;
};

/// Unicode 15, table 3-7: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(ByteView text);

/// Two digits, as in `0x0b`.
std::string hex_byte(std::uint8_t byte);

}  // namespace keten::vm
