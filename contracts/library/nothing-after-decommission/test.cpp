#include "../samples.hpp"  // lint: allow guests are compiled by keten, outside the tree
using namespace samples;

KETEN_TEST(what_was_decommissioned_is_named_no_more) {
  Chain chain;
  chain.captured("dairy", object("ADD", "commissioning", epcs(kWheel), "2026-02-01T08:00:00Z"));
  const auto later = object("OBSERVE", "shipping", epcs(kWheel));
  KETEN_EXPECT(chain.judge("dairy", later).accepted());
  chain.captured("dairy", object("DELETE", "destroying", epcs(kWheel), "2026-02-02T08:00:00Z"));
  KETEN_EQUAL(chain.judge("dairy", later).codes(), "item_is_gone");
}

KETEN_TEST(an_input_is_used_up_and_a_lot_goes_in_part) {
  Chain chain;
  chain.captured("dairy", object("ADD", "commissioning", epcs(kWheel), "2026-02-01T08:00:00Z"));
  chain.captured("dairy", object("ADD", "commissioning", lot(kMilk, "100"), "2026-02-01T08:00:00Z"));
  chain.captured("dairy", event("TransformationEvent",
                                R"("inputEPCList":[")" + kWheel + R"("],)" + lot(kMilk, "40", "inputQuantityList") +
                                    "," + lot(kCheese, "10", "outputQuantityList"),
                                "2026-02-03T08:00:00Z"));
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "storing", epcs(kWheel))).codes(), "item_is_gone");
  KETEN_EXPECT(chain.judge("dairy", object("OBSERVE", "storing", lot(kMilk, "60"))).accepted());
}

KETEN_TEST(the_declaration_of_an_error_is_not_judged) {
  Chain chain;
  chain.captured("dairy", object("DELETE", "destroying", epcs(kWheel), "2026-02-02T08:00:00Z"));
  KETEN_EXPECT(
      chain
          .judge(
              "dairy",
              object("OBSERVE", "shipping",
                     epcs(kWheel) +
                         R"(,"errorDeclaration":{"declarationTime":"2026-03-02T08:00:00Z","reason":"did_not_occur"})"))
          .accepted());
}

KETEN_TEST(the_cold_chain_ends_with_a_sale) {
  Chain chain;
  KETEN_EQUAL(joined(cold_chain(chain)), "");
}

KETEN_TEST(the_longest_events_are_within_the_fuel_of_the_package) { expect_the_longest_events_within_fuel("{}"); }

KETEN_TEST(what_the_public_sample_data_shows) { expect_on_public_samples("{}", ""); }
