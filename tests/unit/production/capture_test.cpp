#include <string>

#include <boost/test/unit_test.hpp>

#include "contracts/production/index_rows.h"
#include "contracts/production/item_state.h"
#include "contracts/production/production_contract.h"
#include "core/limits.h"
#include "tests/unit/production/memory_ledger.h"

namespace keten::production {
namespace {

using test::document_of;
using test::event_of;
using test::MemoryLedger;

std::string day(int number) {
  return "2026-01-" + std::string(number < 10 ? "0" : "") + std::to_string(number) + "T00:00:00Z";
}
std::string object(int day_number, const std::string& action, const std::string& epc, const std::string& rest = "") {
  return event_of("ObjectEvent", day(day_number), R"("action":")" + action + R"(","epcList":[")" + epc + "\"]" + rest);
}
std::string pack(int day_number, const std::string& action, const std::string& parent, const std::string& child,
                 const std::string& type = "AggregationEvent") {
  const auto children = child.empty() ? "" : R"(,"childEPCs":[")" + child + "\"]";
  return event_of(type, day(day_number), R"("action":")" + action + R"(","parentID":")" + parent + "\"" + children);
}
std::string with_id(const std::string& id) { return R"(,"eventID":")" + id + "\""; }

/// The one outcome of a capture of one event.
CapturedEvent one(MemoryLedger& ledger, const std::string& organisation, const std::string& event) {
  const auto result = ledger.capture(organisation, document_of(event));
  BOOST_REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message));
  BOOST_REQUIRE_EQUAL(result->size(), 1U);
  return result->front();
}

ItemState state_of(const MemoryLedger& ledger, const std::string& epc) {
  const auto state = item_state(ledger.state, epc);
  BOOST_REQUIRE_MESSAGE(state.has_value(), epc);
  return *state;
}

std::vector<std::string> children_of(const MemoryLedger& ledger, const std::string& parent) {
  std::vector<std::string> result;
  visit_children(ledger.state, parent, [&](std::string_view child, Bond) {
    result.emplace_back(child);
    return true;
  });
  return result;
}

BOOST_FIXTURE_TEST_SUITE(capture, MemoryLedger)

BOOST_AUTO_TEST_CASE(an_event_without_id_gets_one_that_every_validator_agrees_on) {
  const auto first = one(*this, "A", object(1, "ADD", "urn:x:1"));
  BOOST_TEST(first.id.starts_with("urn:uuid:"));
  BOOST_TEST(first.id.size() == 45U);
  BOOST_TEST(first.id[23] == '8');
  MemoryLedger other;
  BOOST_TEST(one(other, "A", object(1, "ADD", "urn:x:1")).id == first.id);
  BOOST_TEST(one(*this, "A", object(1, "ADD", "urn:x:1")).id != first.id);
  BOOST_TEST((state.rows != other.state.rows));
}

BOOST_AUTO_TEST_CASE(the_same_content_again_changes_nothing_and_says_so) {
  const auto event = object(1, "ADD", "urn:x:1", with_id("urn:x:event"));
  BOOST_TEST((one(*this, "A", event).status == CaptureStatus::recorded));
  const auto before = state.rows;
  const auto again =
      one(*this, "A", object(1, "ADD", "urn:x:1", with_id("urn:x:event") + R"(,"recordTime":"2026-01-01T00:00:00Z")"));
  BOOST_TEST((again.status == CaptureStatus::known));
  BOOST_TEST(again.id == "urn:x:event");
  BOOST_TEST((state.rows == before));
  BOOST_TEST(last_events.empty());
}

BOOST_AUTO_TEST_CASE(other_content_under_a_used_id_is_a_conflict) {
  one(*this, "A", object(1, "ADD", "urn:x:1", with_id("urn:x:event")));
  const auto result = capture("A", document_of(object(2, "ADD", "urn:x:1", with_id("urn:x:event"))));
  BOOST_REQUIRE(!result.ok());
  BOOST_TEST(result.error().reason == "EVENT_ID_CONFLICT");
  BOOST_TEST((result.error().kind == ErrorKind::conflict));
  BOOST_TEST(result.error().violations.at(0).pointer == "/epcisBody/eventList/0/eventID");
}

BOOST_AUTO_TEST_CASE(one_company_cannot_take_an_id_from_another) {
  one(*this, "A", object(1, "ADD", "urn:x:1", with_id("urn:x:event")));
  BOOST_TEST((one(*this, "B", object(2, "ADD", "urn:x:2", with_id("urn:x:event"))).status == CaptureStatus::recorded));
}

BOOST_AUTO_TEST_CASE(an_error_declaration_stands_beside_its_event) {
  one(*this, "A", object(1, "ADD", "urn:x:1", with_id("urn:x:event")));
  const auto declaration =
      object(1, "ADD", "urn:x:1",
             with_id("urn:x:event") + R"(,"errorDeclaration":{"declarationTime":"2026-01-02T00:00:00Z"})");
  BOOST_TEST((one(*this, "A", declaration).status == CaptureStatus::recorded));
  BOOST_TEST(!state_of(*this, "urn:x:1").born);
  BOOST_TEST(!state_of(*this, "urn:x:1").unfolded);
  BOOST_TEST(state_of(*this, "urn:x:1").events == 2U);
}

BOOST_AUTO_TEST_CASE(rollback_records_all_events_or_none) {
  one(*this, "A", object(1, "ADD", "urn:x:1", with_id("urn:x:event")));
  const auto before = state.rows;
  const auto result = capture(
      "A", document_of(object(2, "ADD", "urn:x:2") + "," + object(2, "ADD", "urn:x:1", with_id("urn:x:event"))));
  BOOST_TEST(!result.ok());
  BOOST_TEST((state.rows == before));
}

BOOST_AUTO_TEST_CASE(proceed_records_what_can_be_recorded) {
  one(*this, "A", object(1, "ADD", "urn:x:1", with_id("urn:x:event")));
  const auto result =
      capture("A",
              document_of(object(2, "ADD", "urn:x:2") + "," + object(2, "ADD", "urn:x:1", with_id("urn:x:event")) +
                          "," + object(2, "ADD", "urn:x:3")),
              {ErrorBehaviour::proceed, Profile::strict});
  BOOST_REQUIRE(result.ok());
  BOOST_REQUIRE_EQUAL(result->size(), 3U);
  BOOST_TEST(((*result)[0].status == CaptureStatus::recorded));
  BOOST_TEST(((*result)[1].status == CaptureStatus::refused));
  BOOST_TEST((*result)[1].reason == "EVENT_ID_CONFLICT");
  BOOST_TEST(((*result)[2].status == CaptureStatus::recorded));
  BOOST_TEST(last_events.size() == 2U);
}

BOOST_AUTO_TEST_CASE(urn_and_digital_link_fold_into_one_item) {
  one(*this, "A", object(1, "ADD", "urn:epc:id:sgtin:4012345.011111.987"));
  one(*this, "A", object(2, "OBSERVE", "https://shop.example/01/04012345111118/21/987"));
  BOOST_TEST(state_of(*this, "https://id.gs1.org/01/04012345111118/21/987").events == 2U);
}

BOOST_AUTO_TEST_CASE(an_item_is_born_moves_and_dies) {
  one(*this, "Farm",
      object(1, "ADD", "urn:x:1",
             R"(,"bizStep":"commissioning","disposition":"active","bizLocation":{"id":"urn:x:farm"})"));
  auto item = state_of(*this, "urn:x:1");
  BOOST_TEST((item.born && !item.dead && !item.unfolded));
  BOOST_TEST(item.possessor == "Farm");
  BOOST_TEST(item.location == "urn:x:farm");
  one(*this, "Farm",
      object(2, "OBSERVE", "urn:x:1",
             R"(,"bizStep":"shipping","disposition":"in_transit","readPoint":{"id":"urn:x:dock"})"));
  item = state_of(*this, "urn:x:1");
  BOOST_TEST(item.possessor == "Farm");
  BOOST_TEST(item.location == "urn:x:dock");
  BOOST_TEST(item.disposition == "in_transit");
  one(*this, "Shop", object(3, "OBSERVE", "urn:x:1", R"(,"bizStep":"receiving")"));
  BOOST_TEST(state_of(*this, "urn:x:1").possessor == "Shop");
  one(*this, "Shop", object(4, "DELETE", "urn:x:1", R"(,"bizStep":"destroying","disposition":"destroyed")"));
  item = state_of(*this, "urn:x:1");
  BOOST_TEST(item.dead);
  BOOST_TEST(item.events == 4U);
  BOOST_TEST(item.last_event.height.value == 4U);
}

BOOST_AUTO_TEST_CASE(a_late_event_is_folded_where_it_belongs) {
  one(*this, "A", object(5, "OBSERVE", "urn:x:1", R"(,"disposition":"in_transit")"));
  one(*this, "A", object(3, "ADD", "urn:x:1", R"(,"disposition":"active")"));
  const auto item = state_of(*this, "urn:x:1");
  BOOST_TEST(!item.unfolded);
  BOOST_TEST(item.born);
  BOOST_TEST(item.disposition == "in_transit");
  BOOST_TEST(item.possessor == "A");
  BOOST_TEST(item.events == 2U);
}

BOOST_AUTO_TEST_CASE(events_of_one_moment_count_in_the_order_of_recording) {
  one(*this, "A", object(5, "OBSERVE", "urn:x:1", R"(,"disposition":"active")"));
  one(*this, "A", object(5, "OBSERVE", "urn:x:1", R"(,"disposition":"in_transit")"));
  BOOST_TEST(!state_of(*this, "urn:x:1").unfolded);
  BOOST_TEST(state_of(*this, "urn:x:1").disposition == "in_transit");
}

BOOST_AUTO_TEST_CASE(packing_binds_and_unpacking_frees) {
  one(*this, "A", pack(1, "ADD", "urn:x:case", "urn:x:1"));
  one(*this, "A", pack(2, "ADD", "urn:x:case", "urn:x:2"));
  BOOST_TEST(state_of(*this, "urn:x:1").parent == "urn:x:case");
  BOOST_TEST(children_of(*this, "urn:x:case") == (std::vector<std::string>{"urn:x:1", "urn:x:2"}),
             boost::test_tools::per_element());
  one(*this, "A", pack(3, "DELETE", "urn:x:case", "urn:x:1"));
  BOOST_TEST(state_of(*this, "urn:x:1").parent == "");
  BOOST_TEST(children_of(*this, "urn:x:case") == (std::vector<std::string>{"urn:x:2"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(unpacking_without_children_frees_all) {
  one(*this, "A", pack(1, "ADD", "urn:x:case", "urn:x:1"));
  one(*this, "A", pack(2, "ADD", "urn:x:case", "urn:x:2"));
  one(*this, "A", pack(2, "ADD", "urn:x:case", "urn:x:label", "AssociationEvent"));
  one(*this, "A", pack(3, "DELETE", "urn:x:case", ""));
  BOOST_TEST(state_of(*this, "urn:x:1").parent == "");
  BOOST_TEST(state_of(*this, "urn:x:2").parent == "");
  BOOST_TEST(state_of(*this, "urn:x:label").assembly == "urn:x:case");
  BOOST_TEST(children_of(*this, "urn:x:case") == (std::vector<std::string>{"urn:x:label"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(packing_elsewhere_takes_an_item_out_of_where_it_was) {
  one(*this, "A", pack(1, "ADD", "urn:x:case", "urn:x:1"));
  one(*this, "A", pack(2, "ADD", "urn:x:box", "urn:x:1"));
  BOOST_TEST(state_of(*this, "urn:x:1").parent == "urn:x:box");
  BOOST_TEST(children_of(*this, "urn:x:case").empty());
  one(*this, "A", pack(3, "DELETE", "urn:x:case", "urn:x:1"));
  BOOST_TEST(state_of(*this, "urn:x:1").parent == "urn:x:box", "only its present parent lets go of it");
}

BOOST_AUTO_TEST_CASE(a_transformation_consumes_instances_but_not_lots) {
  one(*this, "A",
      event_of(
          "TransformationEvent", day(1),
          R"("inputEPCList":["urn:x:1"],"inputQuantityList":[{"epcClass":"urn:x:lot","quantity":1}],"outputEPCList":["urn:x:2"])"));
  BOOST_TEST(state_of(*this, "urn:x:1").dead);
  BOOST_TEST(!state_of(*this, "urn:x:lot").dead);
  BOOST_TEST((state_of(*this, "urn:x:2").born && !state_of(*this, "urn:x:2").dead));
}

BOOST_AUTO_TEST_CASE(each_event_is_told_to_watchers) {
  const auto event = one(*this, "A", object(1, "ADD", "urn:x:1"));
  BOOST_REQUIRE_EQUAL(last_events.size(), 1U);
  BOOST_TEST(last_events[0].kind == "epcis.event");
  BOOST_TEST(last_events[0].subject == event.id);
  BOOST_TEST(last_events[0].data.size() == 11U);
}

BOOST_AUTO_TEST_CASE(fuel_grows_with_bytes_events_and_items) {
  one(*this, "A", object(1, "ADD", "urn:x:1"));
  const auto single = last_fuel;
  BOOST_REQUIRE(capture("A", document_of(object(1, "ADD", "urn:x:2") + "," + object(1, "ADD", "urn:x:3"))).ok());
  BOOST_TEST(last_fuel > single + 7'000);
  BOOST_TEST(last_fuel < 3 * single);
}

BOOST_AUTO_TEST_CASE(a_transaction_is_checked_before_it_is_admitted) {
  Transaction transaction;
  transaction.body.method = "capture";
  transaction.payloads.push_back({{}, to_bytes(document_of(object(1, "ADD", "urn:x:1")))});
  BOOST_TEST(contract.check(transaction).ok());
  transaction.body.arguments = {3};
  BOOST_TEST(contract.check(transaction).ok());
  transaction.body.arguments = {4};
  BOOST_TEST(contract.check(transaction).error().reason == "CAPTURE_ARGUMENTS");
  transaction.body.arguments = {0, 0};
  BOOST_TEST(contract.check(transaction).error().reason == "CAPTURE_ARGUMENTS");
  transaction.body.arguments = {};
  transaction.payloads.push_back(transaction.payloads.front());
  BOOST_TEST(contract.check(transaction).error().reason == "CAPTURE_PAYLOAD");
  transaction.payloads.clear();
  BOOST_TEST(contract.check(transaction).error().reason == "CAPTURE_PAYLOAD");
  transaction.payloads.push_back({{}, to_bytes("{}")});
  BOOST_TEST(contract.check(transaction).error().reason == "EPCIS_INVALID");
  transaction.body.method = "seize";
  BOOST_TEST(contract.check(transaction).error().reason == "UNKNOWN_METHOD");
  BOOST_TEST(contract.allowed_roles("seize").error().reason == "UNKNOWN_METHOD");
  BOOST_TEST((*contract.allowed_roles("capture") == Roles{Role::submitter, Role::capture}));
}

BOOST_AUTO_TEST_CASE(a_transaction_touches_a_bounded_number_of_items) {
  const auto document = [](std::size_t count) {
    std::string epcs = R"("urn:x:0")";
    for (std::size_t i = 1; i < count; ++i) { epcs += R"(,"urn:x:)" + std::to_string(i) + "\""; }
    return document_of(event_of("ObjectEvent", day(1), R"("action":"ADD","epcList":[)" + epcs + "]"));
  };
  Transaction transaction;
  transaction.body.method = "capture";
  transaction.payloads.push_back({{}, to_bytes(document(limits::kEntitiesPerTransactionMax))});
  BOOST_TEST(contract.check(transaction).ok());
  transaction.payloads[0].content = to_bytes(document(limits::kEntitiesPerTransactionMax + 1));
  BOOST_TEST(contract.check(transaction).error().reason == "CAPTURE_LIMIT");
}

BOOST_AUTO_TEST_CASE(records_read_back_and_broken_ones_are_refused) {
  ItemState item{true,
                 false,
                 true,
                 true,
                 false,
                 "p",
                 "a",
                 "o",
                 "l",
                 "b",
                 "d",
                 -5,
                 {Height{7}, 8, 9},
                 10,
                 2,
                 3,
                 {{Holding::Kind::held, "o", "l", "KGM", "-1.5"}}};
  BOOST_TEST((*decode_item_state(encode(item)) == item));
  auto bytes = encode(item);
  bytes.pop_back();
  BOOST_TEST(!decode_item_state(bytes).ok());
  const CaptureResult result = {{CaptureStatus::recorded, "urn:x:1", "", ""},
                                {CaptureStatus::refused, "urn:x:2", "WHY", "because"}};
  const auto read = decode_capture_result(encode(result));
  BOOST_REQUIRE(read.ok());
  BOOST_TEST(read->at(1).reason == "WHY");
  BOOST_TEST(!decode_capture_result(Bytes{1, 1, 0, 0, 0}).ok());
  BOOST_TEST(!decode_capture_result(Bytes{1, 255, 255, 255, 255}).ok());
}

BOOST_AUTO_TEST_CASE(index_rows_descend_in_time_and_then_in_recording) {
  using index_rows::descending;
  const index_rows::Stamp old{-1, {Height{5}, 0, 0}};
  const index_rows::Stamp first{1, {Height{5}, 0, 0}};
  const index_rows::Stamp second{1, {Height{5}, 0, 1}};
  BOOST_TEST((descending(second) < descending(first)));
  BOOST_TEST((descending(first) < descending(old)));
  BOOST_TEST((index_rows::stamp_of(descending(second)) == second));
  BOOST_TEST(!index_rows::stamp_of(Bytes(21)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::production
