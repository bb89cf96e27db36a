#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/result.h"

namespace keten::http {

/// Page tokens as clients see them: bound to this process by a keyed hash and to a time. Nobody else can make one, so what is
/// inside needs no trust. Thread-safe.
class PageTokens {
 public:
  /// With a random key.
  PageTokens();

  /// How long a token holds.
  static constexpr Milliseconds kLifeMs = 24 * 3'600'000;

  /// `inner` in characters of RFC 3986 "unreserved", which the result keeps to. `purpose` is what the token is for: a path.
  [[nodiscard]] std::string seal(std::string_view purpose, std::string_view inner, Milliseconds expires) const;
  /// Fails with PAGE_TOKEN (`invalid`): not a token of this purpose from this process, or expired.
  [[nodiscard]] Result<std::string> open(std::string_view purpose, std::string_view token, Milliseconds now) const;

 private:
  [[nodiscard]] std::string tag(std::string_view purpose, std::string_view inner, Milliseconds expires) const;

  std::array<std::uint8_t, 32> key_{};
};

}  // namespace keten::http
