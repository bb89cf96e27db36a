#include "contracts/usage/policy_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "contracts/usage/policy_reading.h"
#include "core/limits.h"

namespace keten::usage {
namespace reading {
namespace {

std::string shortened(const Value& value) {
  auto text = json::serialize(value);
  if (text.size() > 60) {
    std::size_t end = 57;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) { --end; }
    text = text.substr(0, end) + "...";
  }
  return text;
}

}  // namespace

Result<Policy> PolicyReader::read(const Value& document) {
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

void PolicyReader::wrong(const std::string& pointer, std::string expected, const Value& found) {
  if (violations_.size() < limits::kViolationsMax) {
    violations_.push_back({pointer, std::move(expected), shortened(found)});
  }
}

void PolicyReader::unknown(const std::string& pointer, std::string term, std::string what) {
  policy_.unknown.push_back({pointer, std::move(term), std::move(what)});
}

Error PolicyReader::failed() {
  const auto count = violations_.size();
  const auto& first = violations_.front();
  auto error = invalid("POLICY_INVALID", std::to_string(count) + (count == 1 ? " place breaks" : " places break") +
                                             " the rules of ODRL 2.2, first at " + first.pointer + ": expected " +
                                             first.expected + ", found " + first.found);
  error.violations = std::move(violations_);
  return error;
}

bool PolicyReader::within(std::size_t count, std::size_t most, const std::string& pointer, std::string_view what) {
  if (count <= most) { return true; }
  if (!too_large_) {
    too_large_ = failure(ErrorKind::too_large, "POLICY_TOO_LARGE",
                         "at " + pointer + ": more than " + std::to_string(most) + " " + std::string(what));
  }
  return false;
}

Status PolicyReader::add_context(const Value& object, const std::string& pointer) {
  const auto* context = object.find("@context");
  return context == nullptr ? Status(kDone) : policy_.names.add(*context, pointer + "/@context");
}

std::vector<Member> PolicyReader::members_of(const Value& object, const std::string& pointer, bool rules) {
  auto members = nodes_.members_of(object, pointer, policy_.names, rules);
  (void)within(nodes_.followed(), kFollowedMax, pointer, "members of nodes that others name");
  once(members);
  return members;
}

bool PolicyReader::is_remote_context(const Member& member) {
  if (member.name != "@context") { return false; }
  const auto items = items_of(*member.value);
  return std::all_of(items.begin(), items.end(), [](const Value* item) { return item->is(Kind::string); });
}

bool PolicyReader::says_the_same(const Member& left, const Member& right) const {
  const auto& one = bare(*left.value, policy_.names);
  const auto& other = bare(*right.value, policy_.names);
  if (one == other) { return true; }
  return left.name == "uid" && one.is(Kind::string) && other.is(Kind::string) &&
         policy_.names.iri(one.text()) == policy_.names.iri(other.text());
}

void PolicyReader::once(const std::vector<Member>& members) {
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

std::optional<std::string> PolicyReader::text_of(const Value& value, const std::string& pointer,
                                                 std::string_view what) {
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

std::string PolicyReader::iri_of(const Value& value, const std::string& pointer, std::string_view what) {
  const auto text = text_of(value, pointer, what);
  return text ? policy_.names.iri(*text) : std::string{};
}

bool PolicyReader::has_member(const Value& node, std::initializer_list<std::string_view> members) const {
  return std::any_of(node.members().begin(), node.members().end(), [&](const auto& member) {
    const auto name = policy_.names.member(member.first);
    return std::find(members.begin(), members.end(), name) != members.end();
  });
}

bool PolicyReader::has_type(const Value& node, std::initializer_list<std::string_view> types) const {
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

const Value* PolicyReader::policy_of(const Value& graph, std::string& pointer) {
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
    found = find([&](const Value& node) { return has_type(node, {"Policy", "Set", "Offer", "Agreement", "Request"}); });
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

bool PolicyReader::read_other_nodes() {
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

void PolicyReader::read_type(const Value& value, const std::string& pointer) {
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

void PolicyReader::read_conflict(const Value& value, const std::string& pointer) {
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

void PolicyReader::read_profiles(const Value& document, const std::string& pointer) {
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

void PolicyReader::take_in(const Profile& profile, const std::string& place, const Value& item) {
  for (const auto& [iri, operand] : profile.operands) {
    if (!policy_.operands.emplace(iri, operand).second) { wrong(place, "one profile that defines " + iri, item); }
  }
  for (const auto& [iri, included] : profile.actions) {
    if (is_defined(iri)) { wrong(place, "one profile that defines " + iri, item); }
    policy_.actions.emplace_back(iri, included);
    of_profiles_.insert(iri);
  }
}

bool PolicyReader::is_defined(std::string_view action) const {
  return std::any_of(policy_.actions.begin(), policy_.actions.end(),
                     [&](const auto& pair) { return pair.first == action; });
}

void PolicyReader::read_members(const Value& document, const std::string& pointer) {
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

void PolicyReader::add_inferred(Rule& shared) {
  const auto uid = policy_.names.iri(policy_.uid);
  for (auto& [member, policy, entity] : inferred_) {
    if (uid.empty() || policy != uid) { continue; }
    auto& into = member == "hasPolicy" ? shared.targets : member == "assigneeOf" ? shared.assignees : shared.assigners;
    const bool known = std::any_of(into.begin(), into.end(), [&, name = &entity](const Entity& one) {
      return one.iri == name->iri && one.source == name->source;
    });
    if (!known) { into.push_back(std::move(entity)); }
  }
}

bool PolicyReader::is_unresolved(const std::vector<Member>& members, const Value& value) const {
  return members.size() == 1 && members.front().name == "uid" && !nodes_.empty() &&
         !nodes_.has(id_of(value, policy_.names));
}

void PolicyReader::define_action(std::vector<std::pair<std::string, std::string>>& pairs, const std::string& action,
                                 const std::string& other, const std::string& pointer) {
  const auto known = std::any_of(pairs.begin(), pairs.end(),
                                 [&](const auto& pair) { return pair.first == action && pair.second == other; });
  if (!known &&
      within(pairs.size() + 1, &pairs == &policy_.implied ? kImpliedMax : kRulesMax, pointer, "actions of its own")) {
    pairs.emplace_back(action, other);
  }
}

}  // namespace reading

Result<Policy> read_policy(const json::Value& document, const Names& names, const Profiles& profiles) {
  return reading::PolicyReader(names, profiles).read(document);
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
