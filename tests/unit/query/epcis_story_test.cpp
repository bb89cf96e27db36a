#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <boost/test/unit_test.hpp>

#include "contracts/production/document.h"
#include "contracts/production/item_state.h"
#include "core/json.h"
#include "node/query/epcis_query.h"
#include "node/query/trace.h"
#include "tests/unit/production/memory_ledger.h"

namespace keten::query {
namespace {

const std::filesystem::path kStory = "examples/coldchain";  // tests run in the project's folder

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The cold chain of examples/coldchain, captured step by step.
struct Story {
  Story() {
    const auto index = json::parse(content_of(kStory / "index.json"));
    BOOST_REQUIRE(index.ok());
    for (const auto& step : index->find("steps")->items()) {
      const std::string file(*step.find_string("file"));
      const auto result = ledger.capture(std::string(*step.find_string("organisation")), content_of(kStory / file));
      BOOST_REQUIRE_MESSAGE(result.ok(), file << ": " << (result ? "" : result.error().message));
      for (const auto& event : *result) { BOOST_TEST((event.status == production::CaptureStatus::recorded)); }
    }
    wheel = *index->find("trace")->find_string("epc");
  }
  [[nodiscard]] EpcisReaders readers() const {
    return {ledger.state, ledger.index,
            [this](Height height, std::uint32_t index) { return ledger.load(height, index); }, ledger.height()};
  }
  [[nodiscard]] Trace traced(const std::string& entity, TraceDirection direction,
                             std::size_t depth = limits::kTraceDepthMax) const {
    const auto at = readers();
    auto result = trace(at, {entity, direction, depth});
    BOOST_REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message));
    return std::move(*result);
  }
  test::MemoryLedger ledger;
  std::string wheel;
};

std::set<std::string> items_of(const Trace& trace) {
  std::set<std::string> result;
  for (const auto& item : trace.items) { result.insert(item.key); }
  return result;
}

std::set<std::string> steps_of(const Trace& trace) {
  std::set<std::string> result;
  for (const auto& event : trace.events) { result.insert(event.summary.organisation + " " + event.summary.biz_step); }
  return result;
}

BOOST_FIXTURE_TEST_SUITE(epcis_story, Story)

BOOST_AUTO_TEST_CASE(the_trace_of_the_sold_wheel_goes_back_to_the_farm) {
  const auto back = traced(wheel, TraceDirection::back);
  BOOST_TEST(!back.truncated);
  const auto steps = steps_of(back);
  for (const auto* expected :
       {"FarmCo commissioning", "FarmCo packing", "FarmCo shipping", "TruckCo transporting", "DairyCo receiving",
        "DairyCo creating_class_instance", "DairyCo packing", "DairyCo shipping", "TruckCo loading", "ShopCo receiving",
        "ShopCo unpacking", "ShopCo stocking", "ShopCo retail_selling"}) {
    BOOST_TEST(steps.contains(expected), expected);
  }
  const auto items = items_of(back);
  BOOST_TEST(items.contains("https://id.gs1.org/01/09521001000017/10/MILK-0601-A"));
  BOOST_TEST(items.contains("https://id.gs1.org/01/09521001000017/10/MILK-0601-B"));
  BOOST_TEST(!items.contains("https://id.gs1.org/01/09521003000428/21/1003"),
             "another wheel is no part of this one's history");
}

BOOST_AUTO_TEST_CASE(events_of_a_trace_are_in_order_of_time) {
  const auto back = traced(wheel, TraceDirection::back);
  for (std::size_t i = 1; i < back.events.size(); ++i) {
    BOOST_TEST(back.events[i - 1].summary.time <= back.events[i].summary.time);
  }
  BOOST_TEST(back.events.front().summary.biz_step == "commissioning");
  BOOST_TEST(back.events.back().summary.biz_step == "retail_selling");
}

BOOST_AUTO_TEST_CASE(what_the_pallet_went_through_is_inferred_for_the_wheel) {
  const auto back = traced(wheel, TraceDirection::back);
  const auto wheel_number = static_cast<std::size_t>(0);
  BOOST_TEST(back.items[wheel_number].key == wheel);
  bool shipped = false;
  for (const auto& link : back.links) {
    const auto& event = back.events[link.event].summary;
    if (link.item == wheel_number && event.biz_step == "shipping" && event.organisation == "DairyCo") {
      shipped = true;
      BOOST_TEST(link.inferred);
      BOOST_TEST((link.relation == Relation::sent));
    }
    if (link.item == wheel_number && event.biz_step == "retail_selling") { BOOST_TEST(!link.inferred); }
  }
  BOOST_TEST(shipped);
}

BOOST_AUTO_TEST_CASE(a_milk_lot_goes_forward_to_all_four_wheels_and_the_shop) {
  const auto forward = traced("urn:epc:class:lgtin:9521001.000001.MILK-0601-A", TraceDirection::forward);
  const auto items = items_of(forward);
  for (const auto* serial : {"1001", "1002", "1003", "1004"}) {
    BOOST_TEST(items.contains(std::string("https://id.gs1.org/01/09521003000428/21/") + serial), serial);
  }
  BOOST_TEST(items.contains("https://id.gs1.org/01/09521003000428/10/GOUDA-2026-23"));
  BOOST_TEST(items.contains("https://id.gs1.org/00/195210030000005000"), "the pallet");
  BOOST_TEST(!items.contains("https://id.gs1.org/01/09521001000017/10/MILK-0601-B"),
             "the other lot did not come from this one");
  BOOST_TEST(steps_of(forward).contains("ShopCo retail_selling"));
}

BOOST_AUTO_TEST_CASE(a_pallet_traced_back_shows_what_is_in_it_only_while_it_is_in_it) {
  test::MemoryLedger other;
  const auto add = [&](const std::string& time, const std::string& action, const std::string& child) {
    const auto children = child.empty() ? "" : R"("childEPCs":[")" + child + R"("],)";
    BOOST_REQUIRE(other
                      .capture("A", test::document_of(test::event_of(
                                        "AggregationEvent", time,
                                        children + R"("action":")" + action + R"(","parentID":"urn:x:pallet")")))
                      .ok());
  };
  add("2026-01-01T00:00:00Z", "ADD", "urn:x:one");
  add("2026-01-02T00:00:00Z", "ADD", "urn:x:two");
  add("2026-01-03T00:00:00Z", "DELETE", "urn:x:one");
  const EpcisReaders at{other.state, other.index,
                        [&](Height height, std::uint32_t index) { return other.load(height, index); }, other.height()};
  const auto result = trace(at, {"urn:x:pallet", TraceDirection::back});
  BOOST_REQUIRE(result.ok());
  BOOST_TEST(items_of(*result).contains("urn:x:two"));
  BOOST_TEST(!items_of(*result).contains("urn:x:one"));
}

BOOST_AUTO_TEST_CASE(depth_cuts_a_trace_and_it_says_so) {
  const auto back = traced(wheel, TraceDirection::back, 0);
  BOOST_TEST(back.truncated);
  BOOST_TEST(!steps_of(back).contains("FarmCo commissioning"));
}

BOOST_AUTO_TEST_CASE(an_unknown_item_has_no_trace) {
  const auto at = readers();
  BOOST_TEST(trace(at, {"urn:epc:id:sgtin:9521003.000042.9999"}).error().reason == "ITEM_UNKNOWN");
}

BOOST_AUTO_TEST_CASE(two_traces_of_one_ledger_are_the_same_bytes) {
  const auto first = json::serialize(trace_json(traced(wheel, TraceDirection::back)));
  const auto second = json::serialize(trace_json(traced("urn:epc:id:sgtin:9521003.000042.1001", TraceDirection::back)));
  BOOST_TEST(first == second);
  BOOST_TEST(json::parse(first).ok());
}

BOOST_AUTO_TEST_CASE(the_trace_table_reads_like_the_story) {
  const auto rows = trace_rows(traced(wheel, TraceDirection::back));
  for (const auto& row : rows) {
    BOOST_TEST_MESSAGE(row.time << " | " << row.organisation << " | " << row.step << " | " << row.what << " | "
                                << row.where << (row.inferred ? " | inferred" : ""));
  }
  BOOST_TEST(rows.front().organisation == "FarmCo");
  BOOST_TEST(rows.front().what == "01/09521001000017/10/MILK-0601-A");
  BOOST_TEST(rows.back().what == "01/09521003000428/21/1001");
}

BOOST_AUTO_TEST_CASE(the_graph_is_valid_for_graphviz) {
  const auto dot = trace_dot(traced(wheel, TraceDirection::back));
  BOOST_TEST(dot.starts_with("digraph trace {"));
  BOOST_TEST(dot.find("style=dashed") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_state_of_each_item_is_where_the_story_left_it) {
  const auto sold = production::item_state(ledger.state, wheel);
  BOOST_REQUIRE(sold.has_value());
  BOOST_TEST(sold->born);
  BOOST_TEST(!sold->dead);
  BOOST_TEST(sold->possessor == "");
  BOOST_TEST(sold->disposition == "retail_sold");
  BOOST_TEST(sold->parent == "");
  BOOST_TEST(!sold->unfolded);
  const auto packed = production::item_state(ledger.state, "https://id.gs1.org/01/09521003000428/21/1003");
  BOOST_REQUIRE(packed.has_value());
  BOOST_TEST(packed->parent == "https://id.gs1.org/00/195210030000005024");
  const auto pallet = production::item_state(ledger.state, "https://id.gs1.org/00/195210030000005000");
  BOOST_REQUIRE(pallet.has_value());
  BOOST_TEST(pallet->possessor == "ShopCo");
  std::size_t children = 0;
  production::visit_children(ledger.state, "https://id.gs1.org/00/195210030000005000",
                             [&](std::string_view, production::Bond) { return ++children > 0; });
  BOOST_TEST(children == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::query
