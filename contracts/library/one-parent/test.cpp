#include "../samples.hpp"  // lint: allow guests are compiled by keten, outside the tree
using namespace samples;

namespace {
std::string pack(const std::string& action, const std::string& parent, const std::string& child,
                 const std::string& time) {
  return event("AggregationEvent",
               R"("action":")" + action + R"(","bizStep":"packing","parentID":")" + parent + R"(","childEPCs":[")" +
                   child + R"("])",
               time);
}
}  // namespace

KETEN_TEST(a_second_container_is_found_until_the_first_is_left) {
  Chain chain;
  chain.captured("dairy", pack("ADD", kCase, kWheel, "2026-03-01T08:00:00Z"));
  const auto again = pack("ADD", kPallet, kWheel, "2026-03-01T09:00:00Z");
  const auto judged = chain.judge("dairy", again);
  KETEN_EQUAL(judged.codes(), "already_packed");
  KETEN_EXPECT(judged.findings[0].message.find("still in " + kCase) != std::string::npos);
  KETEN_EXPECT(chain.judge("dairy", pack("ADD", kCase, kWheel, "2026-03-01T09:00:00Z")).accepted());
  chain.captured("dairy", pack("DELETE", kCase, kWheel, "2026-03-01T08:30:00Z"));
  KETEN_EXPECT(chain.judge("dairy", again).accepted());
}

KETEN_TEST(only_what_is_inside_can_be_taken_out) {
  Chain chain;
  const auto out = pack("DELETE", kPallet, kWheel, "2026-03-01T09:00:00Z");
  KETEN_EQUAL(chain.judge("dairy", out).codes(), "not_in_parent");
  chain.captured("dairy", pack("ADD", kPallet, kWheel, "2026-03-01T08:00:00Z"));
  KETEN_EXPECT(chain.judge("dairy", out).accepted());
}

KETEN_TEST(nothing_is_packed_in_itself) {
  KETEN_EQUAL(Chain().judge("dairy", pack("ADD", kPallet, kPallet, "2026-03-01T08:00:00Z")).codes(), "inside_itself");
}

KETEN_TEST(emptying_a_container_names_no_child) {
  Chain chain;
  chain.captured("dairy", pack("ADD", kPallet, kWheel, "2026-03-01T08:00:00Z"));
  KETEN_EXPECT(chain
                   .judge("dairy", event("AggregationEvent", R"("action":"DELETE","parentID":")" + kPallet + "\"",
                                         "2026-03-01T09:00:00Z"))
                   .accepted());
}

KETEN_TEST(what_belongs_to_an_assembly_is_packed_in_nothing) {
  Chain chain;
  chain.captured("dairy", event("AssociationEvent", R"("action":"ADD","bizStep":"assembling","parentID":")" + kCase +
                                                        R"(","childEPCs":[")" + kWheel + R"("])"));
  KETEN_EQUAL(chain.judge("dairy", pack("ADD", kPallet, kWheel, "2026-03-01T09:00:00Z")).codes(), "");
  const auto judged = chain.judge("dairy", pack("DELETE", kCase, kWheel, "2026-03-01T09:00:00Z"));
  KETEN_EQUAL(judged.codes(), "not_in_parent");
  chain.captured("dairy", pack("ADD", kPallet, kWheel, "2026-03-01T09:00:00Z"));
  KETEN_EQUAL(chain.judge("dairy", pack("ADD", kCase, kWheel, "2026-03-01T10:00:00Z")).codes(), "already_packed");
}

KETEN_TEST(a_parameter_is_found_for_there_are_none) {
  Chain chain;
  chain.parameters(R"({"lots": true})");
  KETEN_EQUAL(chain.judge("dairy", pack("ADD", kPallet, kWheel, "2026-03-01T08:00:00Z")).codes(), "parameter_unknown");
}

KETEN_TEST(the_cold_chain_packs_and_unpacks_in_order) {
  Chain chain;
  KETEN_EQUAL(joined(cold_chain(chain)), "");
}

KETEN_TEST(the_longest_events_are_within_the_fuel_of_the_package) { expect_the_longest_events_within_fuel("{}"); }

KETEN_TEST(what_the_public_sample_data_shows) {
  expect_on_public_samples("{}", "events with a finding 2, not_in_parent 11");
}
