#include "contracts/governance/genesis_state.h"

#include <boost/test/unit_test.hpp>

#include "core/membership.h"
#include "tests/unit/governance/ledger.h"

namespace keten::governance {
namespace {

BOOST_AUTO_TEST_SUITE(genesis_state_entries)

BOOST_AUTO_TEST_CASE(the_membership_at_height_zero_is_that_of_the_founding_document) {
  const test::Ledger ledger(4);
  const auto expected = genesis_membership(ledger.genesis);
  const auto membership = ledger.membership();
  BOOST_TEST((membership.directory.keys() == expected.directory.keys()));
  BOOST_TEST(membership.directory.size() == 16);
  BOOST_TEST((membership.current.epoch == Epoch{0}));
  BOOST_TEST((membership.current.validators.members() == expected.current.validators.members()));
  BOOST_TEST((membership.current.validators.id() == expected.current.validators.id()));
  BOOST_TEST((membership.current.parameters == expected.current.parameters));
  BOOST_TEST((membership.nodes == expected.nodes));
  BOOST_TEST((membership.since == Height{0}));
  BOOST_TEST(!membership.pending.has_value());
  BOOST_TEST(!membership.next.has_value());
}

BOOST_AUTO_TEST_CASE(another_parameter_is_another_state) {
  auto genesis = sample::genesis(1);
  const auto before = genesis_state(genesis);
  genesis.parameters.block_bytes_max += 1;
  BOOST_TEST((genesis_state(genesis) != before));
}

BOOST_AUTO_TEST_CASE(a_state_without_a_genesis_has_no_members) {
  const keten::test::MapState empty;
  const auto membership = read_membership(empty);
  BOOST_REQUIRE(!membership.ok());
  BOOST_TEST(membership.error().reason == "STATE_UNKNOWN");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::governance
