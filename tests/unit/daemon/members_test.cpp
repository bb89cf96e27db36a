#include <fstream>

#include <boost/test/unit_test.hpp>

#include "core/json.h"
#include "node/daemon/certificate_watch.h"
#include "node/daemon/introduction.h"
#include "node/daemon/own_keys.h"
#include "node/runtime/certificates.h"
#include "node/runtime/clock.h"
#include "node/runtime/secrets.h"
#include "tests/unit/contracts/ledger_fixture.h"
#include "tests/unit/journal/temporary_directory.h"

namespace keten::node {
namespace {

KeySeed seed_of(std::uint8_t number) {
  KeySeed seed;
  seed.bytes.fill(number);
  return seed;
}

BOOST_AUTO_TEST_SUITE(own_keys)

BOOST_AUTO_TEST_CASE(the_key_with_the_highest_number_is_the_newest) {
  const test::TemporaryDirectory folder;
  const auto at = [&](const std::string& name) { return folder.path() + "/" + name; };
  BOOST_TEST(read_validator_keys(folder.path()).error().reason == "KEY_FILE_MISSING");
  BOOST_REQUIRE(write_key_file(at("validator.key"), seed_of(1)).ok());
  BOOST_REQUIRE(write_key_file(at("validator-2.key"), seed_of(2)).ok());
  BOOST_REQUIRE(write_key_file(at("validator-10.key"), seed_of(10)).ok());
  BOOST_REQUIRE(write_key_file(at("admin.key"), seed_of(99)).ok());
  BOOST_REQUIRE(write_key_file(at("validator-x.key"), seed_of(98)).ok());
  const auto keys = read_validator_keys(folder.path());
  BOOST_REQUIRE(keys.ok());
  BOOST_REQUIRE_EQUAL(keys->size(), 3);
  BOOST_TEST((keys->at(0).public_key() == KeyPair::from_seed(seed_of(10)).public_key()));
  BOOST_TEST((keys->at(2).public_key() == KeyPair::from_seed(seed_of(1)).public_key()));
}

BOOST_AUTO_TEST_CASE(a_key_file_that_appears_signs_without_a_restart) {
  const test::TemporaryDirectory folder;
  BOOST_REQUIRE(write_key_file(folder.path() + "/validator.key", seed_of(1)).ok());
  OwnKeys keys(folder.path(), *read_validator_keys(folder.path()));
  const auto next = KeyPair::from_seed(seed_of(2));
  const auto* first = keys.find(KeyPair::from_seed(seed_of(1)).public_key());
  BOOST_REQUIRE(first != nullptr);
  BOOST_TEST((keys.find(next.public_key()) == nullptr));
  BOOST_TEST(!keys.reload());
  BOOST_REQUIRE(write_key_file(folder.path() + "/validator-2.key", seed_of(2)).ok());
  BOOST_TEST(keys.reload());
  const auto* second = keys.find(next.public_key());
  BOOST_REQUIRE(second != nullptr);
  const Hash digest{{7}};
  BOOST_TEST(verify(next.public_key(), digest.view(), second->sign(digest)));
  BOOST_TEST((keys.find(KeyPair::from_seed(seed_of(1)).public_key()) == first));
  BOOST_TEST((keys.all().front().public_key() == next.public_key()));
  // One that cannot be read takes nothing away.
  std::ofstream(folder.path() + "/validator-3.key") << "nonsense";
  BOOST_TEST(!keys.reload());
  BOOST_TEST(keys.all().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(introductions)

peers::PeerEntry entry_of(std::uint16_t number, const TlsIdentity& identity, std::uint8_t key) {
  return {NodeNumber{number},
          "node-" + std::to_string(number),
          "host:" + std::to_string(7000 + number),
          {identity.certificate_pem},
          {test::key_of(key).public_key()}};
}

std::string text_of(const std::vector<peers::PeerEntry>& nodes, std::uint64_t height) {
  auto list = json::Value::array();
  for (const auto& node : nodes) {
    auto keys = json::Value::array();
    for (const auto& key : node.keys) { keys.push(json::Value::string(key_text(key))); }
    auto certificates = json::Value::array();
    for (const auto& pem : node.certificates) { certificates.push(json::Value::string(pem)); }
    list.push(json::Value::object()
                  .set("number", json::Value::number(std::int64_t{node.number.value}))
                  .set("node", json::Value::string(node.name))
                  .set("peerAddress", json::Value::string(node.address))
                  .set("keys", std::move(keys))
                  .set("tlsCertificates", std::move(certificates)));
  }
  return json::pretty(json::Value::object()
                          .set("keten_peers", json::Value::number(std::int64_t{1}))
                          .set("height", json::Value::number(static_cast<std::int64_t>(height)))
                          .set("nodes", std::move(list)));
}

BOOST_AUTO_TEST_CASE(an_introduction_counts_until_the_own_ledger_is_as_new) {
  const auto old_identity = *make_certificate("node-0");
  const auto new_identity = *make_certificate("node-0");
  const auto joined = entry_of(4, *make_certificate("node-4"), 4);
  auto moved = entry_of(0, new_identity, 9);
  moved.address = "moved:1";
  const auto introduction = parse_introduction(text_of({moved, joined}, 50));
  BOOST_REQUIRE_MESSAGE(introduction.ok(), (introduction.ok() ? "" : introduction.error().message));
  BOOST_TEST((introduction->height == Height{50}));

  const std::vector<peers::PeerEntry> known{entry_of(0, old_identity, 1), entry_of(1, *make_certificate("node-1"), 2)};
  const auto before = introduced(known, *introduction, Height{49});
  BOOST_REQUIRE_EQUAL(before.size(), 3);
  BOOST_TEST(before[0].address == "moved:1");
  BOOST_TEST(
      (before[0].certificates == std::vector<std::string>{old_identity.certificate_pem, new_identity.certificate_pem}));
  BOOST_TEST((before[0].keys == std::vector<PublicKey>{test::key_of(9).public_key(), test::key_of(1).public_key()}));
  BOOST_TEST(before[1].address == known[1].address);
  BOOST_TEST(before[2].name == "node-4");
  const auto after = introduced(known, *introduction, Height{50});
  BOOST_REQUIRE_EQUAL(after.size(), 2);
  BOOST_TEST(after[0].address == known[0].address);
  BOOST_TEST(introduced(known, std::nullopt, Height{0}).size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_introduction_that_is_none_is_refused) {
  const auto good = entry_of(0, *make_certificate("node-0"), 1);
  auto keyless = good;
  keyless.keys.clear();
  auto unreadable = good;
  unreadable.certificates = {"no certificate"};
  auto twice = entry_of(1, *make_certificate("node-1"), 2);
  twice.certificates = good.certificates;
  for (const auto& text :
       {std::string("{"), std::string("{}"), std::string(R"({"keten_peers":1,"height":-1,"nodes":[]})"),
        text_of({keyless}, 1), text_of({unreadable}, 1), text_of({good, twice}, 1)}) {
    const auto parsed = parse_introduction(text);
    BOOST_REQUIRE(!parsed.ok());
    BOOST_TEST(parsed.error().reason == "INTRODUCTION_INVALID");
  }
  const test::TemporaryDirectory folder;
  BOOST_TEST(!read_introduction(folder.path() + "/peers.json")->has_value());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(certificate_watch)

BOOST_AUTO_TEST_CASE(a_certificate_that_ends_soon_is_said_and_one_that_does_not_is_not) {
  const test::TemporaryDirectory folder;
  const auto file = folder.path() + "/node.crt";
  std::uint64_t steady = 1;
  const auto look = [&](std::optional<int> days) {
    std::ofstream(file, std::ios::trunc) << make_certificate("node", {.days = days})->certificate_pem;
    CertificateWatch watch(file);
    watch.look(steady += 100'000, wall_ms());
    return watch.warning(wall_ms());
  };
  BOOST_TEST(look(std::nullopt).empty());
  BOOST_TEST(look(40).empty());
  BOOST_TEST(look(20).find("expires in 19 days") != std::string::npos);
  BOOST_TEST(look(1).find("expires in 0 days") != std::string::npos);
  BOOST_TEST(look(-3).find("expired 3 days ago") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_renewed_certificate_ends_the_warning) {
  const test::TemporaryDirectory folder;
  const auto file = folder.path() + "/node.crt";
  std::ofstream(file) << make_certificate("node", {.days = 2})->certificate_pem;
  CertificateWatch watch(file);
  watch.look(1, wall_ms());
  BOOST_TEST(!watch.warning(wall_ms()).empty());
  std::ofstream(file, std::ios::trunc) << make_certificate("node")->certificate_pem;
  watch.look(1000, wall_ms());  // looked a second ago
  BOOST_TEST(!watch.warning(wall_ms()).empty());
  watch.look(61'000, wall_ms());
  BOOST_TEST(watch.warning(wall_ms()).empty());
  BOOST_TEST(watch.expires() > wall_ms());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::node
