#include "client/text_place.h"

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

namespace {

using keten::client::place_of;
using keten::client::TextPlace;

constexpr std::string_view kText =
    "{\n"
    "  \"a\": [1, {\"b\\u0020c\": \"x\\\"]}\"}, true],\n"
    "  \"d/e\": {\"caf\xC3\xA9\": 1, \"f~\": {\n"
    "    \"g\": -2.5e3 } },\n"
    "  \"h\": []\n"
    "}\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(text_places)

BOOST_AUTO_TEST_CASE(a_pointer_leads_to_the_line_and_column_of_its_value) {
  BOOST_TEST((place_of(kText, "") == TextPlace{1, 1}));
  BOOST_TEST((place_of(kText, "/a") == TextPlace{2, 8}));
  BOOST_TEST((place_of(kText, "/a/0") == TextPlace{2, 9}));
  BOOST_TEST((place_of(kText, "/a/1/b c") == TextPlace{2, 25}));
  BOOST_TEST((place_of(kText, "/a/2") == TextPlace{2, 35}));
  BOOST_TEST((place_of(kText, "/d~1e/f~0") == TextPlace{3, 28}));
  BOOST_TEST((place_of(kText, "/d~1e/f~0/g") == TextPlace{4, 10}));
  BOOST_TEST((place_of(kText, "/h") == TextPlace{5, 8}));
  BOOST_TEST((place_of(" 7 ", "") == TextPlace{1, 2}));
}

BOOST_AUTO_TEST_CASE(a_pointer_to_nothing_leads_to_what_is_around_it) {
  BOOST_TEST((place_of(kText, "/none") == TextPlace{1, 1}));
  BOOST_TEST((place_of(kText, "/a/9/x") == TextPlace{2, 8}));
  BOOST_TEST((place_of(kText, "/a/1/none") == TextPlace{2, 12}));
  BOOST_TEST((place_of(kText, "/h/0") == TextPlace{5, 8}));
  BOOST_TEST((place_of(kText, "/a/0/deeper") == TextPlace{2, 9}));
}

BOOST_AUTO_TEST_CASE(a_text_that_is_cut_off_or_no_json_has_places_too) {
  const std::string text(kText);
  for (std::size_t length = 0; length <= text.size(); ++length) {
    for (const auto* pointer : {"/a/1", "/h/0", "/d~1e/f~0/g", "/none"}) {
      BOOST_TEST((place_of(std::string_view(text).substr(0, length), pointer).line <= 6U));
    }
  }
  BOOST_TEST((place_of("{\"a\": \"never ends", "/b") == TextPlace{1, 1}));
  BOOST_TEST((place_of("{\"a\": [[[", "/b") == TextPlace{1, 1}));
  BOOST_TEST((place_of("]]]", "/0") == TextPlace{1, 1}));
  BOOST_TEST((place_of("[}]", "/1") == TextPlace{1, 1}));
}

BOOST_AUTO_TEST_SUITE_END()
