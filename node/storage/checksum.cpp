#include "node/storage/checksum.h"

#include <array>

#include "core/check.h"

namespace keten::storage {

namespace {

constexpr std::uint32_t kReflected = 0x82F63B78;  // the polynomial 0x1EDC6F41, lowest bit first
constexpr std::uint32_t kInverted = 0xFFFFFFFF;   // at the beginning and at the end
constexpr std::size_t kWord = 8;

/// What a byte adds to the remainder, when 0 to 7 bytes follow it in its word.
constexpr auto kTables = [] {
  std::array<std::array<std::uint32_t, 256>, kWord> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    auto remainder = byte;
    for (int bit = 0; bit < 8; ++bit) { remainder = (remainder >> 1U) ^ ((remainder & 1U) != 0 ? kReflected : 0U); }
    tables[0][byte] = remainder;
  }
  for (std::size_t k = 1; k < kWord; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const auto before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8U) ^ tables[0][before & 0xFFU];
    }
  }
  return tables;
}();

/// The remainder after these bytes too; eight at a time.
std::uint32_t add(std::uint32_t remainder, ByteView bytes) {
  for (; bytes.size() >= kWord; bytes = bytes.subspan(kWord)) {
    const auto at = [&](std::size_t place) { return kTables[kWord - 1 - place][bytes[place]]; };
    const auto carried = [&](std::size_t place) {
      return kTables[kWord - 1 - place][bytes[place] ^ ((remainder >> (8 * place)) & 0xFFU)];
    };
    remainder = carried(0) ^ carried(1) ^ carried(2) ^ carried(3) ^ at(4) ^ at(5) ^ at(6) ^ at(7);
  }
  for (const auto byte : bytes) { remainder = (remainder >> 8U) ^ kTables[0][(remainder ^ byte) & 0xFFU]; }
  return remainder;
}

/// Product modulo the polynomial; the highest bit is the factor of x^0.
constexpr std::uint32_t multiply(std::uint32_t left, std::uint32_t right) {
  std::uint32_t product = 0;
  for (std::uint32_t bit = 1U << 31U; bit != 0; bit >>= 1U) {
    if ((left & bit) != 0) { product ^= right; }
    right = (right & 1U) != 0 ? (right >> 1U) ^ kReflected : right >> 1U;
  }
  return product;
}

/// x^(8 * 2^k) for each bit k of a number of bytes.
constexpr auto kZeroBytes = [] {
  std::array<std::uint32_t, 32> powers{};
  powers[0] = 1U << 23U;
  for (std::size_t k = 1; k < powers.size(); ++k) { powers[k] = multiply(powers[k - 1], powers[k - 1]); }
  return powers;
}();

/// The remainder after so many more bytes of zero.
std::uint32_t shift(std::uint32_t remainder, std::uint64_t bytes) {
  for (std::size_t k = 0; bytes != 0; ++k, bytes >>= 1U) {
    if ((bytes & 1U) != 0) { remainder = multiply(kZeroBytes[k], remainder); }
  }
  return remainder;
}

}  // namespace

std::uint32_t crc32c(ByteView head, ByteView rest) { return add(add(kInverted, head), rest) ^ kInverted; }

RangeChecksums::RangeChecksums(ByteView file, std::uint64_t begin) : file_(file), begin_(begin) {
  CHECK(begin <= file.size());
  remainders_.reserve((file.size() - begin) / kStep + 1);
  remainders_.push_back(0);
  for (auto at = begin; at + kStep <= file.size(); at += kStep) {
    remainders_.push_back(add(remainders_.back(), file.subspan(at, kStep)));
    bytes_summed_ += kStep;
  }
}

std::uint32_t RangeChecksums::remainder_up_to(std::uint64_t end) {
  const auto steps = (end - begin_) / kStep;
  const auto part = file_.subspan(begin_ + steps * kStep, (end - begin_) % kStep);
  bytes_summed_ += part.size();
  return add(remainders_[steps], part);
}

std::uint32_t RangeChecksums::crc32c(ByteView head, std::uint64_t first, std::uint64_t length) {
  CHECK(first >= begin_ && first <= file_.size() && length <= file_.size() - first);
  const auto before = add(kInverted, head) ^ remainder_up_to(first);
  return shift(before, length) ^ remainder_up_to(first + length) ^ kInverted;
}

}  // namespace keten::storage
