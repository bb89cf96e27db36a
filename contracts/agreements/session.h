#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "contracts/agreements/records.h"
#include "contracts/contract.h"
#include "core/result.h"

namespace keten::agreements {

/// One transaction of the contract: its records, and what each step leaves behind.
class Session {
 public:
  explicit Session(contracts::Context& context) : context_(context) {}

  [[nodiscard]] contracts::Context& context() { return context_; }
  [[nodiscard]] const std::string& organisation() const { return context_.caller().organisation; }
  [[nodiscard]] Milliseconds now() const { return context_.block().time; }

  /// What an earlier transaction of this block took away counts here at once. Fails with KEY_REVOKED.
  [[nodiscard]] Status check_still_registered();
  /// Fails with UNKNOWN_ORGANISATION or ORGANISATION_LEFT.
  [[nodiscard]] Status check_member(const std::string& organisation);
  /// That the packages of all rules may run and are what the document says. Fails with the reasons of packages::check_usable,
  /// PACKAGE_DIFFERS or UNKNOWN_RULE.
  [[nodiscard]] Status check_rules(const Document& document);

  /// Fails with UNKNOWN_AGREEMENT.
  [[nodiscard]] Result<AgreementRecord> agreement(const AgreementId& id);
  /// The same for a party; fails with NOT_A_PARTY too.
  [[nodiscard]] Result<AgreementRecord> own_agreement(const AgreementId& id);
  void keep(const AgreementId& id, const AgreementRecord& record) { context_.put(agreement_key(id), encode(record)); }

  [[nodiscard]] std::uint32_t proposals(std::string_view organisation);
  void set_proposals(std::string_view organisation, std::uint32_t count);

  /// The transaction's step, in the agreement's history and as an event for watchers.
  void tell(const AgreementId& id, std::string_view what, std::string_view subject, Bytes data = {});

  [[nodiscard]] SignatureRecord signature() const {
    return {organisation(), context_.caller().key, context_.block().height, now()};
  }

 private:
  contracts::Context& context_;
};

[[nodiscard]] inline Error refused(std::string reason, std::string message) {
  return failure(ErrorKind::refused, std::move(reason), std::move(message));
}
[[nodiscard]] std::string join(const std::vector<std::string>& words);

}  // namespace keten::agreements
