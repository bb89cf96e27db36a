#include <algorithm>
#include <array>
#include <utility>

#include "contracts/usage/policy_reading.h"

// Rules, actions, parties and assets of a policy.
namespace keten::usage::reading {

bool PolicyReader::is_description(const std::string& member) {
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

bool PolicyReader::read_shared(Rule& rule, const std::string& member, const Value& value, const std::string& place) {
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
  const auto most = std::max(
      {rule.actions.size(), rule.targets.size(), rule.assignees.size(), rule.assigners.size(), rule.functions.size()});
  (void)within(most, kValuesMax, place, "parties, assets or actions of one rule");
  return true;
}

void PolicyReader::apply_shared(Rule& rule, const Rule& shared) {
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  append(rule.actions, shared.actions);
  append(rule.targets, shared.targets);
  append(rule.assignees, shared.assignees);
  append(rule.assigners, shared.assigners);
  append(rule.functions, shared.functions);
  if (rule.kind == RuleKind::permission) { append(rule.constraints, shared.constraints); }
}

bool PolicyReader::read_period(Rule& shared, const std::string& member, const Value& value, const std::string& place) {
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

void PolicyReader::read_rules(const Value& value, const std::string& pointer, RuleKind kind, std::size_t depth,
                              std::vector<Rule>& rules, bool last) {
  const auto items = items_of(value);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!within(++rules_, kRulesMax, pointer, "rules") || !within(depth, kDutyDepthMax, pointer, "levels of duties")) {
      return;
    }
    const auto place = value.is(Kind::array) ? json::pointer_add(pointer, std::to_string(i)) : pointer;
    rules.push_back(read_rule(*items[i], place, kind, depth, last));
  }
}

Rule PolicyReader::read_rule(const Value& value, const std::string& pointer, RuleKind kind, std::size_t depth,
                             bool last) {
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
      if (!items_of(inside).empty()) { wrong(place, "nothing: remedies and consequences have no consequence", inside); }
    } else if (member == "consequence" && kind == RuleKind::duty) {
      read_rules(inside, place, RuleKind::duty, depth + 1, rule.consequences, true);
    } else if (member == "duty" || member == "remedy" || member == "consequence") {
      wrong(place, "duty in a permission, remedy in a prohibition, consequence in a duty", inside);
    } else if (read_shared(rule, member, inside, place)) {
    } else if (is_description(member) || (member == "hasPolicy" && kind == RuleKind::duty) || is_remote_context(one)) {
      continue;
    } else {
      unknown(place, *spelt, "member");
      rule.strange = true;
    }
  }
  return rule;
}

void PolicyReader::check_rule_type(const Value& value, const std::string& pointer, RuleKind kind) {
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

Constraint PolicyReader::strange_constraint(const std::string& pointer, const std::string& member) {
  Constraint constraint;
  constraint.uid = "#" + pointer;
  constraint.left = member;
  constraint.strange = true;
  return constraint;
}

Action PolicyReader::read_action(const Value& value, const std::string& pointer) {
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

void PolicyReader::name_action(const std::string& iri, const std::string& spelt, const std::string& pointer) {
  if (!is_known_action(iri) && !is_defined(iri)) { unknown(pointer, spelt, "action"); }
}

Entity PolicyReader::read_entity(const Value& value, const std::string& pointer) {
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

void PolicyReader::read_sources(const Value& value, const std::string& pointer) {
  if (!value.is(Kind::object)) {
    wrong(pointer, "an object: collection and source", value);
    return;
  }
  for (const auto& [collection, source] : value.members()) {
    sources_.insert_or_assign(policy_.names.iri(collection),
                              iri_of(only(source), json::pointer_add(pointer, collection), "an IRI"));
  }
}

void PolicyReader::apply_sources() {
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

}  // namespace keten::usage::reading
