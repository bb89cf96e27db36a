#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/contract.h"
#include "contracts/guest_functions.h"
#include "contracts/vm/instance.h"
#include "core/json.h"

/// The part of keten_abi_1 that rules of agreements use: they judge an event, and answer with findings. docs/contracts.md,
/// "Rules".
namespace keten::contracts::guest {

/// What a rule may ask about. Whoever runs rules provides it; what it gives must stay where it is while a rule runs.
class RuleInput {
 public:
  /// Of an entity that is looked at: null when the ledger knows nothing about it.
  struct Look {
    const json::Value* value = nullptr;
    bool first = false;  ///< for the first time in this transaction: it costs more
  };
  virtual ~RuleInput() = default;
  /// The judged event, canonical.
  [[nodiscard]] virtual const json::Value& event() = 0;
  [[nodiscard]] virtual const json::Value& parameters() = 0;
  [[nodiscard]] virtual const json::Value& agreement() = 0;
  /// An item or a lot, in any spelling, as it was before the event.
  [[nodiscard]] virtual Look item(std::string_view item) = 0;
  [[nodiscard]] virtual Look member(std::string_view organisation) = 0;
};

/// The code of the finding that counts for a rule which did not end by returning; a rule cannot use it.
inline constexpr std::string_view kRuleFailed = "RULE_FAILED";

/// A violation that a rule has found.
struct RuleFinding {
  std::string code;           ///< 1 to 64 letters, digits, underscores: for programs
  std::string message;        ///< UTF-8, at most 1,024 bytes: for people
  Milliseconds deadline = 0;  ///< until when it should be dealt with; 0: none
  friend bool operator==(const RuleFinding&, const RuleFinding&) = default;
};

struct RuleLimits {
  std::uint32_t path_bytes = 1024;
  std::uint32_t name_bytes = 1024;  ///< of an item, of an organisation
  std::uint32_t looks = 11'000;     ///< different items and members: all that an event may name, and some more
  std::uint32_t findings = 16;
  std::uint32_t code_bytes = 64;
  std::uint32_t message_bytes = 1024;
};

/// Answers the functions of rules during one call.
class RuleCall {
 public:
  explicit RuleCall(RuleInput& input, const RuleLimits& limits = {}) : input_(input), limits_(limits) {}
  vm::HostResult answer(RuleFunction function, Call& call);
  std::vector<RuleFinding> findings;

 private:
  enum class Document : std::uint8_t { event, parameters, agreement, item, member };
  vm::HostResult get(Document document, Call& call);
  vm::HostResult count(Document document, Call& call);
  vm::HostResult find(Call& call);
  vm::HostResult name(Call& call);
  /// Null when there is no such value. `place` is behind the path's.
  const json::Value* look(Document document, std::size_t& place, Call& call);

  RuleInput& input_;
  RuleLimits limits_;
  std::size_t looks_ = 0;  ///< the first ones of this transaction
};

/// One rule, on one event.
struct RuleRequest {
  std::string_view entry;  ///< exported function of type () -> ()
  RuleInput& input;
  std::uint64_t fuel_max = 0;
  vm::Beginnings* beginnings =
      nullptr;  ///< of the instance, for terms: entry, parameters and agreement. guest::Request
  Hash terms = {};
};

/// Runs a rule and puts the instance back. Nothing but fuel is taken from the context: a rule cannot write. Gives what it found, in
/// its order; none means that it accepts. Fails with UNKNOWN_METHOD, CONTRACT_TRAP, CONTRACT_OUT_OF_FUEL, NOT_IN_A_RULE, the code that
/// the guest aborted with, or the reason of a broken limit. Throws Abort{OUT_OF_FUEL} when the transaction could not pay for the
/// rule's own ceiling and the rule needed more than there was: a sender must not be able to starve a rule.
[[nodiscard]] Result<std::vector<RuleFinding>> judge(Context& context, vm::Instance& instance,
                                                     const RuleRequest& request, const Limits& limits = {});

/// The value at a path: names of members and indexes, joined by `/`, with `~1` for `/` and `~0` for `~` in names. The empty path
/// is the whole. Null when there is none.
[[nodiscard]] const json::Value* value_at(const json::Value& document, std::string_view path);

}  // namespace keten::contracts::guest
