#include <boost/test/unit_test.hpp>

#include "tests/unit/governance/ledger.h"

namespace keten::governance {
namespace {

using test::Ledger;
using test::validator_card;

/// The company that joins in these tests.
AddOrganisation press() { return {"press", {sample::genesis_key("press", "admin", Roles{Role::admin})}}; }
AddValidator press_node(const std::string& node = "press-1") { return {"press", validator_card("press", node)}; }

BOOST_AUTO_TEST_SUITE(proposing_and_approving)

BOOST_AUTO_TEST_CASE(a_change_is_applied_when_a_quorum_of_organisations_approved_it) {
  Ledger ledger;
  BOOST_TEST(ledger.propose(0, {press()}) == "ok");
  BOOST_TEST((ledger.outcome() == ChangeOutcome{ChangeId{1}, false, 1, 3}));
  BOOST_TEST(!ledger.changed_membership);
  BOOST_TEST(ledger.approve(1, ChangeId{1}) == "ok");
  BOOST_TEST((ledger.outcome() == ChangeOutcome{ChangeId{1}, false, 2, 3}));
  BOOST_TEST(ledger.approve(3, ChangeId{1}) == "ok");
  BOOST_TEST((ledger.outcome() == ChangeOutcome{ChangeId{1}, true, 3, 3}));
  BOOST_TEST(ledger.changed_membership);
  BOOST_REQUIRE_EQUAL(ledger.events.size(), 2);
  BOOST_TEST(ledger.events[0].kind == "governance.approved");
  BOOST_TEST(ledger.events[1].kind == "governance.applied");
  BOOST_TEST(ledger.events[1].subject == "1");
  const auto admin = sample::key_pair("press/admin").public_key();
  BOOST_TEST((ledger.membership().directory.find(admin) != nullptr));
  BOOST_TEST((ledger.change(1).status == ChangeStatus::applied));
  // A member without a validator proposes, but has no voice.
  ProposeChange proposal;
  proposal.changes = {press_node()};
  BOOST_TEST(ledger.send("press", sample::key_pair("press/admin"), kPropose, proposal.encode()) == "ok");
  BOOST_TEST((ledger.outcome() == ChangeOutcome{ChangeId{2}, false, 0, 3}));
  BOOST_TEST(ledger.send("press", sample::key_pair("press/admin"), kApprove,
                         ApproveChange{ChangeId{2}, change_digest(proposal.encode())}.encode()) == "NO_VOICE");
}

BOOST_AUTO_TEST_CASE(an_organisation_counts_once_whichever_key_approves) {
  Ledger ledger;
  const auto second = sample::genesis_key("company0", "admin2", Roles{Role::admin});
  BOOST_TEST(ledger.admin(0, kAddKey, AddKey{second}) == "ok");
  BOOST_TEST(ledger.propose(0, {press()}) == "ok");
  BOOST_TEST(ledger.approve(0, ChangeId{1}) == "ALREADY_APPROVED");
  const auto digest = change_digest(ledger.change(1).proposal);
  BOOST_TEST(ledger.send("company0", sample::key_pair("company0/admin2"), kApprove,
                         ApproveChange{ChangeId{1}, digest}.encode()) == "ALREADY_APPROVED");
  BOOST_TEST(ledger.approve(1, ChangeId{1}) == "ok");
  BOOST_TEST(ledger.approve(1, ChangeId{1}) == "ALREADY_APPROVED");
  BOOST_TEST((ledger.change(1).approvals == std::set<std::string>{"company0", "company1"}));
  BOOST_TEST((ledger.change(1).status == ChangeStatus::open));
}

BOOST_AUTO_TEST_CASE(an_organisation_with_two_validators_has_one_voice) {
  auto genesis = sample::genesis(4);
  genesis.organisations[0].validators.push_back(sample::genesis_validator("company0", "second"));
  Ledger ledger(genesis);
  BOOST_TEST(ledger.propose(0, {press()}) == "ok");
  BOOST_TEST((ledger.outcome() == ChangeOutcome{ChangeId{1}, false, 1, 3}));
}

BOOST_AUTO_TEST_CASE(only_admins_govern_and_only_validators_are_ready) {
  Ledger ledger;
  ProposeChange proposal;
  proposal.changes = {press()};
  const std::vector<std::pair<std::string_view, Bytes>> admin_methods = {
      {kPropose, proposal.encode()},
      {kApprove, ApproveChange{ChangeId{1}, {}}.encode()},
      {kWithdraw, WithdrawChange{ChangeId{1}}.encode()},
      {kRotateValidator, test::rotation("company0", "node0", sample::key_pair("new")).encode()},
      {kUpdateNode, UpdateNode{"node0", "", "host:1", {}}.encode()},
      {kAddKey, AddKey{sample::genesis_key("company0", "x", Roles{Role::submitter})}.encode()},
      {kRevokeKey, RevokeKey{sample::device_key(0).public_key()}.encode()}};
  for (const auto& [method, arguments] : admin_methods) {
    for (const auto* const name : {"device", "capture", "node0"}) {
      BOOST_TEST(ledger.send("company0", sample::key_pair(std::string("company0/") + name), method, arguments) ==
                 "ROLE_NOT_ALLOWED");
    }
  }
  for (const auto* const name : {"device", "capture", "admin"}) {
    BOOST_TEST(ledger.send("company0", sample::key_pair(std::string("company0/") + name), kReady, Ready{}.encode()) ==
               "ROLE_NOT_ALLOWED");
  }
  BOOST_TEST(ledger.send("company0", sample::key_pair("company0/admin"), "change.force", {}) == "UNKNOWN_METHOD");
  BOOST_TEST(ledger.send("company0", sample::key_pair("stranger"), kPropose, proposal.encode()) == "UNKNOWN_SENDER");
}

BOOST_AUTO_TEST_CASE(an_approval_is_for_what_was_seen) {
  Ledger ledger;
  BOOST_TEST(ledger.propose(0, {press()}) == "ok");
  BOOST_TEST(ledger.admin(1, kApprove, ApproveChange{ChangeId{1}, sample::hash_of("another")}) == "CHANGE_DIFFERS");
  BOOST_TEST(ledger.approve(1, ChangeId{2}) == "UNKNOWN_CHANGE");
}

BOOST_AUTO_TEST_CASE(a_change_expires_and_makes_room_for_others) {
  Ledger ledger;
  ProposeChange proposal;
  proposal.changes = {press()};
  proposal.open_for_ms = limits::kChangeOpenMsMin;
  BOOST_TEST(ledger.admin(0, kPropose, proposal) == "ok");
  const auto expires = ledger.change(1).expires;
  BOOST_TEST(expires == ledger.time + 60'000);
  const ApproveChange approval{ChangeId{1}, change_digest(proposal.encode())};
  ledger.time = expires - 1000;  // the next block is of the last millisecond
  BOOST_TEST(ledger.admin(1, kApprove, approval) == "ok");
  BOOST_TEST(ledger.admin(2, kApprove, approval) == "CHANGE_EXPIRED");
  BOOST_TEST(ledger.admin(0, kWithdraw, WithdrawChange{ChangeId{1}}) == "CHANGE_EXPIRED");
  BOOST_TEST(ledger.admin(0, kPropose, proposal) == "ok");
  BOOST_TEST((ledger.change(1).status == ChangeStatus::expired));
  BOOST_TEST(ledger.admin(2, kApprove, approval) == "CHANGE_CLOSED");
}

BOOST_AUTO_TEST_CASE(who_proposed_closes_a_change_and_who_approved_takes_the_approval_back) {
  Ledger ledger;
  BOOST_TEST(ledger.propose(0, {press()}) == "ok");
  BOOST_TEST(ledger.approve(1, ChangeId{1}) == "ok");
  BOOST_TEST(ledger.admin(2, kWithdraw, WithdrawChange{ChangeId{1}}) == "NOT_APPROVED");
  BOOST_TEST(ledger.admin(1, kWithdraw, WithdrawChange{ChangeId{1}}) == "ok");
  BOOST_TEST((ledger.change(1).approvals == std::set<std::string>{"company0"}));
  BOOST_TEST(ledger.admin(1, kWithdraw, WithdrawChange{ChangeId{1}}) == "NOT_APPROVED");
  BOOST_TEST(ledger.admin(0, kWithdraw, WithdrawChange{ChangeId{1}}) == "ok");
  BOOST_TEST((ledger.change(1).status == ChangeStatus::withdrawn));
  BOOST_TEST(ledger.admin(0, kWithdraw, WithdrawChange{ChangeId{1}}) == "CHANGE_CLOSED");
  BOOST_TEST(ledger.approve(2, ChangeId{1}) == "CHANGE_CLOSED");
  BOOST_TEST(ledger.admin(0, kWithdraw, WithdrawChange{ChangeId{9}}) == "UNKNOWN_CHANGE");
}

BOOST_AUTO_TEST_CASE(a_change_that_cannot_be_applied_is_refused_when_it_is_proposed) {
  Ledger ledger;
  BOOST_TEST(ledger.propose(0, {press_node()}) == "UNKNOWN_ORGANISATION");
  BOOST_TEST(!ledger.membership().pending.has_value());
  // All or none: the good half of a bad change leaves nothing.
  BOOST_TEST(ledger.agree({press(), RemoveValidator{"nobody", {}}}) == "UNKNOWN_NODE");
  BOOST_TEST((ledger.membership().directory.find(sample::key_pair("press/admin").public_key()) == nullptr));
}

BOOST_AUTO_TEST_CASE(a_change_that_became_impossible_stays_open_and_says_why) {
  Ledger ledger;
  BOOST_TEST(ledger.propose(0, {press()}) == "ok");
  BOOST_TEST(ledger.approve(1, ChangeId{1}) == "ok");
  const auto digest = change_digest(ledger.change(1).proposal);
  BOOST_TEST(ledger.agree({press()}) == "ok");
  BOOST_TEST(ledger.admin(2, kApprove, ApproveChange{ChangeId{1}, digest}) == "ORGANISATION_EXISTS");
  BOOST_TEST((ledger.change(1).status == ChangeStatus::open));
  BOOST_TEST(ledger.change(1).approvals.size() == 2);
}

BOOST_AUTO_TEST_CASE(open_changes_are_bounded) {
  Ledger ledger(10);
  const auto fill = [&](std::size_t organisation) {
    std::size_t proposed = 0;
    while (ledger.propose(organisation, {SetParameter{"min_block_interval_ms", 100}}) == "ok") { ++proposed; }
    BOOST_TEST(ledger.last.reason == "TOO_MANY_CHANGES");
    return proposed;
  };
  std::size_t all = fill(0);
  BOOST_TEST(all == limits::kChangesOpenPerOrganisationMax);
  for (std::size_t organisation = 1; organisation < 8; ++organisation) { all += fill(organisation); }
  BOOST_TEST(all == limits::kChangesOpenMax);
  // Whoever has a voice can propose one all the same: the others cannot keep it from governing.
  BOOST_TEST(fill(8) == 1);
  BOOST_TEST(fill(9) == 1);
  BOOST_TEST(ledger.admin(0, kWithdraw, WithdrawChange{ChangeId{1}}) == "ok");
  BOOST_TEST(ledger.propose(0, {SetParameter{"min_block_interval_ms", 100}}) == "TOO_MANY_CHANGES");
}

BOOST_AUTO_TEST_CASE(members_without_a_voice_cannot_fill_the_list_of_open_changes) {
  Ledger ledger;
  std::vector<Change> members;
  for (std::size_t i = 0; i < 8; ++i) {
    const auto name = "member" + std::to_string(i);
    members.emplace_back(AddOrganisation{name, {sample::genesis_key(name, "admin", Roles{Role::admin})}});
  }
  BOOST_TEST(ledger.agree(members) == "ok");
  ProposeChange proposal;
  proposal.changes = {SetParameter{"min_block_interval_ms", 100}};
  for (std::size_t i = 0; i < limits::kChangesOpenMax; ++i) {
    const auto name = "member" + std::to_string(i % 8);
    BOOST_TEST(ledger.send(name, sample::key_pair(name + "/admin"), kPropose, proposal.encode()) == "ok");
  }
  BOOST_TEST(ledger.agree({RemoveOrganisation{"member0"}}) == "ok");
}

BOOST_AUTO_TEST_CASE(long_changes_that_expire_together_are_paid_for_by_many) {
  Ledger ledger(10);
  ProposeChange proposal;
  proposal.open_for_ms = limits::kChangeOpenMsMin;
  const auto card = [](std::size_t i) {
    auto result = validator_card("company0", "long" + std::to_string(i));
    std::string body(15'600, 'A');
    body += std::string(4 * (i + 1), 'B');
    result.tls_certificate = "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n";
    return result;
  };
  for (std::size_t i = 0; i < 4; ++i) { proposal.changes.emplace_back(AddValidator{"company0", card(i)}); }
  for (std::size_t i = 0; i < limits::kChangesOpenMax; ++i) {
    BOOST_TEST_REQUIRE(ledger.admin(i % 8, kPropose, proposal) == "ok");
  }
  ledger.time += 2 * limits::kChangeOpenMsMin;
  BOOST_TEST(ledger.propose(0, {press()}) == "ok");
  BOOST_TEST(ledger.last.fuel_used < limits::kFuelPerTransactionMax / 3);
  proposal.changes.emplace_back(AddValidator{"company0", card(4)});
  BOOST_TEST(ledger.admin(9, kPropose, proposal) == "ARGUMENTS_INVALID");
}

BOOST_AUTO_TEST_CASE(when_others_left_the_last_approval_is_given_again) {
  Ledger ledger(5);  // four of five are needed
  BOOST_TEST(ledger.propose(0, {press()}) == "ok");
  const auto digest = change_digest(ledger.change(1).proposal);
  BOOST_TEST(ledger.approve(1, ChangeId{1}) == "ok");
  BOOST_TEST(ledger.approve(2, ChangeId{1}) == "ok");
  BOOST_TEST((ledger.outcome() == ChangeOutcome{ChangeId{1}, false, 3, 4}));
  BOOST_TEST(ledger.propose(0, {RemoveOrganisation{"company4"}}) == "ok");
  for (const std::size_t index : {1, 2, 3}) { BOOST_TEST(ledger.approve(index, ChangeId{2}) == "ok"); }
  BOOST_TEST(ledger.outcome().applied);
  BOOST_TEST(ledger.admin(2, kApprove, ApproveChange{ChangeId{1}, digest}) == "ok");
  BOOST_TEST((ledger.outcome() == ChangeOutcome{ChangeId{1}, true, 3, 3}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(organisations_and_keys)

BOOST_AUTO_TEST_CASE(names_and_keys_are_never_used_twice) {
  Ledger ledger;
  BOOST_TEST(
      ledger.agree({AddOrganisation{"company1", {sample::genesis_key("company1", "other", Roles{Role::admin})}}}) ==
      "ORGANISATION_EXISTS");
  auto stolen = press();
  stolen.keys[0].key = sample::key_pair("company1/admin").public_key();
  BOOST_TEST(ledger.agree({stolen}) == "KEY_KNOWN");
  auto forged = press();
  forged.keys[0].key = sample::key_pair("not mine").public_key();
  BOOST_TEST(ledger.agree({forged}) == "KEY_NOT_POSSESSED");
  BOOST_TEST(ledger.agree({press()}) == "ok");
  BOOST_TEST(ledger.agree({RemoveOrganisation{"press"}}) == "ok");
  BOOST_TEST((ledger.membership().directory.find(sample::key_pair("press/admin").public_key()) == nullptr));
  BOOST_TEST(ledger.agree({press()}) == "ORGANISATION_EXISTS");
  BOOST_TEST(ledger.agree({RemoveOrganisation{"press"}}) == "ORGANISATION_LEFT");
  BOOST_TEST(ledger.agree({RemoveOrganisation{"nobody"}}) == "UNKNOWN_ORGANISATION");
  BOOST_TEST(ledger.agree({press_node()}) == "ORGANISATION_LEFT");
  auto again = press();
  again.name = "press2";
  BOOST_TEST(ledger.agree({again}) == "KEY_KNOWN");
}

BOOST_AUTO_TEST_CASE(keys_of_small_order_are_refused) {
  Ledger ledger;
  auto weak = press();
  weak.keys[0].key = PublicKey{};
  weak.keys[0].key.bytes[0] = 1;  // the neutral element
  BOOST_TEST(ledger.agree({weak}) == "KEY_INVALID");
  weak.keys[0].key.bytes.fill(0xFF);  // not canonical
  BOOST_TEST(ledger.agree({weak}) == "KEY_INVALID");
  auto rotation = test::rotation("company0", "node0", sample::key_pair("new"));
  rotation.key = PublicKey{};
  BOOST_TEST(ledger.admin(0, kRotateValidator, rotation) == "KEY_INVALID");
}

BOOST_AUTO_TEST_CASE(an_organisation_adds_and_revokes_its_own_keys_alone) {
  Ledger ledger;
  const auto scanner = sample::genesis_key("company0", "scanner", Roles{Role::submitter});
  BOOST_TEST(ledger.admin(0, kAddKey, AddKey{scanner}) == "ok");
  BOOST_TEST((ledger.membership().directory.find(scanner.key)->organisation == "company0"));
  BOOST_TEST(ledger.admin(0, kAddKey, AddKey{scanner}) == "NAME_TAKEN");
  auto renamed = sample::genesis_key("company0", "scanner2", Roles{Role::submitter});
  auto same_key = renamed;
  same_key.key = scanner.key;
  BOOST_TEST(ledger.admin(0, kAddKey, AddKey{same_key}) == "KEY_KNOWN");
  BOOST_TEST(ledger.admin(1, kAddKey, AddKey{renamed}) == "KEY_NOT_POSSESSED");  // made for another organisation
  auto more = renamed;
  more.roles = Roles{Role::submitter, Role::admin};
  BOOST_TEST(ledger.admin(0, kAddKey, AddKey{more}) == "KEY_NOT_POSSESSED");  // for other roles

  BOOST_TEST(ledger.admin(1, kRevokeKey, RevokeKey{scanner.key}) == "UNKNOWN_KEY");
  BOOST_TEST(ledger.admin(0, kRevokeKey, RevokeKey{renamed.key}) == "UNKNOWN_KEY");
  BOOST_TEST(ledger.admin(0, kRevokeKey, RevokeKey{scanner.key}) == "ok");
  BOOST_TEST((ledger.membership().directory.find(scanner.key) == nullptr));
  BOOST_TEST(ledger.admin(0, kRevokeKey, RevokeKey{scanner.key}) == "KEY_REVOKED");
  BOOST_TEST(ledger.admin(0, kAddKey, AddKey{scanner}) == "KEY_KNOWN");
  BOOST_TEST(ledger.send("company0", sample::key_pair("company0/scanner"), kAddKey, AddKey{scanner}.encode()) ==
             "UNKNOWN_SENDER");
  BOOST_TEST(ledger.admin(0, kAddKey, AddKey{renamed}) == "ok");
}

BOOST_AUTO_TEST_CASE(the_last_admin_and_validator_keys_cannot_be_revoked) {
  Ledger ledger;
  const auto first = sample::key_pair("company0/admin").public_key();
  BOOST_TEST(ledger.admin(0, kRevokeKey, RevokeKey{first}) == "LAST_ADMIN");
  BOOST_TEST(ledger.admin(0, kRevokeKey, RevokeKey{sample::validator_key(0).public_key()}) == "NOT_A_USER_KEY");
  BOOST_TEST(ledger.admin(0, kAddKey, AddKey{sample::genesis_key("company0", "admin2", Roles{Role::admin})}) == "ok");
  BOOST_TEST(ledger.admin(0, kRevokeKey, RevokeKey{first}) == "ok");
  BOOST_TEST(ledger.send("company0", sample::key_pair("company0/admin2"), kRevokeKey,
                         RevokeKey{sample::key_pair("company0/admin2").public_key()}.encode()) == "LAST_ADMIN");
}

BOOST_AUTO_TEST_CASE(a_key_revoked_in_a_block_governs_nothing_behind_it) {
  Ledger ledger;
  BOOST_TEST(ledger.admin(0, kAddKey, AddKey{sample::genesis_key("company0", "admin2", Roles{Role::admin})}) == "ok");
  const auto thief = sample::key_pair("company0/admin");
  const auto receipts = ledger.block(
      {ledger.sign("company0", sample::key_pair("company0/admin2"), kRevokeKey, RevokeKey{thief.public_key()}.encode()),
       ledger.sign("company0", thief, kAddKey,
                   AddKey{sample::genesis_key("company0", "thief", Roles{Role::admin})}.encode())});
  BOOST_TEST(receipts[0].succeeded);
  BOOST_TEST(receipts[1].reason == "KEY_REVOKED");
}

BOOST_AUTO_TEST_CASE(the_others_give_an_organisation_without_admin_a_new_one) {
  Ledger ledger;
  const auto rescue = sample::genesis_key("company3", "rescue", Roles{Role::admin});
  BOOST_TEST(ledger.agree({AddMemberKey{"company3", rescue}}) == "ok");
  BOOST_TEST(ledger.send("company3", sample::key_pair("company3/rescue"), kRevokeKey,
                         RevokeKey{sample::key_pair("company3/admin").public_key()}.encode()) == "ok");
}

BOOST_AUTO_TEST_CASE(an_organisation_has_a_bounded_number_of_keys) {
  auto genesis = sample::genesis(1);
  auto& keys = genesis.organisations[0].keys;
  while (keys.size() < limits::kKeysPerOrganisationMax - 1) {
    GenesisKey key;
    key.name = "device" + std::to_string(keys.size());
    key.key.bytes[0] = static_cast<std::uint8_t>(keys.size());
    key.key.bytes[1] = static_cast<std::uint8_t>(keys.size() >> 8U);
    key.roles = Roles{Role::submitter};
    keys.push_back(key);
  }
  Ledger ledger(genesis);
  BOOST_TEST(ledger.admin(0, kAddKey, AddKey{sample::genesis_key("company0", "last", Roles{Role::submitter})}) == "ok");
  BOOST_TEST(ledger.admin(0, kAddKey, AddKey{sample::genesis_key("company0", "more", Roles{Role::submitter})}) ==
             "TOO_MANY_KEYS");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::governance
