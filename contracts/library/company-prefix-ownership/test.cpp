#include "../samples.hpp"  // lint: allow guests are compiled by keten, outside the tree
using namespace samples;

namespace {
const char* const kOwners =
    R"({"owners":[{"organisation":"FarmCo","prefixes":["9521001"]},{"organisation":"DairyCo","prefixes":["9521003"]}]})";
std::string codes(Chain& chain, const std::string& who, const std::string& id) {
  return chain.judge(who, object("ADD", "commissioning", epcs(id))).codes();
}
}  // namespace

KETEN_TEST(numbers_are_given_out_by_their_company) {
  Chain chain;
  chain.parameters(kOwners);
  KETEN_EQUAL(codes(chain, "DairyCo", kWheel), "");
  KETEN_EQUAL(codes(chain, "FarmCo", kWheel), "foreign_prefix");
  KETEN_EQUAL(codes(chain, "Stranger", kWheel), "foreign_prefix");
  KETEN_EQUAL(codes(chain, "DairyCo", "urn:epc:id:sgtin:9521003.000042.7"), "");
  KETEN_EXPECT(chain.judge("FarmCo", object("OBSERVE", "storing", epcs(kWheel))).accepted());
}

KETEN_TEST(the_prefix_is_found_in_every_kind_of_key) {
  Chain chain;
  chain.parameters(kOwners);
  for (const char* id :
       {"urn:epc:id:sscc:9521003.0000005000", "urn:epc:id:grai:9521003.00001.7", "urn:epc:id:giai:9521003.probe-1",
        "urn:epc:id:gsrn:9521003.0000000001", "urn:epc:id:gdti:9521003.00003.1"}) {
    KETEN_EQUAL(codes(chain, "DairyCo", id), "");
    KETEN_EQUAL(codes(chain, "FarmCo", id), "foreign_prefix");
  }
  KETEN_EQUAL(codes(chain, "DairyCo", "urn:example:thing:1"), "no_gs1_key");
}

KETEN_TEST(outputs_of_a_transformation_are_given_out_too) {
  Chain chain;
  chain.parameters(kOwners);
  const auto making = event("TransformationEvent",
                            lot(kMilk, "100", "inputQuantityList") + "," + lot(kCheese, "10", "outputQuantityList"));
  KETEN_EXPECT(chain.judge("DairyCo", making).accepted());
  KETEN_EQUAL(chain.judge("FarmCo", making).codes(), "foreign_prefix");
}

KETEN_TEST(every_entry_of_an_organisation_counts) {
  Chain chain;
  chain.parameters(
      R"({"owners":[{"organisation":"DairyCo","prefixes":["9521003"]},{"organisation":"DairyCo","prefixes":["9521007"]}]})");
  KETEN_EQUAL(codes(chain, "DairyCo", kWheel), "");
  KETEN_EQUAL(codes(chain, "DairyCo", "urn:epc:id:sgtin:9521007.000042.7"), "");
  KETEN_EQUAL(codes(chain, "DairyCo", "urn:epc:id:sgtin:9521008.000042.7"), "foreign_prefix");
}

KETEN_TEST(a_prefix_of_no_digits_owns_nothing) {
  Chain chain;
  for (const char* prefix : {"", "952", "urn:x", "1234567890123"}) {
    chain.parameters(R"({"owners":[{"organisation":"DairyCo","prefixes":[")" + std::string(prefix) + "\"]}]}");
    KETEN_EQUAL(codes(chain, "DairyCo", kWheel), "parameter_unreadable");
  }
  chain.parameters("{}");
  KETEN_EQUAL(codes(chain, "DairyCo", kWheel), "parameter_missing");
}

KETEN_TEST(components_and_models_have_a_company_prefix_too) {
  Chain chain;
  chain.parameters(kOwners);
  for (const char* id : {"urn:epc:id:cpi:9521003.5PQ7.1", "https://id.gs1.org/8013/9521003Ad4xL5"}) {
    KETEN_EQUAL(codes(chain, "DairyCo", id), "");
    KETEN_EQUAL(codes(chain, "FarmCo", id), "foreign_prefix");
  }
}

KETEN_TEST(the_cold_chain_uses_its_own_numbers) {
  Chain chain;
  chain.parameters(kOwners);
  KETEN_EQUAL(joined(cold_chain(chain)), "");
}

KETEN_TEST(the_longest_events_are_within_the_fuel_of_the_package) { expect_the_longest_events_within_fuel(kOwners); }

KETEN_TEST(what_the_public_sample_data_shows) {
  expect_on_public_samples(kOwners, "events with a finding 6, foreign_prefix 16");
}
