#include "contracts/agreements/document.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/agreements/ledger.h"

namespace keten::agreements {
namespace {

using json::Value;

/// Pointer of the first wrong place; empty when all is right.
std::string wrong_place(const Value& value) {
  const auto document = read_document(value);
  if (document) { return ""; }
  BOOST_TEST(document.error().reason == "AGREEMENT_INVALID");
  return document.error().violations.front().pointer;
}
Value parsed(std::string_view text) { return json::parse(text).value(); }

Value rule() {
  return parsed(R"({"package":"cold-chain","version":"1.0.0","mode":"flag","parameters":{"maxCelsius":8},"hash":")" +
                std::string(64, 'a') + R"("})");
}
Value with_rule(Value value) {
  auto rules = Value::array();
  rules.push(std::move(value));
  return test::document_value().set("rules", std::move(rules));
}

BOOST_AUTO_TEST_SUITE(documents)

BOOST_AUTO_TEST_CASE(a_document_says_everything_that_parties_sign) {
  auto value = with_rule(rule());
  value.set("end", Value::string("2030-01-01T00:00:00+01:00"))
      .set("identifiers", parsed(R"({"company1":["urn:epc:id:pgln:0614141.00777"]})"))
      .set("scope", parsed(R"({"products":["p"],"businessSteps":["shipping"],"locations":["l"],"ownEvents":true})"));
  const auto document = read_document(value);
  BOOST_REQUIRE(document.ok());
  BOOST_TEST(document->title == "Milk");
  BOOST_TEST(document->has_party("company1"));
  BOOST_TEST(!document->has_party("company2"));
  BOOST_TEST(document->identifiers.at("company1").front() == "urn:epc:id:pgln:0614141.00777");
  BOOST_TEST(document->end.value() == 1'893'452'400'000U);
  BOOST_TEST(document->notice_days == 30U);
  BOOST_TEST(document->scope.own_events);
  BOOST_TEST(document->scope.business_steps.front() == "shipping");
  BOOST_TEST(document->rules.front().entry == "on_event");
  BOOST_TEST((document->rules.front().mode == Mode::flag));
  BOOST_TEST(document->rules.front().hash.hex() == std::string(64, 'a'));
  BOOST_TEST(json::canonical(document->rules.front().parameters) == R"({"maxCelsius":8})");
}

BOOST_AUTO_TEST_CASE(every_wrong_place_is_named) {
  const auto with = [](std::string name, std::string_view text) {
    return wrong_place(test::document_value().set(std::move(name), parsed(text)));
  };
  BOOST_TEST(with("title", "\"\"") == "/title");
  BOOST_TEST(with("title", "7") == "/title");
  BOOST_TEST(with("parties", R"(["company0"])") == "/parties");
  BOOST_TEST(with("parties", R"(["company0","company0"])") == "/parties/1");
  BOOST_TEST(with("parties", R"(["company0","not a name"])") == "/parties/1");
  BOOST_TEST(with("start", "\"yesterday\"") == "/start");
  BOOST_TEST(with("start", "\"2027-01-01T00:00:00\"") == "/start");
  BOOST_TEST(with("end", "\"2001-01-01T00:00:00Z\"") == "/end");
  BOOST_TEST(with("noticeDays", "-1") == "/noticeDays");
  BOOST_TEST(with("noticeDays", "3651") == "/noticeDays");
  BOOST_TEST(with("noticeDays", "1.5") == "/noticeDays");
  BOOST_TEST(with("identifiers", R"({"company7":[]})") == "/identifiers/company7");
  BOOST_TEST(with("scope", R"({"product":[]})") == "/scope/product");
  BOOST_TEST(with("scope", R"({"products":"milk"})") == "/scope/products");
  BOOST_TEST(with("scope", R"({"products":["",7]})") == "/scope/products/0");
  BOOST_TEST(with("scope", R"({"ownEvents":1})") == "/scope/ownEvents");
  BOOST_TEST(with("policy", "[]") == "/policy");
  BOOST_TEST(with("rules", "{}") == "/rules");
  BOOST_TEST(with("surprise", "1") == "/surprise");
  BOOST_TEST(wrong_place(Value::array()) == "");
}

BOOST_AUTO_TEST_CASE(a_rule_names_its_package_by_hash_and_what_a_finding_does) {
  BOOST_TEST(wrong_place(with_rule(rule())) == "");
  const auto with = [](std::string name, std::string_view text) {
    return wrong_place(with_rule(rule().set(std::move(name), parsed(text))));
  };
  BOOST_TEST(with("mode", "\"warn\"") == "/rules/0/mode");
  BOOST_TEST(with("hash", "\"aa\"") == "/rules/0/hash");
  BOOST_TEST(with("hash", "\"" + std::string(64, 'A') + "\"") == "/rules/0/hash");
  BOOST_TEST(with("package", "\"\"") == "/rules/0/package");
  BOOST_TEST(with("entry", "\"no entry\"") == "/rules/0/entry");
  BOOST_TEST(with("parameters", "[]") == "/rules/0/parameters");
  BOOST_TEST(with("Mode", "1") == "/rules/0/Mode");
}

BOOST_AUTO_TEST_CASE(an_agreement_without_rules_and_policy_agrees_on_nothing) {
  auto value = test::document_value();
  value.remove("policy");
  BOOST_TEST(wrong_place(value) == "/rules");
}

BOOST_AUTO_TEST_CASE(parties_sign_canonical_bytes_and_no_others) {
  const auto canonical = test::document();
  BOOST_TEST(parse_document(canonical).ok());
  BOOST_TEST(parse_document(" " + canonical).error().reason == "AGREEMENT_NOT_CANONICAL");
  BOOST_TEST(parse_document(canonical + "x").error().reason == "JSON_MALFORMED");
  auto large = test::document_value();
  large.set("policy", Value::object().set("text", Value::string(std::string(kDocumentBytesMax, 'x'))));
  BOOST_TEST(parse_document(json::canonical(large)).error().reason == "AGREEMENT_TOO_LARGE");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::agreements
