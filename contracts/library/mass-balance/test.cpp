#include "../samples.hpp"  // lint: allow guests are compiled by keten, outside the tree
using namespace samples;

namespace {
const char* const kGouda =
    R"({"unit":"KGM","yieldMin":0.08,"yieldMax":0.12,"outputs":["https://id.gs1.org/01/09521003000428"],"stock":false})";
std::string making(const std::string& in, const std::string& out) {
  return event("TransformationEvent",
               lot(kMilk, in, "inputQuantityList") + "," + lot(kCheese, out, "outputQuantityList"));
}
}  // namespace

KETEN_TEST(a_yield_within_the_agreed_one_is_accepted) {
  Chain chain;
  chain.parameters(kGouda);
  for (const char* good : {"80", "100", "120"}) { KETEN_EQUAL(chain.judge("dairy", making("1000", good)).codes(), ""); }
  KETEN_EQUAL(chain.judge("dairy", making("1000", "79.999")).codes(), "too_little_output");
  const auto judged = chain.judge("dairy", making("1000", "120.001"));
  KETEN_EQUAL(judged.codes(), "too_much_output");
  KETEN_EQUAL(judged.findings[0].message, "120.001 KGM out of 1000 KGM: agreed are at most 0.12 for each KGM");
}

KETEN_TEST(units_are_converted_as_agreed_and_never_guessed) {
  Chain chain;
  const auto cases =
      event("TransformationEvent", R"("inputQuantityList":[{"epcClass":")" + kMilk +
                                       R"(","quantity":2000,"uom":"LBR"}],"outputQuantityList":[{"epcClass":")" +
                                       kCheese + R"(","quantity":9}])");
  chain.parameters(kGouda);
  KETEN_EQUAL(chain.judge("dairy", cases).codes(), "not_convertible not_convertible");
  chain.parameters(
      R"({"unit":"KGM","yieldMin":0.08,"yieldMax":0.12,"stock":false,"conversions":[{"unit":"LBR","factor":0.45359237},
    {"product":"https://id.gs1.org/01/09521003000428","unit":"","factor":12}]})");
  KETEN_EQUAL(chain.judge("dairy", cases).codes(), "");  // 108 kg out of 907.18474 kg: 0.119
}

KETEN_TEST(other_products_are_not_judged) {
  Chain chain;
  chain.parameters(
      R"({"unit":"KGM","yieldMin":1,"yieldMax":1,"outputs":["https://id.gs1.org/01/09521003000999"],"stock":false})");
  KETEN_EQUAL(chain.judge("dairy", making("1000", "5000")).codes(), "");
}

KETEN_TEST(more_than_is_held_can_neither_be_used_nor_shipped) {
  Chain chain;
  chain.parameters(R"({"unit":"KGM","yieldMin":0.08,"yieldMax":0.12})");
  chain.captured("dairy", object("ADD", "commissioning", lot(kMilk, "1000"), "2026-02-01T08:00:00Z"));
  KETEN_EQUAL(chain.judge("dairy", making("1000", "100")).codes(), "");
  KETEN_EQUAL(chain.judge("dairy", making("1000.5", "100")).codes(), "more_than_held");
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "shipping", lot(kMilk, "1001"))).codes(), "more_than_held");
  KETEN_EQUAL(chain.judge("shop", object("OBSERVE", "shipping", lot(kMilk, "1"))).codes(), "more_than_held");
}

KETEN_TEST(missing_parameters_are_a_finding) {
  KETEN_EQUAL(Chain().judge("dairy", making("10", "1")).codes(),
              "parameter_missing parameter_missing parameter_missing");
}

KETEN_TEST(the_cheese_of_the_cold_chain_balances) {
  Chain chain;
  chain.parameters(R"({"unit":"KGM","yieldMin":0.08,"yieldMax":0.12})");
  KETEN_EQUAL(joined(cold_chain(chain)), "");
}

KETEN_TEST(a_lot_cannot_be_made_uncounted_to_ship_what_is_not_there) {
  Chain chain;
  chain.parameters(R"({"unit":"KGM","yieldMin":0.08,"yieldMax":0.12})");
  chain.captured("dairy", object("ADD", "commissioning", lot(kMilk, "100"), "2026-02-01T08:00:00Z"));
  chain.captured("dairy", object("OBSERVE", "inspecting", lots(kMilk, "-1"), "2026-02-02T08:00:00Z"));
  chain.captured("dairy", object("OBSERVE", "inspecting", lots(kMilk, ""), "2026-02-03T08:00:00Z"));
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "shipping", lot(kMilk, "1000"))).codes(), "more_than_held");
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "shipping", lots(kMilk, ""))).codes(), "no_quantity");
  chain.captured("dairy", object("ADD", "commissioning", lots(kMilk, ""), "2026-02-04T08:00:00Z"));
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "shipping", lot(kMilk, "100"))).codes(), "");
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "shipping", lot(kMilk, "100.1"))).codes(), "not_counted");
}

KETEN_TEST(a_lot_that_nobody_recorded_is_not_held) {
  Chain chain;
  chain.parameters(R"({"unit":"KGM","yieldMin":0.08,"yieldMax":0.12})");
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "shipping", lot(kMilk, "1"))).codes(), "more_than_held");
}

KETEN_TEST(only_the_agreed_outputs_are_summed_up) {
  const auto cheese_and_whey = [](const std::string& cheese, const std::string& whey) {
    return event("TransformationEvent",
                 lot(kMilk, "1000", "inputQuantityList") + R"(,"outputQuantityList":[{"epcClass":")" + kCheese +
                     R"(","quantity":)" + cheese +
                     R"(,"uom":"KGM"},{"epcClass":"https://id.gs1.org/01/09521003000992/10/W",)" + R"("quantity":)" +
                     whey + R"(,"uom":"KGM"}])");
  };
  Chain chain;
  chain.parameters(kGouda);
  KETEN_EQUAL(chain.judge("dairy", cheese_and_whey("100", "880")).codes(), "");
  KETEN_EQUAL(chain.judge("dairy", cheese_and_whey("130", "5")).codes(), "too_much_output");
  KETEN_EQUAL(chain.judge("dairy", cheese_and_whey("10", "95")).codes(), "too_little_output");
}

KETEN_TEST(stock_is_judged_whatever_was_made) {
  Chain chain;
  chain.parameters(
      R"({"unit":"KGM","yieldMin":0.08,"yieldMax":0.12,"outputs":["https://id.gs1.org/01/09521003000992"]})");
  chain.captured("dairy", object("ADD", "commissioning", lot(kMilk, "100"), "2026-02-01T08:00:00Z"));
  KETEN_EQUAL(chain.judge("dairy", making("1000", "100")).codes(), "more_than_held");
}

KETEN_TEST(negative_amounts_hide_nothing) {
  Chain chain;
  chain.parameters(kGouda);
  const auto judge = [&](const std::string& in, const std::string& out) {
    return chain
        .judge("dairy", event("TransformationEvent",
                              lots(kMilk, in, "inputQuantityList") + "," + lots(kCheese, out, "outputQuantityList")))
        .codes();
  };
  KETEN_EQUAL(judge("1000", "500,-400"), "negative_quantity");
  KETEN_EQUAL(judge("5000,-4000", "100"), "negative_quantity");
  KETEN_EQUAL(judge("1000", "0"), "too_little_output");
  KETEN_EQUAL(judge("0", "1"), "too_much_output");
  KETEN_EQUAL(judge("1000", "60,60"), "");
  KETEN_EQUAL(judge("1000", "60,60.1"), "too_much_output");
}

KETEN_TEST(entries_of_one_lot_count_together) {
  Chain chain;
  chain.parameters(R"({"unit":"KGM","yieldMin":0.08,"yieldMax":0.12})");
  chain.captured("dairy", object("ADD", "commissioning", lot(kMilk, "100"), "2026-02-01T08:00:00Z"));
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "shipping", lots(kMilk, "60,40"))).codes(), "");
  const auto judged = chain.judge("dairy", object("OBSERVE", "shipping", lots(kMilk, "100,100")));
  KETEN_EQUAL(judged.codes(), "more_than_held");
  KETEN_EQUAL(judged.findings[0].message, "200 KGM of " + kMilk + " leave dairy, which has 100 loose");
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "shipping", lots(kMilk, "150,-50"))).codes(),
              "negative_quantity more_than_held");
}

KETEN_TEST(whatever_takes_goods_away_is_compared_with_what_is_held) {
  Chain chain;
  chain.parameters(R"({"unit":"KGM","yieldMin":0.08,"yieldMax":0.12})");
  chain.captured("dairy", object("ADD", "commissioning", lot(kMilk, "100"), "2026-02-01T08:00:00Z"));
  const auto packing = [](const std::string& action, const std::string& amount) {
    return event("AggregationEvent", R"("action":")" + action + R"(","bizStep":"packing","parentID":")" + kPallet +
                                         "\"," + lots(kMilk, amount, "childQuantityList"));
  };
  KETEN_EQUAL(chain.judge("dairy", packing("ADD", "100")).codes(), "");
  KETEN_EQUAL(chain.judge("dairy", packing("ADD", "101")).codes(), "more_than_held");
  KETEN_EQUAL(chain.judge("dairy", packing("OBSERVE", "101")).codes(), "");
  const auto sold =
      event("TransactionEvent",
            R"("action":"ADD","bizStep":"shipping","bizTransactionList":[{"bizTransaction":"urn:x:1"}],)" +
                lots(kMilk, "101"));
  KETEN_EQUAL(chain.judge("dairy", sold).codes(), "more_than_held");
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "retail_selling", lot(kMilk, "101"))).codes(), "more_than_held");
  KETEN_EQUAL(chain.judge("dairy", object("DELETE", "destroying", lot(kMilk, "101"))).codes(), "more_than_held");
}

KETEN_TEST(digits_beyond_the_ninth_place_blame_nobody_and_hide_nothing) {
  Chain chain;
  chain.parameters(R"({"unit":"KGM","yieldMin":1,"yieldMax":1})");
  chain.captured("dairy", object("ADD", "commissioning", lot(kMilk, "0.30000000000000004"), "2026-02-01T08:00:00Z"));
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "shipping", lot(kMilk, "0.30000000000000004"))).codes(), "");
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "shipping", lot(kMilk, "0.300000002"))).codes(), "more_than_held");
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "shipping", lot(kMilk, "1e40"))).codes(), "unreadable");
  chain.parameters(R"({"unit":"KGM","yieldMin":0.5,"yieldMax":0.5,"stock":false})");
  KETEN_EQUAL(chain.judge("dairy", making("0.6000000000000001", "0.30000000000000004")).codes(), "");
}

KETEN_TEST(parameters_that_cannot_be_read_are_found) {
  Chain chain;
  const auto codes = [&](const std::string& parameters) {
    chain.parameters(parameters);
    return chain.judge("dairy", making("1000", "100")).codes();
  };
  KETEN_EQUAL(codes(R"({"unit":"KGM","yieldMin":0.08,"yieldmax":0.12})"),
              "parameter_missing parameter_unreadable parameter_unknown");
  KETEN_EQUAL(codes(R"({"unit":"KGM","yieldMin":"a tenth","yieldMax":0.12})"), "parameter_unreadable");
  KETEN_EQUAL(codes(R"({"unit":"KGM","yieldMin":0.2,"yieldMax":0.12})"), "parameter_unreadable");
  KETEN_EQUAL(codes(R"({"unit":"KGM","yieldMin":0,"yieldMax":1,"conversions":[{"unit":"LBR","factor":-1}]})"),
              "parameter_unreadable");
  KETEN_EQUAL(codes(R"({"unit":"KGM","yieldMin":0,"yieldMax":1,"outputs":"https://id.gs1.org/01/09521003000428"})"),
              "parameter_unreadable");
  KETEN_EQUAL(codes(R"({"unit":"KGM","yieldMin":0,"yieldMax":1,"stock":"no"})"), "parameter_unreadable");
}

KETEN_TEST(outputs_are_named_in_any_spelling) {
  Chain chain;
  for (const char* product : {"https://dairy.example/01/9521003000428", "urn:epc:idpat:sgtin:9521003.000042.*"}) {
    chain.parameters(R"({"unit":"KGM","yieldMin":0.08,"yieldMax":0.12,"stock":false,"outputs":[")" +
                     std::string(product) + "\"]}");
    KETEN_EQUAL(chain.judge("dairy", making("1000", "500")).codes(), "too_much_output");
  }
}

KETEN_TEST(the_longest_events_are_within_the_fuel_of_the_package) {
  expect_the_longest_events_within_fuel(R"({"unit":"KGM","yieldMin":1,"yieldMax":1})");
}

KETEN_TEST(what_the_public_sample_data_shows) {
  expect_on_public_samples(R"({"unit":"KGM","yieldMin":1,"yieldMax":1})",
                           "events with a finding 11, more_than_held 18, not_convertible 18");
}
