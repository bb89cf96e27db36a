#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>

#include "core/json.h"
#include "tools/keten/console.h"
#include "tools/keten/status.h"
#include "tools/keten/trace_view.h"

namespace {

using namespace keten;
using namespace keten::tools;

json::Value parsed(std::string_view text) {
  auto value = json::parse(text);
  BOOST_REQUIRE(value.ok());
  return *value;
}

constexpr std::string_view kTrace = R"({
  "entity": "https://id.gs1.org/01/09521003000428/21/1001", "direction": "back", "height": 7, "truncated": false,
  "items": [{"epc": "https://id.gs1.org/01/09521003000428/21/1001", "depth": 0},
            {"epc": "https://id.gs1.org/01/09521001000013/10/M1", "depth": 1}],
  "events": [
    {"eventID": "a", "type": "ObjectEvent", "action": "ADD", "eventTime": "2026-01-02T05:00:00.000Z", "organisation": "FarmCo",
     "bizStep": "commissioning", "readPoint": "https://id.gs1.org/414/9521001000020"},
    {"eventID": "b", "type": "TransformationEvent", "eventTime": "2026-01-03T06:30:00.000Z", "organisation": "DairyCo"}],
  "links": [{"event": 0, "item": 1, "relation": "observed", "inferred": false},
            {"event": 1, "item": 1, "relation": "input", "inferred": false},
            {"event": 1, "item": 0, "relation": "output", "inferred": false}]})";

}  // namespace

BOOST_AUTO_TEST_SUITE(views)

BOOST_AUTO_TEST_CASE(a_trace_is_a_table_with_a_line_for_each_event) {
  const auto trace = parse_trace(parsed(kTrace));
  BOOST_REQUIRE(trace.ok());
  const std::string indent(48 + 2, ' ');
  const std::string gap(29 + 2, ' ');
  BOOST_TEST(
      trace_table(*trace) ==
      "TIME (UTC)        COMPANY  STEP                 WHAT" + indent + "WHERE\n" +
          "2026-01-02 05:00  FarmCo   commissioning        01/09521001000013/10/M1" + gap + "414/9521001000020\n" +
          "2026-01-03 06:30  DairyCo  TransformationEvent  01/09521001000013/10/M1 -> 01/09521003000428/21/1001\n");
}

BOOST_AUTO_TEST_CASE(a_trace_is_a_graph_whose_edges_follow_the_goods) {
  const auto trace = parse_trace(parsed(kTrace));
  BOOST_REQUIRE(trace.ok());
  const auto dot = query::trace_dot(*trace);
  BOOST_TEST(dot.rfind("digraph trace {", 0) == 0U);
  BOOST_TEST(dot.find("i1 -> e1") != std::string::npos);
  BOOST_TEST(dot.find("e1 -> i0") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_trace_with_a_link_to_nowhere_is_refused) {
  auto document = parsed(kTrace);
  document.set("links", parsed(R"([{"event": 2, "item": 0, "relation": "observed", "inferred": false}])"));
  const auto trace = parse_trace(document);
  BOOST_REQUIRE(!trace.ok());
  BOOST_TEST(trace.error().reason == "TRACE_MALFORMED");
  BOOST_TEST(!parse_trace(parsed("{}")).ok());
}

BOOST_AUTO_TEST_CASE(an_event_is_a_row_with_short_words) {
  const auto row = event_row(parsed(R"({"eventID": "x", "type": "ObjectEvent", "action": "OBSERVE", "eventTime": "t",
    "bizStep": "https://ref.gs1.org/cbv/BizStep-shipping", "readPoint": {"id": "urn:epc:id:sgln:0614141.00001.0"},
    "epcList": ["urn:epc:id:sscc:0614141.1234567890", "urn:epc:id:sscc:0614141.1234567891"]})"));
  const std::vector<std::string> expected{
      "t", "ObjectEvent", "OBSERVE", "shipping", "sgln:0614141.00001.0", "sscc:0614141.1234567890 and 1 more", "x"};
  BOOST_TEST(row == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_table_aligns_columns_by_what_is_seen_and_not_by_bytes) {
  Table table({{"A"}, {"N", Table::Align::right}, {"LAST"}});
  table.add({"é…", "1", "x"});
  table.add({"long", "22", ""});
  BOOST_TEST(table.text() == "A      N  LAST\né…     1  x\nlong  22\n");
}

BOOST_AUTO_TEST_CASE(what_came_from_outside_cannot_steer_a_terminal) {
  BOOST_TEST(printable("a\x1b[2Jb\n") == "a\\x1b[2Jb\\x0a");
  Table table({{"A"}});
  table.add({"\x1b[31m"});
  BOOST_TEST(table.text().find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_error_is_one_line_then_places_then_a_hint) {
  std::ostringstream out;
  std::ostringstream err;
  Console console(out, err, Console::Audience::program, Console::Audience::program);
  auto error = failure(ErrorKind::forbidden, "ROLE_NOT_ALLOWED", "the role does not allow this");
  error.violations.push_back({"/a/0", "text", "12"});
  BOOST_TEST(console.fail(error, "ask an admin") == kNoPermission);
  BOOST_TEST(err.str() ==
             "error: ROLE_NOT_ALLOWED  the role does not allow this\n  at /a/0: expected text, found 12\nhint: ask an "
             "admin\n");
  BOOST_TEST(out.str() == "");
}

BOOST_AUTO_TEST_CASE(every_kind_of_error_has_its_exit_code) {
  const auto code = [](ErrorKind kind) { return exit_code(failure(kind, "X", "x")); };
  BOOST_TEST(code(ErrorKind::invalid) == kFailed);
  BOOST_TEST(code(ErrorKind::timeout) == kNotReady);
  BOOST_TEST(code(ErrorKind::unavailable) == kNotReady);
  BOOST_TEST(code(ErrorKind::corrupt) == kVerificationFailed);
  BOOST_TEST(code(ErrorKind::unauthorised) == kNoPermission);
}

BOOST_AUTO_TEST_CASE(a_status_says_who_is_away_and_whether_the_chain_can_go_on) {
  NetworkStatus status;
  for (int i = 0; i < 2; ++i) {
    NodeStatus node;
    node.height = Height{10};
    node.executed_height = Height{10};
    status.nodes.push_back({"n" + std::to_string(i), "Co", node});
  }
  status.nodes.push_back({"n2", "Co", failure(ErrorKind::unavailable, "UNREACHABLE", "cannot reach it")});
  status.nodes.push_back({"n3", "Co", failure(ErrorKind::unavailable, "UNREACHABLE", "cannot reach it")});
  BOOST_TEST(status.quorum_line(4) == "No quorum: 2 of 4 validators are up, 3 are needed; the chain waits.");
  BOOST_TEST(!status.roots_equal());
  const auto document = status.to_json(4);
  BOOST_TEST(document.find("has_quorum")->as_bool() == false);
  const auto& nodes = document.find("nodes")->items();
  BOOST_TEST(nodes[0].find("height")->as_integer().value() == 10);
  BOOST_TEST(nodes[2].find_string("reason").value() == "UNREACHABLE");
}

BOOST_AUTO_TEST_SUITE_END()
