#include "contracts/sdk/frames.h"

namespace keten::sdk {
namespace {

void put(std::string& out, std::size_t number) {
  for (unsigned shift = 0; shift < 32; shift += 8) { out += static_cast<char>((number >> shift) & 0xFFU); }
}
std::optional<std::size_t> take(std::string_view& bytes) {
  if (bytes.size() < 4) { return std::nullopt; }
  std::size_t number = 0;
  for (unsigned i = 0; i < 4; ++i) { number |= std::size_t{static_cast<unsigned char>(bytes[i])} << (8 * i); }
  bytes.remove_prefix(4);
  return number;
}

}  // namespace

std::string encode_frame(const Frame& frame) {
  std::string inside;
  put(inside, frame.size());
  for (const auto& one : frame) {
    put(inside, one.size());
    inside += one;
  }
  std::string out;
  put(out, inside.size());
  return out + inside;
}

std::optional<Frame> decode_frame(std::string_view bytes) {
  const auto count = take(bytes);
  if (!count || *count > bytes.size() / 4) { return std::nullopt; }
  Frame frame;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto length = take(bytes);
    if (!length || *length > bytes.size()) { return std::nullopt; }
    frame.emplace_back(bytes.substr(0, *length));
    bytes.remove_prefix(*length);
  }
  return bytes.empty() ? std::optional(std::move(frame)) : std::nullopt;
}

}  // namespace keten::sdk
