#include <string>

#include <boost/test/unit_test.hpp>

#include "client/keystore.h"
#include "core/json.h"
#include "tests/unit/tools/keten_command.h"
#include "tests/unit/tools/temporary_folder.h"

namespace {

using namespace keten::tools;

constexpr std::string_view kHash =
    "ni:///sha-256;2e8065e3216b4408a1b3757dba7755d767993009fc981d2eb2bb0ebbedcc8502?ver=CBV2.0";
constexpr std::string_view kPrehash =
    "eventType=ObjectEventeventTime=2026-01-02T03:04:05.000ZeventTimeZoneOffset=+01:00epcListepc=https://id.gs1.org/01/"
    "09521003000428/21/1001action=OBSERVEbizStep=https://ref.gs1.org/cbv/BizStep-shipping";

/// An event that ships one item, with more `members`.
std::string shipping(const std::string& members = "", const std::string& step = "shipping") {
  return R"({"@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", "type": "ObjectEvent",
    "eventTime": "2026-01-02T04:04:05+01:00", "eventTimeZoneOffset": "+01:00", "action": "OBSERVE",
    "epcList": ["urn:epc:id:sgtin:9521003.000042.1001"], "bizStep": ")" +
         step + "\"" + members + "}";
}

std::string written(const TestFolder& folder, const std::string& name, const std::string& text) {
  auto file = folder / name;
  BOOST_REQUIRE(
      keten::client::write_file(file, text, keten::client::FileAccess::everyone, keten::client::Existing::refuse).ok());
  return file;
}

keten::json::Value parsed(const std::string& text) {
  auto value = keten::json::parse(text);
  BOOST_REQUIRE_MESSAGE(value, text);
  return *value;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(epcis_documents)

BOOST_AUTO_TEST_CASE(each_event_has_a_line_with_its_hash_or_the_text_that_is_hashed) {
  const TestFolder folder;
  const auto file = written(folder, "event.json", shipping());
  const auto hash = keten_command({"epcis", "hash", file, file});
  BOOST_TEST(hash.code == kSuccess);
  BOOST_TEST(hash.out == std::string(kHash) + "\n" + std::string(kHash) + "\n");
  BOOST_TEST(hash.err == "");
  BOOST_TEST(keten_command({"epcis", "hash", file, "--prehash"}).out == std::string(kPrehash) + "\n");
}

BOOST_AUTO_TEST_CASE(hashes_as_json_say_whether_the_event_id_is_the_hash) {
  const TestFolder folder;
  const auto file =
      written(folder, "event.json", shipping(R"(, "eventID": ")" + std::string(kHash) + "\"", "receiving"));
  const auto list = parsed(keten_command({"epcis", "hash", file, "--prehash", "-o", "json"}).out);
  BOOST_TEST(list.items()[0].find_string("file").value() == file);
  const auto& event = list.items()[0].find("events")->items()[0];
  BOOST_TEST(event.find_string("eventID").value() == kHash);
  BOOST_TEST(event.find_string("hash").value() != kHash);
  BOOST_TEST(event.find_string("prehash").value().ends_with("BizStep-receiving"));
  BOOST_TEST(event.find("hashMatchesEventID")->as_bool() == false);
}

BOOST_AUTO_TEST_CASE(control_characters_of_an_event_do_not_break_its_line) {
  const TestFolder folder;
  const auto file = written(folder, "event.json", shipping(R"(, "urn:x:note": "a\nb")"));
  const auto outcome = keten_command({"epcis", "hash", file, "--prehash"});
  BOOST_TEST(outcome.out == std::string(kPrehash) + "urn:x:note=a\\x0ab\n");
}

BOOST_AUTO_TEST_CASE(an_event_that_breaks_a_rule_is_hashed_and_the_rule_is_told) {
  const TestFolder folder;
  const auto file = written(folder, "event.json", shipping("", "dreaming"));
  const auto outcome = keten_command({"epcis", "hash", file});
  BOOST_TEST(outcome.code == kSuccess);
  BOOST_TEST(outcome.out.starts_with("ni:///sha-256;"));
  BOOST_TEST(outcome.err.starts_with("note: " + file + " is not valid EPCIS 2.0 (at /bizStep: expected one of "));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_hashed_fails_and_the_other_files_are_hashed) {
  const TestFolder folder;
  const auto good = written(folder, "good.json", shipping());
  const auto bad = written(folder, "bad.json", R"({"type": "EPCISDocument", "epcisBody": {}})");
  const auto outcome = keten_command({"epcis", "hash", bad, good, folder / "missing.json"});
  BOOST_TEST(outcome.code == kFailed);
  BOOST_TEST(outcome.out == std::string(kHash) + "\n");
  BOOST_TEST(outcome.err.starts_with("error: EPCIS_INVALID  at /epcisBody/eventList: expected the required array"));
  BOOST_TEST(outcome.err.find("error: FILE_UNREADABLE  ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_are_normalised_and_what_has_no_digital_link_fails) {
  const auto outcome = keten_command({"epcis", "normalise", "urn:epc:id:sgtin:9521003.000042.1001",
                                      "http://milk.example/gtin/9521003000428?exp=260101", "urn:x:none"});
  BOOST_TEST(outcome.code == kFailed);
  BOOST_TEST(outcome.out == "https://id.gs1.org/01/09521003000428/21/1001\nhttps://id.gs1.org/01/09521003000428\n");
  BOOST_TEST(outcome.err ==
             "error: NO_DIGITAL_LINK  expected an EPC URI, class, pattern or Digital Link with a GS1 key, "
             "found \"urn:x:none\"\n");
  const auto list = parsed(keten_command({"epcis", "normalise", "urn:x:none", "-o", "json"}).out);
  BOOST_TEST(list.items()[0].find("digitalLink")->is(keten::json::Kind::null));
  BOOST_TEST(keten_command({"epcis", "normalise"}).code == kUsage);
}

BOOST_AUTO_TEST_CASE(a_document_that_is_not_valid_fails_with_its_places) {
  const TestFolder folder;
  const auto file = written(folder, "event.json", R"({"type":"ObjectEvent"})");
  const auto outcome = keten_command({"epcis", "validate", file});
  BOOST_TEST(outcome.code == kFailed);
  BOOST_TEST(outcome.out == file + "  not valid\n");
  BOOST_TEST(outcome.err.starts_with("error: EPCIS_INVALID  "));
  BOOST_TEST(outcome.err.find("  at /eventTime: expected the required member eventTime, found nothing\n") !=
             std::string::npos);
  const auto list = parsed(keten_command({"epcis", "validate", file, "-o", "json"}).out);
  BOOST_TEST(list.items()[0].find("valid")->as_bool() == false);
  BOOST_TEST(!list.items()[0].find("error")->find("violations")->items().empty());
}

BOOST_AUTO_TEST_CASE(errors_of_several_documents_name_their_files) {
  const TestFolder folder;
  const auto first = written(folder, "first.json", R"({"type":"ObjectEvent"})");
  const auto second = written(folder, "second.json", "{");
  const auto outcome = keten_command({"epcis", "validate", first, second});
  BOOST_TEST(outcome.code == kFailed);
  BOOST_TEST(outcome.err.find("error: EPCIS_INVALID  " + first + ": ") != std::string::npos);
  BOOST_TEST(outcome.err.find("error: JSON_MALFORMED  " + second + ": ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_profile_decides_whether_words_may_be_urns) {
  const TestFolder folder;
  const auto file = written(folder, "event.json", shipping("", "urn:epcglobal:cbv:bizstep:shipping"));
  BOOST_TEST(keten_command({"epcis", "validate", file}).code == kFailed);
  BOOST_TEST(keten_command({"epcis", "validate", file, "--profile", "strict"}).code == kFailed);
  const auto lenient = keten_command({"epcis", "validate", file, "--profile", "lenient"});
  BOOST_TEST(lenient.code == kSuccess);
  BOOST_TEST(lenient.out == file + "  valid, 1 events\n");
  BOOST_TEST(keten_command({"epcis", "validate", file, "--profile", "other"}).code == kUsage);
}

BOOST_AUTO_TEST_CASE(an_event_id_that_is_another_hash_is_a_note_and_no_refusal) {
  const TestFolder folder;
  const auto id = R"(, "eventID": ")" + std::string(kHash) + "\"";
  const auto fits = written(folder, "fits.json", shipping(id));
  BOOST_TEST(keten_command({"epcis", "validate", fits}).out == fits + "  valid, 1 events\n");
  const auto other = written(folder, "other.json", shipping(id, "receiving"));
  const auto outcome = keten_command({"epcis", "validate", other});
  BOOST_TEST(outcome.code == kSuccess);
  BOOST_TEST(outcome.out == other +
                                "  valid, 1 events\n  note: 1 of 1 ni: event ids are not the CBV 2.0 hash of their "
                                "event: eventList 0\n");
}

BOOST_AUTO_TEST_SUITE_END()
