#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/json.h"
#include "core/result.h"

/// What companies sign: parties, scope, rules, time. docs/agreements.md.
namespace keten::agreements {

/// Of the first version: BLAKE2b of its canonical bytes.
using AgreementId = Hash;

inline constexpr std::size_t kDocumentBytesMax = 64 * 1024;
inline constexpr std::size_t kTitleBytesMax = 256;
inline constexpr std::size_t kPartiesMax = 16;
inline constexpr std::size_t kRulesMax = 16;
inline constexpr std::size_t kScopeEntriesMax = 256;  ///< of one list
inline constexpr std::size_t kIssuersMax = 16;
inline constexpr std::size_t kDocumentProfilesMax = 4;  ///< of a policy
inline constexpr std::size_t kIdentifiersMax = 64;      ///< of one party
inline constexpr std::uint32_t kNoticeDaysMax = 3650;
inline constexpr std::string_view kDefaultEntry = "on_event";

/// What a finding of a rule does.
enum class Mode : std::uint8_t {
  off = 0,     ///< the rule is not asked
  flag = 1,    ///< the event is recorded, and the finding with it
  reject = 2,  ///< the event is refused
};
[[nodiscard]] std::string_view mode_name(Mode mode);

struct Rule {
  std::string package;
  std::string version;
  Hash hash;          ///< of the package
  std::string entry;  ///< exported function
  Mode mode = Mode::flag;
  json::Value parameters = json::Value::object();
};

/// Empty lists do not restrict. Identifiers are as the document spells them; matching makes them canonical.
struct Scope {
  std::vector<std::string> products;        ///< GTINs or lots; everything below them belongs to it
  std::vector<std::string> business_steps;  ///< words of the CBV
  std::vector<std::string> locations;       ///< read points and business locations
  std::vector<std::string> datasets;        ///< for contract `usage`
  bool own_events = false;                  ///< also events of a party that name no other party
};

struct Document {
  std::string title;
  std::vector<std::string> parties;                             ///< organisations
  std::map<std::string, std::vector<std::string>> identifiers;  ///< how events name a party, beside its name
  Milliseconds start = 0;
  std::optional<Milliseconds> end;  ///< none: until it is terminated
  std::uint32_t notice_days = 0;
  Scope scope;
  std::vector<Rule> rules;
  json::Value policy;                     ///< for contract `usage`; null when there is none
  std::vector<std::string> issuers = {};  ///< whose claims about a party count under the policy
  json::Value value;                      ///< the document itself
  [[nodiscard]] bool has_party(std::string_view organisation) const;
};

/// Fails with AGREEMENT_INVALID; the violations say where, what was expected, what is there.
[[nodiscard]] Result<Document> read_document(const json::Value& value);
/// Of canonical bytes (RFC 8785), as a transaction brings them. Also fails with AGREEMENT_NOT_CANONICAL, AGREEMENT_TOO_LARGE and
/// the reasons of json::parse.
[[nodiscard]] Result<Document> parse_document(std::string_view canonical);

/// What a party signs.
[[nodiscard]] Hash document_hash(std::string_view canonical);

}  // namespace keten::agreements
