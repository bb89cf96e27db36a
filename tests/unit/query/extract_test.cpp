// Extracts: what an auditor hands on, of one moment of the ledger.
#include "node/query/extract.h"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/json.h"
#include "tests/unit/production/memory_ledger.h"

namespace keten::query {
namespace {

using test::document_of;
using test::event_of;

constexpr std::string_view kHerbs = "https://id.gs1.org/01/09521005000037/10/A";
constexpr std::string_view kBags = "https://id.gs1.org/01/09521005000020/10/B";
constexpr std::string_view kOther = "https://id.gs1.org/01/09521005000020/10/OTHER";
constexpr std::string_view kPallet = "https://id.gs1.org/00/295210050000000017";
constexpr std::string_view kBox = "https://id.gs1.org/00/095210050000000013";
constexpr std::string_view kField = "https://id.gs1.org/414/9521005000013";
constexpr std::string_view kDock = "https://id.gs1.org/414/9521005000105";

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }
std::string at_place(std::string_view place) { return R"("readPoint":{"id":)" + quoted(place) + "}"; }
std::string amount(std::string_view lot, const std::string& number) {
  return R"([{"epcClass":)" + quoted(lot) + R"(,"quantity":)" + number + "}]";
}

/// Herbs of a field become bags, two packs of them go on a pallet, one pack comes off, the pallet is shipped.
struct Story : test::MemoryLedger {
  Story() {
    record("Farm", event_of("ObjectEvent", "2026-01-01T00:00:00Z",
                            R"("eventID":"urn:x:harvest","action":"ADD","bizStep":"creating_class_instance",)" +
                                at_place(kField) + R"(,"quantityList":)" + amount(kHerbs, "120")));
    record("Farm",
           event_of("TransformationEvent", "2026-01-02T00:00:00Z",
                    R"("eventID":"urn:x:packing","bizStep":"packing",)" + at_place(kDock) + R"(,"inputQuantityList":)" +
                        amount(kHerbs, "120") + R"(,"outputQuantityList":)" + amount(kBags, "100")));
    pack("urn:x:on", "2026-01-03T00:00:00Z", "ADD", kPallet, R"("childQuantityList":)" + amount(kBags, "60"));
    pack("urn:x:more", "2026-01-03T01:00:00Z", "ADD", kPallet, R"("childQuantityList":)" + amount(kBags, "2.5"));
    pack("urn:x:off", "2026-01-03T02:00:00Z", "DELETE", kPallet, R"("childQuantityList":)" + amount(kBags, "20"));
    pack("urn:x:box", "2026-01-03T03:00:00Z", "ADD", kPallet, R"("childEPCs":[)" + quoted(kBox) + "]");
    pack("urn:x:inner", "2026-01-03T04:00:00Z", "ADD", kBox, R"("childQuantityList":)" + amount(kOther, "7"));
    pack("urn:x:later", "2026-01-09T00:00:00Z", "ADD", kPallet, R"("childQuantityList":)" + amount(kBags, "1000"));
    record("Farm", event_of("ObjectEvent", "2026-01-04T00:00:00Z",
                            R"("eventID":"urn:x:shipping","action":"OBSERVE","bizStep":"shipping",)" + at_place(kDock) +
                                R"(,"epcList":[)" + quoted(kPallet) + "]"));
  }

  void record(const std::string& organisation, const std::string& event) {
    const auto result = capture(organisation, document_of(event, R"({"ex":"https://example.com/"})"));
    BOOST_REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message) << event);
  }
  void pack(const std::string& id, const std::string& time, const std::string& action, std::string_view parent,
            const std::string& children) {
    record("Farm", event_of("AggregationEvent", time,
                            R"("eventID":)" + quoted(id) + R"(,"action":)" + quoted(action) +
                                R"(,"bizStep":"packing",)" + R"("parentID":)" + quoted(parent) + "," + children));
  }

  [[nodiscard]] Result<Extract> read(const std::string& what, const std::string& from = "",
                                     const std::string& until = "") const {
    const EpcisReaders readers{state, index, [this](Height at, std::uint32_t number) { return load(at, number); },
                               height()};
    ExtractQuery query{what, {}, {}};
    if (!from.empty()) { query.from = production::parse_time(from); }
    if (!until.empty()) { query.until = production::parse_time(until); }
    return extract(readers, query);
  }
  [[nodiscard]] std::vector<std::string> ids(const std::string& what, const std::string& from = "",
                                             const std::string& until = "") const {
    const auto found = read(what, from, until);
    BOOST_REQUIRE_MESSAGE(found.ok(), (found ? "" : found.error().message));
    std::vector<std::string> list;
    for (const auto& event : found->events) { list.push_back(event.found.summary.id); }
    return list;
  }
};

std::string contents_text(const ExtractEvent& event) {
  std::string text;
  for (const auto& one : event.contents) { text += one.container + " " + one.key + " " + one.amount + "\n"; }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(extracts)

BOOST_FIXTURE_TEST_CASE(of_a_lot_come_the_events_before_and_behind_it_at_one_height, Story) {
  const auto found = read(std::string(kBags));
  BOOST_REQUIRE(found.ok());
  BOOST_TEST(found->height.value == height().value);
  BOOST_TEST(!found->is_place);
  BOOST_TEST(!found->truncated);
  const auto list = ids(std::string(kBags));
  BOOST_TEST(list.front() == "urn:x:harvest");
  for (const std::string id : {"urn:x:packing", "urn:x:on", "urn:x:off", "urn:x:shipping"}) {
    BOOST_TEST((std::ranges::find(list, id) != list.end()), id);
  }
  BOOST_TEST((std::ranges::find(found->items, std::string(kHerbs)) != found->items.end()));
  BOOST_TEST((std::ranges::find(found->items, std::string(kPallet)) != found->items.end()));
  // The same lot in another spelling.
  BOOST_TEST((ids("urn:epc:class:lgtin:9521005.000002.B") == list));
}

BOOST_FIXTURE_TEST_CASE(what_was_in_a_shipped_container_is_what_was_packed_until_then, Story) {
  const auto found = read(std::string(kDock), "2026-01-04T00:00:00Z");
  BOOST_REQUIRE(found.ok());
  BOOST_TEST(found->is_place);
  BOOST_REQUIRE(found->events.size() == 1U);
  const std::string pallet(kPallet);
  const std::string box(kBox);
  const auto text = contents_text(found->events.front());
  BOOST_TEST(text == pallet + " " + box + " \n" + box + " " + std::string(kOther) + " 7\n" + pallet + " " +
                         std::string(kBags) + " 42.5\n");
}

BOOST_FIXTURE_TEST_CASE(a_container_that_was_emptied_holds_nothing, Story) {
  pack("urn:x:empty", "2026-01-03T12:00:00Z", "DELETE", kPallet, R"("ex:why":"all")");
  const auto found = read(std::string(kDock), "2026-01-04T00:00:00Z");
  BOOST_REQUIRE(found.ok());
  BOOST_TEST(contents_text(found->events.front()) == "");
}

BOOST_FIXTURE_TEST_CASE(times_bound_an_extract_and_both_ends_belong_to_it, Story) {
  BOOST_TEST((ids("", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z") ==
              std::vector<std::string>{"urn:x:harvest", "urn:x:packing"}));
  BOOST_TEST((ids(std::string(kDock), "2026-01-02T00:00:00.001Z", "2026-01-04T00:00:00Z") ==
              std::vector<std::string>{"urn:x:shipping"}));
  BOOST_TEST(ids(std::string(kBags), "2027-01-01T00:00:00Z").empty());
}

BOOST_FIXTURE_TEST_CASE(what_its_recorder_declared_wrong_is_left_out_and_so_is_the_declaration, Story) {
  const auto before = ids(std::string(kDock)).size();
  const std::string declaration =
      R"(,"errorDeclaration":{"declarationTime":"2026-02-01T00:00:00Z","reason":"did_not_occur"})";
  const auto again = [&](const std::string& organisation) {
    record(organisation, event_of("ObjectEvent", "2026-01-04T00:00:00Z",
                                  R"("eventID":"urn:x:shipping","action":"OBSERVE","bizStep":"shipping",)" +
                                      at_place(kDock) + R"(,"epcList":[)" + quoted(kPallet) + "]" + declaration));
  };
  again("Stranger");
  BOOST_TEST(ids(std::string(kDock)).size() == before);
  again("Farm");
  BOOST_TEST(ids(std::string(kDock)).size() == before - 1);
}

BOOST_FIXTURE_TEST_CASE(nothing_known_is_said_and_not_an_empty_file, Story) {
  BOOST_TEST(read("https://id.gs1.org/01/09521005000020/10/NONE").error().reason == "ITEM_UNKNOWN");
}

BOOST_FIXTURE_TEST_CASE(its_events_under_its_context_are_a_document_that_can_be_captured, Story) {
  const auto found = read(std::string(kBags));
  BOOST_REQUIRE(found.ok());
  const auto document = to_json(*found);
  std::string events;
  for (const auto& entry : document.find("events")->items()) {
    events += (events.empty() ? "" : ",") + json::serialize(*entry.find("event"));
  }
  const auto text =
      R"({"@context":)" + json::serialize(*document.find("@context")) +
      R"(,"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z","epcisBody":{"eventList":[)" +
      events + "]}}";
  // By the same company it is all known; nothing changes.
  const auto result = capture("Farm", text);
  BOOST_REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message));
  BOOST_TEST(result->size() == found->events.size());
  for (const auto& one : *result) { BOOST_TEST((one.status == production::CaptureStatus::known)); }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten::query
