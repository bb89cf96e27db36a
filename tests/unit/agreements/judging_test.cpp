#include <boost/test/unit_test.hpp>

#include "contracts/agreements/findings.h"
#include "contracts/production/document.h"
#include "contracts/production/entity.h"
#include "contracts/production/event_record.h"
#include "contracts/production/item_state.h"
#include "contracts/production/production_contract.h"
#include "contracts/rule_judge.h"
#include "tests/unit/agreements/ledger.h"
#include "tests/unit/packages/published_ledger.h"

namespace keten::agreements {
namespace {

using packages::test::Code;
using packages::test::host;
using packages::test::kKey;

constexpr std::string_view kMilk = "https://id.gs1.org/01/09521003000428/21/1";
constexpr std::string_view kMilkOfStrangers = "https://id.gs1.org/01/09521003000428/21/2";

/// One finding with the code "calls", when the event's bizStep is as long as "shipping"; due at block time + 1.5 s when `hurried`.
Code flags_shipping(bool hurried = false) {
  Code code;
  code.i32(kKey + 5).i32(7).i32(2048).i32(100).call(host("event_get")).i32(8).op(0x46).begin(0x04);
  code.i32(kKey).i32(5).i32(kKey).i32(5);
  if (hurried) {
    code.call(host("block_time_ms")).i64(1500).op(0x7C);
  } else {
    code.i64(0);
  }
  return code.call(host("finding")).end();
}
/// A finding when the item of the event was never seen.
Code flags_unknown_item() {
  Code code;
  code.i32(kKey + 12).i32(9).i32(2048).i32(100).call(host("event_get")).op(0x1A);
  code.i32(2048).i32(static_cast<std::uint32_t>(kMilk.size())).i32(0).i32(0).call(host("item_count"));
  code.i32(0xFFFF'FFFF).op(0x46).begin(0x04);
  return code.i32(kKey).i32(5).i32(kKey).i32(5).i64(0).call(host("finding")).end();
}

Bytes module_with(const std::vector<std::pair<std::string, Code>>& functions) {
  vm::assembler::Module module;
  for (const auto& offer : contracts::guest::offers()) {
    module.imports.push_back({std::string(offer.module), std::string(offer.name), offer.type});
  }
  module.memory = {1, 1};
  module.data = {{kKey, to_bytes("callsbizStepepcList/0")}};
  for (const auto& [name, code] : functions) { module.functions.push_back({{}, code, {}, name}); }
  return module.encode();
}

/// A published package `shipping` with rules, and companies 0 and 1 that agree on some of them.
class JudgedLedger : public packages::test::PublishedLedger {
 public:
  JudgedLedger() {
    packages::test::Made made;
    made.name = "shipping";
    made.methods = {};
    made.rules = {{"for_ever", 20'000}, {"hurried", 50'000}, {"on_event", 50'000}, {"unknown_item", 50'000}};
    made.module = module_with({{"for_ever", packages::test::for_ever()},
                               {"hurried", flags_shipping(true)},
                               {"on_event", flags_shipping()},
                               {"unknown_item", flags_unknown_item()}});
    package = packages::test::make(made);
    BOOST_TEST(admit(package) == "ok");
  }
  packages::Package package;

  [[nodiscard]] json::Value rule(const std::string& mode, const std::string& entry = "on_event") const {
    return json::Value::object()
        .set("package", json::Value::string("shipping"))
        .set("version", json::Value::string("1.0.0"))
        .set("hash", json::Value::string(package.hash().hex()))
        .set("entry", json::Value::string(entry))
        .set("mode", json::Value::string(mode));
  }
  [[nodiscard]] static std::string with_rules(const std::vector<json::Value>& rules, std::string_view scope = "{}",
                                              const std::string& title = "Milk") {
    auto list = json::Value::array();
    for (const auto& one : rules) { list.push(one); }
    return json::canonical(
        test::document_value({.title = title}).set("rules", std::move(list)).set("scope", json::parse(scope).value()));
  }

  std::string say(std::size_t index, const std::string& contract, const std::string& user, std::string_view method,
                  Bytes arguments, std::vector<Payload> payloads = {}, std::uint64_t fuel = 10'000'000) {
    auto body = sample::body(chain, ++salt_, index);
    const auto pair = sample::key_pair(organisation(index) + "/" + user);
    body.sender = pair.public_key();
    body.valid_until = height.plus(10);
    body.fuel_limit = fuel;
    body.contract = contract;
    body.method = method;
    body.arguments = std::move(arguments);
    last = block({sign_transaction(std::move(body), std::move(payloads), pair)}).front();
    return last.succeeded ? "ok" : last.reason;
  }
  std::string act_on(std::size_t index, std::string_view method, Bytes arguments) {
    return say(index, "agreements", "admin", method, std::move(arguments));
  }
  AgreementId agree(const std::string& document) {
    BOOST_TEST(act_on(0, kPropose, Propose{document}.encode()) == "ok");
    const auto id = document_hash(document);
    BOOST_TEST(act_on(1, kSign, Sign{id, 1, id}.encode()) == "ok");
    return id;
  }

  struct EventText {
    std::string step = "shipping";
    std::string to = "company1";
    std::string epc = std::string(kMilk);
    std::string action = "OBSERVE";
    std::string more = {};
  };
  std::string event(const EventText& text) {
    const auto number = events_made_++;
    const auto to = text.to.empty()
                        ? ""
                        : R"(,"destinationList":[{"type":"possessing_party","destination":"urn:x:)" + text.to + "\"}]";
    return R"({"type":"ObjectEvent","eventTime":"2026-01-01T00:)" + two_digits(number / 60) + ":" +
           two_digits(number % 60) + R"(Z","eventTimeZoneOffset":"+00:00","action":")" + text.action +
           R"(","epcList":[")" + text.epc + R"("],"bizStep":")" + text.step + "\"" + to + text.more + "}";
  }
  static std::string document_of(const std::string& list) {
    return R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",)"
           R"("schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z","epcisBody":{"eventList":[)" +
           list + "]}}";
  }
  std::string capture(std::size_t index, const std::string& list, bool proceed = false,
                      std::uint64_t fuel = 10'000'000) {
    return say(index, "production", "device", "capture",
               production::encode(production::CaptureArguments{proceed ? production::ErrorBehaviour::proceed
                                                                       : production::ErrorBehaviour::rollback}),
               {sample::payload(document_of(list))}, fuel);
  }
  [[nodiscard]] Head head_of(const AgreementId& id) const {
    return Head::decode(state.get(head_key(kHeadKind, id.hex())).value()).value();
  }
  [[nodiscard]] std::size_t found(const AgreementId& id) const { return list_findings(state, id, 0, 100).size(); }

 private:
  static std::string two_digits(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }
  std::uint64_t salt_ = 50'000;
  int events_made_ = 0;
};

constexpr std::string_view kIdentifiers = R"({"company1":["urn:x:company1"]})";

/// The agreement of most tests: events name company 1 by an identifier.
std::string identified(const std::string& document) {
  return json::canonical(json::parse(document).value().set("identifiers", json::parse(kIdentifiers).value()));
}

BOOST_FIXTURE_TEST_SUITE(judging, JudgedLedger)

BOOST_AUTO_TEST_CASE(a_rule_that_flags_records_the_event_and_a_finding_that_watchers_see) {
  const auto id = agree(identified(with_rules({rule("flag")})));
  BOOST_TEST(capture(0, event({})) == "ok");
  BOOST_REQUIRE(found(id) == 1U);
  const auto finding = read_finding(state, {id, 1}).value().record;
  BOOST_TEST(finding.code == "calls");
  BOOST_TEST(finding.message == "calls");
  BOOST_TEST(finding.package == "shipping 1.0.0");
  BOOST_TEST(finding.organisation == "company0");
  BOOST_TEST((finding.height == height));
  BOOST_TEST(production::item_state(state, kMilk).has_value());
  BOOST_REQUIRE(events.size() == 2U);
  BOOST_TEST(events[0].kind == "epcis.event");
  BOOST_TEST(events[1].kind == "agreements.finding");
  BOOST_TEST(events[1].subject == id.hex() + "/1");
  BOOST_TEST(json::parse(as_text(events[1].data)).value().find_string("code").value() == "calls");
  BOOST_TEST(capture(0, event({.step = "receiving"})) == "ok");
  BOOST_TEST(found(id) == 1U);
}

BOOST_AUTO_TEST_CASE(a_finding_takes_no_place_from_the_items_that_one_capture_may_name) {
  const auto id = agree(identified(with_rules({rule("flag")})));
  std::string epcs(kMilk);
  for (std::size_t i = 1; i < limits::kEntitiesPerTransactionMax; ++i) { epcs += "\",\"urn:x:" + std::to_string(i); }
  BOOST_TEST(capture(0, event({.epc = epcs}), false, limits::kFuelPerTransactionMax) == "ok", last.message);
  BOOST_TEST(found(id) == 1U);
}

BOOST_AUTO_TEST_CASE(a_rule_that_rejects_refuses_the_event_with_a_text_and_keeps_nothing) {
  (void)agree(identified(with_rules({rule("reject")})));
  BOOST_TEST(capture(0, event({})) == "RULE_REJECTED");
  BOOST_TEST(says("agreement 'Milk'"));
  BOOST_TEST(says("rule shipping 1.0.0: calls: calls"));
  BOOST_TEST(!production::item_state(state, kMilk).has_value());
  BOOST_TEST(events.empty());
}

BOOST_AUTO_TEST_CASE(a_rule_that_is_off_is_not_asked) {
  const auto id = agree(identified(with_rules({rule("off")})));
  BOOST_TEST(capture(0, event({})) == "ok");
  BOOST_TEST(found(id) == 0U);
}

BOOST_AUTO_TEST_CASE(with_rollback_one_refused_event_refuses_all_and_with_proceed_only_itself) {
  const auto id = agree(identified(with_rules({rule("reject")})));
  const auto both = event({.step = "receiving"}) + "," + event({});
  BOOST_TEST(capture(0, both) == "RULE_REJECTED");
  BOOST_TEST(says("event 1"));
  BOOST_TEST(!production::item_state(state, kMilk).has_value());
  BOOST_TEST(capture(0, both, true) == "ok");
  const auto result = production::decode_capture_result(last.result).value();
  BOOST_TEST((result[0].status == production::CaptureStatus::recorded));
  BOOST_TEST((result[1].status == production::CaptureStatus::refused));
  BOOST_TEST(result[1].reason == "RULE_REJECTED");
  BOOST_TEST(result[1].message.find("calls: calls") != std::string::npos);
  BOOST_TEST(production::item_state(state, kMilk)->events == 1U);
  BOOST_TEST(found(id) == 0U);
}

BOOST_AUTO_TEST_CASE(a_strangers_event_about_the_parties_items_is_neither_judged_nor_in_their_way) {
  const auto id = agree(identified(with_rules({rule("reject")}, R"({"ownEvents":true})")));
  BOOST_TEST(capture(2, event({})) == "ok");
  BOOST_TEST(found(id) == 0U);
  BOOST_TEST(capture(0, event({.step = "receiving"})) == "ok");
}

BOOST_AUTO_TEST_CASE(events_that_do_not_name_the_other_party_are_not_judged_unless_the_scope_says_so) {
  const auto id = agree(identified(with_rules({rule("flag")})));
  BOOST_TEST(capture(0, event({.to = ""})) == "ok");
  BOOST_TEST(capture(0, event({.to = "company3"})) == "ok");
  BOOST_TEST(found(id) == 0U);
  const auto own = agree(with_rules({rule("flag")}, R"({"ownEvents":true})", "Own"));
  BOOST_TEST(capture(0, event({.to = ""})) == "ok");
  BOOST_TEST(found(own) == 1U);
  BOOST_TEST(found(id) == 0U);
}

BOOST_AUTO_TEST_CASE(an_event_about_an_item_that_the_other_party_has_is_judged) {
  const auto id = agree(with_rules({rule("flag")}));
  BOOST_TEST(capture(1, event({.step = "commissioning", .to = "", .action = "ADD"})) == "ok");
  BOOST_TEST(capture(0, event({.to = ""})) == "ok");
  BOOST_TEST(found(id) == 1U);
}

BOOST_AUTO_TEST_CASE(scope_is_products_steps_and_locations) {
  const auto judged = [&](std::string_view scope) {
    const auto id = agree(identified(with_rules({rule("flag")}, scope, std::string(scope))));
    BOOST_TEST(capture(0, event({.more = R"(,"readPoint":{"id":"urn:epc:id:sgln:9521003.00000.0"})"})) == "ok");
    const auto count = found(id);
    BOOST_TEST(act_on(0, kTerminate, Terminate{id, ""}.encode()) == "ok");
    return count == 1;
  };
  BOOST_TEST(judged(R"({"products":["https://id.gs1.org/01/09521003000428"]})"));
  BOOST_TEST(judged(R"({"products":["urn:epc:idpat:sgtin:9521003.000042.*"]})"));
  BOOST_TEST(!judged(R"({"products":["https://id.gs1.org/01/09521003000435"]})"));
  BOOST_TEST(judged(R"({"businessSteps":["https://ref.gs1.org/cbv/BizStep-shipping"]})"));
  BOOST_TEST(!judged(R"({"businessSteps":["receiving"]})"));
  BOOST_TEST(judged(R"({"locations":["https://id.gs1.org/414/9521003000008"]})"));
  BOOST_TEST(!judged(R"({"locations":["urn:x:elsewhere"]})"));
}

BOOST_AUTO_TEST_CASE(rules_see_items_as_they_were_before_the_event_and_after_earlier_ones_of_the_document) {
  const auto id = agree(identified(with_rules({rule("flag", "unknown_item")})));
  BOOST_TEST(capture(0, event({}) + "," + event({})) == "ok");
  BOOST_TEST(found(id) == 1U);
  BOOST_TEST(capture(0, event({})) == "ok");
  BOOST_TEST(found(id) == 1U);
  BOOST_TEST(capture(0, event({.epc = std::string(kMilkOfStrangers)})) == "ok");
  BOOST_TEST(found(id) == 2U);
}

BOOST_AUTO_TEST_CASE(a_rule_that_fails_is_a_finding_or_a_refusal) {
  const auto id = agree(identified(with_rules({rule("flag", "for_ever")})));
  BOOST_TEST(capture(0, event({})) == "ok");
  BOOST_REQUIRE(found(id) == 1U);
  BOOST_TEST(read_finding(state, {id, 1})->record.code == "RULE_FAILED");
  BOOST_TEST(read_finding(state, {id, 1})->record.message.find("20000 units of fuel were not enough") !=
             std::string::npos);
  (void)agree(identified(with_rules({rule("reject", "for_ever")}, "{}", "Strict")));
  BOOST_TEST(capture(0, event({})) == "RULE_REJECTED");
  BOOST_TEST(says("RULE_FAILED"));
}

BOOST_AUTO_TEST_CASE(a_sender_without_fuel_for_the_rules_gets_no_verdict) {
  (void)agree(identified(with_rules({rule("flag", "for_ever")})));
  BOOST_TEST(capture(0, event({}), false, 10'000'000) == "ok");
  const auto used = last.fuel_used;
  BOOST_TEST(capture(0, event({}), false, used / 2) == "OUT_OF_FUEL");
}

BOOST_AUTO_TEST_CASE(a_declaration_of_error_is_never_refused_by_a_rule) {
  const auto text = event({.more = R"(,"eventID":"urn:x:event-1")"});
  BOOST_TEST(capture(0, text) == "ok");
  (void)agree(identified(with_rules({rule("reject")})));
  BOOST_TEST(capture(0, event({})) == "RULE_REJECTED");
  auto declared = text;
  declared.insert(declared.size() - 1,
                  R"(,"errorDeclaration":{"declarationTime":"2026-02-01T00:00:00Z","reason":"incorrect_data"})");
  BOOST_TEST(capture(0, declared) == "ok");
}

BOOST_AUTO_TEST_CASE(an_amendment_turns_flag_into_reject) {
  const auto first = identified(with_rules({rule("flag")}));
  const auto id = agree(first);
  BOOST_TEST(capture(0, event({})) == "ok");
  const auto second = identified(with_rules({rule("reject")}));
  BOOST_TEST(act_on(1, kAmend, Amend{id, second}.encode()) == "ok");
  BOOST_TEST(capture(0, event({})) == "ok");
  BOOST_TEST(found(id) == 2U);
  BOOST_TEST(act_on(0, kSign, Sign{id, 2, document_hash(second)}.encode()) == "ok");
  BOOST_TEST(capture(0, event({})) == "RULE_REJECTED");
  BOOST_TEST(says("version 2"));
}

BOOST_AUTO_TEST_CASE(only_packages_that_are_approved_and_what_the_document_says_can_be_signed) {
  auto other = rule("flag");
  other.set("version", json::Value::string("2.0.0"));
  BOOST_TEST(act_on(0, kPropose, Propose{with_rules({other})}.encode()) == "PACKAGE_DIFFERS");
  BOOST_TEST(act_on(0, kPropose, Propose{with_rules({rule("flag", "nothing")})}.encode()) == "UNKNOWN_RULE");
  BOOST_TEST(says("it has: for_ever, hurried, on_event, unknown_item"));
  auto unknown = rule("flag");
  unknown.set("hash", json::Value::string(std::string(64, 'a')));
  BOOST_TEST(act_on(0, kPropose, Propose{with_rules({unknown})}.encode()) == "UNKNOWN_PACKAGE");
}

BOOST_AUTO_TEST_CASE(a_finding_is_answered_disputed_corrected_and_closed_by_whom_it_concerns) {
  const auto id = agree(identified(with_rules({rule("flag")})));
  const auto text = event({.more = R"(,"eventID":"urn:x:event-1")"});
  BOOST_TEST(capture(0, text) == "ok");
  const FindingId finding{id, 1};
  const auto speak = [&](std::size_t index, std::string_view method) {
    return say(index, "agreements", "device", method, Say{finding, "because"}.encode());
  };
  const auto status = [&] { return std::string(status_name(read_finding(state, finding)->record.status)); };
  BOOST_TEST(speak(2, kAnswer) == "NOT_A_PARTY");
  BOOST_TEST(say(0, "agreements", "capture", kAnswer, Say{finding, "x"}.encode()) == "ROLE_NOT_ALLOWED");
  BOOST_TEST(speak(0, kAnswer) == "ok");
  BOOST_TEST(status() == "answered");
  BOOST_TEST(events.front().kind == "agreements.answered");
  BOOST_TEST(speak(0, kDispute) == "ok");
  BOOST_TEST(status() == "disputed");
  const auto correct = [&](std::size_t index, const std::string& event_id) {
    return say(index, "agreements", "device", kCorrect, Correct{finding, event_id, ""}.encode());
  };
  BOOST_TEST(correct(1, "urn:x:event-1") == "NOT_THE_RECORDER");
  BOOST_TEST(correct(0, "urn:x:event-9") == "CORRECTION_UNKNOWN");
  BOOST_TEST(correct(0, "urn:x:event-1") == "CORRECTION_TOO_OLD");
  auto declared = text;
  declared.insert(declared.size() - 1,
                  R"(,"errorDeclaration":{"declarationTime":"2026-02-01T00:00:00Z","reason":"incorrect_data"})");
  BOOST_TEST(capture(0, declared) == "ok");
  BOOST_TEST(correct(0, "urn:x:event-1") == "ok");
  BOOST_TEST(status() == "corrected");
  BOOST_TEST(speak(0, kClose) == "OWN_FINDING");
  BOOST_TEST(speak(1, kClose) == "ok");
  BOOST_TEST(status() == "closed");
  BOOST_TEST(speak(0, kAnswer) == "FINDING_CLOSED");
  BOOST_TEST(read_finding(state, finding)->record.statements.size() == 4U);
  BOOST_TEST(say(1, "agreements", "device", kClose, Say{{id, 2}, "x"}.encode()) == "UNKNOWN_FINDING");
}

BOOST_AUTO_TEST_CASE(no_party_takes_the_word_about_a_finding_from_another) {
  const auto id = agree(identified(with_rules({rule("flag")})));
  BOOST_TEST(capture(0, event({})) == "ok");
  const auto speak = [&](std::size_t index, std::string_view method) {
    return say(index, "agreements", "device", method, Say{{id, 1}, "because"}.encode());
  };
  for (std::size_t i = 0; i < kStatementsMax / 2; ++i) { BOOST_TEST(speak(0, kAnswer) == "ok"); }
  BOOST_TEST(speak(0, kAnswer) == "TOO_MANY_STATEMENTS");
  for (std::size_t i = 0; i < kStatementsMax / 2; ++i) { BOOST_TEST(speak(1, kDispute) == "ok"); }
  BOOST_TEST(speak(1, kDispute) == "TOO_MANY_STATEMENTS");
  BOOST_TEST(speak(1, kClose) == "ok");
  BOOST_TEST(read_finding(state, {id, 1})->record.statements.size() == kStatementsMax + 1);
}

BOOST_AUTO_TEST_CASE(more_findings_than_one_block_marks_are_marked_in_the_next_ones) {
  const auto id = agree(identified(with_rules({rule("flag", "hurried")})));
  std::string list;
  for (std::size_t i = 0; i <= kOverdueAtOnce; ++i) { list += (i == 0 ? "" : ",") + event({}); }
  BOOST_TEST(capture(0, list, false, limits::kFuelPerTransactionMax) == "ok", last.message);
  const auto is_overdue = [&](std::uint64_t number) { return read_finding(state, {id, number})->record.overdue != 0; };
  (void)block({});
  const auto entries = head_of(id).count;
  (void)block({});
  BOOST_TEST(head_of(id).count == entries + kOverdueAtOnce);
  BOOST_TEST(events.size() == kOverdueAtOnce);
  BOOST_TEST(is_overdue(1));
  BOOST_TEST(is_overdue(kOverdueAtOnce));
  BOOST_TEST(!is_overdue(kOverdueAtOnce + 1));
  (void)block({});
  BOOST_TEST(events.size() == 1U);
  BOOST_TEST(is_overdue(kOverdueAtOnce + 1));
}

BOOST_AUTO_TEST_CASE(a_deadline_passes_at_block_time) {
  const auto id = agree(identified(with_rules({rule("flag", "hurried")})));
  BOOST_TEST(capture(0, event({})) == "ok");
  const auto due = read_finding(state, {id, 1})->record.deadline;
  BOOST_TEST(due == time + 1500);
  (void)block({});
  BOOST_TEST(read_finding(state, {id, 1})->record.overdue == 0U);
  const auto before = head_of(id);
  (void)block({});
  BOOST_TEST(read_finding(state, {id, 1})->record.overdue == time);
  const auto record = encode(read_finding(state, {id, 1})->record);
  const auto head = head_of(id);
  BOOST_TEST(head.count == before.count + 1);
  BOOST_TEST((head.height == height));
  BOOST_TEST((head.chain ==
              next_chain(before.chain, {.number = head.count,
                                        .height = height,
                                        .time = time,
                                        .transaction = {},
                                        .event = 0,
                                        .content = fact_content(Fact{"agreements.overdue", {as_bytes("1"), record}})})),
             "a complete history of the agreement tells it");
  BOOST_REQUIRE_EQUAL(events.size(), 1U);
  BOOST_TEST(events[0].kind == "agreements.overdue");
  BOOST_TEST(events[0].subject == FindingId({id, 1}).text());
  BOOST_TEST(as_text(events[0].data) == json::canonical(to_json(*read_finding(state, {id, 1}), time)));
  (void)block({});
  BOOST_TEST(events.empty(), "once");
  BOOST_TEST(head_of(id).count == head.count, "once");
  BOOST_TEST(to_json(*read_finding(state, {id, 1}), time).find("overdue")->as_bool());
  BOOST_TEST(capture(0, event({})) == "ok");
  BOOST_TEST(say(1, "agreements", "device", kAnswer, Say{{id, 2}, "in time"}.encode()) == "ok");
  (void)block({});
  (void)block({});
  BOOST_TEST(read_finding(state, {id, 2})->record.overdue == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::agreements
