#include "contracts/usage/personal.h"

#include <string>

#include "contracts/usage/sealed_fields.h"
#include "tests/unit/usage/usage_ledger.h"

namespace keten::usage {
namespace {

using test::UsageLedger;

BOOST_AUTO_TEST_SUITE(personal)

BOOST_AUTO_TEST_CASE(what_obviously_tells_of_a_person_is_seen) {
  for (const auto* word : {"jan@boerderij.example", "mailto:jan@x.nl", "MAILTO:x", "urn:x:jan@farm.nl"}) {
    BOOST_TEST(personal_kind(word) == "an e-mail address", word);
  }
  for (const auto* word : {"+31612345678", "+31(0)6-12345678", "tel:0612345678"}) {
    BOOST_TEST(personal_kind(word) == "a telephone number", word);
  }
  BOOST_TEST(personal_kind("NL91ABNA0417164300") == "a bank account");
  for (const auto* word : {"NL91ABNA0417164301", "urn:ds:milk", "quality", "u1", "https://a.example/@b", "+5", "@id",
                           "2026-01-01T00:00:00+01:00", "https://user@host.example/a", "device@FarmCo", "1042"}) {
    BOOST_TEST(personal_kind(word) == "", word);
  }
}

BOOST_AUTO_TEST_CASE(the_ledger_refuses_it_where_words_are_expected) {
  UsageLedger ledger;
  ledger.register_milk();
  const auto id = ledger.agree(UsageLedger::terms());
  const auto use = [&](const std::string& name, const std::string& purpose) {
    return ledger.reason("maker", "permit",
                         UsageLedger::uses(id, R"({"id":")" + name + R"(","action":"read","statements":{"purpose":")" +
                                                   purpose + "\"}}"));
  };
  BOOST_TEST(use("u1", "quality") == "");
  BOOST_TEST(use("jan@farm.nl", "quality") == "PERSONAL_DATA");
  BOOST_TEST(use("u2", "+31612345678") == "PERSONAL_DATA");
  BOOST_TEST(ledger.reason("farm", "terminate", R"({"negotiation":")" + id + R"(","reason":"NL91ABNA0417164300"})") ==
             "PERSONAL_DATA");
  BOOST_TEST(ledger.reason("farm", "register",
                           R"({"dataset":"urn:x:jan@farm.nl","commitment":")" + UsageLedger::kCommitment + "\"}") ==
             "PERSONAL_DATA");
  BOOST_TEST(ledger.reason("farm", "register", R"({"dataset":"urn:ds:b","commitment":"jan@farm.nl"})") ==
             "USAGE_ARGUMENTS");
}

BOOST_AUTO_TEST_CASE(a_sealed_field_is_bound_to_its_document_its_name_its_value_and_its_salt) {
  const SealedField field{"farmer", "\"Jan\"", {}};
  const auto commitment = field_commitment("urn:ds:milk", field);
  auto salted = field;
  salted.salt.bytes[31] = 1;
  BOOST_CHECK(field_commitment("urn:ds:milk", salted) != commitment);
  BOOST_CHECK(field_commitment("urn:ds:other", field) != commitment);
  BOOST_CHECK(field_commitment("urn:ds:milk", {"farm", "er\"Jan\"", {}}) != commitment);
  BOOST_CHECK(field_commitment("urn:ds:milk", {"farmer", "\"Piet\"", {}}) != commitment);
  const auto all = fields_commitment("urn:ds:milk", {commitment});
  BOOST_CHECK(all != fields_commitment("urn:ds:milk", {commitment, commitment}));
  BOOST_CHECK(all != fields_commitment("urn:ds:other", {commitment}));
  BOOST_CHECK(fields_commitment("a", {commitment, all}) != fields_commitment("a", {all, commitment}));
  BOOST_TEST(commitment.hex() == "33804abb9c889ec93c4260b48c07647ebe5dfac4a4300cbf29c655bd653df550");
  BOOST_TEST(all.hex() == "09ba4a37c4c050a01abff7536c30554eb7ba31cbada783e4f1e611d0d321626f");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
