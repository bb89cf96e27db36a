#include <string>

#include "contracts/production/time.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/usage_contract.h"
#include "contracts/usage/views.h"
#include "tests/unit/usage/samples.h"
#include "tests/unit/usage/usage_ledger.h"

namespace keten::usage {
namespace {

using agreements::FindingStatus;
using test::UsageLedger;

struct Correcting : UsageLedger {
  std::string id;

  Correcting() {
    register_milk();
    id = agree(terms(R"("constraint":[{"leftOperand":"purpose","operator":"eq","rightOperand":"quality"},
                                       {"leftOperand":"count","operator":"lteq","rightOperand":2}])"));
  }
  [[nodiscard]] std::string correcting(const std::string& use, const std::string& by,
                                       const std::string& purpose) const {
    return R"({"agreement":")" + id + R"(","corrects":")" + use + "\"" +
           (by.empty()
                ? ""
                : R"(,"use":{"id":")" + by + R"(","action":"read","statements":{"purpose":")" + purpose + "\"}}") +
           "}";
  }
  [[nodiscard]] std::string count() const {
    return record("counters/" + id).find("rules")->find("urn:rule:1")->find("count")->text();
  }
  [[nodiscard]] std::string violations() const { return record("counters/" + id).find("violations")->text(); }
};

BOOST_FIXTURE_TEST_SUITE(corrections, Correcting)

BOOST_AUTO_TEST_CASE(a_correction_is_judged_as_if_it_had_been_said_first_and_the_original_stays) {
  BOOST_TEST(use(id, "1", "log", "marketing") == "denied");
  BOOST_TEST(violations() == "1");
  const auto original = record("use/" + id + "/1");
  BOOST_TEST(*must("maker", "correct", correcting("1", "1b", "quality")).find_string("decision") == "permitted");
  BOOST_TEST(violations() == "0");
  BOOST_TEST(count() == "1");
  const auto after = record("use/" + id + "/1");
  for (const auto* member : {"use", "decision", "reason", "report", "transaction", "height", "time"}) {
    BOOST_CHECK(*after.find(member) == *original.find(member));
  }
  BOOST_TEST(*after.find_string("correctedBy") == "1b");
  BOOST_TEST(*record("use/" + id + "/1b").find_string("corrects") == "1");
  BOOST_CHECK(finding(id, 1).status == FindingStatus::corrected);
  BOOST_TEST(reason("maker", "correct", correcting("1", "1c", "quality")) == "ALREADY_CORRECTED");
}

BOOST_AUTO_TEST_CASE(counters_are_exact_behind_corrections_and_what_did_not_happen_does_not_count) {
  BOOST_TEST(use(id, "1", "log") == "permitted");
  BOOST_TEST(use(id, "2", "log") == "permitted");
  BOOST_TEST(use(id, "3", "log") == "denied");  // the third of two
  BOOST_TEST(count() == "3");
  must("maker", "correct", correcting("1", "", ""));
  BOOST_TEST(count() == "2");
  BOOST_TEST(violations() == "1");
  // Judged again with one use less, the third is the second.
  BOOST_TEST(*must("maker", "correct", correcting("3", "3b", "quality")).find_string("decision") == "permitted");
  BOOST_TEST(count() == "2");
  BOOST_TEST(violations() == "0");
  BOOST_TEST(*must("maker", "correct", correcting("2", "2b", "marketing")).find_string("decision") == "denied");
  BOOST_TEST(count() == "2");
  BOOST_TEST(violations() == "1");
  must("maker", "correct", correcting("2b", "", ""));
  must("maker", "correct", correcting("3b", "", ""));
  BOOST_TEST(count() == "0");
  BOOST_TEST(violations() == "0");
  BOOST_CHECK(record("counters/" + id).find("rules")->find("urn:rule:1")->find("last") == nullptr);
  BOOST_TEST(use(id, "4") == "permitted");
  const auto statement = read_statement(*this, id, {}, static_cast<std::int64_t>(time));
  BOOST_REQUIRE(statement);
  BOOST_TEST(json::canonical(*statement->find("uses")->find("byPurpose")).find("\"decision\":\"corrected\"") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_the_recorder_corrects_and_only_logs) {
  BOOST_TEST(use(id, "1") == "permitted");
  BOOST_TEST(use(id, "2", "log") == "permitted");
  BOOST_TEST(reason("maker", "correct", correcting("1", "x", "quality")) == "NOT_CORRECTABLE");
  BOOST_TEST(reason("maker", "correct", correcting("9", "x", "quality")) == "UNKNOWN_USE");
  BOOST_TEST(reason("farm", "correct", correcting("2", "x", "quality")) == "NOT_THE_CONSUMER");
  BOOST_TEST(reason("maker", "correct", correcting("2", "1", "quality")) == "USE_ID_USED");
}

BOOST_AUTO_TEST_CASE(a_finding_about_a_use_is_not_corrected_by_an_event) {
  BOOST_TEST(use(id, "1", "log", "marketing") == "denied");
  const auto arguments =
      agreements::Correct{{*agreements::AgreementId::from_hex(id), 1}, "urn:event", "better"}.encode();
  const auto result = call("maker", "correct", arguments, agreements::AgreementsContract());
  BOOST_REQUIRE(!result);
  BOOST_TEST(result.error().reason == "CORRECTED_ELSEWHERE");
}

BOOST_AUTO_TEST_CASE(no_amendment_changes_the_policy) {
  const auto key = *agreements::AgreementId::from_hex(id);
  auto document = *json::parse(agreements::read_version(*this, key, 1));
  const auto amend = [&] {
    const auto result = call("farm", "amend", agreements::Amend{key, json::canonical(document)}.encode(),
                             agreements::AgreementsContract());
    return result ? std::string("ok") : result.error().reason;
  };
  const auto before = document;
  document.set("policy", *json::parse(terms()));
  BOOST_TEST(amend() == "POLICY_DIFFERS");
  document = before;
  document.set("scope", json::Value::object().set("datasets", *json::parse(R"(["urn:ds:other"])")));
  BOOST_TEST(amend() == "POLICY_DIFFERS");
  document = before;
  document.set("noticeDays", json::Value::number(std::int64_t{30}));
  BOOST_TEST(amend() == "ok");
}

/// Permitted without the maker's own word only.
BOOST_AUTO_TEST_CASE(claims_count_when_the_provider_or_an_agreed_issuer_vouches) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto role = sample::constraint("vcard:hasRole", "eq", R"("ex:vet")");
  const auto alone = ledger.agree(UsageLedger::terms(role));
  const auto with_coop = ledger.agree(UsageLedger::terms(role), R"(,"issuers":["coop","maker"])");
  const auto claim = [](const std::string& about, const std::string& value, const std::string& more = "") {
    return R"({"about":")" + about + R"(","claims":{"vcard:hasRole":)" + value + "}" + more + "}";
  };
  const auto decisions = [&](const std::string& use) {
    return ledger.use(alone, use) + " " + ledger.use(with_coop, use);
  };
  BOOST_TEST(decisions("1") == "denied denied");
  BOOST_TEST(ledger.reason("maker", "claim", claim("maker", R"("ex:vet")")) == "OWN_CLAIM");
  BOOST_TEST(ledger.reason("coop", "claim", claim("nobody", R"("ex:vet")")) == "UNKNOWN_ORGANISATION");
  ledger.must("coop", "claim", claim("maker", R"("ex:vet")"));
  BOOST_TEST(decisions("2") == "denied permitted");
  ledger.must("coop", "claim", claim("maker", "[]"));
  BOOST_TEST(decisions("3") == "denied denied");
  const auto until = production::time_text(static_cast<std::int64_t>(ledger.time + 3'600'000));
  ledger.must("farm", "claim", claim("maker", R"(["ex:vet"])", R"(,"until":")" + until + "\""));
  BOOST_TEST(decisions("4") == "permitted permitted");
  ledger.wait(3'600'000);
  BOOST_TEST(decisions("5") == "denied denied");
  BOOST_TEST(ledger.reason("farm", "claim",
                           claim("maker", R"("ex:vet")", R"(,"from":")" + until + R"(","until":")" + until + "\"")) ==
             "USAGE_ARGUMENTS");
}

BOOST_AUTO_TEST_CASE(an_issuer_says_a_bounded_number_of_things) {
  UsageLedger ledger;
  for (std::size_t i = 0; i <= kClaimsMax; ++i) {
    const auto arguments = R"({"about":"maker","claims":{"ex:o)" + std::to_string(i) + R"(":1}})";
    if (i < kClaimsMax) {
      ledger.must("farm", "claim", arguments);
    } else {
      BOOST_TEST(ledger.reason("farm", "claim", arguments) == "TOO_MANY_CLAIMS");
    }
  }
}

/// What the requester says means what the terms mean by the same word.
BOOST_AUTO_TEST_CASE(words_of_a_use_are_expanded_as_those_of_the_terms) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto policy =
      R"({"@context":{"ex":"https://example.org/"},"conflict":"prohibit","prohibition":[{"uid":"urn:rule:no","action":"use",
          "target":"urn:ds:milk","assigner":"urn:keten:organisation:farm","assignee":"urn:keten:organisation:maker",)" +
      sample::constraint("purpose", "isAnyOf", R"(["ex:marketing"])") + "}]," + UsageLedger::terms().substr(1);
  const auto agreed = ledger.agree(policy);
  BOOST_TEST(ledger.use(agreed, "1", "permit", "ex:quality") == "permitted");
  BOOST_TEST(ledger.use(agreed, "2", "permit", "ex:marketing") == "denied");
}

BOOST_AUTO_TEST_CASE(asking_for_more_does_not_get_around_a_prohibition) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto agreed = ledger.agree(UsageLedger::terms(
      "", R"("conflict":"prohibit","prohibition":[{"uid":"urn:rule:no","action":"distribute","target":"urn:ds:milk",
            "assigner":"urn:keten:organisation:farm","assignee":"urn:keten:organisation:maker"}])"));
  BOOST_TEST(ledger.use(agreed, "1", "permit", "quality", "read") == "permitted");
  BOOST_TEST(ledger.use(agreed, "2", "permit", "quality", "distribute") == "denied");
  BOOST_TEST(ledger.use(agreed, "3", "permit", "quality", "use") == "denied");
}

BOOST_AUTO_TEST_CASE(no_dataset_is_called_as_an_item_is) {
  UsageLedger ledger;
  for (const auto* name :
       {"https://id.gs1.org/01/09521003000428/21/1001", "https://farm.example/milk/01/09521003000428",
        "http://id.gs1.org/414/9521003000004", "urn:epc:id:sgtin:9521003.000042.1001",
        "urn:epc:class:lgtin:9521003.000042.A", "urn:epc:id:unheard:1"}) {
    const auto text = R"({"dataset":")" + std::string(name) + R"(","commitment":")" + UsageLedger::kCommitment + "\"}";
    BOOST_TEST(ledger.reason("farm", "register", text) == "NAME_OF_AN_ITEM", name);
  }
}

BOOST_AUTO_TEST_CASE(names_of_a_member_are_registered_by_it_alone) {
  UsageLedger ledger;
  const auto named = [](const std::string& dataset) {
    return R"({"dataset":")" + dataset + R"(","commitment":")" + UsageLedger::kCommitment + "\"}";
  };
  BOOST_TEST(ledger.reason("maker", "register", named("urn:keten:dataset:farm:milk")) == "NAME_RESERVED");
  BOOST_TEST(ledger.reason("maker", "register", named("urn:keten:dataset:maker2:milk")) == "NAME_RESERVED");
  ledger.must("farm", "register", named("urn:keten:dataset:farm:milk"));
  ledger.must("farm", "transfer", R"({"dataset":"urn:keten:dataset:farm:milk","to":"coop"})");
  ledger.must("farm", "register", named("urn:keten:dataset:farm:milk"));  // a new version keeps the offer
  ledger.must("farm", "transfer", R"({"dataset":"urn:keten:dataset:farm:milk","to":"farm"})");
  BOOST_TEST(ledger.reason("coop", "take", R"({"dataset":"urn:keten:dataset:farm:milk"})") == "NOT_OFFERED");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
