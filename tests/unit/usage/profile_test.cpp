#include "contracts/usage/profile.h"

#include <string>

#include "contracts/usage/ledger_records.h"
#include "contracts/usage/usage_contract.h"
#include "tests/unit/usage/samples.h"
#include "tests/unit/usage/usage_ledger.h"

namespace keten::usage {
namespace {

using test::UsageLedger;

constexpr auto kMilk = "urn:keten:profile:coop:milk";
constexpr auto kTerms =
    R"({"actions":{"urn:milk:train":"derive","urn:milk:tune":"urn:milk:train"},
        "operands":{"urn:milk:herd":{"type":"decimal","operators":["lteq"],"source":"request"},
                    "urn:milk:label":{"type":"text","operators":["eq","isAnyOf"]}}})";

std::string defining(const std::string& profile, const std::string& terms = kTerms) {
  return R"({"profile":")" + profile + R"(","definition":)" + terms + "}";
}
/// Terms of farm and maker that name the profile.
std::string profiled_terms(const std::string& action, const std::string& constraint = "") {
  return R"({"@type":"Agreement","uid":"urn:terms:1","profile":")" + std::string(kMilk) +
         R"(","permission":[{"uid":"urn:rule:1","action":")" + action +
         R"(","target":"urn:ds:milk","assigner":"urn:keten:organisation:farm","assignee":"urn:keten:organisation:maker")" +
         (constraint.empty() ? "" : "," + constraint) + "}]}";
}
std::string offering(const std::string& policy) {
  return R"({"dataset":"urn:ds:milk","consumer":"maker","policy":)" + policy + "}";
}

struct Profiled : UsageLedger {
  Profiled() { register_milk(); }
  std::string decided(const std::string& id, const std::string& use, const std::string& action,
                      const std::string& statements = "") {
    const auto said = statements.empty() ? "" : R"(,"statements":{)" + statements + "}";
    const auto result =
        must("maker", "permit", uses(id, R"({"id":")" + use + R"(","action":")" + action + "\"" + said + "}"));
    return std::string(*result.items().at(0).find_string("decision"));
  }
};

BOOST_FIXTURE_TEST_SUITE(profiles, Profiled)

BOOST_AUTO_TEST_CASE(a_profile_has_an_owner_and_versions) {
  BOOST_TEST(reason("farm", "profile", defining(kMilk)) == "NAME_RESERVED");
  BOOST_TEST(must("coop", "profile", defining(kMilk)).find("version")->text() == "1");
  BOOST_TEST(must("coop", "profile", defining(kMilk)).find("version")->text() == "2");
  must("farm", "profile", defining("https://farm.example/profile"));
  BOOST_TEST(reason("coop", "profile", defining("https://farm.example/profile")) == "NOT_THE_OWNER");
  BOOST_TEST(reason("coop", "profile", defining("http://www.w3.org/ns/odrl/2/core")) == "USAGE_ARGUMENTS");
  const auto canonical = json::canonical(sample::parsed(kTerms));
  BOOST_TEST(*record(profile_key(kMilk)).find_string("hash") == profile_hash(canonical).hex());
  BOOST_TEST(json::canonical(record(profile_version_key(kMilk, 1))) == canonical);
}

BOOST_AUTO_TEST_CASE(what_a_profile_defines_is_new_bounded_and_without_circles) {
  const auto place = [](const std::string& text) {
    const auto profile = read_profile(sample::parsed(text));
    return profile ? std::string("ok") : profile.error().reason + " " + profile.error().violations.at(0).pointer;
  };
  BOOST_TEST(place(kTerms) == "ok");
  BOOST_TEST(place("{}") == "PROFILE_INVALID ");
  BOOST_TEST(place("[]") == "PROFILE_INVALID ");
  BOOST_TEST(place(R"({"words":{}})") == "PROFILE_INVALID /words");
  BOOST_TEST(place(R"({"actions":{"odrl:read":"use"}})") == "PROFILE_INVALID /actions/odrl:read");
  BOOST_TEST(place(R"({"actions":{"train":"use"}})") == "PROFILE_INVALID /actions/train");
  BOOST_TEST(place(R"({"actions":{"urn:a":"urn:b"}})") == "PROFILE_INVALID /actions/urn:a");
  BOOST_TEST(place(R"({"actions":{"urn:a":"urn:b","urn:b":"urn:a"}})") == "PROFILE_INVALID /actions");
  BOOST_TEST(place(R"({"operands":{"urn:a":{"type":"event","operators":["eq"]}}})") ==
             "PROFILE_INVALID /operands/urn:a/type");
  BOOST_TEST(place(R"({"operands":{"urn:a":{"type":"text","operators":["like"]}}})") ==
             "PROFILE_INVALID /operands/urn:a/operators");
  BOOST_TEST(place(R"({"operands":{"urn:a":{"type":"text","operators":[]}}})") ==
             "PROFILE_INVALID /operands/urn:a/operators");
  BOOST_TEST(place(R"({"operands":{"urn:a":{"type":"text","operators":["eq"],"source":"me"}}})") ==
             "PROFILE_INVALID /operands/urn:a/source");
  BOOST_TEST(place(R"({"actions":{"urn:a":"use"},"operands":{"urn:a":{"type":"text","operators":["eq"]}}})") ==
             "PROFILE_INVALID /operands/urn:a");
  const auto many = [&](std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) {
      list += (i == 0 ? "" : ",") + ("\"urn:a" + std::to_string(i)) + "\":\"use\"";
    }
    return R"({"actions":{)" + list + "}}";
  };
  BOOST_TEST(place(many(kProfileTermsMax)) == "ok");
  BOOST_TEST(place(many(kProfileTermsMax + 1)) == "PROFILE_INVALID /actions");
  const std::string long_name(kProfileIriBytesMax - 4, 'x');
  BOOST_TEST(place(R"({"actions":{"urn:)" + long_name + R"(":"use"}})") == "ok");
  BOOST_TEST(place(R"({"actions":{"urn:x)" + long_name + R"(":"use"}})").starts_with("PROFILE_INVALID"));
  std::string large;
  for (int i = 0; i < 40; ++i) {
    large += (i == 0 ? "" : ",") + ("\"urn:" + std::string(220, 'x')) + std::to_string(i) + "\":\"use\"";
  }
  BOOST_TEST(reason("coop", "profile", defining(kMilk, R"({"actions":{)" + large + "}}")) == "PROFILE_TOO_LARGE");
}

BOOST_AUTO_TEST_CASE(terms_may_use_the_words_of_a_profile_that_is_registered) {
  BOOST_TEST(reason("farm", "offer", offering(profiled_terms("urn:milk:train"))) == "TERMS_NOT_SIGNABLE");
  must("coop", "profile", defining(kMilk));
  BOOST_TEST(reason("farm", "offer", offering(profiled_terms("urn:milk:milk"))) == "TERMS_NOT_SIGNABLE");
  const auto herd = [](const std::string& op) {
    return profiled_terms("urn:milk:train", sample::constraint("urn:milk:herd", op, "100"));
  };
  BOOST_TEST(reason("farm", "offer", offering(herd("gteq"))) == "TERMS_NOT_SIGNABLE");
  BOOST_TEST(
      reason("farm", "offer",
             offering(profiled_terms("urn:milk:train", sample::constraint("urn:milk:herd", "lteq", R"("many")")))) ==
      "TERMS_NOT_SIGNABLE");
  const auto id = agree(herd("lteq"));
  BOOST_TEST(decided(id, "1", "urn:milk:train", R"("urn:milk:herd":100)") == "permitted");
  BOOST_TEST(decided(id, "2", "urn:milk:tune", R"("urn:milk:herd":99.5)") == "permitted");  // a part of training
  BOOST_TEST(decided(id, "3", "urn:milk:train", R"("urn:milk:herd":101)") == "denied");
  BOOST_TEST(decided(id, "4", "urn:milk:train") == "denied");  // nobody has said
  BOOST_TEST(decided(id, "5", "derive", R"("urn:milk:herd":1)") == "denied");
  const auto labelled = agree(profiled_terms("derive", sample::constraint("urn:milk:label", "eq", R"("organic")")));
  BOOST_TEST(decided(labelled, "1", "urn:milk:tune", R"("urn:milk:label":"organic")") == "denied");
  must("farm", "claim", R"({"about":"maker","claims":{"urn:milk:label":"organic"}})");
  BOOST_TEST(decided(labelled, "2", "urn:milk:tune") == "permitted");
}

BOOST_AUTO_TEST_CASE(an_agreement_keeps_the_version_that_was_signed) {
  must("coop", "profile", defining(kMilk));
  const auto id = agree(profiled_terms("urn:milk:train"));
  const auto document = *json::parse(agreements::read_version(*this, *agreements::AgreementId::from_hex(id), 1));
  const auto* pin = document.find("profiles")->find(kMilk);
  BOOST_REQUIRE(pin != nullptr);
  BOOST_TEST(pin->find("version")->text() == "1");
  BOOST_TEST(*pin->find_string("hash") == *record(profile_key(kMilk)).find_string("hash"));
  const auto before = fuel;
  BOOST_TEST(decided(id, "1", "urn:milk:tune") == "permitted");
  // The next version has no tuning any more, for those who agree from then on.
  must("coop", "profile", defining(kMilk, R"({"actions":{"urn:milk:train":"derive"}})"));
  BOOST_TEST(decided(id, "2", "urn:milk:tune") == "permitted");
  const auto later = agree(profiled_terms("urn:milk:train"));
  BOOST_TEST(decided(later, "1", "urn:milk:tune") == "denied");
  BOOST_TEST(decided(later, "2", "urn:milk:train") == "permitted");
  BOOST_TEST(before > 0U);
  auto amended = document;
  amended.remove("profiles");
  const auto result = call("farm", "amend",
                           agreements::Amend{*agreements::AgreementId::from_hex(id), json::canonical(amended)}.encode(),
                           agreements::AgreementsContract());
  BOOST_REQUIRE(!result);
  BOOST_TEST(result.error().reason == "POLICY_DIFFERS");
}

/// Of a case, as `keten usage evaluate` takes it.
BOOST_AUTO_TEST_CASE(two_profiles_define_a_word_once) {
  const auto profile = std::make_shared<const Profile>(*read_profile(sample::parsed(kTerms)));
  const Profiles both = [&](const std::string&) { return profile; };
  const auto policy = sample::parsed(
      R"({"uid":"ex:p","profile":["urn:one","urn:two"],"permission":[{"action":"urn:milk:train","target":"ex:x"}]})");
  const auto read = read_policy(policy, {}, both);
  BOOST_REQUIRE(!read);
  BOOST_TEST(read.error().reason == "POLICY_INVALID");
  const auto many = sample::parsed(
      R"({"uid":"ex:p","profile":["urn:1","urn:2","urn:3","urn:4","urn:5"],"permission":[{"action":"read","target":"ex:x"}]})");
  BOOST_TEST(read_policy(many).error().reason == "POLICY_TOO_LARGE");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
