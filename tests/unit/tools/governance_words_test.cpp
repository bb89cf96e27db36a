#include "tools/keten/governance_words.h"

#include <boost/test/unit_test.hpp>

#include "contracts/governance/records.h"
#include "tests/unit/core/sample_network.h"
#include "tools/keten/one_entry.h"

namespace keten::tools {
namespace {

namespace gov = governance;

/// What a contract wrote: the key without its namespace, and the value.
std::pair<Bytes, Bytes> written(gov::StateStore& store) {
  const auto writes = store.take_writes();
  BOOST_REQUIRE(writes.size() == 1U);
  const auto& [key, value] = *writes.begin();
  constexpr std::size_t kNamespace = std::string_view("governance/").size();
  return {Bytes(key.begin() + kNamespace, key.end()), *value};
}

BOOST_AUTO_TEST_SUITE(governance_words_of_a_proof)

BOOST_AUTO_TEST_CASE(an_epoch_a_member_and_a_key_are_told_in_words) {
  const OneEntry nothing({}, {});
  gov::StateStore store(nothing);
  gov::Records records(store);
  const auto key = sample::key_pair("farm/node-1").public_key();
  gov::EpochRecord epoch;
  epoch.since = Height{41};
  epoch.validators = {{"farm", "node-1", key, 1, NodeNumber{0}}};
  records.set_epoch(Epoch{3}, epoch);
  const auto [epoch_key, epoch_value] = written(store);
  const auto lines = governance_words(epoch_key, epoch_value);
  BOOST_REQUIRE(lines.size() >= 3U);
  BOOST_TEST(lines[0] == "epoch 3 begins with the block behind height 41");
  BOOST_TEST(lines[1] == "1 validators:");
  BOOST_TEST(lines[2] == "  farm/node-1 with key " + key_text(key) + ", weight 1");

  gov::OrganisationRecord organisation;
  organisation.keys = 3;
  organisation.admins = 1;
  organisation.joined = Height{5};
  records.set_organisation("farm", organisation);
  const auto [name, member] = written(store);
  BOOST_TEST(governance_words(name, member).front() == "organisation farm: joined at height 5, is a member");
  organisation.left = Height{9};
  records.set_organisation("farm", organisation);
  BOOST_TEST(governance_words(name, written(store).second).front() ==
             "organisation farm: joined at height 5, left at height 9");

  gov::KeyRecord record;
  record.registered.organisation = "farm";
  record.registered.name = "scale";
  record.registered.roles = Roles{Role::submitter};
  record.since = Height{6};
  record.revoked = Height{8};
  records.set_key(key, record);
  const auto [key_key, key_value] = written(store);
  BOOST_TEST(governance_words(key_key, key_value).front() ==
             key_text(key) + " of farm/scale: roles submitter, since height 6, revoked at height 8");
}

BOOST_AUTO_TEST_CASE(what_governance_did_not_write_is_not_told) {
  for (const auto* key : {"epoch/12345678", "organisation/farm", "key/1", "node/12", "pending", "", "/", "other/1"}) {
    for (const auto* value : {"", "x", "0123456789012345678901234567890123456789"}) {
      BOOST_TEST(governance_words(as_bytes(std::string_view(key)), as_bytes(std::string_view(value))).empty(), key);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::tools
