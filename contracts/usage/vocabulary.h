#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/result.h"

namespace keten::usage {

inline constexpr std::string_view kOdrl = "http://www.w3.org/ns/odrl/2/";

/// How the words of a document become IRIs: prefixes and terms of its JSON-LD context over those that everybody knows
/// (odrl, xsd, rdf, dc, dct, cc, vcard, foaf, skos, schema, ids, idsc). Remote contexts are not fetched: ODRL's and the
/// Dataspace Protocol's are built in, others bring nothing.
class Names {
 public:
  Names();
  /// Adds an `@context`: an address, an object, or an array of these. Fails with POLICY_CONTEXT on a term that
  /// gives a word of ODRL another meaning, or that is not a string or an object with `@id`.
  Status add(const json::Value& context, std::string_view pointer);

  /// A member name: `permission`, `odrl:permission` or its IRI give `permission`; words of other namespaces their IRI.
  [[nodiscard]] std::string member(std::string_view name) const;
  /// A word of a vocabulary: bare words are ODRL's. `read`, `odrl:read` and the IRI give the IRI. Deprecated words give the
  /// ones that replace them (ODRL 2.2 vocabulary, skos:exactMatch).
  [[nodiscard]] std::string term(std::string_view word) const;
  /// An identifier or a value: a CURIE of a known prefix gives the IRI, everything else stays as it is.
  [[nodiscard]] std::string iri(std::string_view text) const;

 private:
  [[nodiscard]] std::string full_of(const json::Value& context, std::string_view id, std::size_t depth) const;
  [[nodiscard]] std::optional<std::string> expand(std::string_view text) const;
  std::map<std::string, std::string, std::less<>>
      prefixes_;  ///< that the context defines, before those that everybody knows
  std::map<std::string, std::string, std::less<>> terms_;  ///< bare words that the context defines
  std::string vocabulary_;                                 ///< `@vocab`; ODRL when the context says nothing
};

/// `read` of ODRL's namespace; empty for other IRIs.
std::string_view odrl_word(std::string_view iri);

/// Actions that the ledger knows: ODRL 2.2 and IDS.
bool is_known_action(std::string_view iri);
/// The action that this one is a part of (`odrl:includedIn`); empty at the top or when it is unknown.
std::string_view included_in(std::string_view iri);

/// What the values of an operand are.
/// Of texts, languages are the same in large and small letters (BCP 47), and versions are numbers between points.
enum class OperandType : std::uint8_t { text, decimal, time, duration, event, language, version };
/// Empty: unknown operand.
std::optional<OperandType> operand_type(std::string_view iri);

enum class Operator : std::uint8_t {
  eq,
  neq,
  lt,
  lteq,
  gt,
  gteq,
  is_a,
  has_part,
  is_part_of,
  is_all_of,
  is_any_of,
  is_none_of,
  unknown,
};
Operator operator_of(std::string_view iri);
std::string_view operator_name(Operator op);

/// `assignee`, `informedParty`...: members of a rule that name a party.
bool is_party_function(std::string_view member);
/// A namespace of descriptions, whose members never change what a policy means: Dublin Core, RDFS, SKOS, schema.org...
bool is_annotation(std::string_view member_iri);

}  // namespace keten::usage
