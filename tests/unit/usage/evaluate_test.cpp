#include "contracts/usage/evaluate.h"

#include <algorithm>
#include <string>
#include <vector>

#include "contracts/usage/cases.h"
#include "tests/unit/usage/samples.h"

namespace keten::usage {
namespace {

using namespace sample;

BOOST_AUTO_TEST_SUITE(evaluate_policy)

/// A world at noon of 12 February 2024 with more in it.
World with(const std::string& more) { return world(R"({"now":"2024-02-12T12:00:00Z",)" + more + "}"); }

BOOST_AUTO_TEST_CASE(an_action_covers_what_is_included_in_it) {
  const auto permits = [](const std::string& ruled, const std::string& asked) {
    return is_active(R"({"uid":"ex:p","permission":[{"action":")" + ruled + R"(","target":"ex:x"}]})", world(),
                     request("", asked));
  };
  BOOST_TEST(permits("use", "use"));
  BOOST_TEST(permits("use", "read"));
  BOOST_TEST(permits("use", "write"));
  BOOST_TEST(permits("use", "extract"));
  BOOST_TEST(permits("reproduce", "extract"));
  BOOST_TEST(permits("play", "display"));
  BOOST_TEST(!permits("present", "display"));
  BOOST_TEST(permits("transfer", "sell"));
  BOOST_TEST(permits("use", "cc:Reproduction"));
  BOOST_TEST(!permits("read", "use"));
  BOOST_TEST(!permits("use", "transfer"));
  BOOST_TEST(!permits("use", "sell"));
  BOOST_TEST(!permits("transfer", "read"));
  BOOST_TEST(!permits("extract", "reproduce"));
  BOOST_TEST(!permits("use", "ex:train"));
  BOOST_TEST(!permits("ex:train", "read"));
  BOOST_TEST(permits("ex:train", "ex:train"));
}

BOOST_AUTO_TEST_CASE(a_policy_may_say_what_its_own_action_is_included_in) {
  const std::string text =
      R"({"uid":"ex:p","permission":[{"target":"ex:x","action":"derive"}],
          "prohibition":[{"target":"ex:y","action":{"@id":"ex:train","includedIn":"derive"}}]})";
  BOOST_CHECK(decided(text, world(), request("", "ex:train")) == Decision::permitted);
}

BOOST_AUTO_TEST_CASE(members_of_a_collection_are_covered_however_deep) {
  const auto state = with(R"("partOf":[["ex:alice","ex:team"],["ex:team","ex:firm"],["ex:x","ex:data"]])");
  const auto permits = [&](const std::string& members) {
    return is_active(R"({"uid":"ex:p","permission":[{"action":"read",)" + members + "}]}", state);
  };
  BOOST_TEST(permits(R"("assignee":"ex:firm","target":"ex:data")"));
  BOOST_TEST(permits(
      R"("assignee":{"@type":"PartyCollection","source":"ex:firm"},"target":{"@type":"AssetCollection","source":"ex:data"})"));
  BOOST_TEST(!permits(R"("assignee":"ex:other")"));
  BOOST_TEST(!permits(R"("target":"ex:y")"));
  BOOST_TEST(permits(R"("assignee":["ex:other","ex:team"])"));
  // What the document says itself counts as well.
  BOOST_TEST(is_active(
      R"({"uid":"ex:p","permission":[{"action":"read","assignee":[{"uid":"ex:alice","partOf":"ex:g"}]}]})", world()));
}

BOOST_AUTO_TEST_CASE(a_refinement_narrows_a_collection_by_attributes_that_are_vouched_for) {
  const std::string text = permission(
      R"("assignee":{"@type":"PartyCollection","source":"ex:firm","refinement":[{"leftOperand":"vcard:hasRole",
         "operator":"isAnyOf","rightOperand":["Team leader","Owner"]}]})");
  const std::string member = R"("partOf":[["ex:alice","ex:firm"]])";
  BOOST_TEST(!is_active(text, with(member)));
  BOOST_TEST(is_active(text, with(member + R"(,"claims":{"ex:alice":{"vcard:hasRole":"Owner"}})")));
  BOOST_TEST(!is_active(text, with(member + R"(,"claims":{"ex:alice":{"vcard:hasRole":"Cook"}})")));
  BOOST_TEST(!is_active(text, with(R"("claims":{"ex:alice":{"vcard:hasRole":"Owner"}})")));
  // Her own word is not enough.
  BOOST_TEST(!is_active(text, with(member), request(constraint("vcard:hasRole", "eq", R"("Owner")"))));
}

BOOST_AUTO_TEST_CASE(a_request_says_what_for) {
  const auto text = permission(constraint("purpose", "isAnyOf", R"(["research","quality"])"));
  BOOST_TEST(is_active(text, world(), request(constraint("purpose", "eq", R"("research")"))));
  BOOST_TEST(!is_active(text, world(), request(constraint("purpose", "eq", R"("marketing")"))));
  BOOST_TEST(!is_active(text, world(), request()));
  // A use for two purposes of which one is allowed is not allowed.
  const auto two = request(constraint("purpose", "isAllOf", R"(["research","marketing"])"));
  BOOST_TEST(!is_active(text, world(), two));
  BOOST_TEST(!is_active(permission(constraint("purpose", "isPartOf", R"(["research","quality"])")), world(), two));
}

BOOST_AUTO_TEST_CASE(operators_compare_sets) {
  const auto holds = [](const std::string& left, const std::string& op, const std::string& right) {
    return is_active(
        permission(constraint("industry", op, right)),
        with(R"("claims":{"":{"industry":)" + left + R"(}},"partOf":[["cow","cattle"]],"isA":[["dairy","farming"]])"));
  };
  BOOST_TEST(holds(R"("a")", "eq", R"(["a"])"));
  BOOST_TEST(holds(R"(["a","b"])", "eq", R"(["b","a"])"));
  BOOST_TEST(!holds(R"(["a","b"])", "eq", R"("a")"));
  BOOST_TEST(holds(R"(["c","b"])", "neq", R"("a")"));
  BOOST_TEST(!holds(R"(["a","b"])", "neq", R"("a")"));
  BOOST_TEST(!holds(R"("a")", "neq", R"("a")"));
  BOOST_TEST(holds(R"(["a","b"])", "isAllOf", R"(["a","b"])"));
  BOOST_TEST(holds(R"(["a","b","c"])", "isAllOf", R"(["a","b"])"));
  BOOST_TEST(!holds(R"(["a"])", "isAllOf", R"(["a","b"])"));
  BOOST_TEST(holds(R"(["a","z"])", "isAnyOf", R"(["a","b"])"));
  BOOST_TEST(!holds(R"(["z"])", "isAnyOf", R"(["a","b"])"));
  BOOST_TEST(holds(R"(["z"])", "isNoneOf", R"(["a","b"])"));
  BOOST_TEST(!holds(R"(["z","b"])", "isNoneOf", R"(["a","b"])"));
  BOOST_TEST(holds(R"("cow")", "isPartOf", R"("cattle")"));
  BOOST_TEST(!holds(R"("cattle")", "isPartOf", R"("cow")"));
  BOOST_TEST(holds(R"("cattle")", "hasPart", R"("cow")"));
  BOOST_TEST(holds(R"("dairy")", "isA", R"("farming")"));
  BOOST_TEST(!holds(R"("farming")", "isA", R"("dairy")"));
  BOOST_TEST(!holds(R"("a")", "lt", R"("b")"));
  BOOST_TEST(holds("9", "lt", "10"));
  BOOST_TEST(holds("1.50", "eq", "1.5"));
}

BOOST_AUTO_TEST_CASE(a_count_includes_the_use_that_is_asked_for) {
  const auto text = permission(constraint("count", "lteq", R"({"@value":"10","@type":"xsd:integer"})"));
  BOOST_TEST(is_active(text, world()));
  BOOST_TEST(is_active(text, with(R"("uses":{"count":9})")));
  BOOST_TEST(!is_active(text, with(R"("uses":{"count":10})")));
  BOOST_TEST(!is_active(text, with(R"("uses":{"count":5,"batch":6})")));
  BOOST_TEST(is_active(text, with(R"("uses":{"count":5,"batch":5})")));
  BOOST_TEST(is_active(text, with(R"("uses":{"count":99,"rules":{"ex:rule":{"count":3}}})")));
}

BOOST_AUTO_TEST_CASE(payments_count_in_their_currency_only) {
  const auto text = permission(
      R"("constraint":[{"leftOperand":"payAmount","operator":"gteq",
         "rightOperand":{"@value":"500.00","@type":"xsd:decimal"},"unit":"ex:EUR"}])");
  BOOST_TEST(!is_active(text, world()));
  BOOST_TEST(is_active(text, with(R"("uses":{"payAmount":{"@value":"500","unit":"ex:EUR"}})")));
  BOOST_TEST(!is_active(text, with(R"("uses":{"payAmount":{"@value":"499.99","unit":"ex:EUR"}})")));
  BOOST_TEST(!is_active(text, with(R"("uses":{"payAmount":{"@value":"500","unit":"ex:USD"}})")));
  BOOST_TEST(!is_active(text, with(R"("uses":{"payAmount":"500"})")));
}

BOOST_AUTO_TEST_CASE(periods_begin_where_odrl_says) {
  const auto elapsed = permission(constraint("elapsedTime", "eq", R"({"@value":"P3M","@type":"xsd:duration"})"));
  BOOST_TEST(is_active(elapsed, world()));  // the first use begins it
  BOOST_TEST(is_active(elapsed, with(R"("uses":{"firstUse":"2023-11-12T12:00:00Z"})")));
  BOOST_TEST(!is_active(elapsed, with(R"("uses":{"firstUse":"2023-11-12T11:59:59Z"})")));
  const auto delay = permission(constraint("delayPeriod", "eq", R"("P1D")"));
  BOOST_TEST(!is_active(delay, world()));
  BOOST_TEST(is_active(delay, with(R"("uses":{"start":"2024-02-11T12:00Z"})")));
  BOOST_TEST(!is_active(delay, with(R"("uses":{"start":"2024-02-11T12:01Z"})")));
  const auto interval = permission(constraint("timeInterval", "eq", R"("P7D")"));
  BOOST_TEST(is_active(interval, world()));
  BOOST_TEST(is_active(interval, with(R"("uses":{"lastUse":"2024-02-05T12:00Z"})")));
  BOOST_TEST(!is_active(interval, with(R"("uses":{"lastUse":"2024-02-05T12:00:01Z"})")));
  const auto metered = permission(constraint("meteredTime", "lteq", R"("PT60M")"));
  BOOST_TEST(is_active(metered, with(R"("uses":{"meteredTime":"PT1H"})")));
  BOOST_TEST(!is_active(metered, with(R"("uses":{"meteredTime":"PT61M"})")));
  BOOST_TEST(!is_active(metered, world()));  // nobody has measured
}

BOOST_AUTO_TEST_CASE(an_event_is_before_now_or_over) {
  const auto during = permission(constraint("event", "eq", R"("Hannover Messe")"));
  const auto fair = [](const std::string& start, const std::string& end) {
    return with(R"("events":[{"uid":"Hannover Messe","start":")" + start + R"(","end":")" + end + R"("}])");
  };
  BOOST_TEST(!is_active(during, world()));
  const auto says = request(constraint("event", "eq", R"("Hannover Messe")"));
  BOOST_TEST(!is_active(during, world(), says));  // his word makes no event
  BOOST_TEST(is_active(during, fair("2024-02-12", "2024-02-13")));
  BOOST_TEST(!is_active(during, fair("2024-02-13", "2024-02-14")));
  BOOST_TEST(is_active(permission(constraint("event", "lt", R"("Hannover Messe")")), fair("2024-02-13", "2024-02-14")));
  BOOST_TEST(is_active(permission(constraint("event", "gt", R"("Hannover Messe")")), fair("2024-02-10", "2024-02-11")));
}

BOOST_AUTO_TEST_CASE(logical_constraints_follow_three_values) {
  const std::string yes = R"({"leftOperand":"dateTime","operator":"gt","rightOperand":"2000-01-01"})";
  const std::string no = R"({"leftOperand":"dateTime","operator":"lt","rightOperand":"2000-01-01"})";
  const std::string unknown = R"({"leftOperand":"ex:mood","operator":"eq","rightOperand":"x"})";
  const auto truth = [](const std::string& logic, const std::vector<std::string>& parts) {
    std::string list;
    for (const auto& part : parts) { list += (list.empty() ? "" : ",") + part; }
    const auto members = R"("constraint":{")" + logic + R"(":[)" + list + "]}";
    const bool permits = is_active(permission(members), world());
    const bool prohibits = is_active(prohibition(members), world());
    BOOST_TEST((!permits || prohibits));
    return permits ? Truth::yes : prohibits ? Truth::unknown : Truth::no;
  };
  BOOST_CHECK(truth("and", {yes, yes}) == Truth::yes);
  BOOST_CHECK(truth("and", {yes, unknown}) == Truth::unknown);
  BOOST_CHECK(truth("and", {no, unknown}) == Truth::no);
  BOOST_CHECK(truth("andSequence", {yes, yes}) == Truth::yes);
  BOOST_CHECK(truth("andSequence", {yes, no}) == Truth::no);
  BOOST_CHECK(truth("or", {no, yes}) == Truth::yes);
  BOOST_CHECK(truth("or", {unknown, yes}) == Truth::yes);
  BOOST_CHECK(truth("or", {unknown, no}) == Truth::unknown);
  BOOST_CHECK(truth("or", {no, no}) == Truth::no);
  BOOST_CHECK(truth("xone", {yes, no}) == Truth::yes);
  BOOST_CHECK(truth("xone", {yes, yes}) == Truth::no);
  BOOST_CHECK(truth("xone", {yes, yes, unknown}) == Truth::no);
  BOOST_CHECK(truth("xone", {yes, unknown}) == Truth::unknown);
  BOOST_CHECK(truth("xone", {no, no}) == Truth::no);
}

BOOST_AUTO_TEST_CASE(a_permission_needs_yes_and_a_prohibition_holds_unless_no) {
  for (const auto* members :
       {R"("constraint":{"leftOperand":"ex:mood","operator":"eq","rightOperand":"x"})",
        R"("constraint":{"leftOperand":"purpose","operator":"ex:like","rightOperand":"x"})",
        R"("constraint":{"leftOperand":"purpose","operator":"eq","rightOperandReference":"ex:list"})",
        R"("constraint":{"leftOperand":"dateTime","operator":"lt","rightOperand":"soon"})",
        R"("constraint":{"leftOperand":"purpose","operator":"eq","rightOperand":"x"})", R"("constraints":[])",
        R"("ex:extra":1)"}) {
    BOOST_TEST(!is_active(permission(members), world()), members);
    BOOST_TEST(is_active(prohibition(members), world()), members);
  }
  for (const auto* members : {R"("profile":"ex:mine")", R"("permissions":[])"}) {
    BOOST_TEST(!is_active(std::string("{") + members + R"(,"uid":"ex:p","permission":[{"action":"read"}]})", world()),
               members);
    BOOST_TEST(is_active(std::string("{") + members + R"(,"uid":"ex:p","prohibition":[{"action":"read"}]})", world()),
               members);
  }
}

BOOST_AUTO_TEST_CASE(the_policy_itself_says_what_a_conflict_means) {
  const auto both_apply = [](const std::string& conflict) {
    return decided(R"({"uid":"ex:p",)" + conflict +
                   R"("permission":[{"action":"use"}],"prohibition":[{"action":"read","target":"ex:x"}]})");
  };
  BOOST_CHECK(both_apply("") == Decision::invalid);
  BOOST_CHECK(both_apply(R"("conflict":"invalid",)") == Decision::invalid);
  BOOST_CHECK(both_apply(R"("conflict":{"@type":"odrl:perm","@id":"odrl:perm"},)") == Decision::permitted);
  BOOST_CHECK(both_apply(R"("conflict":"prohibit",)") == Decision::denied);
  BOOST_CHECK(both_apply(R"("conflict":"ex:whoever",)") == Decision::invalid);
}

BOOST_AUTO_TEST_CASE(what_is_not_permitted_is_denied) {
  BOOST_CHECK(decided(R"({"uid":"ex:p","prohibition":[{"action":"sell"}]})") == Decision::denied);
  BOOST_CHECK(decided(R"({"uid":"ex:p","permission":[{"action":"sell"}]})") == Decision::denied);
  BOOST_CHECK(decided(R"({"uid":"ex:p","permission":[{"action":"read"}]})") == Decision::permitted);
}

BOOST_AUTO_TEST_CASE(every_permission_asked_for_must_be_granted_even_with_one_uid) {
  const auto asked = policy(R"({"uid":"ex:request","permission":[
    {"uid":"ex:asked","assignee":"ex:alice","target":"ex:x","action":"read"},
    {"uid":"ex:asked","assignee":"ex:alice","target":"ex:x","action":"sell"}]})");
  BOOST_CHECK(decided(R"({"uid":"ex:p","permission":[{"action":"read"}]})", world(), asked) == Decision::denied);
  BOOST_CHECK(decided(R"({"uid":"ex:p","permission":[{"action":["read","sell"]}]})", world(), asked) ==
              Decision::permitted);
  BOOST_CHECK(decided(R"({"uid":"ex:p","permission":[{"action":"read"}]})", world(),
                      policy(R"({"uid":"ex:request"})")) == Decision::denied);
  // Two assets in one wish: the permission must cover both, a prohibition of one is enough.
  const auto two =
      policy(R"({"uid":"ex:r","permission":[{"assignee":"ex:alice","target":["ex:x","ex:y"],"action":"read"}]})");
  BOOST_TEST(!is_active(permission(""), world(), two));
  BOOST_TEST(is_active(prohibition(""), world(), two));
}

BOOST_AUTO_TEST_CASE(a_duty_that_was_violated_ends_a_permission_until_it_is_made_good) {
  const auto state = [](const std::string& duties) { return with(R"("duties":[)" + duties + "]"); };
  const auto one = [](const std::string& rule, const std::string& performance, const std::string& deontic) {
    return R"({"rule":")" + rule + R"(","performance":")" + performance + R"(","deontic":")" + deontic + "\"}";
  };
  const auto text = permission(
      R"("duty":[{"uid":"ex:pay","action":"compensate","consequence":[{"uid":"ex:fine","action":"compensate"}]}])");
  BOOST_TEST(is_active(text, world()));
  BOOST_TEST(is_active(text, state(one("ex:pay", "Unknown", "NonSet"))));
  BOOST_TEST(is_active(text, state(one("ex:pay", "Performed", "Fulfilled"))));
  BOOST_TEST(!is_active(text, state(one("ex:pay", "Unperformed", "Violated"))));
  BOOST_TEST(!is_active(text, state(one("ex:pay", "Performed", "Violated"))));
  BOOST_TEST(
      is_active(text, state(one("ex:pay", "Performed", "Violated") + "," + one("ex:fine", "Performed", "Fulfilled"))));
  BOOST_TEST(is_active(text, state(one("ex:other", "Unperformed", "Violated"))));
  BOOST_TEST(evaluate(policy(text), request(), state(one("ex:pay", "Unperformed", "Violated"))).rules[0].unmet_duty ==
             "ex:pay");
  const auto before = permission(
      R"("duty":[{"uid":"ex:ask","action":"obtainConsent",
         "constraint":{"leftOperand":"event","operator":"lt","rightOperand":{"@id":"odrl:policyUsage"}}}])");
  BOOST_TEST(!is_active(before, world()));
  BOOST_TEST(is_active(before, state(one("ex:ask", "Performed", "Fulfilled"))));
}

BOOST_AUTO_TEST_CASE(an_obligation_is_reported_with_its_state) {
  const auto report =
      evaluate(policy(R"({"uid":"ex:p","obligation":[{"uid":"ex:o","action":"delete","target":"ex:x"}]})"), request(),
               with(R"("duties":[{"rule":"ex:o","performance":"Performed","deontic":"Fulfilled"}])"));
  BOOST_REQUIRE(report.rules.size() == 1U);
  BOOST_TEST(json::serialize(report_json(report.rules[0])) ==
             R"({"type":"DutyReport","rule":"ex:o","active":true,"attempted":false,"premises":[],)"
             R"("performance":"Performed","deontic":"Fulfilled"})");
}

BOOST_AUTO_TEST_CASE(an_unreadable_world_is_refused_by_its_places) {
  const auto place = [](const std::string& text) {
    const auto read = read_world(parsed(text), Names());
    BOOST_REQUIRE_MESSAGE(!read, text);
    return read.error().violations.empty() ? read.error().reason : read.error().violations.front().pointer;
  };
  BOOST_TEST(place("{}") == "/now");
  BOOST_TEST(place(R"({"now":"yesterday"})") == "/now");
  BOOST_TEST(place(R"({"now":"2024-01-01","partOf":[["a"]]})") == "/partOf/0");
  BOOST_TEST(place(R"({"now":"2024-01-01","partOf":[["a","b"],["b","a"]]})") == "COLLECTION_CYCLE");
  BOOST_TEST(place(R"({"now":"2024-01-01","duties":[{"rule":"a","deontic":"Perhaps"}]})") == "/duties/0/deontic");
  BOOST_TEST(place(R"({"now":"2024-01-01","uses":{"count":-1}})") == "/uses/count");
  BOOST_TEST(place(R"({"now":"2024-01-01","uses":{"count":1.5}})") == "/uses/count");
  BOOST_TEST(place(R"({"now":"2024-01-01","clock":1})") == "/clock");
  BOOST_TEST(place(R"({"now":"2024-01-01","events":[{"uid":"a","start":"2024-01-02","end":"2024-01-01"}]})") ==
             "/events/0/end");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
