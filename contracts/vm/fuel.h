#pragma once

#include <cstdint>

/// What instructions cost: docs/formats/vm.md. Part of the protocol. One unit is what an addition takes.
namespace keten::vm::fuel {

inline constexpr std::uint32_t kInstruction = 1;
inline constexpr std::uint32_t kDivision = 3;
inline constexpr std::uint32_t kBranchTable = 2;
inline constexpr std::uint32_t kCall = 3;
inline constexpr std::uint32_t kIndirectCall = 5;
inline constexpr std::uint32_t kEntry = 2;          ///< of a function
inline constexpr std::uint32_t kLocalsPerUnit = 8;  ///< declared locals that one unit sets to zero, at entry
inline constexpr std::uint32_t kMemoryGrow = 20;
inline constexpr std::uint64_t kMemoryPage = 4096;  ///< added by memory.grow; nothing when it answers -1
inline constexpr std::uint32_t kMemoryBulk = 10;    ///< memory.copy, memory.fill
inline constexpr std::uint64_t kBulkBytesPerUnit = 16;

/// Of one instruction by its first byte; `block`, `loop`, `else` and `end` are free.
constexpr std::uint32_t instruction(std::uint8_t opcode) {
  if (opcode == 0x02 || opcode == 0x03 || opcode == 0x05 || opcode == 0x0B) { return 0; }
  if (opcode == 0x0E) { return kBranchTable; }
  if (opcode == 0x10) { return kCall; }
  if (opcode == 0x11) { return kIndirectCall; }
  if (opcode == 0x40) { return kMemoryGrow; }
  if ((opcode >= 0x6D && opcode <= 0x70) || (opcode >= 0x7F && opcode <= 0x82)) { return kDivision; }
  if (opcode == 0xFC) { return kMemoryBulk; }
  return kInstruction;
}

}  // namespace keten::vm::fuel
