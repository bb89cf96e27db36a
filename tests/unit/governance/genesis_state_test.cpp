#include "contracts/governance/genesis_state.h"

#include <boost/test/unit_test.hpp>

#include "core/keys.h"

namespace keten::governance {
namespace {

Genesis small_genesis() {
  KeySeed seed;
  seed.bytes.fill(7);
  const auto key = KeyPair::from_seed(seed).public_key();
  GenesisOrganisation organisation;
  organisation.name = "dairy";
  organisation.keys.push_back({.name = "admin", .key = key, .roles = {Role::admin}, .possession = {}});
  organisation.validators.push_back(
      {.node = "n1", .key = key, .possession = {}, .tls_certificate = "c", .peer_address = "h:1"});
  Genesis genesis;
  genesis.chain_name = "test";
  genesis.organisations = {organisation};
  return genesis;
}

BOOST_AUTO_TEST_SUITE(genesis_state_entries)

BOOST_AUTO_TEST_CASE(every_key_validator_and_organisation_is_in_the_state) {
  const auto genesis = small_genesis();
  const auto writes = genesis_state(genesis);
  BOOST_TEST(writes.contains(to_bytes("governance/parameters")));
  BOOST_TEST(writes.contains(to_bytes("governance/organisation/dairy")));
  BOOST_TEST(writes.contains(validator_entry(ValidatorIndex{0})));
  BOOST_TEST(!writes.contains(validator_entry(ValidatorIndex{1})));
  const auto found = writes.find(key_entry(genesis.organisations[0].keys[0].key));
  BOOST_REQUIRE(found != writes.end());
  const auto key = decode_key(*found->second);
  BOOST_REQUIRE(key.ok());
  BOOST_TEST(key->organisation == "dairy");
  BOOST_TEST(key->name == "admin");
  BOOST_TEST(key->roles.has(Role::admin));
}

BOOST_AUTO_TEST_CASE(another_parameter_is_another_state) {
  auto genesis = small_genesis();
  const auto before = genesis_state(genesis);
  genesis.parameters.block_bytes_max += 1;
  BOOST_TEST((genesis_state(genesis) != before));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::governance
