// The table for 21 CFR 1 Subpart S: which events are critical tracking events, and what their rows say.
#include "tools/keten/fsma204.h"

#include <algorithm>
#include <string>

#include <boost/test/unit_test.hpp>

#include "client/csv.h"
#include "core/json.h"

namespace {

using keten::tools::fsma_columns;
using Row = std::vector<std::string>;

std::string entry(const std::string& event, const std::string& rest = "") {
  return R"({"organisation":"HerbCo","height":7,"transaction":0,"number":0,"event":{)" + event + "}" + rest + "}";
}
std::string event(const std::string& type, const std::string& time, const std::string& rest) {
  return R"("type":")" + type + R"(","eventID":"urn:x:)" + time + R"(","eventTime":")" + time +
         R"(","recordTime":"2026-06-01T00:00:00.000Z",)" + rest;
}

std::vector<Row> rows(const std::vector<std::string>& entries, const std::string& head = "") {
  std::string list;
  for (const auto& one : entries) { list += (list.empty() ? "" : ",") + one; }
  const auto document =
      keten::json::parse(R"({"height":42,"truncated":false,"chainId":"ab",)" + head + R"("events":[)" + list + "]}");
  BOOST_REQUIRE_MESSAGE(document, (document ? "" : document.error().message));
  auto result = keten::tools::fsma_rows(*document);
  BOOST_REQUIRE(result.ok());
  return *result;
}

std::string cell(const Row& row, const std::string& column) {
  const auto& names = fsma_columns();
  const auto found = std::ranges::find(names, column);
  BOOST_REQUIRE_MESSAGE(found != names.end(), column);
  return row[static_cast<std::size_t>(found - names.begin())];
}

const std::string kBag = "https://id.gs1.org/01/09521005000020/10/BAG%2F1";
const std::string kHerb = "https://id.gs1.org/01/09521005000037/10/H";

const std::string kHarvest = entry(event("ObjectEvent", "2026-05-18T07:00:00+02:00",
                                         R"("action":"ADD","bizStep":"creating_class_instance",
  "readPoint":{"id":"urn:epc:id:sgln:9521005.00001.0"},"quantityList":[{"epcClass":")" +
                                             kHerb + R"(","quantity":120.5,"uom":"KGM"}],
  "ilmd":{"gs1:harvestDateStart":"2026-05-17","gs1:harvestDateEnd":"2026-05-18","cbvmda:descriptionShort":"=Chives"},
  "bizTransactionList":[{"type":"prodorder","bizTransaction":"urn:epcglobal:cbv:bt:9521005000013:H1"},{"bizTransaction":"urn:x:2"}])"));
const std::string kPacking = entry(event("TransformationEvent", "2026-05-19T06:00:00+02:00",
                                         R"("bizStep":"packing",
  "readPoint":{"id":"https://id.gs1.org/414/9521005000105"},"inputQuantityList":[{"epcClass":")" +
                                             kHerb +
                                             R"(","quantity":120,"uom":"KGM"}],
  "outputQuantityList":[{"epcClass":")" + kBag +
                                             R"(","quantity":100}])"));

}  // namespace

BOOST_AUTO_TEST_SUITE(fsma204)

BOOST_AUTO_TEST_CASE(a_harvest_has_its_key_data_in_one_row) {
  const auto found = rows({kHarvest});
  BOOST_TEST_REQUIRE(found.size() == 1U);
  const auto& row = found.front();
  BOOST_TEST(row.size() == fsma_columns().size());
  BOOST_TEST(cell(row, "critical_tracking_event") == "harvesting");
  BOOST_TEST(cell(row, "event_date") == "2026-05-18");
  BOOST_TEST(cell(row, "traceability_lot_code") == kHerb);
  BOOST_TEST(cell(row, "product") == "https://id.gs1.org/01/09521005000037");
  BOOST_TEST(cell(row, "lot") == "H");
  BOOST_TEST(cell(row, "product_description") == "=Chives");
  BOOST_TEST(cell(row, "quantity") == "120.5");
  BOOST_TEST(cell(row, "unit") == "KGM");
  BOOST_TEST(cell(row, "location") == "https://id.gs1.org/414/9521005000013");
  BOOST_TEST(cell(row, "traceability_lot_code_source") == "https://id.gs1.org/414/9521005000013");
  BOOST_TEST(cell(row, "reference_document_types") == "prodorder");
  BOOST_TEST(cell(row, "reference_documents") == "urn:epcglobal:cbv:bt:9521005000013:H1 urn:x:2");
  BOOST_TEST(cell(row, "harvest_start") == "2026-05-17");
  BOOST_TEST(cell(row, "recorded_by") == "HerbCo");
  BOOST_TEST(cell(row, "recorded_height") == "7");
  BOOST_TEST(cell(row, "ledger_height") == "42");
  BOOST_TEST(cell(row, "chain_id") == "ab");
}

BOOST_AUTO_TEST_CASE(a_transformation_names_new_lots_and_what_went_in) {
  const auto found = rows({kPacking, kHarvest});
  BOOST_TEST_REQUIRE(found.size() == 2U);
  BOOST_TEST(cell(found[0], "critical_tracking_event") == "harvesting");  // by time, not as they came
  const auto& row = found[1];
  BOOST_TEST(cell(row, "critical_tracking_event") == "initial packing");
  BOOST_TEST(cell(row, "lot") == "BAG/1");
  BOOST_TEST(cell(row, "quantity") == "100");
  BOOST_TEST(cell(row, "input_traceability_lot_codes") == kHerb);
  BOOST_TEST(cell(row, "input_quantities") == "120KGM");
}

BOOST_AUTO_TEST_CASE(a_shipped_pallet_has_a_row_for_each_lot_in_it) {
  const std::string pallet = "https://id.gs1.org/00/295210050000000017";
  const auto shipping =
      entry(event("ObjectEvent", "2026-05-20T06:00:00Z",
                  R"("action":"OBSERVE","bizStep":"https://ref.gs1.org/cbv/BizStep-shipping",
  "readPoint":{"id":"https://id.gs1.org/414/9521005000105"},"epcList":[")" +
                      pallet + R"("],
  "destinationList":[{"type":"location","destination":"https://id.gs1.org/414/9521003000206"},
                     {"type":"possessing_party","destination":"https://id.gs1.org/417/9521003000008"}])"),
            R"(,"contents":[{"container":")" + pallet + R"(","epc":")" + kBag + R"(","amount":"42.5"}])");
  const auto found = rows({kPacking, shipping});
  BOOST_TEST_REQUIRE(found.size() == 2U);
  const auto& row = found[1];
  BOOST_TEST(cell(row, "critical_tracking_event") == "shipping");
  BOOST_TEST(cell(row, "traceability_lot_code") == kBag);
  BOOST_TEST(cell(row, "quantity") == "42.5");
  BOOST_TEST(cell(row, "logistic_unit") == pallet);
  BOOST_TEST(cell(row, "inferred_from_logistic_unit") == "yes");
  BOOST_TEST(cell(row, "previous_source") == "https://id.gs1.org/414/9521005000105");
  BOOST_TEST(cell(row, "subsequent_recipient") == "https://id.gs1.org/414/9521003000206");
  BOOST_TEST(cell(row, "subsequent_recipient_party") == "https://id.gs1.org/417/9521003000008");
  BOOST_TEST(cell(row, "traceability_lot_code_source") == "https://id.gs1.org/414/9521005000105");

  const auto unknown = rows({entry(event("ObjectEvent", "2026-05-20T06:00:00Z",
                                         R"("action":"OBSERVE","bizStep":"shipping","epcList":[")" + pallet + "\"]"))});
  BOOST_TEST_REQUIRE(unknown.size() == 1U);
  BOOST_TEST(cell(unknown[0], "traceability_lot_code") == "");
  BOOST_TEST(cell(unknown[0], "logistic_unit") == pallet);
}

BOOST_AUTO_TEST_CASE(the_seven_events_and_nothing_else_have_rows) {
  const auto kind = [](const std::string& type, const std::string& rest) {
    const auto found = rows({entry(event(type, "2026-05-20T06:00:00Z", rest))});
    return found.empty() ? std::string("none") : cell(found.front(), "critical_tracking_event");
  };
  const std::string lots = R"("quantityList":[{"epcClass":"https://id.gs1.org/01/09521005000020/10/B","quantity":1}])";
  const std::string children =
      R"("parentID":"https://id.gs1.org/00/295210050000000017",
    "childQuantityList":[{"epcClass":"https://id.gs1.org/01/09521005000020/10/B","quantity":1}])";
  const std::string to = R"(,"destinationList":[{"type":"location","destination":"urn:x:1"}])";
  BOOST_TEST(kind("ObjectEvent", R"("action":"ADD","bizStep":"commissioning",)" + lots) == "harvesting");
  BOOST_TEST(kind("ObjectEvent", R"("action":"ADD","ilmd":{"gs1:catchZone":["21.4R"]},)" + lots) ==
             "first land-based receiving");
  BOOST_TEST(kind("ObjectEvent", R"("action":"OBSERVE","bizStep":"receiving",)" + lots) == "receiving");
  BOOST_TEST(kind("AggregationEvent", R"("action":"OBSERVE","bizStep":"receiving",)" + children) == "receiving");
  BOOST_TEST(kind("ObjectEvent", R"("action":"OBSERVE","bizStep":"transporting",)" + lots + to) == "shipping");
  BOOST_TEST(kind("ObjectEvent", R"("action":"OBSERVE","bizStep":"other","sensorElementList":[],)" + lots) ==
             "cooling");
  BOOST_TEST(
      kind("TransformationEvent",
           R"("bizStep":"creating_class_instance","outputQuantityList":[{"epcClass":"urn:x:c","quantity":1}])") ==
      "transformation");
  BOOST_TEST(kind("ObjectEvent", R"("action":"OBSERVE","bizStep":"transporting",)" + lots) == "none");
  BOOST_TEST(kind("ObjectEvent", R"("action":"OBSERVE","bizStep":"storing",)" + lots) == "none");
  BOOST_TEST(kind("ObjectEvent", R"("action":"DELETE","bizStep":"receiving",)" + lots) == "none");
  BOOST_TEST(kind("AggregationEvent", R"("action":"ADD","bizStep":"packing",)" + children) == "none");
  BOOST_TEST(kind("TransactionEvent", R"("action":"OBSERVE","bizStep":"shipping",)" + lots) == "none");
}

BOOST_AUTO_TEST_CASE(of_a_lot_only_its_own_chain_has_rows) {
  const auto found = rows({kHarvest, kPacking}, R"("items":[")" + kBag + R"("],)");
  BOOST_TEST_REQUIRE(found.size() == 1U);
  BOOST_TEST(cell(found[0], "traceability_lot_code") == kBag);
}

BOOST_AUTO_TEST_CASE(the_table_is_rfc_4180_and_calculates_nothing) {
  const auto table = keten::client::parse_csv(keten::tools::fsma_table(rows({kHarvest})));
  BOOST_TEST(table.faults.empty());
  BOOST_TEST_REQUIRE(table.rows.size() == 2U);
  BOOST_TEST(table.rows[0][0].text == "critical_tracking_event");
  BOOST_TEST(table.rows[1][6].text == "'=Chives");
  BOOST_TEST(!keten::tools::fsma_rows(keten::json::Value::object()).ok());
}

BOOST_AUTO_TEST_SUITE_END()
