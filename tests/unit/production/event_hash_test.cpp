#include "contracts/production/event_hash.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "contracts/production/decimal.h"
#include "core/json.h"

namespace keten::production {
namespace {

json::Value parsed(const std::string& text) {
  auto value = json::parse(text);
  BOOST_REQUIRE_MESSAGE(value, text << ": " << (value ? "" : value.error().message));
  return *std::move(value);
}

/// A bare event with what every event has, plus `members`.
json::Value event_with(const std::string& members, std::string_view type = "ObjectEvent") {
  return parsed(R"({"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
      {"milk": "https://ns.milk.example/", "farm": "https://farm.example/terms#"}],
    "type": ")" +
                std::string(type) + R"(", "eventTime": "2026-01-02T04:04:05+01:00", "eventTimeZoneOffset": "+01:00")" +
                (members.empty() ? "" : ", " + members) + "}");
}

/// What `members` add to the hashed text.
std::string hashed(const std::string& members, std::string_view type = "ObjectEvent") {
  const auto event = event_with(members, type);
  const auto text = event_prehash(event, document_names(event));
  const auto head = "eventType=" + std::string(type) + "eventTime=2026-01-02T03:04:05.000ZeventTimeZoneOffset=+01:00";
  BOOST_REQUIRE_MESSAGE(text.starts_with(head), text);
  return text.substr(head.size());
}

BOOST_AUTO_TEST_SUITE(event_hashes)

BOOST_AUTO_TEST_CASE(the_hash_is_the_sha_256_of_the_text_as_a_named_information_uri) {
  BOOST_TEST(hash_of_prehash("") ==
             "ni:///sha-256;e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855?ver=CBV2.0");
  BOOST_TEST(hash_of_prehash("abc") ==
             "ni:///sha-256;ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad?ver=CBV2.0");
  const auto event = event_with("");
  const auto names = document_names(event);
  BOOST_TEST(event_hash(event, names) == hash_of_prehash(event_prehash(event, names)));
}

BOOST_AUTO_TEST_CASE(listed_fields_come_in_the_order_of_the_standard_and_the_rest_sorted) {
  BOOST_TEST(hashed(R"("milk:z": 1, "milk:a": "b", "ilmd": {"milk:lot": "L"},
      "sourceList": [{"type": "location", "source": "urn:x:s"}],
      "destinationList": [{"type": "owning_party", "destination": "urn:x:d"}],
      "bizTransactionList": [{"type": "inv", "bizTransaction": "urn:x:2"}, {"type": "bol", "bizTransaction": "urn:x:3"}],
      "bizLocation": {"id": "urn:x:l"}, "readPoint": {"id": "urn:x:r"},
      "persistentDisposition": {"unset": ["recalled"], "set": ["expired", "damaged"]},
      "disposition": "in_transit", "bizStep": "departing", "transformationID": "urn:x:t", "action": "ADD",
      "quantityList": [{"uom": "KGM", "quantity": 2, "epcClass": "urn:x:c"}],
      "epcList": ["urn:x:e2", "urn:x:e1"], "parentID": "urn:p:1", "certificationInfo": "https://c.example/1")") ==
             "certificationInfo=https://c.example/1parentID=urn:p:1epcListepc=urn:x:e1epc=urn:x:e2"
             "quantityListquantityElementepcClass=urn:x:cquantity=2uom=KGMaction=ADDtransformationID=urn:x:t"
             "bizStep=https://ref.gs1.org/cbv/BizStep-departingdisposition=https://ref.gs1.org/cbv/Disp-in_transit"
             "persistentDispositionset=https://ref.gs1.org/cbv/Disp-damagedset=https://ref.gs1.org/cbv/Disp-expired"
             "unset=https://ref.gs1.org/cbv/Disp-recalledreadPointid=urn:x:rbizLocationid=urn:x:l"
             "bizTransactionListtype=https://ref.gs1.org/cbv/BTT-bolbizTransaction=urn:x:3"
             "type=https://ref.gs1.org/cbv/BTT-invbizTransaction=urn:x:2"
             "destinationListtype=https://ref.gs1.org/cbv/SDT-owning_partydestination=urn:x:d"
             "ilmd{https://ns.milk.example/}lot=L"
             "sourceListtype=https://ref.gs1.org/cbv/SDT-locationsource=urn:x:s"
             "{https://ns.milk.example/}a=b{https://ns.milk.example/}z=1");
}

BOOST_AUTO_TEST_CASE(every_list_of_items_names_its_entries) {
  BOOST_TEST(hashed(R"("outputQuantityList": [{"epcClass": "urn:x:4"}], "outputEPCList": ["urn:x:3"],
      "inputQuantityList": [{"epcClass": "urn:x:2"}], "inputEPCList": ["urn:x:1"])",
                    "TransformationEvent") ==
             "inputEPCListepc=urn:x:1inputQuantityListquantityElementepcClass=urn:x:2outputEPCListepc=urn:x:3"
             "outputQuantityListquantityElementepcClass=urn:x:4");
  BOOST_TEST(hashed(R"("childQuantityList": [{"epcClass": "urn:x:2"}], "childEPCs": ["urn:x:1"])",
                    "AggregationEvent") == "childEPCsepc=urn:x:1childQuantityListquantityElementepcClass=urn:x:2");
}

BOOST_AUTO_TEST_CASE(sensor_elements_have_their_own_order_and_keep_their_extensions) {
  BOOST_TEST(hashed(R"("sensorElementList": [{"milk:note": "n", "sensorReport": [
        {"uom": "CEL", "value": 4.50, "type": "Temperature", "milk:probe": "p"},
        {"component": "x", "value": 1e1, "type": "gs1:Length", "exception": "ALARM_CONDITION"}],
      "sensorMetadata": {"farm:bay": 7, "deviceID": "urn:x:d", "time": "2026-01-02T04:04:05.0006+01:00"}}])") ==
             "sensorElementListsensorElementsensorMetadatatime=2026-01-02T03:04:05.001ZdeviceID=urn:x:d"
             "{https://farm.example/terms#}bay=7"
             "sensorReporttype=https://gs1.org/voc/Lengthexception=https://gs1.org/voc/ALARM_CONDITIONvalue=10"
             "component=https://ref.gs1.org/cbv/Comp-x"
             "sensorReporttype=https://gs1.org/voc/Temperaturevalue=4.5uom=CEL{https://ns.milk.example/}probe=p"
             "{https://ns.milk.example/}note=n");
}

BOOST_AUTO_TEST_CASE(a_standard_member_without_a_place_in_the_order_follows_with_its_path) {
  BOOST_TEST(hashed(R"("sensorElementList": [{"sensorReport": [{"type": "Mass", "bizRules": "urn:x:b"}]}])") ==
             "sensorElementListsensorElementsensorReporttype=https://gs1.org/voc/Mass"
             "sensorElementListsensorElementsensorReportbizRules=urn:x:b");
}

BOOST_AUTO_TEST_CASE(how_a_value_is_spelled_does_not_matter) {
  const std::vector<std::vector<std::string>> equal = {
      {R"("bizStep": "shipping")", R"("bizStep": "https://ref.gs1.org/cbv/BizStep-shipping")",
       R"("bizStep": "cbv:BizStep-shipping")", R"("bizStep": " urn:epcglobal:cbv:bizstep:shipping ")"},
      {R"("epcList": ["urn:epc:id:sgtin:4012345.011111.9876"])",
       R"("epcList": ["https://id.gs1.org/01/04012345111118/21/9876"])",
       R"("epcList": ["https://milk.example/gtin/4012345111118/lot/7/ser/9876?x=1"])"},
      {R"("milk:n": 7)", R"("milk:n": "007")", R"("milk:n": 7.0)", R"("milk:n": " +7e0 ")"},
      {R"("milk:n": "farm:x")", R"("milk:n": "https://farm.example/terms#x")"},
      {R"("milk:n": ["b", "a"])", R"("milk:n": ["a", "b"])"},
      {R"("bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:1"}])",
       R"("bizTransactionList": [{"bizTransaction": "urn:x:1", "type": "cbv:BTT-po"}])"},
      {R"("milk:on": true)", R"("milk:on": "true")"},
  };
  for (const auto& group : equal) {
    for (const auto& members : group) { BOOST_TEST(hashed(members) == hashed(group.front()), members); }
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_part_of_the_event_does_not_matter) {
  const auto plain = hashed(R"("action": "ADD")");
  for (const std::string other :
       {R"("eventID": "urn:x:1")", R"("recordTime": "2026-01-02T03:04:05Z")", R"("rdfs:comment": "c")",
        R"("errorDeclaration": {"declarationTime": "2026-01-02T03:04:05Z"})", R"("epcList": [])",
        R"("milk:gone": null)", R"("milk:gone": [])"}) {
    BOOST_TEST(hashed(R"("action": "ADD", )" + other) == plain, other);
  }
}

BOOST_AUTO_TEST_CASE(a_word_is_expanded_only_where_the_vocabulary_is_spoken) {
  BOOST_TEST(hashed(R"("bizStep": "departing", "milk:note": "departing")") ==
             "bizStep=https://ref.gs1.org/cbv/BizStep-departing{https://ns.milk.example/}note=departing");
  BOOST_TEST(hashed(R"("bizStep": "https://milk.example/steps/churning")") ==
             "bizStep=https://milk.example/steps/churning");
}

BOOST_AUTO_TEST_CASE(a_business_transaction_needs_no_type) {
  BOOST_TEST(hashed(R"("bizTransactionList": [{"bizTransaction": "urn:x:1"}])") ==
             "bizTransactionListbizTransaction=urn:x:1");
}

BOOST_AUTO_TEST_CASE(prefixes_come_from_the_document_the_event_and_the_standard) {
  BOOST_TEST(hashed(R"("ilmd": {"cbvmda:lotNumber": "L"}, "gs1:x": 1, "other:y": 2)") ==
             "ilmd{urn:epcglobal:cbv:mda:}lotNumber=Lother:y=2{https://gs1.org/voc/}x=1");
  const auto document = parsed(R"({"@context": {"milk": {"@id": "https://ns.milk.example/"}}, "type": "EPCISDocument",
    "milk:ignoreFields": ["milk:stamp"], "epcisBody": {"eventList": [
      {"type": "ObjectEvent", "milk:a": {"milk:stamp": 1, "milk:b": "http://milk.example"}, "milk:stamp": 9},
      {"@context": {"own": "urn:own:"}, "type": "ObjectEvent", "own:a": 1},
      {"type": "ObjectEvent", "own:a": 1}]}})");
  const auto events = hash_events(document);
  BOOST_REQUIRE(events);
  BOOST_REQUIRE_EQUAL(events->size(), 3U);
  BOOST_TEST((*events)[0].prehash ==
             "eventType=ObjectEvent{https://ns.milk.example/}a{https://ns.milk.example/}b=http://milk.example");
  BOOST_TEST((*events)[1].prehash == "eventType=ObjectEvent{urn:own:}a=1");
  BOOST_TEST((*events)[2].prehash == "eventType=ObjectEventown:a=1");
}

BOOST_AUTO_TEST_CASE(a_time_is_rounded_half_up_to_the_millisecond) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"},
      {"2026-01-02T03:04:05.1Z", "2026-01-02T03:04:05.100Z"},
      {"2026-01-02T03:04:05.1404Z", "2026-01-02T03:04:05.140Z"},
      {"2026-01-02T03:04:05.14049Z", "2026-01-02T03:04:05.140Z"},
      {"2026-01-02T03:04:05.1405Z", "2026-01-02T03:04:05.141Z"},
      {"2026-12-31T23:59:59.9996Z", "2027-01-01T00:00:00.000Z"},
      {"1969-12-31T23:59:59.9996Z", "1970-01-01T00:00:00.000Z"},
      {"2026-01-02T03:04:05.25-06:30", "2026-01-02T09:34:05.250Z"},
      {"yesterday.55555", "yesterday.55555"}};
  for (const auto& [text, expected] : table) {
    auto event = event_with("");
    event.set("eventTime", json::Value::string(text));
    const auto expected_start = "eventType=ObjectEventeventTime=" + expected + "eventTimeZoneOffset";
    BOOST_TEST(event_prehash(event, document_names(event)).starts_with(expected_start), text);
  }
  // Times in extensions are text: nobody says that they are times.
  BOOST_TEST(hashed(R"("milk:time": "2026-01-02T03:04:05+01:00")") ==
             "{https://ns.milk.example/}time=2026-01-02T03:04:05+01:00");
}

BOOST_AUTO_TEST_CASE(a_number_has_one_plain_and_exact_spelling) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"0", "0"},          {"-0.0", "0"},
      {"007", "7"},        {"7.0", "7"},
      {"+12.50", "12.5"},  {"-0.10", "-0.1"},
      {"1e3", "1000"},     {"0.00001", "0.00001"},
      {"1E-5", "0.00001"}, {".5", "0.5"},
      {"5.", "5"},         {"12.34e1", "123.4"},
      {"1e+2", "100"},     {"340123453111111115", "340123453111111115"}};
  for (const auto& [text, expected] : table) { BOOST_TEST(plain_decimal(text).value_or("none") == expected, text); }
  for (const std::string text : {"", "+", "-", ".", "e5", "1e", "1e+", "inf", "NaN", "0x10", "1_000", "1 2", "--1",
                                 "+-1", "1.2.3", "1e1.5", "1e500", "1e-500", "1e9999999"}) {
    BOOST_TEST(!plain_decimal(text).has_value(), text);
  }
  BOOST_TEST(plain_decimal("1e399").value_or("").size() == kPlainDecimalDigitsMax);
}

BOOST_AUTO_TEST_CASE(an_event_whose_names_multiply_is_not_hashed) {
  const auto many = [](std::size_t entries) {
    auto list = json::Value::array();
    for (std::size_t i = 0; i < entries; ++i) { list.push(json::Value::string("v")); }
    auto event = event_with("");
    event.set("x:" + std::string(1000, 'n'), std::move(list));
    return event;
  };
  BOOST_TEST(hash_events(many(10'000)).ok());
  const auto hashed = hash_events(many(17'000));
  BOOST_REQUIRE(!hashed.ok());
  BOOST_TEST(hashed.error().reason == "EVENT_TOO_LARGE_TO_HASH");
}

BOOST_AUTO_TEST_CASE(an_event_id_that_is_another_hash_is_a_fact) {
  auto event = event_with("");
  const auto hash = hash_events(event)->front().hash;
  BOOST_TEST(!hash_events(event)->front().hash_matches_event_id.has_value());
  event.set("eventID", json::Value::string(hash));
  BOOST_TEST(hash_events(event)->front().hash_matches_event_id.value() == true);
  event.set("bizStep", json::Value::string("shipping"));
  BOOST_TEST(hash_events(event)->front().hash_matches_event_id.value() == false);
  event.set("eventID", json::Value::string("urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"));
  BOOST_TEST(!hash_events(event)->front().hash_matches_event_id.has_value());
}

BOOST_AUTO_TEST_CASE(what_holds_no_events_or_needs_a_foreign_context_is_refused_with_its_place) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"[]", "/type"},
      {R"({"type": "Other"})", "/type"},
      {R"({"type": "EPCISDocument"})", "/epcisBody/eventList"},
      {R"({"type": "EPCISQueryDocument", "epcisBody": {"eventList": []}})",
       "/epcisBody/queryResults/resultsBody/eventList"},
      {R"({"type": "EPCISDocument", "epcisBody": {"eventList": [1]}})", "/epcisBody/eventList/0"},
      {R"({"type": "ObjectEvent", "@context": "https://milk.example/context"})", "/@context"},
      {R"({"type": "EPCISDocument", "epcisBody": {"eventList": [{"type": "ObjectEvent", "@context": "urn:x:y"}]}})",
       "/epcisBody/eventList/0/@context"}};
  for (const auto& [text, pointer] : table) {
    const auto events = hash_events(parsed(text));
    BOOST_REQUIRE_MESSAGE(!events, text);
    BOOST_TEST(events.error().violations.front().pointer == pointer, text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::production
