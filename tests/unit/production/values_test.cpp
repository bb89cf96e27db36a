#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "contracts/production/decimal.h"
#include "contracts/production/entity.h"
#include "contracts/production/time.h"
#include "contracts/production/vocabulary.h"

namespace keten::production {
namespace {

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(a_time_is_read_to_the_millisecond_in_utc) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
      {"2026-03-04T10:00:30.1405+01:00", "2026-03-04T09:00:30.140Z"},
      {"2005-04-03T20:33:31.116-06:00", "2005-04-04T02:33:31.116Z"},
      {"2024-02-29T23:59:59.9Z", "2024-02-29T23:59:59.900Z"},
      {"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
      {"0001-01-01T00:00:00+14:00", "0000-12-31T10:00:00.000Z"},
      {"2026-01-01T00:00:00-00:00", "2026-01-01T00:00:00.000Z"}};
  for (const auto& [text, expected] : table) {
    const auto time = parse_time(text);
    BOOST_REQUIRE_MESSAGE(time.has_value(), text);
    BOOST_TEST(time_text(*time) == expected, text);
  }
}

BOOST_AUTO_TEST_CASE(a_time_without_zone_or_that_cannot_be_is_refused) {
  for (const std::string text : {"",
                                 "2026-03-04T10:00:30",
                                 "2026-03-04",
                                 "2026-02-30T00:00:00Z",
                                 "2025-02-29T00:00:00Z",
                                 "2026-13-01T00:00:00Z",
                                 "2026-00-01T00:00:00Z",
                                 "2026-01-01T24:00:00Z",
                                 "2026-01-01T00:60:00Z",
                                 "2026-12-31T23:59:60Z",
                                 "2026-01-01T00:00:00.Z",
                                 "2026-01-01T00:00:00+14:01",
                                 "2026-01-01T00:00:00+1:00",
                                 "2026-01-01T00:00:00Zx",
                                 "2026-01-01 00:00:00Z",
                                 "2026-01-01t00:00:00z",
                                 "0000-01-01T00:00:00Z",
                                 "+2026-01-01T00:00:00Z",
                                 "not-a-date",
                                 "2026-01-01T00:00Z"}) {
    BOOST_TEST(!parse_time(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(an_offset_ends_at_fourteen_hours) {
  for (const std::string text : {"+00:00", "-06:00", "+05:30", "+13:59", "-14:00"}) {
    BOOST_TEST(is_zone_offset(text), text);
  }
  for (const std::string text : {"", "Z", "+14:01", "+15:00", "02:00", "+2:00", "+02:60", "+02:00 "}) {
    BOOST_TEST(!is_zone_offset(text), text);
  }
}

BOOST_AUTO_TEST_CASE(every_spelling_of_a_cbv_word_is_its_bare_word) {
  for (const std::string text :
       {"shipping", "https://ref.gs1.org/cbv/BizStep-shipping", "https://ns.gs1.org/cbv/BizStep-shipping",
        "cbv:BizStep-shipping", "urn:epcglobal:cbv:bizstep:shipping"}) {
    BOOST_TEST(bare_word(Vocabulary::biz_step, text) == "shipping", text);
  }
  BOOST_TEST(bare_word(Vocabulary::disposition, "urn:epcglobal:cbv:disp:in_transit") == "in_transit");
  BOOST_TEST(bare_word(Vocabulary::biz_transaction_type, "https://ref.gs1.org/cbv/BTT-po") == "po");
  BOOST_TEST(bare_word(Vocabulary::measurement_type, "gs1:Temperature") == "Temperature");
}

BOOST_AUTO_TEST_CASE(another_word_stays_as_it_is) {
  for (const std::string text : {"https://example.com/bizStep/shipping", "urn:epcglobal:cbv:disp:in_transit",
                                 "https://ref.gs1.org/cbv/BizStep-flying", ""}) {
    BOOST_TEST(bare_word(Vocabulary::biz_step, text) == text);
  }
}

BOOST_AUTO_TEST_CASE(the_published_word_lists_are_complete) {
  const auto count = [](Vocabulary vocabulary) {
    const auto text = vocabulary_text(vocabulary);
    return std::count(text.begin(), text.end(), ',') + 1;
  };
  BOOST_TEST(count(Vocabulary::biz_step) == 41);
  BOOST_TEST(count(Vocabulary::disposition) == 33);
  BOOST_TEST(count(Vocabulary::biz_transaction_type) == 13);
  BOOST_TEST(count(Vocabulary::party_type) == 3);
  BOOST_TEST(count(Vocabulary::error_reason) == 2);
}

BOOST_AUTO_TEST_CASE(an_epc_and_its_digital_link_are_one_item) {
  const std::vector<std::vector<std::string>> same = {
      {"urn:epc:id:sgtin:4012345.011111.987", "https://id.gs1.org/01/04012345111118/21/987",
       "http://shop.example/a/b/01/4012345111118/21/987?x=1", "https://id.gs1.org/01/04012345111118/22/2A/10/L1/21/987",
       "https://example.com/gtin/04012345111118/ser/987"},
      {"urn:epc:id:sscc:4012345.3111111111", "https://id.gs1.org/00/340123451111111111"},
      {"urn:epc:class:lgtin:4012345.012345.Lot987", "https://id.gs1.org/01/04012345123456/10/Lot987"},
      {"urn:epc:id:sgln:4012345.00005.0", "https://id.gs1.org/414/4012345000054"},
      {"urn:epc:id:giai:4012345.ABC345", "https://id.gs1.org/8004/4012345ABC345"},
      {"urn:epc:id:gdti:987659999999..9", "https://id.gs1.org/253/98765999999929"},
      {"urn:epc:id:itip:4012345.011111.01.02.987", "https://id.gs1.org/8006/040123451111180102/21/987"},
      {"urn:epc:id:sgtin:4012345.011111.a%2Fb", "https://id.gs1.org/01/04012345111118/21/a%2fb"},
  };
  for (const auto& spellings : same) {
    for (const auto& spelling : spellings) { BOOST_TEST(entity_key(spelling) == entity_key(spellings[0]), spelling); }
    BOOST_TEST(entity_key(spellings[0]).starts_with("https://id.gs1.org/"), spellings[0]);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_gs1_key_is_its_own_name) {
  for (const std::string uri :
       {"urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8", "https://example.com/item/1",
        "urn:epc:id:sgtin:4012345.011111", "urn:epc:id:sgtin:4012345.0111112.1", "urn:epc:id:sgtin:40123x5.011111.1",
        "urn:epc:id:sgtin:4012345.011111.", "urn:epc:id:sgtin:4012345.011111.%2", "urn:epc:id:sscc:4012345.311111111",
        "https://id.gs1.org/01/9780345418913/99/x", "https://id.gs1.org/00/34012345111111111",
        "https://id.gs1.org/01/04012345111118/21", "did:web:farm.example", ""}) {
    BOOST_TEST(entity_key(uri) == uri);
    BOOST_TEST(!digital_link(uri).has_value(), uri);
  }
}

bool matches_any(const std::vector<EntityPattern>& patterns, std::string_view uri) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [key = entity_key(uri)](const auto& each) { return each.matches(key); });
}

BOOST_AUTO_TEST_CASE(a_pattern_matches_the_instances_of_its_product_only) {
  const auto pattern = entity_patterns("urn:epc:idpat:sgtin:4012345.011111.*");
  BOOST_TEST(matches_any(pattern, "urn:epc:id:sgtin:4012345.011111.1"));
  BOOST_TEST(!matches_any(pattern, "urn:epc:id:sgtin:4012345.011112.1"));
  BOOST_TEST(!matches_any(pattern, "urn:epc:class:lgtin:4012345.011111.1"));
  BOOST_TEST(matches_any(entity_patterns("urn:x:1"), "urn:x:1"));
  BOOST_TEST(!matches_any(entity_patterns("urn:x:1"), "urn:x:12"));
}

BOOST_AUTO_TEST_CASE(a_pattern_with_a_wildcard_as_item_matches_what_a_company_makes) {
  const auto all = entity_patterns("urn:epc:idpat:sgtin:4012345.*.*");
  for (const auto* uri : {"urn:epc:id:sgtin:4012345.011111.1", "urn:epc:id:sgtin:4012345.911112.x%2Fy",
                          "https://shop.example/01/04012345111118/10/L/21/7"}) {
    BOOST_TEST(matches_any(all, uri), uri);
  }
  for (const auto* uri : {"urn:epc:id:sgtin:4012346.011111.1", "urn:epc:class:lgtin:4012345.011111.1",
                          "urn:epc:idpat:sgtin:4012345.011111.*", "urn:epc:id:sscc:4012345.3111111111",
                          "urn:epc:id:upui:4012345.011111.1"}) {
    BOOST_TEST(!matches_any(all, uri), uri);
  }
  struct Row {
    const char* pattern;
    const char* inside;
    const char* outside;
  };
  for (const auto& row : {
           Row{"urn:epc:idpat:sgtin:*.*.*", "urn:epc:id:sgtin:0614141.107346.1",
               "urn:epc:class:lgtin:0614141.107346.1"},
           Row{"urn:epc:idpat:sscc:4012345.*", "urn:epc:id:sscc:4012345.3111111111",
               "urn:epc:id:sscc:4012346.3111111111"},
           Row{"urn:epc:idpat:sgln:4012345.*.*", "urn:epc:id:sgln:4012345.11111.400",
               "urn:epc:id:sgln:4012346.11111.400"},
           Row{"urn:epc:idpat:sgln:4012345.11111.*", "urn:epc:id:sgln:4012345.11111.0",
               "urn:epc:id:sgln:4012345.11112.0"},
           Row{"urn:epc:idpat:grai:4012345.*.*", "urn:epc:id:grai:4012345.11111.1", "urn:epc:id:giai:4012345.11111"},
           Row{"urn:epc:idpat:giai:4012345.*", "urn:epc:id:giai:4012345.111", "urn:epc:id:giai:4012346.111"},
           Row{"urn:epc:idpat:cpi:4012345.*.*", "urn:epc:id:cpi:4012345.AB.1", "urn:epc:id:cpi:4012346.AB.1"},
           Row{"urn:epc:idpat:itip:4012345.011111.*.*.*", "urn:epc:id:itip:4012345.011111.01.02.9",
               "urn:epc:id:itip:4012345.011112.01.02.9"},
           Row{"urn:epc:idpat:itip:4012345.011111.01.*.*", "urn:epc:id:itip:4012345.011111.01.02.9",
               "urn:epc:id:itip:4012345.011111.02.02.9"},
           Row{"urn:epc:idpat:sgtin:4012345.011111.1", "urn:epc:id:sgtin:4012345.011111.1",
               "urn:epc:id:sgtin:4012345.011111.12"},
       }) {
    BOOST_TEST(matches_any(entity_patterns(row.pattern), row.inside), row.pattern);
    BOOST_TEST(!matches_any(entity_patterns(row.pattern), row.outside), row.pattern);
  }
  for (const auto* broken :
       {"urn:epc:idpat:sgtin:4012345.*.1", "urn:epc:idpat:sgtin:*.011111.*", "urn:epc:idpat:sgtin:40123.*.*",
        "urn:epc:idpat:sgtin:4012x45.*.*", "urn:epc:idpat:sgtin:4012345.*", "urn:epc:idpat:other:4012345.*",
        "urn:epc:idpat:sgtin", "urn:epc:idpat:itip:4012345.011111.x.*.*"}) {
    BOOST_TEST(entity_patterns(broken).empty(), broken);
  }
}

BOOST_AUTO_TEST_CASE(a_class_pattern_with_a_wildcard_as_item_matches_products_and_not_their_lots) {
  const auto products = class_patterns("urn:epc:idpat:sgtin:4012345.*.*");
  BOOST_TEST(matches_any(products, "urn:epc:idpat:sgtin:4012345.011111.*"));
  BOOST_TEST(matches_any(products, "https://id.gs1.org/01/04012345111118"));
  BOOST_TEST(!matches_any(products, "urn:epc:class:lgtin:4012345.011111.1"));
  BOOST_TEST(!matches_any(products, "https://id.gs1.org/01/04012346111117"));
}

BOOST_AUTO_TEST_CASE(a_lot_number_names_the_lot_of_an_instance) {
  const auto instance = entity_key("urn:epc:id:sgtin:4012345.011111.1");
  BOOST_TEST(lot_of_instance(instance, "A/1 %x").value_or("") ==
             entity_key("urn:epc:class:lgtin:4012345.011111.A%2F1%20%25x"));
  BOOST_TEST(!lot_of_instance(instance, "").has_value());
  BOOST_TEST(!lot_of_instance(instance, "123456789012345678901").has_value());
  BOOST_TEST(!lot_of_instance(entity_key("urn:epc:class:lgtin:4012345.011111.1"), "A").has_value());
  BOOST_TEST(!lot_of_instance(entity_key("urn:epc:id:giai:4012345.111"), "A").has_value());
  BOOST_TEST(!lot_of_instance("urn:x:1/21/3", "A").has_value());
}

BOOST_AUTO_TEST_CASE(check_digits_are_those_of_the_general_specifications) {
  BOOST_TEST(check_digit("0401234511111") == '8');
  BOOST_TEST(check_digit("629104150021") == '3');
  BOOST_TEST(check_digit("34012345111111111") == '1');
}

BOOST_AUTO_TEST_CASE(decimals_are_compared_without_rounding) {
  const std::vector<std::string> ascending = {"-1e3", "-2.5", "-2.49", "0",  "1e-7", "0.1",   "0.10000000000000000001",
                                              "1",    "9.99", "10",    "99", "1e2",  "100.5", "1e30"};
  for (std::size_t i = 0; i + 1 < ascending.size(); ++i) {
    BOOST_TEST((compare_decimals(ascending[i], ascending[i + 1]) < 0), ascending[i] << " < " << ascending[i + 1]);
    BOOST_TEST((compare_decimals(ascending[i + 1], ascending[i]) > 0), ascending[i + 1] << " > " << ascending[i]);
  }
  for (const auto& [left, right] : std::vector<std::pair<std::string, std::string>>{
           {"1e3", "1000.0"}, {"-0", "0.00"}, {"0.5", "5E-1"}, {"12.30", "12.3"}}) {
    BOOST_TEST((compare_decimals(left, right) == 0), left);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::production
