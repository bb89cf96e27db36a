#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "contracts/contract.h"
#include "contracts/fuel.h"
#include "contracts/vm/host.h"

/// What host functions share: the two accounts of fuel, and the guest's memory.
namespace keten::contracts::guest {

inline constexpr std::uint32_t kAbsent = 0xFFFF'FFFF;

/// Ends the guest's call from within a host function.
struct End {
  vm::HostResult result;
};

[[noreturn]] void over_limit(std::string reason, std::string_view what, std::size_t allowed, std::size_t found);

/// Letters, digits and underscores, and at least one.
[[nodiscard]] bool is_code(std::string_view text);
/// Without a small letter, as the ledger's own reasons are written: no guest may speak for it.
[[nodiscard]] bool reads_as_ours(std::string_view code);

/// One call of the guest; throws End.
class Call {
 public:
  explicit Call(Context& context) : context_(context) {}

  void enter(vm::HostCall& guest) { guest_ = &guest; }
  [[nodiscard]] std::uint32_t u32(std::size_t place) const { return guest_->u32(place); }
  [[nodiscard]] std::uint64_t u64(std::size_t place) const { return guest_->u64(place); }
  [[nodiscard]] Context& context() { return context_; }

  /// Both accounts: the guest's call, and the transaction's.
  void pay(std::uint64_t fuel) {
    if (!guest_->charge(fuel)) { throw End{vm::HostResult::out_of_fuel()}; }
    context_.charge(fuel);
  }
  /// Runs what charges the context, and charges the guest's call as much.
  template <typename Work>
  auto paid(const Work& work) {
    const auto before = context_.fuel_left();
    auto value = work();
    if (!guest_->charge(before - context_.fuel_left())) { throw End{vm::HostResult::out_of_fuel()}; }
    return value;
  }

  /// The bytes of the address and the length in these places.
  [[nodiscard]] ByteView in(std::size_t place, std::size_t length) {
    const auto bytes = fixed_in(place, guest_->u32(length));
    pay_bytes(bytes.size());
    return bytes;
  }
  [[nodiscard]] ByteView fixed_in(std::size_t place, std::uint32_t length) {
    const auto bytes = guest_->read(guest_->u32(place), length);
    if (!bytes) { throw End{vm::HostResult::trap(vm::Trap::out_of_bounds_memory_access)}; }
    return *bytes;
  }
  void out(std::uint32_t address, ByteView bytes) {
    pay_bytes(bytes.size());
    if (!guest_->write(address, bytes)) { throw End{vm::HostResult::trap(vm::Trap::out_of_bounds_memory_access)}; }
  }
  /// To a place with a capacity: the whole of it or nothing. Answers the length.
  vm::HostResult out_within(std::size_t place, std::size_t capacity, ByteView bytes) {
    if (bytes.size() <= guest_->u32(capacity)) { out(guest_->u32(place), bytes); }
    return vm::HostResult::i32(static_cast<std::uint32_t>(bytes.size()));
  }

 private:
  void pay_bytes(std::size_t bytes) { pay(bytes / fuel::kGuestBytesPerUnit); }

  Context& context_;
  vm::HostCall* guest_ = nullptr;
};

}  // namespace keten::contracts::guest
