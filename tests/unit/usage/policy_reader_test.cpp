#include "contracts/usage/policy_reader.h"

#include <string>
#include <vector>

#include "contracts/usage/classes.h"
#include "tests/unit/usage/samples.h"

namespace keten::usage {
namespace {

using namespace sample;

BOOST_AUTO_TEST_SUITE(policy_reader)

BOOST_AUTO_TEST_CASE(a_word_means_the_same_bare_as_a_curie_and_as_an_iri) {
  for (const auto* word : {"read", "odrl:read", "http://www.w3.org/ns/odrl/2/read"}) {
    for (const auto* member : {"permission", "odrl:permission", "http://www.w3.org/ns/odrl/2/permission"}) {
      const auto read =
          policy(std::string(R"({"uid":"ex:p",")") + member + R"(":[{"target":"ex:x","action":")" + word + "\"}]}");
      BOOST_REQUIRE(read.rules.size() == 1U);
      BOOST_TEST(read.rules[0].actions.at(0).iri == "http://www.w3.org/ns/odrl/2/read");
      BOOST_TEST(read.unknown.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_value_may_stand_alone_or_in_an_array_or_expanded) {
  const std::vector<std::string> forms = {
      R"({"uid":"ex:p","permission":{"target":"ex:x","action":"read","assignee":"ex:a"}})",
      R"({"@id":"ex:p","permission":[{"target":["ex:x"],"action":["read"],"assignee":[{"@id":"ex:a"}]}]})",
      R"([{"@id":"ex:p","odrl:permission":[{"odrl:target":[{"@id":"ex:x"}],"odrl:action":[{"@id":"odrl:read"}],
           "odrl:assignee":[{"@id":"ex:a"}]}]}])",
      R"({"@context":["http://www.w3.org/ns/odrl.jsonld",{"o":"http://www.w3.org/ns/odrl/2/"}],"uid":"ex:p",
          "o:permission":{"o:target":{"uid":"ex:x"},"action":{"rdf:value":{"@id":"o:read"}},"assignee":"ex:a"}})",
      R"({"@graph":[{"@id":"ex:p","permission":{"target":"ex:x","action":"read","assignee":"ex:a"}}]})",
      R"({"uid":"ex:p","target":"ex:x","assignee":"ex:a","action":"read","permission":[{}]})"};
  for (const auto& form : forms) {
    const auto read = policy(form);
    BOOST_REQUIRE_MESSAGE(read.rules.size() == 1U, form);
    const auto& rule = read.rules[0];
    BOOST_TEST(read.uid == "ex:p", form);
    BOOST_TEST(rule.targets.at(0).iri == "ex:x", form);
    BOOST_TEST(rule.assignees.at(0).iri == "ex:a", form);
    BOOST_TEST(rule.actions.at(0).iri == std::string(kOdrl) + "read", form);
    BOOST_TEST(read.unknown.empty(), form);
  }
}

BOOST_AUTO_TEST_CASE(prefixes_of_the_context_are_used_and_words_of_odrl_keep_their_meaning) {
  const auto read = policy(R"({"@context":{"shop":"http://shop.example/"},"uid":"shop:p",
    "permission":[{"target":"shop:x","action":"read"}]})");
  BOOST_TEST(read.rules[0].targets[0].iri == "http://shop.example/x");
  const auto error =
      refused(R"({"@context":{"prohibition":"http://shop.example/note"},"uid":"ex:p","prohibition":[]})");
  BOOST_TEST(error.reason == "POLICY_CONTEXT");
  BOOST_TEST(error.violations.at(0).pointer == "/@context/prohibition");
}

BOOST_AUTO_TEST_CASE(no_context_makes_one_word_of_odrl_another) {
  const auto with = [](const std::string& context) {
    return R"({"@context":)" + context + R"(,"uid":"ex:p","permission":[{"target":"ex:x","action":"read"}]})";
  };
  for (const auto* context : {R"({"lteq":"odrl:gteq"})",
                              R"({"read":"odrl:distribute"})",
                              R"({"uid":"dct:identifier"})",
                              R"({"unit":"schema:unit"})",
                              R"({"odrl":"http://schema.org/"})",
                              R"({"perm":"odrl:prohibit"})",
                              R"({"informedParty":"dct:contributor"})",
                              R"({"count":{"@id":"odrl:payAmount"}})",
                              R"({"language":"dct:language"})",
                              R"({"Agreement":"odrl:Set"})",
                              R"({"policyUsage":"ex:never"})",
                              R"({"target":null})",
                              R"({"type":"odrl:action"})",
                              R"({"id":"odrl:target"})",
                              R"({"schema":"odrl:"})",
                              R"({"vcard":"http://example.org/"})",
                              R"({"odrl:read":"odrl:distribute"})",
                              R"({"http://www.w3.org/ns/odrl/2/read":"odrl:distribute"})",
                              R"({"purpose":{"@reverse":"odrl:action"}})",
                              R"({"shop":{"@id":"http://shop.example/","@context":{"read":"odrl:distribute"}}})"}) {
    BOOST_TEST(refused(with(context)).reason == "POLICY_CONTEXT", context);
  }
  for (const auto* context :
       {R"({"read":"odrl:read","uid":{"@id":"@id"},"odrl":"http://www.w3.org/ns/odrl/2/"})",
        R"({"language":{"@id":"odrl:language","@type":"@id"}})", R"({"write":"odrl:modify"})",
        R"({"dc":"http://purl.org/dc/elements/1.1/","schema":"https://schema.org/"})",
        R"({"type":"@type","id":"@id","target":{"@type":"@id"},"odrl:action":{"@type":"@vocab"}})"}) {
    BOOST_TEST(policy(with(context)).unknown.empty(), context);
  }
}

/// Stored in canonical form the members stand in another order: which spelling counted would depend on it.
BOOST_AUTO_TEST_CASE(a_member_with_two_spellings_is_refused) {
  const auto place = [](const std::string& rule) {
    const auto error = refused(R"({"uid":"ex:p","permission":[{"target":"ex:x","action":"read",)" + rule + "}]}");
    BOOST_TEST(error.reason == "POLICY_INVALID");
    return error.violations.at(0).pointer;
  };
  BOOST_TEST(place(R"("uid":"ex:a","@id":"ex:b")") == "/permission/0/@id");
  BOOST_TEST(place(R"("constraint":[{"leftOperand":{"uid":7,"@id":"count"},"operator":"lteq","rightOperand":1}])") ==
             "/permission/0/constraint/0/leftOperand/@id");
  BOOST_TEST(
      place(R"("constraint":[{"leftOperand":"count","operator":"lteq","odrl:operator":"gteq","rightOperand":1}])") ==
      "/permission/0/constraint/0/odrl:operator");
  BOOST_TEST(place(R"("duty":[{"action":{"rdf:value":"delete","@id":"odrl:inform"}}])") ==
             "/permission/0/duty/0/action/@id");
  BOOST_TEST(policy(R"({"uid":"ex:p","@id":"ex:p","permission":[{"target":"ex:x","action":"read"}]})").uid == "ex:p");
}

/// 16 KiB must not become gigabytes.
BOOST_AUTO_TEST_CASE(what_rules_have_in_common_is_not_copied_without_bound) {
  const auto list = [](const std::string& item, std::size_t count) {
    std::string items;
    for (std::size_t i = 0; i < count; ++i) { items += (i == 0 ? "" : ",") + item; }
    return "[" + items + "]";
  };
  const auto text = [&](std::size_t rules, std::size_t targets) {
    return R"({"uid":"ex:p","permission":)" + list(R"("use")", rules) + R"(,"target":)" + list(R"("a")", targets) + "}";
  };
  BOOST_TEST(refused(text(512, 1024)).reason == "POLICY_TOO_LARGE");
  BOOST_TEST(refused(text(256, 256)).reason == "POLICY_TOO_LARGE");
  BOOST_TEST(policy(text(255, 254)).weight <= kWeightMax);
}

BOOST_AUTO_TEST_CASE(conditions_in_places_that_nobody_reads_are_unknown) {
  const auto read = policy(
      R"({"uid":"ex:p","permission":[{"target":"ex:x","action":"use","@nest":{"constraint":[]},"@context":{"use":"ex:u"}}]})");
  BOOST_TEST(read.unknown.size() == 2U);
  BOOST_TEST(read.rules.at(0).strange);
}

BOOST_AUTO_TEST_CASE(the_period_of_an_ids_contract_bounds_its_permissions) {
  const auto text = [](const std::string& end) {
    return R"({"@type":"ids:ContractAgreement","uid":"ex:p","ids:contractStart":{"@value":"2024-01-01T00:00:00Z"},)"
           R"("ids:contractEnd":")" +
           end + R"(","permission":[{"uid":"ex:r","target":"ex:x","action":"read"}]})";
  };
  BOOST_TEST(sample::is_active(text("2024-06-30"), sample::world()));
  BOOST_TEST(!sample::is_active(text("2024-01-31"), sample::world()));
  BOOST_TEST(refused(text("soon")).reason == "POLICY_INVALID");
}

BOOST_AUTO_TEST_CASE(deprecated_actions_are_the_ones_that_replace_them) {
  const auto read = policy(R"({"uid":"ex:p","permission":[{"target":"ex:x","action":["write","copy","pay"]}]})");
  BOOST_TEST(odrl_word(read.rules[0].actions[0].iri) == "modify");
  BOOST_TEST(odrl_word(read.rules[0].actions[1].iri) == "reproduce");
  BOOST_TEST(odrl_word(read.rules[0].actions[2].iri) == "compensate");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_by_its_place) {
  const auto place = [](std::string_view text) {
    const auto error = refused(text);
    BOOST_TEST(error.reason == "POLICY_INVALID");
    BOOST_REQUIRE(!error.violations.empty());
    return error.violations.front().pointer;
  };
  BOOST_TEST(place("7") == "");
  BOOST_TEST(place(R"({"permission":[7]})") == "/permission/0");
  BOOST_TEST(place(R"({"permission":[{"action":7}]})") == "/permission/0/action");
  BOOST_TEST(place(R"({"permission":[{"action":{"refinement":[]}}]})") == "/permission/0/action");
  BOOST_TEST(place(R"({"permission":[{"constraint":[{"leftOperand":"count"}]}]})") == "/permission/0/constraint/0");
  BOOST_TEST(place(R"({"permission":[{"constraint":[{"leftOperand":"count","operator":"eq","rightOperand":[]}]}]})") ==
             "/permission/0/constraint/0");
  BOOST_TEST(place(R"({"permission":[{"constraint":{"and":[]}}]})") == "/permission/0/constraint/and");
  BOOST_TEST(place(R"({"permission":[{"constraint":{"and":[{"or":[]}],"leftOperand":"count"}}]})") ==
             "/permission/0/constraint/and/0/or");
  BOOST_TEST(place(R"({"prohibition":[{"duty":[]}]})") == "/prohibition/0/duty");
  BOOST_TEST(place(R"({"permission":[{"remedy":[]}]})") == "/permission/0/remedy");
  BOOST_TEST(place(R"({"permission":[{"target":{"@type":"AssetCollection"}}]})") == "/permission/0/target");
  BOOST_TEST(place(R"({"permission":[{"@type":"Prohibition"}]})") == "/permission/0/@type");
  BOOST_TEST(place(R"({"conflict":7})") == "/conflict");
}

BOOST_AUTO_TEST_CASE(everything_has_a_limit) {
  const auto many = [](const std::string& one, std::size_t count) {
    std::string text = one;
    for (std::size_t i = 1; i < count; ++i) { text += "," + one; }
    return text;
  };
  const std::string atom = R"({"leftOperand":"count","operator":"lt","rightOperand":1})";
  const auto rules = [&](std::size_t count) { return R"({"uid":"ex:p","permission":[)" + many("{}", count) + "]}"; };
  BOOST_TEST(policy(rules(kRulesMax)).rules.size() == kRulesMax);
  BOOST_TEST(refused(rules(kRulesMax + 1)).reason == "POLICY_TOO_LARGE");
  const auto constraints = [&](std::size_t count) {
    return R"({"uid":"ex:p","permission":[{"constraint":[)" + many(atom, count) + "]}]}";
  };
  BOOST_TEST(policy(constraints(kConstraintsMax)).rules[0].constraints.size() == kConstraintsMax);
  BOOST_TEST(refused(constraints(kConstraintsMax + 1)).reason == "POLICY_TOO_LARGE");
  const auto deep = [&](std::size_t depth) {
    std::string text = atom;
    for (std::size_t i = 0; i < depth; ++i) { text = R"({"and":[)" + text + "]}"; }
    return R"({"uid":"ex:p","permission":[{"constraint":[)" + text + "]}]}";
  };
  BOOST_TEST(policy(deep(kConstraintDepthMax)).rules.size() == 1U);
  BOOST_TEST(refused(deep(kConstraintDepthMax + 1)).reason == "POLICY_TOO_LARGE");
  const auto values = [&](std::size_t count) {
    return R"({"uid":"ex:p","permission":[{"constraint":{"leftOperand":"purpose","operator":"isAnyOf","rightOperand":[)" +
           many("\"a\"", count) + "]}}]}";
  };
  BOOST_TEST(policy(values(kValuesMax)).rules.size() == 1U);
  BOOST_TEST(refused(values(kValuesMax + 1)).reason == "POLICY_TOO_LARGE");
}

BOOST_AUTO_TEST_CASE(a_collection_is_not_a_part_of_itself) {
  const auto error = refused(R"({"uid":"ex:p","permission":[{"action":"read","target":[
    {"uid":"ex:a","partOf":"ex:b"},{"uid":"ex:b","partOf":"ex:c"},{"uid":"ex:c","partOf":"ex:a"}]}]})");
  BOOST_TEST(error.reason == "COLLECTION_CYCLE");
  BOOST_TEST(!has_cycle({{"a", "b"}, {"a", "c"}, {"b", "d"}, {"c", "d"}}));
  BOOST_TEST(has_cycle({{"a", "a"}}));
}

BOOST_AUTO_TEST_CASE(rules_are_inherited_once_and_never_in_a_circle) {
  std::map<std::string, Policy, std::less<>> known;
  const auto add = [&](const std::string& uid, const std::string& parents, const std::string& more = "") {
    known[uid] = policy(R"({"uid":")" + uid + R"(","inheritFrom":[)" + parents + R"(],"permission":[{"uid":"ex:rule-)" +
                        uid.substr(3) + R"(","action":"read","target":"ex:x"}])" + more + "}");
    return known[uid];
  };
  add("ex:top", "");
  add("ex:left", R"("ex:top")");
  add("ex:right", R"("ex:top")");
  const auto both_ways = with_inherited(add("ex:child", R"("ex:left","ex:right")"), known);
  BOOST_REQUIRE(both_ways);
  BOOST_TEST(both_ways->rules.size() == 4U);
  BOOST_TEST(with_inherited(add("ex:orphan", R"("ex:nobody")"), known).error().reason == "POLICY_INHERITANCE");
  add("ex:one", R"("ex:two")");
  add("ex:two", R"("ex:one")");
  BOOST_TEST(with_inherited(known["ex:one"], known).error().reason == "POLICY_INHERITANCE");
  add("ex:perm", "", R"(,"conflict":"perm")");
  BOOST_CHECK(with_inherited(add("ex:heir", R"("ex:perm")"), known)->conflict == Conflict::permission);
  BOOST_CHECK(with_inherited(add("ex:other", R"("ex:perm")", R"(,"conflict":"prohibit")"), known)->conflict ==
              Conflict::invalid);
}

BOOST_AUTO_TEST_CASE(what_is_unknown_is_listed_and_keeps_a_policy_from_being_signed) {
  const auto read =
      policy(R"({"uid":"ex:p","profile":"ex:profile","dc:title":"fine","permission":[{"uid":"ex:r","target":"ex:x",
    "action":"ex:train","constraints":[],"constraint":[{"leftOperand":"ex:mood","operator":"ex:like","rightOperand":"x"}]}]})");
  std::vector<std::string> pointers;
  for (const auto& violation : strict_violations(read)) { pointers.push_back(violation.pointer); }
  const std::vector<std::string> expected = {"/profile", "/permission/0/action", "/permission/0/constraints",
                                             "/permission/0/constraint/0/leftOperand",
                                             "/permission/0/constraint/0/operator"};
  BOOST_TEST(pointers == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_agreement_names_both_sides_and_its_values_fit) {
  const auto places = [](const std::string& text) {
    std::string result;
    for (const auto& violation : strict_violations(policy(text))) { result += violation.expected + ";"; }
    return result;
  };
  const std::string rule = R"("uid":"ex:r","action":"read","target":"ex:x")";
  BOOST_TEST(places(R"({"uid":"ex:p","permission":[{)" + rule + "}]}") == "");
  BOOST_TEST(places(R"({"@type":"Agreement","uid":"ex:p","permission":[{)" + rule + "}]}") ==
             "an assigner: who grants this;an assignee: to whom this is granted;");
  BOOST_TEST(places(R"({"@type":"Offer","uid":"ex:p","permission":[{"assigner":"ex:a",)" + rule + "}]}") == "");
  BOOST_TEST(places(R"({"uid":"ex:p"})") == "at least one permission, prohibition or obligation;");
  BOOST_TEST(places(R"({"permission":[{)" + rule + "}]}") == "a uid;");
  BOOST_TEST(places(R"({"uid":"ex:p","permission":[{"uid":"ex:r"}]})") == "an action;a target;");
  BOOST_TEST(places(R"({"uid":"ex:p","permission":[{)" + rule + "}],\"prohibition\":[{" + rule + "}]}") ==
             "a uid of its own for each rule;");
  const auto with = [&](const std::string& left, const std::string& right) {
    return places(R"({"uid":"ex:p","permission":[{)" + rule + "," + constraint(left, "lteq", right) + "}]}");
  };
  BOOST_TEST(with("count", "-1") == "a number that is not negative for count;");
  BOOST_TEST(with("count", "\"many\"") == "a decimal number for count;");
  BOOST_TEST(with("dateTime", "\"soon\"") == "a date or time for dateTime;");
  BOOST_TEST(with("elapsedTime", "\"3 months\"") == "a duration such as P3M or PT12H for elapsedTime;");
  BOOST_TEST(with("elapsedTime", "\"P3M\"") == "");
}

BOOST_AUTO_TEST_CASE(the_ids_classes_are_recognised) {
  const auto numbers = [](const std::string& members) {
    std::vector<int> result;
    for (const auto& finding : classes_of(policy(permission(members)))) {
      result.push_back(finding.policy_class.number);
    }
    return result;
  };
  const auto has = [&](const std::string& members, const std::vector<int>& expected) {
    BOOST_TEST(numbers(members) == expected, members);
  };
  const auto when = [](const std::string& left) { return constraint(left, "eq", R"("x")"); };
  const auto duty = [](const std::string& action, bool first = false, const std::string& refinement = "") {
    return R"("duty":[{"action":[{"rdf:value":{"@id":")" + action + "\"}" +
           (refinement.empty() ? "" : R"(,"refinement":[)" + refinement + "]") + "}]" +
           (first
                ? R"(,"constraint":[{"leftOperand":"event","operator":"lt","rightOperand":{"@id":"odrl:policyUsage"}}])"
                : "") +
           "}]";
  };
  const auto asset = [](const std::string& left) {
    return R"("odrl:target":{"source":"ex:s","refinement":[{"leftOperand":")" + left +
           R"(","operator":"isAllOf","rightOperand":["x"]}]})";
  };
  const std::string pay = R"({"leftOperand":"payAmount","operator":"eq","rightOperand":500,"unit":"ex:EUR")";
  has(R"("assignee":"ex:a")", {1});
  has(when("idsc:CONNECTOR"), {2});
  has(when("idsc:APPLICATION"), {3});
  has(when("idsc:ROLE"), {4});
  has(R"("assignee":{"@type":"PartyCollection","source":"ex:g",
         "refinement":{"leftOperand":"vcard:hasRole","operator":"isPartOf","rightOperand":["x"]}})",
      {4});
  has(when("spatial"), {5});
  has(when("purpose"), {6});
  has(when("event"), {7});
  has(when("idsc:SECURITY_LEVEL"), {8});
  has(when("dateTime"), {9});
  has(when("elapsedTime"), {10});
  has(when("count"), {11});
  has(duty("delete"), {12});
  has(duty("idsc:REPLACE", true), {13});
  has(duty("anonymize"), {14});
  has(duty("idsc:log"), {15});
  has(duty("inform"), {16});
  has(duty("nextPolicy"), {17});
  has(asset("ids:artifact_state"), {18});
  has(duty("odrl:compensate", true, pay + "}"), {19});
  has(duty("odrl:compensate", true, pay + R"(,"dc:frequency":{"@id":"freq:annual"}})"), {20});
  has(when("idsc:state"), {21});
  has(R"("assignee":{"source":"ex:g","refinement":{"leftOperand":"vcard:hasGeo","operator":"eq","rightOperand":"x"}})",
      {22});
  has(duty("odrl:obtainConsent", true), {23});
  has(asset("skos:concept"), {24});
  has(duty("idsc:MPC", true), {25});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
