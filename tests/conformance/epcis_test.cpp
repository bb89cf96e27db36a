#include <boost/test/unit_test.hpp>

#include "contracts/production/document.h"
#include "contracts/production/entity.h"
#include "core/json.h"
#include "tests/conformance/sample_data.h"

namespace keten::conformance {
namespace {

BOOST_AUTO_TEST_SUITE(epcis)

void check_accepted(const std::filesystem::path& file) {
  const auto document = production::read_document(content_of(file));
  BOOST_TEST(document.ok(), file.filename().string() << ": " << (document ? "" : document.error().message));
  if (!document) { return; }
  BOOST_TEST(!document->events.empty(), file.filename().string());
}

BOOST_AUTO_TEST_CASE(every_published_document_is_accepted,
                     *boost::unit_test::precondition(has_data("openepcis/Capture/Documents"))) {
  for (const auto& file : files_in("openepcis/Capture/Documents", ".json")) { check_accepted(file); }
}

BOOST_AUTO_TEST_CASE(every_published_bare_event_is_accepted,
                     *boost::unit_test::precondition(has_data("openepcis/Capture/Events"))) {
  for (const auto& file : files_in("openepcis/Capture/Events", ".json")) { check_accepted(file); }
}

BOOST_AUTO_TEST_CASE(every_published_query_document_is_accepted,
                     *boost::unit_test::precondition(has_data("openepcis/Query"))) {
  for (const auto& file : files_in("openepcis/Query", ".json")) { check_accepted(file); }
}

BOOST_AUTO_TEST_CASE(every_document_with_published_event_hashes_is_accepted,
                     *boost::unit_test::precondition(has_data("event-hash/examples"))) {
  // Made to stress the hash algorithm: CBV words as URNs and time stamps with a minus sign that is none occur on
  // purpose.
  for (const auto& file : files_in("event-hash/examples", ".jsonld")) {
    const auto document = production::read_document(content_of(file), production::Profile::lenient);
    BOOST_TEST(document.ok(), file.filename().string() << ": " << (document ? "" : document.error().message));
  }
}

void check_refused(const std::filesystem::path& file) {
  const auto text = content_of(file);
  const auto document = production::read_document(text);
  BOOST_TEST(!document.ok(), file.filename().string() << " is accepted");
  if (document) { return; }
  BOOST_TEST(!document.error().violations.empty(), file.filename().string());
  for (const auto& violation : document.error().violations) {
    BOOST_TEST(violation.pointer.starts_with('/'), file.filename().string() << ": " << violation.pointer);
    BOOST_TEST_MESSAGE(file.filename().string() << " " << violation.pointer << ": expected " << violation.expected
                                                << "; found " << violation.found);
  }
}

BOOST_AUTO_TEST_CASE(every_invalid_document_is_refused_with_its_place,
                     *boost::unit_test::precondition(has_data("openepcis/Capture/Invalid"))) {
  for (const auto& file : files_in("openepcis/Capture/Invalid", ".json")) { check_refused(file); }
  for (const auto& file : files_in("openepcis/Query/Invalid", ".json")) { check_refused(file); }
}

BOOST_AUTO_TEST_CASE(every_identifier_maps_to_its_published_digital_link,
                     *boost::unit_test::precondition(has_data("event-hash/digital_link_vectors.json"))) {
  const auto vectors = json::parse(content_of(data_folder() / "event-hash/digital_link_vectors.json"));
  BOOST_REQUIRE(vectors);
  for (const auto& vector : vectors->items()) {
    const auto input = std::string(*vector.find_string("in"));
    const auto expected = std::string(vector.find_string("out").value_or("none"));
    BOOST_TEST(production::digital_link(input).value_or("none") == expected, input);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::conformance
