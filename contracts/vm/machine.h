#pragma once

#include <cstdint>

#include "contracts/vm/code.h"
#include "contracts/vm/host.h"
#include "contracts/vm/module.h"

namespace keten::vm {

/// Writes are remembered by pieces of this many bytes, so that only they are put back. A write of up to eight bytes marks
/// the piece it begins in.
inline constexpr std::uint32_t kGranuleShift = 10;
inline constexpr std::uint32_t kGranuleBytes = 1U << kGranuleShift;

enum class Ending : std::uint8_t { returned, trapped, out_of_fuel, host_error, paused };

struct Frame {
  const Op* pc;         ///< where the caller goes on
  std::uint64_t* base;  ///< its registers
};

/// The state of an instance as the interpreter's handlers use it: raw places that the instance owns.
struct Machine {
  const Program* program = nullptr;
  std::uint8_t* memory = nullptr;
  std::uint64_t memory_bytes = 0;
  std::uint8_t* dirty = nullptr;
  std::uint64_t* globals = nullptr;
  std::uint64_t* slots = nullptr;
  std::uint64_t* slots_end = nullptr;
  Frame* frames = nullptr;
  Frame* frames_end = nullptr;
  std::uint32_t pages = 0;
  std::uint64_t page_cost = 0;
  std::uint64_t bulk_cost = 0;
  Host* host = nullptr;

  // In and out of one call.
  std::int64_t fuel = 0;
  std::uint32_t function = 0;
  const Op* pc = nullptr;  ///< where it ended
  bool goes_on = false;    ///< where it was paused: at pc, with these registers and frames
  std::uint64_t* registers = nullptr;
  Frame* frame = nullptr;
  Ending ending = Ending::returned;
  Trap trap = Trap::none;
  std::optional<Error> failure;

  [[nodiscard]] bool contains(std::uint64_t address, std::uint64_t length) const {
    return address + length <= memory_bytes;
  }
  void mark(std::uint64_t address, std::uint64_t length) const;
  /// The host's answer; false when the call must end, for the reason now in `ending`.
  bool call_host(std::uint32_t imported, std::uint64_t* base);
  /// As `memory.grow`, the charge included.
  std::uint32_t grow(std::uint32_t more_pages);
  /// Both check their bounds before they charge and write; false when the call must end.
  bool copy(std::uint64_t destination, std::uint64_t source, std::uint64_t length);
  bool fill(std::uint64_t destination, std::uint8_t value, std::uint64_t length);
};

/// Run machine.function with its arguments in the first slots until it ends; the result is in the first slot. The two are
/// compiled from the same handlers and differ in nothing but speed.
void interpret_threaded(Machine& machine);
void interpret_switched(Machine& machine);

}  // namespace keten::vm
