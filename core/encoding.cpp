#include "core/encoding.h"

namespace keten {

void Writer::u8(std::uint8_t value) { bytes_.push_back(value); }

namespace {

template <std::size_t N>
void append(Bytes& bytes, std::uint64_t value) {
  std::array<std::uint8_t, N> little_endian;
  for (std::size_t i = 0; i < N; ++i) { little_endian[i] = static_cast<std::uint8_t>(value >> (8 * i)); }
  bytes.insert(bytes.end(), little_endian.begin(), little_endian.end());
}

}  // namespace

void Writer::u16(std::uint16_t value) { append<2>(bytes_, value); }

void Writer::u32(std::uint32_t value) { append<4>(bytes_, value); }

void Writer::u64(std::uint64_t value) { append<8>(bytes_, value); }

void Writer::raw(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

void Writer::sized(ByteView bytes) {
  CHECK(bytes.size() <= 0xFFFF'FFFFU);
  u32(static_cast<std::uint32_t>(bytes.size()));
  raw(bytes);
}

std::uint64_t Reader::little_endian(std::size_t count) {
  const auto source = raw(count);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < source.size(); ++i) { value |= static_cast<std::uint64_t>(source[i]) << (8 * i); }
  return value;
}

std::uint8_t Reader::u8() { return static_cast<std::uint8_t>(little_endian(1)); }
std::uint16_t Reader::u16() { return static_cast<std::uint16_t>(little_endian(2)); }
std::uint32_t Reader::u32() { return static_cast<std::uint32_t>(little_endian(4)); }
std::uint64_t Reader::u64() { return little_endian(8); }

ByteView Reader::raw(std::size_t count) {
  if (!ok_ || count > rest_.size()) {
    ok_ = false;
    return {};
  }
  const auto taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

ByteView Reader::sized(std::size_t most) {
  const std::size_t count = u32();
  if (count > most) {
    ok_ = false;
    return {};
  }
  return raw(count);
}

Status Reader::finish(std::string_view what) const {
  if (!ok_) {
    return invalid("MALFORMED", std::string(what) + ": the bytes end too early or a length is over its limit");
  }
  if (!rest_.empty()) {
    return invalid("MALFORMED",
                   std::string(what) + ": expected the end, found " + std::to_string(rest_.size()) + " more bytes");
  }
  return kDone;
}

}  // namespace keten
