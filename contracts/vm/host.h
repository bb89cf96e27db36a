#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "contracts/vm/types.h"
#include "core/bytes.h"
#include "core/result.h"

namespace keten::vm {

/// Why a call ended before its function returned. The names are those of the specification's test suite.
enum class Trap : std::uint8_t {
  none,
  unreachable,
  integer_divide_by_zero,
  integer_overflow,
  out_of_bounds_memory_access,
  undefined_element,      ///< call_indirect beyond the table
  uninitialized_element,  ///< call_indirect of an empty entry
  indirect_call_type_mismatch,
  call_stack_exhausted,  ///< depth of calls, or registers of all of them
};
/// As in "integer divide by zero".
std::string_view name_of(Trap trap);

struct Machine;

/// What a host function sees of the call: its arguments, the guest's memory, the fuel that is left.
class HostCall {
 public:
  HostCall(Machine& machine, std::span<const std::uint64_t> arguments) : machine_(machine), arguments_(arguments) {}

  /// Arguments as the offered type says; an i32 has its upper half zero.
  [[nodiscard]] std::uint32_t u32(std::size_t index) const { return static_cast<std::uint32_t>(arguments_[index]); }
  [[nodiscard]] std::uint64_t u64(std::size_t index) const { return arguments_[index]; }

  /// The guest's bytes, valid until it runs on; empty optional when they lie outside its memory.
  [[nodiscard]] std::optional<ByteView> read(std::uint32_t address, std::uint32_t length) const;
  /// False, and nothing written, when the place lies outside the guest's memory.
  [[nodiscard]] bool write(std::uint32_t address, ByteView bytes);
  /// False when less is left; the host then answers `HostResult::out_of_fuel()`.
  [[nodiscard]] bool charge(std::uint64_t fuel);
  [[nodiscard]] std::uint64_t fuel_left() const;

 private:
  Machine& machine_;
  std::span<const std::uint64_t> arguments_;
};

/// What a host function answers. Everything but a value ends the guest's call.
struct HostResult {
  enum class Kind : std::uint8_t { value, trap, out_of_fuel, error, pause };
  Kind kind = Kind::value;
  std::uint64_t value = 0;  ///< of the offered type; ignored when it has no result
  Trap trapped = Trap::none;
  std::optional<Error> failure;

  static HostResult done() { return {}; }
  static HostResult i32(std::uint32_t value) { return {Kind::value, value, Trap::none, {}}; }
  static HostResult i64(std::uint64_t value) { return {Kind::value, value, Trap::none, {}}; }
  static HostResult trap(Trap trap) { return {Kind::trap, 0, trap, {}}; }
  static HostResult out_of_fuel() { return {Kind::out_of_fuel, 0, Trap::none, {}}; }
  static HostResult error(Error error) { return {Kind::error, 0, Trap::none, std::move(error)}; }
  /// Nothing was charged or done: the call stops in front of this function, which is called again when it goes on.
  static HostResult pause() { return {Kind::pause, 0, Trap::none, {}}; }
};

/// The functions that modules may import. An exception from `call` passes through the interpreter; the instance must be
/// reset before it is called again.
class Host {
 public:
  virtual ~Host() = default;
  /// `offer` is the function's place among the offers that the module was compiled with.
  virtual HostResult call(std::uint32_t offer, HostCall& call) = 0;
};

}  // namespace keten::vm
