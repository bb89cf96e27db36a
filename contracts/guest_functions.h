#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "contracts/contract.h"
#include "contracts/vm/beginnings.h"

/// keten_abi_1: the functions that a contract in WebAssembly imports from the module "keten", over what its transaction may
/// see and do. docs/contracts.md describes each with its cost, errors and limits.
namespace keten::contracts::guest {

/// What modules are compiled against; a function's place here is its number inside.
[[nodiscard]] std::span<const vm::Offer> offers();

/// Bounds of one call, beyond its fuel. Part of the protocol.
struct Limits {
  std::uint32_t reads = 1000;  ///< state_get, state_next
  std::uint32_t writes = 256;  ///< state_put, state_delete
  std::uint32_t key_bytes = 256;
  std::uint32_t value_bytes = 64 * 1024;
  std::uint32_t events = 64;
  std::uint32_t event_kind_bytes = 64;
  std::uint32_t event_subject_bytes = 1024;
  std::uint32_t event_data_bytes = 16 * 1024;
  std::uint32_t result_bytes = 64 * 1024;
  std::uint32_t code_bytes = 64;
  std::uint32_t message_bytes = 1024;
};

/// The functions that only a rule may call; their places among the offers follow those of all guests. rule_functions.h
enum class RuleFunction : std::uint32_t {
  event_get,
  event_count,
  parameter_get,
  parameter_count,
  agreement_get,
  agreement_count,
  item_get,
  item_count,
  member_get,
  finding,
  item_name,
};
class Call;
class RuleCall;

/// What the guest is asked to do.
struct Request {
  std::string_view method;
  ByteView arguments;
  std::uint64_t fuel_max = 0;  ///< of this call, within what the transaction has left
  RuleCall* rule = nullptr;    ///< answers what only rules ask, and forbids what they may not do; none for a method
  /// Of the instance; none: every call is run from its beginning. `terms` says what the rule's parameters and agreement are.
  vm::Beginnings* beginnings = nullptr;
  Hash terms = {};
  /// In front of every key that the guest names: its namespace within that of the built-in contract that runs it.
  std::string_view state_prefix = {};
  /// In front of the kinds of its events, before a dot; empty: the name of the built-in contract.
  std::string_view event_prefix = {};
};

/// Calls the exported function of the request's name, which takes nothing and gives nothing, and puts the instance back.
/// What it uses is charged to the context; its writes are the context's, for the caller to keep or to roll back.
/// Gives the bytes that the guest set as its result. Fails with UNKNOWN_METHOD, CONTRACT_TRAP, CONTRACT_OUT_OF_FUEL, the code
/// that the guest aborted with, or the reason of a broken limit.
[[nodiscard]] Result<Bytes> call(Context& context, vm::Instance& instance, const Request& request,
                                 const Limits& limits = {});

/// How a call ended, for who must tell a guest that had too little from a sender that did.
struct Ended {
  Result<Bytes> result;
  /// It ran out of fuel, and the transaction had less than the request's `fuel_max`, or less than a function of the call asked for.
  bool sender_ran_out = false;
};
[[nodiscard]] Ended run(Context& context, vm::Instance& instance, const Request& request, const Limits& limits = {});

/// The functions of one call, for who runs code against them in another way than `call` does: native tests. Borrows all three.
class CallHost : public vm::Host {
 public:
  Bytes result;  ///< that the guest has set
};
[[nodiscard]] std::unique_ptr<CallHost> host_of(Context& context, const Request& request, const Limits& limits);

}  // namespace keten::contracts::guest
