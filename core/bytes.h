#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace keten {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// The characters of a text as bytes; borrows.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Bytes as characters; borrows. No encoding is checked.
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

inline Bytes to_bytes(std::string_view text) { return {text.begin(), text.end()}; }
inline Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }
inline std::string to_text(ByteView view) { return std::string(as_text(view)); }

/// Lower-case hexadecimal, two digits a byte.
std::string to_hex(ByteView bytes);

/// Accepts upper and lower case. Fails with INVALID_HEX on an odd length or another character.
Result<Bytes> from_hex(std::string_view text);

/// Exactly N bytes, ordered like text. The base of hashes, keys and signatures.
template <std::size_t N, typename Tag>
struct FixedBytes {
  static constexpr std::size_t size = N;
  std::array<std::uint8_t, N> bytes{};

  friend constexpr auto operator<=>(const FixedBytes&, const FixedBytes&) = default;

  [[nodiscard]] ByteView view() const { return bytes; }
  [[nodiscard]] std::string hex() const { return to_hex(bytes); }
  [[nodiscard]] bool is_zero() const {
    std::uint8_t any = 0;
    for (const auto byte : bytes) { any = static_cast<std::uint8_t>(any | byte); }
    return any == 0;
  }

  /// Empty when `source` is not exactly N bytes.
  static Result<FixedBytes> from(ByteView source) {
    if (source.size() != N) {
      return invalid("WRONG_LENGTH",
                     "expected " + std::to_string(N) + " bytes, found " + std::to_string(source.size()));
    }
    FixedBytes result;
    for (std::size_t i = 0; i < N; ++i) { result.bytes[i] = source[i]; }
    return result;
  }

  static Result<FixedBytes> from_hex(std::string_view text) {
    auto decoded = keten::from_hex(text);
    if (!decoded) { return decoded.error(); }
    return from(*decoded);
  }
};

/// For hash tables that are never iterated into ordered output: the leading bytes are already uniform.
struct FixedBytesHash {
  template <std::size_t N, typename Tag>
  std::size_t operator()(const FixedBytes<N, Tag>& value) const {
    std::size_t result = 0;
    for (std::size_t i = 0; i < sizeof(result) && i < N; ++i) { result = (result << 8U) | value.bytes[i]; }
    return result;
  }
};

}  // namespace keten
