#include "core/hash.h"

namespace keten {

Hasher::Hasher(std::string_view domain_tag) {
  fixed(as_bytes(domain_tag));
  const std::uint8_t end_of_tag = 0;
  fixed(ByteView(&end_of_tag, 1));
}

Hasher& Hasher::fixed(ByteView bytes) {
  hash_.update(bytes);
  return *this;
}

Hasher& Hasher::number(std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) { bytes[i] = static_cast<std::uint8_t>(value >> (8 * i)); }
  return fixed(bytes);
}

Hasher& Hasher::sized(ByteView bytes) { return number(bytes.size()).fixed(bytes); }

}  // namespace keten
