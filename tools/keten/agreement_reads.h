#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/agreements/agreement_state.h"
#include "tools/keten/governance.h"
#include "tools/keten/ledger_rows.h"

namespace keten::tools {

/// What a node says of agreements after one height, and the time of its newest block.
struct AgreementReads {
  std::shared_ptr<const client::LedgerClient> own;  ///< when nobody else keeps it
  LedgerRows rows;
  Milliseconds time = 0;

  /// Borrows the ledger.
  [[nodiscard]] static Result<AgreementReads> of(const client::LedgerClient& ledger);
  /// Reads need a node and no key.
  [[nodiscard]] static Result<AgreementReads> of(const TargetOptions& target);
  /// By its id or the beginning of it. Fails with UNKNOWN_AGREEMENT, or AGREEMENT_AMBIGUOUS.
  [[nodiscard]] Result<agreements::Agreement> find(std::string_view id) const;
  /// `AGREEMENT/NUMBER`, the agreement likewise. Fails with FINDING_ID_INVALID or UNKNOWN_FINDING too.
  [[nodiscard]] Result<agreements::Finding> find_finding(std::string_view id) const;
};

/// What a node answers, page after page, at most so many. Fails with ANSWER_INVALID when it is no JSON.
[[nodiscard]] Result<std::vector<json::Value>> read_rules(const client::LedgerClient& ledger,
                                                          client::RulesQuestion question, std::size_t most);

/// Signs a call of contract `agreements` and waits until it was executed.
[[nodiscard]] Result<Enacted> enact_agreement(const Administration& administration, std::string_view method,
                                              Bytes arguments);

}  // namespace keten::tools
