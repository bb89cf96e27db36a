#include <string>

#include "contracts/usage/ledger_records.h"
#include "contracts/usage/policy_reader.h"
#include "contracts/usage/usage_contract.h"
#include "tests/unit/usage/samples.h"
#include "tests/unit/usage/usage_ledger.h"

// What the ledger keeps has limits: each at its number, and one over it.
namespace keten::usage {
namespace {

using sample::policy;
using sample::refused;
using test::UsageLedger;

template <typename One>
std::string many(std::size_t count, const One& one) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) { text += (i == 0 ? "" : ",") + one(std::to_string(i)); }
  return text;
}

BOOST_AUTO_TEST_SUITE(limits_of_usage)

BOOST_AUTO_TEST_CASE(open_negotiations_of_two_are_bounded) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto request = R"({"dataset":"urn:ds:milk","policy":)" + UsageLedger::terms() + "}";
  const auto offer = R"({"dataset":"urn:ds:milk","consumer":"maker","policy":)" + UsageLedger::terms() + "}";
  std::string first;
  for (std::size_t i = 0; i < kOpenNegotiationsMax; ++i) {
    const auto answer = i % 2 == 0 ? ledger.must("maker", "request", request) : ledger.must("farm", "offer", offer);
    if (i == 0) { first = *answer.find_string("negotiation"); }
  }
  BOOST_TEST(ledger.reason("maker", "request", request) == "TOO_MANY_NEGOTIATIONS");
  BOOST_TEST(ledger.reason("farm", "offer", offer) == "TOO_MANY_NEGOTIATIONS");
  std::string of_coop = offer;
  of_coop.replace(of_coop.find("\"maker\""), 7, "\"coop\"");
  of_coop.replace(of_coop.find("organisation:maker"), 18, "organisation:coop");
  ledger.must("farm", "offer", of_coop);  // others are not in the way
  ledger.must("farm", "terminate", R"({"negotiation":")" + first + "\"}");
  ledger.must("maker", "request", request);
  BOOST_TEST(ledger.reason("maker", "request", request) == "TOO_MANY_NEGOTIATIONS");
}

BOOST_AUTO_TEST_CASE(who_asks_for_much_pays_for_each_prohibited_part_that_is_looked_for) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto prohibits = [](const std::string& action) {
    return R"({"uid":"urn:no:)" + action + R"(","action":")" + action +
           R"(","target":"urn:ds:milk","assigner":"urn:keten:organisation:farm","assignee":"urn:keten:organisation:maker"})";
  };
  const auto id = ledger.agree(UsageLedger::terms(
      "", R"("prohibition":[)" + prohibits("distribute") + "," + prohibits("print") + "," + prohibits("sell") + "]"));
  BOOST_TEST(ledger.use(id, "1", "permit", "quality", "read") == "permitted");
  const auto narrow = ledger.fuel;
  // distribute and print are parts of use; sell is one of transfer.
  BOOST_TEST(ledger.use(id, "2", "permit", "quality", "use") == "invalid");
  const auto weight = 4U * 4U;  // four rules, each with an action, a target and two parties beside itself
  BOOST_TEST(ledger.fuel > narrow + 2 * weight * kFuelPerJudgedPart);
  BOOST_TEST(ledger.fuel < narrow + 4 * 2 * weight * kFuelPerJudgedPart);
}

BOOST_AUTO_TEST_CASE(a_negotiation_that_came_to_its_end_is_not_counted) {
  UsageLedger ledger;
  ledger.register_milk();
  (void)ledger.agree(UsageLedger::terms());
  BOOST_CHECK(!ledger.get(as_bytes("usage/open/farm/maker")).has_value());
}

BOOST_AUTO_TEST_CASE(arguments_have_limits) {
  UsageLedger ledger;
  const auto classes = [&](std::size_t count) {
    return ledger.reason("farm", "register",
                         R"({"dataset":"urn:ds:milk","commitment":")" + UsageLedger::kCommitment +
                             R"(","classification":[)" + many(count, [](auto n) { return "\"c" + n + "\""; }) + "]}");
  };
  BOOST_TEST(classes(kClassificationMax + 1) == "USAGE_ARGUMENTS");
  BOOST_TEST(classes(kClassificationMax) == "");
  const auto id = ledger.agree(UsageLedger::terms());
  const auto batch = [&](std::size_t count) {
    return ledger.reason(
        "maker", "permit",
        UsageLedger::uses(id, many(count, [](auto n) { return R"({"id":"u)" + n + R"(","action":"read"})"; })));
  };
  BOOST_TEST(batch(kUsesPerTransactionMax + 1) == "USAGE_ARGUMENTS");
  BOOST_TEST(batch(kUsesPerTransactionMax) == "");
  const auto statements = [&](std::size_t count) {
    return ledger.reason("maker", "permit",
                         UsageLedger::uses(id, R"({"id":"s","action":"read","statements":{)" +
                                                   many(count, [](auto n) { return "\"ex:o" + n + "\":1"; }) + "}}"));
  };
  BOOST_TEST(statements(kStatementsMax + 1) == "USAGE_ARGUMENTS");
  BOOST_TEST(statements(kStatementsMax) == "");
}

BOOST_AUTO_TEST_CASE(of_a_long_report_the_hash_is_kept) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto constraints = [](std::size_t count) {
    return R"("constraint":[)" +
           many(count,
                [](auto n) {
                  return R"({"uid":"urn:constraint:)" + n +
                         R"(","leftOperand":"count","operator":"lteq","rightOperand":9})";
                }) +
           "]";
  };
  const auto kept = [&](std::size_t count) {
    const auto id = ledger.agree(UsageLedger::terms(constraints(count)));
    BOOST_TEST(ledger.use(id, "1") == "permitted");
    return ledger.record("use/" + id + "/1");
  };
  const auto short_one = kept(20);
  BOOST_REQUIRE(short_one.find("report") != nullptr);
  BOOST_TEST(json::canonical(*short_one.find("report")).size() <= kReportBytesMax);
  const auto long_one = kept(60);
  BOOST_TEST((long_one.find("report") == nullptr));
  BOOST_TEST(long_one.find_string("reportHash").value_or("").size() == 64U);
}

BOOST_AUTO_TEST_CASE(terms_have_a_bounded_number_of_duties_and_memberships) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto offered = [&](const std::string& terms) {
    return ledger.reason("farm", "offer", R"({"dataset":"urn:ds:milk","consumer":"maker","policy":)" + terms + "}");
  };
  const auto duties = [&](std::size_t count) {
    return offered(UsageLedger::terms(
        R"("duty":[)" + many(count, [](auto n) { return R"({"uid":"urn:d:)" + n + R"(","action":"inform"})"; }) + "]"));
  };
  BOOST_TEST(duties(kTermsDutiesMax) == "");
  BOOST_TEST(duties(kTermsDutiesMax + 1) == "TERMS_NOT_SIGNABLE");
  const auto memberships = [&](std::size_t count) {
    auto terms = UsageLedger::terms();
    const std::string plain = R"("target":"urn:ds:milk")";
    terms.replace(terms.find(plain), plain.size(),
                  R"("target":{"@id":"urn:ds:milk","partOf":[)" +
                      many(count, [](auto n) { return "\"urn:whole:" + n + "\""; }) + "]}");
    return offered(terms);
  };
  BOOST_TEST(memberships(kTermsPartsMax) == "");
  BOOST_TEST(memberships(kTermsPartsMax + 1) == "TERMS_NOT_SIGNABLE");
}

BOOST_AUTO_TEST_CASE(policies_have_bounded_depth_of_duties_and_memberships) {
  const auto deep = [](std::size_t depth) {
    std::string duty;
    for (std::size_t i = 0; i < depth; ++i) {
      duty = R"({"action":"inform")" + (duty.empty() ? "" : R"(,"consequence":[)" + duty + "]") + "}";
    }
    return R"({"uid":"ex:p","permission":[{"action":"read","target":"ex:x","duty":[)" + duty + "]}]}";
  };
  // A consequence has none of its own (ODRL 2.2, 2.6.3).
  BOOST_TEST(policy(deep(kDutyDepthMax)).rules.size() == 1U);
  BOOST_TEST(refused(deep(kDutyDepthMax + 1)).reason == "POLICY_INVALID");
  const auto parts = [](std::size_t count) {
    return R"({"uid":"ex:p","permission":[{"action":"read","target":{"uid":"ex:x","partOf":[)" +
           many(count, [](auto n) { return "\"ex:w" + n + "\""; }) + "]}}]}";
  };
  BOOST_TEST(policy(parts(kPartsMax)).parts.size() == kPartsMax);
  BOOST_TEST(refused(parts(kPartsMax + 1)).reason == "POLICY_TOO_LARGE");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
