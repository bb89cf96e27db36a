#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/agreements/records.h"
#include "contracts/contract.h"
#include "core/json.h"

/// Agreements and findings as they are read outside of their own contract: by other contracts, HTTP, the command line. Every read
/// takes plain state (full keys) and throws contracts::MalformedState when a record cannot be decoded.
namespace keten::agreements {

/// Kind of the head of an agreement; its id is AgreementId::hex(). Everything done about it is chained there.
inline constexpr std::string_view kHeadKind = "agreement";

struct Agreement {
  AgreementId id;
  AgreementRecord record;
};
[[nodiscard]] std::optional<Agreement> read_agreement_record(const contracts::StateReader& state,
                                                             const AgreementId& id);
/// The canonical document of a version; empty when there is none.
[[nodiscard]] std::string read_version(const contracts::StateReader& state, const AgreementId& id,
                                       std::uint32_t version);

/// A version whose rules or policy hold at a time.
struct InForce {
  AgreementId id;
  std::uint32_t version = 0;
  Document document;
  std::size_t bytes = 0;  ///< of the document
};
/// What all have signed and a party is in, in the order of ids: in force, to come, or over since a while. At most
/// kAgreementsInForceMax.
[[nodiscard]] std::vector<AgreementId> agreed_by(const contracts::StateReader& state, std::string_view organisation);
/// All of a party at a block time, in the order of their ids.
[[nodiscard]] std::vector<InForce> in_force(const contracts::StateReader& state, std::string_view organisation,
                                            Milliseconds time);
[[nodiscard]] std::optional<InForce> in_force(const contracts::StateReader& state, const AgreementId& id,
                                              Milliseconds time);

/// Of one party, or of all when empty; in the order of their ids, behind `after`, at most `limit`.
[[nodiscard]] std::vector<Agreement> list_agreements(const contracts::StateReader& state, std::string_view organisation,
                                                     const AgreementId& after, std::size_t limit);

struct Finding {
  FindingId id;
  FindingRecord record;
};
[[nodiscard]] std::optional<Finding> read_finding(const contracts::StateReader& state, const FindingId& id);
/// Of one agreement, newest first, those before `before` (0: all), at most `limit`.
[[nodiscard]] std::vector<Finding> list_findings(const contracts::StateReader& state, const AgreementId& id,
                                                 std::uint64_t before, std::size_t limit);

/// As people and programs read it. `time` is that of the newest block.
[[nodiscard]] json::Value to_json(const contracts::StateReader& state, const Agreement& agreement, Milliseconds time);
[[nodiscard]] json::Value to_json(const Finding& finding, Milliseconds time);

}  // namespace keten::agreements
