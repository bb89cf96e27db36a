// The templates of examples/policies. The working directory is the repository.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/unit/usage/samples.h"

namespace keten::usage {
namespace {

json::Value document_at(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return sample::parsed(std::string(std::istreambuf_iterator<char>(file), {}));
}

BOOST_AUTO_TEST_SUITE(templates)

BOOST_AUTO_TEST_CASE(every_template_may_be_signed_and_says_the_same_in_dutch_and_english) {
  std::size_t templates = 0;
  for (const auto& entry : std::filesystem::directory_iterator("examples/policies")) {
    const auto path = entry.path().string();
    if (!path.ends_with(".en.json")) { continue; }
    ++templates;
    auto english = document_at(path);
    auto dutch = document_at(path.substr(0, path.size() - 8) + ".nl.json");
    for (auto* document : {&english, &dutch}) {
      const auto policy = read_policy(*document);
      BOOST_REQUIRE_MESSAGE(policy, path);
      for (const auto& violation : strict_violations(*policy)) {
        BOOST_ERROR(path << " " << violation.pointer << ": expected " << violation.expected << ", found "
                         << violation.found);
      }
      BOOST_TEST(document->remove("dc:title"));
      BOOST_TEST(document->remove("dc:description"));
    }
    BOOST_TEST(json::canonical(english) == json::canonical(dutch), path);
  }
  BOOST_TEST(templates == 5U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
