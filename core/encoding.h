#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/ids.h"

namespace keten {

/// Writes the canonical encoding: fixed-width little-endian integers, fixed-size values as they are, variable
/// values behind a u32 length. The one home of bytes that validators create. docs/formats.md, "Canonical encoding".
class Writer {
 public:
  void u8(std::uint8_t value);
  void u16(std::uint16_t value);
  void u32(std::uint32_t value);
  void u64(std::uint64_t value);
  void raw(ByteView bytes);
  /// At most 4 GiB - 1.
  void sized(ByteView bytes);
  void sized(std::string_view text) { sized(as_bytes(text)); }
  template <std::size_t N, typename Tag>
  void fixed(const FixedBytes<N, Tag>& value) {
    raw(value.view());
  }
  template <typename Tag>
  void number(Number<Tag, std::uint64_t> value) {
    u64(value.value);
  }
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  [[nodiscard]] Bytes take() { return std::move(bytes_); }
  void reserve(std::size_t count) { bytes_.reserve(count); }

 private:
  Bytes bytes_;
};

/// Reads the canonical encoding. After the first short read every further read yields zeros and `ok()` is false,
/// so a decoder checks once at its end; lengths are checked before anything is allocated.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  ByteView raw(std::size_t count);
  /// Marks the input as broken when the length exceeds `most`.
  ByteView sized(std::size_t most);
  std::string text(std::size_t most) { return to_text(sized(most)); }
  template <typename Fixed>
  Fixed fixed() {
    Fixed value;
    const auto source = raw(Fixed::size);
    for (std::size_t i = 0; i < source.size(); ++i) { value.bytes[i] = source[i]; }
    return value;
  }
  template <typename Strong>
  Strong number() {
    return Strong{u64()};
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
  void fail() { ok_ = false; }

  /// Success when nothing was short and nothing is left; otherwise MALFORMED naming `what`.
  [[nodiscard]] Status finish(std::string_view what) const;

 private:
  std::uint64_t little_endian(std::size_t count);
  ByteView rest_;
  bool ok_ = true;
};

}  // namespace keten
