#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/contract.h"

namespace keten::contracts {

/// The contracts of a node by name. Filled once at start, then only read, by any thread.
class Registry {
 public:
  /// Precondition: no contract of this name is there, and it is not `heads`, where the heads of entities lie.
  void add(std::unique_ptr<Contract> contract);
  /// Null when there is none.
  [[nodiscard]] const Contract* find(std::string_view name) const;
  /// In order.
  [[nodiscard]] std::vector<std::string_view> names() const;

 private:
  std::map<std::string, std::unique_ptr<Contract>, std::less<>> contracts_;
};

/// The contracts of protocol version 1.
[[nodiscard]] Registry built_in_contracts();

/// Contract and method exist, the role allows it, and the contract's own check of the shape. Needs no state; both
/// admission and execution ask it. Reasons: UNKNOWN_CONTRACT, UNKNOWN_METHOD, ROLE_NOT_ALLOWED, FUEL_LIMIT_TOO_HIGH
/// and those of the contract.
[[nodiscard]] Status check_transaction(const Registry& registry, const Transaction& transaction, Roles roles);
/// The part of it that depends on the role alone.
[[nodiscard]] bool may_call(const Registry& registry, const Transaction& transaction, Roles roles);

}  // namespace keten::contracts
