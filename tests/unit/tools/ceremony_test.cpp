#include "tools/keten/ceremony.h"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>

#include "client/keystore.h"
#include "node/http/users.h"
#include "tests/unit/tools/temporary_folder.h"

namespace {

using namespace keten;
using namespace keten::tools;

std::vector<TestnetMember> members(std::size_t count) {
  std::vector<std::uint16_t> ports;
  for (std::uint16_t port = 7100; port < 7100 + 3 * count; ++port) { ports.push_back(port); }
  return example_members(count, ports);
}

unsigned mode_of(const std::filesystem::path& path) {
  struct stat facts {};
  BOOST_REQUIRE(::stat(path.c_str(), &facts) == 0);
  return facts.st_mode & 0777U;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ceremony)

BOOST_AUTO_TEST_CASE(a_generated_network_has_a_genesis_that_all_have_signed_in_every_home) {
  const TestFolder folder;
  const auto network = create_network(folder.path() / "net", "test", members(5));
  BOOST_REQUIRE(network.ok());
  BOOST_TEST(network->nodes.size() == 5U);
  BOOST_TEST(network->nodes[4].organisation == "Company5");
  for (const auto& node : network->nodes) {
    const auto genesis = read_genesis(HomeFiles{node.home}.genesis());
    BOOST_REQUIRE(genesis.ok());
    BOOST_TEST(genesis->check_signed().ok());
    BOOST_TEST(genesis->chain_id().hex() == network->chain_id.hex());
    BOOST_TEST(check_own_card(*genesis, HomeFiles{node.home}).ok());
  }
}

BOOST_AUTO_TEST_CASE(secrets_of_a_home_are_for_their_owner_only) {
  const TestFolder folder;
  const auto home = folder.path() / "home";
  BOOST_REQUIRE(create_home({.organisation = "FarmCo", .node = "farm-1", .home = home, .addresses = {}}).ok());
  const HomeFiles files{home};
  for (const auto& secret : {files.key("validator"), files.key("admin"), files.key("device"), files.key("capture"),
                             files.server_key(), files.client_key(), files.users()}) {
    BOOST_TEST(mode_of(secret) == 0600U);
  }
  for (const auto& private_folder : {home, home / "keys", home / "tls", home / "data"}) {
    BOOST_TEST(mode_of(private_folder) == 0700U);
  }
}

BOOST_AUTO_TEST_CASE(the_node_knows_the_users_of_a_new_home_by_their_tokens) {
  const TestFolder folder;
  const auto created =
      create_home({.organisation = "FarmCo", .node = "farm-1", .home = folder.path() / "home", .addresses = {}});
  BOOST_REQUIRE(created.ok());
  const auto store = http::UserStore::open(folder.path() / "home" / "users.json", "FarmCo");
  BOOST_REQUIRE(store.ok());
  std::size_t with_token = 0;
  for (const auto& user : created->users) {
    if (user.token.empty()) { continue; }
    ++with_token;
    const auto known = (*store)->find(user.token);
    BOOST_REQUIRE(known);
    BOOST_TEST(known->name == user.name);
    BOOST_TEST(known->key.has_value() == (user.role == "capture"));
  }
  BOOST_TEST(with_token == 2U);
}

BOOST_AUTO_TEST_CASE(a_changed_genesis_loses_its_signatures) {
  const TestFolder folder;
  const auto network = create_network(folder.path() / "net", "test", members(1));
  BOOST_REQUIRE(network.ok());
  auto genesis = read_genesis(network->genesis);
  BOOST_REQUIRE(genesis.ok());
  BOOST_TEST(genesis->signatures.size() == 1U);
  const auto other =
      create_home({.organisation = "Late", .node = "late-1", .home = folder.path() / "late", .addresses = {}});
  BOOST_REQUIRE(other.ok());
  BOOST_TEST(add_member(*genesis, other->card).ok());
  BOOST_TEST(genesis->signatures.empty());
}

BOOST_AUTO_TEST_CASE(nobody_signs_a_genesis_that_says_something_else_about_them) {
  const TestFolder folder;
  const auto network = create_network(folder.path() / "net", "test", members(2));
  BOOST_REQUIRE(network.ok());
  auto genesis = read_genesis(network->genesis);
  BOOST_REQUIRE(genesis.ok());
  const HomeFiles first{network->nodes[0].home};
  genesis->organisations[0].validators[0].peer_address = "mallory.example:1";
  const auto refused = sign_genesis(*genesis, first);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().reason == "CARD_DIFFERS");
  genesis->organisations.erase(genesis->organisations.begin());
  const auto missing = sign_genesis(*genesis, first);
  BOOST_REQUIRE(!missing.ok());
  BOOST_TEST(missing.error().reason == "CARD_MISSING");
}

BOOST_AUTO_TEST_CASE(a_card_cannot_be_added_twice_nor_with_other_keys) {
  const TestFolder folder;
  Genesis genesis;
  genesis.chain_name = "test";
  auto first = create_home({.organisation = "FarmCo", .node = "farm-1", .home = folder.path() / "a", .addresses = {}});
  auto second = create_home({.organisation = "FarmCo", .node = "farm-2", .home = folder.path() / "b", .addresses = {}});
  BOOST_REQUIRE(first.ok() && second.ok());
  BOOST_TEST(add_member(genesis, first->card).ok());
  BOOST_TEST(add_member(genesis, first->card).error().reason == "MEMBER_EXISTS");
  BOOST_TEST(add_member(genesis, second->card).error().reason == "MEMBER_DIFFERS");
}

BOOST_AUTO_TEST_CASE(a_network_file_survives_a_round_trip) {
  Network network;
  network.chain_name = "test";
  network.genesis = "/somewhere/genesis.json";
  network.nodes.push_back({"farm-1", "FarmCo", "/somewhere/farm-1", "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", 42});
  network.users.push_back({"capture", "FarmCo", "capture", "token", "/somewhere/key"});
  const auto read = Network::from_json(network.to_json());
  BOOST_REQUIRE(read.ok());
  BOOST_TEST(read->to_json() == network.to_json());
  BOOST_TEST(read->find_node("farm-1")->pid == 42);
  BOOST_TEST(read->find_user("FarmCo", "capture")->token == "token");
  BOOST_TEST(!Network::from_json("{}").ok());
}

BOOST_AUTO_TEST_SUITE_END()
