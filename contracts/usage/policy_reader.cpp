#include "contracts/usage/policy_reader.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "contracts/usage/document.h"
#include "core/limits.h"

namespace keten::usage {
namespace {

using json::Kind;
using json::Value;

std::string shortened(const Value& value) {
  auto text = json::serialize(value);
  if (text.size() > 60) {
    std::size_t end = 57;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) { --end; }
    text = text.substr(0, end) + "...";
  }
  return text;
}

class PolicyReader {
 public:
  PolicyReader(const Names& names, const Profiles& profiles) : known_profiles_(profiles) { policy_.names = names; }

  Result<Policy> read(const Value& document) {
    const Value* root = &document;
    std::string pointer;
    if (root->is(Kind::array) && root->items().size() == 1) {
      root = &root->items().front();
      pointer = "/0";
    }
    if (!root->is(Kind::object) && !(root->is(Kind::array) && !root->items().empty())) {
      wrong(pointer, "a policy: a JSON object with uid and permission, prohibition or obligation", *root);
      return failed();
    }
    if (auto added = add_context(*root, pointer); !added) { return added.error(); }
    const auto* graph = root->is(Kind::array) ? root : root->find("@graph");
    if (graph != nullptr) {
      if (graph != root) { pointer += "/@graph"; }
      root = policy_of(*graph, pointer);
      if (root == nullptr) { return failed(); }
      if (auto added = add_context(*root, pointer); !added) { return added.error(); }
    }
    nodes_.inside(*root, pointer);
    read_profiles(*root, pointer);
    read_members(*root, pointer);
    if (too_large_) { return *too_large_; }
    if (!violations_.empty()) { return failed(); }
    if (has_cycle(policy_.parts)) {
      return invalid("COLLECTION_CYCLE", "a party or asset of the policy is a part of itself; take one partOf out");
    }
    return std::move(policy_);
  }

 private:
  // --- what is wrong
  void wrong(const std::string& pointer, std::string expected, const Value& found) {
    if (violations_.size() < limits::kViolationsMax) {
      violations_.push_back({pointer, std::move(expected), shortened(found)});
    }
  }
  void unknown(const std::string& pointer, std::string term, std::string what) {
    policy_.unknown.push_back({pointer, std::move(term), std::move(what)});
  }
  Error failed() {
    const auto count = violations_.size();
    const auto& first = violations_.front();
    auto error = invalid("POLICY_INVALID", std::to_string(count) + (count == 1 ? " place breaks" : " places break") +
                                               " the rules of ODRL 2.2, first at " + first.pointer + ": expected " +
                                               first.expected + ", found " + first.found);
    error.violations = std::move(violations_);
    return error;
  }
  bool within(std::size_t count, std::size_t most, const std::string& pointer, std::string_view what) {
    if (count <= most) { return true; }
    if (!too_large_) {
      too_large_ = failure(ErrorKind::too_large, "POLICY_TOO_LARGE",
                           "at " + pointer + ": more than " + std::to_string(most) + " " + std::string(what));
    }
    return false;
  }

  Status add_context(const Value& object, const std::string& pointer) {
    const auto* context = object.find("@context");
    return context == nullptr ? Status(kDone) : policy_.names.add(*context, pointer + "/@context");
  }

  /// Members of an object and of the nodes that say more of the same thing.
  std::vector<Member> members_of(const Value& object, const std::string& pointer, bool rules = false) {
    auto members = nodes_.members_of(object, pointer, policy_.names, rules);
    (void)within(nodes_.followed(), kFollowedMax, pointer, "members of nodes that others name");
    once(members);
    return members;
  }

  /// An address alone changes nothing that the reader does not know.
  static bool is_remote_context(const Member& member) {
    if (member.name != "@context") { return false; }
    const auto items = items_of(*member.value);
    return std::all_of(items.begin(), items.end(), [](const Value* item) { return item->is(Kind::string); });
  }

  /// What stands there; of identifiers, which one is meant.
  [[nodiscard]] bool says_the_same(const Member& left, const Member& right) const {
    const auto& one = bare(*left.value, policy_.names);
    const auto& other = bare(*right.value, policy_.names);
    if (one == other) { return true; }
    return left.name == "uid" && one.is(Kind::string) && other.is(Kind::string) &&
           policy_.names.iri(one.text()) == policy_.names.iri(other.text());
  }

  /// `uid` and `@id` are one member. Of members that say one thing, which of two counts would depend on their order.
  void once(const std::vector<Member>& members) {
    constexpr std::array<std::string_view, 11> kSingle = {"uid",
                                                          "conflict",
                                                          "leftOperand",
                                                          "operator",
                                                          "rightOperand",
                                                          "rightOperandReference",
                                                          "dataType",
                                                          "unit",
                                                          "source",
                                                          "includedIn",
                                                          "http://purl.org/dc/terms/frequency"};
    std::map<std::string_view, const Member*> seen;
    for (const auto& one : members) {
      // What an identifier or a value is called in other places.
      const std::string_view member = one.name == "@value" ? std::string_view("uid") : one.name;
      if (std::find(kSingle.begin(), kSingle.end(), member) == kSingle.end()) { continue; }
      const auto [place, is_new] = seen.emplace(member, &one);
      if (is_new || says_the_same(*place->second, one)) { continue; }
      wrong(one.place, "one " + std::string(member) + " and not another one in a second spelling", *one.value);
    }
  }

  // --- texts
  /// A string, or an object with @id, uid or @value.
  std::optional<std::string> text_of(const Value& value, const std::string& pointer, std::string_view what) {
    const Value* text = &value;
    if (value.is(Kind::object)) {
      text = nullptr;
      std::vector<Member> members;
      for (const auto& [name, member] : value.members()) {
        members.push_back({policy_.names.member(name), &name, &member, json::pointer_add(pointer, name)});
        if (members.back().name == "uid" || members.back().name == "@value") { text = &only(member); }
      }
      once(members);
    }
    if (text == nullptr || !text->is(Kind::string) || text->text().empty()) {
      wrong(pointer, std::string(what), value);
      return std::nullopt;
    }
    if (text->text().size() > kTextBytesMax) {
      wrong(pointer, "at most " + std::to_string(kTextBytesMax) + " bytes", *text);
      return std::nullopt;
    }
    return text->text();
  }
  std::string iri_of(const Value& value, const std::string& pointer, std::string_view what) {
    const auto text = text_of(value, pointer, what);
    return text ? policy_.names.iri(*text) : std::string{};
  }

  // --- the policy
  [[nodiscard]] bool has_member(const Value& node, std::initializer_list<std::string_view> members) const {
    return std::any_of(node.members().begin(), node.members().end(), [&](const auto& member) {
      const auto name = policy_.names.member(member.first);
      return std::find(members.begin(), members.end(), name) != members.end();
    });
  }
  [[nodiscard]] bool has_type(const Value& node, std::initializer_list<std::string_view> types) const {
    for (const auto& [name, value] : node.members()) {
      if (policy_.names.member(name) != "@type") { continue; }
      for (const auto* item : items_of(value)) {
        const auto& text = bare(*item, policy_.names);
        if (!text.is(Kind::string)) { continue; }
        const auto iri = policy_.names.term(text.text());
        if (std::find(types.begin(), types.end(), odrl_word(iri)) != types.end()) { return true; }
      }
    }
    return false;
  }

  /// The policy of a graph; the other nodes wait until something names them.
  const Value* policy_of(const Value& graph, std::string& pointer) {
    const auto base = pointer;
    const auto nodes = items_of(graph);
    std::size_t policies = 0;
    const auto find = [&](const auto& is_policy) {
      const Value* found = nullptr;
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (!nodes[i]->is(Kind::object) || !is_policy(*nodes[i])) { continue; }
        ++policies;
        found = nodes[i];
        pointer = base + "/" + std::to_string(i);
      }
      return found;
    };
    const auto* found = find([&](const Value& node) {
      return has_member(node, {"permission", "prohibition", "obligation"});
    });
    if (found == nullptr) {
      found = find([&](const Value& node) {
        return has_type(node, {"Policy", "Set", "Offer", "Agreement", "Request"});
      });
    }
    if (policies != 1) {
      wrong(base, policies > 1 ? "one policy" : "a policy: a node with permission, prohibition or obligation", graph);
      return nullptr;
    }
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (nodes[i] == found || !nodes[i]->is(Kind::object)) { continue; }
      nodes_.add(*nodes[i], base + "/" + std::to_string(i), policy_.names);
    }
    return found;
  }

  /// Nodes that nothing names: memberships and actions count, a rule or condition of which nobody knows where it belongs
  /// is unknown.
  bool read_other_nodes() {
    bool strange = false;
    for (const auto& node : nodes_.all()) {
      if (node.used) { continue; }
      const auto& value = *node.value;
      if (has_type(value, {"Permission", "Prohibition", "Duty", "Constraint", "LogicalConstraint"}) ||
          has_member(value, {"action", "target", "assignee", "constraint", "duty", "leftOperand", "and", "or", "xone",
                             "andSequence"})) {
        unknown(node.pointer, id_of(value, policy_.names), "place of a rule or condition");
        strange = true;
      } else if (has_member(value, {"includedIn", "implies"}) || has_type(value, {"Action"})) {
        (void)read_action(value, node.pointer);
      } else {
        (void)read_entity(value, node.pointer);
      }
    }
    return strange;
  }

  void read_type(const Value& value, const std::string& pointer) {
    for (const auto* item : items_of(value)) {
      const auto text = text_of(*item, pointer, "Set, Offer, Agreement or another class of policies");
      if (!text) { return; }
      const auto iri = policy_.names.term(*text);
      const auto word = odrl_word(iri);
      if (word == "Policy") { continue; }
      policy_.type_iri = iri;
      policy_.type = word == "Set"         ? PolicyType::set
                     : word == "Offer"     ? PolicyType::offer
                     : word == "Agreement" ? PolicyType::agreement
                     : word == "Request"   ? PolicyType::request
                                           : PolicyType::other;
      constexpr std::array<std::string_view, 3> kOthers = {"Assertion", "Privacy", "Ticket"};
      if (policy_.type == PolicyType::other && std::find(kOthers.begin(), kOthers.end(), word) == kOthers.end()) {
        unknown(pointer, *text, "class of policies");
      }
    }
  }

  void read_conflict(const Value& value, const std::string& pointer) {
    const auto items = items_of(value);
    if (items.size() != 1) {
      wrong(pointer, "one of perm, prohibit, invalid", value);
      return;
    }
    const auto text = text_of(*items.front(), pointer, "one of perm, prohibit, invalid");
    if (!text) { return; }
    const auto iri = policy_.names.term(*text);
    const auto word = odrl_word(iri);
    policy_.has_conflict = true;
    if (word == "perm") {
      policy_.conflict = Conflict::permission;
    } else if (word == "prohibit") {
      policy_.conflict = Conflict::prohibition;
    } else if (word != "invalid") {
      unknown(pointer, *text, "conflict strategy");  // and so the strictest: invalid
    }
  }

  /// Before all else: what it defines is known in every other member.
  void read_profiles(const Value& document, const std::string& pointer) {
    for (const auto& [name, value] : document.members()) {
      if (policy_.names.member(name) != "profile") { continue; }
      const auto place = json::pointer_add(pointer, name);
      for (const auto* item : items_of(value)) {
        if (!within(policy_.profiles.size() + 1, kProfilesMax, place, "profiles")) { return; }
        policy_.profiles.push_back(iri_of(*item, place, "an IRI"));
        const auto& iri = policy_.profiles.back();
        if (is_built_in_profile(iri)) { continue; }
        if (const auto known = known_profiles_ ? known_profiles_(iri) : nullptr) {
          take_in(*known, place, *item);
        } else {
          unknown(place, iri, "profile");
          unknown_profile_ = true;  // whoever does not know the profile must not judge by the policy (ODRL 2.2, 2.1)
        }
      }
    }
  }

  void take_in(const Profile& profile, const std::string& place, const Value& item) {
    for (const auto& [iri, operand] : profile.operands) {
      if (!policy_.operands.emplace(iri, operand).second) { wrong(place, "one profile that defines " + iri, item); }
    }
    for (const auto& [iri, included] : profile.actions) {
      if (is_defined(iri)) { wrong(place, "one profile that defines " + iri, item); }
      policy_.actions.emplace_back(iri, included);
      of_profiles_.insert(iri);
    }
  }
  [[nodiscard]] bool is_defined(std::string_view action) const {
    return std::any_of(policy_.actions.begin(), policy_.actions.end(),
                       [&](const auto& pair) { return pair.first == action; });
  }

  void read_members(const Value& document, const std::string& pointer) {
    Rule shared;
    std::vector<std::pair<std::string, const Value*>> rules[3];
    bool strange = unknown_profile_;
    for (const auto& one : members_of(document, pointer)) {
      const auto& [member, spelt, content, place, of_node] = one;
      const auto& name = *spelt;
      const auto& value = *content;
      if (member == "@context") { continue; }
      if (member == "uid") {
        policy_.uid = text_of(only(value), place, "an IRI").value_or("");
      } else if (member == "@type") {
        read_type(value, place);
      } else if (member == "conflict") {
        read_conflict(value, place);
      } else if (member == "profile") {
        continue;
      } else if (member == "inheritFrom") {
        for (const auto* item : items_of(value)) { policy_.inherits.push_back(iri_of(*item, place, "an IRI")); }
        (void)within(policy_.inherits.size(), kInheritanceDepthMax, place, "policies to inherit from");
      } else if (member == "permission") {
        rules[0].emplace_back(place, &value);
      } else if (member == "prohibition") {
        rules[1].emplace_back(place, &value);
      } else if (member == "obligation") {
        rules[2].emplace_back(place, &value);
      } else if (member == "collectionSource") {
        read_sources(value, place);
      } else if (member == "partOf" || member == "hasPolicy") {
        (void)items_of(value);
      } else if (read_shared(shared, member, value, place) || read_period(shared, member, value, place)) {
        continue;
      } else if (member == "http://purl.org/dc/terms/isReplacedBy") {
        unknown(place, name, "member");  // whoever finds it must take the policy as void (ODRL 2.2, 2.8)
        strange = true;
      } else if (is_description(member)) {
        continue;
      } else {
        unknown(place, name, "member");
        strange = strange || member.find(':') == std::string::npos;
      }
    }
    constexpr std::array kKinds{RuleKind::permission, RuleKind::prohibition, RuleKind::duty};
    for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
      for (const auto& [place, value] : rules[kind]) { read_rules(*value, place, kKinds[kind], 0, policy_.rules); }
    }
    strange = read_other_nodes() || strange;
    add_inferred(shared);
    if (!within(policy_.rules.size() * weight_of(shared), kWeightMax, pointer, "parts that rules have in common")) {
      return;
    }
    std::size_t weight = 0;
    for (auto& rule : policy_.rules) {
      rule.strange = rule.strange || strange;
      apply_shared(rule, shared);
      weight += weight_of(rule);
    }
    if (!within(weight, kWeightMax, pointer, "actions, parties, assets, conditions and values")) { return; }
    policy_.weight = weight + policy_.operands.size() + policy_.actions.size();
    policy_.strange = strange;
    apply_sources();
    policy_.shared = std::move(shared);
  }

  /// `assigneeOf`, `assignerOf` and `hasPolicy` say from the other end what holds for all rules (ODRL 2.2, 2.2.3 and 2.3.3).
  void add_inferred(Rule& shared) {
    const auto uid = policy_.names.iri(policy_.uid);
    for (auto& [member, policy, entity] : inferred_) {
      if (uid.empty() || policy != uid) { continue; }
      auto& into = member == "hasPolicy"    ? shared.targets
                   : member == "assigneeOf" ? shared.assignees
                                            : shared.assigners;
      const bool known = std::any_of(into.begin(), into.end(), [&, name = &entity](const Entity& one) {
        return one.iri == name->iri && one.source == name->source;
      });
      if (!known) { into.push_back(std::move(entity)); }
    }
  }

  /// What never changes the meaning: descriptions, and who the parties of an IDS contract are, which its rules say too.
  static bool is_description(const std::string& member) {
    constexpr std::array<std::string_view, 12> kWords = {"@type",
                                                         "@language",
                                                         "https://w3id.org/idsa/core/provider",
                                                         "https://w3id.org/idsa/core/consumer",
                                                         "timestamp",
                                                         "output",
                                                         "https://w3id.org/idsa/core/pipEndpoint",
                                                         "https://w3id.org/idsa/core/contractDate",
                                                         "relation",
                                                         "status",
                                                         "inheritAllowed",
                                                         "inheritRelation"};
    return is_annotation(member) || std::find(kWords.begin(), kWords.end(), member) != kWords.end();
  }

  /// Members that a policy may give for all its rules (ODRL 2.2, 2.7.1, compact policies).
  bool read_shared(Rule& rule, const std::string& member, const Value& value, const std::string& place) {
    if (member == "action") {
      for (const auto* item : items_of(value)) { rule.actions.push_back(read_action(*item, place)); }
    } else if (member == "target") {
      for (const auto* item : items_of(value)) { rule.targets.push_back(read_entity(*item, place)); }
    } else if (member == "assignee") {
      for (const auto* item : items_of(value)) { rule.assignees.push_back(read_entity(*item, place)); }
    } else if (member == "assigner") {
      for (const auto* item : items_of(value)) { rule.assigners.push_back(read_entity(*item, place)); }
    } else if (is_party_function(member)) {
      for (const auto* item : items_of(value)) { rule.functions.emplace_back(member, read_entity(*item, place)); }
    } else {
      return false;
    }
    const auto most = std::max({rule.actions.size(), rule.targets.size(), rule.assignees.size(), rule.assigners.size(),
                                rule.functions.size()});
    (void)within(most, kValuesMax, place, "parties, assets or actions of one rule");
    return true;
  }

  static void apply_shared(Rule& rule, const Rule& shared) {
    const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    append(rule.actions, shared.actions);
    append(rule.targets, shared.targets);
    append(rule.assignees, shared.assignees);
    append(rule.assigners, shared.assigners);
    append(rule.functions, shared.functions);
    if (rule.kind == RuleKind::permission) { append(rule.constraints, shared.constraints); }
  }

  /// `ids:contractStart` and `ids:contractEnd`: nothing is permitted outside of them.
  bool read_period(Rule& shared, const std::string& member, const Value& value, const std::string& place) {
    const bool starts = member == "https://w3id.org/idsa/core/contractStart";
    if (!starts && member != "https://w3id.org/idsa/core/contractEnd") { return false; }
    Constraint constraint;
    constraint.uid = "#" + place;
    constraint.left = std::string(kOdrl) + "dateTime";
    constraint.op = starts ? Operator::gteq : Operator::lt;
    read_values(value, place, constraint.right);
    if (constraint.right.size() != 1 || !constraint.right.front().instant) { wrong(place, "a date or time", value); }
    shared.constraints.push_back(std::move(constraint));
    return true;
  }

  // --- rules
  /// `last`: remedies and consequences, which have no consequence of their own (ODRL 2.2, 2.6.3 and 2.6.7).
  void read_rules(const Value& value, const std::string& pointer, RuleKind kind, std::size_t depth,
                  std::vector<Rule>& rules, bool last = false) {
    const auto items = items_of(value);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!within(++rules_, kRulesMax, pointer, "rules") ||
          !within(depth, kDutyDepthMax, pointer, "levels of duties")) {
        return;
      }
      const auto place = value.is(Kind::array) ? json::pointer_add(pointer, std::to_string(i)) : pointer;
      rules.push_back(read_rule(*items[i], place, kind, depth, last));
    }
  }

  Rule read_rule(const Value& value, const std::string& pointer, RuleKind kind, std::size_t depth, bool last) {
    Rule rule;
    rule.kind = kind;
    rule.uid = "#" + pointer;
    if (value.is(Kind::string)) {  // ODRL 2.2 vocabulary, `permission`: an action alone
      rule.actions.push_back(read_action(value, pointer));
      return rule;
    }
    if (!value.is(Kind::object)) {
      wrong(pointer, "a rule: a JSON object with action and target", value);
      return rule;
    }
    const auto members = members_of(value, pointer, true);
    if (is_unresolved(members, value)) {
      unknown(pointer, id_of(value, policy_.names), "rule");
      rule.strange = true;
    }
    for (const auto& one : members) {
      const auto& [member, spelt, content, place, of_node] = one;
      const auto& inside = *content;
      if (member == "uid") {
        rule.uid = text_of(only(inside), place, "an IRI").value_or("");
      } else if (member == "@type") {
        check_rule_type(inside, place, kind);
      } else if (member == "constraint") {
        read_constraints(inside, place, 0, rule.constraints);
      } else if (member == "duty" && kind == RuleKind::permission) {
        read_rules(inside, place, RuleKind::duty, depth + 1, rule.duties);
      } else if (member == "remedy" && kind == RuleKind::prohibition) {
        read_rules(inside, place, RuleKind::duty, depth + 1, rule.remedies, true);
      } else if (member == "consequence" && kind == RuleKind::duty && last) {
        if (!items_of(inside).empty()) {
          wrong(place, "nothing: remedies and consequences have no consequence", inside);
        }
      } else if (member == "consequence" && kind == RuleKind::duty) {
        read_rules(inside, place, RuleKind::duty, depth + 1, rule.consequences, true);
      } else if (member == "duty" || member == "remedy" || member == "consequence") {
        wrong(place, "duty in a permission, remedy in a prohibition, consequence in a duty", inside);
      } else if (read_shared(rule, member, inside, place)) {
      } else if (is_description(member) || (member == "hasPolicy" && kind == RuleKind::duty) ||
                 is_remote_context(one)) {
        continue;
      } else {
        unknown(place, *spelt, "member");
        rule.strange = true;
      }
    }
    return rule;
  }

  /// A name alone, in a document that says of others in places of their own what they are.
  [[nodiscard]] bool is_unresolved(const std::vector<Member>& members, const Value& value) const {
    return members.size() == 1 && members.front().name == "uid" && !nodes_.empty() &&
           !nodes_.has(id_of(value, policy_.names));
  }

  void check_rule_type(const Value& value, const std::string& pointer, RuleKind kind) {
    constexpr std::array<std::string_view, 3> kWords = {"Permission", "Prohibition", "Duty"};
    for (const auto* item : items_of(value)) {
      const auto text = text_of(*item, pointer, "the class of a rule");
      if (!text) { return; }
      const auto iri = policy_.names.term(*text);
      const auto word = odrl_word(iri);
      const auto own = kWords[static_cast<std::size_t>(kind)];
      if (std::find(kWords.begin(), kWords.end(), word) != kWords.end() && word != own) {
        wrong(pointer, std::string(own) + ", as its place says", *item);
      }
    }
  }

  /// A condition that nobody can judge: an action or entity has a member whose meaning is unknown.
  static Constraint strange_constraint(const std::string& pointer, const std::string& member) {
    Constraint constraint;
    constraint.uid = "#" + pointer;
    constraint.left = member;
    constraint.strange = true;
    return constraint;
  }

  // --- actions
  Action read_action(const Value& value, const std::string& pointer) {
    Action action;
    std::string spelt;
    std::vector<Member> members;
    if (!value.is(Kind::object)) {
      const auto text = text_of(value, pointer, "an action");
      if (!text) { return action; }
      spelt = *text;
      action.iri = policy_.names.term(spelt);
      members = nodes_.members_of(action.iri, policy_.names);
      once(members);
    } else {
      members = members_of(value, pointer);
    }
    std::string included;
    std::string named;
    std::vector<std::string> implied;
    for (const auto& one : members) {
      const auto& [member, name, inside, place, of_node] = one;
      const bool is_value = member == "http://www.w3.org/1999/02/22-rdf-syntax-ns#value";
      if (is_value || member == "uid") {
        const auto text = text_of(only(*inside), place, "an action");
        if (!text) { continue; }
        // An object with both is a refined action: its value says which, its id only names the object.
        const auto iri = policy_.names.term(*text);
        if (!named.empty() && named != iri && is_known_action(named) && is_known_action(iri)) {
          wrong(place, "one action and not another one in a second spelling", *inside);
        }
        if (is_value || named.empty()) {
          spelt = *text;
          action.iri = iri;
        }
        named = iri;
      } else if (member == "refinement" || member == "constraint") {
        read_constraints(*inside, place, 0, action.refinements);
      } else if (member == "includedIn") {
        if (const auto text = text_of(only(*inside), place, "an action")) { included = policy_.names.term(*text); }
      } else if (member == "implies") {
        for (const auto* item : items_of(*inside)) {
          if (const auto text = text_of(*item, place, "an action")) { implied.push_back(policy_.names.term(*text)); }
        }
      } else if (!is_description(member) && !is_remote_context(one)) {
        unknown(place, *name, "member");
        action.refinements.push_back(strange_constraint(place, member));
      }
    }
    if (action.iri.empty() || is_blank(action.iri)) {
      wrong(pointer, "an action: a word, or an object with rdf:value or @id", value);
      return action;
    }
    if (!included.empty() && !is_known_action(action.iri) && !of_profiles_.contains(action.iri)) {
      define_action(policy_.actions, action.iri, included, pointer);
    }
    for (const auto& one : implied) { define_action(policy_.implied, action.iri, one, pointer); }
    name_action(action.iri, spelt, pointer);
    return action;
  }

  void define_action(std::vector<std::pair<std::string, std::string>>& pairs, const std::string& action,
                     const std::string& other, const std::string& pointer) {
    const auto known = std::any_of(pairs.begin(), pairs.end(),
                                   [&](const auto& pair) { return pair.first == action && pair.second == other; });
    if (!known &&
        within(pairs.size() + 1, &pairs == &policy_.implied ? kImpliedMax : kRulesMax, pointer, "actions of its own")) {
      pairs.emplace_back(action, other);
    }
  }

  void name_action(const std::string& iri, const std::string& spelt, const std::string& pointer) {
    if (!is_known_action(iri) && !is_defined(iri)) { unknown(pointer, spelt, "action"); }
  }

  // --- parties and assets
  Entity read_entity(const Value& value, const std::string& pointer) {
    Entity entity;
    std::vector<Member> members;
    if (!value.is(Kind::object)) {
      entity.iri = iri_of(value, pointer, "an IRI");
      members = nodes_.members_of(entity.iri, policy_.names);
      once(members);
    } else {
      members = members_of(value, pointer);
    }
    std::vector<std::string> collections;
    std::vector<std::pair<std::string, std::string>> policies;
    for (const auto& one : members) {
      const auto& [member, name, content, place, of_node] = one;
      const auto& inside = *content;
      if (member == "uid") {
        entity.iri = iri_of(only(inside), place, "an IRI");
      } else if (member == "source") {
        const auto items = items_of(inside);
        entity.source = iri_of(items.empty() ? inside : *items.front(), place, "an IRI");
        entity.collection = true;
      } else if (member == "@type") {
        for (const auto* item : items_of(inside)) {
          const auto text = text_of(*item, place, "a class");
          const auto iri = text ? policy_.names.term(*text) : std::string{};
          const auto word = odrl_word(iri);
          entity.collection = entity.collection || word == "AssetCollection" || word == "PartyCollection";
        }
      } else if (member == "refinement" || member == "constraint") {
        read_constraints(inside, place, 0, entity.refinements);
      } else if (member == "partOf") {
        for (const auto* item : items_of(inside)) { collections.push_back(iri_of(*item, place, "an IRI")); }
      } else if (member == "hasPolicy" || member == "assigneeOf" || member == "assignerOf") {
        for (const auto* item : items_of(inside)) {
          const auto& text = bare(*item, policy_.names);
          policies.emplace_back(member,
                                text.is(Kind::string) ? policy_.names.iri(text.text()) : id_of(*item, policy_.names));
        }
      } else if (!is_description(member) && !is_remote_context(one)) {
        unknown(place, *name, "member");
        // What a node of its own says in foreign words describes the thing.
        if (of_node && member.find(':') != std::string::npos) { continue; }
        entity.refinements.push_back(strange_constraint(place, member));
      }
    }
    // Names of blank nodes are those of one document: what a collection without another name is, its source tells.
    if (is_blank(entity.iri) && !entity.source.empty()) { entity.iri.clear(); }
    if (entity.iri.empty() && entity.source.empty()) {
      wrong(pointer, "a party or asset: an IRI, or an object with uid, @id or source", value);
    }
    for (auto& collection : collections) {
      const auto& part = entity.iri.empty() ? entity.source : entity.iri;
      if (!parts_.emplace(part, collection).second) { continue; }
      if (within(policy_.parts.size() + 1, kPartsMax, pointer, "memberships of collections")) {
        policy_.parts.emplace_back(part, std::move(collection));
      }
    }
    for (auto& [member, policy] : policies) {
      if (inferred_.size() < kValuesMax) { inferred_.push_back({member, std::move(policy), entity}); }
    }
    return entity;
  }

  /// `{"ex:collection": "ex:source"}`: sources of collections that the rules only name.
  void read_sources(const Value& value, const std::string& pointer) {
    if (!value.is(Kind::object)) {
      wrong(pointer, "an object: collection and source", value);
      return;
    }
    for (const auto& [collection, source] : value.members()) {
      sources_.insert_or_assign(policy_.names.iri(collection),
                                iri_of(only(source), json::pointer_add(pointer, collection), "an IRI"));
    }
  }

  void apply_sources() {
    const auto apply = [this](std::vector<Entity>& entities) {
      for (auto& entity : entities) {
        if (const auto found = sources_.find(entity.iri); found != sources_.end()) {
          entity.collection = true;
          if (entity.source.empty()) { entity.source = found->second; }
        }
      }
    };
    if (sources_.empty()) { return; }
    for (auto& rule : policy_.rules) {
      apply(rule.targets);
      apply(rule.assignees);
      apply(rule.assigners);
    }
  }

  // --- constraints
  void read_constraints(const Value& value, const std::string& pointer, std::size_t depth,
                        std::vector<Constraint>& constraints) {
    const auto items = items_of(value);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!within(++constraints_, kConstraintsMax, pointer, "constraints") ||
          !within(depth, kConstraintDepthMax, pointer, "levels of logical constraints")) {
        return;
      }
      const auto place = value.is(Kind::array) ? json::pointer_add(pointer, std::to_string(i)) : pointer;
      constraints.push_back(read_constraint(*items[i], place, depth));
    }
  }

  static std::optional<Logic> logic_of(const std::string& member) {
    if (member == "and") { return Logic::all; }
    if (member == "or") { return Logic::any; }
    if (member == "xone") { return Logic::exactly_one; }
    if (member == "andSequence") { return Logic::in_order; }
    return std::nullopt;
  }

  Constraint read_constraint(const Value& value, const std::string& pointer, std::size_t depth) {
    Constraint constraint;
    constraint.uid = "#" + pointer;
    if (!value.is(Kind::object)) {
      wrong(pointer, "a constraint: leftOperand, operator and rightOperand, or one of and, or, xone, andSequence",
            value);
      return constraint;
    }
    std::string unit;
    std::string datatype;
    std::size_t logics = 0;
    bool has_right = false;
    bool has_operator = false;
    std::vector<usage::Value> status;
    for (const auto& one : members_of(value, pointer, true)) {
      const auto& [member, name, content, place, of_node] = one;
      const auto& inside = *content;
      if (const auto logic = logic_of(member)) {
        ++logics;
        constraint.logic = *logic;
        read_constraints(inside, place, depth + 1, constraint.parts);
        if (constraint.parts.empty()) { wrong(place, "at least one constraint", inside); }
      } else if (member == "uid") {
        constraint.uid = text_of(only(inside), place, "an IRI").value_or("");
      } else if (member == "leftOperand") {
        if (const auto text = text_of(only(inside), place, "a left operand")) {
          constraint.left = policy_.names.term(*text);
          if (!type_of(policy_, constraint.left)) { unknown(place, *text, "left operand"); }
          policy_.meters = policy_.meters || odrl_word(constraint.left) == "meteredTime";
        }
      } else if (member == "operator") {
        has_operator = true;
        if (const auto text = text_of(only(inside), place, "an operator")) {
          constraint.op = operator_of(policy_.names.term(*text));
          if (constraint.op == Operator::unknown) { unknown(place, *text, "operator"); }
        }
      } else if (member == "rightOperand") {
        has_right = true;
        read_values(inside, place, constraint.right);
        for (const auto& right : constraint.right) {
          if (!is_blank(right.text)) { continue; }
          unknown(place, right.text, "value");
          constraint.strange = true;
        }
      } else if (member == "rightOperandReference") {
        constraint.reference = iri_of(only(inside), place, "an IRI");
        unknown(place, constraint.reference, "value");
      } else if (member == "unit") {
        unit = iri_of(only(inside), place, "an IRI");
      } else if (member == "http://purl.org/dc/terms/frequency") {
        constraint.frequency = iri_of(only(inside), place, "how often, an IRI");
      } else if (member == "dataType") {
        datatype = iri_of(only(inside), place, "an IRI");
      } else if (member == "status") {
        read_values(inside, place, status);
      } else if (!is_description(member) && !is_remote_context(one)) {
        unknown(place, *name, "member");
        constraint.strange = true;
      }
    }
    // A status must be used in the comparison (ODRL 2.2, 2.5.1).
    const bool counts = odrl_word(constraint.left) == "count" && status.size() == 1 && status.front().decimal &&
                        !status.front().decimal->starts_with('-');
    if (counts) {
      constraint.status = *status.front().decimal;
    } else if (!status.empty()) {
      unknown(pointer, status.front().text, "status");
      constraint.strange = true;
    }
    finish_constraint(
        constraint,
        {.unit = unit, .datatype = datatype, .logics = logics, .has_right = has_right, .has_operator = has_operator},
        value, pointer);
    return constraint;
  }

  struct Rest {
    std::string unit;
    std::string datatype;
    std::size_t logics = 0;
    bool has_right = false;
    bool has_operator = false;
  };

  void finish_constraint(Constraint& constraint, const Rest& rest, const Value& value, const std::string& pointer) {
    const bool atom = !constraint.left.empty() || rest.has_right || !constraint.reference.empty();
    if (rest.logics > 1 || (rest.logics == 1 && atom)) {
      wrong(pointer, "either leftOperand, operator and rightOperand, or one of and, or, xone, andSequence", value);
    } else if (rest.logics == 0) {
      if (constraint.left.empty()) { wrong(pointer, "a leftOperand", value); }
      if (!rest.has_operator) { wrong(pointer, "an operator", value); }
      if (!rest.has_right && constraint.reference.empty()) {
        wrong(pointer, "a rightOperand or a rightOperandReference", value);
      }
      if (rest.has_right && constraint.right.empty()) { wrong(pointer, "at least one value in rightOperand", value); }
    }
    const auto operand = policy_.operands.find(constraint.left);
    if (operand != policy_.operands.end() && constraint.op != Operator::unknown) {
      const auto& allowed = operand->second.operators;
      if (std::find(allowed.begin(), allowed.end(), constraint.op) == allowed.end()) {
        unknown(pointer, std::string(operator_name(constraint.op)), "operator of " + constraint.left);
        constraint.op = Operator::unknown;
      }
    }
    for (auto& one : constraint.right) {
      if (one.unit.empty()) { one.unit = rest.unit; }
      if (is_numeric(rest.datatype) && one.decimal) { one.is_number = true; }
    }
  }

  const Value* value_of(const Value& object, std::string_view member) const {
    for (const auto& [name, value] : object.members()) {
      if (policy_.names.member(name) == member) { return &value; }
    }
    return nullptr;
  }

  static bool is_blank(std::string_view iri) { return iri.starts_with("_:"); }

  static bool is_numeric(std::string_view datatype) {
    constexpr std::array<std::string_view, 9> kTypes = {
        "integer", "decimal", "int", "long", "nonNegativeInteger", "positiveInteger", "double", "float", "short"};
    const auto hash = datatype.find_last_of("#:");
    const auto name = hash == std::string_view::npos ? datatype : datatype.substr(hash + 1);
    return std::find(kTypes.begin(), kTypes.end(), name) != kTypes.end();
  }

  void read_values(const Value& value, const std::string& pointer, std::vector<usage::Value>& values) {
    const auto items = items_of(value);
    if (!within(items.size(), kValuesMax, pointer, "values")) { return; }
    for (const auto* item : items) { read_value(*item, pointer, values); }
  }

  void read_value(const Value& item, const std::string& pointer, std::vector<usage::Value>& values) {
    const auto* typed = item.is(Kind::object) ? item.find("@value") : nullptr;
    const auto& content = typed != nullptr ? *typed : item;
    usage::Value read;
    if (content.is(Kind::number)) {
      read = make_value(content.text(), true);
    } else if (content.is(Kind::boolean)) {
      read = make_value(content.as_bool() ? "true" : "false");
    } else {
      auto text = text_of(item, pointer, "a value: a string, a number, or an object with @value or @id");
      if (!text) { return; }
      std::string type;
      if (const auto* given = item.find("@type"); given != nullptr && given->is(Kind::string)) { type = given->text(); }
      // White space around a typed literal is not a part of it (XML Schema Part 2, whiteSpace collapse).
      if (typed != nullptr && !type.empty() && !type.ends_with("string")) { text = collapsed(*text); }
      read = make_value(*text == "policyUsage" ? std::string(kOdrl) + *text : policy_.names.iri(*text));
      if (!type.empty()) { read.is_number = read.decimal && is_numeric(type); }
    }
    if (item.is(Kind::object)) {
      if (const auto* unit = value_of(item, "unit")) { read.unit = iri_of(only(*unit), pointer, "an IRI"); }
    }
    values.push_back(std::move(read));
  }

  static std::string collapsed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) { return std::string(text); }
    return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
  }

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

}  // namespace

Result<Policy> read_policy(const json::Value& document, const Names& names, const Profiles& profiles) {
  return PolicyReader(names, profiles).read(document);
}

bool is_built_in_profile(std::string_view iri) {
  return iri == "http://www.w3.org/ns/odrl/2/core" || iri == kOdrl || iri == "http://www.w3.org/ns/odrl/2" ||
         iri.starts_with("https://w3id.org/idsa/") || iri == "http://www.w3id.org/idsa/core";
}

std::optional<OperandType> type_of(const Policy& policy, std::string_view operand) {
  const auto own = policy.operands.find(operand);
  return own != policy.operands.end() ? std::optional(own->second.type) : operand_type(operand);
}

}  // namespace keten::usage
