#include <boost/test/unit_test.hpp>

#include "tests/unit/governance/ledger.h"

namespace keten::governance {
namespace {

using test::certificate;
using test::Ledger;
using test::validator_card;

AddOrganisation press() { return {"press", {sample::genesis_key("press", "admin", Roles{Role::admin})}}; }
AddValidator press_node(const std::string& node = "press-1") { return {"press", validator_card("press", node)}; }

std::vector<std::string> names(const ValidatorSet& set) {
  std::vector<std::string> result;
  for (const auto& member : set.members()) { result.push_back(member.node); }
  return result;
}

const Node* find(const Membership& membership, const std::string& name) {
  for (const auto& node : membership.nodes) {
    if (node.name == name) { return &node; }
  }
  return nullptr;
}

BOOST_AUTO_TEST_SUITE(epochs_of_governance)

BOOST_AUTO_TEST_CASE(a_fifth_validator_joins_with_the_next_epoch) {
  Ledger ledger;
  BOOST_TEST(ledger.agree({press(), press_node()}) == "ok");
  auto membership = ledger.membership();
  BOOST_TEST(membership.current.validators.size() == 4);
  BOOST_REQUIRE(membership.pending.has_value());
  BOOST_TEST((membership.pending->rules.epoch == Epoch{1}));
  BOOST_TEST((names(membership.pending->rules.validators) ==
              std::vector<std::string>{"node0", "node1", "node2", "node3", "press-1"}));
  BOOST_TEST(!membership.next.has_value());
  // It may connect at once.
  BOOST_REQUIRE_EQUAL(membership.nodes.size(), 5);
  BOOST_TEST((membership.nodes[4].number == NodeNumber{4}));
  BOOST_TEST((membership.nodes[4].key == sample::key_pair("press/press-1").public_key()));

  // The four of today are a quorum of five, but nobody is left behind.
  for (std::size_t index = 0; index < 4; ++index) { BOOST_TEST(ledger.ready(index) == "ok"); }
  BOOST_TEST(!ledger.membership().next.has_value());
  BOOST_TEST((ledger.membership().pending->ready.size() == 4));
  BOOST_TEST(ledger.ready("press", "press-1") == "ok");
  membership = ledger.membership();
  BOOST_REQUIRE(membership.next.has_value());
  BOOST_TEST((membership.next->validators.id() == membership.pending->rules.validators.id()));
  BOOST_REQUIRE_EQUAL(ledger.events.size(), 2);
  BOOST_TEST(ledger.events[1].kind == "governance.frozen");
  const auto next = membership.next->validators.id();

  ledger.seal();
  BOOST_TEST(ledger.changed_membership);
  membership = ledger.membership();
  BOOST_TEST((membership.current.epoch == Epoch{1}));
  BOOST_TEST((membership.current.validators.id() == next));
  BOOST_TEST((membership.since == ledger.height));
  BOOST_TEST(!membership.pending.has_value());
  BOOST_TEST(!membership.next.has_value());
  // The set of the epoch before stays readable.
  StateStore store(ledger.state);
  const auto before = Records(store).epoch(Epoch{0});
  BOOST_REQUIRE(before.has_value());
  BOOST_TEST((ValidatorSet(before->validators).id() == ledger.genesis.validators().id()));
  // And press has a voice now: four of five are needed.
  BOOST_TEST(ledger.propose(0, {SetParameter{"min_block_interval_ms", 100}}) == "ok");
  BOOST_TEST(ledger.outcome().needed == 4);
}

BOOST_AUTO_TEST_CASE(a_removed_validator_leaves_with_the_next_epoch) {
  Ledger ledger(5);
  BOOST_TEST(ledger.propose(0, {RemoveValidator{"node1", Afterwards::leaves}}) == "ok");
  for (const std::size_t index : {1, 2, 3}) { BOOST_TEST(ledger.approve(index, ChangeId{1}) == "ok"); }
  const auto key = sample::validator_key(1).public_key();
  BOOST_TEST((find(ledger.membership(), "node1") != nullptr));
  BOOST_TEST((ledger.membership().directory.find(key) != nullptr));
  for (const std::size_t index : {0, 2, 3}) { BOOST_TEST(ledger.ready(index) == "ok"); }
  BOOST_TEST(ledger.membership().next.has_value());
  BOOST_TEST(ledger.ready(1) == "NOT_IN_NEXT_SET");
  ledger.seal();
  const auto membership = ledger.membership();
  BOOST_TEST((names(membership.current.validators) == std::vector<std::string>{"node0", "node2", "node3", "node4"}));
  BOOST_TEST((membership.current.validators.find(NodeNumber{2}) == ValidatorIndex{1}));
  BOOST_TEST((find(membership, "node1") == nullptr));
  BOOST_TEST((membership.directory.find(key) == nullptr));
  // Its name is free for another machine, its key is not.
  auto card = validator_card("company1", "node1");
  BOOST_TEST(ledger.agree({AddValidator{"company1", card}}) == "KEY_KNOWN");
}

BOOST_AUTO_TEST_CASE(a_removed_validator_may_stay_as_a_follower_and_be_sent_away_later) {
  Ledger ledger(5);
  BOOST_TEST(ledger.agree({RemoveValidator{"node4", Afterwards::follows}}) == "ok");
  for (const std::size_t index : {0, 1, 2}) { BOOST_TEST(ledger.ready(index) == "ok"); }
  ledger.seal();
  BOOST_TEST((find(ledger.membership(), "node4") != nullptr));
  BOOST_TEST(ledger.admin(4, kUpdateNode, UpdateNode{"node4", "", "elsewhere:7001", {}}) == "ok");
  BOOST_TEST(find(ledger.membership(), "node4")->peer_address == "elsewhere:7001");
  BOOST_TEST(ledger.admin(4, kRotateValidator, test::rotation("company4", "node4", sample::key_pair("new"))) ==
             "NOT_A_VALIDATOR");
  BOOST_TEST(ledger.agree({RemoveValidator{"node4", Afterwards::follows}}) == "NOT_A_VALIDATOR");
  BOOST_TEST(ledger.agree({RemoveValidator{"node4", Afterwards::leaves}}) == "ok");
  BOOST_TEST((find(ledger.membership(), "node4") == nullptr));
  BOOST_TEST(!ledger.membership().pending.has_value());
}

BOOST_AUTO_TEST_CASE(every_key_rotates_in_one_epoch_change) {
  Ledger ledger;
  for (std::size_t index = 0; index < 4; ++index) {
    const auto name = ledger.organisation(index);
    const auto key = sample::key_pair(name + "/second key");
    BOOST_TEST(ledger.admin(index, kRotateValidator, test::rotation(name, sample::node_name(index), key)) == "ok");
    BOOST_TEST((ledger.membership().directory.find(key.public_key()) != nullptr));
  }
  auto membership = ledger.membership();
  BOOST_TEST((membership.current.validators.id() == ledger.genesis.validators().id()));
  BOOST_TEST((membership.nodes[0].key == sample::validator_key(0).public_key()));
  BOOST_TEST(ledger.ready(0) == "NOT_IN_NEXT_SET");  // the old key has no say
  for (std::size_t index = 0; index < 3; ++index) {
    const auto name = ledger.organisation(index);
    BOOST_TEST(ledger.ready(name, sample::key_pair(name + "/second key")) == "ok");
  }
  ledger.seal();
  membership = ledger.membership();
  for (std::size_t index = 0; index < 4; ++index) {
    const auto old_key = sample::validator_key(index).public_key();
    const auto new_key = sample::key_pair(ledger.organisation(index) + "/second key").public_key();
    BOOST_TEST((membership.nodes[index].key == new_key));
    BOOST_TEST((membership.nodes[index].former_keys == std::vector<PublicKey>{old_key}));
    BOOST_TEST((membership.directory.find(old_key) == nullptr));
    BOOST_TEST((membership.directory.find(new_key) != nullptr));
  }
  // An old key does not come back.
  BOOST_TEST(ledger.admin(0, kRotateValidator, test::rotation("company0", "node0", sample::validator_key(0))) ==
             "KEY_KNOWN");
}

BOOST_AUTO_TEST_CASE(a_key_that_is_replaced_before_it_was_used_is_gone) {
  Ledger ledger;
  const auto lost = sample::key_pair("lost");
  const auto found = sample::key_pair("found");
  BOOST_TEST(ledger.admin(0, kRotateValidator, test::rotation("company0", "node0", lost)) == "ok");
  BOOST_TEST(ledger.ready("company0", lost) == "ok");
  // An organisation that rotates in every block could otherwise keep the next epoch from beginning.
  BOOST_TEST(ledger.admin(0, kRotateValidator, test::rotation("company0", "node0", found)) == "ROTATED_JUST_NOW");
  BOOST_TEST(ledger.membership().pending->ready.size() == 1);
  ledger.height = ledger.height.plus(kRotationPauseBlocks);
  BOOST_TEST(ledger.admin(0, kRotateValidator, test::rotation("company0", "node0", found)) == "ok");
  BOOST_TEST((ledger.membership().directory.find(lost.public_key()) == nullptr));
  BOOST_TEST((ledger.membership().directory.find(sample::validator_key(0).public_key()) != nullptr));
  BOOST_TEST(ledger.membership().pending->ready.empty());  // another set: everyone says it again
  BOOST_TEST(ledger.membership().nodes[0].former_keys.size() == 1);
}

BOOST_AUTO_TEST_CASE(an_organisation_that_rotated_waits_before_it_begins_another_epoch) {
  Ledger ledger;
  const auto second = sample::key_pair("second");
  const auto rotate = [&](const KeyPair& key) {
    return ledger.admin(0, kRotateValidator, test::rotation("company0", "node0", key));
  };
  BOOST_TEST(rotate(second) == "ok");
  const auto given = ledger.height;
  for (const std::size_t index : {1, 2, 3}) { BOOST_TEST(ledger.ready(index) == "ok"); }
  ledger.seal();
  BOOST_TEST(rotate(sample::key_pair("third")) == "ROTATED_JUST_NOW");
  BOOST_TEST(!ledger.membership().pending.has_value());
  // The others are free.
  BOOST_TEST(ledger.admin(1, kRotateValidator, test::rotation("company1", "node1", sample::key_pair("other"))) == "ok");
  for (const std::size_t index : {2, 3}) { BOOST_TEST(ledger.ready(index) == "ok"); }
  BOOST_TEST(ledger.ready("company0", second) == "ok");
  ledger.seal();
  ledger.height = given.plus(kRotationPauseBlocks - 2);
  BOOST_TEST(rotate(sample::key_pair("third")) == "ROTATED_JUST_NOW");
  BOOST_TEST((ledger.height == given.plus(kRotationPauseBlocks - 1)));
  BOOST_TEST(rotate(sample::key_pair("third")) == "ok");
}

BOOST_AUTO_TEST_CASE(all_nodes_of_an_organisation_rotate_together_and_none_of_them_prolongs_it) {
  Ledger ledger;
  BOOST_TEST(ledger.agree({AddValidator{"company0", validator_card("company0", "extra")}}) == "ok");
  const auto key = sample::key_pair("company0/extra");
  BOOST_TEST(ledger.ready("company0", key) == "ok");
  for (const std::size_t index : {0, 1, 2}) { BOOST_TEST(ledger.ready(index) == "ok"); }
  ledger.seal();
  const auto rotate = [&](const std::string& node, const KeyPair& to) {
    return ledger.admin(0, kRotateValidator, test::rotation("company0", node, to));
  };
  // Also that of a node which has just joined, with the key that the members agreed on.
  BOOST_TEST(rotate("node0", sample::key_pair("a")) == "ok");
  BOOST_TEST(rotate("extra", sample::key_pair("b")) == "ok");
  for (const std::size_t index : {1, 2, 3}) { BOOST_TEST(ledger.ready(index) == "ok"); }
  BOOST_TEST(ledger.ready("company0", sample::key_pair("b")) == "ok");
  ledger.seal();
  BOOST_TEST(rotate("node0", sample::key_pair("c")) == "ROTATED_JUST_NOW");
  BOOST_TEST(rotate("extra", sample::key_pair("c")) == "ROTATED_JUST_NOW");
}

BOOST_AUTO_TEST_CASE(two_nodes_of_one_organisation_do_not_take_turns_with_new_epochs) {
  Ledger ledger;
  BOOST_TEST(ledger.agree({AddValidator{"company0", validator_card("company0", "extra")}}) == "ok");
  BOOST_TEST(ledger.ready("company0", sample::key_pair("company0/extra")) == "ok");
  for (const std::size_t index : {0, 1, 2}) { BOOST_TEST(ledger.ready(index) == "ok"); }
  ledger.seal();
  BOOST_TEST(ledger.admin(0, kRotateValidator, test::rotation("company0", "node0", sample::key_pair("a"))) == "ok");
  for (const std::size_t index : {1, 2, 3}) { BOOST_TEST(ledger.ready(index) == "ok"); }
  BOOST_TEST(ledger.ready("company0", sample::key_pair("company0/extra")) == "ok");
  ledger.seal();
  BOOST_TEST(ledger.admin(0, kRotateValidator, test::rotation("company0", "extra", sample::key_pair("b"))) ==
             "ROTATED_JUST_NOW");
}

BOOST_AUTO_TEST_CASE(a_follower_is_known_by_the_key_that_it_voted_with) {
  Ledger ledger(5);
  BOOST_TEST(ledger.admin(4, kRotateValidator, test::rotation("company4", "node4", sample::key_pair("unused"))) ==
             "ok");
  BOOST_TEST(ledger.agree({RemoveValidator{"node4", Afterwards::follows}}) == "ok");
  for (const std::size_t index : {0, 1, 2}) { BOOST_TEST(ledger.ready(index) == "ok"); }
  ledger.seal();
  const auto membership = ledger.membership();
  BOOST_REQUIRE((find(membership, "node4") != nullptr));
  BOOST_TEST((find(membership, "node4")->key == sample::validator_key(4).public_key()));
  BOOST_TEST(find(membership, "node4")->former_keys.empty());
}

BOOST_AUTO_TEST_CASE(only_the_own_organisation_rotates_and_updates_a_node) {
  Ledger ledger;
  BOOST_TEST(ledger.admin(1, kRotateValidator, test::rotation("company1", "node0", sample::key_pair("new"))) ==
             "FOREIGN_NODE");
  BOOST_TEST(ledger.admin(1, kRotateValidator, test::rotation("company1", "node9", sample::key_pair("new"))) ==
             "UNKNOWN_NODE");
  BOOST_TEST(ledger.admin(1, kUpdateNode, UpdateNode{"node0", "", "evil:1", {}}) == "FOREIGN_NODE");
  BOOST_TEST(ledger.admin(1, kUpdateNode, UpdateNode{"node9", "", "evil:1", {}}) == "UNKNOWN_NODE");
  auto unproven = test::rotation("company0", "node0", sample::key_pair("new"));
  unproven.key = sample::key_pair("someone else").public_key();
  BOOST_TEST(ledger.admin(0, kRotateValidator, unproven) == "KEY_NOT_POSSESSED");
  BOOST_TEST(ledger.admin(0, kRotateValidator, test::rotation("company0", "node0", sample::validator_key(1))) ==
             "KEY_KNOWN");
}

BOOST_AUTO_TEST_CASE(a_new_certificate_counts_at_once_and_the_old_one_until_the_next) {
  Ledger ledger;
  const auto genesis_pin = ledger.genesis.organisations[0].validators[0].tls_certificate;
  BOOST_TEST(ledger.admin(0, kUpdateNode, UpdateNode{"node0", certificate("a"), "", {}}) == "ok");
  BOOST_TEST(
      (ledger.membership().nodes[0].tls_certificates == std::vector<std::string>{certificate("a"), genesis_pin}));
  BOOST_TEST(ledger.admin(0, kUpdateNode, UpdateNode{"node0", certificate("a"), "", {}}) == "NOTHING_CHANGES");
  BOOST_TEST(ledger.admin(0, kUpdateNode, UpdateNode{"node0", certificate("b"), "moved:7001", {}}) == "ok");
  BOOST_TEST(
      (ledger.membership().nodes[0].tls_certificates == std::vector<std::string>{certificate("b"), certificate("a")}));
  BOOST_TEST(ledger.membership().nodes[0].peer_address == "moved:7001");
  BOOST_TEST(ledger.admin(0, kUpdateNode, UpdateNode{"node0", certificate("b"), "", FormerCertificate::ends}) == "ok");
  BOOST_TEST((ledger.membership().nodes[0].tls_certificates == std::vector<std::string>{certificate("b")}));
  BOOST_TEST(ledger.admin(1, kUpdateNode, UpdateNode{"node1", certificate("b"), "", {}}) == "CERTIFICATE_KNOWN");
  // The same certificate, written with other line ends.
  auto disguised = certificate("b");
  disguised.insert(40, "\n");
  BOOST_TEST(ledger.admin(1, kUpdateNode, UpdateNode{"node1", disguised, "", {}}) == "CERTIFICATE_KNOWN");
  BOOST_TEST(ledger.admin(1, kUpdateNode, UpdateNode{"node1", "", "moved:7001", {}}) == "ADDRESS_KNOWN");
  BOOST_TEST((ledger.membership().current.epoch == Epoch{0}));
  BOOST_TEST(!ledger.membership().pending.has_value());
}

BOOST_AUTO_TEST_CASE(parameters_change_with_the_next_epoch) {
  Ledger ledger;
  BOOST_TEST(ledger.agree(
                 {SetParameter{"block_bytes_max", 2 * 1024 * 1024}, SetParameter{"clock_drift_ms_max", 900}}) == "ok");
  BOOST_TEST(ledger.membership().current.parameters.clock_drift_ms_max == 5000);
  BOOST_TEST(ledger.membership().pending->rules.parameters.clock_drift_ms_max == 900);
  for (const std::size_t index : {0, 1, 2}) { BOOST_TEST(ledger.ready(index) == "ok"); }
  ledger.seal();
  BOOST_TEST(ledger.membership().current.parameters.clock_drift_ms_max == 900);
  BOOST_TEST(ledger.membership().current.parameters.block_bytes_max == 2 * 1024 * 1024);
  BOOST_TEST((ledger.membership().current.epoch == Epoch{1}));
}

BOOST_AUTO_TEST_CASE(parameters_that_no_chain_can_have_are_refused) {
  Ledger ledger;
  BOOST_TEST(ledger.propose(0, {SetParameter{"block_bytes_max", 1}}) == "PARAMETER_OUT_OF_RANGE");
  BOOST_TEST(ledger.propose(0, {SetParameter{"colour", 1}}) == "UNKNOWN_PARAMETER");
  BOOST_TEST(ledger.propose(0, {SetParameter{"clock_drift_ms_max", 5000}}) == "NOTHING_CHANGES");
  BOOST_TEST(ledger.propose(0, {SetParameter{"block_bytes_max", 512 * 1024}}) == "PARAMETER_OUT_OF_RANGE");
  BOOST_TEST(ledger.propose(0, {SetParameter{"block_bytes_max", 512 * 1024},
                                SetParameter{"transaction_bytes_max", 256 * 1024}}) == "ok");
}

BOOST_AUTO_TEST_CASE(a_change_that_is_taken_back_leaves_nothing_pending) {
  Ledger ledger;
  BOOST_TEST(ledger.agree({press(), press_node()}) == "ok");
  BOOST_TEST(ledger.agree({RemoveValidator{"press-1", Afterwards::leaves}}) == "ok");
  BOOST_TEST(!ledger.membership().pending.has_value());
  BOOST_TEST((find(ledger.membership(), "press-1") == nullptr));
  BOOST_TEST((ledger.membership().directory.find(sample::key_pair("press/press-1").public_key()) == nullptr));
  BOOST_TEST(ledger.send("press", sample::key_pair("press/press-1"), kReady, Ready{}.encode()) == "UNKNOWN_SENDER");
  // Numbers are not used again.
  auto card = validator_card("press", "press-2");
  BOOST_TEST(ledger.agree({AddValidator{"press", card}}) == "ok");
  BOOST_TEST((find(ledger.membership(), "press-2")->number == NodeNumber{5}));
}

BOOST_AUTO_TEST_CASE(changes_that_endanger_the_quorum_are_refused) {
  Ledger ledger;
  BOOST_TEST(ledger.propose(0, {RemoveValidator{"node3", {}}}) == "TOO_FEW_VALIDATORS");
  // Four of six are no quorum.
  BOOST_TEST(ledger.propose(0, {press(), press_node("press-1"), press_node("press-2")}) == "QUORUM_AT_RISK");
  BOOST_TEST(ledger.propose(0, {press(), press_node("press-1"), press_node("press-2"), RemoveValidator{"node0", {}},
                                RemoveValidator{"node1", {}}}) == "QUORUM_AT_RISK");
  // One for one is fine.
  BOOST_TEST(ledger.agree({press(), press_node(), RemoveValidator{"node3", {}}}) == "ok");
  // Also over several changes before the next epoch.
  BOOST_TEST(ledger.propose(0, {AddValidator{"press", validator_card("press", "press-2")},
                                RemoveValidator{"node2", {}}}) == "QUORUM_AT_RISK");
}

BOOST_AUTO_TEST_CASE(a_hundred_validators_are_the_most) {
  Ledger ledger(100);
  BOOST_TEST(ledger.propose(0, {AddValidator{"company0", validator_card("company0", "one-more")}}) ==
             "TOO_MANY_VALIDATORS");
  BOOST_TEST(ledger.propose(0, {AddValidator{"company0", validator_card("company0", "one-more")},
                                RemoveValidator{"node0", {}}}) == "ok");
}

BOOST_AUTO_TEST_CASE(a_small_chain_grows) {
  Ledger ledger(1);
  BOOST_TEST(ledger.agree({press(), press_node()}) == "ok");
  BOOST_TEST(ledger.ready(0) == "ok");
  BOOST_TEST(ledger.ready("press", "press-1") == "ok");
  ledger.seal();
  BOOST_TEST(ledger.membership().current.validators.size() == 2);
  BOOST_TEST(ledger.propose(0, {RemoveValidator{"press-1", {}}}) == "TOO_FEW_VALIDATORS");
}

BOOST_AUTO_TEST_CASE(nodes_are_unique) {
  Ledger ledger;
  BOOST_TEST(ledger.propose(0, {AddValidator{"company1", validator_card("company1", "node0")}}) == "NODE_EXISTS");
  auto card = validator_card("company0", "other");
  card.key = sample::validator_key(1).public_key();
  BOOST_TEST(ledger.propose(0, {AddValidator{"company0", card}}) == "KEY_KNOWN");
  card = validator_card("company0", "other");
  card.peer_address = "node0.example:7001";
  BOOST_TEST(ledger.propose(0, {AddValidator{"company0", card}}) == "ADDRESS_KNOWN");
  card = validator_card("company0", "other");
  card.possession = {};
  BOOST_TEST(ledger.propose(0, {AddValidator{"company0", card}}) == "KEY_NOT_POSSESSED");
  BOOST_TEST(ledger.propose(0, {AddValidator{"nobody", validator_card("nobody", "other")}}) == "UNKNOWN_ORGANISATION");
  BOOST_TEST(ledger.propose(0, {RemoveValidator{"other", {}}}) == "UNKNOWN_NODE");
}

BOOST_AUTO_TEST_CASE(while_an_epoch_is_frozen_only_what_concerns_the_present_goes_on) {
  Ledger ledger;
  BOOST_TEST(ledger.agree({press(), SetParameter{"clock_drift_ms_max", 900}}) == "ok");
  BOOST_TEST(ledger.propose(1, {SetParameter{"min_block_interval_ms", 100}}) == "ok");
  const auto waiting = ledger.outcome().change;
  BOOST_TEST(ledger.approve(2, waiting) == "ok");
  const auto digest = change_digest(ledger.change(waiting.value).proposal);
  for (const std::size_t index : {0, 1, 2}) { BOOST_TEST(ledger.ready(index) == "ok"); }
  BOOST_TEST(ledger.membership().next.has_value());

  BOOST_TEST(ledger.propose(0, {press_node()}) == "EPOCH_FROZEN");
  BOOST_TEST(ledger.propose(0, {RemoveValidator{"node3", {}}}) == "EPOCH_FROZEN");
  BOOST_TEST(ledger.propose(0, {RemoveOrganisation{"company3"}}) == "EPOCH_FROZEN");
  BOOST_TEST(ledger.admin(0, kApprove, ApproveChange{waiting, digest}) == "EPOCH_FROZEN");
  BOOST_TEST(ledger.admin(0, kRotateValidator, test::rotation("company0", "node0", sample::key_pair("new"))) ==
             "EPOCH_FROZEN");
  BOOST_TEST(ledger.ready(3) == "ok");  // too late to matter, no reason to complain
  BOOST_TEST(ledger.admin(0, kUpdateNode, UpdateNode{"node0", certificate("a"), "", {}}) == "ok");
  BOOST_TEST(ledger.admin(0, kAddKey, AddKey{sample::genesis_key("company0", "x", Roles{Role::auditor})}) == "ok");
  BOOST_TEST(ledger.membership().next->parameters.clock_drift_ms_max == 900);

  ledger.seal();
  BOOST_TEST(ledger.admin(0, kApprove, ApproveChange{waiting, digest}) == "ok");
  BOOST_TEST(ledger.outcome().applied);
  BOOST_TEST(ledger.membership().pending->rules.parameters.min_block_interval_ms == 100);
  BOOST_TEST(ledger.membership().pending->rules.parameters.clock_drift_ms_max == 900);
}

BOOST_AUTO_TEST_CASE(ready_is_said_by_members_of_the_pending_set_with_a_fresh_state) {
  Ledger ledger;
  BOOST_TEST(ledger.send("company0", sample::validator_key(0), kReady, Ready{}.encode()) == "NOTHING_PENDING");
  BOOST_TEST(ledger.agree({press(), press_node()}) == "ok");
  const auto set = ledger.membership().pending->rules.validators.id();
  const auto key = sample::key_pair("press/press-1");
  BOOST_TEST(ledger.send("press", key, kReady, Ready{ledger.genesis.validators().id(), ledger.height}.encode()) ==
             "OTHER_VALIDATORS");
  BOOST_TEST(ledger.send("press", key, kReady, Ready{set, ledger.height.plus(2)}.encode()) == "READY_TOO_OLD");
  const auto synced = ledger.height;
  ledger.height = ledger.height.plus(limits::kReadyAgeBlocksMax);
  BOOST_TEST(ledger.send("press", key, kReady, Ready{set, synced}.encode()) == "READY_TOO_OLD");
  BOOST_TEST(ledger.send("press", key, kReady, Ready{set, synced.plus(2)}.encode()) == "ok");
  BOOST_TEST(ledger.send("press", key, kReady, Ready{set, ledger.height}.encode()) == "ok");  // again: nothing happens
  BOOST_TEST(!ledger.changed_membership);
  BOOST_TEST((ledger.membership().pending->ready == std::set<NodeNumber>{NodeNumber{4}}));
}

BOOST_AUTO_TEST_CASE(a_company_that_leaves_loses_its_keys_at_once_and_its_validators_with_the_epoch) {
  Ledger ledger(5);
  BOOST_TEST(ledger.agree({RemoveOrganisation{"company4"}}) == "ok");
  auto membership = ledger.membership();
  BOOST_TEST((membership.directory.find(sample::key_pair("company4/admin").public_key()) == nullptr));
  BOOST_TEST((membership.directory.find(sample::device_key(4).public_key()) == nullptr));
  BOOST_TEST((membership.directory.find(sample::validator_key(4).public_key()) != nullptr));
  BOOST_TEST(ledger.admin(4, kWithdraw, WithdrawChange{ChangeId{1}}) == "UNKNOWN_SENDER");
  for (const std::size_t index : {0, 1, 2}) { BOOST_TEST(ledger.ready(index) == "ok"); }
  ledger.seal();
  membership = ledger.membership();
  BOOST_TEST((membership.directory.find(sample::validator_key(4).public_key()) == nullptr));
  BOOST_TEST(membership.nodes.size() == 4);
  BOOST_TEST(ledger.agree({RemoveOrganisation{"company3"}}) == "TOO_FEW_VALIDATORS");
}

BOOST_AUTO_TEST_CASE(a_company_leaves_although_its_validator_was_to_stay_as_a_follower) {
  Ledger ledger(5);
  BOOST_TEST(ledger.agree({RemoveValidator{"node4", Afterwards::follows}}) == "ok");
  BOOST_TEST(ledger.agree({RemoveOrganisation{"company4"}}) == "ok");
  for (const std::size_t index : {0, 1, 2}) { BOOST_TEST(ledger.ready(index) == "ok"); }
  ledger.seal();
  BOOST_TEST((find(ledger.membership(), "node4") == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::governance
