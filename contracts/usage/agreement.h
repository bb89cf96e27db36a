#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contracts/agreements/records.h"
#include "contracts/contract.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/policy.h"
#include "core/json.h"
#include "core/result.h"

/// Agreements about data are agreements of contract `agreements`: one id, one head, one law of start, end, notice and amendment. What
/// this contract adds to one: who provides, who consumes, which dataset; duties, counters and uses.
namespace keten::usage {

/// Of heads: the one of contract `agreements`.
inline constexpr std::string_view kAgreementKind = "agreement";

struct NegotiationParties {
  std::string provider;
  std::string consumer;
};

/// The document that both sides of a negotiation sign: title, parties (provider first), scope with the dataset, policy, and of
/// `agreed` the members start (else `now`), end, noticeDays (else 0), issuers and profiles.
json::Value agreement_document(std::string_view negotiation, const NegotiationParties& parties,
                               std::string_view dataset, const json::Value& policy, const json::Value& agreed,
                               Milliseconds now);

/// A version of an agreement's document, read. Made of its bytes by a pure function, so that it can be kept by its hash.
struct Terms {
  json::Value document;
  Policy policy;
  std::size_t bytes = 0;                                        ///< of the document
  std::vector<std::pair<std::string, std::uint32_t>> profiles;  ///< IRI and version, as the document names them
};

/// The profile of a version that is registered. Reads the record each time and charges for it.
[[nodiscard]] Bytes profile_bytes(contracts::Context& context, const std::string& iri, std::uint32_t version);
[[nodiscard]] std::shared_ptr<const Profile> profile_of(ByteView bytes);

struct Agreement {
  std::string id;  ///< 64 hexadecimal digits
  std::string negotiation;
  std::string dataset;
  std::string provider;
  std::string consumer;
  Milliseconds start = 0;  ///< its first version was in force from then on
  agreements::AgreementRecord record;
  std::uint32_t version = 0;           ///< in force now; 0: none
  std::shared_ptr<const Terms> terms;  ///< of the version in force, or the newest agreed one

  [[nodiscard]] const Policy& policy() const { return terms->policy; }
  [[nodiscard]] agreements::AgreementId agreement_id() const { return *agreements::AgreementId::from_hex(id); }
};

/// Fails with UNKNOWN_AGREEMENT: none about data.
[[nodiscard]] Result<Agreement> find_agreement(contracts::Context& context, Records& records, const std::string& id);
/// One in force; also AGREEMENT_NOT_BEGUN, AGREEMENT_ENDED.
[[nodiscard]] Result<Agreement> find_active(contracts::Context& context, Records& records, const std::string& id);

/// Fails with NOT_THE_CONSUMER, NOT_THE_PROVIDER.
[[nodiscard]] Status check_consumer(const Agreement& agreement, const std::string& organisation);
[[nodiscard]] Status check_provider(const Agreement& agreement, const std::string& organisation);

struct UsageFinding {
  std::string_view code;
  std::string message;
  std::string subject;       ///< id of a use, uid of a duty
  std::string organisation;  ///< whom it is about
  Milliseconds deadline = 0;
};
/// A finding of the agreement. Gives its number.
std::uint64_t record_finding(contracts::Context& context, Records& records, const Agreement& agreement,
                             const UsageFinding& what);
/// What a finding is about was made good.
void mark_corrected(contracts::Context& context, const Agreement& agreement, std::uint64_t finding, std::string_view by,
                    std::string_view text);

}  // namespace keten::usage
