#include "contracts/governance/membership_state.h"

#include <algorithm>
#include <map>
#include <random>

#include <boost/test/unit_test.hpp>

#include "tests/unit/governance/ledger.h"

namespace keten::governance {
namespace {

using test::Ledger;
using test::validator_card;

/// What companies do to their keys and machines, in any order; most of it is refused.
class Companies {
 public:
  explicit Companies(unsigned seed) : random_(seed) {}

  void act(Ledger& ledger) {
    const auto index = below(ledger.genesis.organisations.size());
    const auto organisation = ledger.organisation(index);
    switch (below(9)) {
      case 0:
      case 1: {
        const auto name = "user" + std::to_string(below(4));
        const auto owner = organisation + "/" + name + std::to_string(++made_);
        auto key = sample::genesis_key(organisation, name, Roles{Role::submitter});
        const auto pair = sample::key_pair(owner);
        key.key = pair.public_key();
        key.possession = pair.sign(key_possession_hash(organisation, name, key.key, key.roles).view());
        if (ledger.admin(index, kAddKey, AddKey{key}) == "ok") { ++counts["added"]; }
        return;
      }
      case 2: {
        StateStore store(ledger.state);
        const auto users = Records(store).users(organisation);
        if (users.empty()) { return; }
        const auto key = users[below(users.size())];
        if (ledger.admin(index, kRevokeKey, RevokeKey{key}) == "ok") { ++counts["revoked"]; }
        return;
      }
      case 3: {
        const auto node = below(2) == 0 ? sample::node_name(index) : "more" + std::to_string(index);
        const auto key = sample::key_pair(organisation + "/rotated " + std::to_string(++made_));
        if (ledger.admin(index, kRotateValidator, test::rotation(organisation, node, key)) == "ok") {
          ++counts["rotated"];
        }
        waiting_.insert_or_assign(node, key);
        return;
      }
      case 4: {
        const auto card = validator_card(organisation, "more" + std::to_string(index));
        if (ledger.agree({AddValidator{organisation, card}}) == "ok") { ++counts["joined"]; }
        return;
      }
      case 5: {
        const auto afterwards = below(2) == 0 ? Afterwards::follows : Afterwards::leaves;
        if (ledger.agree({RemoveValidator{"more" + std::to_string(index), afterwards}}) == "ok") {
          ++counts["removed"];
        }
        return;
      }
      case 6:
        if (below(8) == 0 && index > 4 && ledger.agree({RemoveOrganisation{organisation}}) == "ok") {
          ++counts["left"];
        }
        return;
      default: return say_ready(ledger);
    }
  }

  std::map<std::string, int> counts;  ///< what was not refused

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  void say_ready(Ledger& ledger) {
    const auto membership = ledger.membership();
    if (!membership.pending) { return; }
    for (const auto& one : membership.pending->rules.validators.members()) {
      const auto waits = waiting_.find(one.node);
      const bool is_new = waits != waiting_.end() && waits->second.public_key() == one.key;
      const auto key = is_new ? waits->second : sample::key_pair(one.organisation + "/" + one.node);
      if (key.public_key() == one.key) { (void)ledger.ready(one.organisation, key); }
    }
    if (!ledger.membership().next) { return; }
    ledger.seal();
    ++counts["sealed"];
    ledger.height = ledger.height.plus(below(2) * kRotationPauseBlocks);
  }

  std::mt19937 random_;
  std::size_t made_ = 0;
  std::map<std::string, KeyPair> waiting_;
};

BOOST_AUTO_TEST_SUITE(membership_state)

// The ledger compares after every block.
BOOST_AUTO_TEST_CASE(the_membership_that_follows_from_each_block_is_that_of_the_whole_state) {
  std::map<std::string, int> done;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    Ledger ledger(7);
    Companies companies(seed);
    for (int step = 0; step < 150; ++step) { companies.act(ledger); }
    for (const auto& [what, times] : companies.counts) { done[what] += times; }
  }
  for (const auto* what : {"added", "revoked", "rotated", "joined", "removed", "left", "sealed"}) {
    BOOST_TEST_CONTEXT(what) { BOOST_TEST(done[what] > 0); }
  }
}

class CountingState : public contracts::StateReader {
 public:
  explicit CountingState(const contracts::StateReader& below) : below_(below) {}
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override {
    ++read;
    return below_.get(key);
  }
  void scan(ByteView first, ByteView end, const Visit& visit) const override {
    below_.scan(first, end, [&](ByteView key, ByteView value) {
      ++read;
      return visit(key, value);
    });
  }
  mutable std::size_t read = 0;

 private:
  const contracts::StateReader& below_;
};

BOOST_AUTO_TEST_CASE(a_block_with_a_new_key_reads_nothing_and_a_start_does_not_read_revoked_keys) {
  Ledger ledger;
  const auto& state = ledger.state;
  const CountingState at_first(state);
  (void)read_membership(at_first);
  for (int round = 0; round < 100; ++round) {
    auto key = sample::genesis_key("company0", "device-x", Roles{Role::submitter});
    const auto pair = sample::key_pair("round " + std::to_string(round));
    key.key = pair.public_key();
    key.possession = pair.sign(key_possession_hash("company0", "device-x", key.key, key.roles).view());
    BOOST_REQUIRE(ledger.admin(0, kAddKey, AddKey{key}) == "ok");
    BOOST_REQUIRE(ledger.admin(0, kRevokeKey, RevokeKey{key.key}) == "ok");
  }
  const CountingState later(state);
  const auto membership = read_membership(later).value();
  BOOST_TEST(later.read == at_first.read);

  KeyRecord record{{"company0", "device-y", Roles{Role::submitter}}, ledger.height, {}};
  StateStore store(state);
  Records(store).set_key(sample::key_pair("y").public_key(), record);
  const auto writes = store.take_writes();
  const CountingState none(state);
  const auto after = membership_after(membership, none, writes).value();
  BOOST_TEST(none.read == 0U);
  BOOST_TEST(after.directory.size() == membership.directory.size() + 1);
  BOOST_REQUIRE(after.directory.find(sample::key_pair("y").public_key()) != nullptr);
}

BOOST_AUTO_TEST_CASE(a_key_that_comes_or_goes_is_paid_for) {
  Ledger ledger;
  auto key = sample::genesis_key("company0", "x", Roles{Role::submitter});
  BOOST_REQUIRE(ledger.admin(0, kAddKey, AddKey{key}) == "ok");
  BOOST_TEST(ledger.last.fuel_used > 200'000U);
  BOOST_REQUIRE(ledger.admin(0, kRevokeKey, RevokeKey{key.key}) == "ok");
  BOOST_TEST(ledger.last.fuel_used > 50'000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::governance
