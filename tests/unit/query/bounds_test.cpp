// Reads end, and say where they stopped, whatever was recorded.
#include <algorithm>
#include <string>

#include <boost/test/unit_test.hpp>

#include "node/query/collections.h"
#include "node/query/epcis_parameters.h"
#include "node/query/extract.h"
#include "node/query/lineage.h"
#include "node/query/trace.h"
#include "tests/unit/production/memory_ledger.h"

namespace keten::query {
namespace {

using test::document_of;
using test::event_of;

/// The n-th minute.
std::string minute(std::size_t n) {
  const auto two = [](std::size_t value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  return "2026-01-" + two(1 + n / 1440) + "T" + two(n / 60 % 24) + ":" + two(n % 60) + ":00Z";
}

std::string box(std::size_t number) { return "urn:x:box" + std::to_string(number); }

struct Ledger : test::MemoryLedger {
  void record(const std::string& organisation, const std::string& events) {
    const auto result = capture(organisation, document_of(events));
    BOOST_REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message) << events.substr(0, 500));
  }
  void pack(std::size_t at, const std::string& action, const std::string& parent, const std::string& children) {
    record("A", event_of("AggregationEvent", minute(at),
                         R"("action":")" + action + R"(","parentID":")" + parent + "\"" +
                             (children.empty() ? "" : R"(,"childEPCs":[)" + children + "]")));
  }
  static std::string seen(std::size_t at, const std::string& step, const std::string& epc) {
    return event_of(
        "ObjectEvent", minute(at),
        R"("action":"OBSERVE","bizStep":")" + step + R"(","readPoint":{"id":"urn:x:dock"},"epcList":[")" + epc + "\"]");
  }
  [[nodiscard]] EpcisReaders readers() const {
    return {state, index, [this](Height at, std::uint32_t number) { return load(at, number); }, height()};
  }
};

BOOST_FIXTURE_TEST_SUITE(bounds, Ledger)

BOOST_AUTO_TEST_CASE(a_trace_follows_containers_that_are_packed_into_each_other_again_and_again_once) {
  pack(1, "ADD", box(0), R"("urn:x:item")");
  for (std::size_t i = 0; i < 60; ++i) { pack(2 + i, "ADD", box((i + 1) % 2), "\"" + box(i % 2) + "\""); }
  record("A", seen(100, "shipping", box(1)));
  const auto at = readers();
  index.reads = 0;
  const auto result = trace(at, {"urn:x:item", TraceDirection::back});
  BOOST_REQUIRE(result.ok());
  BOOST_TEST(index.reads < 20'000U);
  BOOST_TEST(!result->truncated);
  BOOST_TEST(result->events.size() == 62U);
  const auto inferred = std::count_if(result->links.begin(), result->links.end(),
                                      [](const TraceLink& link) { return link.item == 0 && link.inferred; });
  BOOST_TEST(inferred == 61, "sixty packings and the shipment");
  const auto cut = trace(at, {"urn:x:item", TraceDirection::back}, 70);
  BOOST_REQUIRE(cut.ok());
  BOOST_TEST(cut->truncated);
}

BOOST_AUTO_TEST_CASE(a_trace_reads_an_event_of_many_items_once) {
  constexpr std::size_t kItems = 200;
  std::string inputs;
  std::string outputs;
  for (std::size_t i = 0; i < kItems; ++i) {
    inputs += (i == 0 ? "\"" : ",\"") + std::string("urn:x:in") + std::to_string(i) + "\"";
    outputs += (i == 0 ? "\"" : ",\"") + std::string("urn:x:out") + std::to_string(i) + "\"";
  }
  pack(1, "ADD", box(0), inputs);
  record("A", event_of("TransformationEvent", minute(2),
                       R"("inputEPCList":[)" + inputs + R"(],"outputEPCList":[)" + outputs + "]"));
  const auto at = readers();
  index.reads = 0;
  const auto result = trace(at, {box(0), TraceDirection::forward});
  BOOST_REQUIRE(result.ok());
  BOOST_TEST(result->items.size() == 2 * kItems + 1);
  BOOST_TEST(!result->truncated);
  BOOST_TEST(index.reads < 20 * kItems);
}

BOOST_AUTO_TEST_CASE(a_recall_follows_containers_that_are_packed_into_each_other_once) {
  constexpr std::size_t kBoxes = 10;
  pack(1, "ADD", box(0), R"("urn:x:item")");
  std::size_t at = 2;
  for (std::size_t outer = 0; outer < kBoxes; ++outer) {
    for (std::size_t inner = 0; inner < kBoxes; ++inner) {
      if (inner != outer) { pack(at++, "ADD", box(outer), "\"" + box(inner) + "\""); }
    }
  }
  record("A", seen(at, "shipping", box(9)));
  record("B", seen(at + 1, "receiving", box(9)));
  const auto where = readers();
  const auto result = recall(where, {"urn:x:item", {}, {}, {}, 10});
  BOOST_REQUIRE(result.ok());
  BOOST_TEST(!result->truncated);
  BOOST_REQUIRE_EQUAL(result->forward.size(), 1U);
  BOOST_TEST(result->forward[0].from == "A");
  BOOST_TEST(result->forward[0].to == "B");
  const auto cut = recall(where, {"urn:x:item", {}, {}, {}, 10}, 1000);
  BOOST_REQUIRE(cut.ok());
  BOOST_TEST(cut->truncated);
  BOOST_TEST(cut->affected == 1U);
}

BOOST_AUTO_TEST_CASE(a_recall_counts_declarations_of_error_among_the_rows_it_looks_at) {
  std::size_t declared = 0;
  while (declared <= limits::kTraceNodesMax) {
    std::string events;
    for (std::size_t i = 0; i < 900; ++i, ++declared) {
      auto event = seen(declared % 40'000, "inspecting", "urn:x:item");
      event.pop_back();
      events += (events.empty() ? "" : ",") + event + R"(,"eventID":"urn:x:)" + std::to_string(declared) +
                R"(","errorDeclaration":{"declarationTime":"2026-02-01T00:00:00Z"}})";
    }
    record("Stranger", events);
  }
  const auto at = readers();
  index.reads = 0;
  const auto result = recall(at, {"urn:x:item", {}, {}, {}, 10});
  BOOST_REQUIRE(result.ok());
  BOOST_TEST(result->truncated);
  BOOST_TEST(index.reads < limits::kTraceNodesMax + 100);
}

BOOST_AUTO_TEST_CASE(an_extract_has_so_many_contents_in_all_its_events_together) {
  constexpr std::size_t kItems = 1000;
  constexpr std::size_t kJourneys = 60;
  static_assert(kItems * kJourneys > kExtractContentsMax);
  std::string children;
  for (std::size_t i = 0; i < kItems; ++i) {
    children += (i == 0 ? "\"" : ",\"") + std::string("urn:x:") + std::to_string(i) + "\"";
  }
  pack(1, "ADD", box(0), children);
  for (std::size_t i = 0; i < kJourneys; ++i) { record("A", seen(10 + i, "shipping", box(0))); }
  const auto at = readers();
  const auto result = extract(at, {"", {}, {}});
  BOOST_REQUIRE(result.ok());
  BOOST_TEST(result->truncated);
  std::size_t contents = 0;
  for (const auto& event : result->events) { contents += event.contents.size(); }
  BOOST_TEST(contents == kExtractContentsMax);
}

BOOST_AUTO_TEST_CASE(an_extract_reads_the_packings_of_a_container_once) {
  constexpr std::size_t kTimes = 150;
  for (std::size_t i = 0; i < kTimes; ++i) {
    pack(2 * i, "ADD", box(0), "\"urn:x:" + std::to_string(i) + "\"");
    record("A", seen(2 * i + 1, "shipping", box(0)));
  }
  const auto at = readers();
  index.reads = 0;
  const auto result = extract(at, {"", {}, {}});
  BOOST_REQUIRE(result.ok());
  BOOST_TEST(!result->truncated);
  BOOST_REQUIRE_EQUAL(result->events.size(), 2 * kTimes);
  std::size_t contents = 0;
  for (const auto& event : result->events) { contents += event.contents.size(); }
  BOOST_TEST(contents == kTimes * (kTimes + 1) / 2, "as many as were packed by then");
  BOOST_TEST(index.reads < 40 * kTimes);
}

BOOST_AUTO_TEST_CASE(a_parameter_has_at_most_1000_values) {
  auto values = json::Value::array();
  for (std::size_t i = 0; i < kQueryValuesMax; ++i) { values.push(json::Value::string("urn:x:" + std::to_string(i))); }
  BOOST_TEST(parse_epcis_query(json::Value::object().set("MATCH_epc", values)).ok());
  values.push(json::Value::string("urn:x:more"));
  const auto refused = parse_epcis_query(json::Value::object().set("MATCH_epc", values));
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().reason == "QUERY_PARAMETER");
  BOOST_REQUIRE_EQUAL(refused.error().violations.size(), 1U);
  BOOST_TEST(refused.error().violations[0].pointer == "/MATCH_epc");
  BOOST_TEST(refused.error().message ==
             "MATCH_epc: expected at most 1000 values, found 1001 values; ask in several queries");
}

BOOST_AUTO_TEST_CASE(a_query_has_at_most_200_parameters) {
  auto query = json::Value::object();
  for (std::size_t i = 0; i < kQueryParametersMax; ++i) {
    query.set("EQ_ext:field" + std::to_string(i), json::Value::string("a"));
  }
  BOOST_TEST(parse_epcis_query(query).ok());
  query.set("EQ_ext:more", json::Value::string("a"));
  BOOST_TEST(parse_epcis_query(query).error().reason == "QUERY_PARAMETER");
}

BOOST_AUTO_TEST_CASE(events_with_one_id_and_comparisons_count_among_the_rows_of_a_query) {
  for (std::size_t i = 0; i < 6; ++i) {
    auto event = seen(i, "inspecting", "urn:x:item");
    event.pop_back();
    record("Company" + std::to_string(i), event + R"(,"eventID":"urn:x:id"})");
  }
  const auto at = readers();
  const auto by_id = parse_epcis_query({{"EQ_eventID", "urn:x:id"}});
  BOOST_REQUIRE(by_id.ok());
  BOOST_TEST(find_events(at, *by_id, 6)->events.size() == 6U);
  BOOST_TEST(find_events(at, *by_id, 5).error().reason == "QUERY_TOO_COMPLEX");
  // Six events with 300 names each, compared with 1000 patterns.
  std::string names;
  for (std::size_t i = 0; i < 300; ++i) { names += (i == 0 ? "" : "\",\"") + ("urn:y:" + std::to_string(i)); }
  for (std::size_t i = 0; i < 6; ++i) { record("A", seen(10 + i, "storing", names)); }
  const auto later = readers();
  std::string patterns = "urn:y:1";
  for (std::size_t i = 1; i < kQueryValuesMax; ++i) { patterns += "|urn:z:" + std::to_string(i); }
  const auto by_names = parse_epcis_query({{"MATCH_epc", patterns}, {"perPage", "100"}});
  BOOST_REQUIRE(by_names.ok());
  BOOST_TEST(find_events(later, *by_names)->events.size() == 6U);
  const auto page = find_events(later, *by_names, 2000);
  BOOST_REQUIRE(page.ok());
  BOOST_TEST(page->events.size() == 4U, "1999 rows for the patterns' ranges and 301 for each event");
  BOOST_TEST(!page->next_page_token.empty());
}

BOOST_AUTO_TEST_CASE(a_page_of_items_ends_after_so_many_classes_that_are_none) {
  std::size_t classes = 0;
  while (classes <= kResourceLooksMax + 500) {
    std::string list;
    for (std::size_t i = 0; i < 1000; ++i, ++classes) {
      list += (i == 0 ? "" : ",") + (R"({"epcClass":"urn:x:c)" + std::to_string(classes) + R"(","quantity":1})");
    }
    record("A", event_of("ObjectEvent", minute(1), R"("action":"ADD","quantityList":[)" + list + "]"));
  }
  record("A", seen(2, "inspecting", "urn:x:item"));
  index.reads = 0;
  const auto first = known_values(index, Resource::epcs, "", 10);
  BOOST_TEST(index.reads == kResourceLooksMax);
  BOOST_TEST(first.values.empty());
  BOOST_REQUIRE(!first.next.empty());
  const auto second = known_values(index, Resource::epcs, first.next, 10);
  BOOST_TEST(second.values == std::vector<std::string>{"urn:x:item"}, boost::test_tools::per_element());
  BOOST_TEST(second.next.empty());
}

BOOST_AUTO_TEST_CASE(contents_of_a_container_that_is_not_folded_to_the_end_say_so) {
  pack(1, "ADD", box(0), R"("urn:x:item")");
  std::string events;
  for (std::size_t i = 0; i < 400; ++i) { events += (i == 0 ? "" : ",") + seen(100 + i, "storing", box(0)); }
  record("A", events);
  record("A", seen(2, "storing", box(0)));
  const auto at = readers();
  const auto page = holdings(at, {"A", {}, 10});
  BOOST_REQUIRE(page.ok());
  BOOST_REQUIRE_EQUAL(page->items.size(), 2U);
  for (const auto& item : page->items) { BOOST_TEST(item.unfolded, item.key); }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::query
