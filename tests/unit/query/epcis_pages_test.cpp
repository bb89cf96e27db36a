#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "node/query/collections.h"
#include "node/query/epc_format.h"
#include "tests/unit/query/epcis_ledger.h"

namespace keten::query {
namespace {

using test::document_of;
using test::event_of;
using namespace test_ledger;

BOOST_FIXTURE_TEST_SUITE(epcis_pages, Ledger)

BOOST_AUTO_TEST_CASE(a_digital_link_and_its_urn_are_spelt_into_each_other) {
  const std::vector<std::string> urns = {"urn:epc:id:sgtin:4012345.011111.987",
                                         "urn:epc:id:sgtin:4012345.011111.a%2Fb!c",
                                         "urn:epc:class:lgtin:4012345.012345.Lot-7",
                                         "urn:epc:idpat:sgtin:4012345.012345.*",
                                         "urn:epc:id:upui:4012345.089456.51qIgY)%3C",
                                         "urn:epc:id:sscc:4012345.3111111111",
                                         "urn:epc:id:sgln:4012345.00005.0",
                                         "urn:epc:id:sgln:4012345.00005.7",
                                         "urn:epc:id:pgln:4012345.00005",
                                         "urn:epc:id:grai:4012345.11111.1234",
                                         "urn:epc:id:giai:4012345.5678",
                                         "urn:epc:id:gdti:4012345.11111.987",
                                         "urn:epc:id:sgcn:4012345.11111.987",
                                         "urn:epc:id:ginc:4012345.xyz3311",
                                         "urn:epc:id:gsin:4012345.222222222",
                                         "urn:epc:id:gsrn:4012345.1234567890",
                                         "urn:epc:id:gsrnp:4012345.1234567890",
                                         "urn:epc:id:itip:4012345.012345.01.02.987",
                                         "urn:epc:id:cpi:4012345.98765.12345"};
  const auto known = [](std::string_view digits) { return digits == "4012345"; };
  const auto unknown = [](std::string_view) { return false; };
  for (const auto& urn : urns) {
    const auto link = production::digital_link(urn);
    BOOST_REQUIRE_MESSAGE(link, urn);
    BOOST_TEST(epc_urn(*link, known).value_or("") == urn, *link);
    BOOST_TEST(!epc_urn(*link, unknown).has_value(), urn);
  }
  for (const auto* other : {"https://id.gs1.org/", "https://id.gs1.org/01", "https://example.com/x", "urn:x:a", ""}) {
    BOOST_TEST(!epc_urn(other, known).has_value(), other);
  }

  const auto text =
      R"({"type":"ObjectEvent","epcList":["urn:epc:id:sgtin:4012345.011111.1","https://shop.example/01/04012345111118/21/2",)"
      R"("urn:x:a"],)"
      R"("readPoint":{"id":"urn:epc:id:sgln:4012345.00005.0","ext:epc":"urn:epc:id:sgtin:4012345.011111.1"},)"
      R"("quantityList":[{"epcClass":"urn:epc:class:lgtin:4012345.012345.L1","quantity":1.50}],)"
      R"("destinationList":[{"type":"owning_party","destination":"urn:epc:id:pgln:4012345.00005"}],)"
      R"("ext:epc":"urn:epc:id:sgtin:4012345.011111.1"})";
  const auto spelt = [&](EpcFormat format) {
    auto event = *json::parse(text);
    spell_identifiers(event, format, known);
    return json::serialize(event);
  };
  BOOST_TEST(spelt(EpcFormat::as_captured) == text);
  BOOST_TEST(
      spelt(EpcFormat::digital_link) ==
      R"({"type":"ObjectEvent","epcList":["https://id.gs1.org/01/04012345111118/21/1","https://shop.example/01/04012345111118/21/2",)"
      R"("urn:x:a"],)"
      R"("readPoint":{"id":"https://id.gs1.org/414/4012345000054","ext:epc":"urn:epc:id:sgtin:4012345.011111.1"},)"
      R"("quantityList":[{"epcClass":"https://id.gs1.org/01/04012345123456/10/L1","quantity":1.50}],)"
      R"("destinationList":[{"type":"owning_party","destination":"https://id.gs1.org/417/4012345000054"}],)"
      R"("ext:epc":"urn:epc:id:sgtin:4012345.011111.1"})");
  auto as_urns = std::string(text);
  const std::string link = "https://shop.example/01/04012345111118/21/2";
  as_urns.replace(as_urns.find(link), link.size(), "urn:epc:id:sgtin:4012345.011111.2");
  BOOST_TEST(spelt(EpcFormat::urn) == as_urns);
}

BOOST_AUTO_TEST_CASE(the_values_of_a_resource_come_page_by_page) {
  const auto all = [&](Resource resource) {
    std::string result;
    std::string after;
    for (std::size_t pages = 0; pages < 20; ++pages) {
      const auto page = known_values(index, resource, after, 2);
      for (const auto& value : page.values) { result += value + " "; }
      if (page.next.empty()) { break; }
      after = page.next;
    }
    return result;
  };
  BOOST_TEST(all(Resource::event_types) ==
             "AggregationEvent AssociationEvent ObjectEvent TransactionEvent TransformationEvent ");
  BOOST_TEST(all(Resource::biz_steps) == "commissioning packing receiving shipping ");
  BOOST_TEST(all(Resource::dispositions) == "in_transit ");
  BOOST_TEST(all(Resource::read_points) == "https://id.gs1.org/414/4012345000054 ");
  BOOST_TEST(all(Resource::biz_locations) == "urn:x:shop ");
  BOOST_TEST(all(Resource::epcs) ==
             "https://id.gs1.org/00/340123451111111111 https://id.gs1.org/01/04012345111118/21/1 "
             "https://id.gs1.org/01/04012345111118/21/2 urn:x:out urn:x:probe urn:x:truck ");
  index.reads = 0;
  BOOST_TEST(known_values(index, Resource::epcs, "", 2).values.size() == 2U);
  BOOST_TEST(index.reads <= 3U, "one tells whether there are more");
  BOOST_TEST(is_known(index, Resource::biz_steps, "urn:epcglobal:cbv:bizstep:shipping"));
  BOOST_TEST(!is_known(index, Resource::biz_steps, "ship"));
  BOOST_TEST(is_known(index, Resource::read_points, "urn:epc:id:sgln:4012345.00005.0"));
  BOOST_TEST(is_known(index, Resource::epcs, "urn:epc:id:sscc:4012345.3111111111"));
  BOOST_TEST(!is_known(index, Resource::event_types, "FlyingEvent"));
  BOOST_TEST(is_company_prefix(index, "4012345"));
  BOOST_TEST(!is_company_prefix(index, "401234"));
}

BOOST_AUTO_TEST_CASE(extended_events_are_found_by_the_name_of_their_type) {
  add("Shop", "k", "ext:Weighed", 8, R"("bizStep":"inspecting","epcList":["urn:x:out"],"ext:weight":7)");
  add("Shop", "l", "ext:WeighedTwice", 9, R"("readPoint":{"id":"urn:x:scale"})");
  add("Shop", "m", "ext:Weighed", 10, R"("ext:weight":8)");
  BOOST_TEST(found({{"eventType", "ext:Weighed"}}) == "mk");
  BOOST_TEST(found({{"eventType", "ext:WeighedTwice|AssociationEvent"}}) == "lh");
  BOOST_TEST(found({{"eventType", "ext:Weighed"}, {"GT_ext:weight", "7"}}) == "m");
  BOOST_TEST(found({{"EQ_bizStep", "inspecting"}}) == "k");
  BOOST_TEST(found({{"EQ_readPoint", "urn:x:scale"}}) == "l");
  BOOST_TEST(found({{"eventType", "ext:Other"}}) == "");
  BOOST_TEST(found({{"MATCH_epc", "urn:x:out"}, {"eventType", "ext:Weighed"}}) == "");
  const std::vector<std::string> types = {"AggregationEvent", "AssociationEvent",    "ObjectEvent",
                                          "TransactionEvent", "TransformationEvent", "ext:Weighed",
                                          "ext:WeighedTwice"};
  BOOST_TEST(known_values(index, Resource::event_types, "", 10).values == types, boost::test_tools::per_element());
  BOOST_TEST(known_values(index, Resource::event_types, "ObjectEvent", 3).values ==
                 std::vector<std::string>(types.begin() + 3, types.begin() + 6),
             boost::test_tools::per_element());
  BOOST_TEST(
      known_values(index, Resource::event_types, "ext:Weighed", 3).values == std::vector<std::string>{types.back()},
      boost::test_tools::per_element());
  BOOST_TEST(is_known(index, Resource::event_types, "ext:Weighed"));
  BOOST_TEST(!is_known(index, Resource::event_types, "ext:Weigh"));
}

BOOST_AUTO_TEST_CASE(places_lie_in_others_as_master_data_says) {
  const std::string header =
      R"("epcisHeader":{"epcisMasterData":{"vocabularyList":[{"type":"urn:epcglobal:epcis:vtype:BusinessLocation",
         "vocabularyElementList":[{"id":"urn:x:site","attributes":[{"id":"urn:x:mda#city","attribute":"Gouda"}],
         "children":["urn:x:hall"]},{"id":"urn:x:hall","children":["urn:x:rack","urn:x:site"]}]}]}},)";
  auto document = document_of(event_of("ObjectEvent", day(20), R"("eventID":"urn:x:k","action":"OBSERVE",
      "epcList":["urn:x:k"],"bizLocation":{"id":"urn:x:rack"},"readPoint":{"id":"urn:x:site"})"));
  document.insert(document.find(R"("epcisBody")"), header);
  BOOST_REQUIRE(capture("Farm", document).ok());
  BOOST_TEST(found({{"EQ_bizLocation", "urn:x:site"}}) == "");
  BOOST_TEST(found({{"WD_bizLocation", "urn:x:site"}}) == "k");
  BOOST_TEST(found({{"WD_bizLocation", "urn:x:rack"}}) == "k");
  BOOST_TEST(found({{"WD_bizLocation", "urn:x:shop"}}) == "d");  // nobody says that anything lies in it: itself
  BOOST_TEST(found({{"WD_bizLocation", "urn:x:site"}, {"EQ_bizLocation", "urn:x:shop"}}) == "");
  BOOST_TEST(found({{"WD_readPoint", "urn:x:site"}}) == "k");
  BOOST_TEST(found({{"HASATTR_readPoint", "urn:x:mda#city"}}) == "k");
  BOOST_TEST(found({{"HASATTR_bizLocation", "urn:x:mda#city"}}) == "");
  BOOST_TEST(found({{"EQ_ATTR_readPoint_urn:x:mda#city", "Gouda"}}) == "k");
  BOOST_TEST(found({{"EQATTR_readPoint_urn:x:mda#city", "Edam"}}) == "");
}

BOOST_AUTO_TEST_CASE(a_query_body_means_the_same_as_a_query_string) {
  const auto body = json::parse(
      R"({
      "@context":"https://ref.gs1.org/standards/epcis/2.0.0/query-schema.json","eventType":["ObjectEvent"],
      "EQ_bizStep":["https://ref.gs1.org/cbv/BizStep-shipping"],"GE_eventTime":"2026-01-01T00:00:00Z",
      "GE_quantity":1,"orderBy":"eventTime","eventCountLimit":100})");
  const auto from_body = parse_epcis_query(*body);
  BOOST_REQUIRE_MESSAGE(from_body.ok(), (from_body ? "" : from_body.error().message));
  const auto from_string = parse_epcis_query(EpcisParameters{{"EQ_bizStep", "https://ref.gs1.org/cbv/BizStep-shipping"},
                                                             {"eventType", "ObjectEvent"},
                                                             {"GE_quantity", "1"},
                                                             {"GE_eventTime", "2026-01-01T00:00:00Z"},
                                                             {"orderBy", "eventTime"},
                                                             {"eventCountLimit", "100"}});
  BOOST_REQUIRE(from_string.ok());
  BOOST_TEST((from_body->fingerprint == from_string->fingerprint));
  BOOST_TEST(parse_epcis_query(*json::parse(R"({"eventType":{}})")).error().reason == "QUERY_PARAMETER");
  BOOST_TEST(parse_epcis_query(*json::parse("[]")).error().reason == "QUERY_PARAMETER");
}

BOOST_AUTO_TEST_CASE(pages_follow_each_other_without_gap_or_overlap) {
  for (const auto& direction : {"DESC", "ASC"}) {
    for (const auto& size : {"1", "2", "4", "9"}) {
      std::string all;
      std::string token;
      std::size_t pages = 0;
      do {
        EpcisParameters parameters = {{"orderDirection", direction}, {"perPage", size}};
        if (!token.empty()) { parameters.emplace_back("nextPageToken", token); }
        const auto page = ask(parameters);
        BOOST_REQUIRE_MESSAGE(page.ok(), (page ? "" : page.error().message));
        BOOST_TEST(!page->events.empty());
        all += letters(*page);
        token = page->next_page_token;
      } while (!token.empty() && ++pages < 20);
      BOOST_TEST(all == (std::string(direction) == "ASC" ? "iabcdefgh" : "hgfedcbai"), direction << " " << size);
    }
  }
}

BOOST_AUTO_TEST_CASE(later_pages_do_not_see_what_was_recorded_since) {
  const auto first = ask({{"perPage", "8"}});
  BOOST_REQUIRE(first.ok());
  add("Farm", "j", "ObjectEvent", 0, R"("action":"OBSERVE","epcList":["urn:x:late"])");
  const auto second = ask({{"perPage", "8"}, {"nextPageToken", first->next_page_token}});
  BOOST_REQUIRE(second.ok());
  BOOST_TEST(letters(*second) == "i");
  BOOST_TEST((second->height == first->height));
  BOOST_TEST(found({{"LT_eventTime", day(1)}}) == "ji");
}

BOOST_AUTO_TEST_CASE(a_token_continues_its_own_query_only) {
  const auto page = ask({{"perPage", "2"}});
  BOOST_REQUIRE(page.ok());
  const auto& token = page->next_page_token;
  BOOST_TEST(found({{"perPage", "5"}, {"nextPageToken", token}}) == "fedcb");
  BOOST_TEST(found({{"eventType", "ObjectEvent"}, {"nextPageToken", token}}) == "PAGE_TOKEN");
  BOOST_TEST(found({{"nextPageToken", "zz"}}) == "PAGE_TOKEN");
  BOOST_TEST(found({{"nextPageToken", token + "00"}}) == "PAGE_TOKEN");
  BOOST_TEST(found({{"nextPageToken", token.substr(2)}}) == "PAGE_TOKEN");
}

BOOST_AUTO_TEST_CASE(the_count_limit_holds_over_all_pages) {
  const EpcisParameters limited = {{"eventCountLimit", "3"}, {"orderBy", "eventTime"}, {"perPage", "2"}};
  const auto first = ask(limited);
  BOOST_REQUIRE(first.ok());
  auto next = limited;
  next.emplace_back("nextPageToken", first->next_page_token);
  const auto second = ask(next);
  BOOST_REQUIRE(second.ok());
  BOOST_TEST(letters(*first) + letters(*second) == "hgf");
  BOOST_TEST(second->next_page_token == "");
}

BOOST_AUTO_TEST_CASE(a_page_looks_at_a_bounded_number_of_rows) {
  const auto page = ask({{"EQ_action", "OBSERVE"}}, 3);
  BOOST_REQUIRE(page.ok());
  BOOST_TEST(page->events.empty());
  BOOST_REQUIRE(!page->next_page_token.empty());
  const auto next = ask({{"EQ_action", "OBSERVE"}, {"nextPageToken", page->next_page_token}}, 100);
  BOOST_REQUIRE(next.ok());
  BOOST_TEST(letters(*next) == "dci");
  // To read an event's content costs more than to look at its row.
  const auto content = ask({{"EXISTS_sensorElementList", ""}}, 60);
  BOOST_REQUIRE(content.ok());
  BOOST_TEST(!content->next_page_token.empty());
  // Oldest first streams as well.
  const auto oldest = ask({{"orderDirection", "ASC"}, {"EQ_action", "ADD"}}, 3);
  BOOST_REQUIRE(oldest.ok());
  BOOST_TEST(letters(*oldest) == "ab");
  const auto rest = ask({{"orderDirection", "ASC"}, {"EQ_action", "ADD"}, {"nextPageToken", oldest->next_page_token}});
  BOOST_REQUIRE(rest.ok());
  BOOST_TEST(letters(*rest) == "fgh");
  BOOST_TEST(ask({{"orderBy", "ext:a"}}, 3).error().reason == "QUERY_TOO_COMPLEX");
}

BOOST_AUTO_TEST_CASE(an_order_by_extension_pays_for_the_content_that_it_reads) {
  // Nine events; each is a row and costs as much as twenty more.
  BOOST_TEST(ask({{"orderBy", "ext:a"}}, 9 * 21).ok());
  const auto refused = ask({{"orderBy", "ext:a"}}, 8 * 21);
  BOOST_TEST(refused.error().reason == "QUERY_TOO_COMPLEX");
  BOOST_TEST(refused.error().message.find("order by extension") != std::string::npos);
  BOOST_TEST(ask({{"orderBy", "ext:a"}, {"MATCH_epc", "urn:epc:id:sgtin:4012345.011111.1"}}, 2 * 21).ok());
}

BOOST_AUTO_TEST_CASE(the_events_of_one_item_cost_no_more_than_themselves) {
  for (int i = 0; i < 200; ++i) {
    BOOST_REQUIRE(
        capture("Farm", document_of(event_of("ObjectEvent", day(8), R"("action":"OBSERVE","epcList":["urn:x:other"])")))
            .ok());
  }
  index.reads = 0;
  BOOST_TEST(found({{"MATCH_anyEPC", "urn:epc:id:sscc:4012345.3111111111"}}) == "dcb");
  BOOST_TEST(index.reads < 20U);
}

BOOST_AUTO_TEST_CASE(a_page_reads_what_it_gives_and_little_more) {
  for (int i = 0; i < 3000; ++i) {
    const auto minute = std::to_string(i % 60);
    const auto time = "2026-03-" + std::string(i / 60 % 28 < 9 ? "0" : "") + std::to_string(1 + i / 60 % 28) +
                      "T00:" + (minute.size() < 2 ? "0" : "") + minute + ":00Z";
    const auto result = capture(
        "Farm",
        document_of(event_of("ObjectEvent", time,
                             R"("action":"OBSERVE","bizStep":"storing","disposition":"active","epcList":["urn:x:o)" +
                                 std::to_string(i % 1000) + "\"]")));
    BOOST_REQUIRE(result.ok());
  }
  struct Line {
    EpcisParameters parameters;
    std::size_t events;
    std::size_t reads_max;
  };
  // Three reads for an event: its row, its summary to filter, its summary to return; what is above is the choice.
  const std::vector<Line> table = {
      {{}, 30, 200},
      {{{"orderDirection", "ASC"}}, 30, 200},
      {{{"orderBy", "recordTime"}, {"orderDirection", "ASC"}}, 30, 200},
      {{{"orderBy", "recordTime"}}, 30, 200},
      {{{"GE_eventTime", "2026-03-05T00:00:00Z"}, {"orderDirection", "ASC"}}, 30, 200},
      {{{"EQ_bizStep", "storing"}, {"EQ_disposition", "active"}}, 30, 1000},
      {{{"EQ_bizStep", "storing"}, {"MATCH_epc", "urn:x:o7"}}, 3, 60},
      {{{"EQ_bizStep", "shipping"}, {"eventType", "ObjectEvent"}}, 1, 60},
      {{{"MATCH_epc", "urn:epc:idpat:sgtin:4012345.011111.*"}}, 3, 60},
      {{{"MATCH_epc", "urn:x:o7"}, {"orderBy", "recordTime"}}, 3, 60},
      {{{"EQ_bizTransaction_po", "urn:x:po-1"}}, 1, 60},
      {{{"EQ_destination_owning_party", "urn:epc:id:pgln:4000001.00000"}, {"eventType", "ObjectEvent"}}, 1, 60},
      {{{"EQ_eventID", "urn:x:c"}}, 1, 10},
      {{{"EQ_readPoint", "urn:epc:id:sgln:4012345.00005.0"}}, 1, 60},
      {{{"MATCH_epc", "urn:x:nothing"}}, 0, 60},
  };
  for (const auto& line : table) {
    index.reads = 0;
    const auto page = ask(line.parameters);
    const auto name = line.parameters.empty() ? "no parameter" : line.parameters.front().first;
    BOOST_REQUIRE_MESSAGE(page.ok(), name);
    BOOST_TEST(page->events.size() == line.events, name);
    BOOST_TEST(index.reads <= line.reads_max, name << ": " << index.reads << " rows were read");
  }
}

BOOST_AUTO_TEST_CASE(an_event_comes_back_as_it_was_captured) {
  const auto text =
      R"({"type":"ObjectEvent","eventTime":"2026-02-01T00:00:00.0Z","eventTimeZoneOffset":"+00:00","action":"ADD","ext:z":1.50,)"
      R"("epcList":["urn:x:new"],"ext:a":{"ext:n":[null,true,1e2]}})";
  BOOST_REQUIRE(capture("Farm", document_of(text, R"({"ext":"https://example.com/ns/"})")).ok());
  const auto page = ask({{"MATCH_epc", "urn:x:new"}});
  BOOST_REQUIRE(page.ok());
  auto event = page->events.at(0).event;
  BOOST_TEST(event.remove("eventID"), "the assigned id is given");
  BOOST_TEST(event.remove("recordTime"));
  BOOST_TEST(json::serialize(event) == text);
  BOOST_TEST(json::serialize(page->context) ==
             R"(["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"ext":"https://example.com/ns/"}])");
}

BOOST_AUTO_TEST_CASE(events_that_use_one_prefix_for_two_namespaces_keep_their_own) {
  const auto event = [](const std::string& epc) {
    return event_of("ObjectEvent", day(9), R"("action":"ADD","ext:a":1,"epcList":[")" + epc + "\"]");
  };
  BOOST_REQUIRE(capture("Farm", document_of(event("urn:x:p"), R"({"ext":"https://one.example/"})")).ok());
  BOOST_REQUIRE(capture("Farm", document_of(event("urn:x:q"), R"({"ext":"https://two.example/"})")).ok());
  const auto page = ask({{"MATCH_epc", "urn:x:p|urn:x:q"}});
  BOOST_REQUIRE(page.ok());
  const auto text = json::serialize(query_document(*page, 0));
  BOOST_TEST(text.find("https://one.example/") != std::string::npos);
  BOOST_TEST(text.find("https://two.example/") != std::string::npos);
  BOOST_TEST(production::read_document(text).ok());
}

BOOST_AUTO_TEST_CASE(a_page_makes_a_valid_query_document) {
  const auto page = ask({});
  BOOST_REQUIRE(page.ok());
  const auto document = query_document(*page, 1'767'225'600'000);
  BOOST_TEST(*document.find_string("creationDate") == "2026-01-01T00:00:00.000Z");
  const auto read = production::read_document(json::serialize(document));
  BOOST_REQUIRE_MESSAGE(read.ok(), (read ? "" : read.error().message));
  BOOST_TEST(read->events.size() == 9U);
}

BOOST_AUTO_TEST_CASE(an_event_is_found_by_its_id_with_its_error_declaration) {
  const auto at = readers();
  BOOST_TEST(events_by_id(at, "urn:x:none").error().reason == "EVENT_NOT_FOUND");
  BOOST_TEST(letters(*events_by_id(at, "urn:x:a")) == "a");
  add("Farm", "a", "ObjectEvent", 1,
      R"("action":"ADD","epcList":[],"errorDeclaration":{"declarationTime":"2026-01-09T00:00:00Z"})");
  const auto later = readers();
  BOOST_TEST(letters(*events_by_id(later, "urn:x:a")) == "aa");
  BOOST_TEST(found({{"EXISTS_errorDeclaration", "true"}}) == "a");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::query
