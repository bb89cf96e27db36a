// Cases of our own, each with the section of the standard that decides it: cases/README.md.
#include "contracts/usage/cases.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/unit/usage/samples.h"

namespace keten::usage {
namespace {

std::vector<std::filesystem::path> files() {
  std::vector<std::filesystem::path> result;
  for (const auto& entry : std::filesystem::directory_iterator(KETEN_USAGE_CASES)) {
    if (entry.path().extension() == ".json") { result.push_back(entry.path()); }
  }
  std::sort(result.begin(), result.end());
  return result;
}

json::Value cases_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return sample::parsed(std::string(std::istreambuf_iterator<char>(stream), {}));
}

/// The report that was expected, or the decision, or the reason why it cannot be judged.
void check(const json::Value& one, const std::string& what) {
  const auto result = judge_case(one);
  if (const auto error = one.find_string("error")) {
    BOOST_REQUIRE_MESSAGE(!result, what << " is judged");
    BOOST_TEST(result.error().reason == *error, what);
    return;
  }
  BOOST_REQUIRE_MESSAGE(result, what << ": " << (result ? "" : result.error().message));
  BOOST_TEST(result->equal.value_or(true), what);
  const auto decision = one.find_string("decision");
  BOOST_REQUIRE_MESSAGE(decision || result->equal, what << " expects nothing");
  if (decision) {
    BOOST_TEST(decision_name(result->report.decision) == *decision, what << ": " << result->report.reason);
  }
}

BOOST_AUTO_TEST_SUITE(own_cases)

BOOST_AUTO_TEST_CASE(every_case_is_decided_as_its_section_of_the_standard_says) {
  std::size_t count = 0;
  for (const auto& file : files()) {
    const auto cases = cases_of(file);
    for (const auto& one : cases.items()) {
      const auto id = std::string(one.find_string("id").value_or("?"));
      BOOST_TEST_CONTEXT(file.filename().string()) {
        check(one, id + " (" + std::string(one.find_string("section").value_or("?")) + ")");
      }
      ++count;
    }
  }
  BOOST_TEST(count >= 560U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
