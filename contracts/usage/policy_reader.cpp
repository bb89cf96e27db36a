#include "contracts/usage/policy_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/limits.h"

namespace keten::usage {
namespace {

using json::Kind;
using json::Value;
using Items = std::vector<const Value*>;

std::string shortened(const Value& value) {
  auto text = json::serialize(value);
  if (text.size() > 60) {
    std::size_t end = 57;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) { --end; }
    text = text.substr(0, end) + "...";
  }
  return text;
}

/// One value, or the members of an array, `@list` or `@set`.
Items items_of(const Value& value) {
  const Value* list = &value;
  for (const auto* wrapper : {"@list", "@set"}) {
    if (const auto* inside = list->find(wrapper)) { list = inside; }
  }
  Items items;
  if (!list->is(Kind::array)) { return {list}; }
  for (const auto& item : list->items()) {
    // `"and": [{"@list": [...]}]`, as expanded documents have it.
    if (item.is(Kind::object) && (item.find("@list") != nullptr || item.find("@set") != nullptr)) {
      for (const auto* inner : items_of(item)) { items.push_back(inner); }
    } else {
      items.push_back(&item);
    }
  }
  return items;
}

class PolicyReader {
 public:
  explicit PolicyReader(const Names& names) { policy_.names = names; }

  Result<Policy> read(const Value& document) {
    const Value* root = &document;
    std::string pointer;
    if (root->is(Kind::array) && root->items().size() == 1) {
      root = &root->items().front();
      pointer = "/0";
    }
    if (!root->is(Kind::object)) {
      wrong(pointer, "a policy: a JSON object with uid and permission, prohibition or obligation", *root);
      return failed();
    }
    if (const auto* context = root->find("@context")) {
      if (auto added = policy_.names.add(*context, pointer + "/@context"); !added) { return added.error(); }
    }
    if (const auto* graph = root->find("@graph")) {
      root = policy_of(*graph, pointer);
      if (root == nullptr) { return failed(); }
    }
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

  /// `uid` and `@id` are one member. Of members that say one thing, which of two counts would depend on their order.
  void once(const Value& object, const std::string& pointer) {
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
    std::map<std::string, const Value*, std::less<>> seen;
    for (const auto& [name, value] : object.members()) {
      auto member = policy_.names.member(name);
      // What an identifier, a value or an action is called in other places.
      if (member == "@value" || member == "http://www.w3.org/1999/02/22-rdf-syntax-ns#value") { member = "uid"; }
      if (std::find(kSingle.begin(), kSingle.end(), member) == kSingle.end()) { continue; }
      const auto [place, is_new] = seen.emplace(std::move(member), &value);
      if (is_new || *place->second == value) { continue; }
      wrong(json::pointer_add(pointer, name), "one " + place->first + " and not another one in a second spelling",
            value);
    }
  }

  // --- texts
  /// A string, or an object with @id, uid or @value.
  std::optional<std::string> text_of(const Value& value, const std::string& pointer, std::string_view what) {
    const Value* text = &value;
    if (value.is(Kind::object)) {
      once(value, pointer);
      text = nullptr;
      for (const auto& [name, member] : value.members()) {
        const auto known = policy_.names.member(name);
        if (known == "uid" || known == "@value") { text = &member; }
      }
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
  const Value* policy_of(const Value& graph, std::string& pointer) {
    const Value* found = nullptr;
    pointer += "/@graph";
    const auto base = pointer;
    const auto nodes = items_of(graph);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto& node = *nodes[i];
      if (!node.is(Kind::object)) { continue; }
      const bool rules = std::any_of(node.members().begin(), node.members().end(), [&](const auto& member) {
        const auto name = policy_.names.member(member.first);
        return name == "permission" || name == "prohibition" || name == "obligation";
      });
      if (rules) {
        if (found != nullptr) {
          wrong(base, "one policy", graph);
          return nullptr;
        }
        found = &node;
        pointer = base + "/" + std::to_string(i);
      } else {
        (void)read_entity(node, base + "/" + std::to_string(i));
      }
    }
    if (found == nullptr) { wrong(base, "a policy: a node with permission, prohibition or obligation", graph); }
    return found;
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

  void read_members(const Value& document, const std::string& pointer) {
    once(document, pointer);
    Rule shared;
    std::vector<std::pair<std::string, const Value*>> rules[3];
    bool strange = false;
    for (const auto& [name, value] : document.members()) {
      const auto place = json::pointer_add(pointer, name);
      const auto member = policy_.names.member(name);
      if (member == "@context") { continue; }
      if (member == "uid") {
        policy_.uid = text_of(value, place, "an IRI").value_or("");
      } else if (member == "@type") {
        read_type(value, place);
      } else if (member == "conflict") {
        read_conflict(value, place);
      } else if (member == "profile") {
        for (const auto* item : items_of(value)) {
          policy_.profiles.push_back(iri_of(*item, place, "an IRI"));
          if (is_known_profile(policy_.profiles.back())) { continue; }
          unknown(place, policy_.profiles.back(), "profile");
          strange = true;  // whoever does not know the profile must not judge by the policy (ODRL 2.2, 2.1)
        }
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
    policy_.weight = weight;
    apply_sources();
  }

  static bool is_known_profile(std::string_view iri) {
    return iri == "http://www.w3.org/ns/odrl/2/core" || iri == kOdrl || iri == "http://www.w3.org/ns/odrl/2" ||
           iri.starts_with("https://w3id.org/idsa/") || iri == "http://www.w3id.org/idsa/core";
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
  void read_rules(const Value& value, const std::string& pointer, RuleKind kind, std::size_t depth,
                  std::vector<Rule>& rules) {
    const auto items = items_of(value);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!within(++rules_, kRulesMax, pointer, "rules") ||
          !within(depth, kDutyDepthMax, pointer, "levels of duties")) {
        return;
      }
      const auto place = value.is(Kind::array) ? json::pointer_add(pointer, std::to_string(i)) : pointer;
      rules.push_back(read_rule(*items[i], place, kind, depth));
    }
  }

  Rule read_rule(const Value& value, const std::string& pointer, RuleKind kind, std::size_t depth) {
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
    once(value, pointer);
    for (const auto& [name, inside] : value.members()) {
      const auto place = json::pointer_add(pointer, name);
      const auto member = policy_.names.member(name);
      if (member == "uid") {
        rule.uid = text_of(inside, place, "an IRI").value_or("");
      } else if (member == "@type") {
        check_rule_type(inside, place, kind);
      } else if (member == "constraint") {
        read_constraints(inside, place, 0, rule.constraints);
      } else if (member == "duty" && kind == RuleKind::permission) {
        read_rules(inside, place, RuleKind::duty, depth + 1, rule.duties);
      } else if (member == "remedy" && kind == RuleKind::prohibition) {
        read_rules(inside, place, RuleKind::duty, depth + 1, rule.remedies);
      } else if (member == "consequence" && kind == RuleKind::duty) {
        read_rules(inside, place, RuleKind::duty, depth + 1, rule.consequences);
      } else if (member == "duty" || member == "remedy" || member == "consequence") {
        wrong(place, "duty in a permission, remedy in a prohibition, consequence in a duty", inside);
      } else if (read_shared(rule, member, inside, place)) {
      } else if (is_description(member) || (member == "hasPolicy" && kind == RuleKind::duty)) {
        continue;
      } else {
        unknown(place, name, "member");
        rule.strange = true;
      }
    }
    return rule;
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
    if (!value.is(Kind::object)) {
      if (const auto text = text_of(value, pointer, "an action")) {
        action.iri = policy_.names.term(*text);
        name_action(action.iri, *text, pointer);
      }
      return action;
    }
    once(value, pointer);
    std::string included;
    std::string spelt;
    for (const auto& [name, inside] : value.members()) {
      const auto place = json::pointer_add(pointer, name);
      const auto member = policy_.names.member(name);
      if (member == "uid" || member == "http://www.w3.org/1999/02/22-rdf-syntax-ns#value") {
        const auto items = items_of(inside);
        if (const auto text = text_of(items.empty() ? inside : *items.front(), place, "an action")) {
          spelt = *text;
          action.iri = policy_.names.term(*text);
        }
      } else if (member == "refinement" || member == "constraint") {
        read_constraints(inside, place, 0, action.refinements);
      } else if (member == "includedIn") {
        if (const auto text = text_of(inside, place, "an action")) { included = policy_.names.term(*text); }
      } else if (!is_description(member)) {
        unknown(place, name, "member");
        action.refinements.push_back(strange_constraint(place, member));
      }
    }
    if (action.iri.empty()) {
      wrong(pointer, "an action: a word, or an object with rdf:value or @id", value);
    } else {
      if (!included.empty() && !is_known_action(action.iri)) { define_action(action.iri, included, pointer); }
      name_action(action.iri, spelt, pointer);
    }
    return action;
  }

  void define_action(const std::string& action, const std::string& included, const std::string& pointer) {
    const auto known = std::any_of(policy_.actions.begin(), policy_.actions.end(),
                                   [&](const auto& pair) { return pair.first == action && pair.second == included; });
    if (!known && within(policy_.actions.size() + 1, kRulesMax, pointer, "actions of its own")) {
      policy_.actions.emplace_back(action, included);
    }
  }

  void name_action(const std::string& iri, const std::string& spelt, const std::string& pointer) {
    const auto defined = std::any_of(policy_.actions.begin(), policy_.actions.end(),
                                     [&](const auto& pair) { return pair.first == iri; });
    if (!is_known_action(iri) && !defined) { unknown(pointer, spelt, "action"); }
  }

  // --- parties and assets
  Entity read_entity(const Value& value, const std::string& pointer) {
    Entity entity;
    if (!value.is(Kind::object)) {
      entity.iri = iri_of(value, pointer, "an IRI");
      return entity;
    }
    once(value, pointer);
    std::vector<std::string> collections;
    for (const auto& [name, inside] : value.members()) {
      const auto place = json::pointer_add(pointer, name);
      const auto member = policy_.names.member(name);
      if (member == "uid") {
        entity.iri = iri_of(inside, place, "an IRI");
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
      } else if (!is_description(member) && member != "hasPolicy" && member != "assigneeOf" && member != "assignerOf") {
        unknown(place, name, "member");
        entity.refinements.push_back(strange_constraint(place, member));
      }
    }
    if (entity.iri.empty() && entity.source.empty()) {
      wrong(pointer, "a party or asset: an IRI, or an object with uid, @id or source", value);
    }
    for (auto& collection : collections) {
      if (within(policy_.parts.size() + 1, kPartsMax, pointer, "memberships of collections")) {
        policy_.parts.emplace_back(entity.iri.empty() ? entity.source : entity.iri, std::move(collection));
      }
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
                                iri_of(source, json::pointer_add(pointer, collection), "an IRI"));
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
    once(value, pointer);
    std::string unit;
    std::string datatype;
    std::size_t logics = 0;
    bool has_right = false;
    for (const auto& [name, inside] : value.members()) {
      const auto place = json::pointer_add(pointer, name);
      const auto member = policy_.names.member(name);
      if (const auto logic = logic_of(member)) {
        ++logics;
        constraint.logic = *logic;
        read_constraints(inside, place, depth + 1, constraint.parts);
        if (constraint.parts.empty()) { wrong(place, "at least one constraint", inside); }
      } else if (member == "uid") {
        constraint.uid = text_of(inside, place, "an IRI").value_or("");
      } else if (member == "leftOperand") {
        if (const auto text = text_of(only(inside), place, "a left operand")) {
          constraint.left = policy_.names.term(*text);
          if (!operand_type(constraint.left)) { unknown(place, *text, "left operand"); }
          policy_.meters = policy_.meters || odrl_word(constraint.left) == "meteredTime";
        }
      } else if (member == "operator") {
        if (const auto text = text_of(only(inside), place, "an operator")) {
          constraint.op = operator_of(policy_.names.term(*text));
          if (constraint.op == Operator::unknown) { unknown(place, *text, "operator"); }
        }
      } else if (member == "rightOperand") {
        has_right = true;
        read_values(inside, place, constraint.right);
      } else if (member == "rightOperandReference") {
        constraint.reference = iri_of(only(inside), place, "an IRI");
        unknown(place, constraint.reference, "value");
      } else if (member == "unit") {
        unit = iri_of(only(inside), place, "an IRI");
      } else if (member == "http://purl.org/dc/terms/frequency") {
        constraint.frequency = iri_of(only(inside), place, "how often, an IRI");
      } else if (member == "dataType") {
        datatype = iri_of(only(inside), place, "an IRI");
      } else if (!is_description(member)) {
        unknown(place, name, "member");
        constraint.strange = true;
      }
    }
    finish_constraint(constraint, {.unit = unit, .datatype = datatype, .logics = logics, .has_right = has_right}, value,
                      pointer);
    return constraint;
  }

  struct Rest {
    std::string unit;
    std::string datatype;
    std::size_t logics = 0;
    bool has_right = false;
  };

  void finish_constraint(Constraint& constraint, const Rest& rest, const Value& value, const std::string& pointer) {
    const bool atom = !constraint.left.empty() || rest.has_right || !constraint.reference.empty();
    if (rest.logics > 1 || (rest.logics == 1 && atom)) {
      wrong(pointer, "either leftOperand, operator and rightOperand, or one of and, or, xone, andSequence", value);
    } else if (rest.logics == 0) {
      if (constraint.left.empty()) { wrong(pointer, "a leftOperand", value); }
      if (value_of(value, "operator") == nullptr) { wrong(pointer, "an operator", value); }
      if (!rest.has_right && constraint.reference.empty()) {
        wrong(pointer, "a rightOperand or a rightOperandReference", value);
      }
      if (rest.has_right && constraint.right.empty()) { wrong(pointer, "at least one value in rightOperand", value); }
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

  /// The one member of an array of one.
  static const Value& only(const Value& value) {
    return value.is(Kind::array) && value.items().size() == 1 ? value.items().front() : value;
  }

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
    for (const auto* item : items) {
      if (item->is(Kind::number)) {
        values.push_back(make_value(item->text(), true));
        continue;
      }
      if (item->is(Kind::boolean)) {
        values.push_back(make_value(item->as_bool() ? "true" : "false"));
        continue;
      }
      const auto* typed = item->is(Kind::object) ? item->find("@value") : nullptr;
      if (typed != nullptr && (typed->is(Kind::number) || typed->is(Kind::boolean))) {
        read_values(*typed, pointer, values);
        continue;
      }
      const auto text = text_of(*item, pointer, "a value: a string, a number, or an object with @value or @id");
      if (!text) { continue; }
      auto read = make_value(*text == "policyUsage" ? std::string(kOdrl) + *text : policy_.names.iri(*text));
      if (const auto type = item->is(Kind::object) ? item->find_string("@type") : std::nullopt) {
        read.is_number = read.decimal && is_numeric(*type);
      }
      if (item->is(Kind::object)) {
        if (const auto* unit = value_of(*item, "unit")) { read.unit = iri_of(*unit, pointer, "an IRI"); }
      }
      values.push_back(std::move(read));
    }
  }

  Policy policy_;
  std::map<std::string, std::string, std::less<>> sources_;
  std::vector<Violation> violations_;
  std::optional<Error> too_large_;
  std::size_t rules_ = 0;
  std::size_t constraints_ = 0;
};

}  // namespace

Result<Policy> read_policy(const json::Value& document, const Names& names) {
  return PolicyReader(names).read(document);
}

}  // namespace keten::usage
