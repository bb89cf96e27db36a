#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/bytes.h"
#include "core/ids.h"

namespace keten {

/// BLAKE2b with 32 bytes of output and no key (RFC 7693). Its own code because libsodium's is made for large inputs: for a
/// node of the map it takes twice as long, and eight times as long as of_many(). docs/performance.md, "Hashing".
class Blake2b {
 public:
  static constexpr std::size_t kBlockBytes = 128;
  using Block = std::array<std::uint8_t, kBlockBytes>;

  Blake2b();
  void update(ByteView bytes);
  /// Ends the hash; the object must not be used afterwards.
  [[nodiscard]] Hash finish();

  /// Of one message. Precondition: at most kBlockBytes.
  [[nodiscard]] static Hash of_short(ByteView message);
  /// Of many messages of `bytes` bytes each, which stand in blocks with zeros behind them. Several at once where the processor
  /// can. Precondition: bytes <= kBlockBytes, as many hashes as messages.
  static void of_many(std::span<const Block> messages, std::size_t bytes, std::span<Hash> hashes);

 private:
  std::array<std::uint64_t, 8> state_;
  std::uint64_t compressed_ = 0;  ///< bytes that are in the state
  std::size_t filled_ = 0;        ///< bytes of the block
  Block block_;
};

}  // namespace keten
