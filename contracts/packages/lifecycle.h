#pragma once

#include <set>
#include <string>
#include <string_view>

#include "contracts/governance/voices.h"
#include "contracts/packages/arguments.h"
#include "contracts/packages/packages_contract.h"
#include "contracts/packages/records.h"

/// From a published package to a retired contract: each step of one transaction. docs/formats/packages.md, "Life".
namespace keten::packages {

/// One transaction: its records, and what governance says.
class Session {
 public:
  explicit Session(contracts::Context& context);

  [[nodiscard]] contracts::Context& context() { return context_; }
  [[nodiscard]] Records& records() { return records_; }
  [[nodiscard]] governance::Records& governance() { return governance_; }
  [[nodiscard]] const std::string& organisation() const { return context_.caller().organisation; }
  [[nodiscard]] Height height() const { return context_.block().height; }
  [[nodiscard]] Milliseconds time() const { return context_.block().time; }
  /// The directory is that of the block before: a key that an earlier transaction of this block revoked counts no more.
  [[nodiscard]] Status check_still_registered();
  /// An event, and an entry in the contract's history.
  void tell(std::string_view step, std::string_view name, const Hash& package, std::uint64_t value = 0);

 private:
  contracts::Context& context_;
  governance::ContextStore store_;
  Records records_;
  GovernanceReader governance_store_;
  governance::Records governance_;
};

[[nodiscard]] Result<Bytes> publish(Session& session, const Publish& arguments);
[[nodiscard]] Result<Bytes> approve(Session& session, const ThePackage& arguments);
[[nodiscard]] Result<Bytes> withdraw(Session& session, const ThePackage& arguments);
[[nodiscard]] Result<Bytes> activate(Session& session, const Activate& arguments);
[[nodiscard]] Result<Bytes> upgrade(Session& session, const Upgrade& arguments);
[[nodiscard]] Result<Bytes> vote(Session& session, const Vote& arguments);
[[nodiscard]] Result<Bytes> call(Session& session, const Call& arguments);

}  // namespace keten::packages
