#include "client/csv.h"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace {

using namespace keten::client;

using Texts = std::vector<std::vector<std::string>>;

Texts texts(const CsvTable& table) {
  Texts rows;
  for (const auto& row : table.rows) {
    rows.emplace_back();
    for (const auto& cell : row) { rows.back().push_back(cell.text); }
  }
  return rows;
}

Texts read(std::string_view text) {
  const auto table = parse_csv(text);
  BOOST_TEST_REQUIRE(table.faults.empty(), text);
  return texts(table);
}

/// `line:column message` of the only fault.
std::string fault_of(std::string_view text, const CsvLimits& limits = {}) {
  const auto table = parse_csv(text, limits);
  BOOST_TEST_REQUIRE(table.faults.size() == 1U, text);
  const auto& [place, message] = table.faults.front();
  return std::to_string(place.line) + ":" + std::to_string(place.column) + " " + message;
}

bool refuses(std::string_view text, std::string_view wanted, const CsvLimits& limits = {}) {
  const auto fault = fault_of(text, limits);
  BOOST_TEST_INFO(fault);
  return fault.find(wanted) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(csv)

BOOST_AUTO_TEST_CASE(commas_and_semicolons_separate_as_the_first_line_says) {
  const Texts wanted = {{"a", "b"}, {"1", "2;3"}};
  BOOST_TEST((read("a,b\n1,2;3\n") == wanted));
  BOOST_TEST((read("a,b\r\n1,2;3") == wanted));
  BOOST_TEST((read("a;b\r\n1;\"2;3\"\r\n") == wanted));
  BOOST_TEST((read("\xEF\xBB\xBF"
                   "a,b\r\n1,2;3\r\n") == wanted));
  BOOST_TEST((read("sep=;\r\na;b\r\n1;\"2;3\"\r\n") == wanted));
  BOOST_TEST((read("\"a,b\";c\n1;2\n") == Texts{{"a,b", "c"}, {"1", "2"}}));
  BOOST_TEST((read("one\ntwo\n") == Texts{{"one"}, {"two"}}));
  BOOST_TEST(read("").empty());
}

BOOST_AUTO_TEST_CASE(quoted_cells_hold_separators_quotes_and_lines) {
  BOOST_TEST((read("a,b\n\"x, \"\"y\"\"\",\"1\r\n2\n3\"\n") == Texts{{"a", "b"}, {"x, \"y\"", "1\n2\n3"}}));
  BOOST_TEST((read("a,b\n\"\",\"\"\n\"\"\"\",c") == Texts{{"a", "b"}, {"\"", "c"}}));
  BOOST_TEST((read("a,b\n caf\xC3\xA9 ,\xF0\x9F\xA7\x80") == Texts{{"a", "b"}, {" caf\xC3\xA9 ", "\xF0\x9F\xA7\x80"}}));
}

BOOST_AUTO_TEST_CASE(lines_without_content_are_left_out) {
  BOOST_TEST((read("\n\na,b\n\n1,2\r\n,\n\"\",\n\n") == Texts{{"a", "b"}, {"1", "2"}}));
}

BOOST_AUTO_TEST_CASE(a_place_counts_lines_and_characters_as_editors_do) {
  const auto table = parse_csv("a,b\n\"x\ny\",caf\xC3\xA9,\n\xC3\xA9,z\n");
  BOOST_TEST_REQUIRE(table.rows.size() == 3U);
  BOOST_TEST((table.rows[1][0].place == TextPlace{2, 1}));
  BOOST_TEST((table.rows[1][1].place == TextPlace{3, 4}));
  BOOST_TEST((table.rows[1][2].place == TextPlace{3, 9}));
  BOOST_TEST((table.rows[2][1].place == TextPlace{4, 3}));
  BOOST_TEST(table.faults.size() == 1U);  // three cells under two
}

BOOST_AUTO_TEST_CASE(what_is_not_rfc_4180_is_refused_at_its_place) {
  BOOST_TEST(refuses("a,b\n1,x\"y\n", "2:4 a quote in the middle of a cell"));
  BOOST_TEST(refuses("a,b\n\"x\" ,2\n", "2:4 text behind a closing quote"));
  BOOST_TEST(refuses("a,b\n1,\"x\n3,4\n", "2:3 a quote begins here and nobody closes it"));
  BOOST_TEST(refuses("a,b\r1,2\n", "1:4 a carriage return without a line feed"));
  BOOST_TEST(refuses(std::string_view("a,b\n1,x\0y\n", 10), "2:4 control character 0x00"));
  BOOST_TEST(refuses("a,b\n1,2\n1,2,3\n", "3:5 the row has 3 cells, the first row has 2"));
  BOOST_TEST(refuses("a,b\n1\n", "2:1 the row has 1 cells"));
  BOOST_TEST(refuses("a,b;c\n", "1:1 the first line has commas and semicolons"));
  BOOST_TEST(refuses("a\tb\n", "1:1 the cells are separated by tabs"));
}

BOOST_AUTO_TEST_CASE(a_decimal_comma_between_commas_is_guessed) {
  BOOST_TEST(refuses("lot,quantity\nA,12,5\n", "write 12.5 and not 12,5"));
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf_8_is_refused_with_the_way_out) {
  for (const std::string_view bad : {"\xE9", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82"}) {
    BOOST_TEST(refuses("a,b\ncaf" + std::string(bad) + ",x\n", "2:4 byte 0x"));
  }
  BOOST_TEST(refuses(std::string_view("\xFF\xFE"
                                      "a\0,\0",
                                      6),
                     "1:1 the file is UTF-16"));
  BOOST_TEST(refuses("PK\x03\x04rest", "1:1 this is a spreadsheet"));
}

BOOST_AUTO_TEST_CASE(all_faults_are_told_until_there_are_too_many) {
  std::string text = "a,b\n";
  for (int i = 0; i < 200; ++i) { text += "x\"y,2\n"; }
  const auto table = parse_csv(text);
  BOOST_TEST(table.faults.size() == 100U);
  BOOST_TEST(table.more_faults);
  BOOST_TEST(table.faults.back().place.line == 101U);
}

BOOST_AUTO_TEST_CASE(every_limit_holds_at_its_edge) {
  const CsvLimits limits{.bytes = 40, .rows = 3, .cells = 3, .cell_bytes = 4, .faults = 10};
  BOOST_TEST(parse_csv("a,b,c\n1,2,3\n4,5,1234\n", limits).faults.empty());
  BOOST_TEST(refuses("a\n1\n2\n3\n", "4:1 a file has at most 3 rows", limits));
  BOOST_TEST(refuses("a,b,c,d\n", "1:7 a row has at most 3 cells", limits));
  BOOST_TEST(refuses("a\n12345\n", "2:1 a cell has at most 4 bytes, this one has 5", limits));
  BOOST_TEST(refuses(std::string(41, 'x'), "1:1 a file has at most 40 bytes", limits));
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_the_same) {
  const Texts rows = {{"a", "b"}, {"x,y;z", "say \"hi\""}, {"", "two\nlines"}, {" spaced ", "-5"}};
  for (const char separator : {',', ';'}) {
    std::string text;
    for (const auto& row : rows) { text += csv_line(row, separator); }
    BOOST_TEST((read(text) == rows));
  }
  BOOST_TEST(csv_line({"a", "b;c", "d,e"}, ';') == "a;\"b;c\";d,e\r\n");
}

BOOST_AUTO_TEST_CASE(no_spreadsheet_calculates_what_a_stranger_wrote) {
  const auto safe = [](const std::string& cell) {
    auto line = csv_line({cell}, ',', FormulaSafety::on);
    return line.substr(0, line.size() - 2);
  };
  BOOST_TEST(safe("=1+1") == "'=1+1");
  BOOST_TEST(safe("=HYPERLINK(\"http://x\",\"y\")") == "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
  for (const std::string cell : {"+a", "-a", "@a", "\ta", "-", "--1", "-1+2", "+1.",
                                 "\xEF\xBC\x9D"
                                 "1"}) {
    BOOST_TEST(safe(cell) == "'" + cell);
  }
  for (const std::string cell : {"", "a", "12", "-12.5", "+31", "a=b", "'=1", "2026-01-01"}) {
    BOOST_TEST(safe(cell) == cell);
  }
}

BOOST_AUTO_TEST_SUITE_END()
