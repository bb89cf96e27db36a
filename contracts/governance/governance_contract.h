#pragma once

#include "contracts/contract.h"

namespace keten::governance {

/// Contract `governance`: members, keys, validators and parameters. What concerns everybody is proposed and takes
/// effect when a quorum of the organisations that run validators has approved it; what concerns one organisation's own
/// machines and people takes effect by its admin alone. docs/formats/governance.md.
class GovernanceContract : public contracts::Contract {
 public:
  [[nodiscard]] std::string_view name() const override;
  [[nodiscard]] Result<Roles> allowed_roles(std::string_view method) const override;
  [[nodiscard]] Status check(const Transaction& transaction) const override;
  [[nodiscard]] Result<Bytes> execute(contracts::Context& context) const override;
};

}  // namespace keten::governance
