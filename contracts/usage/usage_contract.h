#pragma once

#include <string>
#include <string_view>

#include "contracts/contract.h"
#include "core/result.h"

namespace keten::usage {

// Limits of what the ledger keeps. Part of the protocol.
inline constexpr std::size_t kDatasetBytesMax = 256;      ///< of a dataset's IRI
inline constexpr std::size_t kTermsBytesMax = 16 * 1024;  ///< of a policy, canonical
inline constexpr std::size_t kTermsPartsMax = 64;         ///< memberships of collections in such a policy
inline constexpr std::size_t kRuleUidBytesMax = 256;
inline constexpr std::size_t kClassificationMax = 16;
inline constexpr std::size_t kUsesPerTransactionMax = 100;
inline constexpr std::size_t kStatementsMax = 8;      ///< about one use
inline constexpr std::size_t kReportBytesMax = 4096;  ///< of a longer report only the hash is kept

/// How policies name an organisation: `urn:keten:organisation:NAME`.
std::string party_of(std::string_view organisation);
/// What both sides agree to, by the canonical bytes of the policy (RFC 8785).
Hash terms_hash(std::string_view canonical_policy);

/// Datasets, negotiations, agreements, uses and duties on the ledger. Arguments and state are JSON: docs/formats/usage.md.
/// Methods: register, transfer, take (datasets); request, offer, accept, agree, verify, finalize, terminate (negotiations);
/// permit, log (uses); fulfil (duties); withdraw (agreements).
class UsageContract final : public contracts::Contract {
 public:
  [[nodiscard]] std::string_view name() const override { return "usage"; }
  [[nodiscard]] Result<Roles> allowed_roles(std::string_view method) const override;
  [[nodiscard]] Status check(const Transaction& transaction) const override;
  [[nodiscard]] Result<Bytes> execute(contracts::Context& context) const override;
};

}  // namespace keten::usage
