#include <string>

#include <boost/test/unit_test.hpp>

#include "tests/unit/http/fakes.h"

namespace keten::http::test {
namespace {

/// The status of /readyz and the check of that name: passed or the detail.
std::string check_of(const Node& node, std::string_view name) {
  const auto answer = node.ask("GET", "/readyz", "");
  const auto document = answer.json();
  for (const auto& check : document.find("checks")->items()) {
    if (check.find_string("name").value() != name) { continue; }
    const bool passed = check.find("passed")->as_bool();
    return std::to_string(answer.status) + " " + (passed ? "passed" : std::string(check.find_string("detail").value()));
  }
  return "no such check";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(readiness)

BOOST_AUTO_TEST_CASE(a_node_whose_chain_stands_still_with_work_waiting_is_not_ready_and_says_why) {
  Node node;
  BOOST_TEST(check_of(node, "advances") == "200 passed");
  // Nothing to do: an idle chain may have a reason, too.
  node.gateway.is_stuck = true;
  BOOST_TEST(check_of(node, "advances") == "200 passed");
  node.gateway.waiting = 1;
  BOOST_TEST(check_of(node, "advances") == "503 view 9 has no leader");
  // Who is behind is told so by another check.
  node.gateway.lag = 1;
  BOOST_TEST(check_of(node, "advances") == "200 passed");
  node.gateway.lag = 0;
  node.gateway.is_stuck = false;
  BOOST_TEST(check_of(node, "advances") == "200 passed");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten::http::test
