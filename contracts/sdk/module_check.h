#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace keten::sdk {

/// Something about a module that keeps it from the ledger, or that its author will regret.
struct Complaint {
  std::string reason;   ///< of the validator, or SDK_STACK_NOT_FIRST, SDK_NO_ENTRY
  std::string message;  ///< what is there
  std::string advice;   ///< what to use instead; may be empty
};

struct ModuleReport {
  std::size_t bytes = 0;
  std::uint32_t functions = 0;         ///< without imports
  std::uint32_t memory_pages = 0;      ///< at the start
  std::uint32_t memory_pages_max = 0;  ///< that it may grow to
  std::uint32_t stack_bytes = 0;       ///< 0 when the module has none
  std::vector<std::string> imports;    ///< `keten.state_get`
  std::vector<std::string> entries;    ///< exported functions that the ledger can call
  std::vector<Complaint> complaints;   ///< empty: the ledger takes it

  [[nodiscard]] bool accepted() const { return complaints.empty(); }
};

/// The ledger's own validator, and what it cannot know: which facility of the standard library brought a forbidden
/// import or instruction along, whether the stack lies where an overflow traps. Names of functions are given when the module
/// has its name section.
[[nodiscard]] ModuleReport check_module(ByteView bytes);

}  // namespace keten::sdk
