#include "../samples.hpp"  // lint: allow guests are compiled by keten, outside the tree
using namespace samples;

namespace {
/// The farm has sent 100 kg of milk and a wheel.
void sent(Chain& chain) {
  chain.captured("farm",
                 object("ADD", "commissioning", lot(kMilk, "150") + "," + epcs(kWheel), "2026-02-01T08:00:00Z"));
  chain.captured("farm", object("OBSERVE", "shipping", lot(kMilk, "100") + "," + epcs(kWheel), "2026-02-02T08:00:00Z"));
}
std::string codes(Chain& chain, const std::string& rest) {
  return chain.judge("dairy", object("OBSERVE", "receiving", rest)).codes();
}
}  // namespace

KETEN_TEST(what_was_shipped_is_received) {
  Chain chain;
  sent(chain);
  KETEN_EQUAL(codes(chain, lot(kMilk, "100") + "," + epcs(kWheel)), "");
}

KETEN_TEST(each_kind_of_difference_has_its_code) {
  Chain chain;
  sent(chain);
  KETEN_EQUAL(codes(chain, lot(kMilk, "101")), "overage");
  KETEN_EQUAL(codes(chain, lot(kMilk, "99.5")), "shortage");
  KETEN_EQUAL(codes(chain, lot(kCheese, "1")), "wrong_item");
  KETEN_EQUAL(codes(chain, epcs(kOtherWheel)), "wrong_item");
  KETEN_EQUAL(codes(chain, R"("quantityList":[{"epcClass":")" + kMilk + R"(","quantity":100}])"), "other_unit");
  KETEN_EQUAL(codes(chain, R"("quantityList":[{"epcClass":")" + kMilk + R"("}])"), "no_quantity");
  KETEN_EQUAL(codes(chain, epcs(kWheel) + R"(,"disposition":"damaged")"), "damaged");
}

KETEN_TEST(a_tolerance_and_deliveries_in_parts_are_agreed) {
  Chain chain;
  sent(chain);
  chain.parameters(R"({"tolerancePercent": 1, "answerHours": 48})").time("2026-03-01T00:00:00Z");
  KETEN_EQUAL(codes(chain, lot(kMilk, "99")), "");
  const auto judged = chain.judge("dairy", object("OBSERVE", "receiving", lot(kMilk, "98.9")));
  KETEN_EQUAL(judged.codes(), "shortage");
  KETEN_EQUAL(judged.findings[0].message, kMilk + ": 98.9 KGM received, 100 KGM shipped");
  KETEN_EQUAL(judged.findings[0].deadline_ms, *keten::parse_time("2026-03-03T00:00:00Z"));
  chain.parameters(R"({"partial": true})");
  KETEN_EQUAL(codes(chain, lot(kMilk, "30")), "");
}

KETEN_TEST(what_was_received_once_is_not_received_again) {
  Chain chain;
  sent(chain);
  chain.captured("dairy", object("OBSERVE", "receiving", epcs(kWheel), "2026-02-03T08:00:00Z"));
  KETEN_EQUAL(codes(chain, epcs(kWheel)), "wrong_item");
}

KETEN_TEST(what_was_received_is_accepted_afterwards) {
  Chain chain;
  sent(chain);
  chain.captured("dairy",
                 object("OBSERVE", "receiving", lot(kMilk, "100") + "," + epcs(kWheel), "2026-02-03T08:00:00Z"));
  const auto accepting = [&](const std::string& who, const std::string& rest) {
    return chain.judge(who, object("OBSERVE", "accepting", rest)).codes();
  };
  KETEN_EQUAL(accepting("dairy", lot(kMilk, "100") + "," + epcs(kWheel)), "");
  KETEN_EQUAL(accepting("dairy", lot(kMilk, "40")), "");
  KETEN_EQUAL(accepting("shop", epcs(kWheel)), "wrong_item");
  KETEN_EQUAL(accepting("shop", lot(kMilk, "1")), "wrong_item");
  KETEN_EQUAL(accepting("dairy", lot(kMilk, "101")), "wrong_item");
}

KETEN_TEST(what_arrives_may_be_accepted_at_once) {
  Chain chain;
  sent(chain);
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "accepting", lot(kMilk, "100") + "," + epcs(kWheel))).codes(), "");
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "accepting", lot(kMilk, "101"))).codes(), "overage");
}

KETEN_TEST(entries_of_one_lot_count_together) {
  Chain chain;
  sent(chain);
  KETEN_EQUAL(codes(chain, lots(kMilk, "60,40")), "");
  KETEN_EQUAL(codes(chain, lots(kMilk, "100,100")), "overage");
  KETEN_EQUAL(codes(chain, lots(kMilk, "60,39")), "shortage");
}

KETEN_TEST(a_negative_or_unreadable_quantity_is_found) {
  Chain chain;
  sent(chain);
  KETEN_EQUAL(codes(chain, lots(kMilk, "-5")), "negative_quantity");
  KETEN_EQUAL(codes(chain, lots(kMilk, "0")), "shortage");
  KETEN_EQUAL(codes(chain, lots(kMilk, "1e40")), "unreadable");
  chain.parameters(R"({"partial": true})");
  KETEN_EQUAL(codes(chain, lots(kMilk, "-5")), "negative_quantity");
  KETEN_EQUAL(codes(chain, lots(kMilk, "99.99999999999999")), "");
}

KETEN_TEST(parameters_that_cannot_be_read_are_found) {
  Chain chain;
  sent(chain);
  for (const char* parameters : {R"({"tolerancePercent":"1%"})", R"({"tolerancePercent":-1})", R"({"partial":1})",
                                 R"({"answerHours":0.5})", R"({"answerHours":-1})"}) {
    chain.parameters(parameters);
    KETEN_EQUAL(codes(chain, lot(kMilk, "100")), "parameter_unreadable");
  }
  chain.parameters(R"({"tolerance":1})");
  KETEN_EQUAL(codes(chain, lot(kMilk, "100")), "parameter_unknown");
}

KETEN_TEST(the_cold_chain_arrives_as_it_was_sent) {
  Chain chain;
  KETEN_EQUAL(joined(cold_chain(chain)), "");
}

KETEN_TEST(the_longest_events_are_within_the_fuel_of_the_package) { expect_the_longest_events_within_fuel("{}"); }

KETEN_TEST(what_the_public_sample_data_shows) {
  expect_on_public_samples("{}", "events with a finding 8, wrong_item 17");
}
