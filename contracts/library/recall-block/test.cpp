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

KETEN_TEST(what_the_public_sample_data_shows) { expect_on_public_samples("{}", ""); }
