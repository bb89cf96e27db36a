#pragma once

#include <cstdint>
#include <vector>

#include "core/bytes.h"

/// CRC-32C (RFC 3720, appendix B.4) of records in append-only files.
namespace keten::storage {

/// Of `head` and then `rest`.
[[nodiscard]] std::uint32_t crc32c(ByteView head, ByteView rest);

/// Answers crc32c for any part of a file without reading that part again: a CRC is linear, so the remainder of a part
/// follows from those of the two beginnings of the file that differ by it (as zlib's crc32_combine). Borrows the file.
class RangeChecksums {
 public:
  /// Ranges lie at or behind `begin`. Reads the file once from there and keeps a sixteenth of its size.
  RangeChecksums(ByteView file, std::uint64_t begin);

  /// crc32c(head, file from `first`, `length` bytes). Sums fewer than 2 * kStep bytes and the head.
  [[nodiscard]] std::uint32_t crc32c(ByteView head, std::uint64_t first, std::uint64_t length);

  /// Bytes of the file that went through the sum so far.
  [[nodiscard]] std::uint64_t bytes_summed() const { return bytes_summed_; }

  static constexpr std::size_t kStep = 64;

 private:
  [[nodiscard]] std::uint32_t remainder_up_to(std::uint64_t end);

  ByteView file_;
  std::uint64_t begin_;
  std::vector<std::uint32_t> remainders_;  // of the file from `begin_`, after each kStep bytes
  std::uint64_t bytes_summed_ = 0;
};

}  // namespace keten::storage
