#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "tests/unit/vm/assembler.h"

namespace keten::vm {

/// Where a generator's decisions come from: bytes first, when there are any, then a fixed sequence from a seed.
class Choices {
 public:
  explicit Choices(std::uint64_t seed, ByteView bytes = {}) : state_(seed), bytes_(bytes) {}
  std::uint64_t next();
  /// Below `bound`, which is not zero.
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(next() % bound); }
  /// One time in `n`.
  bool one_in(std::uint32_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
  ByteView bytes_;
  std::size_t used_ = 0;
};

/// A module that is valid by construction and whose calls end: loops count down, functions call only those before them, but
/// their number may still be large. Exports its memory as "memory" and functions without parameters as "g0", "g1", ...
assembler::Module generate_module(Choices& choices);

}  // namespace keten::vm
