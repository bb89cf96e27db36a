#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "contracts/vm/instance.h"

namespace keten::vm {

/// Enough for almost all calls of generated modules; the rest shows that running out is the same everywhere.
inline constexpr std::uint64_t kCallFuel = 300'000;

/// FNV-1a with 32 bits over the whole memory: cheap to repeat in another language.
inline std::uint32_t digest(ByteView memory) {
  std::uint32_t hash = 2'166'136'261U;
  for (const auto byte : memory) { hash = (hash ^ byte) * 16'777'619U; }
  return hash;
}

/// Indices of the functions "g0", "g1", ... in this order.
inline std::vector<std::uint32_t> exported_functions(const Program& program) {
  std::vector<std::uint32_t> result;
  for (;;) {
    const auto function = program.find_function("g" + std::to_string(result.size()));
    if (!function) { return result; }
    result.push_back(*function);
  }
}

}  // namespace keten::vm
