#include "contracts/agreements/session.h"
#include "contracts/usage/methods.h"
#include "contracts/usage/usage_contract.h"

namespace keten::usage {

/// A member vouches for what another one is: purposes, places, roles, certificates. Whose word counts says each agreement.
Result<Bytes> claim(const Call& call) {
  using Json = json::Value;
  const auto& arguments = call.arguments;
  if (arguments.other == call.organisation()) {
    return refused("OWN_CLAIM", "nobody vouches for himself; another member says it of " + arguments.other);
  }
  if (arguments.until != 0 && arguments.until <= arguments.from) {
    return invalid("USAGE_ARGUMENTS", "at /until: expected a time behind from, found an earlier one");
  }
  if (auto member = agreements::Session(call.context).check_member(arguments.other); !member) { return member.error(); }
  const auto prefix = claims_of(arguments.other, call.organisation());
  auto end = prefix;
  end.back() = '/' + 1;
  std::size_t count = 0;
  call.context.scan(as_bytes(prefix), as_bytes(end), [&](ByteView, ByteView) { return ++count <= kClaimsMax; });
  for (const auto& one : arguments.claims) {
    const auto key = prefix + one.operand;
    const bool is_new = !call.records.get(key);
    if (one.values.items().empty()) {
      if (!is_new) {
        call.records.erase(key);
        --count;
      }
      continue;
    }
    count += is_new ? 1 : 0;
    if (count > kClaimsMax) {
      return refused("TOO_MANY_CLAIMS", call.organisation() + " says " + std::to_string(kClaimsMax) + " things of " +
                                            arguments.other + ", the most that are possible; take some back");
    }
    auto record = Json::object();
    record.set("about", text(arguments.other))
        .set("issuer", text(call.organisation()))
        .set("operand", text(one.operand))
        .set("values", one.values)
        .set("from", Json::number(arguments.from))
        .set("until", Json::number(arguments.until));
    call.records.stamp(record);
    call.records.set(key, record);
  }
  call.records.emit("claimed", arguments.other);
  return Bytes{};
}

}  // namespace keten::usage
