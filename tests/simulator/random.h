#pragma once

#include <array>
#include <cstdint>

namespace keten::simulator {

/// xoshiro256** seeded through splitmix64: the same numbers from every compiler and library, unlike the standard
/// distributions. Not for secrets.
class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (auto& word : state_) { word = mix(seed += 0x9e3779b97f4a7c15U); }
  }

  std::uint64_t next() {
    const auto result = rotate(state_[1] * 5, 7) * 9;
    const auto shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// In [0, bound). Precondition: 0 < bound <= 2^32, so that the bias is below 2^-32.
  std::uint64_t below(std::uint64_t bound) { return ((next() >> 32U) * bound) >> 32U; }
  /// Both ends included.
  std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + below(most - least + 1); }
  bool chance(std::uint64_t per_mille) { return below(1000) < per_mille; }
  /// Another stream that does not depend on how far this one is used later.
  Random fork() { return Random(next()); }

  /// splitmix64's finaliser.
  static constexpr std::uint64_t mix(std::uint64_t value) {
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
  }

 private:
  static constexpr std::uint64_t rotate(std::uint64_t value, unsigned bits) {
    return (value << bits) | (value >> (64U - bits));
  }
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace keten::simulator
