#pragma once

#include <string>

#include <boost/test/unit_test.hpp>

#include "contracts/production/document.h"
#include "node/query/epcis_query.h"
#include "tests/unit/production/memory_ledger.h"

namespace keten::query::test_ledger {

using test::document_of;
using test::event_of;

inline std::string day(int number) {
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

}  // namespace keten::query::test_ledger
