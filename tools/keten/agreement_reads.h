#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "contracts/agreements/agreement_state.h"
#include "tools/keten/governance.h"

namespace keten::tools {

/// What contract `agreements` keeps, as a node answered.
class AgreementRows final : public contracts::StateReader {
 public:
  AgreementRows() = default;
  explicit AgreementRows(client::StateEntries found);
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override;
  void scan(ByteView first, ByteView end, const Visit& visit) const override;

 private:
  std::map<Bytes, Bytes> rows_;
};

/// What a node says of agreements, and the time of its newest block.
struct AgreementReads {
  AgreementRows rows;
  Milliseconds time = 0;

  [[nodiscard]] static Result<AgreementReads> of(const client::LedgerClient& ledger);
  /// Reads need a node and no key.
  [[nodiscard]] static Result<AgreementReads> of(const TargetOptions& target);
  /// By its id or the beginning of it. Fails with UNKNOWN_AGREEMENT, or AGREEMENT_AMBIGUOUS.
  [[nodiscard]] Result<agreements::Agreement> find(std::string_view id) const;
  /// `AGREEMENT/NUMBER`, the agreement likewise. Fails with FINDING_ID_INVALID or UNKNOWN_FINDING too.
  [[nodiscard]] Result<agreements::Finding> find_finding(std::string_view id) const;
};

/// Signs a call of contract `agreements` and waits until it was executed.
[[nodiscard]] Result<Enacted> enact_agreement(const Administration& administration, std::string_view method,
                                              Bytes arguments);

}  // namespace keten::tools
