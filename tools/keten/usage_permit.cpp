#include "tools/keten/usage_permit.h"

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include "contracts/production/time.h"
#include "contracts/usage/vocabulary.h"
#include "core/json.h"
#include "core/proof/verify.h"
#include "core/transaction_body.h"

namespace keten::tools {
namespace {

Error refused(std::string reason, std::string message) {
  return failure(ErrorKind::refused, std::move(reason), std::move(message));
}

Error no_permit(const std::string& why) { return refused("PERMIT_INVALID", "this is no permit: " + why); }

std::string text_of(const json::Value& object, std::string_view name) {
  return std::string(object.find_string(name).value_or(""));
}

/// `read` and `odrl:read` are one action.
std::string action_name(const std::string& action) {
  static const usage::Names kNames;
  return kNames.term(action);
}

/// How far the clock of a connector may be behind that of the validators.
constexpr std::int64_t kClockDifferenceMs = 60'000;

}  // namespace

Result<std::vector<Permit>> permits_of(const TransactionBody& body, const Receipt& receipt, Milliseconds time) {
  if (body.contract != "usage" || body.method != "permit") {
    return no_permit("the transaction calls " + body.contract + "." + body.method + ", not usage.permit");
  }
  if (!receipt.succeeded) { return no_permit("the ledger refused the request, " + receipt.reason); }
  const auto arguments = json::parse(as_text(body.arguments));
  const auto results = json::parse(as_text(receipt.result));
  if (!arguments || !results || !results->is(json::Kind::array)) {
    return no_permit("expected a request for uses and its decisions");
  }
  const auto* uses = arguments->find("uses");
  if (uses == nullptr || !uses->is(json::Kind::array) || uses->items().size() != results->items().size()) {
    return no_permit("expected one decision for each use");
  }
  std::vector<Permit> permits;
  for (std::size_t i = 0; i < uses->items().size(); ++i) {
    const auto& result = results->items()[i];
    if (text_of(result, "decision") != "permitted") { continue; }
    const auto* until = result.find("until");
    permits.push_back({.consumer = body.organisation,
                       .agreement = text_of(*arguments, "agreement"),
                       .dataset = text_of(result, "dataset"),
                       .use = text_of(uses->items()[i], "id"),
                       .action = text_of(uses->items()[i], "action"),
                       .time = time,
                       .until = until == nullptr ? std::nullopt : until->as_integer()});
  }
  if (permits.empty()) { return refused("PERMIT_DENIED", "the ledger permitted none of the uses that were asked for"); }
  return permits;
}

Result<Permit> choose_permit(const std::vector<Permit>& permits, const PermitDemand& demand) {
  const auto& first = permits.front();
  const auto differs = [](const std::string& wanted, const std::string& found) {
    return !wanted.empty() && wanted != found;
  };
  if (differs(demand.agreement, first.agreement)) {
    return refused("PERMIT_OTHER_AGREEMENT", "it is of agreement " + first.agreement + ", not " + demand.agreement);
  }
  if (differs(demand.dataset, first.dataset)) {
    return refused("PERMIT_OTHER_DATASET", "it is for dataset " + first.dataset + ", not " + demand.dataset);
  }
  if (differs(demand.consumer, first.consumer)) {
    return refused("PERMIT_OTHER_PARTY", "it was given to " + first.consumer + ", not to " + demand.consumer);
  }
  const Permit* chosen = nullptr;
  for (const auto& permit : permits) {
    const bool fits = !differs(demand.use, permit.use) &&
                      (demand.action.empty() || action_name(demand.action) == action_name(permit.action));
    if (fits && chosen == nullptr) { chosen = &permit; }
  }
  if (chosen == nullptr) {
    const bool other_use =
        std::none_of(permits.begin(), permits.end(), [&](const Permit& one) { return !differs(demand.use, one.use); });
    return other_use ? refused("PERMIT_OTHER_USE", "it does not permit use " + demand.use)
                     : refused("PERMIT_OTHER_ACTION", "it permits " + first.action + ", not " + demand.action);
  }
  const auto time = static_cast<std::int64_t>(chosen->time);
  if (chosen->until && demand.now >= *chosen->until) {
    return refused("PERMIT_EXPIRED", "the permission ended at " + production::time_text(*chosen->until));
  }
  if (demand.now - time > demand.age_max_ms) {
    return refused("PERMIT_EXPIRED", "it was decided at " + production::time_text(time) + ", more than " +
                                         std::to_string(demand.age_max_ms / 1000) + " s ago; ask for a new one");
  }
  if (time - demand.now > kClockDifferenceMs) {
    return refused("PERMIT_FROM_THE_FUTURE",
                   "it was decided at " + production::time_text(time) + "; is the clock of this machine right?");
  }
  return *chosen;
}

Result<Permit> verify_permit(ByteView file, const proof::TrustRoot& root, const PermitDemand& demand) {
  if (auto verdict = proof::verify(file, root); !verdict) { return verdict.error(); }
  const auto proof = proof::decode(file);
  if (!proof) { return proof.error(); }
  const auto* transaction = std::get_if<proof::TransactionProof>(&proof->statement);
  if (transaction == nullptr) { return no_permit("the file proves something else than a transaction"); }
  const auto body = decode_transaction_body(transaction->body);
  if (!body) { return body.error(); }
  const auto permits = permits_of(*body, transaction->receipt, transaction->header.time);
  if (!permits) { return permits.error(); }
  return choose_permit(*permits, demand);
}

}  // namespace keten::tools
