#include <string>

#include "contracts/usage/ledger_records.h"
#include "contracts/usage/usage_contract.h"
#include "contracts/usage/views.h"
#include "tests/unit/usage/samples.h"
#include "tests/unit/usage/usage_ledger.h"

namespace keten::usage {
namespace {

using agreements::FindingStatus;
using test::UsageLedger;

constexpr std::uint64_t kHour = 3'600'000;

/// A permission with this duty, agreed.
struct Owing : UsageLedger {
  std::string id;

  void agree_on(const std::string& duty, const std::string& more = "") {
    register_milk();
    id = agree(terms((more.empty() ? "" : more + ",") + R"("duty":[)" + duty + "]"));
  }
  static std::string duty(const std::string& uid, const std::string& action, const std::string& operand,
                          const std::string& op, const std::string& value, const std::string& more = "") {
    return R"({"uid":")" + uid + R"(","action":")" + action + R"(","constraint":[{"leftOperand":")" + operand +
           R"(","operator":")" + op + R"(","rightOperand":")" + value + "\"}]" + (more.empty() ? "" : "," + more) + "}";
  }
  [[nodiscard]] std::string fulfilling(const std::string& uid) const {
    return R"({"agreement":")" + id + R"(","duty":")" + uid + R"(","commitment":")" + kCommitment + "\"}";
  }
  [[nodiscard]] std::string state(std::size_t number_of) const {
    return std::string(*record(duty_key(id, number_of)).find_string("state"));
  }
  [[nodiscard]] std::string paying(const std::string& payment, const std::string& amount,
                                   const std::string& more = "") const {
    return R"({"agreement":")" + id + R"(","payment":")" + payment + R"(","amount":")" + amount +
           R"(","unit":"urn:EUR")" + more + "}";
  }
  [[nodiscard]] std::string receiving(const std::string& payment) const {
    return R"({"agreement":")" + id + R"(","payment":")" + payment + "\"}";
  }
};

BOOST_FIXTURE_TEST_SUITE(duties, Owing)

BOOST_AUTO_TEST_CASE(a_deadline_that_passes_is_a_finding_by_the_block_itself) {
  agree_on(duty("urn:d:report", "inform", "delayPeriod", "lteq", "PT1H"));
  const auto agreed = time;
  wait(agreed + kHour - time);
  BOOST_TEST(findings(id) == 0U);  // at the deadline it is not late
  wait(1);
  BOOST_REQUIRE(findings(id) == 1U);
  const auto found = finding(id, 1);
  BOOST_TEST(found.code == "duty_overdue");
  BOOST_TEST(found.event_id == "urn:d:report");
  BOOST_TEST(found.organisation == "maker");
  BOOST_TEST(found.package == "usage");
  BOOST_TEST(found.overdue == time);
  BOOST_TEST(found.transaction == 1U);  // behind the block's one transaction
  wait(kHour);
  BOOST_TEST(findings(id) == 1U);  // once
  BOOST_TEST(*must("maker", "fulfil", fulfilling("urn:d:report")).find_string("state") == "late");
  BOOST_CHECK(finding(id, 1).status == FindingStatus::corrected);
}

BOOST_AUTO_TEST_CASE(a_duty_fulfilled_late_in_the_block_that_is_first_behind_its_deadline_is_a_finding_too) {
  agree_on(duty("urn:d:report", "inform", "delayPeriod", "lteq", "PT1H"));
  block_ms = 2 * kHour;
  BOOST_TEST(*must("maker", "fulfil", fulfilling("urn:d:report")).find_string("state") == "late");
  BOOST_TEST(findings(id) == 1U);
  BOOST_CHECK(finding(id, 1).status == FindingStatus::corrected);
}

BOOST_AUTO_TEST_CASE(one_block_deals_with_a_bounded_number_of_deadlines) {
  register_milk();
  std::string list;
  for (int i = 0; i < 60; ++i) {
    list += (i == 0 ? "" : ",") + duty("urn:d:" + std::to_string(i), "inform", "delayPeriod", "lteq", "PT1H");
  }
  for (int i = 0; i < 5; ++i) { id = agree(terms(R"("duty":[)" + list + "]")); }
  const auto marked = [&] {
    std::size_t count = 0;
    for (const auto& [key, value] : rows) { count += as_text(key).starts_with("agreements/finding/") ? 1 : 0; }
    return count;
  };
  wait(2 * kHour);
  BOOST_TEST(marked() == kDueAtOnce);
  wait(1000);
  BOOST_TEST(marked() == 300U);
  BOOST_TEST(std::none_of(rows.begin(), rows.end(),
                          [](const auto& row) { return as_text(row.first).starts_with("usage/due/"); }));
}

BOOST_AUTO_TEST_CASE(consequences_wait_until_their_duty_is_overdue) {
  agree_on(duty("urn:d:report", "inform", "delayPeriod", "lteq", "PT1H",
                R"("consequence":[)" + duty("urn:d:then", "delete", "delayPeriod", "lteq", "PT10H") + "]"));
  BOOST_TEST(state(1) == "waiting");
  BOOST_TEST(reason("maker", "fulfil", fulfilling("urn:d:then")) == "DUTY_NOT_DUE");
  wait(2 * kHour);
  BOOST_TEST(state(1) == "open");
  BOOST_TEST(use(id, "1") == "denied");
  must("maker", "fulfil", fulfilling("urn:d:report"));
  BOOST_TEST(use(id, "2") == "denied");
  // Ten hours from the moment at which the report was due, not from when somebody looked.
  const auto due = record(duty_key(id, 0)).find("deadline")->as_integer().value_or(0);
  BOOST_TEST(record(duty_key(id, 1)).find("deadline")->as_integer().value_or(0) ==
             due + 10 * static_cast<std::int64_t>(kHour));
  wait(5 * kHour);  // more than ten behind the start, less than ten behind the breach
  wait(3 * kHour);
  BOOST_TEST(*must("maker", "fulfil", fulfilling("urn:d:then")).find_string("state") == "fulfilled");
  BOOST_TEST(use(id, "3") == "permitted");  // made good
}

BOOST_AUTO_TEST_CASE(a_period_since_the_first_use_begins_with_it) {
  agree_on(duty("urn:d:report", "inform", "elapsedTime", "lteq", "PT1H"));
  wait(5 * kHour);
  BOOST_TEST(findings(id) == 0U);
  BOOST_TEST(reason("maker", "fulfil", fulfilling("urn:d:report")) == "DUTY_NOT_DUE");
  BOOST_TEST(use(id, "1") == "permitted");
  BOOST_TEST(state(0) == "open");
  wait(2 * kHour);
  BOOST_TEST(findings(id) == 1U);
}

BOOST_AUTO_TEST_CASE(an_obligation_since_the_first_use_begins_with_the_first_use_of_any_permission) {
  register_milk();
  id = agree(terms("", R"("obligation":[)" + duty("urn:d:report", "inform", "elapsedTime", "lteq", "PT1H") + "]"));
  wait(5 * kHour);
  BOOST_TEST(state(0) == "waiting");
  BOOST_TEST(use(id, "1") == "permitted");
  const auto used = static_cast<std::int64_t>(time);
  BOOST_TEST(state(0) == "open");
  BOOST_TEST(record(duty_key(id, 0)).find("deadline")->as_integer().value_or(0) ==
             used + static_cast<std::int64_t>(kHour));
}

BOOST_AUTO_TEST_CASE(what_is_to_be_done_later_is_not_done_before) {
  for (const auto* op : {"gteq", "eq", "gt"}) {
    Owing ledger;
    ledger.agree_on(duty("urn:d:delete", "delete", "delayPeriod", op, "PT1H"));
    const auto agreed = ledger.time;
    BOOST_TEST(ledger.reason("maker", "fulfil", ledger.fulfilling("urn:d:delete")) == "DUTY_TOO_EARLY");
    ledger.wait(agreed + kHour - ledger.time - 1000);
    const bool behind = std::string(op) == "gt";
    BOOST_TEST(ledger.reason("maker", "fulfil", ledger.fulfilling("urn:d:delete")) == (behind ? "DUTY_TOO_EARLY" : ""));
    if (behind) { ledger.must("maker", "fulfil", ledger.fulfilling("urn:d:delete")); }
    ledger.wait(100 * kHour);
    BOOST_TEST(ledger.findings(ledger.id) == 0U);  // there is no latest moment
  }
}

BOOST_AUTO_TEST_CASE(a_deadline_with_lt_is_over_at_its_moment) {
  for (const auto* op : {"lteq", "lt"}) {
    Owing ledger;
    ledger.agree_on(duty("urn:d:report", "inform", "delayPeriod", op, "PT1H"));
    ledger.wait(kHour);
    BOOST_TEST(ledger.findings(ledger.id) == (std::string(op) == "lt" ? 1U : 0U));
  }
}

BOOST_AUTO_TEST_CASE(who_was_to_be_informed_says_whether_he_was) {
  agree_on(duty("urn:d:report", "inform", "delayPeriod", "lteq", "PT1H",
                R"("informedParty":"urn:keten:organisation:farm")"));
  const auto about = R"({"agreement":")" + id + R"(","duty":"urn:d:report"})";
  BOOST_TEST(reason("farm", "confirm", about) == "NOTHING_SAID");
  BOOST_TEST(reason("farm", "dispute", about) == "NOTHING_SAID");
  BOOST_TEST(*must("maker", "fulfil", fulfilling("urn:d:report")).find_string("state") == "said");
  BOOST_TEST(reason("maker", "fulfil", fulfilling("urn:d:report")) == "DUTY_SAID");
  BOOST_TEST(reason("maker", "confirm", about) == "OWN_WORD");
  BOOST_TEST(reason("maker", "dispute", about) == "OWN_WORD");
  BOOST_TEST(reason("coop", "confirm", about) == "NOT_A_PARTY");
  // Nothing came: it is open again, a finding, and overdue when its time is over.
  auto disputed = *this;
  disputed.must("farm", "dispute", R"({"agreement":")" + id + R"(","duty":"urn:d:report","reason":"NOTHING_CAME"})");
  BOOST_TEST(disputed.finding(id, 1).code == "fulfilment_disputed");
  BOOST_TEST(disputed.finding(id, 1).organisation == "maker");
  BOOST_TEST(disputed.state(0) == "open");
  disputed.must("maker", "fulfil", fulfilling("urn:d:report"));
  disputed.must("farm", "dispute", about);
  BOOST_TEST(disputed.findings(id) == 1U);  // the same, still open
  auto sent = disputed;
  disputed.wait(2 * kHour);
  BOOST_TEST(disputed.finding(id, 2).code == "duty_overdue");
  BOOST_TEST(disputed.use(id, "1") == "denied");
  sent.must("maker", "fulfil", fulfilling("urn:d:report"));
  sent.wait(2 * kHour);  // said in time: when it is confirmed does not matter
  BOOST_TEST(*sent.must("farm", "confirm", about).find_string("state") == "fulfilled");
  BOOST_CHECK(sent.finding(id, 1).status == FindingStatus::corrected);
  BOOST_TEST(sent.findings(id) == 1U);
  BOOST_TEST(sent.reason("farm", "dispute", about) == "CONFIRMED");
  BOOST_TEST(sent.use(id, "1") == "permitted");
}

BOOST_AUTO_TEST_CASE(a_fulfilment_that_is_disputed_behind_its_deadline_is_overdue_at_once) {
  agree_on(duty("urn:d:delete", "delete", "delayPeriod", "lteq", "PT1H",
                R"("consequence":[)" + duty("urn:d:then", "inform", "delayPeriod", "lteq", "PT10H") + "]"));
  must("maker", "fulfil", fulfilling("urn:d:delete"));
  BOOST_TEST(state(0) == "fulfilled");
  wait(2 * kHour);
  must("farm", "dispute", R"({"agreement":")" + id + R"(","duty":"urn:d:delete","commitment":")" + kCommitment + "\"}");
  BOOST_TEST(findings(id) == 1U);
  BOOST_TEST(use(id, "1") == "denied");
  BOOST_TEST(state(1) == "open");
  BOOST_TEST(*must("maker", "fulfil", fulfilling("urn:d:delete")).find_string("state") == "late");
  BOOST_CHECK(finding(id, 1).status == FindingStatus::corrected);
  must("maker", "fulfil", fulfilling("urn:d:then"));
  BOOST_TEST(use(id, "2") == "permitted");
}

/// Whoever owes it is blamed: the provider here.
BOOST_AUTO_TEST_CASE(a_duty_of_the_provider_is_overdue_for_him) {
  agree_on(duty("urn:d:consent", "obtainConsent", "delayPeriod", "lteq", "PT1H"));
  wait(2 * kHour);
  BOOST_TEST(finding(id, 1).organisation == "farm");
}

BOOST_AUTO_TEST_CASE(remedies_are_due_when_their_prohibition_is_broken) {
  register_milk();
  id = agree(
      terms("", R"("conflict":"prohibit","prohibition":[{"uid":"urn:rule:no","action":"sell","target":"urn:ds:milk",)"
                R"("assigner":"urn:keten:organisation:farm","assignee":"urn:keten:organisation:maker","remedy":[)" +
                    duty("urn:d:delete", "delete", "delayPeriod", "lteq", "PT1H") + "]}]"));
  wait(5 * kHour);
  BOOST_TEST(findings(id) == 0U);
  BOOST_TEST(use(id, "1", "log", "quality", "sell") == "denied");
  BOOST_TEST(state(0) == "open");
  wait(2 * kHour);
  BOOST_TEST(findings(id) == 2U);  // the violation, and the remedy that is overdue
}

BOOST_AUTO_TEST_CASE(a_permit_without_its_mandatory_log_is_a_finding_and_stops_the_next) {
  agree_on(duty("urn:d:log", "log", "delayPeriod", "lteq", "PT1H"));
  BOOST_TEST(reason("maker", "fulfil", fulfilling("urn:d:log")) == "DUTY_CONTINUES");
  BOOST_TEST(use(id, "1") == "permitted");
  BOOST_TEST(use(id, "2") == "permitted");
  const auto report = [&](const std::string& use, const std::string& permit, const std::string& purpose = "quality") {
    return uses(id, R"({"id":")" + use + R"(","action":"read","permit":")" + permit + R"(","statements":{"purpose":")" +
                        purpose + "\"}}");
  };
  BOOST_TEST(reason("maker", "log", report("r", "3")) == "UNKNOWN_PERMIT");
  BOOST_TEST(reason("maker", "log", report("r", "1", "marketing")) == "PERMIT_DIFFERS");
  BOOST_TEST(reason("maker", "permit", report("r", "1")) == "USAGE_ARGUMENTS");
  must("maker", "log", report("r1", "1"));
  BOOST_TEST(reason("maker", "log", report("r", "1")) == "ALREADY_LOGGED");
  wait(2 * kHour);
  BOOST_REQUIRE(findings(id) == 1U);
  BOOST_TEST(finding(id, 1).code == "log_missing");
  BOOST_TEST(finding(id, 1).event_id == "2");
  BOOST_TEST(use(id, "3") == "denied");
  BOOST_TEST(terminate("farm", id) == "ok");
  must("maker", "log", report("r2", "2"));  // what was permitted is reported behind the end too
  BOOST_CHECK(finding(id, 1).status == FindingStatus::corrected);
  BOOST_TEST(record(duty_key(id, 0)).find("missing")->text() == "0");
  // Counted when they were permitted, and not again.
  BOOST_TEST(record("counters/" + id).find("rules")->find("urn:rule:1")->find("count")->text() == "2");
  BOOST_TEST(reason("maker", "log", report("r", "3")) == "NOT_PERMITTED");
}

BOOST_AUTO_TEST_CASE(a_payment_counts_when_the_payee_confirms_it) {
  agree_on(R"({"uid":"urn:d:pay","action":[{"rdf:value":{"@id":"compensate"},"refinement":[{"leftOperand":"payAmount",)"
           R"("operator":"gteq","rightOperand":"100","unit":"urn:EUR"}]}],"constraint":[{"leftOperand":"event",)"
           R"("operator":"lt","rightOperand":"policyUsage"}]})",
           R"("constraint":[{"leftOperand":"payAmount","operator":"gteq","rightOperand":"99.5","unit":"urn:EUR"}])");
  BOOST_TEST(use(id, "1") == "denied");
  BOOST_TEST(reason("maker", "fulfil", fulfilling("urn:d:pay")) == "PAYMENT_NEEDED");
  for (const auto* wrong : {"-1", "0", "x", "1e99"}) {
    BOOST_TEST(reason("maker", "pay", paying("p", wrong)) == "USAGE_ARGUMENTS", wrong);
  }
  BOOST_TEST(reason("farm", "pay", paying("p", "1")) == "NOT_THE_CONSUMER");
  must("maker", "pay", paying("p1", "99.50", R"(,"duty":"urn:d:pay")"));
  BOOST_TEST(reason("maker", "pay", paying("p1", "99.50")) == "PAYMENT_ID_USED");
  BOOST_TEST(use(id, "2") == "denied");  // he says so
  BOOST_TEST(reason("maker", "receive", receiving("p1")) == "NOT_THE_PROVIDER");
  BOOST_TEST(reason("farm", "receive", receiving("p9")) == "UNKNOWN_PAYMENT");
  must("farm", "receive", receiving("p1"));
  BOOST_TEST(reason("farm", "receive", receiving("p1")) == "PAYMENT_DONE");
  BOOST_TEST(use(id, "3") == "denied");  // the duty asks for 100
  BOOST_TEST(state(0) == "open");
  must("maker", "pay", paying("p2", "0.5", R"(,"duty":"urn:d:pay")"));
  must("farm", "receive", receiving("p2"));
  BOOST_TEST(state(0) == "fulfilled");
  BOOST_TEST(use(id, "4") == "permitted");
  BOOST_TEST(*record("counters/" + id).find("paid")->find_string("urn:EUR") == "100");
}

BOOST_AUTO_TEST_CASE(consent_is_given_by_the_provider) {
  agree_on(R"({"uid":"urn:d:consent","action":"obtainConsent","constraint":[{"leftOperand":"event","operator":"lt",)"
           R"("rightOperand":"policyUsage"}]})");
  BOOST_TEST(use(id, "1") == "denied");
  BOOST_TEST(reason("maker", "fulfil", fulfilling("urn:d:consent")) == "NOT_THE_PROVIDER");
  BOOST_TEST(reason("coop", "fulfil", fulfilling("urn:d:consent")) == "NOT_A_PARTY");
  auto confirmed = *this;
  must("farm", "fulfil", fulfilling("urn:d:consent"));
  BOOST_TEST(use(id, "2") == "permitted");
  confirmed.must("farm", "confirm", R"({"agreement":")" + id + R"(","duty":"urn:d:consent"})");
  BOOST_TEST(confirmed.use(id, "2") == "permitted");
}

BOOST_AUTO_TEST_CASE(duties_that_nobody_could_fulfil_are_not_signed) {
  register_milk();
  const auto reason_of = [&](const std::string& duty) {
    return reason("farm", "offer",
                  R"({"dataset":"urn:ds:milk","consumer":"maker","policy":)" + terms(R"("duty":[)" + duty + "]") + "}");
  };
  BOOST_TEST(reason_of(R"({"uid":"urn:d:late report","action":"inform"})") == "TERMS_NOT_SIGNABLE");
  BOOST_TEST(reason_of(R"({"uid":"urn:plicht:\u00e9","action":"inform"})") == "TERMS_NOT_SIGNABLE");
  BOOST_TEST(reason_of(R"({"uid":"urn:d","action":"inform","assignee":"urn:keten:organisation:coop"})") ==
             "TERMS_NOT_SIGNABLE");
  BOOST_TEST(reason_of(R"({"uid":"urn:d","action":"inform","informedParty":"urn:keten:organisation:farm"})") == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
