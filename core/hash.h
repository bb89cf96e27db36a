#pragma once

#include <string_view>

#include "core/blake2b.h"
#include "core/bytes.h"
#include "core/ids.h"

namespace keten {

/// BLAKE2b-256 over a domain tag and the fields that follow it. The tag is hashed with a trailing zero byte;
/// fixed-width fields are hashed as they are, variable ones behind their length (u64, little-endian), so that no
/// two sequences of fields of one domain collide. docs/formats.md, "Hashing".
class Hasher {
 public:
  explicit Hasher(std::string_view domain_tag);

  Hasher& fixed(ByteView bytes);
  template <std::size_t N, typename Tag>
  Hasher& fixed(const FixedBytes<N, Tag>& value) {
    return fixed(value.view());
  }
  Hasher& number(std::uint64_t value);
  Hasher& sized(ByteView bytes);
  Hasher& sized(std::string_view text) { return sized(as_bytes(text)); }

  /// Ends the hash; the object must not be used afterwards.
  [[nodiscard]] Hash finish() { return hash_.finish(); }

 private:
  Blake2b hash_;
};

}  // namespace keten
