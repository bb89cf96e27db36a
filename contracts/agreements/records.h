#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/agreements/arguments.h"
#include "contracts/contract.h"
#include "core/keys.h"

/// What contract `agreements` keeps in the state. Keys are without `agreements/`. docs/formats/agreements.md, "State".
namespace keten::agreements {

struct SignatureRecord {
  std::string organisation;
  PublicKey key;
  Height height;
  Milliseconds time = 0;
};

enum class VersionStatus : std::uint8_t { open = 0, agreed = 1, withdrawn = 2 };

struct VersionRecord {
  Hash hash;
  VersionStatus status = VersionStatus::open;
  Milliseconds start = 0;
  Milliseconds end = 0;                     ///< 0: none
  Milliseconds agreed = 0;                  ///< when the last party signed
  std::string withdrawn_by;                 ///< when withdrawn
  std::vector<SignatureRecord> signatures;  ///< first that of who proposed it
  [[nodiscard]] bool has_signed(std::string_view organisation) const;
  /// Not before all have signed, whatever the document says.
  [[nodiscard]] Milliseconds in_force_from() const { return std::max(start, agreed); }
};

inline constexpr std::size_t kVersionsMax = 64;
inline constexpr std::size_t kProposalsOpenMax = 64;       ///< of one organisation
inline constexpr std::size_t kAgreementsInForceMax = 128;  ///< of one organisation, those to come included

struct AgreementRecord {
  std::vector<std::string> parties;
  std::vector<VersionRecord> versions;  ///< number 1 first
  Milliseconds terminated = 0;          ///< when notice was given; 0: not
  Milliseconds ends = 0;                ///< by notice
  std::string terminated_by;
  std::string reason;
  std::uint64_t findings = 0;  ///< has an entry of its own: findings_key

  [[nodiscard]] bool has_party(std::string_view organisation) const;
  /// The number of the version that waits for signatures; only the newest can. 0: none.
  [[nodiscard]] std::uint32_t open_version() const;
  /// The number of the newest version that all have signed; 0: none.
  [[nodiscard]] std::uint32_t agreed_version() const;
  /// The version whose rules hold at a block time; 0: none.
  [[nodiscard]] std::uint32_t version_in_force(Milliseconds time) const;
  /// No version is or will be in force from this time on.
  [[nodiscard]] bool is_over(Milliseconds time) const;
};

/// What people call its state: proposed, agreed (begins later), active, terminated (notice runs), ended, withdrawn.
[[nodiscard]] std::string_view state_name(const AgreementRecord& record, Milliseconds time);

[[nodiscard]] Bytes encode(const AgreementRecord& record);
[[nodiscard]] Result<AgreementRecord> decode_agreement(ByteView bytes);

enum class FindingStatus : std::uint8_t { open = 0, answered = 1, corrected = 2, disputed = 3, closed = 4 };
[[nodiscard]] std::string_view status_name(FindingStatus status);

/// Something that a party said about a finding.
struct Statement {
  FindingStatus status = FindingStatus::answered;  ///< that it led to
  std::string organisation;
  PublicKey key;
  Height height;
  Milliseconds time = 0;
  std::string event_id;  ///< of a correction
  std::string text;
};
inline constexpr std::size_t kStatementsMax = 64;  ///< in equal shares of the parties; closing is one more

/// In the place of a package: findings of contract `usage`. No package is called so, for these have a version behind their name.
inline constexpr std::string_view kUsagePackage = "usage";

struct FindingRecord {
  FindingStatus status = FindingStatus::open;
  std::uint32_t version = 0;  ///< of the agreement
  std::uint8_t rule = 0;      ///< its place in the document, from 0
  std::string package;        ///< its name and version, for people
  std::string code;
  std::string message;
  Milliseconds deadline = 0;  ///< 0: none
  Milliseconds overdue = 0;   ///< time of the block that found it still open behind its deadline; 0: not
  std::string organisation;   ///< that recorded the event
  std::string event_id;       ///< of `usage`: the id of the use, or the uid of the duty
  Height height;              ///< of the event
  std::uint32_t transaction = 0;
  std::uint16_t event = 0;
  Milliseconds time = 0;  ///< of the block
  std::vector<Statement> statements;
};
[[nodiscard]] Bytes encode(const FindingRecord& record);
[[nodiscard]] Result<FindingRecord> decode_finding(ByteView bytes);

// Keys.
[[nodiscard]] Bytes agreement_key(const AgreementId& id);
[[nodiscard]] Bytes document_key(const AgreementId& id, std::uint32_t version);
[[nodiscard]] Bytes finding_key(const FindingId& id);
/// How many an agreement has, u64; no entry: none.
[[nodiscard]] Bytes findings_key(const AgreementId& id);
/// The agreements of a party begin with this; ids follow.
[[nodiscard]] Bytes of_party(std::string_view organisation);
/// Those of them that all have signed and that are not known to be over.
[[nodiscard]] Bytes agreed_of(std::string_view organisation);
/// How many proposals of an organisation wait for signatures.
[[nodiscard]] Bytes proposals_key(std::string_view organisation);
/// Of findings that are to be dealt with until a time, in its order.
[[nodiscard]] Bytes deadline_key(Milliseconds deadline, const FindingId& id);
[[nodiscard]] Bytes deadlines();
[[nodiscard]] std::optional<std::pair<Milliseconds, FindingId>> read_deadline_key(ByteView key);
/// The first key behind all that begin so.
[[nodiscard]] Bytes end_of(Bytes prefix);
/// With `<contract>/`.
[[nodiscard]] Bytes full_key(std::string_view contract, ByteView key);
[[nodiscard]] inline Bytes full_key(ByteView key) { return full_key(kContractName, key); }

}  // namespace keten::agreements
