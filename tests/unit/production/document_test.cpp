#include "contracts/production/document.h"

#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "tests/unit/production/memory_ledger.h"

namespace keten::production {
namespace {

using test::document_of;
using test::event_of;

const std::string kTime = "2026-01-01T00:00:00Z";
const std::string kEpcs = R"("epcList":["urn:epc:id:sgtin:4012345.011111.1"])";

std::string object(const std::string& rest) { return event_of("ObjectEvent", kTime, rest); }

/// `accepted`, or the pointers of all violations below the event list, joined by spaces.
std::string verdict(const std::string& text, Profile profile = Profile::strict) {
  const auto document = read_document(text, profile);
  if (document) { return "accepted"; }
  if (document.error().violations.empty()) { return document.error().reason; }
  std::string result;
  for (const auto& violation : document.error().violations) {
    const std::string prefix = "/epcisBody/eventList/";
    const auto pointer =
        violation.pointer.starts_with(prefix) ? violation.pointer.substr(prefix.size()) : violation.pointer;
    result += (result.empty() ? "" : " ") + pointer;
  }
  return result;
}
std::string verdict_of(const std::string& event) { return verdict(document_of(event)); }

BOOST_AUTO_TEST_SUITE(document)

BOOST_AUTO_TEST_CASE(the_smallest_event_of_each_type_is_accepted) {
  for (
      const auto& event :
      {object(R"("action":"OBSERVE",)" + kEpcs), object(R"("action":"OBSERVE","epcList":[])"),
       object(R"("action":"OBSERVE","quantityList":[{"epcClass":"urn:x:1"}])"),
       object(
           R"("action":"OBSERVE","readPoint":{"id":"urn:x:1"},"sensorElementList":[{"sensorReport":[{"type":"Temperature","value":1}]}])"),
       event_of("AggregationEvent", kTime, R"("action":"ADD","parentID":"urn:x:1","childEPCs":["urn:x:2"])"),
       event_of("AggregationEvent", kTime, R"("action":"DELETE","parentID":"urn:x:1")"),
       event_of("AggregationEvent", kTime, R"("action":"OBSERVE","childEPCs":["urn:x:2"])"),
       event_of("TransactionEvent", kTime,
                R"("action":"ADD","epcList":[],"bizTransactionList":[{"bizTransaction":"urn:x:1"}])"),
       event_of("TransactionEvent", kTime,
                R"("action":"DELETE","bizTransactionList":[{"type":"po","bizTransaction":"urn:x:1"}])"),
       event_of("TransformationEvent", kTime, R"("inputEPCList":["urn:x:1"],"outputEPCList":["urn:x:2"])"),
       event_of("TransformationEvent", kTime, R"("inputEPCList":["urn:x:1"],"transformationID":"urn:x:3")"),
       event_of("AssociationEvent", kTime, R"("action":"ADD","parentID":"urn:x:1","childEPCs":["urn:x:2"])")}) {
    BOOST_TEST(verdict_of(event) == "accepted", event);
  }
}

BOOST_AUTO_TEST_CASE(an_event_without_what_its_type_needs_is_refused_at_its_place) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {object(kEpcs), "0/action"},
      {object(R"("action":"OBSERVE")"), "0"},
      {object(R"("action":"OBSERVE","quantityList":[])"), "0"},
      {object(R"("action":"OBSERVE","sensorElementList":[{"sensorReport":[{"type":"Temperature"}]}])"), "0"},
      {object(R"("action":"OBSERVE","epcList":[],"sensorElementList":[{"sensorReport":[]}])"),
       "0/sensorElementList/0/sensorReport"},
      {object(R"("action":"OBSERVE","epcList":[],"sensorElementList":[{}])"), "0/sensorElementList/0/sensorReport"},
      {object(R"("action":"OBSERVE","epcList":[],"sensorElementList":[{"sensorReport":[{"value":1}]}])"),
       "0/sensorElementList/0/sensorReport/0/type"},
      {event_of("AggregationEvent", kTime, R"("action":"ADD","parentID":"urn:x:1")"), "0"},
      {event_of("AggregationEvent", kTime, R"("action":"ADD","childEPCs":["urn:x:2"])"), "0/parentID"},
      {event_of("AggregationEvent", kTime, R"("action":"DELETE","childEPCs":["urn:x:2"])"), "0/parentID"},
      {event_of("TransactionEvent", kTime, R"("action":"ADD","epcList":[])"), "0/bizTransactionList"},
      {event_of("TransactionEvent", kTime, R"("action":"ADD","bizTransactionList":[{"bizTransaction":"urn:x:1"}])"),
       "0"},
      {event_of("TransformationEvent", kTime, R"("inputEPCList":["urn:x:1"])"), "0"},
      {event_of("TransformationEvent", kTime, R"("transformationID":"urn:x:3")"), "0"},
      {event_of("TransformationEvent", kTime, R"("inputEPCList":["urn:x:1"],"outputEPCList":[])"), "0"},
      {event_of("AssociationEvent", kTime, R"("action":"OBSERVE","childEPCs":["urn:x:2"])"), "0/parentID"},
      {event_of("AssociationEvent", kTime, R"("action":"ADD","parentID":"urn:x:1")"), "0"},
      {R"({"type":"ObjectEvent","action":"ADD","epcList":[]})", "0/eventTime 0/eventTimeZoneOffset"},
      {event_of("FlyingEvent", kTime, kEpcs), "0/type"},
      {"[]", "0"},
      {R"({"eventTime":"x"})", "0/type"},
  };
  for (const auto& [event, places] : table) { BOOST_TEST(verdict_of(event) == places, event); }
}

BOOST_AUTO_TEST_CASE(a_member_with_a_wrong_value_is_refused_at_its_place) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {R"("bizStep":"transforming")", "0/bizStep"},
      {R"("bizStep":"urn:epcglobal:cbv:bizstep:shipping")", "0/bizStep"},
      {R"("disposition":"https://ns.gs1.org/cbv/Disp-in_transit")", "0/disposition"},
      {R"("bizStep":7)", "0/bizStep"},
      {R"("readPoint":"urn:x:1")", "0/readPoint"},
      {R"("readPoint":{})", "0/readPoint/id"},
      {R"("readPoint":{"id":"no uri"})", "0/readPoint/id"},
      {R"("bizLocation":{"id":"urn:x:1","name":"x"})", "0/bizLocation/name"},
      {R"("eventID":"x")", "0/eventID"},
      {R"("weight":5)", "0/weight"},
      {R"("quantityList":[{"epcClass":"urn:x:1","quantity":"5"}])", "0/quantityList/0/quantity"},
      {R"("quantityList":[{"epcClass":"urn:x:1","weight":5}])", "0/quantityList/0/weight"},
      {R"("quantityList":[{"epcClass":"urn:x:1","ext:weight":5}])", "0/quantityList/0/ext:weight"},
      {R"("quantityList":[{"epcClass":"urn:x:1","uom":"kg"}])", "0/quantityList/0/uom"},
      {R"("quantityList":[{"quantity":5}])", "0/quantityList/0/epcClass"},
      {R"("bizTransactionList":[{"type":"order","bizTransaction":"urn:x:1"}])", "0/bizTransactionList/0/type"},
      {R"("sourceList":[{"source":"urn:x:1"}])", "0/sourceList/0/type"},
      {R"("destinationList":[{"type":"owning_party","destination":"urn:x:1","source":"urn:x:1"}])",
       "0/destinationList/0/source"},
      {R"("ilmd":{"materialType":"soil"})", "0/ilmd/materialType"},
      {R"("ilmd":[])", "0/ilmd"},
      {R"("errorDeclaration":{"reason":"incorrect_data"})", "0/errorDeclaration/declarationTime"},
      {R"("errorDeclaration":{"declarationTime":"2026-01-01T00:00:00Z","reason":"oops"})", "0/errorDeclaration/reason"},
      {R"("errorDeclaration":{"declarationTime":"2026-01-01T00:00:00Z","correctiveEventIDs":["x"]})",
       "0/errorDeclaration/correctiveEventIDs/0"},
      {R"("persistentDisposition":{"set":["sold"]})", "0/persistentDisposition/set/0"},
      {R"("persistentDisposition":{"add":["recalled"]})", "0/persistentDisposition/add"},
      {R"("sensorElementList":[{"sensorReport":[{"type":"Temperature","hexBinaryValue":"xyz"}]}])",
       "0/sensorElementList/0/sensorReport/0/hexBinaryValue"},
      {R"("sensorElementList":[{"sensorReport":[{"type":"Temperature","booleanValue":"true"}]}])",
       "0/sensorElementList/0/sensorReport/0/booleanValue"},
      {R"("sensorElementList":[{"sensorReport":[{"type":"Temperature"}],"sensorMetadata":{"time":"2026-01-01"}}])",
       "0/sensorElementList/0/sensorMetadata/time"},
      {R"("recordTime":"yesterday")", "0/recordTime"},
      {R"("certificationInfo":[{"gs1:certificationAuditDate":"soon"}])",
       "0/certificationInfo/0/gs1:certificationAuditDate"},
      {R"("parentID":"urn:x:1")", "0/parentID"},
      {R"("childEPCs":["urn:x:1"])", "0/childEPCs"},
  };
  for (const auto& [member, places] : table) {
    BOOST_TEST(verdict_of(object(R"("action":"ADD",)" + kEpcs + "," + member)) == places, member);
  }
}

BOOST_AUTO_TEST_CASE(the_lenient_profile_takes_urn_words_and_unknown_members) {
  const auto event = object(R"("action":"ADD","bizStep":"urn:epcglobal:cbv:bizstep:shipping","weight":5,)" + kEpcs);
  BOOST_TEST(verdict(document_of(event)) == "0/bizStep 0/weight");
  const auto document = read_document(document_of(event), Profile::lenient);
  BOOST_REQUIRE(document.ok());
  BOOST_TEST(document->events.front().biz_step == "shipping");
  BOOST_TEST((document->events.front().value.find("weight") != nullptr));
}

BOOST_AUTO_TEST_CASE(master_data_of_an_instance_comes_only_with_its_birth) {
  const std::string master_data = R"("ilmd":{"ext:a":"b"},)";
  BOOST_TEST(verdict_of(object(R"("action":"ADD",)" + master_data + kEpcs)) == "accepted");
  BOOST_TEST(verdict_of(object(R"("action":"OBSERVE",)" + master_data + kEpcs)) == "0/ilmd");
  BOOST_TEST(verdict_of(object(R"("action":"DELETE",)" + master_data + kEpcs)) == "0/ilmd");
}

BOOST_AUTO_TEST_CASE(persistent_dispositions_and_new_measurement_types_are_accepted_everywhere) {
  BOOST_TEST(
      verdict_of(event_of("AggregationEvent", kTime,
                          R"("action":"DELETE","parentID":"urn:x:1","persistentDisposition":{"set":["recalled"]})")) ==
      "accepted");
  BOOST_TEST(verdict_of(object(
                 R"("action":"ADD","sensorElementList":[{"sensorReport":[{"type":"EffectiveDoseRate","value":1}]}],)" +
                 kEpcs)) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_time_without_zone_and_an_impossible_offset_are_refused) {
  BOOST_TEST(verdict_of(event_of("ObjectEvent", "2026-01-01T00:00:00", R"("action":"ADD",)" + kEpcs)) == "0/eventTime");
  BOOST_TEST(
      verdict_of(
          R"({"type":"ObjectEvent","eventTime":"2026-01-01T00:00:00Z","eventTimeZoneOffset":"+14:30","action":"ADD","epcList":[]})") ==
      "0/eventTimeZoneOffset");
}

BOOST_AUTO_TEST_CASE(all_wrong_places_are_reported_up_to_the_limit) {
  const auto wrong = object(R"("action":"ADD","bizStep":"flying","disposition":"lost",)" + kEpcs);
  BOOST_TEST(verdict(document_of(wrong + "," + wrong)) == "0/bizStep 0/disposition 1/bizStep 1/disposition");
  std::string many = wrong;
  for (int i = 0; i < 60; ++i) { many += "," + wrong; }
  const auto document = read_document(document_of(many));
  BOOST_REQUIRE(!document.ok());
  BOOST_TEST(document.error().reason == "EPCIS_INVALID");
  BOOST_TEST(document.error().violations.size() == limits::kViolationsMax);
  BOOST_TEST(document.error().message.find("at least") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_broken_frame_is_refused_at_its_place) {
  const std::string context = R"("@context":"https://ref.gs1.org/standards/epcis/epcis-context.jsonld")";
  const std::string head =
      context + R"(,"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z")";
  const std::vector<std::pair<std::string, std::string>> table = {
      {"{" + head + R"(,"epcisBody":{"eventList":[]}})", "accepted"},
      {"{" + head + "}", "/epcisBody"},
      {"{" + head + R"(,"epcisBody":{}})", "/epcisBody/eventList"},
      {"{" + head + R"(,"epcisBody":{"eventList":{}}})", "/epcisBody/eventList"},
      {"{" + context + R"(,"type":"EPCISDocument","epcisBody":{"eventList":[]}})", "/schemaVersion /creationDate"},
      {"{" + context +
           R"(,"type":"EPCISDocument","schemaVersion":"1.2","creationDate":"2026-01-01","epcisBody":{"eventList":[]}})",
       "/schemaVersion /creationDate"},
      {"{" + context +
           R"(,"type":"EPCISQueryDocument","epcisBody":{"queryResults":{"queryName":"q","resultsBody":{"eventList":[]}}}})",
       "accepted"},
      {"{" + context + R"(,"type":"EPCISQueryDocument","epcisBody":{"queryResults":{"resultsBody":{"eventList":[]}}}})",
       "/epcisBody/queryResults/queryName"},
      {"{" + context + R"(,"type":"EPCISQueryDocument","epcisBody":{"queryResults":{"queryName":"q","page":1}}})",
       "/epcisBody/queryResults/page /epcisBody/queryResults/resultsBody"},
      {"{" + head + R"(,"epcisBody":{"eventList":[]},"example:a":1,"surprise":1})", "/surprise"},
      {"{" + context + R"(,"type":"EPCISDocument","schemaVersion":"2.x","creationDate":"2026-01-01T00:00:00Z",)" +
           R"("epcisBody":{"eventList":[]}})",
       "/schemaVersion"},
      {R"({"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z","epcisBody":{"eventList":[]}})",
       "/@context"},
      {"{" + context + R"(,"type":"EPCISMasterDataDocument"})", "/type"},
      {"{" + context + "}", "/type"},
      {"{}", "/@context /type"},
      {"[]", ""},
      {"7", ""},
      {"{", "JSON_MALFORMED"},
  };
  for (const auto& [text, places] : table) {
    const auto document = read_document(text);
    const auto found =
        !document && document.error().reason.starts_with("JSON") ? document.error().reason : verdict(text);
    BOOST_TEST(found == places, text);
  }
}

BOOST_AUTO_TEST_CASE(members_of_the_frame_have_the_kinds_that_the_schema_gives_them) {
  const auto framed = [](const std::string& member) {
    return R"({"@context":"https://ref.gs1.org/standards/epcis/epcis-context.jsonld","type":"EPCISDocument",)"
           R"("schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z",)" +
           member + R"(,"epcisBody":{"eventList":[]}})";
  };
  const auto master_data = [&](const std::string& vocabulary) {
    return framed(R"("epcisHeader":{"epcisMasterData":{"vocabularyList":[)" + vocabulary + "]}}");
  };
  const auto place = [&](const std::string& element) {
    return master_data(R"({"type":"urn:epcglobal:epcis:vtype:BusinessLocation","vocabularyElementList":[)" + element +
                       "]}");
  };
  const std::string list = "/epcisHeader/epcisMasterData/vocabularyList";
  const std::string element = list + "/0/vocabularyElementList/0";
  const std::vector<std::pair<std::string, std::string>> table = {
      {framed(R"("id":"https://example.com/1")"), "accepted"},
      {framed(R"("id":"_:document1")"), "accepted"},
      {framed(R"("id":"document1")"), "/id"},
      {framed(R"("id":7)"), "/id"},
      {framed(R"("sender":"a","receiver":"b","instanceIdentifier":"c")"), "accepted"},
      {framed(R"("sender":1,"receiver":{},"instanceIdentifier":null)"), "/instanceIdentifier /sender /receiver"},
      {framed(R"("epcisHeader":{})"), "accepted"},
      {framed(R"("epcisHeader":"x")"), "/epcisHeader"},
      {framed(R"("epcisHeader":{"ext:a":1,"surprise":1})"), "/epcisHeader/surprise"},
      {framed(R"("epcisHeader":{"epcisMasterData":[]})"), "/epcisHeader/epcisMasterData"},
      {framed(R"("epcisHeader":{"epcisMasterData":{"vocabularyList":{}}})"), list},
      {master_data("7"), list + "/0"},
      {master_data(R"({"vocabularyElementList":[]})"), list + "/0/type"},
      {master_data(R"({"type":"BusinessLocation"})"), list + "/0/type"},
      {master_data(R"({"type":"urn:x:1","vocabularyElementList":{}})"), list + "/0/vocabularyElementList"},
      {place(R"({"id":"urn:x:1","children":["urn:x:2"],"attributes":[{"id":"urn:x:3","attribute":{"a":1}}]})"),
       "accepted"},
      {place(R"({"attributes":[]})"), element + "/id"},
      {place(R"({"id":"urn:x:1","children":"urn:x:2"})"), element + "/children"},
      {place(R"({"id":"urn:x:1","children":["x"]})"), element + "/children/0"},
      {place(R"({"id":"urn:x:1","attributes":[{"attribute":"x"}]})"), element + "/attributes/0/id"},
      {place(R"({"id":"urn:x:1","attributes":[{"id":"urn:x:3","attribute":{"@context":{"@vocab":"http://x/"}}}]})"),
       element + "/attributes/0/attribute/@context/@vocab"},
      {framed(R"("ext:a":{"@context":"https://example.com/x"})"), "/ext:a/@context"},
  };
  for (const auto& [text, places] : table) { BOOST_TEST(verdict(text) == places, text); }
  BOOST_TEST(verdict(framed(R"("epcisHeader":{"surprise":1})"), Profile::lenient) == "accepted");
}

BOOST_AUTO_TEST_CASE(what_stands_around_the_results_of_a_query_is_checked) {
  const auto query = [](const std::string& name, const std::string& results) {
    return R"({"@context":"https://ref.gs1.org/standards/epcis/epcis-context.jsonld","type":"EPCISQueryDocument",)"
           R"("epcisBody":{"queryResults":{"queryName":"q")" +
           name + R"(,"resultsBody":{"eventList":[])" + results + "}}}}";
  };
  const std::string at = "/epcisBody/queryResults";
  BOOST_TEST(verdict(query("", "")) == "accepted");
  BOOST_TEST(verdict(query(R"(,"subscriptionID":"s","ext:ignored":["a"])", R"(,"vocabularyList":[])")) == "accepted");
  BOOST_TEST(verdict(query(R"(,"subscriptionID":7)", "")) == at + "/subscriptionID");
  BOOST_TEST(verdict(query("", R"(,"page":1)")) == at + "/resultsBody/page");
  BOOST_TEST(verdict(query("", R"(,"vocabularyList":{})")) == at + "/resultsBody/vocabularyList");
}

BOOST_AUTO_TEST_CASE(a_persistent_disposition_sets_or_unsets_something_unless_read_leniently) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {R"({"set":["damaged"],"unset":["expired"]})", "accepted"},
      {"{}", "0/persistentDisposition"},
      {R"({"set":[]})", "0/persistentDisposition/set"},
      {R"({"unset":["damaged","damaged"]})", "0/persistentDisposition/unset/1"},
      {R"({"set":["damaged"],"ext:a":1})", "0/persistentDisposition/ext:a"},
  };
  for (const auto& [value, places] : table) {
    const auto event = object(R"("action":"ADD","persistentDisposition":)" + value + "," + kEpcs);
    BOOST_TEST(verdict_of(event) == places, value);
    BOOST_TEST(verdict(document_of(event), Profile::lenient) == "accepted", value);
  }
}

BOOST_AUTO_TEST_CASE(a_context_stands_once_unless_read_leniently) {
  const auto twice = document_of("", R"({"ext":"https://example.com/ns/"},{ "ext" : "https://example.com/ns/" })");
  BOOST_TEST(verdict(twice) == "/@context/2");
  BOOST_TEST(verdict(twice, Profile::lenient) == "accepted");
}

BOOST_AUTO_TEST_CASE(the_web_vocabulary_is_written_in_bare_words_unless_read_leniently) {
  const auto event = [](const std::string& type) {
    return object(R"("action":"ADD","sensorElementList":[{"sensorReport":[{"type":")" + type + R"(","value":1}]}],)" +
                  kEpcs);
  };
  BOOST_TEST(verdict_of(event("https://gs1.org/voc/Temperature")) == "0/sensorElementList/0/sensorReport/0/type");
  BOOST_TEST(verdict(document_of(event("https://gs1.org/voc/Temperature")), Profile::lenient) == "accepted");
  BOOST_TEST(verdict_of(event("gs1:Temperature")) == "accepted");
  BOOST_TEST(verdict_of(event("https://example.com/Warmth")) == "accepted");
}

BOOST_AUTO_TEST_CASE(an_extended_event_has_the_fields_that_all_types_share_and_any_others) {
  const auto extended = [](const std::string& rest) { return event_of("ext:CustomEvent", kTime, rest); };
  BOOST_TEST(verdict_of(extended(R"("eventID":"urn:x:1")")) == "accepted");
  BOOST_TEST(verdict_of(extended(R"("bizStep":"shipping","epcList":"no list","weight":3,"ext:a":{"b":1})")) ==
             "accepted");
  BOOST_TEST(verdict_of(extended(R"("bizStep":"flying","readPoint":"x","eventID":"y")")) ==
             "0/bizStep 0/readPoint 0/eventID");
  BOOST_TEST(verdict_of(R"({"type":"ext:CustomEvent","eventTime":"2026-01-01"})") ==
             "0/eventTimeZoneOffset 0/eventTime");
  BOOST_TEST(verdict_of(event_of("CustomEvent", kTime, R"("eventID":"urn:x:1")")) == "0/type");
  const auto document =
      read_document(document_of(extended(R"("action":"ADD","epcList":["urn:x:1"],"readPoint":{"id":"urn:x:r"})")));
  BOOST_REQUIRE(document.ok());
  const auto& event = document->events.front();
  BOOST_TEST((event.type == EventType::extended));
  BOOST_TEST(event.type_name == "ext:CustomEvent");
  BOOST_TEST(event.read_point == "urn:x:r");
  BOOST_TEST(event.entity_count() == 0U);
  const auto bare = read_document(
      R"({"@context":["https://ref.gs1.org/standards/epcis/epcis-context.jsonld",{"ext":"https://example.com/"}],)"
      R"("type":"ext:CustomEvent","eventTime":"2026-01-01T00:00:00Z","eventTimeZoneOffset":"+00:00"})");
  BOOST_REQUIRE(bare.ok());
  BOOST_TEST((bare->kind == DocumentKind::event));
}

BOOST_AUTO_TEST_CASE(a_bare_event_brings_its_own_context) {
  const auto event = [](const std::string& context) {
    return "{" + context +
           R"("type":"ObjectEvent","eventTime":"2026-01-01T00:00:00Z","eventTimeZoneOffset":"+00:00","action":"ADD","epcList":[]})";
  };
  const std::string standard = R"("@context":["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"],)";
  BOOST_TEST(verdict(event(standard)) == "accepted");
  BOOST_TEST((read_document(event(standard))->kind == DocumentKind::event));
  BOOST_TEST(verdict(event("")) == "/@context");
  BOOST_TEST(verdict(event(R"("@context":["https://example.com/x.jsonld"],)")) == "/@context/0");
}

BOOST_AUTO_TEST_CASE(a_context_that_would_have_to_be_fetched_is_refused_by_name) {
  const auto document = read_document(document_of("", R"("https://example.com/context.jsonld")"));
  BOOST_REQUIRE(!document.ok());
  BOOST_TEST(document.error().reason == "EPCIS_CONTEXT_UNKNOWN");
  BOOST_TEST(document.error().violations[0].pointer == "/@context/1");
}

BOOST_AUTO_TEST_CASE(inline_prefixes_are_accepted_and_other_meanings_of_standard_terms_are_not) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {R"({"ext":"https://example.com/ns/"})", "accepted"},
      {R"({"ext":"urn:gs1:epcisapp:rail:","cbvmda":"urn:epcglobal:cbv:mda:"})", "accepted"},
      {R"({"ext:born":{"@id":"https://example.com/born","@type":"xsd:date"}})", "accepted"},
      {R"({"eventTime":"https://example.com/time"})", "/@context/1/eventTime"},
      {R"({"bizStep":{"@id":"https://example.com/step"}})", "/@context/1/bizStep"},
      {R"({"@vocab":"https://example.com/"})", "/@context/1/@vocab"},
      {R"({"gs1":"https://www.gs1.org/voc/"})", "accepted"},
      {R"({"gs1":"https://example.com/voc/"})", "/@context/1/gs1"},
      {R"({"cbv":{"@id":"https://gs1.org.example.com/cbv/"}})", "/@context/1/cbv"},
      {R"({"ext:a":{"@id":"https://example.com/a","@context":"https://example.com/x"}})", "/@context/1/ext:a/@context"},
      {R"({"ext":"not a uri"})", "/@context/1/ext"},
      {R"({"ext":7})", "/@context/1/ext"},
      {"7", "/@context/1"},
      {"[]", "/@context/1"},
  };
  for (const auto& [context, places] : table) { BOOST_TEST(verdict(document_of("", context)) == places, context); }
}

BOOST_AUTO_TEST_CASE(a_context_defines_a_bounded_number_of_prefixes) {
  const auto with = [](int prefixes) {
    std::string context = "{";
    for (int i = 0; i < prefixes; ++i) {
      context += (i == 0 ? "\"p" : ",\"p") + std::to_string(i) + "\":\"https://example.com/\"";
    }
    return verdict(document_of("", context + "}"));
  };
  BOOST_TEST(with(256) == "accepted");
  BOOST_TEST(with(257) == "/@context/1");
}

BOOST_AUTO_TEST_CASE(a_context_inside_an_extension_is_judged_like_any_other) {
  BOOST_TEST(verdict_of(object(R"("action":"ADD","ext:a":{"b":[{"@context":"https://example.com/x"}]},)" + kEpcs)) ==
             "0/ext:a/b/0/@context");
  BOOST_TEST(verdict_of(object(R"("action":"ADD","ext:a":{"@context":{"c":"https://example.com/"},"b":1},)" + kEpcs)) ==
             "accepted");
}

BOOST_AUTO_TEST_CASE(an_epc_stands_once_in_its_list_unless_read_leniently) {
  const auto event = object(R"("action":"ADD","epcList":["urn:x:1","urn:x:2","urn:x:1"])");
  BOOST_TEST(verdict_of(event) == "0/epcList/2");
  BOOST_TEST(verdict(document_of(event), Profile::lenient) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_wrong_check_digit_is_refused_or_a_warning_by_profile) {
  const auto at = [](const std::string& place) {
    return document_of(object(R"("action":"ADD","readPoint":{"id":")" + place + R"("},)" + kEpcs));
  };
  BOOST_TEST(verdict(at("https://id.gs1.org/414/4012345000115")) == "accepted");
  const auto wrong = at("https://id.gs1.org/414/4012345000110");
  BOOST_TEST(verdict(wrong) == "0/readPoint/id");
  BOOST_TEST(read_document(wrong).error().violations.at(0).expected.ends_with("4012345000115"));
  const auto lenient = read_document(wrong, Profile::lenient);
  BOOST_REQUIRE(lenient.ok());
  BOOST_TEST(lenient->warnings.at(0).pointer == "/epcisBody/eventList/0/readPoint/id");
  // Another company's path may be something else than a key.
  const auto elsewhere = read_document(at("https://example.com/414/4012345000110"));
  BOOST_REQUIRE(elsewhere.ok());
  BOOST_TEST(elsewhere->warnings.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_sensor_time_after_the_event_is_a_warning) {
  const auto event = [](const std::string& time) {
    return document_of(object(R"("action":"ADD","sensorElementList":[{"sensorMetadata":{"time":")" + time +
                              R"("},"sensorReport":[{"type":"Temperature","value":1}]}],)" + kEpcs));
  };
  BOOST_TEST(read_document(event("2026-01-01T01:00:00+01:00"))->warnings.empty());
  const auto late = read_document(event("2026-01-01T00:00:00.001Z"));
  BOOST_REQUIRE(late.ok());
  BOOST_TEST(late->warnings.at(0).pointer == "/epcisBody/eventList/0/sensorElementList/0/sensorMetadata/time");
}

BOOST_AUTO_TEST_CASE(json_that_no_two_programs_read_alike_is_refused_with_its_place) {
  const auto document = [](const std::string& value) {
    return document_of(object(R"("action":"ADD","ext:n":)" + value + "," + kEpcs));
  };
  const std::vector<std::pair<std::string, std::string>> table = {
      {"9007199254740993", "JSON_NUMBER_RANGE"},
      {"-9007199254740993", "JSON_NUMBER_RANGE"},
      {"0.12345678901234567890", "JSON_NUMBER_RANGE"},
      {"1e400", "JSON_NUMBER_RANGE"},
      {"1e-400", "JSON_NUMBER_RANGE"},
      {"NaN", "JSON_MALFORMED"},
      {"-Infinity", "JSON_MALFORMED"},
      {"01", "JSON_MALFORMED"},
      {"+1", "JSON_MALFORMED"},
      {"0x10", "JSON_MALFORMED"},
      {"1.", "JSON_MALFORMED"},
      {"'a'", "JSON_MALFORMED"},
      {"1/* one */", "JSON_MALFORMED"},
      {"[1,]", "JSON_MALFORMED"},
      {R"("\ud800")", "JSON_MALFORMED"},
      {R"("\udc00\ud800")", "JSON_MALFORMED"},
      {"\"\xC0\xAF\"", "JSON_MALFORMED"},
      {"\"\xED\xA0\x80\"", "JSON_MALFORMED"},
      {"\"a\x01\"", "JSON_MALFORMED"},
      {R"({"a":1,"\u0061":2})", "JSON_DUPLICATE_KEY"},
      {std::string(40, '[') + std::string(40, ']'), "JSON_TOO_DEEP"},
  };
  for (const auto& [value, reason] : table) {
    const auto read = read_document(document(value), Profile::lenient);
    BOOST_REQUIRE_MESSAGE(!read.ok(), value);
    BOOST_TEST(read.error().reason == reason, value);
    BOOST_TEST(read.error().violations.at(0).pointer.starts_with("/epcisBody/eventList/0"), value);
  }
  BOOST_TEST(read_document("\xEF\xBB\xBF" + document("1")).error().violations.at(0).pointer == "");
  BOOST_TEST(read_document(document("1") + " x").error().reason == "JSON_MALFORMED");
}

BOOST_AUTO_TEST_CASE(times_that_name_no_moment_are_refused_at_their_place) {
  for (const auto* time :
       {"2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "2026-01-01T25:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-13-01T00:00:00Z", "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00+15:00", "2026-01-01T00:00:00+14:01", "2026-01-01T00:00:00+0100", "2026-01-01",
        "26-01-01T00:00:00Z", "2026-01-01T00:00Z", "2026-01-01T00:00:00.Z", "20260101T000000Z", "Z", ""}) {
    BOOST_TEST(verdict_of(event_of("ObjectEvent", time, R"("action":"ADD",)" + kEpcs)) == "0/eventTime", time);
  }
  for (const auto* offset : {"+15:00", "-14:01", "+1:00", "01:00", "Z", "+00:60", "+01", "+0100", "", "+01:00 "}) {
    BOOST_TEST(verdict_of(R"({"type":"ObjectEvent","eventTime":"2026-01-01T00:00:00Z","eventTimeZoneOffset":")" +
                          std::string(offset) + R"(","action":"ADD","epcList":[]})") == "0/eventTimeZoneOffset",
               offset);
  }
}

BOOST_AUTO_TEST_CASE(documents_are_bounded_in_events_and_bytes) {
  const auto event = object(R"("action":"ADD","epcList":[])");
  std::string events = event;
  for (std::size_t i = 1; i < limits::kEventsPerDocumentMax; ++i) { events += "," + event; }
  BOOST_TEST(verdict(document_of(events)) == "accepted");
  BOOST_TEST(read_document(document_of(events + "," + event)).error().reason == "TOO_MANY_EVENTS");
  auto text = document_of(event);
  text += std::string(limits::kCaptureBytesMax - text.size(), ' ');
  BOOST_TEST(verdict(text) == "accepted");
  BOOST_TEST(read_document(text + " ").error().reason == "CAPTURE_LIMIT");
}

BOOST_AUTO_TEST_CASE(an_identifier_is_bounded) {
  const auto event = [](std::size_t size) {
    return object(R"("action":"ADD","epcList":["urn:x:)" + std::string(size - 6, 'a') + "\"]");
  };
  BOOST_TEST(verdict_of(event(limits::kUriBytesMax)) == "accepted");
  BOOST_TEST(verdict_of(event(limits::kUriBytesMax + 1)) == "0/epcList/0");
  BOOST_TEST(verdict_of(object("\"action\":\"ADD\",\"epcList\":[\"urn:x:\\u0000\"]")) == "0/epcList/0");
}

BOOST_AUTO_TEST_CASE(an_event_is_read_field_by_field) {
  const auto document = read_document(document_of(event_of("TransformationEvent", "2026-01-01T01:00:00.5+01:00", R"(
      "eventID":"urn:x:id","inputEPCList":["urn:x:1"],"inputQuantityList":[{"epcClass":"urn:x:c","quantity":12.50,"uom":"KGM"}],
      "outputEPCList":["urn:x:2","urn:x:3"],"transformationID":"urn:x:t","bizStep":"https://ref.gs1.org/cbv/BizStep-packing",
      "disposition":"in_progress","readPoint":{"id":"urn:x:r"},"bizLocation":{"id":"urn:x:l"},
      "bizTransactionList":[{"type":"po","bizTransaction":"urn:x:po"}],"sourceList":[{"type":"owning_party","source":"urn:x:a"}],
      "destinationList":[{"type":"possessing_party","destination":"urn:x:b"}],
      "errorDeclaration":{"declarationTime":"2026-01-02T00:00:00Z","reason":"incorrect_data","correctiveEventIDs":["urn:x:new"]},
      "ilmd":{"ext:z":1,"ext:a":2.0})")));
  BOOST_REQUIRE_MESSAGE(document.ok(), (document ? "" : document.error().message));
  const auto& event = document->events.front();
  BOOST_TEST((event.type == EventType::transformation && event.action == Action::none));
  BOOST_TEST(time_text(event.time) == "2026-01-01T00:00:00.500Z");
  BOOST_TEST(event.id == "urn:x:id");
  BOOST_TEST(event.input_quantities.at(0).amount == "12.50");
  BOOST_TEST(event.input_quantities.at(0).unit == "KGM");
  BOOST_TEST(event.output_epcs.size() == 2U);
  BOOST_TEST(event.transformation_id == "urn:x:t");
  BOOST_TEST(event.biz_step == "packing");
  BOOST_TEST(event.read_point == "urn:x:r");
  BOOST_TEST(event.biz_location == "urn:x:l");
  BOOST_TEST(Event::party_of(event.destinations, "possessing_party") == "urn:x:b");
  BOOST_TEST(Event::party_of(event.sources, "possessing_party") == "");
  BOOST_TEST(event.error_declaration->corrective_event_ids.at(0) == "urn:x:new");
  BOOST_TEST(event.entity_count() == 4U);
  BOOST_TEST(json::serialize(*event.ilmd()) == R"({"ext:z":1,"ext:a":2.0})");
}

BOOST_AUTO_TEST_CASE(the_digest_does_not_see_layout_or_record_time) {
  const auto digest = [](const std::string& text) { return event_digest(*json::parse(text)); };
  const auto base = digest(R"({"a":1.0,"b":"x"})");
  BOOST_TEST((base == digest(R"({ "b" : "x", "a" : 1, "recordTime":"2026-01-01T00:00:00Z" })")));
  BOOST_TEST((base != digest(R"({"a":1.1,"b":"x"})")));
  BOOST_TEST((base != digest(R"({"a":"1","b":"x"})")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::production
