#include "contracts/rule_functions.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "contracts/fuel.h"
#include "contracts/guest_call.h"
#include "contracts/production/decimal.h"
#include "contracts/production/entity.h"
#include "contracts/vm/reader.h"

namespace keten::contracts::guest {
namespace {

using json::Kind;
using json::Value;

/// `~1` is `/`, `~0` is `~`; a tilde before anything else stands for itself.
std::string unescaped(std::string_view token) {
  std::string name;
  name.reserve(token.size());
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1');
    name += escape ? (token[++i] == '1' ? '/' : '~') : token[i];
  }
  return name;
}

/// Without sign and leading zeros.
std::optional<std::size_t> index_of(std::string_view token) {
  if (token.empty() || (token.size() > 1 && token.front() == '0')) { return std::nullopt; }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc{} || end != token.data() + token.size()) { return std::nullopt; }
  return index;
}

struct Step {
  const Value* value = nullptr;
  std::size_t passed = 0;  ///< members that were compared
};

Step step(const Value& value, std::string_view token) {
  if (value.is(Kind::array)) {
    const auto index = index_of(token);
    return {index && *index < value.items().size() ? &value.items()[*index] : nullptr, 0};
  }
  if (!value.is(Kind::object)) { return {}; }
  const auto name = unescaped(token);
  const auto& members = value.members();
  const auto found =
      std::ranges::find(members, name, [](const Value::Member& one) { return std::string_view(one.first); });
  const auto passed = static_cast<std::size_t>(found - members.begin());
  return found == members.end() ? Step{nullptr, passed} : Step{&found->second, passed + 1};
}

/// Tells `passed` what each step went by.
template <typename Passed>
const Value* walk(const Value& document, std::string_view path, const Passed& passed) {
  const auto* value = &document;
  if (path.empty()) { return value; }
  while (value != nullptr) {
    const auto slash = path.find('/');
    const auto next = step(*value, path.substr(0, slash));
    passed(next.passed);
    value = next.value;
    if (slash == std::string_view::npos) { break; }
    path.remove_prefix(slash + 1);
  }
  return value;
}

std::string text_of(const Value& value) {
  if (value.is(Kind::string)) { return value.text(); }
  if (value.is(Kind::number)) {
    if (auto plain = production::plain_decimal(value.text())) { return *std::move(plain); }
  }
  return json::canonical(value);
}

}  // namespace

const Value* value_at(const Value& document, std::string_view path) {
  return walk(document, path, [](std::size_t) {});
}

const Value* RuleCall::look(Document document, std::size_t& place, Call& call) {
  const Value* root = nullptr;
  std::uint64_t price = fuel::kLookUp;
  if (document == Document::item || document == Document::member) {
    const auto name = call.in(place, place + 1);
    place += 2;
    if (name.size() > limits_.name_bytes) {
      over_limit("NAME_TOO_LONG", "bytes of a name", limits_.name_bytes, name.size());
    }
    const auto looked = call.paid(
        [&] { return document == Document::item ? input_.item(as_text(name)) : input_.member(as_text(name)); });
    root = looked.value;
    if (looked.first) {
      if (++looks_ > limits_.looks) {
        over_limit("TOO_MANY_READS", "items and members looked at", limits_.looks, looks_);
      }
      price = fuel::kFirstLook;
    }
  } else {
    root = document == Document::event        ? &input_.event()
           : document == Document::parameters ? &input_.parameters()
                                              : &input_.agreement();
  }
  call.pay(price);
  const auto path = call.in(place, place + 1);
  place += 2;
  if (path.size() > limits_.path_bytes) {
    over_limit("PATH_TOO_LONG", "bytes of a path", limits_.path_bytes, path.size());
  }
  if (root == nullptr) { return nullptr; }
  return walk(*root, as_text(path), [&](std::size_t passed) { call.pay(passed * fuel::kLookUpMember); });
}

vm::HostResult RuleCall::get(Document document, Call& call) {
  std::size_t place = 0;
  const auto* value = look(document, place, call);
  if (value == nullptr) { return vm::HostResult::i32(kAbsent); }
  const auto text = text_of(*value);
  if (value->is(Kind::array) || value->is(Kind::object)) { call.pay(text.size() * fuel::kRenderedByte); }
  return call.out_within(place, place + 1, as_bytes(text));
}

vm::HostResult RuleCall::count(Document document, Call& call) {
  std::size_t place = 0;
  const auto* value = look(document, place, call);
  if (value != nullptr && value->is(Kind::array)) {
    return vm::HostResult::i32(static_cast<std::uint32_t>(value->items().size()));
  }
  if (value != nullptr && value->is(Kind::object)) {
    return vm::HostResult::i32(static_cast<std::uint32_t>(value->members().size()));
  }
  return vm::HostResult::i32(kAbsent);
}

vm::HostResult RuleCall::find(Call& call) {
  const auto code = call.in(0, 1);
  const auto message = call.in(2, 3);
  const auto deadline = call.u64(4);
  call.pay(fuel::kFinding + (code.size() + message.size()) * fuel::kFindingByte);
  if (findings.size() >= limits_.findings) {
    over_limit("TOO_MANY_FINDINGS", "findings", limits_.findings, findings.size() + 1);
  }
  if (code.size() > limits_.code_bytes || !is_code(as_text(code))) {
    throw End{vm::HostResult::error(
        failure(ErrorKind::refused, "FINDING_CODE_INVALID",
                fmt::format("the code of a finding is 1 to {} letters, digits and underscores", limits_.code_bytes)))};
  }
  if (as_text(code) == kRuleFailed) {
    throw End{vm::HostResult::error(
        failure(ErrorKind::refused, "FINDING_CODE_INVALID",
                fmt::format("{} is what the ledger says about a rule that could not judge; a rule finds something else",
                            kRuleFailed)))};
  }
  if (message.size() > limits_.message_bytes || !vm::is_utf8(message)) {
    throw End{vm::HostResult::error(
        failure(ErrorKind::refused, "FINDING_MESSAGE_INVALID",
                fmt::format("the message of a finding is UTF-8 of at most {} bytes", limits_.message_bytes)))};
  }
  constexpr std::uint64_t kLatest = 253'402'300'799'999;  // the last millisecond of the year 9999
  if (deadline > kLatest) {
    throw End{vm::HostResult::error(failure(
        ErrorKind::refused, "FINDING_DEADLINE_INVALID",
        "the deadline of a finding is milliseconds since 1970, in the year 9999 at the latest, or 0 for none"))};
  }
  findings.push_back({to_text(code), to_text(message), static_cast<Milliseconds>(deadline)});
  return vm::HostResult::done();
}

vm::HostResult RuleCall::name(Call& call) {
  call.pay(fuel::kLookUp);
  const auto uri = call.in(0, 1);
  if (uri.size() > limits_.name_bytes) {
    over_limit("NAME_TOO_LONG", "bytes of a name", limits_.name_bytes, uri.size());
  }
  // Only text leaves: what a guest names may be any bytes.
  if (!vm::is_utf8(uri)) { return vm::HostResult::i32(kAbsent); }
  const auto spelt = production::entity_key(as_text(uri));
  return call.out_within(2, 3, as_bytes(spelt));
}

vm::HostResult RuleCall::answer(RuleFunction function, Call& call) {
  switch (function) {
    case RuleFunction::event_get: return get(Document::event, call);
    case RuleFunction::event_count: return count(Document::event, call);
    case RuleFunction::parameter_get: return get(Document::parameters, call);
    case RuleFunction::parameter_count: return count(Document::parameters, call);
    case RuleFunction::agreement_get: return get(Document::agreement, call);
    case RuleFunction::agreement_count: return count(Document::agreement, call);
    case RuleFunction::item_get: return get(Document::item, call);
    case RuleFunction::item_count: return count(Document::item, call);
    case RuleFunction::member_get: return get(Document::member, call);
    case RuleFunction::finding: return find(call);
    case RuleFunction::item_name: return name(call);
  }
  return vm::HostResult::trap(vm::Trap::unreachable);
}

Result<std::vector<RuleFinding>> judge(Context& context, vm::Instance& instance, const RuleRequest& request,
                                       const Limits& limits) {
  RuleCall rule(request.input);
  const auto done = run(context, instance,
                        {.method = request.entry,
                         .arguments = {},
                         .fuel_max = request.fuel_max,
                         .rule = &rule,
                         .beginnings = request.beginnings,
                         .terms = request.terms},
                        limits);
  if (done.result) { return std::move(rule.findings); }
  if (done.sender_ran_out) { context.charge(context.fuel_left() + 1); }
  return done.result.error();
}

}  // namespace keten::contracts::guest
