#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/unit/query/epcis_ledger.h"

namespace keten::query {
namespace {

using test::document_of;
using test::event_of;
using namespace test_ledger;

BOOST_FIXTURE_TEST_SUITE(epcis_query, Ledger)

BOOST_AUTO_TEST_CASE(without_parameters_all_events_come_newest_first) { BOOST_TEST(found({}) == "hgfedcbai"); }

BOOST_AUTO_TEST_CASE(each_parameter_finds_its_events) {
  const std::vector<std::pair<EpcisParameters, std::string>> table = {
      {{{"eventType", "ObjectEvent"}}, "fdcai"},
      {{{"eventType", "AggregationEvent|AssociationEvent"}}, "hb"},
      {{{"EQ_bizStep", "shipping"}}, "c"},
      {{{"EQ_bizStep", "https://ref.gs1.org/cbv/BizStep-shipping|urn:epcglobal:cbv:bizstep:receiving"}}, "dc"},
      {{{"EQ_action", "OBSERVE"}}, "dci"},
      {{{"EQ_disposition", "in_transit"}}, "c"},
      {{{"EQ_readPoint", "https://id.gs1.org/414/4012345000054"}}, "c"},
      {{{"EQ_bizLocation", "urn:x:shop"}}, "d"},
      {{{"EQ_eventID", "urn:x:b|urn:x:h"}}, "hb"},
      {{{"EQ_transformationID", "urn:x:join"}}, "e"},
      {{{"MATCH_epc", "urn:epc:id:sgtin:4012345.011111.1"}}, "ba"},
      {{{"MATCH_epc", "https://any.example/01/04012345111118/21/1"}}, "ba"},
      {{{"MATCH_epc", "urn:epc:idpat:sgtin:4012345.011111.*"}}, "bai"},
      {{{"MATCH_epc", "urn:epc:idpat:sgtin:4012345.*.*"}}, "bai"},
      {{{"MATCH_anyEPC", "urn:epc:idpat:sscc:4012345.*"}}, "dcb"},
      {{{"MATCH_epc", "urn:epc:id:sgtin:4012345.011111.1|urn:epc:id:sgtin:4012345.011111.2"}}, "bai"},
      {{{"MATCH_parentID", "urn:epc:id:sscc:4012345.3111111111"}}, "b"},
      {{{"MATCH_anyEPC", "urn:epc:id:sscc:4012345.3111111111"}}, "dcb"},
      {{{"MATCH_anyEPC", "urn:epc:id:sgtin:4012345.011111.1"}}, "eba"},
      {{{"MATCH_inputEPC", "urn:epc:id:sgtin:4012345.011111.1"}}, "e"},
      {{{"MATCH_outputEPC", "urn:x:out"}}, "e"},
      {{{"MATCH_epcClass", "urn:epc:class:lgtin:4012345.012345.L1"}}, "f"},
      {{{"MATCH_inputEPCClass", "urn:epc:class:lgtin:4012345.012345.L1"}}, "e"},
      {{{"MATCH_anyEPCClass", "https://id.gs1.org/01/04012345123456/10/L1"}}, "fe"},
      {{{"GE_eventTime", day(6)}}, "hgf"},
      {{{"LT_eventTime", day(2)}}, "ai"},
      {{{"GE_eventTime", day(2)}, {"LT_eventTime", day(4)}}, "cb"},
      {{{"GE_eventTime", "2026-01-06T01:00:00+01:00"}}, "hgf"},
      {{{"EQ_quantity", "12.5"}}, "e"},
      {{{"GE_quantity", "12.5"}}, "fe"},
      {{{"GT_quantity", "12.5"}, {"LT_quantity", "101"}}, "f"},
      {{{"EQ_bizTransaction_po", "urn:x:po-1"}}, "c"},
      {{{"EQ_destination_owning_party", "https://id.gs1.org/417/4000001000005"}}, "c"},
      {{{"EQ_source_owning_party", "https://id.gs1.org/417/4000001000005"}}, ""},
      {{{"EXISTS_errorDeclaration", "true"}}, ""},
      {{{"eventType", "ObjectEvent"}, {"EQ_action", "OBSERVE"}, {"MATCH_epc", "urn:epc:id:sscc:4012345.3111111111"}},
       "dc"},
      {{{"EQ_bizStep", "picking"}}, ""},
      {{{"orderDirection", "ASC"}}, "iabcdefgh"},
      {{{"orderBy", "recordTime"}}, "ihgfedcba"},
      {{{"orderBy", "recordTime"}, {"orderDirection", "ASC"}, {"perPage", "3"}}, "abc"},
      {{{"eventCountLimit", "2"}, {"orderBy", "eventTime"}}, "hg"},
      {{{"maxEventCount", "9"}}, "hgfedcbai"},
      {{{"maxEventCount", "8"}}, "QUERY_TOO_LARGE"},
  };
  for (const auto& [parameters, expected] : table) {
    BOOST_TEST(found(parameters) == expected, parameters.front().first << "=" << parameters.front().second);
  }
}

BOOST_AUTO_TEST_CASE(record_time_is_the_time_of_the_block) {
  const auto page = ask({{"EQ_eventID", "urn:x:d"}});
  BOOST_REQUIRE(page.ok());
  const std::string time(*page->events.at(0).event.find_string("recordTime"));
  BOOST_TEST(found({{"GE_recordTime", time}}) == "hgfedi");  // height 4 and later: d to i
  BOOST_TEST(found({{"LT_recordTime", time}}) == "cba");
}

BOOST_AUTO_TEST_CASE(a_wrong_parameter_is_refused_by_name) {
  const std::vector<std::pair<EpcisParameters, ErrorKind>> table = {
      {{{"EQ_colour", "red"}}, ErrorKind::invalid},
      {{{"eventtype", "ObjectEvent"}}, ErrorKind::invalid},
      {{{"eventType", "FlyingEvent"}}, ErrorKind::invalid},
      {{{"EQ_action", "SHIPPED"}}, ErrorKind::invalid},
      {{{"GE_eventTime", "not-a-date"}}, ErrorKind::invalid},
      {{{"GE_eventTime", "2026-01-01T00:00:00"}}, ErrorKind::invalid},
      {{{"orderDirection", "SIDEWAYS"}}, ErrorKind::invalid},
      {{{"orderBy", "weight"}}, ErrorKind::invalid},
      {{{"perPage", "0"}}, ErrorKind::invalid},
      {{{"perPage", "-1"}}, ErrorKind::invalid},
      {{{"perPage", "ten"}}, ErrorKind::invalid},
      {{{"GE_quantity", "much"}}, ErrorKind::invalid},
      {{{"MATCH_epc", ""}}, ErrorKind::invalid},
      {{{"MATCH_epc", "urn:x:1|"}}, ErrorKind::invalid},
      {{{"MATCH_epc", "urn:epc:idpat:sgtin:4012345.*.1"}}, ErrorKind::invalid},
      {{{"EQ_bizStep", "shipping"}, {"EQ_bizStep", "packing"}}, ErrorKind::invalid},
      {{{"eventCountLimit", "1"}, {"maxEventCount", "1"}}, ErrorKind::invalid},
      {{{"eventCountLimit", "1"}}, ErrorKind::invalid},
      {{{"EQ_field", "1"}}, ErrorKind::invalid},
      {{{"EQ_:field", "1"}}, ErrorKind::invalid},
      {{{"GT_ext:field", "much"}}, ErrorKind::invalid},
      {{{"LT_ext:field", "1|2"}}, ErrorKind::invalid},
      {{{"EXISTS_field", ""}}, ErrorKind::invalid},
      {{{"EXISTS_bizStep", ""}}, ErrorKind::invalid},
      {{{"GT_persistentDisposition_set", "1"}}, ErrorKind::invalid},
      {{{"EQ_persistentDisposition", "recalled"}}, ErrorKind::invalid},
      {{{"EQ_startTime", day(1)}}, ErrorKind::invalid},
      {{{"GE_startTime", "soon"}}, ErrorKind::invalid},
      {{{"GE_errorDeclarationTime", "soon"}}, ErrorKind::invalid},
      {{{"EQ_booleanValue", "yes"}}, ErrorKind::invalid},
      {{{"EQ_value_CEL", "warm"}}, ErrorKind::invalid},
      {{{"GE_value_CEL", "1|2"}}, ErrorKind::invalid},
      {{{"GE_value", "1"}}, ErrorKind::invalid},
      {{{"GE_value_celsius", "1"}}, ErrorKind::invalid},
      {{{"GE_quantity_kg", "1"}}, ErrorKind::invalid},
      {{{"GE_percRank", "high"}}, ErrorKind::invalid},
      {{{"HASATTR_colour", "urn:x:a"}}, ErrorKind::invalid},
      {{{"EQ_ATTR_bizLocation", "urn:x:a"}}, ErrorKind::invalid},
      {{{"EQ_ATTR_bizLocation_", "urn:x:a"}}, ErrorKind::invalid},
      {{{"WD_disposition", "active"}}, ErrorKind::invalid},
  };
  for (const auto& [parameters, kind] : table) {
    const auto& [name, value] = parameters.front();
    const auto query = parse_epcis_query(parameters);
    BOOST_REQUIRE_MESSAGE(!query.ok(), name << "=" << value);
    BOOST_TEST(query.error().reason == "QUERY_PARAMETER", name);
    BOOST_TEST((query.error().kind == kind), name);
    BOOST_TEST(query.error().violations.at(0).pointer.starts_with("/"), name);
  }
}

BOOST_FIXTURE_TEST_CASE(a_sensor_type_of_ones_own_is_found_as_spelt, Rich) {
  add_with(R"({"smell":"https://example.com/smell/"})", "v", "ObjectEvent", 20,
           R"("action":"ADD","epcList":["urn:x:v"],
              "sensorElementList":[{"sensorReport":[{"type":"smell:Strength","value":1}]}])");
  BOOST_TEST(found({{"EQ_type", "smell:Strength"}}) == "v");
  BOOST_TEST(found({{"EQ_type", "https://example.com/smell/Strength"}}) == "v");
  BOOST_TEST(found_with({{"s", "https://example.com/smell/"}}, {{"EQ_type", "s:Strength"}}) == "v");
  BOOST_TEST(found_with({{"smell", "https://example.com/other/"}}, {{"EQ_type", "smell:Strength"}}) == "");
}

BOOST_FIXTURE_TEST_CASE(an_extension_is_found_as_spelt_whatever_its_document_means_by_the_prefix, Rich) {
  // The standard's own prefix without its last colon, as in documents that were XML once.
  add_with(R"({"cbvmda":"urn:epcglobal:cbv:mda"})", "v", "ObjectEvent", 20,
           R"("action":"ADD","epcList":["urn:x:v"],"ilmd":{"cbvmda:lotNumber":"L7"},"ext2:a":{"cbvmda:b":"c"},
              "sensorElementList":[{"sensorReport":[{"type":"cbvmda:Smell","value":1}]}])");
  BOOST_TEST(found({{"EQ_ILMD_cbvmda:lotNumber", "L7"}}) == "v");
  BOOST_TEST(found({{"EXISTS_ILMD_cbvmda:lotNumber", ""}}) == "v");
  BOOST_TEST(found({{"EQ_INNER_cbvmda:b", "c"}}) == "v");
  BOOST_TEST(found_with({{"m", "urn:epcglobal:cbv:mda"}}, {{"EQ_type", "m:Smell"}}) == "v");
  // A client that says what it means by the prefix gets that and nothing else.
  BOOST_TEST(found_with({{"cbvmda", "urn:epcglobal:cbv:mda:"}}, {{"EQ_ILMD_cbvmda:lotNumber", "L7"}}) == "");
  BOOST_TEST(found_with({{"m", "urn:epcglobal:cbv:mda"}}, {{"EQ_ILMD_m:lotNumber", "L7"}}) == "v");
}

BOOST_FIXTURE_TEST_CASE(each_parameter_about_content_finds_its_events, Rich) {
  const std::vector<std::pair<EpcisParameters, std::string>> table = {
      // extensions of an event
      {{{"EQ_ext:text", "alpha"}}, "p"},
      {{{"EQ_ext:text", "alpha|gamma"}}, "qp"},
      {{{"EQ_ext:text", "Alpha"}}, ""},
      {{{"EQ_ext:count", "7.0"}}, "p"},
      {{{"EQ_ext:flag", "true"}}, "p"},
      {{{"EQ_ext:when", "2026-01-10T01:00:00+01:00"}}, "p"},
      {{{"EQ_ext:item", "https://any.example/01/04012345111118/21/9"}}, "p"},
      {{{"GT_ext:count", "7"}}, "q"},
      {{{"GE_ext:count", "7"}}, "qp"},
      {{{"LT_ext:count", "12.5"}}, "p"},
      {{{"LE_ext:count", "12.50"}}, "qp"},
      {{{"GT_ext:count", "7"}, {"LT_ext:count", "12"}}, ""},
      {{{"GE_ext:when", "2026-01-10T00:00:00Z"}}, "p"},
      {{{"GT_ext:when", "2026-01-10T00:00:00Z"}}, ""},
      {{{"GT_ext:text", "1"}}, ""},
      {{{"EXISTS_ext:text", ""}}, "qp"},
      {{{"EXISTS_ext:flag", "0"}}, "p"},
      {{{"EXISTS_ext:depth", ""}}, ""},
      {{{"EQ_https://example.com/ns/text", "alpha"}}, "p"},
      {{{"EQ_{https://example.com/ns/}text", "alpha"}}, "p"},
      {{{"EQ_https://far.example/ns#text", "remote"}}, "p"},
      // inside extensions
      {{{"EQ_INNER_ext:depth", "3"}}, "p"},
      {{{"GE_INNER_ext:depth", "3"}}, "p"},
      {{{"GT_INNER_ext:depth", "3"}}, ""},
      {{{"EQ_INNER_ext:deep", "x"}}, "p"},
      {{{"EXISTS_INNER_ext:deep", ""}}, "p"},
      {{{"EQ_INNER_ext:text", "alpha"}}, ""},
      // ilmd
      {{{"EQ_ILMD_ext:lot", "L7"}}, "p"},
      {{{"EQ_ILMD_ext:lot", "L8"}}, ""},
      {{{"LT_ILMD_ext:best", "2026-07-01T00:00:00Z"}}, "p"},
      {{{"EXISTS_ILMD_ext:lot", ""}}, "p"},
      {{{"EQ_ext:lot", "L7"}}, ""},
      {{{"EQ_INNER_ILMD_ext:core", "5"}}, "p"},
      {{{"EQ_ILMD_INNER_ext:core", "5"}}, "p"},
      {{{"EXISTS_INNER_ILMD_ext:lot", ""}}, ""},
      // places
      {{{"EQ_readPoint_ext:door", "3"}}, "q"},
      {{{"EQ_INNER_bizLocation_ext:row", "1"}}, "q"},
      {{{"EXISTS_bizLocation_ext:zone", ""}}, "q"},
      {{{"EQ_bizLocation", "https://id.gs1.org/414/4012345000054/254/7"}}, "p"},
      // persistent dispositions
      {{{"EQ_persistentDisposition_set", "completeness_verified"}}, "q"},
      {{{"EQ_persistentDisposition_set", "https://ref.gs1.org/cbv/Disp-completeness_verified"}}, "q"},
      {{{"EQ_persistentDisposition_unset", "urn:epcglobal:cbv:disp:completeness_inferred"}}, "q"},
      {{{"EQ_persistentDisposition_unset", "completeness_verified"}}, ""},
      // error declarations
      {{{"EXISTS_errorDeclaration", ""}}, "s"},
      {{{"GE_errorDeclarationTime", day(14)}}, "s"},
      {{{"LT_errorDeclarationTime", day(14)}}, ""},
      {{{"LT_errorDeclaration_Time", day(15)}}, "s"},
      {{{"EQ_errorReason", "incorrect_data"}}, "s"},
      {{{"EQ_errorReason", "urn:epcglobal:cbv:er:did_not_occur|urn:epcglobal:cbv:er:incorrect_data"}}, "s"},
      {{{"EQ_correctiveEventID", "urn:x:t"}}, "s"},
      {{{"EQ_correctiveEventID", "urn:x:u"}}, ""},
      {{{"EQ_ERROR_DECLARATION_ext:clerk", "7"}}, "s"},
      {{{"EXISTS_ERROR_DECLARATION_ext:note", ""}}, "s"},
      {{{"EQ_INNER_ERROR_DECLARATION_ext:why", "typo"}}, "s"},
      // sensors
      {{{"EXISTS_sensorElementList", ""}}, "r"},
      {{{"GE_startTime", "2026-01-11T09:00:00Z"}}, "r"},
      {{{"LT_startTime", "2026-01-11T09:00:00Z"}}, ""},
      {{{"GE_endTime", "2026-01-11T11:00:00Z"}, {"LT_endTime", "2026-01-11T11:00:01Z"}}, "r"},
      {{{"GE_time", "2026-01-11T10:00:00Z"}}, "r"},
      {{{"EQ_type", "Temperature"}}, "r"},
      {{{"EQ_type", "https://gs1.org/voc/Temperature"}}, "r"},
      {{{"EQ_type", "gs1:Speed|gs1:AbsoluteHumidity"}}, "r"},
      {{{"EQ_type", "Speed"}}, ""},
      {{{"EQ_deviceID", "https://id.gs1.org/8004/4000001111"}}, "r"},
      {{{"EQ_deviceID", "urn:x:other"}}, ""},
      {{{"EQ_dataProcessingMethod", "https://example.com/method"}}, "r"},
      {{{"EQ_bizRules", "https://example.com/rules"}}, "r"},
      {{{"EQ_microorganism", "https://example.com/m/1"}}, "r"},
      {{{"EQ_chemicalSubstance", "https://example.com/c/1"}}, "r"},
      {{{"EQ_stringValue", "damp"}}, "r"},
      {{{"EQ_hexBinaryValue", "F0a1"}}, "r"},
      {{{"EQ_uriValue", "urn:epc:id:gdti:4012345.00005.987"}}, "r"},
      {{{"EQ_booleanValue", "true"}}, "r"},
      {{{"EQ_booleanValue", "false"}}, ""},
      {{{"EQ_value_CEL", "6.50"}}, "r"},
      {{{"EQ_value_CEL", "1|6.5"}}, "r"},
      {{{"EQ_value_FAH", "43.7"}}, "r"},
      {{{"GE_value_KEL", "279.65"}}, "r"},
      {{{"GT_value_KEL", "279.65"}}, ""},
      {{{"GE_value_CEL", "6"}, {"LT_value_CEL", "7"}}, "r"},
      {{{"GE_value_CEL", "10"}}, ""},
      {{{"GE_value_KGM", "1"}}, ""},
      {{{"LE_minValue_CEL", "2"}}, "r"},
      {{{"GT_maxValue_CEL", "8"}}, "r"},
      {{{"EQ_meanValue_CEL", "6"}}, "r"},
      {{{"LT_sDev_CEL", "1"}}, "r"},
      {{{"GE_percValue_CEL", "6.4"}}, "r"},
      {{{"GE_percRank", "50"}}, "r"},
      {{{"LT_percRank", "50"}}, ""},
      {{{"EQ_SENSORELEMENT_ext:bay", "north"}}, "r"},
      {{{"EQ_SENSORMETADATA_ext:rack", "2"}}, "r"},
      {{{"EQ_SENSORREPORT_ext:grade", "A"}}, "r"},
      {{{"EXISTS_SENSORREPORT_ext:rack", ""}}, ""},
      // quantities with a unit
      {{{"EQ_quantity_GRM", "1500"}}, "t"},
      {{{"EQ_quantity_KGM", "1.5"}}, "t"},
      {{{"GE_quantity_KGM", "1"}, {"LE_quantity_KGM", "2"}}, "t"},
      {{{"GE_quantity_LTR", "0"}}, ""},
      {{{"EQ_quantity", "1500|12.5"}}, "te"},
      // order by an extension; without it last
      {{{"orderBy", "ext:count"}, {"EXISTS_ext:text", ""}}, "qp"},
      {{{"orderBy", "ext:count"}, {"orderDirection", "ASC"}, {"EXISTS_ext:text", ""}}, "pq"},
      {{{"orderBy", "ext:count"}, {"orderDirection", "ASC"}, {"eventCountLimit", "3"}}, "pqi"},
  };
  for (const auto& [parameters, expected] : table) {
    BOOST_TEST(found(parameters) == expected, parameters.front().first << "=" << parameters.front().second);
  }
}

BOOST_FIXTURE_TEST_CASE(a_declared_prefix_means_its_namespace, Rich) {
  BOOST_TEST(found_with({{"mine", "https://example.com/ns/"}}, {{"EQ_mine:text", "alpha"}}) == "p");
  BOOST_TEST(found_with({{"ext", "https://other.example/"}}, {{"EQ_ext:text", "alpha"}}) == "");
  BOOST_TEST(found_with({}, {{"EQ_mine:text", "alpha"}}) == "");
  const auto body = parse_epcis_query(*json::parse(
      R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"m":"https://example.com/ns/"}],
          "EQ_m:count":[7],"EXISTS_m:flag":null})"));
  BOOST_REQUIRE_MESSAGE(body.ok(), (body ? "" : body.error().message));
  const auto at = readers();
  BOOST_TEST(letters(*find_events(at, *body)) == "p");
}

BOOST_FIXTURE_TEST_CASE(pages_in_the_order_of_an_extension_follow_each_other, Rich) {
  for (const auto& direction : {"DESC", "ASC"}) {
    std::string all;
    std::string token;
    do {
      EpcisParameters parameters = {{"orderBy", "ext:count"}, {"orderDirection", direction}, {"perPage", "3"}};
      if (!token.empty()) { parameters.emplace_back("nextPageToken", token); }
      const auto page = ask(parameters);
      BOOST_REQUIRE_MESSAGE(page.ok(), (page ? "" : page.error().message));
      all += letters(*page);
      token = page->next_page_token;
    } while (!token.empty() && all.size() < 40);
    BOOST_TEST(all == (std::string(direction) == "ASC" ? "pqiabcdefghrst" : "qptsrhgfedcbai"));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::query
