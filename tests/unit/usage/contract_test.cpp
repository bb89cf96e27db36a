#include <algorithm>
#include <string>

#include "contracts/production/time.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/negotiation.h"
#include "contracts/usage/usage_contract.h"
#include "contracts/usage/views.h"
#include "tests/unit/usage/samples.h"
#include "tests/unit/usage/usage_ledger.h"

namespace keten::usage {
namespace {

using test::UsageLedger;

std::string named(const std::string& member, const std::string& value) {
  return R"({")" + member + R"(":")" + value + "\"}";
}

BOOST_AUTO_TEST_SUITE(contract)

BOOST_AUTO_TEST_CASE(a_dataset_has_versions_an_owner_and_a_new_owner_only_when_both_say_so) {
  UsageLedger ledger;
  ledger.register_milk();
  ledger.register_milk();
  BOOST_TEST(ledger.record("dataset/urn:ds:milk").find("version")->as_integer().value_or(0) == 2);
  const auto again = R"({"dataset":"urn:ds:milk","commitment":")" + UsageLedger::kCommitment + "\"}";
  BOOST_TEST(ledger.reason("maker", "register", again) == "NOT_THE_OWNER");
  BOOST_TEST(ledger.reason("maker", "transfer", R"({"dataset":"urn:ds:milk","to":"maker"})") == "NOT_THE_OWNER");
  BOOST_TEST(ledger.reason("coop", "take", named("dataset", "urn:ds:milk")) == "NOT_OFFERED");
  BOOST_TEST(ledger.reason("farm", "transfer", R"({"dataset":"urn:ds:none","to":"maker"})") == "UNKNOWN_DATASET");
  ledger.must("farm", "transfer", R"({"dataset":"urn:ds:milk","to":"coop"})");
  BOOST_TEST(ledger.reason("maker", "take", named("dataset", "urn:ds:milk")) == "NOT_OFFERED");
  BOOST_TEST(*ledger.record("dataset/urn:ds:milk").find_string("owner") == "farm");
  ledger.must("coop", "take", named("dataset", "urn:ds:milk"));
  BOOST_TEST(*ledger.record("dataset/urn:ds:milk").find_string("owner") == "coop");
  BOOST_TEST(ledger.reason("farm", "register", again) == "NOT_THE_OWNER");
}

/// Every state, move and side against the Dataspace Protocol's table, and termination from every open state.
BOOST_AUTO_TEST_CASE(every_move_that_the_protocol_does_not_allow_is_refused) {
  struct Row {
    const char* from;
    const char* move;
    const char* sides;
    const char* to;
  };
  constexpr Row kAllowed[] = {
      {"NONE", "request", "C", "REQUESTED"},          {"NONE", "offer", "P", "OFFERED"},
      {"REQUESTED", "offer", "P", "OFFERED"},         {"REQUESTED", "agree", "P", "AGREED"},
      {"REQUESTED", "terminate", "CP", "TERMINATED"}, {"OFFERED", "request", "C", "REQUESTED"},
      {"OFFERED", "accept", "C", "ACCEPTED"},         {"OFFERED", "terminate", "CP", "TERMINATED"},
      {"ACCEPTED", "agree", "P", "AGREED"},           {"ACCEPTED", "terminate", "CP", "TERMINATED"},
      {"AGREED", "verify", "C", "VERIFIED"},          {"AGREED", "terminate", "CP", "TERMINATED"},
      {"VERIFIED", "finalize", "P", "FINALIZED"},     {"VERIFIED", "terminate", "CP", "TERMINATED"}};
  std::size_t allowed = 0;
  for (const auto state : kNegotiationStates) {
    BOOST_CHECK(state_of_name(state_name(state)) == state);
    for (const auto move : kMoves) {
      for (const auto side : {Side::consumer, Side::provider}) {
        const auto row = std::find_if(std::begin(kAllowed), std::end(kAllowed), [&](const Row& one) {
          return state_name(state) == one.from && move_name(move) == one.move &&
                 std::string_view(one.sides).find(side == Side::consumer ? 'C' : 'P') != std::string_view::npos;
        });
        const auto next = after(state, move, side);
        BOOST_TEST(next.has_value() == (row != std::end(kAllowed)), state_name(state) << " " << move_name(move));
        if (next && row != std::end(kAllowed)) { BOOST_TEST(state_name(*next) == row->to); }
        allowed += next ? 1 : 0;
      }
    }
  }
  BOOST_TEST(allowed == 19U);
}

BOOST_AUTO_TEST_CASE(both_sides_sign_the_same_terms_step_by_step) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto policy = UsageLedger::terms();
  const auto offer = R"({"dataset":"urn:ds:milk","consumer":"maker","policy":)" + policy + "}";
  BOOST_TEST(ledger.reason("maker", "offer", offer) == "NOT_THE_OWNER");
  BOOST_TEST(ledger.reason("farm", "request", R"({"dataset":"urn:ds:milk","policy":)" + policy + "}") == "ONE_PARTY");
  auto answer = ledger.must("maker", "request", R"({"dataset":"urn:ds:milk","policy":)" + policy + "}");
  const std::string id(*answer.find_string("negotiation"));
  const std::string first_terms(*answer.find_string("terms"));
  const auto table = [&] { return *read_negotiation(ledger, id)->find("document"); };
  BOOST_TEST(first_terms == agreements::document_hash(json::canonical(table())).hex());
  BOOST_CHECK(*table().find("policy") == *json::parse(json::canonical(sample::parsed(policy))));
  const auto with = [&](const std::string& terms) {
    return R"({"negotiation":")" + id + R"(","terms":")" + terms + "\"}";
  };
  // A counter-offer while it is requested is the provider's move, not the consumer's.
  const auto other = UsageLedger::terms(sample::constraint("count", "lteq", "3"));
  const auto counter = R"({"dataset":"urn:ds:milk","negotiation":")" + id + R"(","policy":)" + other + "}";
  BOOST_TEST(ledger.reason("maker", "request", counter) == "ILLEGAL_MOVE");
  answer = ledger.must("farm", "offer", counter);
  const std::string terms(*answer.find_string("terms"));
  BOOST_TEST(terms != first_terms);
  BOOST_TEST(ledger.reason("maker", "accept", with(first_terms)) == "TERMS_DIFFER");
  BOOST_TEST(ledger.reason("farm", "accept", with(terms)) == "ILLEGAL_MOVE");
  BOOST_TEST(ledger.reason("coop", "accept", with(terms)) == "NOT_A_PARTY");
  BOOST_TEST(ledger.reason("maker", "verify", with(terms)) == "ILLEGAL_MOVE");
  ledger.must("maker", "accept", with(terms));
  BOOST_TEST(ledger.reason("maker", "verify", with(terms)) == "ILLEGAL_MOVE");
  BOOST_TEST(ledger.reason("maker", "permit", UsageLedger::uses(id, R"({"id":"u","action":"read"})")) ==
             "UNKNOWN_AGREEMENT");
  ledger.must("farm", "agree", with(terms));
  ledger.must("maker", "verify", with(terms));
  answer = ledger.must("farm", "finalize", with(terms));
  BOOST_TEST(*answer.find_string("agreement") == terms);  // the agreement is what both have signed
  const auto agreed = agreements::read_agreement_record(ledger, *agreements::AgreementId::from_hex(terms));
  BOOST_REQUIRE(agreed);
  BOOST_TEST(agreements::state_name(agreed->record, ledger.time) == "active");
  BOOST_TEST(agreed->record.versions.front().has_signed("farm"));
  BOOST_TEST(agreed->record.versions.front().has_signed("maker"));
  BOOST_TEST(ledger.reason("farm", "terminate", named("negotiation", id)) == "ILLEGAL_MOVE");
  const auto record = ledger.record("negotiation/" + id);
  BOOST_TEST(*record.find_string("state") == "FINALIZED");
  BOOST_TEST(record.find("signatures")->members().size() == 2U);
  BOOST_TEST(ledger.reason("farm", "terminate", named("negotiation", std::string(64, '0'))) == "UNKNOWN_NEGOTIATION");
}

BOOST_AUTO_TEST_CASE(only_strict_terms_of_these_two_about_this_dataset_are_signed) {
  UsageLedger ledger;
  ledger.register_milk();
  ledger.must("farm", "register", R"({"dataset":"urn:ds:other","commitment":")" + UsageLedger::kCommitment + "\"}");
  const auto reason = [&](std::string policy, const std::string& from = "", const std::string& to = "") {
    if (!from.empty()) { policy.replace(policy.find(from), from.size(), to); }
    return ledger.reason("farm", "offer", R"({"dataset":"urn:ds:milk","consumer":"maker","policy":)" + policy + "}");
  };
  BOOST_TEST(reason(UsageLedger::terms(), "Agreement", "Set") == "TERMS_NOT_SIGNABLE");
  BOOST_TEST(reason(UsageLedger::terms(), "urn:ds:milk", "urn:ds:other") == "TERMS_NOT_SIGNABLE");
  BOOST_TEST(reason(UsageLedger::terms(), "organisation:farm", "organisation:coop") == "TERMS_NOT_SIGNABLE");
  BOOST_TEST(reason(UsageLedger::terms(), "organisation:maker", "organisation:coop") == "TERMS_NOT_SIGNABLE");
  BOOST_TEST(reason(UsageLedger::terms(), "\"use\"", "\"ex:milk\"") == "TERMS_NOT_SIGNABLE");
  BOOST_TEST(reason(UsageLedger::terms(R"("constraints":[])")) == "TERMS_NOT_SIGNABLE");
  BOOST_TEST(reason(UsageLedger::terms("", R"("inheritFrom":"ex:other")")) == "TERMS_NOT_SIGNABLE");
  BOOST_TEST(reason(UsageLedger::terms(), "urn:rule:1", std::string(kRuleUidBytesMax + 1, 'x')) ==
             "TERMS_NOT_SIGNABLE");
  BOOST_TEST(reason(UsageLedger::terms(R"("dc:title":")" + std::string(kTermsBytesMax, 'x') + "\"")) ==
             "TERMS_TOO_LARGE");
  BOOST_TEST(reason(UsageLedger::terms(R"("duty":7)")) == "POLICY_INVALID");
}

BOOST_AUTO_TEST_CASE(uses_are_judged_at_block_time_and_counted_exactly) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto id = ledger.agree(UsageLedger::terms(
      R"("constraint":[{"leftOperand":"purpose","operator":"isAnyOf","rightOperand":["quality","maintenance"]},
          {"leftOperand":"count","operator":"lteq","rightOperand":3}])"));
  BOOST_TEST(ledger.use(id, "1") == "permitted");
  BOOST_TEST(ledger.use(id, "2", "permit", "marketing") == "denied");
  BOOST_TEST(ledger.events.at(0) == "usage.denied");
  BOOST_TEST(ledger.use(id, "3", "permit", "quality", "sell") == "denied");
  BOOST_TEST(ledger.reason("maker", "permit", UsageLedger::uses(id, R"({"id":"1","action":"read"})")) == "USE_ID_USED");
  BOOST_TEST(ledger.reason("farm", "permit", UsageLedger::uses(id, R"({"id":"9","action":"read"})")) ==
             "NOT_THE_CONSUMER");
  // Four in one batch, with two left: each counts for the next.
  std::string batch;
  for (const auto* use : {"4", "5", "6", "7"}) {
    batch += (batch.empty() ? "" : ",") +
             (R"({"id":")" + std::string(use) + R"(","action":"read","statements":{"purpose":"quality"}})");
  }
  const auto results = ledger.must("maker", "permit", UsageLedger::uses(id, batch));
  std::string decisions;
  for (const auto& one : results.items()) { decisions += std::string(*one.find_string("decision")) + " "; }
  BOOST_TEST(decisions == "permitted permitted denied denied ");
  const auto counters = ledger.record("counters/" + id);
  BOOST_TEST(counters.find("rules")->find("urn:rule:1")->find("count")->text() == "3");
  BOOST_TEST(counters.find("denied")->text() == "4");
  const auto record = ledger.record("use/" + id + "/7");
  BOOST_TEST(record.find("report")->items().size() == 1U);
  // The same id twice in one batch leaves nothing.
  BOOST_TEST(ledger.reason("maker", "log",
                           UsageLedger::uses(id, R"({"id":"8","action":"read"},{"id":"8","action":"read"})")) ==
             "USE_ID_USED");
}

BOOST_AUTO_TEST_CASE(what_happened_without_a_permission_is_a_violation_and_counts) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto id = ledger.agree(UsageLedger::terms(sample::constraint("count", "lteq", "1")));
  BOOST_TEST(ledger.use(id, "1", "log") == "permitted");
  BOOST_TEST(ledger.use(id, "2", "log") == "denied");
  BOOST_TEST(ledger.events.at(0) == "agreements.finding");
  BOOST_TEST(ledger.events.at(1) == "usage.violation");
  BOOST_TEST(ledger.finding(id, 1).code == "violation");
  BOOST_TEST(ledger.finding(id, 1).organisation == "maker");
  const auto counters = ledger.record("counters/" + id);
  BOOST_TEST(counters.find("violations")->text() == "1");
  BOOST_TEST(counters.find("rules")->find("urn:rule:1")->find("count")->text() == "2");
}

BOOST_AUTO_TEST_CASE(nothing_is_used_behind_the_end_that_either_side_makes) {
  for (const auto* side : {"farm", "maker"}) {
    UsageLedger ledger;
    ledger.register_milk();
    const auto id = ledger.agree(UsageLedger::terms());
    BOOST_TEST(ledger.use(id, "1") == "permitted");
    BOOST_TEST(ledger.terminate("coop", id) == "NOT_A_PARTY");
    BOOST_TEST(ledger.terminate(side, id) == "ok");
    ledger.block_ms = 0;  // the same block time, behind the termination
    BOOST_TEST(ledger.reason("maker", "permit", UsageLedger::uses(id, R"({"id":"2","action":"read"})")) ==
               "AGREEMENT_ENDED");
    // What was used in the block of the end was used behind it; what was used before is told behind it.
    BOOST_TEST(ledger.use(id, "2", "log") == "denied");
    BOOST_TEST(ledger.finding(id, 1).code == "violation");
    const auto before = production::time_text(static_cast<std::int64_t>(ledger.time - 1));
    const auto told =
        ledger.must("maker", "log", UsageLedger::uses(id, R"({"id":"3","action":"read","at":")" + before + "\"}"));
    BOOST_TEST(*told.items().at(0).find_string("decision") == "permitted");
    const auto counters = ledger.record("counters/" + id);
    BOOST_TEST(counters.find("rules")->find("urn:rule:1")->find("count")->text() == "2");
    BOOST_TEST(counters.find("violations")->text() == "1");
    BOOST_TEST(ledger.terminate(side, id) == "AGREEMENT_TERMINATED");
    BOOST_TEST(*read_agreement(ledger, id, static_cast<std::int64_t>(ledger.time))->find_string("terminatedBy") ==
               side);
  }
}

BOOST_AUTO_TEST_CASE(an_agreement_begins_and_ends_as_signed_and_notice_is_kept) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto at = [&](std::uint64_t later) {
    return production::time_text(static_cast<std::int64_t>(ledger.time + later));
  };
  const auto id = ledger.agree(UsageLedger::terms(), R"(,"start":")" + at(3'600'000) + R"(","end":")" +
                                                         at(30 * 86'400'000ULL) + R"(","noticeDays":2)");
  const auto use = UsageLedger::uses(id, R"({"id":"1","action":"read"})");
  BOOST_TEST(ledger.reason("maker", "permit", use) == "AGREEMENT_NOT_BEGUN");
  ledger.wait(3'600'000);
  BOOST_TEST(ledger.use(id, "1") == "permitted");
  auto ended = ledger;
  ended.wait(30 * 86'400'000ULL);
  BOOST_TEST(ended.use(id, "2", "log") == "denied");
  const auto early =
      ended.must("maker", "log", UsageLedger::uses(id, R"({"id":"3","action":"read","at":"2026-01-01T00:00:00Z"})"));
  BOOST_TEST(*early.items().at(0).find_string("decision") == "denied");
  BOOST_TEST(ended.finding(id, 2).message.find("begins at") != std::string::npos);
  BOOST_TEST(ledger.terminate("farm", id) == "ok");
  BOOST_TEST(ledger.use(id, "2") == "permitted");  // the notice runs
  ledger.wait(2 * 86'400'000ULL);
  BOOST_TEST(ledger.reason("maker", "permit", UsageLedger::uses(id, R"({"id":"3","action":"read"})")) ==
             "AGREEMENT_ENDED");
  BOOST_TEST(ledger.reason("farm", "offer",
                           R"({"dataset":"urn:ds:milk","consumer":"maker","noticeDays":-1,"policy":)" +
                               UsageLedger::terms() + "}") == "AGREEMENT_INVALID");
}

BOOST_AUTO_TEST_CASE(nobody_grants_what_has_passed_to_another) {
  UsageLedger ledger;
  ledger.register_milk();
  auto answer = ledger.must("farm", "offer",
                            R"({"dataset":"urn:ds:milk","consumer":"maker","policy":)" + UsageLedger::terms() + "}");
  const auto with = R"({"negotiation":")" + std::string(*answer.find_string("negotiation")) + R"(","terms":")" +
                    std::string(*answer.find_string("terms")) + "\"}";
  ledger.must("maker", "accept", with);
  ledger.must("farm", "transfer", R"({"dataset":"urn:ds:milk","to":"coop"})");
  ledger.must("coop", "take", named("dataset", "urn:ds:milk"));
  BOOST_TEST(ledger.reason("farm", "agree", with) == "NOT_THE_OWNER");
}

/// Terms whose members change places in canonical form: what is checked is what is stored and judges.
BOOST_AUTO_TEST_CASE(terms_are_read_as_they_are_stored) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto offer = [&](const std::string& constraint) {
    return ledger.reason("farm", "offer",
                         R"({"dataset":"urn:ds:milk","consumer":"maker","policy":)" +
                             UsageLedger::terms(R"("constraint":[)" + constraint + "]") + "}");
  };
  BOOST_TEST(offer(R"({"leftOperand":{"uid":7,"@id":"count"},"operator":"lteq","rightOperand":1})") ==
             "POLICY_INVALID");
  BOOST_TEST(offer(R"({"operator":"lteq","leftOperand":"count","odrl:operator":"gteq","rightOperand":1})") ==
             "POLICY_INVALID");
  // A prefix that needs another one, which stands before it only here.
  const auto policy = R"({"@context":{"z":"http://z.example/","a":"z:a/"},)" + UsageLedger::terms().substr(1);
  BOOST_TEST(ledger.use(ledger.agree(policy), "1") == "permitted");
}

BOOST_AUTO_TEST_CASE(an_overdue_duty_stops_the_uses_and_a_late_one_stays_late) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto id = ledger.agree(UsageLedger::terms(
      R"("duty":[{"uid":"urn:duty:report","action":"inform","constraint":{"leftOperand":"delayPeriod","operator":"lteq",
         "rightOperand":"PT1H"}}])"));
  const auto duty = ledger.record(duty_key(id, 0));
  BOOST_TEST(*duty.find_string("state") == "open");
  BOOST_TEST(duty.find("deadline")->as_integer().value_or(0) == static_cast<std::int64_t>(ledger.time) + 3'600'000);
  BOOST_TEST(ledger.use(id, "1") == "permitted");
  const auto in_time = ledger;
  ledger.wait(3'700'000);
  BOOST_TEST(ledger.events.at(0) == "agreements.finding");
  BOOST_TEST(ledger.use(id, "2") == "denied");
  const auto fulfil =
      R"({"agreement":")" + id + R"(","duty":"urn:duty:report","commitment":")" + UsageLedger::kCommitment + "\"}";
  BOOST_TEST(ledger.reason("farm", "fulfil", fulfil) == "NOT_THE_CONSUMER");
  auto late = ledger;
  BOOST_TEST(*late.must("maker", "fulfil", fulfil).find_string("state") == "late");
  BOOST_TEST(late.reason("maker", "fulfil", fulfil) == "DUTY_DONE");
  BOOST_TEST(late.use(id, "3") == "denied");
  ledger = in_time;
  BOOST_TEST(*ledger.must("maker", "fulfil", fulfil).find_string("state") == "fulfilled");
  ledger.wait(3'700'000);
  BOOST_TEST(ledger.findings(id) == 0U);
  BOOST_TEST(ledger.use(id, "3") == "permitted");
  BOOST_TEST(ledger.reason("maker", "fulfil",
                           R"({"agreement":")" + id + R"(","duty":"urn:none","commitment":")" +
                               UsageLedger::kCommitment + "\"}") == "UNKNOWN_DUTY");
}

BOOST_AUTO_TEST_CASE(what_the_owner_registered_decides_on_classification) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto id = ledger.agree(UsageLedger::terms(sample::constraint("classification", "isNoneOf", R"(["health"])")));
  BOOST_TEST(ledger.use(id, "1") == "permitted");
  ledger.must(
      "farm", "register",
      R"({"dataset":"urn:ds:milk","commitment":")" + UsageLedger::kCommitment + R"(","classification":["health"]})");
  BOOST_TEST(ledger.use(id, "2") == "denied");
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_named) {
  UsageLedger ledger;
  const auto message = [&](const std::string& method, const std::string& arguments) {
    const auto result = ledger.call("farm", method, arguments);
    BOOST_REQUIRE(!result);
    return result.error().violations.empty() ? result.error().reason : result.error().violations.front().pointer;
  };
  BOOST_TEST(message("destroy", "{}") == "UNKNOWN_METHOD");
  BOOST_TEST(message("register", "[]") == "");
  BOOST_TEST(message("register", "{}") == "/dataset");
  BOOST_TEST(message("register", R"({"dataset":"a b"})") == "/dataset");
  BOOST_TEST(message("register", R"({"dataset":"a","commitment":"abc"})") == "/commitment");
  BOOST_TEST(message("register", R"({"dataset":"a","commitment":")" + UsageLedger::kCommitment + R"(","title":"x"})") ==
             "/title");
  BOOST_TEST(message("permit", R"({"agreement":")" + UsageLedger::kCommitment + R"(","uses":[]})") == "/uses");
  BOOST_TEST(message("permit", R"({"agreement":")" + UsageLedger::kCommitment + R"(","uses":[{"id":"1"}]})") ==
             "/uses/0/action");
  BOOST_TEST(message("permit", R"({"agreement":")" + UsageLedger::kCommitment +
                                   R"(","uses":[{"id":"1","action":"read","count":-1}]})") == "/uses/0/count");
}

BOOST_AUTO_TEST_CASE(a_permit_says_when_it_ends_by_its_conditions_or_with_the_agreement) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto hours = [&](int count) { return static_cast<std::int64_t>(ledger.time) + count * 3'600'000; };
  const auto until = [&](const std::string& agreement, const std::string& use) {
    ledger.use(agreement, use);
    const auto record = ledger.record("use/" + agreement + "/" + use);
    const auto* end = record.find("until");
    return end == nullptr ? 0 : end->as_integer().value_or(-1);
  };
  const auto text = [](std::int64_t time) { return production::time_text(time); };
  const auto before = [&](std::int64_t time) {
    return R"("constraint":[{"leftOperand":"dateTime","operator":"lt","rightOperand":")" + text(time) + "\"}]";
  };
  const auto first = hours(1);
  const auto second = hours(2);
  const auto endless = ledger.agree(UsageLedger::terms());
  BOOST_TEST(until(endless, "u1") == 0);
  BOOST_TEST(until(ledger.agree(UsageLedger::terms(before(first))), "u1") == first);
  const auto end = R"(,"end":")" + text(first) + "\"";
  BOOST_TEST(until(ledger.agree(UsageLedger::terms(before(second)), end), "u1") == first);
  BOOST_TEST(until(ledger.agree(UsageLedger::terms(), end), "u1") == first);
  // A log tells what was; nobody relies on it.
  ledger.use(endless, "u2", "log");
  BOOST_CHECK(ledger.record("use/" + endless + "/u2").find("until") == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
