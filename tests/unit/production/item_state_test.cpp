// Folding: order, corrections, claims, quantities.
#include "contracts/production/item_state.h"

#include <algorithm>
#include <random>

#include <boost/test/unit_test.hpp>

#include "contracts/production/decimal.h"
#include "contracts/production/entity.h"
#include "contracts/production/time.h"
#include "core/limits.h"
#include "tests/unit/production/memory_ledger.h"

namespace keten::production {
namespace {

using test::document_of;
using test::event_of;
using test::MemoryLedger;

/// The n-th minute.
std::string minute(std::size_t n) {
  const auto two = [](std::size_t value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  return "2026-01-" + two(1 + n / 1440) + "T" + two(n / 60 % 24) + ":" + two(n % 60) + ":00Z";
}

std::string item(std::size_t at, const std::string& action, const std::string& epc, const std::string& step,
                 const std::string& place = "urn:x:place") {
  return event_of("ObjectEvent", minute(at),
                  R"("action":")" + action + R"(","bizStep":")" + step + R"(","bizLocation":{"id":")" + place +
                      R"("},"epcList":[")" + epc + "\"]");
}

std::string lot(std::size_t at, const std::string& action, const std::string& amount, const std::string& step,
                const std::string& place) {
  return event_of("ObjectEvent", minute(at),
                  R"("action":")" + action + R"(","bizStep":")" + step + R"(","bizLocation":{"id":")" + place +
                      R"("},"quantityList":[{"epcClass":"urn:x:lot","quantity":)" + amount + R"(,"uom":"KGM"}])");
}

std::string pack_lot(std::size_t at, const std::string& action, const std::string& amount) {
  const auto list = amount.empty()
                        ? ""
                        : R"(,"childQuantityList":[{"epcClass":"urn:x:lot","quantity":)" + amount + R"(,"uom":"KGM"}])";
  return event_of("AggregationEvent", minute(at),
                  R"("action":")" + action + R"(","parentID":"urn:x:tank","readPoint":{"id":"urn:x:dock"})" + list);
}

void record(MemoryLedger& ledger, const std::string& organisation, const std::string& event,
            std::uint64_t fuel_limit = MemoryLedger::kFuel) {
  ledger.fuel_limit = fuel_limit;
  const auto result = ledger.capture(organisation, document_of(event));
  BOOST_REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message) << event);
}

ItemState state_of(const MemoryLedger& ledger, const std::string& epc) {
  const auto state = item_state(ledger.state, epc);
  BOOST_REQUIRE_MESSAGE(state.has_value(), epc);
  return *state;
}

std::string with_id(std::string event, const std::string& id, bool declares_error = false) {
  event.pop_back();
  event += R"(,"eventID":")" + id + "\"";
  if (declares_error) {
    event += R"(,"errorDeclaration":{"declarationTime":"2026-02-02T00:00:00Z","reason":"incorrect_data"})";
  }
  return event + "}";
}

/// `held KGM A urn:x:farm 60` and so on, without what is zero.
std::vector<std::string> holdings_of(const ItemState& state) {
  std::vector<std::string> result;
  for (const auto& holding : state.holdings) {
    if (holding.amount == "0") { continue; }
    const auto* kind = holding.kind == Holding::Kind::held     ? "held "
                       : holding.kind == Holding::Kind::moving ? "moving "
                                                               : "packed ";
    result.push_back(kind + holding.amount + " " + holding.unit + " " + holding.holder + " " + holding.place);
  }
  return result;
}

using Lines = std::vector<std::string>;

BOOST_FIXTURE_TEST_SUITE(item_states, MemoryLedger)

BOOST_AUTO_TEST_CASE(amounts_add_up_exactly) {
  BOOST_TEST(*add_decimals("0.1", "0.2") == "0.3");
  BOOST_TEST(*add_decimals("1", "-1") == "0");
  BOOST_TEST(*add_decimals("-0.05", "0.049") == "-0.001");
  BOOST_TEST(*add_decimals("999.5", "0.5") == "1000");
  BOOST_TEST(*add_decimals("5", "-12.25") == "-7.25");
  BOOST_TEST(*add_decimals("-5", "-12.25") == "-17.25");
  BOOST_TEST(*add_decimals("1000000000000000000000000000000", "0.000000000000000000000000000001") ==
             "1000000000000000000000000000000.000000000000000000000000000001");
  BOOST_TEST(!add_decimals(std::string(kPlainDecimalDigitsMax, '9'), "1").has_value());
  BOOST_TEST(negated_decimal("-3") == "3");
  BOOST_TEST(negated_decimal("0") == "0");
}

BOOST_AUTO_TEST_CASE(a_lot_is_counted_by_holder_place_and_container) {
  record(*this, "Farm", lot(1, "ADD", "600.5", "commissioning", "urn:x:farm"));
  BOOST_TEST(holdings_of(state_of(*this, "urn:x:lot")) == (Lines{"held 600.5 KGM Farm urn:x:farm"}));
  record(*this, "Farm", pack_lot(2, "ADD", "100"));
  record(*this, "Farm", lot(3, "OBSERVE", "200.25", "shipping", "urn:x:farm"));
  BOOST_TEST(holdings_of(state_of(*this, "urn:x:lot")) ==
             (Lines{"held 300.25 KGM Farm urn:x:farm", "moving 200.25 KGM Farm ", "packed 100 KGM  urn:x:tank"}));
  record(*this, "Dairy", lot(4, "OBSERVE", "200", "receiving", "urn:x:dairy"));
  record(*this, "Dairy", pack_lot(5, "DELETE", ""));
  record(*this, "Dairy", lot(6, "DELETE", "50", "destroying", "urn:x:dairy"));
  const auto now = state_of(*this, "urn:x:lot");
  BOOST_TEST(holdings_of(now) == (Lines{"held 150 KGM Dairy urn:x:dairy", "held 100 KGM Dairy urn:x:dock",
                                        "held 300.25 KGM Farm urn:x:farm", "moving 0.25 KGM Farm "}),
             "what was sent and did not arrive stays visible");
  BOOST_TEST(!now.uncounted);
  BOOST_TEST(!now.dead);
}

BOOST_AUTO_TEST_CASE(a_missing_amount_matters_only_where_amounts_move) {
  record(*this, "Farm", lot(1, "ADD", "10", "commissioning", "urn:x:farm"));
  record(*this, "Farm", lot(2, "OBSERVE", "-1", "inspecting", "urn:x:farm"));
  BOOST_TEST(!state_of(*this, "urn:x:lot").uncounted);
  record(*this, "Farm", lot(3, "OBSERVE", "-1", "shipping", "urn:x:farm"));
  BOOST_TEST(state_of(*this, "urn:x:lot").uncounted);
  BOOST_TEST(holdings_of(state_of(*this, "urn:x:lot")) == (Lines{"held 10 KGM Farm urn:x:farm"}));
}

BOOST_AUTO_TEST_CASE(more_received_than_sent_is_a_negative_amount_on_the_way) {
  record(*this, "Farm", lot(1, "ADD", "10", "commissioning", "urn:x:farm"));
  record(*this, "Farm", lot(2, "OBSERVE", "10", "shipping", "urn:x:farm"));
  record(*this, "Dairy", lot(3, "OBSERVE", "12", "receiving", "urn:x:dairy"));
  BOOST_TEST(holdings_of(state_of(*this, "urn:x:lot")) == (Lines{"held 12 KGM Dairy urn:x:dairy", "moving -2 KGM  "}));
}

BOOST_AUTO_TEST_CASE(a_late_event_folds_what_came_behind_it_again) {
  record(*this, "A", item(1, "ADD", "urn:x:1", "commissioning", "urn:x:a"));
  record(*this, "B", item(3, "OBSERVE", "urn:x:1", "receiving", "urn:x:b"));
  auto now = state_of(*this, "urn:x:1");
  BOOST_TEST(now.possessor == "A");
  BOOST_TEST(now.claims == 1U, "nobody sent it to B");
  record(*this, "A", item(2, "OBSERVE", "urn:x:1", "shipping", "urn:x:a"));
  now = state_of(*this, "urn:x:1");
  BOOST_TEST(now.possessor == "B");
  BOOST_TEST(now.location == "urn:x:b");
  BOOST_TEST(now.claims == 0U);
  BOOST_TEST(now.events == 3U);
  BOOST_TEST(!now.unfolded);
}

BOOST_AUTO_TEST_CASE(what_a_stranger_records_is_a_claim) {
  record(*this, "A", item(1, "ADD", "urn:x:1", "commissioning", "urn:x:a"));
  record(*this, "Stranger", item(2, "DELETE", "urn:x:1", "destroying", "urn:x:s"));
  record(*this, "Stranger", item(3, "OBSERVE", "urn:x:1", "receiving", "urn:x:s"));
  const auto now = state_of(*this, "urn:x:1");
  BOOST_TEST(!now.dead);
  BOOST_TEST(now.possessor == "A");
  BOOST_TEST(now.location == "urn:x:a");
  BOOST_TEST(now.events == 3U);
  BOOST_TEST(now.claims == 2U);
  const auto history = item_history(state, "urn:x:1", 10, index_rows::Stamp{std::numeric_limits<EventTime>::max(), {}});
  BOOST_REQUIRE_EQUAL(history.entries.size(), 3U);
  BOOST_TEST(history.complete);
  BOOST_TEST((history.entries[0].standing == Standing::folded));
  BOOST_TEST((history.entries[1].standing == Standing::claim));
  BOOST_TEST((history.entries[2].standing == Standing::claim));
}

BOOST_AUTO_TEST_CASE(a_declared_error_is_taken_back_with_its_consequences) {
  record(*this, "A", item(1, "ADD", "urn:x:1", "commissioning", "urn:x:a"));
  record(*this, "A", with_id(item(2, "DELETE", "urn:x:1", "destroying", "urn:x:a"), "urn:x:wrong"));
  BOOST_TEST(state_of(*this, "urn:x:1").dead);
  record(*this, "Other", with_id(item(2, "DELETE", "urn:x:1", "destroying", "urn:x:a"), "urn:x:wrong", true));
  BOOST_TEST(state_of(*this, "urn:x:1").dead, "only the recorder can declare an error");
  record(*this, "A", with_id(item(2, "DELETE", "urn:x:1", "destroying", "urn:x:a"), "urn:x:wrong", true));
  auto now = state_of(*this, "urn:x:1");
  BOOST_TEST(!now.dead);
  BOOST_TEST(now.biz_step == "commissioning");
  BOOST_TEST(!now.unfolded);
  BOOST_TEST(now.events == 4U);
  record(*this, "A", item(2, "OBSERVE", "urn:x:1", "storing", "urn:x:store"));
  BOOST_TEST(state_of(*this, "urn:x:1").location == "urn:x:store", "the corrective event counts");
}

BOOST_AUTO_TEST_CASE(a_declaration_that_names_other_items_corrects_those_of_the_event) {
  record(*this, "A", item(1, "ADD", "urn:x:1", "commissioning"));
  record(*this, "A", with_id(item(2, "DELETE", "urn:x:1", "destroying"), "urn:x:wrong"));
  record(*this, "A", with_id(item(2, "DELETE", "urn:x:2", "destroying"), "urn:x:wrong", true));
  BOOST_TEST(!state_of(*this, "urn:x:1").dead);
  BOOST_TEST(!state_of(*this, "urn:x:2").dead);
}

BOOST_AUTO_TEST_CASE(beyond_256_events_a_late_one_leaves_the_state_unfolded) {
  constexpr std::size_t kEvents = 400;
  for (std::size_t i = 0; i < kEvents; ++i) {
    record(*this, "A", item(100 + i, i == 0 ? "ADD" : "OBSERVE", "urn:x:1", "storing", "urn:x:" + std::to_string(i)));
  }
  record(*this, "A", item(100 + kEvents - 150, "OBSERVE", "urn:x:1", "inspecting", "urn:x:late"));
  auto now = state_of(*this, "urn:x:1");
  BOOST_TEST(!now.unfolded, "an intermediate state is near");
  BOOST_TEST(now.events == kEvents + 1);
  const auto before = now;
  record(*this, "B", item(1, "ADD", "urn:x:1", "commissioning", "urn:x:b"));
  now = state_of(*this, "urn:x:1");
  BOOST_TEST(now.unfolded);
  BOOST_TEST(now.possessor == before.possessor);
  BOOST_TEST(now.location == before.location);
  record(*this, "A", item(1000, "OBSERVE", "urn:x:1", "storing", "urn:x:new"));
  BOOST_TEST(state_of(*this, "urn:x:1").location == "urn:x:new", "events in order still count");
  BOOST_TEST(state_of(*this, "urn:x:1").unfolded);
}

BOOST_AUTO_TEST_CASE(a_history_says_where_no_state_is_near_enough_to_fold_from) {
  constexpr std::size_t kEarly = 81;
  constexpr std::size_t kNewer = 319;
  constexpr std::size_t kLate = 400;
  record(*this, "A", item(1, "ADD", "urn:x:1", "commissioning"));
  for (std::size_t i = 1; i < kEarly; ++i) { record(*this, "A", item(1 + i, "OBSERVE", "urn:x:1", "storing")); }
  for (std::size_t i = 0; i < kNewer; ++i) { record(*this, "A", item(1000 + i, "OBSERVE", "urn:x:1", "storing")); }
  // A stranger's, between the 81st and the 82nd: more than 256 behind the newest, not folded.
  for (std::size_t i = 0; i < kLate; ++i) { record(*this, "B", item(200 + i, "OBSERVE", "urn:x:1", "inspecting")); }
  BOOST_TEST(state_of(*this, "urn:x:1").unfolded);
  constexpr std::size_t kMost = kNewer + 61;
  const auto newest = index_rows::Stamp{*parse_time("2027-01-01T00:00:00Z"), {}};
  const auto history = item_history(state, "urn:x:1", kMost, newest);
  BOOST_TEST(!history.complete);
  BOOST_REQUIRE_EQUAL(history.entries.size(), kMost);
  for (std::size_t i = 0; i < 61; ++i) {
    BOOST_TEST((history.entries[i].standing == Standing::unknown), "a claim, but nothing near tells who had it");
    BOOST_TEST(history.entries[i].after.possessor.empty());
    BOOST_TEST(history.entries[i].after.unfolded);
  }
  // The 128th in order is the first that kept a state.
  const auto first_known = 61 + 128 - kEarly;
  BOOST_TEST((history.entries[first_known - 1].standing == Standing::unknown));
  BOOST_TEST(history.entries[first_known - 1].after.possessor == "A");
  for (std::size_t i = first_known; i < kMost; ++i) {
    BOOST_TEST((history.entries[i].standing == Standing::folded));
    BOOST_TEST(history.entries[i].after.possessor == "A");
  }
  // From the beginning everything can be told.
  const auto whole = item_history(state, "urn:x:1", kEarly + kNewer + kLate, newest);
  BOOST_TEST(whole.complete);
  BOOST_TEST((whole.entries[kEarly].standing == Standing::claim));
}

BOOST_AUTO_TEST_CASE(a_late_event_costs_fuel_for_what_is_folded_again) {
  for (std::size_t i = 0; i < 60; ++i) { record(*this, "A", item(100 + i, "OBSERVE", "urn:x:1", "storing")); }
  const auto in_order = last_fuel;
  record(*this, "A", item(1, "OBSERVE", "urn:x:1", "storing"));
  BOOST_TEST(last_fuel > in_order + 60 * 1000);
  BOOST_TEST(last_fuel < in_order + 256 * 3000);
}

BOOST_AUTO_TEST_CASE(amounts_cost_fuel_for_the_holdings_among_which_they_are_looked_for) {
  const auto units = [](std::size_t mentions) {
    std::string list;
    for (std::size_t i = 0; i < mentions; ++i) {
      list += std::string(i == 0 ? "" : ",") +
              R"({"epcClass":"urn:epc:class:lgtin:4012345.012345.L1","quantity":1,"uom":")" +
              std::string(1, static_cast<char>('A' + i / 26)) + static_cast<char>('A' + i % 26) + "\"}";
    }
    return document_of(
        event_of("ObjectEvent", minute(mentions), R"("action":"ADD","epcList":[],"quantityList":[)" + list + "]"));
  };
  BOOST_REQUIRE(capture("A", units(200)).ok());
  BOOST_REQUIRE(capture("A", units(201)).ok());
  BOOST_TEST(last_fuel > std::uint64_t{200} * 200 * 50);
}

BOOST_AUTO_TEST_CASE(the_most_items_of_one_transaction_fit_into_its_most_fuel) {
  const auto pallets = [](const std::string& children) {
    return document_of(event_of("AggregationEvent", minute(1),
                                R"("action":"ADD","bizStep":"packing","parentID":"urn:epc:id:sscc:4012345.1234567891",)"
                                R"("bizLocation":{"id":"urn:epc:id:sgln:4012345.00001.0"},"childEPCs":[)" +
                                    children + "]"));
  };
  std::string children;
  for (std::size_t i = 1; i < limits::kEntitiesPerTransactionMax; ++i) {
    children +=
        std::string(i == 1 ? "" : ",") + R"("urn:epc:id:sgtin:4012345.011111.)" + std::to_string(10000 + i) + "\"";
  }
  BOOST_REQUIRE(capture("A", pallets(children)).ok());
  BOOST_TEST_MESSAGE("fuel " << last_fuel);
  BOOST_TEST(last_fuel < limits::kFuelPerTransactionMax);
  fuel_limit = limits::kFuelPerTransactionMax;
  BOOST_REQUIRE(
      capture("A", document_of(event_of(
                       "AggregationEvent", minute(2),
                       R"("action":"DELETE","bizStep":"unpacking","parentID":"urn:epc:id:sscc:4012345.1234567891" )")))
          .ok());
  BOOST_TEST_MESSAGE("fuel " << last_fuel);
  BOOST_TEST(last_fuel < limits::kFuelPerTransactionMax);
  const auto pallet = item_state(state, entity_key("urn:epc:id:sscc:4012345.1234567891"));
  BOOST_REQUIRE(pallet.has_value());
  BOOST_TEST(!pallet->unfolded, "with the pallet as many as one transaction may restate");
}

std::string packing(std::size_t at, const std::string& action, std::size_t first, std::size_t end) {
  std::string children;
  for (std::size_t i = first; i < end; ++i) {
    children += (i == first ? "\"" : ",\"") + ("urn:x:" + std::to_string(i)) + "\"";
  }
  return event_of("AggregationEvent", minute(at),
                  R"("action":")" + action + R"(","parentID":"urn:x:ship")" +
                      (first == end ? "" : R"(,"childEPCs":[)" + children + "]"));
}

std::size_t children_of(const MemoryLedger& ledger, const std::string& parent) {
  std::size_t count = 0;
  visit_children(ledger.state, parent, [&](std::string_view, Bond) { return ++count > 0; });
  return count;
}

BOOST_AUTO_TEST_CASE(a_container_of_more_than_one_transaction_may_restate_is_emptied_in_several) {
  constexpr std::size_t kContents = limits::kEntitiesPerTransactionMax + 500;
  record(*this, "A", packing(1, "ADD", 0, 6000));
  record(*this, "A", packing(2, "ADD", 6000, kContents));
  BOOST_TEST(children_of(*this, "urn:x:ship") == kContents);
  record(*this, "A", packing(3, "DELETE", 0, 0));
  BOOST_TEST(last_fuel < limits::kFuelPerTransactionMax);
  BOOST_TEST(children_of(*this, "urn:x:ship") == 501U, "the container is one of the entities");
  BOOST_TEST(state_of(*this, "urn:x:ship").unfolded);
  BOOST_TEST(state_of(*this, "urn:x:0").parent.empty());
  BOOST_REQUIRE_EQUAL(state_of(*this, "urn:x:9999").parent, "urn:x:ship");
  // Its next event frees it, or the container is emptied again.
  record(*this, "A", item(4, "OBSERVE", "urn:x:9999", "inspecting"));
  BOOST_TEST(state_of(*this, "urn:x:9999").parent.empty());
  record(*this, "A", packing(5, "DELETE", 0, 0));
  BOOST_TEST(children_of(*this, "urn:x:ship") == 0U);
}

BOOST_AUTO_TEST_CASE(a_late_emptying_folds_as_many_contents_again_as_the_fuel_pays_for) {
  constexpr std::size_t kContents = 2000;
  record(*this, "A", packing(1, "ADD", 0, kContents));
  std::string seen;
  for (std::size_t i = 0; i < kContents; ++i) {
    seen += (i == 0 ? "\"" : ",\"") + ("urn:x:" + std::to_string(i)) + "\"";
  }
  for (std::size_t i = 0; i < 60; ++i) {
    record(*this, "A", event_of("ObjectEvent", minute(100 + i), R"("action":"OBSERVE","epcList":[)" + seen + "]"));
  }
  record(*this, "A", packing(2, "DELETE", 0, 0), 50'000'000);
  BOOST_TEST(state_of(*this, "urn:x:ship").unfolded);
  std::size_t freed = 0;
  for (std::size_t i = 0; i < kContents; ++i) {
    const auto now = state_of(*this, "urn:x:" + std::to_string(i));
    freed += now.parent.empty() ? 1 : 0;
  }
  BOOST_TEST_MESSAGE("freed " << freed << ", fuel " << last_fuel);
  BOOST_TEST(freed > 0U);
  BOOST_TEST(freed < kContents);
}

/// What must not depend on the order of arrival.
std::string text_of(const MemoryLedger& ledger) {
  std::string result;
  for (const auto& [key, value] : ledger.state.rows) {
    const auto name = as_text(key);
    if (name.starts_with("production/child/")) { result += std::string(name) + "\n"; }
    if (!name.starts_with("production/item/")) { continue; }
    auto state = *decode_item_state(value);
    state.last_event = {};
    state.since_snapshot = 0;
    result += std::string(name) + " " + to_hex(encode(state)) + "\n";
  }
  return result;
}

BOOST_AUTO_TEST_CASE(any_order_of_arrival_gives_the_state_of_the_sorted_order) {
  std::mt19937_64 random(20260101);
  const auto pick = [&](std::size_t end) { return static_cast<std::size_t>(random() % end); };
  const std::vector<std::string> companies = {"A", "B", "C"};
  const std::vector<std::string> steps = {"commissioning", "shipping",  "receiving", "storing",
                                          "loading",       "unpacking", "accepting", "retail_selling",
                                          "void_shipping", "inspecting"};
  for (std::size_t round = 0; round < 120; ++round) {
    std::vector<std::pair<std::string, std::string>> events;
    const auto count = 5 + pick(60);
    for (std::size_t at = 0; at < count; ++at) {
      const auto company = companies[pick(companies.size())];
      const auto id = "urn:x:event-" + std::to_string(at);
      const auto action = std::vector<std::string>{"ADD", "OBSERVE", "DELETE"}[pick(10) == 0 ? 2 : pick(2)];
      std::string event;
      switch (pick(5)) {
        case 0:
        case 1:
          event = item(at, action, "urn:x:" + std::to_string(pick(3)), steps[pick(steps.size())],
                       "urn:x:place-" + std::to_string(pick(3)));
          break;
        case 2:
          event = lot(at, action, std::to_string(pick(100)) + "." + std::to_string(1 + pick(9)),
                      steps[pick(steps.size())], "urn:x:place-" + std::to_string(pick(3)));
          break;
        case 3: event = pack_lot(at, pick(2) == 0 ? "ADD" : "DELETE", std::to_string(1 + pick(50))); break;
        default: {
          const auto children = pick(3) == 0 ? "" : R"(,"childEPCs":["urn:x:)" + std::to_string(pick(3)) + "\"]";
          event = event_of(pick(4) == 0 ? "AssociationEvent" : "AggregationEvent", minute(at),
                           R"("action":")" + std::string(children.empty() || pick(3) == 0 ? "DELETE" : "ADD") +
                               R"(","bizStep":")" + steps[pick(steps.size())] + R"(","parentID":"urn:x:)" +
                               (pick(2) == 0 ? "tank" : "box") + "\"" + children);
        }
      }
      events.emplace_back(company, with_id(event, id));
      if (pick(8) == 0) { events.emplace_back(company, with_id(event, id, true)); }
    }
    MemoryLedger sorted;
    for (const auto& [company, event] : events) { record(sorted, company, event); }
    std::shuffle(events.begin(), events.end(), random);
    MemoryLedger shuffled;
    for (const auto& [company, event] : events) { record(shuffled, company, event); }
    BOOST_REQUIRE_EQUAL(text_of(sorted), text_of(shuffled));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::production
