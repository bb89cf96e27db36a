// What must hold of every policy, tried on many that are made by a seeded generator.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "contracts/usage/evaluate.h"
#include "tests/unit/usage/samples.h"

namespace keten::usage {
namespace {

using json::Value;

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}

  std::uint64_t below(std::uint64_t end) {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return state_ % end;
  }
  template <std::size_t N>
  std::string one_of(const char* const (&words)[N]) {
    return words[below(N)];
  }

  Value constraint(std::size_t depth) {
    auto result = Value::object();
    result.set("uid", Value::string("ex:c" + std::to_string(next_++)));
    if (depth < 3 && below(4) == 0) {
      auto parts = Value::array();
      for (auto i = below(3) + 1; i > 0; --i) { parts.push(constraint(depth + 1)); }
      return result.set(one_of({"and", "or", "xone"}), std::move(parts));
    }
    const auto left = one_of({"dateTime", "purpose", "count", "spatial", "ex:mood", "elapsedTime"});
    result.set("leftOperand", Value::string(left));
    result.set("operator",
               Value::string(one_of({"eq", "neq", "lt", "lteq", "gt", "gteq", "isAnyOf", "isNoneOf", "isPartOf"})));
    auto right = Value::array();
    for (auto i = below(2) + 1; i > 0; --i) {
      right.push(Value::string(left == "dateTime" ? one_of({"2024-02-12T12:00:00Z", "2024-02-12", "2025", "2023-06"})
                               : left == "count"  ? one_of({"1", "2", "10"})
                               : left == "elapsedTime" ? one_of({"P1D", "P3M"})
                                                       : one_of({"research", "marketing", "ex:nl", "ex:eu"})));
    }
    return result.set("rightOperand", std::move(right));
  }

  Value rule() {
    auto result = Value::object();
    result.set("uid", Value::string("ex:r" + std::to_string(next_++)));
    result.set("action", Value::string(one_of({"read", "use", "sell", "ex:train"})));
    if (below(2) == 0) { result.set("target", Value::string(one_of({"ex:x", "ex:y", "ex:data"}))); }
    if (below(2) == 0) { result.set("assignee", Value::string(one_of({"ex:alice", "ex:bob", "ex:firm"}))); }
    auto constraints = Value::array();
    for (auto i = below(3); i > 0; --i) { constraints.push(constraint(0)); }
    return result.set("constraint", std::move(constraints));
  }

  Value policy() {
    auto result = Value::object();
    result.set("uid", Value::string("ex:p"));
    for (const auto* kind : {"permission", "prohibition"}) {
      auto rules = Value::array();
      for (auto i = below(3); i > 0; --i) { rules.push(rule()); }
      result.set(kind, std::move(rules));
    }
    if (below(2) == 0) { result.set("conflict", Value::string(one_of({"perm", "prohibit", "invalid"}))); }
    return result;
  }

 private:
  std::uint64_t state_;
  std::uint64_t next_ = 0;
};

World state_of_things() {
  return sample::world(
      R"({"now":"2024-02-12T12:00:00Z","partOf":[["ex:alice","ex:firm"],["ex:x","ex:data"],["ex:nl","ex:eu"]],
    "uses":{"count":1,"firstUse":"2024-02-01"},"claims":{"":{"spatial":"ex:nl"}}})");
}
Policy wish() { return sample::request(sample::constraint("purpose", "eq", R"("research")")); }

Policy read(const Value& document) {
  auto result = read_policy(document);
  BOOST_REQUIRE(result);
  return std::move(*result);
}

/// Reports without the order of rules and premises.
std::vector<std::string> reports_of(const Report& report) {
  std::vector<std::string> result;
  for (const auto& rule : report.rules) {
    auto document = report_json(rule);
    std::vector<std::string> premises;
    for (const auto& premise : document.find("premises")->items()) { premises.push_back(json::canonical(premise)); }
    std::sort(premises.begin(), premises.end());
    document.remove("premises");
    auto text = json::canonical(document);
    for (const auto& premise : premises) { text += premise; }
    result.push_back(std::move(text));
  }
  std::sort(result.begin(), result.end());
  return result;
}

/// The same document with every array of rules, constraints and values, and every object's members, turned around.
Value turned(const Value& value) {
  if (value.is(json::Kind::array)) {
    auto result = Value::array();
    for (auto item = value.items().rbegin(); item != value.items().rend(); ++item) { result.push(turned(*item)); }
    return result;
  }
  if (value.is(json::Kind::object)) {
    auto result = Value::object();
    for (auto member = value.members().rbegin(); member != value.members().rend(); ++member) {
      result.set(member->first, turned(member->second));
    }
    return result;
  }
  return value;
}

/// The same document with another spelling of ODRL's words.
Value respelt(const Value& value, std::string_view prefix) {
  if (value.is(json::Kind::array)) {
    auto result = Value::array();
    for (const auto& item : value.items()) { result.push(respelt(item, prefix)); }
    return result;
  }
  if (!value.is(json::Kind::object)) { return value; }
  auto result = Value::object();
  for (const auto& [name, member] : value.members()) {
    const bool word = (name == "action" || name == "leftOperand" || name == "operator" || name == "conflict") &&
                      member.text().find(':') == std::string::npos;
    const auto full = name == "uid" ? name : std::string(prefix) + name;
    result.set(full, word ? Value::string(std::string(prefix) + member.text()) : respelt(member, prefix));
  }
  return result;
}

int rank(Decision decision) { return decision == Decision::permitted ? 1 : 0; }

constexpr std::uint64_t kPolicies = 1500;

BOOST_AUTO_TEST_SUITE(properties)

BOOST_AUTO_TEST_CASE(the_generator_reaches_every_decision) {
  std::size_t count[3] = {};
  for (std::uint64_t seed = 0; seed < kPolicies; ++seed) {
    ++count[static_cast<std::size_t>(evaluate(read(Generator(seed).policy()), wish(), state_of_things()).decision)];
  }
  for (const auto one : count) { BOOST_TEST(one > 10U); }
}

BOOST_AUTO_TEST_CASE(the_order_of_rules_constraints_and_members_does_not_matter) {
  for (std::uint64_t seed = 0; seed < kPolicies; ++seed) {
    const auto document = Generator(seed).policy();
    const auto first = evaluate(read(document), wish(), state_of_things());
    const auto second = evaluate(read(turned(document)), wish(), state_of_things());
    BOOST_CHECK(first.decision == second.decision);
    BOOST_TEST(reports_of(first) == reports_of(second), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(the_spelling_of_words_does_not_matter) {
  for (std::uint64_t seed = 0; seed < kPolicies; ++seed) {
    const auto document = Generator(seed).policy();
    const auto first = reports_of(evaluate(read(document), wish(), state_of_things()));
    for (const auto* prefix : {"odrl:", "http://www.w3.org/ns/odrl/2/"}) {
      BOOST_TEST(first == reports_of(evaluate(read(respelt(document, prefix)), wish(), state_of_things())),
                 "seed " << seed);
    }
  }
}

BOOST_AUTO_TEST_CASE(one_more_unknown_never_grants_anything) {
  const auto unknown = sample::parsed(R"({"leftOperand":"ex:never","operator":"eq","rightOperand":"x"})");
  for (std::uint64_t seed = 0; seed < kPolicies; ++seed) {
    const auto document = Generator(seed).policy();
    const auto before = rank(evaluate(read(document), wish(), state_of_things()).decision);
    // Into each permission; and a prohibition that nobody can judge.
    auto changed = document;
    auto permissions = Value::array();
    for (auto rule : document.find("permission")->items()) {
      auto constraints = *rule.find("constraint");
      constraints.push(unknown);
      permissions.push(rule.set("constraint", std::move(constraints)));
    }
    changed.set("permission", std::move(permissions));
    BOOST_TEST(rank(evaluate(read(changed), wish(), state_of_things()).decision) == 0, "seed " << seed);
    auto more = document;
    auto prohibitions = *document.find("prohibition");
    prohibitions.push(sample::parsed(
        R"({"action":"use","constraint":[{"leftOperand":"ex:never","operator":"eq","rightOperand":"x"}]})"));
    more.set("prohibition", std::move(prohibitions));
    BOOST_TEST(rank(evaluate(read(more), wish(), state_of_things()).decision) <= before, "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(one_more_condition_never_grants_and_one_more_permission_never_takes) {
  for (std::uint64_t seed = 0; seed < kPolicies; ++seed) {
    Generator generator(seed);
    const auto document = generator.policy();
    const auto before = evaluate(read(document), wish(), state_of_things());
    auto narrower = document;
    auto permissions = Value::array();
    for (auto rule : document.find("permission")->items()) {
      auto constraints = *rule.find("constraint");
      constraints.push(generator.constraint(0));
      permissions.push(rule.set("constraint", std::move(constraints)));
    }
    narrower.set("permission", std::move(permissions));
    const auto after = evaluate(read(narrower), wish(), state_of_things());
    BOOST_REQUIRE(after.rules.size() == before.rules.size());
    for (std::size_t i = 0; i < after.rules.size(); ++i) {
      BOOST_TEST((!after.rules[i].active || before.rules[i].active), "seed " << seed);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_rule_is_active_exactly_when_all_its_premises_are_satisfied) {
  for (std::uint64_t seed = 0; seed < kPolicies; ++seed) {
    // Parts of logical constraints are reported too; rules with plain constraints show it.
    const auto document = Generator(seed).policy();
    if (json::serialize(document).find("[{\"uid\":\"ex:c") == std::string::npos) { continue; }
    const auto read_one = read(document);
    const auto report = evaluate(read_one, wish(), state_of_things());
    for (const auto& rule : report.rules) {
      const auto source = std::find_if(read_one.rules.begin(), read_one.rules.end(),
                                       [&](const Rule& one) { return one.uid == rule.rule; });
      std::vector<std::string> top;
      for (const auto& constraint : source->constraints) { top.push_back(constraint.uid); }
      bool all = true;
      for (const auto& premise : rule.premises) {
        const bool counts = premise.kind != PremiseKind::constraint ||
                            std::find(top.begin(), top.end(), premise.constraint) != top.end();
        all = all && (!counts || premise.satisfied);
      }
      BOOST_TEST(rule.active == all, "seed " << seed);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
