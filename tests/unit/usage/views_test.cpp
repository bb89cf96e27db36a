#include "contracts/usage/views.h"

#include <string>

#include "tests/unit/usage/usage_ledger.h"

namespace keten::usage {
namespace {

using test::UsageLedger;

std::vector<std::string> ids(const json::Value& lines) {
  std::vector<std::string> found;
  for (const auto& line : lines.items()) { found.emplace_back(*line.find_string("id")); }
  return found;
}

/// Seven uses, one each second.
struct Farm : UsageLedger {
  Farm() {
    register_milk();
    agreement = agree(terms(
        R"("constraint":[{"leftOperand":"purpose","operator":"eq","rightOperand":"quality"}],"duty":[{"uid":"urn:duty:pay",)"
        R"("action":[{"rdf:value":{"@id":"compensate"},"refinement":[{"leftOperand":"payAmount","operator":"eq",)"
        R"("rightOperand":"250.50","unit":"urn:EUR"}]}],"constraint":[{"leftOperand":"delayPeriod","operator":"lteq",)"
        R"("rightOperand":"PT1H"}],"consequence":[{"uid":"urn:duty:late","action":[{"rdf:value":{"@id":"compensate"},)"
        R"("refinement":[{"leftOperand":"payAmount","operator":"eq","rightOperand":"25","unit":"urn:EUR"}]}]}]}])"));
    for (const auto* id : {"u1", "u2", "u3", "u4", "u5"}) { use(agreement, id); }
    use(agreement, "u6", "permit", "marketing");
    use(agreement, "u7", "log", "marketing");
  }
  [[nodiscard]] std::int64_t now() const { return static_cast<std::int64_t>(time); }

  std::string agreement;
};

BOOST_FIXTURE_TEST_SUITE(views, Farm)

BOOST_AUTO_TEST_CASE(uses_are_listed_in_order_and_in_parts) {
  std::string after = "0";
  std::vector<std::string> all;
  for (int parts = 0; !after.empty(); ++parts) {
    BOOST_REQUIRE(parts < 4);
    const auto part = list_uses(*this, agreement, {}, std::stoull(after), 3);
    BOOST_REQUIRE(part);
    for (auto& id : ids(part->items)) { all.push_back(std::move(id)); }
    after = part->next;
  }
  BOOST_TEST(all == (std::vector<std::string>{"u1", "u2", "u3", "u4", "u5", "u6", "u7"}),
             boost::test_tools::per_element());
  BOOST_TEST(list_uses(*this, std::string(64, '0'), {}, 0, 3).error().reason == "UNKNOWN_AGREEMENT");
  BOOST_TEST(list_uses(*this, agreement, {}, UINT64_MAX, 3)->items.items().empty());
  const auto use = read_use(*this, agreement, "u7");
  BOOST_REQUIRE(use);
  BOOST_CHECK(use->find("report") != nullptr);
  BOOST_TEST(read_use(*this, agreement, "u8").error().reason == "UNKNOWN_USE");
}

BOOST_AUTO_TEST_CASE(a_period_takes_its_first_moment_and_not_its_last) {
  const auto third = now() - 4000;
  const auto listed = [&](std::int64_t from, std::int64_t to) {
    return ids(list_uses(*this, agreement, {from, to}, 0, 100)->items);
  };
  BOOST_TEST(listed(third, third + 1) == std::vector<std::string>{"u3"}, boost::test_tools::per_element());
  BOOST_TEST(listed(third, third + 2000) == (std::vector<std::string>{"u3", "u4"}), boost::test_tools::per_element());
  BOOST_TEST(listed(third + 1, third + 1000).empty());
  BOOST_TEST(listed(now() + 1, INT64_MAX).empty());
  BOOST_TEST(listed(third, third - 5000).empty());
  BOOST_TEST(listed(0, INT64_MAX).size() == 7U);
}

BOOST_AUTO_TEST_CASE(a_statement_counts_by_purpose_and_says_what_is_owed) {
  auto statement = read_statement(*this, agreement, {}, now());
  BOOST_REQUIRE(statement);
  BOOST_TEST(json::canonical(*statement->find("uses")) ==
             R"({"byPurpose":[{"decision":"denied","kind":"log","purpose":"marketing","uses":1},)"
             R"({"decision":"denied","kind":"permit","purpose":"marketing","uses":1},)"
             R"({"decision":"permitted","kind":"permit","purpose":"quality","uses":5}],"total":7})");
  BOOST_TEST(json::canonical(*statement->find("due")) == R"([{"amount":"250.5","unit":"urn:EUR"}])");
  statement = read_statement(*this, agreement, {now() - 1000, now()}, now() + 3'600'000);
  BOOST_TEST(statement->find("uses")->find("total")->text() == "1");
  BOOST_TEST(*statement->find("duties")->items().at(0).find_string("state") == "overdue");
  // What is late costs more.
  BOOST_TEST(json::canonical(*statement->find("due")) == R"([{"amount":"275.5","unit":"urn:EUR"}])");
  must(
      "maker", "pay",
      R"({"agreement":")" + agreement + R"(","payment":"p1","duty":"urn:duty:pay","amount":"250.5","unit":"urn:EUR"})");
  BOOST_TEST(!read_statement(*this, agreement, {}, now())->find("due")->items().empty());  // the farm has not confirmed
  must("farm", "receive", R"({"agreement":")" + agreement + R"(","payment":"p1"})");
  BOOST_TEST(read_statement(*this, agreement, {}, now())->find("due")->items().empty());
  BOOST_TEST(read_statement(*this, std::string(64, '0'), {}, now()).error().reason == "UNKNOWN_AGREEMENT");
}

BOOST_AUTO_TEST_CASE(a_statement_equals_what_is_counted_of_its_lines) {
  const auto lines = list_uses(*this, agreement, {}, 0, 100);
  BOOST_CHECK(count_uses(lines->items.items()) == *read_statement(*this, agreement, {}, now())->find("uses"));
  BOOST_TEST(use_row(lines->items.items().front()).size() == use_columns().size());
}

BOOST_AUTO_TEST_CASE(datasets_are_listed_in_parts) {
  for (const auto* name : {"urn:ds:a", "urn:ds:b"}) {
    must("coop", "register", R"({"dataset":")" + std::string(name) + R"(","commitment":")" + kCommitment + "\"}");
  }
  const auto first = list_datasets(*this, "", 2);
  BOOST_TEST(first.items.items().size() == 2U);
  BOOST_TEST(first.next == "urn:ds:b");
  const auto second = list_datasets(*this, first.next, 2);
  BOOST_REQUIRE(second.items.items().size() == 1U);
  BOOST_TEST(*second.items.items().front().find_string("dataset") == "urn:ds:milk");
  BOOST_TEST(second.next.empty());
  BOOST_CHECK(read_dataset(*this, "urn:ds:a").ok());
  BOOST_TEST(read_dataset(*this, "urn:ds:x").error().reason == "UNKNOWN_DATASET");
  const auto agreed = read_agreement(*this, agreement, now());
  BOOST_REQUIRE(agreed);
  BOOST_TEST(agreed->find("counters")->find("uses")->text() == "7");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
