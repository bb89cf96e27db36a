#include "contracts/usage/usage_contract.h"

#include "contracts/usage/arguments.h"
#include "contracts/usage/methods.h"

namespace keten::usage {

std::string party_of(std::string_view organisation) { return "urn:keten:organisation:" + std::string(organisation); }

Result<Roles> UsageContract::allowed_roles(std::string_view method) const {
  if (auto known = check_method(method); !known) { return known.error(); }
  // What binds a company its admin signs, as every agreement; the rest people and machines.
  const bool binds = method == "agree" || method == "verify" || method == "transfer" || method == "take";
  return binds ? Roles{Role::admin} : Roles{Role::admin, Role::submitter};
}

Status UsageContract::check(const Transaction& transaction) const {
  const auto arguments = read_arguments(transaction.body.method, transaction.body.arguments);
  if (!arguments) { return arguments.error(); }
  if (!transaction.payloads.empty() || !transaction.body.payload_commitments.empty()) {
    return invalid("USAGE_ARGUMENTS", "usage takes no payload");
  }
  return kDone;
}

Result<Bytes> UsageContract::execute(contracts::Context& context) const {
  const auto& body = context.transaction().body;
  context.charge(body.arguments.size() * kFuelPerArgumentByte);
  const auto arguments = read_arguments(body.method, body.arguments);
  if (!arguments) { return arguments.error(); }
  Records records(context);
  const Call call{context, records, *arguments};
  switch (arguments->method) {
    case Method::register_dataset: return register_dataset(call);
    case Method::transfer: return transfer(call);
    case Method::take: return take(call);
    case Method::negotiate: return negotiate(call);
    case Method::permit:
    case Method::log: return use(call);
    case Method::correct: return correct(call);
    case Method::fulfil: return fulfil(call);
    case Method::confirm: return confirm(call);
    case Method::dispute: return dispute(call);
    case Method::pay: return pay(call);
    case Method::receive: return receive(call);
    case Method::claim: return claim(call);
    case Method::register_profile: return register_profile(call);
    case Method::move_data: return move_data(call);
  }
  return invalid("UNKNOWN_METHOD", body.method);
}

}  // namespace keten::usage
