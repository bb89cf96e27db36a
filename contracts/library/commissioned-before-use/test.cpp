#include "../samples.hpp"  // lint: allow guests are compiled by keten, outside the tree
using namespace samples;

KETEN_TEST(what_was_never_commissioned_is_found_and_what_was_is_accepted) {
  Chain chain;
  const auto shipping = object("OBSERVE", "shipping", epcs(kWheel));
  KETEN_EQUAL(chain.judge("dairy", shipping).codes(), "not_commissioned");
  KETEN_EXPECT(chain.judge("dairy", object("ADD", "commissioning", epcs(kWheel))).accepted());
  chain.captured("dairy", object("ADD", "commissioning", epcs(kWheel), "2026-02-28T08:00:00Z"));
  KETEN_EXPECT(chain.judge("dairy", shipping).accepted());
}

KETEN_TEST(an_output_is_born_and_an_input_must_have_been) {
  Chain chain;
  const auto making = event("TransformationEvent",
                            lot(kMilk, "100", "inputQuantityList") + "," + lot(kCheese, "10", "outputQuantityList"));
  const auto judged = chain.judge("dairy", making);
  KETEN_EQUAL(judged.codes(), "not_commissioned");
  KETEN_EXPECT(judged.findings[0].message.find(kMilk) == 0);
  chain.captured("dairy", making);
  KETEN_EXPECT(chain.judge("dairy", object("OBSERVE", "storing", lot(kCheese, "10"))).accepted());
}

KETEN_TEST(containers_and_lots_are_judged_as_agreed) {
  Chain chain;
  const auto packing =
      event("AggregationEvent", R"("action":"ADD","parentID":")" + kPallet + R"(","childQuantityList":[{"epcClass":")" +
                                    kMilk + R"(","quantity":1,"uom":"KGM"}])");
  KETEN_EQUAL(chain.judge("dairy", packing).codes(), "not_commissioned");
  chain.parameters(R"({"lots": false})");
  KETEN_EXPECT(chain.judge("dairy", packing).accepted());
  chain.parameters(R"({"lots": false, "containers": true})");
  KETEN_EXPECT(chain.judge("dairy", packing).findings.at(0).message.find(kPallet) == 0);
}

KETEN_TEST(a_hundred_strangers_are_sixteen_findings_and_no_failure) {
  std::string list;
  for (int i = 0; i < 100; ++i) {
    list += (i ? ",\"" : "\"") + std::string("https://id.gs1.org/01/09521003000428/21/X") + std::to_string(i) + "\"";
  }
  const auto judged = Chain().judge("dairy", object("OBSERVE", "shipping", "\"epcList\":[" + list + "]"));
  KETEN_EXPECT(judged.returned());
  KETEN_EQUAL(judged.findings.size(), 16);
}

KETEN_TEST(parameters_that_cannot_be_read_are_found) {
  Chain chain;
  chain.parameters(R"({"lots":"none","containers":0})");
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "shipping", epcs(kWheel))).codes(),
              "parameter_unreadable parameter_unreadable");
}

KETEN_TEST(the_cold_chain_is_complete) {
  Chain chain;
  KETEN_EQUAL(joined(cold_chain(chain)), "");
}

KETEN_TEST(the_longest_events_are_within_the_fuel_of_the_package) { expect_the_longest_events_within_fuel("{}"); }

KETEN_TEST(isolated_public_examples_mostly_break_it) {
  expect_on_public_samples("{}", "events with a finding 54, not_commissioned 146");
}
