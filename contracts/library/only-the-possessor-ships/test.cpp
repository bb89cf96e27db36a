#include "../samples.hpp"  // lint: allow guests are compiled by keten, outside the tree
using namespace samples;

KETEN_TEST(a_stranger_cannot_ship_what_another_has) {
  Chain chain;
  chain.captured("dairy", object("ADD", "commissioning", epcs(kWheel), "2026-02-01T08:00:00Z"));
  const auto shipping = object("OBSERVE", "shipping", epcs(kWheel));
  KETEN_EXPECT(chain.judge("dairy", shipping).accepted());
  const auto judged = chain.judge("shop", shipping);
  KETEN_EQUAL(judged.codes(), "not_possessor");
  KETEN_EQUAL(judged.findings[0].message, "shop records shipping of " + kWheel + ", which dairy has");
  KETEN_EXPECT(chain.judge("shop", object("OBSERVE", "inspecting", epcs(kWheel))).accepted());
}

KETEN_TEST(a_lot_is_shipped_by_who_has_some_of_it) {
  Chain chain;
  chain.captured("farm", object("ADD", "commissioning", lot(kMilk, "100"), "2026-02-01T08:00:00Z"));
  KETEN_EXPECT(chain.judge("farm", object("OBSERVE", "shipping", lot(kMilk, "40"))).accepted());
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "shipping", lot(kMilk, "40"))).codes(), "not_possessor");
  KETEN_EQUAL(chain
                  .judge("dairy", event("TransformationEvent", lot(kMilk, "40", "inputQuantityList") + "," +
                                                                   lot(kCheese, "4", "outputQuantityList")))
                  .codes(),
              "not_possessor");
}

KETEN_TEST(what_nobody_is_known_to_have_is_found_only_when_agreed) {
  Chain chain;
  const auto shipping = object("OBSERVE", "shipping", epcs(kWheel));
  KETEN_EXPECT(chain.judge("dairy", shipping).accepted());
  chain.parameters(R"({"unknown": true})");
  KETEN_EQUAL(chain.judge("dairy", shipping).codes(), "possessor_unknown");
}

KETEN_TEST(the_agreed_steps_are_judged) {
  Chain chain;
  chain.captured("dairy", object("ADD", "commissioning", epcs(kWheel), "2026-02-01T08:00:00Z"));
  chain.parameters(R"({"steps": ["inspecting"]})");
  KETEN_EXPECT(chain.judge("shop", object("OBSERVE", "shipping", epcs(kWheel))).accepted());
  KETEN_EQUAL(chain.judge("shop", object("OBSERVE", "inspecting", epcs(kWheel))).codes(), "not_possessor");
}

KETEN_TEST(who_ends_an_item_must_have_it_in_whatever_step) {
  Chain chain;
  chain.captured("dairy", object("ADD", "commissioning", epcs(kWheel), "2026-02-01T08:00:00Z"));
  const auto end = event("ObjectEvent", R"("action":"DELETE",)" + epcs(kWheel));
  const auto judged = chain.judge("shop", end);
  KETEN_EQUAL(judged.codes(), "not_possessor");
  KETEN_EQUAL(judged.findings[0].message, "shop records the end of " + kWheel + ", which dairy has");
  KETEN_EQUAL(chain.judge("shop", object("DELETE", "other", epcs(kWheel))).codes(), "not_possessor");
  KETEN_EXPECT(chain.judge("dairy", end).accepted());
}

KETEN_TEST(parameters_that_cannot_be_read_are_found) {
  Chain chain;
  const auto shipping = object("OBSERVE", "shipping", epcs(kWheel));
  for (const char* parameters : {R"({"steps":"shipping"})", R"({"steps":[["shipping"]]})", R"({"unknown":"yes"})"}) {
    chain.parameters(parameters);
    KETEN_EQUAL(chain.judge("dairy", shipping).codes(), "parameter_unreadable");
  }
  chain.parameters(R"({"step":["shipping"]})");
  KETEN_EQUAL(chain.judge("dairy", shipping).codes(), "parameter_unknown");
}

KETEN_TEST(the_cold_chain_is_shipped_by_who_has_it) {
  Chain chain;
  KETEN_EQUAL(joined(cold_chain(chain)), "");
}

KETEN_TEST(the_longest_events_are_within_the_fuel_of_the_package) {
  expect_the_longest_events_within_fuel(R"({"unknown":true})");
}

KETEN_TEST(what_the_public_sample_data_shows) { expect_on_public_samples("{}", ""); }
