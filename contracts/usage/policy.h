#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contracts/usage/profile.h"
#include "contracts/usage/value.h"
#include "contracts/usage/vocabulary.h"

namespace keten::usage {

// Limits of one policy, beside those of JSON (core/limits.h). Part of the protocol.
inline constexpr std::size_t kRulesMax = 512;          ///< duties, remedies and consequences counted
inline constexpr std::size_t kConstraintsMax = 8192;   ///< of all rules, parts of logical ones counted
inline constexpr std::size_t kConstraintDepthMax = 8;  ///< of logical constraints in each other
inline constexpr std::size_t kValuesMax = 1024;        ///< of one right operand
inline constexpr std::size_t kTextBytesMax = 2048;     ///< of one identifier or value
inline constexpr std::size_t kDutyDepthMax = 2;        ///< a duty of a permission, and its consequence
inline constexpr std::size_t kImpliedMax = 16;         ///< actions that others imply
inline constexpr std::size_t kInheritanceDepthMax = 8;
inline constexpr std::size_t kWeightMax =
    65'536;  ///< actions, parties, assets, conditions and values of all rules together
inline constexpr std::size_t kPartsMax = 4096;  ///< memberships of parties and assets in collections

enum class Logic : std::uint8_t { atom, all, any, exactly_one, in_order };

/// Identifiers of rules and constraints are as the document spells them; without one, the JSON pointer behind `#`.
struct Constraint {
  std::string uid;
  Logic logic = Logic::atom;
  // Of an atom:
  std::string left;  ///< IRI
  Operator op = Operator::unknown;
  std::vector<Value> right;
  std::string reference = {};  ///< rightOperandReference: never followed, so always unknown
  std::string status = {};     ///< of a count: uses that were made before (plain decimal); empty: none
  std::string frequency = {};  ///< of a payment (dc:frequency); empty: once
  bool strange = false;        ///< has members whose meaning is unknown
  // Of the others:
  std::vector<Constraint> parts;
};

struct Action {
  std::string iri;
  std::vector<Constraint> refinements;
};

/// A party or an asset, or a collection of them.
struct Entity {
  std::string iri;     ///< empty: only known by its source
  std::string source;  ///< of a collection
  bool collection = false;
  std::vector<Constraint> refinements;  ///< which members of the collection
};

enum class RuleKind : std::uint8_t { permission, prohibition, duty };

struct Rule {
  std::string uid;
  RuleKind kind = RuleKind::permission;
  std::vector<Action> actions;  ///< any of them; empty: whatever is done
  std::vector<Entity> targets;
  std::vector<Entity> assignees;
  std::vector<Entity> assigners;
  std::vector<std::pair<std::string, Entity>> functions;  ///< informedParty and the like
  std::vector<Constraint> constraints;                    ///< all of them
  std::vector<Rule> duties;                               ///< of a permission
  std::vector<Rule> remedies;                             ///< of a prohibition
  std::vector<Rule> consequences;                         ///< of a duty
  bool strange = false;                                   ///< has members whose meaning is unknown
};

enum class PolicyType : std::uint8_t { set, offer, agreement, request, other };
/// Which wins when a permission and a prohibition both apply (ODRL 2.2, 2.10); absent is `invalid`.
enum class Conflict : std::uint8_t { invalid, permission, prohibition };

/// Something in a document whose meaning is unknown.
struct UnknownTerm {
  std::string pointer;
  std::string term;
  std::string what;  ///< action, operator, left operand, member, profile, conflict strategy, value
  friend bool operator==(const UnknownTerm&, const UnknownTerm&) = default;
};

struct Policy {
  std::string uid;
  PolicyType type = PolicyType::set;
  std::string type_iri;
  std::vector<std::string> profiles;
  std::vector<std::string> inherits;
  Conflict conflict = Conflict::invalid;
  bool has_conflict = false;
  std::vector<Rule> rules;  ///< permissions, prohibitions, obligations, in this order
  /// Member and collection, of parties and assets alike; without cycles.
  std::vector<std::pair<std::string, std::string>> parts;
  std::vector<std::pair<std::string, std::string>>
      actions;  ///< that profiles or the document define: action, includedIn
  std::vector<std::pair<std::string, std::string>> implied;  ///< that the document defines: action, implies
  Rule shared;           ///< what stands in the policy for all its rules; it is in each of them already
  bool strange = false;  ///< has members whose meaning is unknown, and so has each rule
  std::map<std::string, ProfileOperand, std::less<>> operands;  ///< that its profiles define
  std::vector<UnknownTerm> unknown;
  std::size_t weight = 0;  ///< weight_of all rules: what one judgement looks at
  bool meters = false;     ///< a condition is about how long uses run
  Names names;             ///< how its words are read
};

/// Whether a duty is to be done before the use: `event lt policyUsage` or `dateTime lt policyUsage`, also with lteq and in
/// a logical condition (ODRL 2.2 vocabulary, policyUsage).
bool comes_first(const Rule& duty);
/// What the values of an operand are, of ODRL, IDS or the policy's profiles; empty: unknown.
std::optional<OperandType> type_of(const Policy& policy, std::string_view operand);

/// How many actions, parties, assets, conditions and values there are, those of refinements and duties counted.
std::size_t weight_of(const Constraint& constraint);
std::size_t weight_of(const Rule& rule);

}  // namespace keten::usage
