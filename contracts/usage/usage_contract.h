#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/contract.h"
#include "core/result.h"

namespace keten::usage {

// Limits of what the ledger keeps. Part of the protocol.
inline constexpr std::size_t kDatasetBytesMax = 256;      ///< of a dataset's IRI
inline constexpr std::size_t kTermsBytesMax = 16 * 1024;  ///< of a policy, canonical
inline constexpr std::size_t kTermsPartsMax = 64;         ///< memberships of collections in such a policy
inline constexpr std::size_t kTermsDutiesMax = 64;        ///< remedies and consequences counted
inline constexpr std::size_t kRuleUidBytesMax = 256;
inline constexpr std::size_t kOpenNegotiationsMax = 64;  ///< of one provider and one consumer
inline constexpr std::size_t kClassificationMax = 16;
inline constexpr std::size_t kUsesPerTransactionMax = 100;
inline constexpr std::size_t kStatementsMax = 8;                   ///< about one use, or in one claim
inline constexpr std::int64_t kUseRunsMaxMs = 366LL * 86'400'000;  ///< one use
inline constexpr std::size_t kClaimValuesMax = 8;                  ///< of one operand
inline constexpr std::size_t kUnitsMax = 16;                       ///< of payments under one agreement
inline constexpr std::size_t kClaimsMax = 32;                      ///< operands of one issuer about one organisation
inline constexpr std::size_t kDueAtOnce = 256;  ///< deadlines that one block deals with; the rest follows in the next
inline constexpr std::size_t kReportBytesMax = 4096;  ///< of a longer report only the hash is kept

/// How policies name an organisation: `urn:keten:organisation:NAME`.
std::string party_of(std::string_view organisation);
/// Datasets, negotiations, agreements, uses and duties on the ledger. Arguments and state are JSON: docs/formats/usage.md.
/// Methods: register, transfer, take (datasets); request, offer, accept, agree, verify, finalize, terminate (negotiations);
/// permit, log, correct (uses); fulfil, pay, receive (duties); claim (attributes of organisations); transfer_request,
/// transfer_start, transfer_suspend, transfer_complete, transfer_terminate (transfers). Agreements themselves are those of
/// contract `agreements`, which ends them.
class UsageContract final : public contracts::Contract {
 public:
  [[nodiscard]] std::string_view name() const override { return "usage"; }
  [[nodiscard]] Result<Roles> allowed_roles(std::string_view method) const override;
  [[nodiscard]] Status check(const Transaction& transaction) const override;
  [[nodiscard]] Result<Bytes> execute(contracts::Context& context) const override;
};

/// What the block itself does behind its transactions: duties and logs whose deadline has passed become findings, at most kDueAtOnce
/// of them, the longest overdue first. `state` is that after the transactions, `index` their number. Gives what watchers are told;
/// `rows` are for the index.
std::vector<contracts::ContractEvent> chase(const contracts::StateReader& state, const contracts::BlockContext& block,
                                            std::uint32_t index, contracts::WriteSet& writes,
                                            std::vector<contracts::IndexEntry>& rows);

}  // namespace keten::usage
