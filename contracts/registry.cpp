#include "contracts/registry.h"

#include "core/check.h"
#include "core/limits.h"

namespace keten::contracts {

void Registry::add(std::unique_ptr<Contract> contract) {
  auto name = std::string(contract->name());
  CHECK(name != "heads");
  const bool inserted = contracts_.emplace(std::move(name), std::move(contract)).second;
  CHECK(inserted);
}

const Contract* Registry::find(std::string_view name) const {
  const auto found = contracts_.find(name);
  return found == contracts_.end() ? nullptr : found->second.get();
}

std::vector<std::string_view> Registry::names() const {
  std::vector<std::string_view> result;
  for (const auto& [name, contract] : contracts_) { result.push_back(name); }
  return result;
}

namespace {

std::string join(const std::vector<std::string>& words) {
  std::string result;
  for (const auto& word : words) { result += (result.empty() ? "" : ", ") + word; }
  return result.empty() ? "none" : result;
}

Error unknown_contract(const Registry& registry, const std::string& name) {
  std::vector<std::string> known;
  for (const auto each : registry.names()) { known.emplace_back(each); }
  return failure(ErrorKind::not_found, "UNKNOWN_CONTRACT",
                 "there is no contract '" + name + "'; known: " + join(known));
}

}  // namespace

bool may_call(const Registry& registry, const Transaction& transaction, Roles roles) {
  const auto* contract = registry.find(transaction.body.contract);
  if (contract == nullptr) { return false; }
  const auto allowed = contract->allowed_roles(transaction.body.method);
  return allowed && (allowed->bits() & roles.bits()) != 0;
}

Status check_transaction(const Registry& registry, const Transaction& transaction, Roles roles) {
  const auto& body = transaction.body;
  if (body.fuel_limit > limits::kFuelPerTransactionMax) {
    return invalid("FUEL_LIMIT_TOO_HIGH", "fuel_limit is " + std::to_string(body.fuel_limit) + ", at most " +
                                              std::to_string(limits::kFuelPerTransactionMax) + " is allowed");
  }
  const auto* contract = registry.find(body.contract);
  if (contract == nullptr) { return unknown_contract(registry, body.contract); }
  const auto allowed = contract->allowed_roles(body.method);
  if (!allowed) { return allowed.error(); }
  if ((allowed->bits() & roles.bits()) == 0) {
    return failure(ErrorKind::forbidden, "ROLE_NOT_ALLOWED",
                   body.contract + "." + body.method + " needs one of the roles " + join(role_names(*allowed)) +
                       "; the sender has " + join(role_names(roles)));
  }
  return contract->check(transaction);
}

}  // namespace keten::contracts
