#include "contracts/vm/machine.h"

#include <cstring>

#include "contracts/vm/fuel.h"

namespace keten::vm {

std::string_view name_of(Trap trap) {
  switch (trap) {
    case Trap::none: return "none";
    case Trap::unreachable: return "unreachable";
    case Trap::integer_divide_by_zero: return "integer divide by zero";
    case Trap::integer_overflow: return "integer overflow";
    case Trap::out_of_bounds_memory_access: return "out of bounds memory access";
    case Trap::undefined_element: return "undefined element";
    case Trap::uninitialized_element: return "uninitialized element";
    case Trap::indirect_call_type_mismatch: return "indirect call type mismatch";
    case Trap::call_stack_exhausted: return "call stack exhausted";
  }
  return {};
}

std::optional<ByteView> HostCall::read(std::uint32_t address, std::uint32_t length) const {
  if (!machine_.contains(address, length)) { return std::nullopt; }
  return ByteView(machine_.memory + address, length);
}

bool HostCall::write(std::uint32_t address, ByteView bytes) {
  if (bytes.size() > machine_.memory_bytes || !machine_.contains(address, bytes.size())) { return false; }
  if (!bytes.empty()) {
    std::memcpy(machine_.memory + address, bytes.data(), bytes.size());
    machine_.mark(address, bytes.size());
  }
  return true;
}

bool HostCall::charge(std::uint64_t fuel) {
  if (fuel > fuel_left()) { return false; }
  machine_.fuel -= static_cast<std::int64_t>(fuel);
  return true;
}

std::uint64_t HostCall::fuel_left() const { return static_cast<std::uint64_t>(machine_.fuel); }

void Machine::mark(std::uint64_t address, std::uint64_t length) const {
  const auto first = address >> kGranuleShift;
  const auto last = (address + length - 1) >> kGranuleShift;
  std::memset(dirty + first, 1, last - first + 1);
}

bool Machine::call_host(std::uint32_t imported, std::uint64_t* base) {
  const auto& type = program->type_of(imported);
  HostCall call(*this, {base, type.parameters.size()});
  auto result = host->call(program->imports[imported], call);
  switch (result.kind) {
    case HostResult::Kind::value:
      if (type.result) {
        *base = *type.result == ValueType::i32 ? static_cast<std::uint32_t>(result.value) : result.value;
      }
      return true;
    case HostResult::Kind::trap:
      ending = Ending::trapped;
      trap = result.trapped;
      return false;
    case HostResult::Kind::out_of_fuel: ending = Ending::out_of_fuel; return false;
    case HostResult::Kind::error:
      ending = Ending::host_error;
      failure = std::move(result.failure);
      return false;
    case HostResult::Kind::pause: ending = Ending::paused; return false;
  }
  return false;
}

std::uint32_t Machine::grow(std::uint32_t more_pages) {
  const auto before = pages;
  if (more_pages > program->memory_pages_max - pages) { return 0xFFFF'FFFF; }
  fuel -= static_cast<std::int64_t>(more_pages * page_cost);
  if (fuel < 0) { return before; }
  pages += more_pages;
  memory_bytes = std::uint64_t{pages} * kPageBytes;
  return before;
}

bool Machine::copy(std::uint64_t destination, std::uint64_t source, std::uint64_t length) {
  if (!contains(destination, length) || !contains(source, length)) {
    ending = Ending::trapped;
    trap = Trap::out_of_bounds_memory_access;
    return false;
  }
  fuel -= static_cast<std::int64_t>((length + fuel::kBulkBytesPerUnit - 1) / fuel::kBulkBytesPerUnit * bulk_cost);
  if (fuel < 0) {
    ending = Ending::out_of_fuel;
    return false;
  }
  if (length > 0) {
    std::memmove(memory + destination, memory + source, length);
    mark(destination, length);
  }
  return true;
}

bool Machine::fill(std::uint64_t destination, std::uint8_t value, std::uint64_t length) {
  if (!contains(destination, length)) {
    ending = Ending::trapped;
    trap = Trap::out_of_bounds_memory_access;
    return false;
  }
  fuel -= static_cast<std::int64_t>((length + fuel::kBulkBytesPerUnit - 1) / fuel::kBulkBytesPerUnit * bulk_cost);
  if (fuel < 0) {
    ending = Ending::out_of_fuel;
    return false;
  }
  if (length > 0) {
    std::memset(memory + destination, value, length);
    mark(destination, length);
  }
  return true;
}

}  // namespace keten::vm
