#include "../samples.hpp"  // lint: allow guests are compiled by keten, outside the tree
using namespace samples;

namespace {
const char* const kShipping = R"({"profiles":[{"name":"FSMA 204 shipping","types":["ObjectEvent"],"steps":["shipping"],
  "fields":["readPoint/id|bizLocation/id","quantityList/*/uom","destinationList/*/destination","bizTransactionList/0/type"]}]})";
}

KETEN_TEST(each_missing_field_is_named) {
  Chain chain;
  chain.parameters(kShipping);
  const auto judged = chain.judge("farm", object("OBSERVE", "shipping", lot(kMilk, "5")));
  KETEN_EQUAL(judged.findings.size(), 3);
  KETEN_EQUAL(judged.findings[0].message,
              "FSMA 204 shipping asks for readPoint/id|bizLocation/id in ObjectEvent shipping");
  KETEN_EXPECT(chain.judge("farm", object("OBSERVE", "storing", lot(kMilk, "5"))).accepted());
}

KETEN_TEST(a_complete_event_is_accepted_and_every_element_must_be_complete) {
  Chain chain;
  chain.parameters(kShipping);
  const std::string rest =
      R"(,"bizLocation":{"id":"https://id.gs1.org/414/9521003000206"},"bizTransactionList":[{"type":"po","bizTransaction":"urn:x:1"}],
    "destinationList":[{"type":"owning_party","destination":"https://id.gs1.org/417/9521003000008"}])";
  KETEN_EXPECT(chain.judge("farm", object("OBSERVE", "shipping", lot(kMilk, "5") + rest)).accepted());
  const auto second = R"("quantityList":[{"epcClass":")" + kMilk + R"(","quantity":1,"uom":"KGM"},{"epcClass":")" +
                      kCheese + R"(","quantity":1}])";
  KETEN_EQUAL(chain.judge("farm", object("OBSERVE", "shipping", second + rest)).findings.at(0).message,
              "FSMA 204 shipping asks for quantityList/*/uom in ObjectEvent shipping");
}

KETEN_TEST(extensions_and_master_data_are_reached) {
  Chain chain;
  chain.parameters(R"({"profiles":[{"name":"batch","actions":["ADD"],"fields":["ilmd/cbvmda:lotNumber"]}]})");
  KETEN_EXPECT(
      chain.judge("farm", object("ADD", "commissioning", lot(kMilk, "5") + R"(,"ilmd":{"cbvmda:lotNumber":"A"})"))
          .accepted());
  KETEN_EQUAL(chain.judge("farm", object("ADD", "commissioning", lot(kMilk, "5"))).codes(), "field_missing");
}

KETEN_TEST(profiles_that_cannot_be_read_are_found) {
  Chain chain;
  const auto codes = [&](const std::string& profile) {
    chain.parameters("{\"profiles\":[" + profile + "]}");
    return chain.judge("farm", object("OBSERVE", "shipping", lot(kMilk, "5"))).codes();
  };
  KETEN_EQUAL(codes(R"({"name":"a","types":"ObjectEvent","fields":["readPoint/id"]})"), "parameter_unreadable");
  KETEN_EQUAL(codes(R"({"name":"a","steps":["receiving"]})"), "parameter_missing");
  KETEN_EQUAL(codes(R"({"name":"a","fields":[]})"), "parameter_unreadable");
  KETEN_EQUAL(codes(R"({"name":"a","step":["receiving"],"fields":["readPoint/id"]})"), "parameter_unknown");
  KETEN_EQUAL(codes(R"({"name":"a","fields":{"readPoint":"id"}})"), "parameter_unreadable");
}

KETEN_TEST(the_cold_chain_ships_with_papers) {
  Chain chain;
  chain.parameters(
      R"({"profiles":[{"name":"papers","steps":["shipping","receiving"],
    "fields":["bizTransactionList/*/bizTransaction","destinationList/*/destination"]}]})");
  KETEN_EQUAL(joined(cold_chain(chain)), "");
}

KETEN_TEST(the_longest_events_are_within_the_fuel_of_the_package) {
  expect_the_longest_events_within_fuel(R"({"profiles":[{"name":"units","fields":["quantityList/*/uom|epcList/0"]}]})");
}

KETEN_TEST(what_the_public_sample_data_shows) {
  expect_on_public_samples(R"({"profiles":[{"name":"place","fields":["readPoint/id|bizLocation/id"]}]})",
                           "events with a finding 7, field_missing 7");
}
