#include <keten/testkit.hpp>

using keten::testkit::Chain;

namespace {

/// The certifier has credited the farm with 1000 kg of milk, and a tenth of milk may become cheese.
void begun(Chain& chain) {
  chain.call("certifier", "allow", R"({"from":"milk","into":"cheese","most":0.1})");
  chain.call("certifier", "credit", R"({"to":"farm","product":"milk","kilograms":1000,"certificate":"A-1"})");
}
std::string balance(Chain& chain, const std::string& owner, const std::string& product) {
  return chain.call("anybody", "balance", R"({"owner":")" + owner + R"(","product":")" + product + "\"}").json;
}

}  // namespace

KETEN_TEST(mass_moves_and_never_grows) {
  Chain chain;
  begun(chain);
  KETEN_EXPECT(chain.call("farm", "transfer", R"({"to":"dairy","product":"milk","kilograms":600.5})").returned());
  KETEN_EQUAL(balance(chain, "farm", "milk"), R"({"kilograms":399.5})");
  const auto more = chain.call("farm", "transfer", R"({"to":"dairy","product":"milk","kilograms":399.500000001})");
  KETEN_EQUAL(more.ending, "not_enough");
  KETEN_EQUAL(more.message, "farm has 399.5 kg of milk, asked are 399.500000001");
  KETEN_EQUAL(balance(chain, "dairy", "milk"), R"({"kilograms":600.5})");
}

KETEN_TEST(cheese_is_made_within_the_yield) {
  Chain chain;
  begun(chain);
  KETEN_EQUAL(chain.call("farm", "convert", R"({"from":"milk","used":500,"into":"cheese","made":50.1})").ending,
              "yield_too_high");
  KETEN_EQUAL(balance(chain, "farm", "milk"), R"({"kilograms":1000})");
  KETEN_EQUAL(chain.call("farm", "convert", R"({"from":"milk","used":500,"into":"cheese","made":50})").json,
              R"({"kilograms":50})");
  KETEN_EQUAL(balance(chain, "farm", "milk"), R"({"kilograms":500})");
  KETEN_EQUAL(chain.call("farm", "convert", R"({"from":"cheese","used":1,"into":"milk","made":1})").ending,
              "yield_unknown");
}

KETEN_TEST(only_the_certifier_credits_and_each_certificate_once) {
  Chain chain;
  begun(chain);
  const auto credit = R"({"to":"farm","product":"milk","kilograms":1,"certificate":"A-2"})";
  KETEN_EQUAL(chain.call("farm", "credit", credit).ending, "not_certifier");
  const auto credited = chain.call("certifier", "credit", credit);
  KETEN_EQUAL(credited.json, R"({"kilograms":1001})");
  KETEN_EQUAL(credited.events.at(0).kind, "credited");
  KETEN_EQUAL(chain.call("certifier", "credit", credit).ending, "certificate_used");
  KETEN_EQUAL(chain.call("farm", "allow", R"({"from":"a","into":"b","most":1})").ending, "not_certifier");
}

KETEN_TEST(no_amount_is_negative_or_nothing) {
  Chain chain;
  begun(chain);
  for (const char* amount : {"0", "-5"}) {
    const auto text = R"({"to":"dairy","product":"milk","kilograms":)" + std::string(amount) + "}";
    KETEN_EQUAL(chain.call("farm", "transfer", text).ending, "not_positive");
  }
  for (const char* amount : {"1e3", "007", "-01.5"}) {
    const auto text = R"({"to":"dairy","product":"milk","kilograms":)" + std::string(amount) + "}";
    KETEN_EQUAL(chain.call("farm", "transfer", text).ending, "arguments_invalid");
  }
}

KETEN_TEST(names_with_separators_are_not_mixed_up) {
  Chain chain;
  chain.call("certifier", "allow", R"({"from":"a","into":"b>c","most":1})");
  chain.call("certifier", "credit", R"({"to":"farm","product":"a>b","kilograms":5,"certificate":"A-1"})");
  KETEN_EQUAL(chain.call("farm", "convert", R"({"from":"a>b","used":1,"into":"c","made":1})").ending, "yield_unknown");
  chain.call("certifier", "credit", R"({"to":"farm","product":"x/milk","kilograms":5,"certificate":"A-2"})");
  KETEN_EQUAL(balance(chain, "farm/x", "milk"), R"({"kilograms":0})");
}
