// keten epcis import: what a table means, and what is refused, without a network.
#include "tools/keten/import.h"

#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "client/keystore.h"
#include "contracts/production/document.h"
#include "core/json.h"
#include "tests/unit/tools/keten_command.h"
#include "tests/unit/tools/temporary_folder.h"
#include "tools/keten/csv_events.h"
#include "tools/keten/csv_values.h"

namespace {

using namespace keten::tools;
using keten::json::Value;

constexpr std::string_view kShipping =
    "event_time,location,gtin,lot,quantity,unit,to_party,document_type,document,document_issuer,sscc,event\n";
constexpr std::string_view kGoodRow =
    "2026-05-19T14:20+02:00,9521005000105,9521005000020,BAG-1,46,KGM,9521003000008,,,,,\n";

ImportFile shipping(const std::string& rows) {
  return read_event_table(std::string(kShipping) + rows, ImportProfile::shipping, "");
}

/// The events of a file that has no faults; every document is one that nodes accept.
std::vector<Value> events_of(const ImportFile& file) {
  for (const auto& fault : file.faults) { BOOST_TEST_INFO(std::to_string(fault.place.line) + " " + fault.message); }
  BOOST_TEST_REQUIRE(file.faults.empty());
  std::vector<Value> events;
  for (const auto& batch : file.batches) {
    const auto document = keten::production::read_document(batch.document);
    BOOST_TEST_REQUIRE(document.ok(), (document ? "" : document.error().message));
    BOOST_TEST(document->events.size() == batch.events.size());
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
      BOOST_TEST(document->events[i].id == batch.events[i].id);
      events.push_back(document->events[i].value);
    }
  }
  return events;
}

/// `line:column name message` of all faults, one a line.
std::string faults_of(const ImportFile& file) {
  BOOST_TEST(file.batches.empty());
  std::string text;
  for (const auto& fault : file.faults) {
    text += std::to_string(fault.place.line) + ":" + std::to_string(fault.place.column) + " " + fault.column + " " +
            fault.message + "\n";
  }
  return text;
}

bool has(const std::string& text, std::string_view part) {
  BOOST_TEST_INFO(text);
  return text.find(part) != std::string::npos;
}

std::string at(const Value& event, std::string_view name) { return std::string(event.find_string(name).value_or("")); }

template <typename T>
std::string said(const keten::Result<T>& result) {
  return result ? "accepted" : result.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(epcis_import)

BOOST_AUTO_TEST_CASE(a_row_of_shipping_is_an_event_with_its_hash_as_id) {
  const auto events = events_of(shipping(
      "2026-05-19T14:20+02:00,9521005000105,9521005000020,BAG-1,46.0,KGM,9521003000008,desadv,DN 7,9521005000006,,\n"));
  BOOST_TEST_REQUIRE(events.size() == 1U);
  const auto& event = events.front();
  BOOST_TEST(at(event, "type") == "ObjectEvent");
  BOOST_TEST(at(event, "eventTime") == "2026-05-19T14:20:00+02:00");
  BOOST_TEST(at(event, "eventTimeZoneOffset") == "+02:00");
  BOOST_TEST(at(event, "action") == "OBSERVE");
  BOOST_TEST(at(event, "bizStep") == "shipping");
  BOOST_TEST(keten::json::serialize(*event.find("quantityList")) ==
             R"([{"epcClass":"https://id.gs1.org/01/09521005000020/10/BAG-1","quantity":46,"uom":"KGM"}])");
  BOOST_TEST(keten::json::serialize(*event.find("readPoint")) == R"({"id":"https://id.gs1.org/414/9521005000105"})");
  BOOST_TEST(event.find("bizLocation") == nullptr);
  BOOST_TEST(keten::json::serialize(*event.find("destinationList")) ==
             R"([{"type":"possessing_party","destination":"https://id.gs1.org/417/9521003000008"}])");
  BOOST_TEST(keten::json::serialize(*event.find("bizTransactionList")) ==
             R"([{"type":"desadv","bizTransaction":"urn:epcglobal:cbv:bt:9521005000006:DN%207"}])");
  BOOST_TEST(at(event, "eventID").starts_with("ni:///sha-256;"));
}

BOOST_AUTO_TEST_CASE(spelling_of_a_table_does_not_change_its_events) {
  const auto wanted = events_of(shipping(std::string(kGoodRow)));
  for (const std::string table :
       {"event_time;location;gtin;lot;quantity;unit;to_party\r\n"
        "2026-05-19 14:20:00.000+02:00;9521005000105;09521005000020;BAG-1;46.00;KGM;9521003000008\r\n",
        "\xEF\xBB\xBFTo Party,Unit,Quantity,EPC,Location,Event Time\n"
        "https://id.gs1.org/417/9521003000008,KGM, 46 ,urn:epc:class:lgtin:9521005.000002.BAG-1,"
        "urn:epc:id:sgln:9521005.00010.0,\"2026-05-19T14:20:00+02:00\"\n,,,,,\n"}) {
    const auto file = read_event_table(table, ImportProfile::shipping, "");
    BOOST_TEST((events_of(file) == wanted));
  }
  const auto local = read_event_table(
      std::string(kShipping) + "2026-05-19T14:20,9521005000105,9521005000020,BAG-1,46,KGM,9521003000008,,,,,\n",
      ImportProfile::shipping, "+02:00");
  BOOST_TEST((events_of(local) == wanted));
}

BOOST_AUTO_TEST_CASE(rows_with_one_name_are_one_event_in_whatever_order) {
  const std::string first = "2026-05-19T14:20Z,9521005000105,9521005000020,BAG-1,46,KGM,9521003000008,,,,,DN-7\n";
  const std::string second = ",,9521005000020,BAG-2,5,KGM,,,,,,DN-7\n";
  const std::string third = ",,,,,,,,,,295210050000000017,DN-7\n";
  const auto one = shipping(first + second + third);
  BOOST_TEST(events_of(one).size() == 1U);
  BOOST_TEST((one.batches[0].events[0].lines == std::vector<std::size_t>{2, 3, 4}));
  BOOST_TEST((events_of(one) == events_of(shipping(third + first + second))));
  BOOST_TEST(has(faults_of(shipping(first + first)), "3:1  the same item as in line 2 of this event"));
  BOOST_TEST(has(faults_of(shipping(first + ",9521005000013,9521005000020,BAG-3,1,,,,,,,DN-7\n")),
                 "3:2 location differs from line 2 of the same event"));
}

BOOST_AUTO_TEST_CASE(every_profile_makes_valid_events) {
  const auto made = events_of(read_event_table(
      "event_time,location,gtin,lot,serial,quantity,unit,country,harvest_start,catch_area,best_before\n"
      "2026-05-18T07:10:00Z,9521005000013,9521005000037,A/1,,120,KGM,NL,2026-05-18,21.4R 27.14.a,\n"
      "2026-05-18T07:10:00Z,9521005000013,9521005000020,,7,,,,,,2026-06-01\n",
      ImportProfile::commissioning, ""));
  BOOST_TEST_REQUIRE(made.size() == 2U);
  BOOST_TEST(at(made[0], "bizStep") == "creating_class_instance");
  BOOST_TEST(
      keten::json::serialize(*made[0].find("ilmd")) ==
      R"({"cbvmda:countryOfOrigin":"NL","gs1:harvestDateStart":"2026-05-18","gs1:catchZone":["21.4R","27.14.a"]})");
  BOOST_TEST(at(made[1], "bizStep") == "commissioning");
  BOOST_TEST(made[1].find("epcList")->items()[0].text() == "https://id.gs1.org/01/09521005000020/21/7");

  const std::string packing =
      "event,role,event_time,location,gtin,lot,quantity,unit\n"
      "P1,input,2026-05-19T06:30:00Z,9521005000105,9521005000037,A,120,KGM\n"
      "P1,output,,,9521005000020,B,118,\n";
  const auto transformed = events_of(read_event_table(packing, ImportProfile::transformation, ""));
  BOOST_TEST_REQUIRE(transformed.size() == 1U);
  BOOST_TEST(at(transformed[0], "type") == "TransformationEvent");
  BOOST_TEST(transformed[0].find("inputQuantityList")->items().size() == 1U);

  const auto packed =
      events_of(read_event_table("event_time,location,container,action,gtin,lot,quantity,unit\n"
                                 "2026-05-19T10:00:00Z,9521005000105,295210050000000017,,9521005000020,B,100,\n"
                                 "2026-05-19T10:00:00Z,9521005000105,295210050000000017,,9521005000020,C,50,\n"
                                 "2026-05-20T10:00:00Z,9521005000105,295210050000000017,unpack,9521005000020,C,50,\n",
                                 ImportProfile::aggregation, ""));
  BOOST_TEST_REQUIRE(packed.size() == 2U);
  BOOST_TEST(packed[0].find("childQuantityList")->items().size() == 2U);
  BOOST_TEST(at(packed[0], "parentID") == "https://id.gs1.org/00/295210050000000017");
  BOOST_TEST(at(packed[1], "action") == "DELETE");

  const auto received =
      events_of(read_event_table("event_time,location,gtin,lot,quantity,unit,from_location\n"
                                 "2026-05-11T09:00:00Z,9521005000105,9521005000068,F,40,,9521006000104\n",
                                 ImportProfile::receiving, ""));
  BOOST_TEST(at(received[0], "bizStep") == "receiving");
  BOOST_TEST((received[0].find("bizLocation") != nullptr));
}

BOOST_AUTO_TEST_CASE(everything_wrong_in_a_table_is_told_at_once_with_the_repair) {
  const auto faults =
      faults_of(shipping("19-05-2026,9521005000106,9521005000020,B 1,\"12,5\",kg,9521003000008,,,,,\n"
                         "2026-05-19T14:20,9521005000105,9.52E+12,B,1,,,,,,,\n"
                         "2026-05-19T14:20Z,9521005000105,9521005000020,,1,,x,offer,1,,,\n"
                         "2026-05-19T14:20Z,9521005000105,,,,,9521003000008,,,,,\n"
                         "2026-05-19T14:20Z,9521005000105,9521005000020,B,,,9521003000008,,,,,\n"
                         "2026-05-19T14:20Z,9521005000105,,,2,,9521003000008,,,,295210050000000017,\n"));
  BOOST_TEST(has(faults, "2:1 event_time expected a date and time with zone"));
  BOOST_TEST(has(
      faults, "2:12 location expected a GLN with its check digit, found \"9521005000106\"; the last digit would be 5"));
  BOOST_TEST(
      has(faults, "2:40 lot expected 1 to 20 letters A to Z, digits and marks such as - . / and _, found \"B 1\""));
  BOOST_TEST(has(
      faults,
      "2:44 quantity expected a number such as 1200 or 12.5, found \"12,5\"; the decimal sign is a point: write 12.5"));
  BOOST_TEST(has(faults,
                 "2:51 unit expected a unit code of UN/CEFACT Recommendation 20 such as KGM, found \"kg\"; write KGM"));
  BOOST_TEST(has(faults,
                 "3:1 event_time expected a date and time with zone such as 2026-05-01T08:30:00+02:00, found "
                 "\"2026-05-19T14:20\"; add the offset"));
  BOOST_TEST(has(
      faults, "3:32 gtin expected a GTIN of 8, 12, 13 or 14 digits, found \"9.52E+12\"; the spreadsheet has rounded"));
  BOOST_TEST(has(faults, "3:1 to_party to whom?"));
  BOOST_TEST(has(faults, "4:33 gtin a product without lot or serial number"));
  BOOST_TEST(has(faults, "4:51 to_party expected a GLN of 13 digits, or a URI, found \"x\""));
  BOOST_TEST(has(faults, "document_type expected a kind of document such as po"));
  BOOST_TEST(has(faults, "4:59 document a number is unique only with who gave it"));
  BOOST_TEST(has(faults, "5:1  the row names no item"));
  BOOST_TEST(has(faults, "6:1 quantity the cell is empty; of a lot it must be said how much"));
  BOOST_TEST(has(faults, "7:35 quantity one single thing has no quantity"));
}

BOOST_AUTO_TEST_CASE(a_row_that_is_there_twice_is_refused_not_counted_twice) {
  const std::string row(kGoodRow);
  BOOST_TEST(has(faults_of(shipping(row + row)), "3:1  says the same as line 2"));
  BOOST_TEST(events_of(shipping(row + "2026-05-19T14:21+02:00" + row.substr(22))).size() == 2U);
}

BOOST_AUTO_TEST_CASE(headings_that_nobody_knows_are_refused_with_the_nearest) {
  const auto read = [](const std::string& heading) {
    return faults_of(read_event_table(heading + "\n1,2\n", ImportProfile::shipping, ""));
  };
  BOOST_TEST(has(read("event_time,loacation"), "1:12 loacation unknown column; did you mean location?"));
  BOOST_TEST(
      has(read("event_time,colour"), "1:12 colour unknown column; remove it, the profile has: event_time, location"));
  BOOST_TEST(has(read("event_time,event_time"), "1:12 event_time the column is there twice"));
  BOOST_TEST(has(read("event_time,gtin"), "1:1 location the column is missing"));
  BOOST_TEST(has(faults_of(read_event_table("event_time,location\n", ImportProfile::shipping, "")), "none"));
  BOOST_TEST(has(faults_of(read_event_table("", ImportProfile::shipping, "")), "none"));
}

BOOST_AUTO_TEST_CASE(at_most_a_hundred_faults_of_a_file_are_told) {
  std::string rows;
  for (int i = 0; i < 300; ++i) { rows += "x,9521005000105,9521005000020,B,1,,9521003000008,,,,,\n"; }
  const auto file = shipping(rows);
  BOOST_TEST(file.faults.size() == kImportFaultsMax);
  BOOST_TEST(file.more_faults);
  BOOST_TEST(file.faults.back().place.line == 101U);
}

BOOST_AUTO_TEST_CASE(a_long_table_becomes_several_transactions) {
  std::string rows;
  for (int i = 0; i < 450; ++i) {
    rows += "2026-05-19T14:20+02:00,9521005000105,9521005000020,B" + std::to_string(i) + ",46,KGM,9521003000008,,,,,\n";
  }
  const auto file = shipping(rows);
  BOOST_TEST(events_of(file).size() == 450U);
  BOOST_TEST(file.batches.size() == 3U);
  BOOST_TEST(file.batches[2].events.back().lines.front() == 451U);
}

BOOST_AUTO_TEST_CASE(values_of_cells_have_one_spelling) {
  BOOST_TEST(cell_time("2026-01-02 03:04Z", "")->text == "2026-01-02T03:04:00+00:00");
  BOOST_TEST(cell_time("2026-01-02T03:04:05.1200-00:00", "")->text == "2026-01-02T03:04:05.12+00:00");
  BOOST_TEST(cell_time("2026-01-02T03:04:05.1239 +01:00", "")->text == "2026-01-02T03:04:05.123+01:00");
  for (const std::string bad : {"", "2026-02-30T00:00Z", "2026-01-02", "2026-01-02T25:00Z", "2026-01-02T03:04+15:00",
                                "1/2/2026 3:04", "2026-01-02T03:04:05,5Z", "2026-01-02T3:04Z"}) {
    BOOST_TEST(!cell_time(bad, "+00:00").ok(), bad);
  }
  BOOST_TEST(cell_quantity("0012.50").value() == "12.5");
  BOOST_TEST(cell_quantity("0").value() == "0");
  for (const std::string bad : {"", "-1", "+1", "1e3", ".5", "5.", "1 000", "1.2.3", "12345678901234567890", "x"}) {
    BOOST_TEST(!cell_quantity(bad).ok(), bad);
  }
  BOOST_TEST(has(said(cell_quantity("1.234,5")), "without separators between thousands"));
  BOOST_TEST(has(said(cell_quantity("1,234,567")), "without separators between thousands"));
  BOOST_TEST(cell_gtin("96385074").value() == "00000096385074");
  BOOST_TEST(has(said(cell_gtin("96385075")), "the last digit would be 4"));
  BOOST_TEST(has(said(cell_gtin("952100500002")), "expected a GTIN"));
  BOOST_TEST(cell_container("295210050000000017").value() == "https://id.gs1.org/00/295210050000000017");
  BOOST_TEST(has(said(cell_container("00295210050000000017")), "leave out the 00"));
  BOOST_TEST(cell_gln("urn:epc:id:pgln:9521005.00000", GlnUse::party).value() ==
             "https://id.gs1.org/417/9521005000006");
  BOOST_TEST(has(said(cell_gln("https://id.gs1.org/414/9521005000106", GlnUse::place)), "the last digit would be 5"));
  BOOST_TEST(cell_component("a/b+c").value() == "a%2Fb%2Bc");
  BOOST_TEST(!cell_component("").ok());
  BOOST_TEST(!cell_component(std::string(21, 'a')).ok());
  BOOST_TEST(!cell_component("caf\xC3\xA9").ok());
  BOOST_TEST(is_class("https://id.gs1.org/01/09521005000020/10/A"));
  BOOST_TEST(!is_class("https://id.gs1.org/01/09521005000020/21/A"));
  BOOST_TEST(!is_class("https://id.gs1.org/00/295210050000000017"));
}

BOOST_AUTO_TEST_CASE(json_documents_stay_as_they_are_and_events_without_id_get_their_hash) {
  const auto document = [](const std::string& id) {
    return R"({"@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", "type": "EPCISDocument",
  "schemaVersion": "2.0", "creationDate": "2026-01-02T03:04:05Z", "epcisBody": {"eventList": [
    {"type": "ObjectEvent", )" +
           id + R"("eventTime": "2026-01-02T03:04:05Z", "eventTimeZoneOffset": "+00:00",
     "action": "OBSERVE", "epcList": ["urn:epc:id:sscc:9521001.1000000071"]}]}})";
  };
  const auto given = document(R"("eventID": "urn:uuid:1", )");
  const auto kept = read_event_json(given, keten::production::Profile::strict);
  BOOST_TEST(events_of(kept).size() == 1U);
  BOOST_TEST(kept.batches[0].document == given);
  BOOST_TEST((kept.batches[0].events[0].lines == std::vector<std::size_t>{3}));
  const auto named = events_of(read_event_json(document(""), keten::production::Profile::strict));
  BOOST_TEST(at(named[0], "eventID").starts_with("ni:///sha-256;"));

  const auto wrong = read_event_json(document(R"("colour": "red", )"), keten::production::Profile::strict);
  BOOST_TEST(has(faults_of(wrong), "3:39 /epcisBody/eventList/0/colour "));
  BOOST_TEST(has(faults_of(read_event_json("{\n 7", keten::production::Profile::strict)), "line 2, column"));
}

BOOST_AUTO_TEST_CASE(the_command_checks_files_without_a_network_and_says_where_they_are_wrong) {
  const TestFolder folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    BOOST_REQUIRE(keten::client::write_file(folder / name, text, keten::client::FileAccess::everyone,
                                            keten::client::Existing::refuse)
                      .ok());
    return folder / name;
  };
  const auto good = write("good.csv", std::string(kShipping) + std::string(kGoodRow));
  const auto bad = write("bad.csv", std::string(kShipping) + "x" + std::string(kGoodRow));
  auto outcome = keten_command({"epcis", "import", "--check", "--profile", "shipping", good});
  BOOST_TEST(outcome.code == kSuccess);
  BOOST_TEST(outcome.out == good + "  1 event, nothing is wrong\n");
  outcome = keten_command({"epcis", "import", "--profile", "shipping", good, bad});
  BOOST_TEST(outcome.code == kFailed);
  BOOST_TEST(has(outcome.err, bad + ":2:1: event_time: expected a date and time with zone"));
  BOOST_TEST(has(outcome.err, "error: IMPORT_INVALID  " + bad + ": 1 place is wrong; nothing of any file was sent"));
  const auto report =
      keten::json::parse(keten_command({"epcis", "import", "--check", "-o", "json", "--profile", "shipping", bad}).out);
  BOOST_TEST_REQUIRE(report.ok());
  BOOST_TEST(report->items()[0].find("faults")->items()[0].find("line")->as_integer().value() == 2);
  BOOST_TEST(has(keten_command({"epcis", "import", "--check", good}).err, "--profile receiving, shipping"));
  BOOST_TEST(keten_command({"epcis", "import", "--check", "--profile", "shipping", folder / "none.csv"}).code ==
             kFailed);
  BOOST_TEST(keten_command({"epcis", "import", "--check", "--profile", "shipping", "--offset", "2", good}).code ==
             kUsage);
  BOOST_TEST(has(keten_command({"epcis", "import", "--profile", "shipping", good, "--home", folder / "nowhere"}).err,
                 "error: "));
  BOOST_TEST(keten_command({"epcis", "columns", "shipping"}).out.starts_with("event_time,location,gtin,lot"));
}

BOOST_AUTO_TEST_CASE(a_home_without_a_node_has_keys_and_a_card_without_validators) {
  const TestFolder folder;
  const auto home = folder / "herb";
  BOOST_TEST(keten_command({"init", "--org", "HerbCo", "--home", home}).code == kUsage);
  const auto made =
      keten_command({"init", "--light", "--org", "HerbCo", "--home", home, "--endpoint", "127.0.0.1:7101"});
  BOOST_TEST(made.code == kSuccess);
  const HomeFiles files{home};
  BOOST_TEST(is_participant_home(files));
  BOOST_TEST(load_participant_home(files)->endpoints.front() == "127.0.0.1:7101");
  const auto card = keten::parse_member_card(keten::client::read_file(files.card()).value());
  BOOST_TEST_REQUIRE(card.ok());
  BOOST_TEST(card->validators.empty());
  BOOST_TEST(card->keys.size() == 3U);
  BOOST_TEST(keten_command({"init", "--light", "--org", "HerbCo", "--home", home}).code == kFailed);
  BOOST_TEST(endpoint_of(files, "127.0.0.1:7101").error().reason == "GENESIS_MISSING");
  BOOST_TEST(keten_command({"init", "--light", "--org", "X", "--home", folder / "x", "--endpoint", "nothing"}).code ==
             kFailed);
}

BOOST_AUTO_TEST_CASE(receipts_are_read_back_as_they_were_written) {
  const std::vector<ImportedEvent> events = {
      {"ni:///sha-256;00?ver=CBV2.0", {2, 3}, keten::production::CaptureStatus::recorded, "", ""},
      {"urn:uuid:1", {4}, keten::production::CaptureStatus::refused, "EVENT_ID_CONFLICT", "other content has this id"}};
  const keten::client::Sender sender{{}, "HerbCo", keten::KeyPair::from_seed(keten::KeySeed{})};
  const auto text = keten::json::serialize(receipt_json(sender, Recorded{}, events));
  const auto read = parse_receipt(text);
  BOOST_TEST_REQUIRE(read.ok());
  BOOST_TEST(read->size() == 2U);
  BOOST_TEST((read->at(0).lines == events[0].lines));
  BOOST_TEST(read->at(1).reason == "EVENT_ID_CONFLICT");
  BOOST_TEST(read->at(1).message == "other content has this id");
  BOOST_TEST(parse_receipt("{}").error().reason == "RECEIPT_INVALID");
  BOOST_TEST(!parse_receipt("x").ok());
}

BOOST_AUTO_TEST_SUITE_END()
