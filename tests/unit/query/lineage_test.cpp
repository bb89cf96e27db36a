// History, holdings, recall: what auditors ask.
#include "node/query/lineage.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <boost/test/unit_test.hpp>

#include "core/json.h"
#include "tests/unit/production/memory_ledger.h"

namespace keten::query {
namespace {

using test::document_of;
using test::event_of;

std::string day(std::size_t n) {
  return "2026-01-" + std::string(n < 10 ? "0" : "") + std::to_string(n) + "T00:00:00Z";
}

struct Ledger : test::MemoryLedger {
  void record(const std::string& organisation, const std::string& event) {
    const auto result = capture(organisation, document_of(event));
    BOOST_REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message) << event);
  }
  void object(std::size_t at, const std::string& organisation, const std::string& action, const std::string& step,
              const std::string& epc, const std::string& place, const std::string& rest = "") {
    record(organisation, event_of("ObjectEvent", day(at),
                                  R"("action":")" + action + R"(","bizStep":")" + step + R"(","readPoint":{"id":")" +
                                      place + R"("},"epcList":[")" + epc + "\"]" + rest));
  }
  void pack(std::size_t at, const std::string& organisation, const std::string& action, const std::string& parent,
            const std::string& child, const std::string& type = "AggregationEvent") {
    const auto children = child.empty() ? "" : R"(,"childEPCs":[")" + child + "\"]";
    record(organisation,
           event_of(type, day(at), R"("action":")" + action + R"(","parentID":")" + parent + "\"" + children));
  }
  [[nodiscard]] EpcisReaders readers() const {
    return {state, index, [this](Height at, std::uint32_t number) { return load(at, number); }, height()};
  }
  Recall recalled(const std::string& what, const std::string& from = "", const std::string& until = "") const {
    const auto at = readers();
    RecallQuery query{what, {}, {}, {}, 1000};
    if (!from.empty()) { query.from = production::parse_time(from); }
    if (!until.empty()) { query.until = production::parse_time(until); }
    auto result = recall(at, query);
    BOOST_REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message));
    return std::move(*result);
  }
  HoldingsPage held(const std::string& who, std::size_t limit = 1000, const std::string& token = "") const {
    const auto at = readers();
    auto result = holdings(at, {who, token, limit});
    BOOST_REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message));
    return std::move(*result);
  }
  ItemHistory told(const std::string& what, std::size_t limit = 100, const std::string& token = "") const {
    const auto at = readers();
    auto result = history(at, {what, token, limit});
    BOOST_REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message));
    return std::move(*result);
  }
};

using Keys = std::set<std::string>;
Keys keys_of(const std::vector<Whereabout>& items) {
  Keys keys;
  for (const auto& item : items) { keys.insert(item.key); }
  return keys;
}

BOOST_FIXTURE_TEST_SUITE(lineage, Ledger)

BOOST_AUTO_TEST_CASE(contents_of_a_received_pallet_are_where_the_pallet_is_and_that_is_inferred) {
  object(1, "A", "ADD", "commissioning", "urn:x:1", "urn:x:a");
  pack(2, "A", "ADD", "urn:x:pallet", "urn:x:1");
  object(3, "A", "OBSERVE", "shipping", "urn:x:pallet", "urn:x:a");
  object(4, "B", "OBSERVE", "receiving", "urn:x:pallet", "urn:x:b");
  const auto there = held("B");
  BOOST_REQUIRE_EQUAL(there.items.size(), 2U);
  BOOST_TEST(there.items[0].key == "urn:x:pallet");
  BOOST_TEST(!there.items[0].where.inferred);
  BOOST_TEST(there.items[1].key == "urn:x:1");
  BOOST_TEST(there.items[1].where.inferred);
  BOOST_TEST(there.items[1].where.container == "urn:x:pallet");
  BOOST_TEST(held("A").items.empty());
  BOOST_TEST(keys_of(held("urn:x:b").items) == (Keys{"urn:x:1", "urn:x:pallet"}), boost::test_tools::per_element());
  BOOST_TEST(held("urn:x:b").is_place);
  pack(5, "B", "DELETE", "urn:x:pallet", "");
  BOOST_REQUIRE_EQUAL(held("B").items.size(), 2U);
  for (const auto& item : held("B").items) { BOOST_TEST(!item.where.inferred); }
}

BOOST_AUTO_TEST_CASE(pages_of_holdings_make_the_whole) {
  for (int i = 0; i < 7; ++i) {
    const auto epc = "urn:x:" + std::to_string(i);
    object(1, "A", "ADD", "commissioning", epc, "urn:x:a");
    pack(2, "A", "ADD", "urn:x:pallet", epc);
  }
  object(3, "A", "OBSERVE", "shipping", "urn:x:pallet", "urn:x:a");
  object(4, "B", "OBSERVE", "receiving", "urn:x:pallet", "urn:x:b");
  for (const std::size_t limit : {1U, 2U, 3U, 8U}) {
    std::vector<std::string> all;
    std::string token;
    do {
      const auto page = held("B", limit, token);
      BOOST_TEST(page.items.size() <= limit);
      for (const auto& item : page.items) { all.push_back(item.key); }
      token = page.next_page_token;
    } while (!token.empty());
    BOOST_TEST(all.size() == 8U);
    BOOST_TEST(Keys(all.begin(), all.end()).size() == 8U);
  }
  const auto at = readers();
  BOOST_TEST(holdings(at, {"B", "zz", 1}).error().reason == "PAGE_TOKEN");
}

BOOST_AUTO_TEST_CASE(a_recall_follows_what_was_made_of_a_lot_and_tells_who_has_it) {
  record("Farm", event_of("ObjectEvent", day(1),
                          R"("action":"ADD","bizStep":"commissioning","bizLocation":{"id":"urn:x:farm"},)"
                          R"("quantityList":[{"epcClass":"urn:x:milk","quantity":100,"uom":"LTR"}])"));
  record("Farm", event_of("ObjectEvent", day(2),
                          R"("action":"OBSERVE","bizStep":"shipping","readPoint":{"id":"urn:x:farm"},)"
                          R"("quantityList":[{"epcClass":"urn:x:milk","quantity":100,"uom":"LTR"}])"));
  record("Dairy", event_of("ObjectEvent", day(3),
                           R"("action":"OBSERVE","bizStep":"receiving","readPoint":{"id":"urn:x:dairy"},)"
                           R"("quantityList":[{"epcClass":"urn:x:milk","quantity":100,"uom":"LTR"}])"));
  record("Dairy", event_of("TransformationEvent", day(4),
                           R"("bizStep":"creating_class_instance","bizLocation":{"id":"urn:x:dairy"},)"
                           R"("inputQuantityList":[{"epcClass":"urn:x:milk","quantity":60,"uom":"LTR"}],)"
                           R"("outputEPCList":["urn:x:c1","urn:x:c2","urn:x:c3"])"));
  object(5, "Dairy", "ADD", "commissioning", "urn:x:other", "urn:x:dairy");
  pack(6, "Dairy", "ADD", "urn:x:pallet", "urn:x:c1");
  pack(6, "Dairy", "ADD", "urn:x:pallet", "urn:x:c2");
  pack(6, "Dairy", "ADD", "urn:x:pallet", "urn:x:other");
  object(7, "Dairy", "OBSERVE", "shipping", "urn:x:pallet", "urn:x:dairy");
  object(8, "Truck", "OBSERVE", "loading", "urn:x:pallet", "urn:x:truck");
  object(9, "Shop", "OBSERVE", "receiving", "urn:x:pallet", "urn:x:shop");
  pack(10, "Shop", "DELETE", "urn:x:pallet", "urn:x:c1");
  object(11, "Shop", "DELETE", "destroying", "urn:x:c1", "urn:x:shop");
  const auto result = recalled("urn:x:milk");
  BOOST_TEST(keys_of(result.items) == (Keys{"urn:x:milk", "urn:x:c1", "urn:x:c2", "urn:x:c3"}),
             boost::test_tools::per_element());
  BOOST_TEST(result.affected == 4U);
  BOOST_TEST(result.alive == 3U, "c1 was destroyed");
  std::set<std::string> forward;
  for (const auto& step : result.forward) {
    forward.insert(step.from + " " + step.to + " " + std::to_string(step.items));
  }
  BOOST_TEST(forward == (std::set<std::string>{"Farm Dairy 1", "Dairy Truck 2", "Truck Shop 2"}),
             boost::test_tools::per_element());
  std::set<std::string> groups;
  for (const auto& group : result.groups) {
    groups.insert(group.where.possessor + " " + group.where.location + " " + std::to_string(group.items) +
                  (group.where.inferred ? " inferred" : ""));
  }
  BOOST_TEST(groups == (std::set<std::string>{"Dairy urn:x:dairy 2", "Shop urn:x:shop 1 inferred"}),
             boost::test_tools::per_element());
  for (const auto& item : result.items) {
    if (item.key == "urn:x:milk") {
      BOOST_TEST(item.amount == "40");
      BOOST_TEST(item.unit == "LTR");
    }
  }
  BOOST_TEST((result.height == height()));
  BOOST_TEST(!result.truncated);
  BOOST_TEST(json::parse(json::serialize(to_json(result))).ok());
}

BOOST_AUTO_TEST_CASE(a_place_or_a_time_is_recalled_with_what_was_seen_there_or_then) {
  object(1, "A", "ADD", "commissioning", "urn:x:1", "urn:x:cold-store");
  object(2, "A", "ADD", "commissioning", "urn:x:2", "urn:x:elsewhere");
  object(5, "A", "ADD", "commissioning", "urn:x:3", "urn:x:cold-store");
  record("A", event_of("TransformationEvent", day(6), R"("inputEPCList":["urn:x:3"],"outputEPCList":["urn:x:4"])"));
  BOOST_TEST(keys_of(recalled("urn:x:cold-store").items) == (Keys{"urn:x:1", "urn:x:3", "urn:x:4"}),
             boost::test_tools::per_element());
  BOOST_TEST(keys_of(recalled("urn:x:cold-store", day(1), day(4)).items) == (Keys{"urn:x:1"}),
             boost::test_tools::per_element());
  BOOST_TEST(keys_of(recalled("", day(2), day(3)).items) == (Keys{"urn:x:2"}), boost::test_tools::per_element());
  const auto at = readers();
  BOOST_TEST(recall(at, {"urn:x:unknown", {}, {}, {}, 10}).error().reason == "ITEM_UNKNOWN");
}

BOOST_AUTO_TEST_CASE(what_was_in_a_recalled_container_and_what_a_component_was_built_into_are_affected) {
  pack(1, "A", "ADD", "urn:x:box", "urn:x:before");
  pack(2, "A", "DELETE", "urn:x:box", "urn:x:before");
  pack(3, "A", "ADD", "urn:x:box", "urn:x:cell");
  pack(4, "A", "ADD", "urn:x:car", "urn:x:cell", "AssociationEvent");
  pack(4, "A", "ADD", "urn:x:car", "urn:x:wheel", "AssociationEvent");
  BOOST_TEST(keys_of(recalled("urn:x:box", day(3)).items) == (Keys{"urn:x:box", "urn:x:cell", "urn:x:car"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_lot_that_left_a_container_in_part_is_in_it_with_the_rest) {
  const auto milk = [](const std::string& list, const std::string& amount) {
    return ",\"" + list + R"(":[{"epcClass":"urn:x:milk","quantity":)" + amount + R"(,"uom":"LTR"}])";
  };
  const auto packed = [&](std::size_t at, const std::string& company, const std::string& action,
                          const std::string& amount) {
    record(company,
           event_of("AggregationEvent", day(at),
                    R"("action":")" + action + R"(","parentID":"urn:x:tank")" + milk("childQuantityList", amount)));
  };
  record("Farm", event_of("ObjectEvent", day(1),
                          R"("action":"ADD","bizLocation":{"id":"urn:x:farm"})" + milk("quantityList", "100")));
  packed(2, "Farm", "ADD", "100");
  packed(3, "Farm", "DELETE", "40");
  object(4, "Farm", "OBSERVE", "shipping", "urn:x:tank", "urn:x:farm");
  object(5, "Truck", "OBSERVE", "loading", "urn:x:tank", "urn:x:truck");
  const auto steps = [&](const Recall& result) {
    std::set<std::string> all;
    for (const auto& step : result.forward) { all.insert(step.from + " " + step.to); }
    return all;
  };
  BOOST_TEST(steps(recalled("urn:x:milk")) == (std::set<std::string>{"Farm Truck"}), boost::test_tools::per_element());
  BOOST_TEST(keys_of(recalled("urn:x:tank", day(5)).items) == (Keys{"urn:x:tank", "urn:x:milk"}),
             boost::test_tools::per_element());
  object(6, "Dairy", "OBSERVE", "receiving", "urn:x:tank", "urn:x:dairy");
  packed(7, "Dairy", "DELETE", "60");
  object(8, "Dairy", "OBSERVE", "shipping", "urn:x:tank", "urn:x:dairy");
  object(9, "Wash", "OBSERVE", "receiving", "urn:x:tank", "urn:x:wash");
  BOOST_TEST(steps(recalled("urn:x:milk")) == (std::set<std::string>{"Farm Truck", "Truck Dairy"}),
             boost::test_tools::per_element());
  BOOST_TEST(keys_of(recalled("urn:x:tank", day(8)).items) == (Keys{"urn:x:tank"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(errors_and_claims_spread_no_recall) {
  object(1, "A", "ADD", "commissioning", "urn:x:1", "urn:x:a");
  const std::string wrong = R"("inputEPCList":["urn:x:1"],"outputEPCList":["urn:x:2"],"eventID":"urn:x:wrong")";
  record("A", event_of("TransformationEvent", day(2), wrong));
  record("A", event_of("TransformationEvent", day(2),
                       wrong + R"(,"errorDeclaration":{"declarationTime":"2026-02-01T00:00:00Z"})"));
  record("Stranger",
         event_of("TransformationEvent", day(3), R"("inputEPCList":["urn:x:1"],"outputEPCList":["urn:x:9"])"));
  const auto result = recalled("urn:x:1");
  BOOST_TEST(keys_of(result.items) == (Keys{"urn:x:1"}), boost::test_tools::per_element());
  BOOST_TEST(result.alive == 1U);
  BOOST_TEST(result.forward.empty());
}

BOOST_AUTO_TEST_CASE(an_old_claim_behind_thousands_of_newer_ones_is_one_all_the_same) {
  object(1, "A", "ADD", "commissioning", "urn:x:1", "urn:x:a");
  record("Stranger",
         event_of("TransformationEvent", day(2), R"("inputEPCList":["urn:x:1"],"outputEPCList":["urn:x:9"])"));
  constexpr int kMoreThanTwoPages = 2100;
  for (int i = 0; i < kMoreThanTwoPages; ++i) {
    object(3, "Stranger", "OBSERVE", "inspecting", "urn:x:1", "urn:x:" + std::to_string(i));
  }
  const auto result = recalled("urn:x:1");
  BOOST_TEST(keys_of(result.items) == (Keys{"urn:x:1"}), boost::test_tools::per_element());
  BOOST_TEST(!result.truncated);
}

BOOST_AUTO_TEST_CASE(a_lot_number_in_master_data_puts_instances_into_the_lot_and_that_is_inferred) {
  const std::string lot = "https://id.gs1.org/01/04012345111118/10/L1";
  const auto serial = [](const std::string& number) { return "https://id.gs1.org/01/04012345111118/21/" + number; };
  const auto ilmd = [](const std::string& number) { return R"(,"ilmd":{"cbvmda:lotNumber":")" + number + "\"}"; };
  object(1, "Farm", "ADD", "commissioning", serial("1"), "urn:x:farm", ilmd("L1"));
  object(1, "Farm", "ADD", "commissioning", serial("2"), "urn:x:farm", ilmd("L2"));
  object(1, "Farm", "ADD", "commissioning", "https://id.gs1.org/01/04012345222227/21/3", "urn:x:farm", ilmd("L1"));
  // A stranger says so of an item that the farm has; and an event that its recorder takes back.
  object(1, "Farm", "ADD", "commissioning", serial("4"), "urn:x:farm");
  object(2, "Other", "ADD", "commissioning", serial("4"), "urn:x:elsewhere", ilmd("L1"));
  object(1, "Farm", "ADD", "commissioning", serial("5"), "urn:x:farm", ilmd("L1") + R"(,"eventID":"urn:x:wrong")");
  object(1, "Farm", "ADD", "commissioning", serial("5"), "urn:x:farm",
         ilmd("L1") + R"(,"eventID":"urn:x:wrong","errorDeclaration":{"declarationTime":"2026-02-02T00:00:00Z"})");
  record("Farm", event_of("TransformationEvent", day(3),
                          R"("inputEPCList":[")" + serial("1") + R"("],"outputEPCList":["urn:x:salad"])"));
  // No event names the lot itself.
  const auto found = recalled("urn:epc:class:lgtin:4012345.011111.L1");
  BOOST_TEST(keys_of(found.items) == (Keys{serial("1"), "urn:x:salad"}));
  for (const auto& item : found.items) { BOOST_TEST(item.lot_inferred, item.key); }
  BOOST_TEST(json::serialize(to_json(found)).find(R"("lotInferred":true)") != std::string::npos);
  // The lot as input of the same salad: now it is recorded.
  record("Farm", event_of("TransformationEvent", day(4),
                          R"("inputQuantityList":[{"epcClass":")" + lot +
                              R"(","quantity":1}],"outputEPCList":["urn:x:salad"])"));
  for (const auto& item : recalled(lot).items) { BOOST_TEST(item.lot_inferred == (item.key == serial("1")), item.key); }
}

BOOST_AUTO_TEST_CASE(pages_of_a_recall_make_the_whole) {
  for (int i = 0; i < 5; ++i) { object(1, "A", "ADD", "commissioning", "urn:x:" + std::to_string(i), "urn:x:a"); }
  Keys all;
  std::string token;
  std::size_t pages = 0;
  const auto at = readers();
  do {
    const auto page = recall(at, {"urn:x:a", {}, {}, token, 2});
    BOOST_REQUIRE(page.ok());
    BOOST_TEST(page->affected == 5U);
    BOOST_TEST(page->items.size() <= 2U);
    for (const auto& item : page->items) { BOOST_TEST(all.insert(item.key).second); }
    token = page->next_page_token;
    ++pages;
  } while (!token.empty());
  BOOST_TEST(all.size() == 5U);
  BOOST_TEST(pages == 3U);
}

BOOST_AUTO_TEST_CASE(a_history_tells_claims_errors_with_their_corrections_and_what_is_inferred) {
  object(1, "A", "ADD", "commissioning", "urn:x:1", "urn:x:a");
  object(2, "A", "OBSERVE", "inspecting", "urn:x:1", "urn:x:a", R"(,"eventID":"urn:x:wrong")");
  object(2, "A", "OBSERVE", "inspecting", "urn:x:1", "urn:x:a",
         R"(,"eventID":"urn:x:wrong","errorDeclaration":{"declarationTime":"2026-02-01T00:00:00Z",)"
         R"("reason":"incorrect_data","correctiveEventIDs":["urn:x:right"]})");
  object(2, "A", "OBSERVE", "inspecting", "urn:x:1", "urn:x:b", R"(,"eventID":"urn:x:right")");
  object(3, "Stranger", "OBSERVE", "receiving", "urn:x:1", "urn:x:s");
  pack(4, "A", "ADD", "urn:x:pallet", "urn:x:1");
  object(5, "A", "OBSERVE", "shipping", "urn:x:pallet", "urn:x:a");
  const auto all = told("urn:x:1");
  BOOST_REQUIRE_EQUAL(all.lines.size(), 6U);
  BOOST_TEST((all.lines[1].standing == production::Standing::erroneous));
  BOOST_TEST(all.lines[1].declaration_reason == "incorrect_data");
  BOOST_TEST(all.lines[1].corrected_by == (std::vector<std::string>{"urn:x:right"}), boost::test_tools::per_element());
  BOOST_TEST(all.lines[2].event.id == "urn:x:right");
  BOOST_TEST((all.lines[3].standing == production::Standing::claim));
  BOOST_TEST(all.lines[3].possessor == "A");
  BOOST_TEST(all.lines[5].inferred);
  BOOST_TEST(all.lines[5].event.biz_step == "shipping");
  const auto text = json::serialize(to_json(all));
  for (const auto* word : {R"("standing":"claim")", R"("standing":"error")", R"("standing":"inferred")"}) {
    BOOST_TEST(text.find(word) != std::string::npos, word);
  }
  const auto newest = told("urn:x:1", 2);
  BOOST_TEST(newest.lines.size() == 3U, "two recorded and the inferred one between");
  BOOST_REQUIRE(!newest.next_page_token.empty());
  const auto older = told("urn:x:1", 10, newest.next_page_token);
  BOOST_TEST(older.lines.size() == 3U);
  BOOST_TEST(older.next_page_token.empty());
  BOOST_TEST(!all.truncated, "that inputs were not asked for is no gap");
  constexpr std::size_t kTooFew = 2;
  const auto at = readers();
  const auto cut = history(at, {"urn:x:1", "", 100}, kTooFew);
  BOOST_REQUIRE(cut.ok());
  BOOST_TEST(cut->truncated);
  BOOST_TEST(cut->lines.size() == 5U, "what is recorded of the item itself is never missing");
  BOOST_TEST(to_json(*cut).find("truncated")->as_bool());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::query
