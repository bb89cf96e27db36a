#pragma once

#include <cstdint>

#include "contracts/contract.h"

namespace keten::packages {

/// What approving and voting return in the receipt.
struct VoteOutcome {
  bool is_decided = false;  ///< by this vote
  std::uint32_t votes = 0;  ///< of organisations that run validators
  std::uint32_t needed = 0;
  friend bool operator==(const VoteOutcome&, const VoteOutcome&) = default;

  [[nodiscard]] Bytes encode() const;
  static Result<VoteOutcome> decode(ByteView bytes);
};

/// Contract `contracts`: publishes packages, keeps what organisations decide about them, and runs the methods of those in
/// force, each over a namespace of its own. docs/contracts.md and docs/formats/packages.md.
class PackagesContract : public contracts::Contract {
 public:
  [[nodiscard]] std::string_view name() const override;
  [[nodiscard]] Result<Roles> allowed_roles(std::string_view method) const override;
  [[nodiscard]] Status check(const Transaction& transaction) const override;
  [[nodiscard]] Result<Bytes> execute(contracts::Context& context) const override;
};

}  // namespace keten::packages
