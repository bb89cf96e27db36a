#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "core/bytes.h"

namespace keten {

/// A counter that cannot be mixed up with another counter.
template <typename Tag, typename Value = std::uint64_t>
struct Number {
  Value value = 0;

  friend constexpr auto operator<=>(const Number&, const Number&) = default;
  constexpr Number& operator++() {
    ++value;
    return *this;
  }
  [[nodiscard]] constexpr Number next() const { return {static_cast<Value>(value + 1)}; }
  /// Precondition: value > 0.
  [[nodiscard]] constexpr Number previous() const { return {static_cast<Value>(value - 1)}; }
  [[nodiscard]] constexpr Number plus(Value count) const { return {static_cast<Value>(value + count)}; }
  [[nodiscard]] std::string text() const { return std::to_string(value); }
};

using Epoch = Number<struct EpochTag>;
/// A consensus slot inside an epoch; 1 is the first, 0 stands for the floor that the epoch starts on.
using View = Number<struct ViewTag>;
/// A block's place in the chain; 0 is the genesis, which has no transactions.
using Height = Number<struct HeightTag>;
/// A validator's place in the ordered set of its epoch.
using ValidatorIndex = Number<struct ValidatorIndexTag, std::uint16_t>;
/// A machine's permanent number in its chain: validators of the genesis count from 0 in their order, each node that
/// joins later takes the next number, none is used again. Peers are addressed by it, in every epoch.
using NodeNumber = Number<struct NodeNumberTag, std::uint16_t>;

/// BLAKE2b-256.
using Hash = FixedBytes<32, struct HashTag>;
using ChainId = Hash;
using BlockId = Hash;
using TransactionId = Hash;
using SetId = Hash;

/// Milliseconds since the Unix epoch, UTC.
using Milliseconds = std::uint64_t;

}  // namespace keten
