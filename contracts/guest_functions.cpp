#include "contracts/guest_functions.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>
#include <sodium.h>

#include "contracts/fuel.h"
#include "contracts/guest_call.h"
#include "contracts/rule_functions.h"
#include "contracts/vm/beginnings.h"
#include "contracts/vm/reader.h"
#include "core/blake2b.h"

namespace keten::contracts::guest {
namespace {

constexpr auto i32 = vm::ValueType::i32;
constexpr auto i64 = vm::ValueType::i64;
constexpr std::uint32_t kHashBytes = 32;
constexpr std::string_view kGuestCode = "GUEST_";  // in front of a guest's code that reads like one of the ledger's

enum Function : std::uint32_t {
  block_height,
  block_time_ms,
  sender_organisation,
  sender_key,
  sender_roles,
  transaction_id,
  method,
  arguments,
  state_get,
  state_put,
  state_delete,
  state_next,
  emit_event,
  set_result,
  hash_blake2b,
  hash_sha256,
  verify_ed25519,
  abort_call,
  first_of_rules,
};

const std::array<vm::Offer, 29> kOffers = {{
    {"keten", "block_height", {{}, i64}},
    {"keten", "block_time_ms", {{}, i64}},
    {"keten", "sender_organisation", {{i32, i32}, i32}},
    {"keten", "sender_key", {{i32}, {}}},
    {"keten", "sender_roles", {{}, i32}},
    {"keten", "transaction_id", {{i32}, {}}},
    {"keten", "method", {{i32, i32}, i32}},
    {"keten", "arguments", {{i32, i32}, i32}},
    {"keten", "state_get", {{i32, i32, i32, i32}, i32}},
    {"keten", "state_put", {{i32, i32, i32, i32}, {}}},
    {"keten", "state_delete", {{i32, i32}, {}}},
    {"keten", "state_next", {{i32, i32, i32, i32, i32, i32}, i32}},
    {"keten", "emit_event", {{i32, i32, i32, i32, i32, i32}, {}}},
    {"keten", "set_result", {{i32, i32}, {}}},
    {"keten", "hash_blake2b", {{i32, i32, i32}, {}}},
    {"keten", "hash_sha256", {{i32, i32, i32}, {}}},
    {"keten", "verify_ed25519", {{i32, i32, i32, i32}, i32}},
    {"keten", "abort", {{i32, i32, i32, i32}, {}}},
    {"keten", "event_get", {{i32, i32, i32, i32}, i32}},
    {"keten", "event_count", {{i32, i32}, i32}},
    {"keten", "parameter_get", {{i32, i32, i32, i32}, i32}},
    {"keten", "parameter_count", {{i32, i32}, i32}},
    {"keten", "agreement_get", {{i32, i32, i32, i32}, i32}},
    {"keten", "agreement_count", {{i32, i32}, i32}},
    {"keten", "item_get", {{i32, i32, i32, i32, i32, i32}, i32}},
    {"keten", "item_count", {{i32, i32, i32, i32}, i32}},
    {"keten", "member_get", {{i32, i32, i32, i32, i32, i32}, i32}},
    {"keten", "finding", {{i32, i32, i32, i32, i64}, {}}},
    {"keten", "item_name", {{i32, i32, i32, i32}, i32}},
}};
static_assert(first_of_rules + static_cast<std::uint32_t>(RuleFunction::item_name) + 1 == 29);

class Functions final : public CallHost, private Call {
 public:
  Functions(Context& context, const Request& request, const Limits& limits)
      : Call(context), context_(context), request_(request), limits_(limits) {}

  bool sender_ran_out = false;
  /// Stop in front of the first function that answers with more than the rule's terms.
  bool pauses = false;

  vm::HostResult call(std::uint32_t offer, vm::HostCall& guest) override {
    enter(guest);
    if (pauses && !is_of_the_terms(offer)) { return vm::HostResult::pause(); }
    try {
      pay(fuel::kGuestFunction);
      if (offer < first_of_rules) { return answer(static_cast<Function>(offer)); }
      if (request_.rule != nullptr) {
        return request_.rule->answer(static_cast<RuleFunction>(offer - first_of_rules), *this);
      }
      return vm::HostResult::error(
          failure(ErrorKind::refused, "ONLY_IN_A_RULE",
                  fmt::format("{} answers a rule that judges an event, and this is a method", kOffers.at(offer).name)));
    } catch (End& end) { return std::move(end.result); } catch (const Abort&) {
      // The context had less than the call: only its charge can say so.
      sender_ran_out = true;
      return vm::HostResult::out_of_fuel();
    }
  }

 private:
  /// Its answers are the same whatever is judged, by whom and when.
  static bool is_of_the_terms(std::uint32_t offer) {
    if (offer < first_of_rules) { return false; }
    switch (static_cast<RuleFunction>(offer - first_of_rules)) {
      case RuleFunction::parameter_get:
      case RuleFunction::parameter_count:
      case RuleFunction::agreement_get:
      case RuleFunction::agreement_count:
      case RuleFunction::item_name: return true;
      default: return false;
    }
  }
  vm::HostResult answer(Function function);
  vm::HostResult read_state();
  vm::HostResult next_key();
  vm::HostResult emit();
  vm::HostResult abort();

  /// A rule judges; what it says are findings.
  void not_in_a_rule(std::string_view function) const {
    if (request_.rule == nullptr) { return; }
    throw End{vm::HostResult::error(
        failure(ErrorKind::refused, "NOT_IN_A_RULE",
                fmt::format("{}: a rule keeps nothing and says what it has to say with finding", function)))};
  }
  ByteView key(std::size_t place) {
    const auto bytes = in(place, place + 1);
    if (bytes.empty() || bytes.size() > limits_.key_bytes) {
      over_limit("STATE_KEY_INVALID", "bytes of a key, and at least 1", limits_.key_bytes, bytes.size());
    }
    return bytes;
  }
  /// The guest's key within the namespace of the built-in contract that runs it.
  [[nodiscard]] Bytes own(ByteView name) const {
    auto full = to_bytes(request_.state_prefix);
    full.insert(full.end(), name.begin(), name.end());
    return full;
  }
  void count(std::uint32_t& counter, std::uint32_t allowed, const char* reason, const char* what) {
    if (counter >= allowed) { over_limit(reason, what, allowed, std::size_t{counter} + 1); }
    ++counter;
  }
  void count_read() { count(reads_, limits_.reads, "TOO_MANY_READS", "reads of the state"); }
  void count_write() { count(writes_, limits_.writes, "TOO_MANY_WRITES", "writes to the state"); }

  Context& context_;
  const Request& request_;
  const Limits& limits_;
  std::uint32_t reads_ = 0;
  std::uint32_t writes_ = 0;
  std::uint32_t events_ = 0;
};

vm::HostResult Functions::answer(Function function) {
  switch (function) {
    case block_height: return vm::HostResult::i64(context_.block().height.value);
    case block_time_ms: return vm::HostResult::i64(static_cast<std::uint64_t>(context_.block().time));
    case sender_organisation: return out_within(0, 1, as_bytes(context_.caller().organisation));
    case sender_key: out(u32(0), context_.caller().key.view()); return vm::HostResult::done();
    case sender_roles: return vm::HostResult::i32(context_.caller().roles.bits());
    case transaction_id: out(u32(0), context_.transaction().id.view()); return vm::HostResult::done();
    case method: return out_within(0, 1, as_bytes(request_.method));
    case arguments: return out_within(0, 1, request_.arguments);
    case state_get: return read_state();
    case state_put: {
      not_in_a_rule("state_put");
      const auto name = key(0);
      const auto value = in(2, 3);
      if (value.size() > limits_.value_bytes) {
        over_limit("STATE_VALUE_TOO_LARGE", "bytes of a value", limits_.value_bytes, value.size());
      }
      count_write();
      return paid([&] {
        context_.put(own(name), to_bytes(value));
        return vm::HostResult::done();
      });
    }
    case state_delete: {
      not_in_a_rule("state_delete");
      const auto name = key(0);
      count_write();
      return paid([&] {
        context_.erase(own(name));
        return vm::HostResult::done();
      });
    }
    case state_next: return next_key();
    case emit_event: return emit();
    case set_result: {
      const auto bytes = in(0, 1);
      if (bytes.size() > limits_.result_bytes) {
        over_limit("RESULT_TOO_LARGE", "bytes of a result", limits_.result_bytes, bytes.size());
      }
      result = to_bytes(bytes);
      return vm::HostResult::done();
    }
    case hash_blake2b:
    case hash_sha256: {
      const auto bytes = in(0, 1);
      const bool blake = function == hash_blake2b;
      pay(fuel::kGuestHash + bytes.size() * (blake ? fuel::kBlake2bByte : fuel::kSha256Byte));
      std::array<std::uint8_t, kHashBytes> digest{};
      if (blake) {
        Blake2b hash;
        hash.update(bytes);
        digest = hash.finish().bytes;
      } else {
        crypto_hash_sha256(digest.data(), bytes.data(), bytes.size());
      }
      out(u32(2), digest);
      return vm::HostResult::done();
    }
    case verify_ed25519: {
      PublicKey public_key;
      Signature signature;
      const auto key_bytes = fixed_in(0, PublicKey::size);
      const auto signature_bytes = fixed_in(1, Signature::size);
      const auto message = in(2, 3);
      pay(fuel::kVerify + message.size() * fuel::kVerifyByte);
      std::copy(key_bytes.begin(), key_bytes.end(), public_key.bytes.begin());
      std::copy(signature_bytes.begin(), signature_bytes.end(), signature.bytes.begin());
      return vm::HostResult::i32(verify(public_key, message, signature) ? 1 : 0);
    }
    case abort_call: return abort();
    case first_of_rules: break;
  }
  return vm::HostResult::trap(vm::Trap::unreachable);
}

vm::HostResult Functions::read_state() {
  const auto name = key(0);
  count_read();
  if (request_.rule != nullptr) {
    pay(fuel::kGet);
    return vm::HostResult::i32(kAbsent);
  }
  const auto value = paid([&] { return context_.get(own(name)); });
  return value ? out_within(2, 3, *value) : vm::HostResult::i32(kAbsent);
}

/// The first key in [first, end) of the contract's namespace.
vm::HostResult Functions::next_key() {
  const auto first = in(0, 1);
  const auto end = in(2, 3);
  if (first.size() > limits_.key_bytes || end.size() > limits_.key_bytes) {
    over_limit("STATE_KEY_INVALID", "bytes of a key", limits_.key_bytes, std::max(first.size(), end.size()));
  }
  count_read();
  if (request_.rule != nullptr) {
    pay(fuel::kScan);
    return vm::HostResult::i32(kAbsent);
  }
  const auto found = paid([&] {
    std::optional<Bytes> key;
    // An empty range would be read as one without end.
    if (end.empty() || std::lexicographical_compare(first.begin(), first.end(), end.begin(), end.end())) {
      auto own_end = own(end);
      if (end.empty() && !own_end.empty()) { ++own_end.back(); }  // the first key behind the namespace
      context_.scan(own(first), own_end, [&](ByteView name, ByteView) {
        key = to_bytes(name.subspan(request_.state_prefix.size()));
        return false;
      });
    }
    return key;
  });
  return found ? out_within(4, 5, *found) : vm::HostResult::i32(kAbsent);
}

vm::HostResult Functions::emit() {
  not_in_a_rule("emit_event");
  const auto kind = in(0, 1);
  const auto subject = in(2, 3);
  const auto data = in(4, 5);
  count(events_, limits_.events, "TOO_MANY_EVENTS", "events");
  if (kind.empty() || kind.size() > limits_.event_kind_bytes || !is_code(as_text(kind))) {
    throw End{vm::HostResult::error(failure(
        ErrorKind::refused, "EVENT_KIND_INVALID",
        fmt::format("the kind of an event is 1 to {} letters, digits and underscores", limits_.event_kind_bytes)))};
  }
  if (!vm::is_utf8(subject)) {
    throw End{vm::HostResult::error(
        failure(ErrorKind::refused, "EVENT_SUBJECT_INVALID", "the subject of an event is UTF-8"))};
  }
  if (subject.size() > limits_.event_subject_bytes) {
    over_limit("EVENT_TOO_LARGE", "bytes of an event's subject", limits_.event_subject_bytes, subject.size());
  }
  if (data.size() > limits_.event_data_bytes) {
    over_limit("EVENT_TOO_LARGE", "bytes of an event's data", limits_.event_data_bytes, data.size());
  }
  return paid([&] {
    // A name in front, so that no contract can speak for another.
    const auto speaker =
        request_.event_prefix.empty() ? std::string_view(context_.transaction().body.contract) : request_.event_prefix;
    context_.emit(
        {.kind = std::string(speaker) + "." + to_text(kind), .subject = to_text(subject), .data = to_bytes(data)});
    return vm::HostResult::done();
  });
}

vm::HostResult Functions::abort() {
  auto code = to_text(in(0, 1));
  auto message = to_text(in(2, 3));
  if (code.size() > limits_.code_bytes || !is_code(code)) {
    return vm::HostResult::error(
        failure(ErrorKind::refused, "ABORTED",
                "the contract aborted with a code that is not 1 to 64 letters, digits and underscores"));
  }
  if (message.size() > limits_.message_bytes || !vm::is_utf8(as_bytes(message))) {
    message = "the contract's message is longer than 1,024 bytes or not UTF-8";
  }
  if (reads_as_ours(code)) { code = (std::string(kGuestCode) + code).substr(0, limits_.code_bytes); }
  return vm::HostResult::error(failure(ErrorKind::refused, std::move(code), std::move(message)));
}

}  // namespace

void over_limit(std::string reason, std::string_view what, std::size_t allowed, std::size_t found) {
  throw End{vm::HostResult::error(failure(ErrorKind::refused, std::move(reason),
                                          fmt::format("{}: at most {} in one call, found {}", what, allowed, found)))};
}

bool reads_as_ours(std::string_view code) {
  return std::none_of(code.begin(), code.end(), [](char one) { return one >= 'a' && one <= 'z'; });
}

bool is_code(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char one) {
    return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9') || one == '_';
  });
}

std::span<const vm::Offer> offers() { return kOffers; }

std::unique_ptr<CallHost> host_of(Context& context, const Request& request, const Limits& limits) {
  return std::make_unique<Functions>(context, request, limits);
}

Result<Bytes> call(Context& context, vm::Instance& instance, const Request& request, const Limits& limits) {
  return run(context, instance, request, limits).result;
}

namespace {

/// Runs the function to its end, from where its beginning ends when that is kept.
vm::Outcome outcome_of(Context& context, vm::Instance& instance, const Request& request, std::uint32_t function,
                       std::uint64_t fuel, Functions& functions) {
  auto* const beginnings = instance.is_watched() ? nullptr : request.beginnings;
  const auto* const known = beginnings != nullptr ? beginnings->find(request.terms) : nullptr;
  std::uint64_t begun = 0;
  vm::Outcome outcome;
  if (known != nullptr && known->fuel <= fuel) {
    context.charge(known->host_fuel);
    begun = known->fuel;
    outcome = instance.go_on_from(known->place, fuel - begun, functions);
  } else {
    const auto before = context.fuel_left();
    functions.pauses = beginnings != nullptr && known == nullptr;
    outcome = instance.call(function, {}, fuel, functions);
    functions.pauses = false;
    if (outcome.ending != vm::Ending::paused) { return outcome; }
    begun = outcome.fuel_used;
    beginnings->keep(request.terms, {instance.paused(), begun, before - context.fuel_left()});
    outcome = instance.go_on(fuel - begun, functions);
  }
  outcome.fuel_used += begun;
  return outcome;
}

}  // namespace

Ended run(Context& context, vm::Instance& instance, const Request& request, const Limits& limits) {
  const auto function = instance.program().find_function(request.method);
  if (!function || instance.program().type_of(*function) != vm::FunctionType{}) {
    return {failure(ErrorKind::not_found, "UNKNOWN_METHOD",
                    fmt::format("the contract exports no function '{}' of type () -> ()", request.method))};
  }
  const auto before = context.fuel_left();
  const auto fuel = std::min(request.fuel_max, before);
  Functions functions(context, request, limits);
  instance.reset();
  const auto outcome = outcome_of(context, instance, request, *function, fuel, functions);
  instance.reset();
  // What host functions cost, the context has paid already.
  const auto paid = before - context.fuel_left();
  context.charge(outcome.fuel_used > paid ? outcome.fuel_used - paid : 0);
  switch (outcome.ending) {
    case vm::Ending::returned: return {std::move(functions.result)};
    case vm::Ending::trapped:
      return {
          failure(ErrorKind::refused, "CONTRACT_TRAP", fmt::format("method {}: {}", request.method, outcome.text()))};
    case vm::Ending::out_of_fuel:
      return {failure(ErrorKind::refused, "CONTRACT_OUT_OF_FUEL",
                      fmt::format("method {}: {} units of fuel were not enough", request.method, fuel)),
              functions.sender_ran_out || fuel < request.fuel_max};
    case vm::Ending::host_error: return {*outcome.failure};
    case vm::Ending::paused: break;
  }
  return {failure(ErrorKind::corrupt, "CONTRACT_TRAP", "an ending that does not exist")};
}

}  // namespace keten::contracts::guest
