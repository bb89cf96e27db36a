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
  KETEN_EQUAL(Chain().judge("dairy", making("10", "1")).codes(), "parameter_missing");
}

KETEN_TEST(the_cheese_of_the_cold_chain_balances) {
  Chain chain;
  chain.parameters(R"({"unit":"KGM","yieldMin":0.08,"yieldMax":0.12})");
  KETEN_EQUAL(joined(cold_chain(chain)), "");
}

KETEN_TEST(what_the_public_sample_data_shows) {
  expect_on_public_samples(R"({"unit":"KGM","yieldMin":1,"yieldMax":1})",
                           "events with a finding 4, more_than_held 1, not_convertible 18");
}
