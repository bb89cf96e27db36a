#include "node/storage/checksum.h"

#include <array>

#include <boost/crc.hpp>

#include "core/check.h"

namespace keten::storage {

namespace {

constexpr std::uint32_t kPolynomial = 0x1EDC6F41;
constexpr std::uint32_t kReflected = 0x82F63B78;
constexpr std::uint32_t kInverted = 0xFFFFFFFF;  // at the beginning and at the end

using Remainder = boost::crc_optimal<32, kPolynomial, 0, 0, true, true>;
using Begun = boost::crc_optimal<32, kPolynomial, kInverted, 0, true, true>;

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

template <typename Crc>
std::uint32_t remainder_of(ByteView bytes) {
  Crc crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

}  // namespace

std::uint32_t crc32c(ByteView head, ByteView rest) {
  Begun crc;
  crc.process_bytes(head.data(), head.size());
  crc.process_bytes(rest.data(), rest.size());
  return crc.checksum() ^ kInverted;
}

RangeChecksums::RangeChecksums(ByteView file, std::uint64_t begin) : file_(file), begin_(begin) {
  CHECK(begin <= file.size());
  Remainder crc;
  remainders_.reserve((file.size() - begin) / kStep + 1);
  remainders_.push_back(crc.checksum());
  for (auto at = begin; at + kStep <= file.size(); at += kStep) {
    crc.process_bytes(file.data() + at, kStep);
    remainders_.push_back(crc.checksum());
    bytes_summed_ += kStep;
  }
}

std::uint32_t RangeChecksums::remainder_up_to(std::uint64_t end) {
  const auto steps = (end - begin_) / kStep;
  const auto part = file_.subspan(begin_ + steps * kStep, (end - begin_) % kStep);
  bytes_summed_ += part.size();
  return shift(remainders_[steps], part.size()) ^ remainder_of<Remainder>(part);
}

std::uint32_t RangeChecksums::crc32c(ByteView head, std::uint64_t first, std::uint64_t length) {
  CHECK(first >= begin_ && first <= file_.size() && length <= file_.size() - first);
  const auto before = remainder_of<Begun>(head) ^ remainder_up_to(first);
  return shift(before, length) ^ remainder_up_to(first + length) ^ kInverted;
}

}  // namespace keten::storage
