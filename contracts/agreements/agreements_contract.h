#pragma once

#include "contracts/contract.h"

namespace keten::agreements {

/// What companies agree on, signed by each with an admin key: a key that no node holds, for nodes hold validator and capture keys
/// only, and those have no other role. docs/agreements.md tells what it means, docs/formats/agreements.md the bytes and refusals.
class AgreementsContract final : public contracts::Contract {
 public:
  [[nodiscard]] std::string_view name() const override;
  [[nodiscard]] Result<Roles> allowed_roles(std::string_view method) const override;
  [[nodiscard]] Status check(const Transaction& transaction) const override;
  [[nodiscard]] Result<Bytes> execute(contracts::Context& context) const override;
};

}  // namespace keten::agreements
