#include <boost/test/unit_test.hpp>

#include "contracts/usage/cases.h"
#include "contracts/usage/policy_reader.h"
#include "core/json.h"
#include "tests/conformance/sample_data.h"

namespace keten::conformance {
namespace {

BOOST_AUTO_TEST_SUITE(odrl)

BOOST_AUTO_TEST_CASE(every_published_case_has_the_published_report,
                     *boost::unit_test::precondition(has_data("odrl/cases.json"))) {
  const auto cases = json::parse(content_of(data_folder() / "odrl/cases.json"));
  BOOST_REQUIRE(cases);
  BOOST_TEST(cases->items().size() >= 34U);
  for (const auto& one : cases->items()) {
    const auto file = std::string(one.find_string("file").value_or("?"));
    const auto result = usage::judge_case(one);
    BOOST_REQUIRE_MESSAGE(result, file << ": " << (result ? "" : result.error().message));
    BOOST_TEST(result->equal.has_value(), file);
    BOOST_TEST(result->equal.value_or(false), file);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::conformance
