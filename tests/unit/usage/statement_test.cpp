#include "contracts/usage/statement.h"

#include <string>

#include "tests/unit/usage/usage_ledger.h"

namespace keten::usage {
namespace {

using test::UsageLedger;

/// Data for quality, paid within the hour, else more; each permit is logged within the hour.
const std::string kTerms =
    R"("constraint":[{"leftOperand":"purpose","operator":"eq","rightOperand":"quality"}],"duty":[)"
    R"({"uid":"urn:duty:log","action":"http://www.w3.org/ns/odrl/2/log","constraint":[{"leftOperand":"delayPeriod",)"
    R"("operator":"lteq","rightOperand":"PT1H"}]},)"
    R"({"uid":"urn:duty:pay","action":[{"rdf:value":{"@id":"compensate"},"refinement":[{"leftOperand":"payAmount",)"
    R"("operator":"eq","rightOperand":"250.50","unit":"urn:EUR"}]}],"constraint":[{"leftOperand":"delayPeriod",)"
    R"("operator":"lteq","rightOperand":"PT1H"}],"consequence":[{"uid":"urn:duty:late","action":[{"rdf:value":)"
    R"({"@id":"compensate"},"refinement":[{"leftOperand":"payAmount","operator":"eq","rightOperand":"25",)"
    R"("unit":"urn:EUR"}]}]}]}])";

struct Farm : UsageLedger {
  Farm() {
    register_milk();
    agreement = agree(terms(kTerms));
  }
  [[nodiscard]] Result<AgreementHistory> told() const {
    return read_history(agreement, history("agreement", agreement));
  }
  /// What a history does not tell is left out.
  [[nodiscard]] std::string of_state(const Period& period) const {
    auto statement = *read_statement(*this, agreement, period, static_cast<std::int64_t>(time));
    statement.remove("state");
    statement.remove("asOf");
    return json::canonical(statement);
  }
  void check(const Period& period = {}) const {
    const auto history_told = told();
    BOOST_REQUIRE_MESSAGE(history_told, (history_told ? "" : history_told.error().message));
    auto statement = statement_of(*history_told, period);
    statement.remove("terminatedBy");
    statement.remove("terminated");
    BOOST_TEST(json::canonical(statement) == of_state(period));
  }

  std::string agreement;
};

BOOST_FIXTURE_TEST_SUITE(statement, Farm)

BOOST_AUTO_TEST_CASE(the_history_of_an_agreement_gives_the_statement_that_the_state_gives) {
  check();
  use(agreement, "u1");
  use(agreement, "u2", "permit", "marketing");
  use(agreement, "u3", "log", "marketing");
  use(agreement, "u4", "log");
  const auto middle = static_cast<std::int64_t>(time);
  check();
  must("maker", "correct",
       R"({"agreement":")" + agreement +
           R"(","corrects":"u3","use":{"id":"u5","action":"read","statements":{"purpose":"quality"}}})");
  must("maker", "correct", R"({"agreement":")" + agreement + R"(","corrects":"u4"})");
  check();
  check({middle, INT64_MAX});
  check({0, middle});
  // One hour later the payment and the log of u1 are overdue, and what is late costs more.
  wait(3'700'000);
  check();
  BOOST_TEST(json::canonical(*statement_of(*told(), {}).find("due")) == R"([{"amount":"275.5","unit":"urn:EUR"}])");
  must("maker", "log",
       uses(agreement, R"({"id":"u6","action":"read","statements":{"purpose":"quality"},"permit":"u1"})"));
  must(
      "maker", "pay",
      R"({"agreement":")" + agreement + R"(","payment":"p1","duty":"urn:duty:pay","amount":"250.5","unit":"urn:EUR"})");
  must("farm", "receive", R"({"agreement":")" + agreement + R"(","payment":"p1"})");
  check();
}

BOOST_AUTO_TEST_CASE(whoever_gave_notice_is_named) {
  BOOST_TEST(told()->terminated_by == "");
  BOOST_TEST(terminate("farm", agreement) == "ok");
  const auto statement = statement_of(*told(), {});
  BOOST_TEST(*statement.find_string("terminatedBy") == "farm");
  BOOST_CHECK(statement.find("terminated") != nullptr);
}

BOOST_AUTO_TEST_CASE(a_history_from_which_something_was_taken_is_refused) {
  for (const auto* id : {"u1", "u2", "u3"}) { use(agreement, id); }
  const auto whole = history("agreement", agreement);
  const auto reason = [&](const std::vector<RecordedFact>& facts) {
    const auto read = read_history(agreement, facts);
    return read ? "" : read.error().reason;
  };
  std::size_t refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto less = whole;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(i));
    if (whole[i].what == "usage.agreement") { BOOST_TEST(reason(less) == "NOT_ABOUT_DATA"); }
    const bool is_use = whole[i].what == "usage.record" && as_text(whole[i].fields[0]).starts_with("use/");
    if (is_use && !as_text(whole[i].fields[0]).ends_with("/u3")) {
      BOOST_TEST(reason(less) == "HISTORY_MALFORMED");
      ++refused;
    }
  }
  BOOST_TEST(refused == 2U);
  BOOST_TEST(read_history(std::string(64, '0'), whole).error().reason == "HISTORY_MALFORMED");
  BOOST_TEST(read_history(agreement, {}).error().reason == "NOT_ABOUT_DATA");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
