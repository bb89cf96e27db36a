#pragma once

#include <cstddef>
#include <cstdint>

namespace keten::vm {

/// What a module may ask for and a call may use. Part of the protocol: every validator must refuse the same modules and end
/// the same calls, so a ledger only ever uses the defaults (docs/formats/vm.md). Tools that run the published test suite
/// relax some.
struct Limits {
  std::uint32_t module_bytes = 512 * 1024;
  std::uint32_t types = 1024;
  std::uint32_t imports = 256;
  std::uint32_t functions = 10'000;  ///< without imports
  std::uint32_t globals = 1024;
  std::uint32_t exports = 1024;
  std::uint32_t table_entries = 65'536;
  std::uint32_t segments = 4096;  ///< of data and of elements, each
  std::uint32_t body_bytes = 128 * 1024;
  std::uint32_t locals = 256;     ///< of one function, parameters included
  std::uint32_t operands = 1024;  ///< on the operand stack of one function
  std::uint32_t nesting = 256;    ///< blocks within each other
  std::uint32_t memory_pages = 64;
  /// False: a memory without a declared maximum, or with one beyond `memory_pages`, can grow to `memory_pages`.
  bool memory_maximum_required = true;
  std::uint32_t call_depth = 1024;
  std::uint32_t slots = 65'536;  ///< locals and operands of all functions that have been entered and not left
  /// Every executed instruction costs 1 and nothing else costs anything: counts instructions in benchmarks.
  bool count_instructions = false;
};

}  // namespace keten::vm
