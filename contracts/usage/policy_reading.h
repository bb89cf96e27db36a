#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contracts/usage/document.h"
#include "contracts/usage/policy.h"
#include "contracts/usage/policy_reader.h"
#include "core/json.h"
#include "core/result.h"

/// How read_policy() works, for the files that read a policy's members, its rules and its constraints.
namespace keten::usage::reading {

using json::Kind;
using json::Value;

class PolicyReader {
 public:
  PolicyReader(const Names& names, const Profiles& profiles) : known_profiles_(profiles) { policy_.names = names; }

  Result<Policy> read(const Value& document);

 private:
  // --- what is wrong
  void wrong(const std::string& pointer, std::string expected, const Value& found);
  void unknown(const std::string& pointer, std::string term, std::string what);
  Error failed();
  bool within(std::size_t count, std::size_t most, const std::string& pointer, std::string_view what);

  Status add_context(const Value& object, const std::string& pointer);

  /// Members of an object and of the nodes that say more of the same thing.
  std::vector<Member> members_of(const Value& object, const std::string& pointer, bool rules = false);

  /// An address alone changes nothing that the reader does not know.
  static bool is_remote_context(const Member& member);

  /// What stands there; of identifiers, which one is meant.
  [[nodiscard]] bool says_the_same(const Member& left, const Member& right) const;

  /// `uid` and `@id` are one member. Of members that say one thing, which of two counts would depend on their order.
  void once(const std::vector<Member>& members);

  // --- texts
  /// A string, or an object with @id, uid or @value.
  std::optional<std::string> text_of(const Value& value, const std::string& pointer, std::string_view what);
  std::string iri_of(const Value& value, const std::string& pointer, std::string_view what);

  // --- the policy
  [[nodiscard]] bool has_member(const Value& node, std::initializer_list<std::string_view> members) const;
  [[nodiscard]] bool has_type(const Value& node, std::initializer_list<std::string_view> types) const;

  /// The policy of a graph; the other nodes wait until something names them.
  const Value* policy_of(const Value& graph, std::string& pointer);

  /// Nodes that nothing names: memberships and actions count, a rule or condition of which nobody knows where it belongs
  /// is unknown.
  bool read_other_nodes();

  void read_type(const Value& value, const std::string& pointer);

  void read_conflict(const Value& value, const std::string& pointer);

  /// Before all else: what it defines is known in every other member.
  void read_profiles(const Value& document, const std::string& pointer);

  void take_in(const Profile& profile, const std::string& place, const Value& item);
  [[nodiscard]] bool is_defined(std::string_view action) const;

  void read_members(const Value& document, const std::string& pointer);

  /// `assigneeOf`, `assignerOf` and `hasPolicy` say from the other end what holds for all rules (ODRL 2.2, 2.2.3 and 2.3.3).
  void add_inferred(Rule& shared);

  /// What never changes the meaning: descriptions, and who the parties of an IDS contract are, which its rules say too.
  static bool is_description(const std::string& member);

  /// Members that a policy may give for all its rules (ODRL 2.2, 2.7.1, compact policies).
  bool read_shared(Rule& rule, const std::string& member, const Value& value, const std::string& place);

  static void apply_shared(Rule& rule, const Rule& shared);

  /// `ids:contractStart` and `ids:contractEnd`: nothing is permitted outside of them.
  bool read_period(Rule& shared, const std::string& member, const Value& value, const std::string& place);

  // --- rules
  /// `last`: remedies and consequences, which have no consequence of their own (ODRL 2.2, 2.6.3 and 2.6.7).
  void read_rules(const Value& value, const std::string& pointer, RuleKind kind, std::size_t depth,
                  std::vector<Rule>& rules, bool last = false);

  Rule read_rule(const Value& value, const std::string& pointer, RuleKind kind, std::size_t depth, bool last);

  /// A name alone, in a document that says of others in places of their own what they are.
  [[nodiscard]] bool is_unresolved(const std::vector<Member>& members, const Value& value) const;

  void check_rule_type(const Value& value, const std::string& pointer, RuleKind kind);

  /// A condition that nobody can judge: an action or entity has a member whose meaning is unknown.
  static Constraint strange_constraint(const std::string& pointer, const std::string& member);

  // --- actions
  Action read_action(const Value& value, const std::string& pointer);

  void define_action(std::vector<std::pair<std::string, std::string>>& pairs, const std::string& action,
                     const std::string& other, const std::string& pointer);

  void name_action(const std::string& iri, const std::string& spelt, const std::string& pointer);

  // --- parties and assets
  Entity read_entity(const Value& value, const std::string& pointer);

  /// `{"ex:collection": "ex:source"}`: sources of collections that the rules only name.
  void read_sources(const Value& value, const std::string& pointer);

  void apply_sources();

  // --- constraints
  void read_constraints(const Value& value, const std::string& pointer, std::size_t depth,
                        std::vector<Constraint>& constraints);

  static std::optional<Logic> logic_of(const std::string& member);

  Constraint read_constraint(const Value& value, const std::string& pointer, std::size_t depth);

  struct Rest {
    std::string unit;
    std::string datatype;
    std::size_t logics = 0;
    bool has_right = false;
    bool has_operator = false;
  };

  void finish_constraint(Constraint& constraint, const Rest& rest, const Value& value, const std::string& pointer);

  const Value* value_of(const Value& object, std::string_view member) const;

  static bool is_blank(std::string_view iri) { return iri.starts_with("_:"); }

  static bool is_numeric(std::string_view datatype);

  void read_values(const Value& value, const std::string& pointer, std::vector<usage::Value>& values);

  void read_value(const Value& item, const std::string& pointer, std::vector<usage::Value>& values);

  static std::string collapsed(std::string_view text);

  struct Inferred {
    std::string member;
    std::string policy;
    Entity entity;
  };

  Policy policy_;
  Nodes nodes_;
  std::vector<Inferred> inferred_;
  std::set<std::pair<std::string, std::string>> parts_;
  const Profiles& known_profiles_;
  std::set<std::string, std::less<>> of_profiles_;  ///< actions
  bool unknown_profile_ = false;
  std::map<std::string, std::string, std::less<>> sources_;
  std::vector<Violation> violations_;
  std::optional<Error> too_large_;
  std::size_t rules_ = 0;
  std::size_t constraints_ = 0;
};

}  // namespace keten::usage::reading
