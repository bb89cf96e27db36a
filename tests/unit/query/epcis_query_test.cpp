#include "node/query/epcis_query.h"

#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "contracts/production/document.h"
#include "contracts/production/entity.h"
#include "core/limits.h"
#include "node/query/collections.h"
#include "node/query/epc_format.h"
#include "tests/unit/production/memory_ledger.h"

namespace keten::query {
namespace {

using test::document_of;
using test::event_of;

std::string day(int number) {
  return "2026-01-" + std::string(number < 10 ? "0" : "") + std::to_string(number) + "T00:00:00Z";
}

/// A ledger with nine events whose ids are urn:x:a to urn:x:i.
struct Ledger : test::MemoryLedger {
  Ledger() {
    add("Farm", "a", "ObjectEvent", 1,
        R"("action":"ADD","bizStep":"commissioning","epcList":["urn:epc:id:sgtin:4012345.011111.1","urn:epc:id:sgtin:4012345.011111.2"])");
    add("Farm", "b", "AggregationEvent", 2,
        R"("action":"ADD","bizStep":"packing","parentID":"urn:epc:id:sscc:4012345.3111111111",
           "childEPCs":["urn:epc:id:sgtin:4012345.011111.1"])");
    add("Farm", "c", "ObjectEvent", 3,
        R"("action":"OBSERVE","bizStep":"shipping","disposition":"in_transit","epcList":["urn:epc:id:sscc:4012345.3111111111"],
           "readPoint":{"id":"urn:epc:id:sgln:4012345.00005.0"},"bizTransactionList":[{"type":"po","bizTransaction":"urn:x:po-1"}],
           "destinationList":[{"type":"owning_party","destination":"urn:epc:id:pgln:4000001.00000"}])");
    add("Shop", "d", "ObjectEvent", 4,
        R"("action":"OBSERVE","bizStep":"receiving","epcList":["urn:epc:id:sscc:4012345.3111111111"],
           "bizLocation":{"id":"urn:x:shop"})");
    add("Shop", "e", "TransformationEvent", 5,
        R"("inputEPCList":["urn:epc:id:sgtin:4012345.011111.1"],
           "inputQuantityList":[{"epcClass":"urn:epc:class:lgtin:4012345.012345.L1","quantity":12.50,"uom":"KGM"}],
           "outputEPCList":["urn:x:out"],"transformationID":"urn:x:join")");
    add("Shop", "f", "ObjectEvent", 6,
        R"("action":"ADD","epcList":[],
           "quantityList":[{"epcClass":"urn:epc:class:lgtin:4012345.012345.L1","quantity":100}])");
    add("Shop", "g", "TransactionEvent", 6,
        R"("action":"ADD","epcList":["urn:x:out"],"bizTransactionList":[{"type":"po","bizTransaction":"urn:x:po-2"}])");
    add("Shop", "h", "AssociationEvent", 7, R"("action":"ADD","parentID":"urn:x:truck","childEPCs":["urn:x:probe"])");
    add("Farm", "i", "ObjectEvent", 0,
        R"("action":"OBSERVE","epcList":["urn:epc:id:sgtin:4012345.011111.2"])");  // recorded last, happened first
  }
  void add(const std::string& organisation, const std::string& id, const std::string& type, int day_number,
           const std::string& rest) {
    const auto time = day_number == 0 ? "2025-12-31T00:00:00Z" : day(day_number);
    const auto result =
        capture(organisation, document_of(event_of(type, time, R"("eventID":"urn:x:)" + id + "\"," + rest)));
    BOOST_REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message));
  }
  [[nodiscard]] EpcisReaders readers() const {
    return {state, index, [this](Height at, std::uint32_t number) { return load(at, number); }, height()};
  }
  [[nodiscard]] Result<EpcisPage> ask(const EpcisParameters& parameters, std::size_t rows_max = 100'000) const {
    const auto query = parse_epcis_query(parameters);
    if (!query) { return query.error(); }
    const auto at = readers();
    return find_events(at, *query, rows_max);
  }
  /// The last letters of the ids, in order; or the reason of the refusal.
  [[nodiscard]] std::string found(const EpcisParameters& parameters) const {
    const auto page = ask(parameters);
    return page ? letters(*page) : page.error().reason;
  }
  static std::string letters(const EpcisPage& page) {
    std::string result;
    for (const auto& event : page.events) { result += event.summary.id.back(); }
    return result;
  }
};

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

/// Events with everything that only the content tells: p to u.
struct Rich : Ledger {
  Rich() {
    const std::string spaces = R"({"ext":"https://example.com/ns/","far":"https://far.example/ns"})";
    add_with(spaces, "p", "ObjectEvent", 10,
             R"("action":"ADD","epcList":["urn:x:p"],"bizLocation":{"id":"urn:epc:id:sgln:4012345.00005.7"},
                "ext:text":"alpha","ext:count":7,"ext:when":"2026-01-10T00:00:00Z","ext:flag":true,
                "ext:box":{"ext:depth":3,"ext:list":[{"ext:deep":"x"}]},"far:text":"remote",
                "ext:item":"urn:epc:id:sgtin:4012345.011111.9",
                "ilmd":{"ext:lot":"L7","ext:best":"2026-06-01T00:00:00Z","ext:inside":{"ext:core":5}})");
    add_with(spaces, "q", "ObjectEvent", 11,
             R"("action":"OBSERVE","epcList":["urn:x:q"],"ext:count":12.5,"ext:text":["beta","gamma"],
                "readPoint":{"id":"urn:x:dock","ext:door":"3"},"bizLocation":{"id":"urn:x:hall","ext:zone":{"ext:row":1}},
                "persistentDisposition":{"set":["completeness_verified"],"unset":["completeness_inferred"]})");
    add_with(spaces, "r", "ObjectEvent", 12,
             R"("action":"OBSERVE","epcList":[],"readPoint":{"id":"urn:x:probe"},
                "sensorElementList":[{"sensorMetadata":{"time":"2026-01-11T10:00:00Z","deviceID":"urn:epc:id:giai:4000001.111",
                "startTime":"2026-01-11T09:00:00Z","endTime":"2026-01-11T11:00:00Z","bizRules":"https://example.com/rules",
                "dataProcessingMethod":"https://example.com/method","ext:rack":2},
                "sensorReport":[{"type":"Temperature","value":6.5,"uom":"CEL","minValue":2,"maxValue":9,"meanValue":6,"sDev":0.5,
                "percRank":50,"percValue":6.4,"ext:grade":"A"},
                {"type":"AbsoluteHumidity","value":12,"uom":"A93","stringValue":"damp","booleanValue":true,
                "hexBinaryValue":"f0A1","uriValue":"https://id.gs1.org/253/4012345000054987",
                "microorganism":"https://example.com/m/1","chemicalSubstance":"https://example.com/c/1"}],"ext:bay":"north"}])");
    add_with(spaces, "s", "ObjectEvent", 13,
             R"("action":"OBSERVE","epcList":["urn:x:s"],"errorDeclaration":{"declarationTime":"2026-01-14T00:00:00Z",
                "reason":"incorrect_data","correctiveEventIDs":["urn:x:t"],"ext:clerk":"7","ext:note":{"ext:why":"typo"}})");
    add_with(spaces, "t", "AggregationEvent", 14,
             R"("action":"ADD","parentID":"urn:x:crate","childQuantityList":[
                {"epcClass":"urn:epc:class:lgtin:4012345.012345.L9","quantity":1500,"uom":"GRM"}])");
  }
  void add_with(const std::string& context, const std::string& id, const std::string& type, int day_number,
                const std::string& rest) {
    const auto result = capture(
        "Farm", document_of(event_of(type, day(day_number), R"("eventID":"urn:x:)" + id + "\"," + rest), context));
    BOOST_REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message));
  }
  [[nodiscard]] std::string found_with(const Prefixes& prefixes, const EpcisParameters& parameters) const {
    const auto query = parse_epcis_query(parameters, prefixes);
    if (!query) { return query.error().message; }
    const auto at = readers();
    const auto page = find_events(at, *query);
    return page ? letters(*page) : page.error().message;
  }
};

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
      const auto values = known_values(index, resource, after, 2);
      for (const auto& value : values) { result += value + " "; }
      if (values.size() < 2) { break; }
      after = values.back();
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
  BOOST_TEST(known_values(index, Resource::epcs, "", 2).size() == 2U);
  BOOST_TEST(index.reads <= 2U);
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
  BOOST_TEST(known_values(index, Resource::event_types, "", 10) == types, boost::test_tools::per_element());
  BOOST_TEST(known_values(index, Resource::event_types, "ObjectEvent", 3) ==
                 std::vector<std::string>(types.begin() + 3, types.begin() + 6),
             boost::test_tools::per_element());
  BOOST_TEST(known_values(index, Resource::event_types, "ext:Weighed", 3) == std::vector<std::string>{types.back()},
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
