#include <string>

#include "contracts/production/time.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/usage_contract.h"
#include "tests/unit/usage/samples.h"
#include "tests/unit/usage/usage_ledger.h"

namespace keten::usage {
namespace {

using test::UsageLedger;

/// Ten hours in all, as the terms say.
struct Metered : UsageLedger {
  std::string id;

  Metered() {
    register_milk();
    id = agree(terms(sample::constraint("meteredTime", "lteq", R"("PT10H")")));
  }
  /// The decision on one use. `more`: its members beside id and action.
  std::string say(const std::string& method, const std::string& use, const std::string& more = "") {
    const auto result = must("maker", method, uses(id, R"({"id":")" + use + R"(","action":"read")" + more + "}"));
    return std::string(*result.items().at(0).find_string("decision"));
  }
  static std::string ran(const std::string& duration) { return R"(,"duration":")" + duration + "\""; }
  static std::string of(const std::string& permit, const std::string& duration) {
    return R"(,"permit":")" + permit + "\"" + ran(duration);
  }
  [[nodiscard]] json::Value counted(const std::string& rule = "urn:rule:1") const {
    return *record("counters/" + id).find("rules")->find(rule);
  }
};

BOOST_FIXTURE_TEST_SUITE(metered, Metered)

BOOST_AUTO_TEST_CASE(time_that_uses_ran_is_added_up_exactly_and_judged) {
  BOOST_TEST(say("log", "1", ran("PT9H59M59.999S")) == "permitted");
  BOOST_TEST(say("log", "2", ran("PT0.001S")) == "permitted");  // ten hours
  BOOST_TEST(say("log", "3", ran("PT0.001S")) == "denied");
  BOOST_TEST(finding(id, 1).code == "violation");
  BOOST_TEST(counted().find("ran")->text() == "36000001");
  BOOST_TEST(counted().find("untold")->text() == "0");
}

BOOST_AUTO_TEST_CASE(a_use_that_does_not_tell_makes_the_sum_unknown_until_it_is_corrected) {
  BOOST_TEST(say("log", "1", ran("PT1H")) == "permitted");
  BOOST_TEST(say("log", "2") == "denied");
  BOOST_TEST(say("log", "3", ran("PT1H")) == "denied");
  const auto correct = [&](const std::string& use, const std::string& by) {
    const auto answer = must("maker", "correct",
                             R"({"agreement":")" + id + R"(","corrects":")" + use + R"(","use":{"id":")" + by +
                                 R"(","action":"read")" + ran("PT2H") + "}}");
    return std::string(*answer.find_string("decision"));
  };
  BOOST_TEST(correct("2", "2b") == "permitted");
  BOOST_TEST(correct("3", "3b") == "permitted");
  BOOST_TEST(counted().find("ran")->text() == "18000000");
  BOOST_TEST(say("log", "4", ran("PT5H")) == "permitted");
  BOOST_TEST(say("log", "5", ran("PT1S")) == "denied");
}

BOOST_AUTO_TEST_CASE(a_permit_is_for_a_time_or_for_one_use_that_tells_before_the_next) {
  BOOST_TEST(say("permit", "1") == "permitted");
  BOOST_TEST(say("permit", "2") == "denied");  // how long the first runs nobody knows
  BOOST_TEST(say("log", "1r", of("1", "PT4H")) == "permitted");
  BOOST_TEST(say("permit", "3", ran("PT5H")) == "permitted");
  BOOST_TEST(say("permit", "4", ran("PT2H")) == "denied");       // nine are given away
  BOOST_TEST(say("log", "3r", of("3", "PT1H")) == "permitted");  // four of them come back
  BOOST_TEST(counted().find("ran")->text() == "18000000");
  BOOST_TEST(say("permit", "5", ran("PT5H")) == "permitted");
  BOOST_TEST(say("log", "5r", R"(,"permit":"5")") == "permitted");  // as long as it was to run
  BOOST_TEST(counted().find("ran")->text() == "36000000");
  BOOST_TEST(counted().find("count")->text() == "3");
}

BOOST_AUTO_TEST_CASE(a_use_that_ran_longer_than_its_permission_allows_is_a_violation) {
  BOOST_TEST(say("permit", "1", ran("PT1H")) == "permitted");
  BOOST_TEST(say("permit", "2", ran("PT1H")) == "permitted");
  auto both_late = *this;
  BOOST_TEST(say("log", "1r", of("1", "PT9H")) == "permitted");  // longer than asked for, within what is allowed
  BOOST_TEST(say("log", "2r", of("2", "PT1H0.001S")) == "denied");
  BOOST_TEST(finding(id, 1).event_id == "2r");
  BOOST_TEST(record("counters/" + id).find("violations")->text() == "1");
  // Also while it is unknown how long another one runs.
  BOOST_TEST(both_late.say("log", "1r", of("1", "PT11H")) == "denied");
  BOOST_TEST(both_late.say("log", "2r", of("2", "PT1H")) == "permitted");
  BOOST_TEST(both_late.counted().find("ran")->text() == "43200000");
}

BOOST_AUTO_TEST_CASE(durations_have_a_fixed_length) {
  for (const auto* wrong : {"P1M", "P1Y", "-PT1H", "PT0.0001S", "P367D", "1 hour", ""}) {
    BOOST_TEST(reason("maker", "log", uses(id, R"({"id":"1","action":"read")" + ran(wrong) + "}")) == "USAGE_ARGUMENTS",
               wrong);
  }
  BOOST_TEST(say("log", "1", ran("P366D")) == "denied");
}

/// A prohibition looks at all uses of the agreement; a permission at its own.
BOOST_AUTO_TEST_CASE(prohibitions_count_all_uses_and_permissions_their_own) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto parties =
      R"("target":"urn:ds:milk","assigner":"urn:keten:organisation:farm","assignee":"urn:keten:organisation:maker",)";
  const auto agreed = ledger.agree(
      R"({"@type":"Agreement","uid":"urn:terms:1","conflict":"prohibit","permission":[{"uid":"urn:rule:read","action":"read",)" +
      std::string(parties) + sample::constraint("count", "lteq", "3") +
      R"(},{"uid":"urn:rule:print","action":"print",)" + parties + sample::constraint("count", "lteq", "3") +
      R"(}],"prohibition":[{"uid":"urn:rule:no","action":"use",)" + parties + sample::constraint("count", "gt", "4") +
      "}]}");
  BOOST_TEST(ledger.use(agreed, "1") == "permitted");
  BOOST_TEST(ledger.use(agreed, "2") == "permitted");
  BOOST_TEST(ledger.use(agreed, "3") == "permitted");
  BOOST_TEST(ledger.use(agreed, "4") == "denied");                                   // its three are used up
  BOOST_TEST(ledger.use(agreed, "5", "permit", "quality", "print") == "permitted");  // the fourth of all
  BOOST_TEST(ledger.use(agreed, "6", "permit", "quality", "print") == "denied");
  BOOST_TEST(ledger.record("counters/" + agreed).find("all")->find("count")->text() == "4");
}

BOOST_AUTO_TEST_CASE(a_log_tells_when_it_was_and_is_judged_by_that_time) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto at = [&](std::int64_t later) {
    return production::time_text(static_cast<std::int64_t>(ledger.time) + later);
  };
  const auto until = at(3'600'000);
  const auto agreed = ledger.agree(UsageLedger::terms(sample::constraint("dateTime", "lt", "\"" + until + "\"")));
  const auto log = [&](const std::string& use, const std::string& when) {
    return UsageLedger::uses(agreed, R"({"id":")" + use + R"(","action":"read","at":")" + when + "\"}");
  };
  const auto decided = [&](const std::string& use, const std::string& when) {
    return std::string(*ledger.must("maker", "log", log(use, when)).items().at(0).find_string("decision"));
  };
  BOOST_TEST(ledger.reason("maker", "log", log("f", at(60'000))) == "USE_IN_FUTURE");
  BOOST_TEST(ledger.reason("maker", "permit", log("f", at(0))) == "USAGE_ARGUMENTS");
  const auto during = at(0);
  ledger.wait(2 * 3'600'000);
  BOOST_TEST(decided("1", during) == "permitted");
  BOOST_TEST(decided("2", until) == "denied");
  BOOST_TEST(ledger.record("counters/" + agreed).find("all")->find("count")->text() == "2");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
