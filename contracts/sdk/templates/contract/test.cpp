#include <keten/testkit.hpp>

using keten::testkit::Chain;

KETEN_TEST(what_is_added_adds_up) {
  Chain chain;
  KETEN_EXPECT(chain.call("dairy", "add", R"({"name":"milk","amount":3})").returned());
  const auto outcome = chain.call("dairy", "add", R"({"name":"milk","amount":4})");
  KETEN_EQUAL(outcome.json, R"({"owner":"dairy","total":7})");
  KETEN_EQUAL(outcome.events.at(0).kind, "added");
  KETEN_EQUAL(chain.state().at("counters/milk"), R"({"owner":"dairy","total":7})");
}

KETEN_TEST(nobody_else_adds) {
  Chain chain;
  chain.call("dairy", "add", R"({"name":"milk","amount":3})");
  KETEN_EQUAL(chain.call("shop", "add", R"({"name":"milk","amount":1})").ending, "not_owner");
  KETEN_EQUAL(chain.state().at("counters/milk"), R"({"owner":"dairy","total":3})");
}

KETEN_TEST(a_wrong_argument_is_explained) {
  Chain chain;
  const auto outcome = chain.call("dairy", "add", R"({"name":"milk","amount":-1})");
  KETEN_EQUAL(outcome.ending, "arguments_invalid");
}
