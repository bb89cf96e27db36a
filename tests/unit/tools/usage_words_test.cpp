#include "tools/keten/usage_words.h"

#include <filesystem>
#include <string>

#include <boost/test/unit_test.hpp>

#include "client/keystore.h"
#include "contracts/usage/policy_reader.h"
#include "core/json.h"

namespace keten::tools {
namespace {

usage::Policy read(const std::string& text) {
  const auto document = json::parse(text);
  BOOST_REQUIRE(document);
  auto policy = usage::read_policy(*document);
  BOOST_REQUIRE_MESSAGE(policy, (policy ? "" : policy.error().message));
  return std::move(*policy);
}

/// A permission with these constraints.
std::string condition(const std::string& operand, const std::string& op, const std::string& value,
                      Language language = Language::english) {
  const auto policy =
      read(R"({"@type":"Set","uid":"urn:p","permission":[{"uid":"urn:r","action":"read","target":"urn:d",)"
           R"("constraint":[{"leftOperand":")" +
           operand + R"(","operator":")" + op + R"(","rightOperand":)" + value + "}]}]}");
  return UsageWords(policy, language).constraint(policy.rules.front().constraints.front());
}

BOOST_AUTO_TEST_SUITE(usage_words)

BOOST_AUTO_TEST_CASE(terms_are_told_in_words_of_both_languages) {
  const auto policy = read(
      R"({"@type":"Agreement","uid":"urn:p","permission":[{"uid":"urn:r","action":["read","aggregate"],"target":"urn:ds:milk",)"
      R"("assigner":"urn:keten:organisation:FarmCo","assignee":"urn:keten:organisation:RobotCo",)"
      R"("constraint":[{"leftOperand":"purpose","operator":"isAnyOf","rightOperand":["quality","maintenance"]},)"
      R"({"leftOperand":"count","operator":"lteq","rightOperand":5}],"duty":[{"uid":"urn:pay","action":[{"rdf:value":)"
      R"({"@id":"compensate"},"refinement":[{"leftOperand":"payAmount","operator":"eq","rightOperand":"250.00",)"
      R"("unit":"urn:EUR"}]}],"compensatedParty":"urn:keten:organisation:FarmCo","constraint":[{"leftOperand":)"
      R"("delayPeriod","operator":"lteq","rightOperand":"P3M"}]}]}],"prohibition":[{"uid":"urn:n","action":"sell",)"
      R"("target":"urn:ds:milk","assigner":"urn:keten:organisation:FarmCo","assignee":"urn:keten:organisation:RobotCo"}]})");
  BOOST_TEST(UsageWords(policy, Language::english).policy() ==
             "RobotCo may read or combine with other data: urn:ds:milk, when (urn:r)\n"
             "  - it is for quality or maintenance\n"
             "  - at most 5 uses\n"
             "  in return, who uses it must:\n"
             "    - pay to FarmCo 250.00 urn:EUR, within 3 months of the beginning (urn:pay)\n"
             "RobotCo may not sell: urn:ds:milk (urn:n)\n"
             "Where both apply, nothing is allowed: the terms contradict each other.\n"
             "What is not allowed here is not allowed.\n");
  BOOST_TEST(UsageWords(policy, Language::dutch).policy() ==
             "RobotCo mag lezen of samenvoegen met andere data: urn:ds:milk, als (urn:r)\n"
             "  - het is voor quality of maintenance\n"
             "  - hoogstens 5 keer\n"
             "  in ruil daarvoor moet de gebruiker:\n"
             "    - betalen aan FarmCo 250.00 urn:EUR, binnen 3 maanden na het begin (urn:pay)\n"
             "RobotCo mag niet verkopen: urn:ds:milk (urn:n)\n"
             "Waar beide gelden, mag niets: de voorwaarden spreken elkaar tegen.\n"
             "Wat hier niet mag, mag niet.\n");
}

BOOST_AUTO_TEST_CASE(the_time_to_log_a_use_runs_from_that_use) {
  const auto policy = read(
      R"({"@type":"Set","uid":"urn:p","permission":[{"uid":"urn:r","action":"read","target":"urn:d","duty":[{"uid":"urn:l",)"
      R"("action":"log","constraint":[{"leftOperand":"delayPeriod","operator":"lteq","rightOperand":"PT1H"}]}]}]})");
  const auto& duty = policy.rules.front().duties.front();
  BOOST_TEST(UsageWords(policy, Language::english).duty(duty) == "log each use, within 1 hour of it");
  BOOST_TEST(UsageWords(policy, Language::dutch).duty(duty) == "elk gebruik melden, binnen 1 uur daarna");
}

BOOST_AUTO_TEST_CASE(conditions_say_what_they_mean) {
  BOOST_TEST(condition("purpose", "isNoneOf", R"(["ads"])") == "it is not for ads");
  BOOST_TEST(condition("dateTime", "lt", R"("2027-01-01")") == "before 2027-01-01T00:00:00.000Z");
  BOOST_TEST(condition("dateTime", "gteq", R"("2027-01-01")") == "from 2027-01-01T00:00:00.000Z on");
  BOOST_TEST(condition("elapsedTime", "eq", R"("P1Y2M3DT4H5M6S")") ==
             "within 1 year 2 months 3 days 4 hours 5 minutes 6 seconds of the first use");
  BOOST_TEST(condition("delayPeriod", "eq", R"("P30D")") == "not before 30 days after the beginning");
  BOOST_TEST(condition("timeInterval", "eq", R"("PT1H")") == "1 hour or more after the use before");
  BOOST_TEST(condition("meteredTime", "lteq", R"("PT2H")", Language::dutch) == "in totaal 2 uur gebruikt, of minder");
  BOOST_TEST(condition("payAmount", "gteq", "5") == "5 has been paid");
  BOOST_TEST(condition("count", "gt", "5") == "the number of uses is above 5");
  BOOST_TEST(condition("spatial", "isPartOf", R"("urn:nl")") == "the place is, or belongs to, urn:nl");
  BOOST_TEST(condition("recipient", "neq", R"("urn:x")", Language::dutch) == "de ontvanger is niet urn:x");
}

BOOST_AUTO_TEST_CASE(every_template_is_told_in_its_language_without_addresses_of_vocabularies) {
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator("examples/policies")) {
    if (entry.path().extension() != ".json") { continue; }
    ++seen;
    const auto text = client::read_file(entry.path());
    BOOST_REQUIRE(text);
    const auto policy = read(*text);
    for (const auto language : {Language::english, Language::dutch}) {
      const auto words = UsageWords(policy, language).policy();
      BOOST_TEST_CONTEXT(entry.path() << "\n" << words) {
        BOOST_TEST(words.find("http") == std::string::npos);
        BOOST_TEST(words.find("Party") == std::string::npos);
        BOOST_TEST((words.find(" may ") == std::string::npos) == (language == Language::dutch));
      }
    }
  }
  BOOST_TEST(seen >= 10U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::tools
