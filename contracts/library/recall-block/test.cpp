#include "../samples.hpp"  // lint: allow guests are compiled by keten, outside the tree
using namespace samples;

KETEN_TEST(a_recalled_lot_item_or_product_goes_nowhere_but_back) {
  Chain chain;
  chain.parameters(R"({"recalled":[")" + kMilk + R"(","https://id.gs1.org/01/09521003000428"]})");
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "shipping", lot(kMilk, "5"))).codes(), "recalled");
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "retail_selling", epcs(kWheel))).codes(), "recalled");
  KETEN_EXPECT(
      chain.judge("dairy", object("OBSERVE", "shipping", epcs(kWheel) + R"(,"disposition":"returned")")).accepted());
  KETEN_EXPECT(chain.judge("dairy", object("OBSERVE", "holding", epcs(kWheel))).accepted());
  KETEN_EXPECT(chain.judge("dairy", object("OBSERVE", "shipping", lot(kMilk + "2", "5"))).accepted());
  KETEN_EQUAL(chain
                  .judge("dairy", event("TransformationEvent", lot(kMilk, "4", "inputQuantityList") + "," +
                                                                   lot("https://id.gs1.org/01/09521003000411/10/X", "1",
                                                                       "outputQuantityList")))
                  .codes(),
              "recalled");
}

KETEN_TEST(a_disposition_on_the_ledger_recalls_as_well) {
  Chain chain;
  chain.captured("dairy", object("ADD", "commissioning", epcs(kWheel), "2026-02-01T08:00:00Z"));
  const auto shipping = object("OBSERVE", "shipping", epcs(kWheel));
  KETEN_EXPECT(chain.judge("dairy", shipping).accepted());
  chain.captured("dairy",
                 object("OBSERVE", "holding", epcs(kWheel) + R"(,"disposition":"recalled")", "2026-02-02T08:00:00Z"));
  KETEN_EQUAL(chain.judge("dairy", shipping).codes(), "recalled");
}

KETEN_TEST(the_allowed_steps_are_agreed) {
  Chain chain;
  chain.parameters(R"({"recalled":[")" + kWheel + R"("],"allowedSteps":["destroying"]})");
  KETEN_EQUAL(chain.judge("dairy", object("OBSERVE", "holding", epcs(kWheel))).codes(), "recalled");
  KETEN_EXPECT(chain.judge("dairy", object("DELETE", "destroying", epcs(kWheel))).accepted());
}

KETEN_TEST(a_recalled_lot_of_the_cold_chain_is_found_from_its_first_step) {
  Chain chain;
  chain.parameters(R"({"recalled":["https://id.gs1.org/01/09521001000017/10/MILK-0601-A"]})");
  KETEN_EQUAL(joined(cold_chain(chain)),
              "01-farm-commission 0: recalled; 02-farm-packing 0: recalled; 06-dairy-cheese 0: recalled");
}

KETEN_TEST(a_recall_is_named_in_any_spelling) {
  Chain chain;
  const auto shipping = object("OBSERVE", "shipping", lot(kMilk, "5"));
  for (const char* name : {"https://dairy.example/01/9521001000017/10/MILK-1",
                           "urn:epc:class:lgtin:9521001.000001.MILK-1", "https://dairy.example/01/09521001000017"}) {
    chain.parameters(R"({"recalled":[")" + std::string(name) + "\"]}");
    KETEN_EQUAL(chain.judge("dairy", shipping).codes(), "recalled");
  }
  chain.parameters(R"({"recalled":["MILK-1"]})");
  KETEN_EQUAL(chain.judge("dairy", shipping).codes(), "parameter_unreadable");
  chain.parameters(R"({"recall":["https://id.gs1.org/01/09521001000017"]})");
  KETEN_EQUAL(chain.judge("dairy", shipping).codes(), "parameter_unknown");
}

KETEN_TEST(the_recall_itself_can_be_recorded) {
  Chain chain;
  chain.parameters(R"({"recalled":[")" + kMilk + "\"]}");
  const auto mark = [](const std::string& rest) {
    return event("ObjectEvent", R"("action":"OBSERVE",)" + lot(kMilk, "5") + rest);
  };
  KETEN_EXPECT(chain.judge("dairy", mark(R"(,"disposition":"recalled")")).accepted());
  KETEN_EXPECT(chain.judge("dairy", mark(R"(,"persistentDisposition":{"set":["recalled"]})")).accepted());
  KETEN_EQUAL(chain.judge("dairy", mark("")).codes(), "recalled");
  KETEN_EQUAL(
      chain.judge("dairy", object("OBSERVE", "shipping", lot(kMilk, "5") + R"(,"disposition":"recalled")")).codes(),
      "recalled");
}

KETEN_TEST(a_later_disposition_lifts_a_recall_that_no_parameter_names) {
  Chain chain;
  chain.captured("dairy", object("ADD", "commissioning", epcs(kWheel), "2026-02-01T08:00:00Z"));
  chain.captured("dairy",
                 object("OBSERVE", "holding", epcs(kWheel) + R"(,"disposition":"recalled")", "2026-02-02T08:00:00Z"));
  chain.captured(
      "dairy", object("OBSERVE", "storing", epcs(kWheel) + R"(,"disposition":"in_progress")", "2026-02-03T08:00:00Z"));
  const auto shipping = object("OBSERVE", "shipping", epcs(kWheel));
  KETEN_EQUAL(chain.judge("dairy", shipping).codes(), "");
  chain.parameters(R"({"recalled":[")" + kWheel + "\"]}");
  KETEN_EQUAL(chain.judge("dairy", shipping).codes(), "recalled");
}

KETEN_TEST(the_longest_events_are_within_the_fuel_of_the_package) {
  std::string names;
  for (int i = 0; i < 200; ++i) {
    names += (i ? "," : "") + std::string(R"("https://id.gs1.org/01/0952100)") + std::to_string(1000000 + i) + "\"";
  }
  expect_the_longest_events_within_fuel("{\"recalled\":[" + names + "]}");
}

KETEN_TEST(what_the_public_sample_data_shows) { expect_on_public_samples("{}", ""); }
