#include "contracts/production/event_hash.h"

#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/json.h"
#include "tests/conformance/sample_data.h"

namespace keten::conformance {
namespace {

BOOST_AUTO_TEST_SUITE(event_hash)

/// Lines that are not empty.
std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::istringstream text(content_of(path));
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && line.back() == '\r') { line.pop_back(); }
    if (!line.empty()) { lines.push_back(line); }
  }
  return lines;
}

std::vector<production::HashedEvent> hashed(const std::filesystem::path& file) {
  const auto document = json::parse(content_of(file));
  BOOST_REQUIRE_MESSAGE(document, file.filename().string());
  const auto events = production::hash_events(*document);
  BOOST_REQUIRE_MESSAGE(events, file.filename().string() << ": " << (events ? "" : events.error().message));
  return *events;
}

std::vector<std::filesystem::path> documents_in(const std::string& folder) {
  auto files = files_in(folder, ".jsonld");
  for (auto& file : files_in(folder, ".json")) { files.push_back(file); }
  return files;
}

BOOST_AUTO_TEST_CASE(every_published_event_hash_is_ours,
                     *boost::unit_test::precondition(has_data("event-hash/examples"))) {
  for (const auto& file : documents_in("event-hash/examples")) {
    const auto expected = lines_of(std::filesystem::path(file).replace_extension(".hashes"));
    const auto events = hashed(file);
    BOOST_TEST(events.size() == expected.size(), file.filename().string());
    for (std::size_t i = 0; i < std::min(events.size(), expected.size()); ++i) {
      BOOST_TEST(events[i].hash == expected[i], file.filename().string()
                                                    << " event " << i << ": " << events[i].prehash);
    }
  }
}

/// Some published strings are not the ones that the published hashes were made of, and so prove nothing.
BOOST_AUTO_TEST_CASE(every_published_prehash_that_fits_its_hash_is_ours,
                     *boost::unit_test::precondition(has_data("event-hash/examples"))) {
  for (const auto& file : documents_in("event-hash/examples")) {
    const auto strings = lines_of(std::filesystem::path(file).replace_extension(".prehashes"));
    const auto hashes = lines_of(std::filesystem::path(file).replace_extension(".hashes"));
    if (strings.empty()) { continue; }
    const auto events = hashed(file);
    BOOST_REQUIRE_EQUAL(events.size(), strings.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (production::hash_of_prehash(strings[i]) != hashes[i]) {
        BOOST_TEST_MESSAGE(file.filename().string() << " event " << i << ": the published string is not of its hash");
        continue;
      }
      BOOST_TEST(events[i].prehash == strings[i], file.filename().string() << " event " << i);
    }
  }
}

BOOST_AUTO_TEST_CASE(events_that_say_the_same_have_one_hash,
                     *boost::unit_test::precondition(has_data("event-hash/expected_equal"))) {
  for (const auto& file : documents_in("event-hash/expected_equal")) {
    for (const auto& event : hashed(file)) {
      BOOST_TEST(event.prehash == hashed(file).front().prehash, file.filename().string());
    }
  }
}

BOOST_AUTO_TEST_CASE(every_published_document_has_hashes,
                     *boost::unit_test::precondition(has_data("openepcis/Capture/Documents"))) {
  for (const auto& file : files_in("openepcis/Capture/Documents", ".json")) { BOOST_TEST(!hashed(file).empty()); }
  for (const auto& file : files_in("openepcis/Capture/Events", ".json")) { BOOST_TEST(hashed(file).size() == 1U); }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::conformance
