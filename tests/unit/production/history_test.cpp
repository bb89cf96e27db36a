#include "contracts/production/history.h"

#include <boost/test/unit_test.hpp>

#include "contracts/commitment/commit.h"
#include "contracts/production/event_hash.h"
#include "contracts/production/item_state.h"
#include "tests/unit/production/memory_ledger.h"

namespace keten::production {
namespace {

using contracts::commitment::read_head;
using test::event_of;

constexpr std::string_view kPallet = "https://id.gs1.org/00/340123451111111111";
constexpr std::string_view kCase = "https://id.gs1.org/01/04012345111118/21/1";
constexpr std::string_view kOther = "https://id.gs1.org/01/04012345111118/21/2";

struct Fixture : test::MemoryLedger {
  CaptureResult must_capture(const std::string& events) {
    auto result = capture("dairy", test::document_of(events));
    BOOST_REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().message));
    return *result;
  }
  static std::string pack(std::string_view time, const std::string& action, const std::string& children) {
    return event_of(
        "AggregationEvent", std::string(time),
        R"("parentID":")" + std::string(kPallet) + R"(","childEPCs":[)" + children + R"(],"action":")" + action + "\"");
  }
  static std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }
  Hash state_digest(std::string_view entity) const {
    return entity_state_digest(state.rows.at(full_state_key(item_state_key(entity))));
  }
};

BOOST_FIXTURE_TEST_SUITE(histories, Fixture)

BOOST_AUTO_TEST_CASE(every_entity_of_an_event_has_a_head_with_one_entry_for_it) {
  must_capture(pack("2026-01-01T00:00:00Z", "ADD", quoted(kCase) + "," + quoted(kOther)));
  must_capture(pack("2026-01-02T00:00:00Z", "DELETE", quoted(kCase)));
  BOOST_TEST(read_head(state, "item", kPallet)->count == 2U);
  BOOST_TEST(read_head(state, "item", kOther)->count == 1U);
  const auto head = read_head(state, "item", kCase);
  BOOST_REQUIRE(head.has_value());
  auto chain = history_begin("item", kCase);
  for (std::uint64_t number = 1; number <= 2; ++number) {
    const auto row = index.rows.find([&] {
      auto key = to_bytes("p/v/");
      for (int i = 7; i >= 0; --i) { key.push_back(static_cast<std::uint8_t>(number >> (8 * i))); }
      key.resize(key.size() + 6);
      return key;
    }());
    BOOST_REQUIRE(row != index.rows.end());
    const auto summary = decode_event_summary(row->second, {Height{number}, 0, 0});
    const auto record =
        decode_event_record(state.rows.at(full_state_key(event_record_key("dairy", summary->id, false))));
    chain = next_chain(chain, {.number = number,
                               .height = Height{number},
                               .time = summary->record_time,
                               .transaction = transactions[number - 1]->id,
                               .event = 0,
                               .content = history_content(*summary, record->digest)});
  }
  BOOST_TEST((*head == Head{.count = 2, .chain = chain, .height = Height{2}, .state = state_digest(kCase)}));
}

BOOST_AUTO_TEST_CASE(a_state_that_changes_without_an_entry_shows_in_the_head) {
  must_capture(pack("2026-01-01T00:00:00Z", "ADD", quoted(kCase)));
  const auto before = *read_head(state, "item", kCase);
  must_capture(pack("2026-01-02T00:00:00Z", "DELETE", ""));
  const auto after = *read_head(state, "item", kCase);
  BOOST_TEST(after.count == 1U);
  BOOST_TEST((after.chain == before.chain));
  BOOST_TEST((after.height == before.height));
  BOOST_TEST((after.state != before.state));
  BOOST_TEST((after.state == state_digest(kCase)));
}

BOOST_AUTO_TEST_CASE(an_event_that_is_known_makes_no_second_entry) {
  const auto event = event_of("ObjectEvent", "2026-01-01T00:00:00Z",
                              R"("eventID":"urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8","epcList":[)" +
                                  quoted(kCase) + R"(],"action":"ADD")");
  must_capture(event);
  must_capture(event);
  BOOST_TEST(read_head(state, "item", kCase)->count == 1U);
}

BOOST_AUTO_TEST_CASE(names_are_distinct_and_in_order_of_key_then_roles) {
  EventSummary summary;
  summary.entities = {{role::kInput, "b", {}, {}},
                      {role::kListed, "b", {}, {}},
                      {role::kOutput, "a", {}, {}},
                      {role::kInput, "b", "1", "KGM"}};
  BOOST_TEST((committed_names(summary) ==
              std::vector<CommittedName>{{role::kOutput, "a"}, {role::kListed, "b"}, {role::kInput, "b"}}));
}

BOOST_AUTO_TEST_CASE(a_kind_follows_from_the_key) {
  for (const auto* item : {"https://id.gs1.org/01/04012345111118/21/1", "https://id.gs1.org/00/340123451111111111",
                           "https://id.gs1.org/8003/04012345111118900", "https://id.gs1.org/253/4012345111118900",
                           "https://id.gs1.org/8010/401234500/8011/7", "https://id.gs1.org/01/04012345111118/235/x",
                           "https://example.org/thing", "urn:epc:id:sgtin:broken"}) {
    BOOST_TEST(head_kind(item) == "item", item);
  }
  for (const auto* lot : {"https://id.gs1.org/01/04012345111118", "https://id.gs1.org/01/04012345111118/10/L1",
                          "https://id.gs1.org/8003/04012345111118", "https://id.gs1.org/253/4012345111118",
                          "https://id.gs1.org/8010/401234500", "https://id.gs1.org/8006/040123451111180102",
                          "urn:epc:class:lgtin:broken", "urn:epc:idpat:giai:4012345.*"}) {
    BOOST_TEST(head_kind(lot) == "lot", lot);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::production
