#include <boost/test/unit_test.hpp>

#include "contracts/commitment/commit.h"
#include "contracts/governance/arguments.h"
#include "tests/unit/agreements/ledger.h"

namespace keten::agreements {
namespace {

using test::document;
using test::kDayMs;
using test::Ledger;

BOOST_FIXTURE_TEST_SUITE(lifecycle, Ledger)

BOOST_AUTO_TEST_CASE(an_agreement_is_active_once_all_have_signed) {
  const auto text = document({.parties = {"company0", "company1", "company2"}});
  BOOST_TEST(propose(0, text) == "ok");
  const auto id = document_hash(text);
  BOOST_TEST((AgreementId::from(last.result).value() == id));
  BOOST_TEST(state_of(id) == "proposed");
  BOOST_TEST(sign_version(2, id, 1, text) == "ok");
  BOOST_TEST(state_of(id) == "proposed");
  BOOST_TEST(in_force(state, "company0", time).empty());
  BOOST_TEST(sign_version(1, id, 1, text) == "ok");
  BOOST_TEST(state_of(id) == "active");
  for (const auto* party : {"company0", "company1", "company2"}) {
    const auto active = in_force(state, party, time);
    BOOST_REQUIRE(active.size() == 1U);
    BOOST_TEST(active.front().version == 1U);
    BOOST_TEST(active.front().document.title == "Milk");
  }
  BOOST_TEST(in_force(state, "company3", time).empty());
}

BOOST_AUTO_TEST_CASE(an_agreement_begins_at_its_start_and_ends_at_its_end) {
  const auto id = agree(document({.start = 10, .end = 20}));
  BOOST_TEST(state_of(id) == "agreed");
  wait(10 * kDayMs);
  BOOST_TEST(state_of(id) == "active");
  wait(10 * kDayMs);
  BOOST_TEST(state_of(id) == "ended");
  BOOST_TEST(in_force(state, "company0", time).empty());
  BOOST_TEST(terminate(0, id) == "AGREEMENT_ENDED");
  BOOST_TEST(amend(0, id, document({.title = "More", .start = 30})) == "AGREEMENT_ENDED");
}

BOOST_AUTO_TEST_CASE(only_a_member_that_is_a_party_proposes_and_signs) {
  BOOST_TEST(propose(2, document()) == "NOT_A_PARTY");
  BOOST_TEST(propose(0, document({.parties = {"company0", "nobody"}})) == "UNKNOWN_ORGANISATION");
  const auto text = document();
  BOOST_TEST(propose(0, text) == "ok");
  const auto id = document_hash(text);
  BOOST_TEST(sign_version(2, id, 1, text) == "NOT_A_PARTY");
  BOOST_TEST(withdraw(2, id, 1) == "NOT_A_PARTY");
  BOOST_TEST(terminate(2, id) == "NOT_A_PARTY");
  BOOST_TEST(amend(2, id, document({.title = "x"})) == "NOT_A_PARTY");
}

BOOST_AUTO_TEST_CASE(keys_that_a_node_holds_sign_no_agreement) {
  const auto text = document();
  BOOST_TEST(propose(0, text) == "ok");
  const auto arguments = Sign{document_hash(text), 1, document_hash(text)}.encode();
  BOOST_TEST(send(1, kSign, arguments, {.user = "capture"}) == "ROLE_NOT_ALLOWED");
  BOOST_TEST(last.message.find("needs one of the roles admin; the sender has capture") != std::string::npos);
  BOOST_TEST(send(1, kSign, arguments, {.user = "device"}) == "ROLE_NOT_ALLOWED");
  BOOST_TEST(send(1, kSign, arguments, {.user = "node1"}) == "ROLE_NOT_ALLOWED");
  BOOST_TEST(send(1, kSign, arguments) == "ok");
}

BOOST_AUTO_TEST_CASE(a_key_that_was_revoked_in_the_same_block_signs_nothing) {
  const auto text = document();
  BOOST_TEST(propose(0, text) == "ok");
  const auto second = sample::key_pair("company1/second");
  governance::AddKey add{sample::genesis_key("company1", "second", Roles{Role::admin})};
  BOOST_TEST(send(1, governance::kAddKey, add.encode(), {.contract = "governance"}) == "ok");
  const governance::RevokeKey revoke{second.public_key()};
  const auto receipts =
      block({sign(1, governance::kRevokeKey, revoke.encode(), {.contract = "governance"}),
             sign(1, kSign, Sign{document_hash(text), 1, document_hash(text)}.encode(), {.user = "second"})});
  BOOST_TEST(receipts[0].succeeded);
  BOOST_TEST(receipts[1].reason == "KEY_REVOKED");
}

BOOST_AUTO_TEST_CASE(parties_sign_exactly_the_bytes_of_the_version) {
  const auto text = document();
  BOOST_TEST(propose(0, text) == "ok");
  const auto id = document_hash(text);
  BOOST_TEST(sign_version(1, id, 1, document({.title = "Wine"})) == "AGREEMENT_DIFFERS");
  BOOST_TEST(sign_version(1, id, 2, text) == "UNKNOWN_VERSION");
  BOOST_TEST(sign_version(1, id, 0, text) == "UNKNOWN_VERSION");
  BOOST_TEST(sign_version(1, document_hash("other"), 1, text) == "UNKNOWN_AGREEMENT");
  BOOST_TEST(sign_version(0, id, 1, text) == "ALREADY_SIGNED");
  BOOST_TEST(sign_version(1, id, 1, text) == "ok");
  BOOST_TEST(sign_version(1, id, 1, text) == "VERSION_CLOSED");
  BOOST_TEST(propose(1, text) == "AGREEMENT_EXISTS");
}

BOOST_AUTO_TEST_CASE(any_party_can_end_a_proposal_and_then_nobody_can_sign_it) {
  const auto text = document();
  BOOST_TEST(propose(0, text) == "ok");
  const auto id = document_hash(text);
  BOOST_TEST(terminate(0, id) == "NOT_AGREED");
  BOOST_TEST(amend(0, id, document({.title = "x"})) == "VERSION_OPEN");
  BOOST_TEST(withdraw(1, id, 1) == "ok");
  BOOST_TEST(state_of(id) == "withdrawn");
  BOOST_TEST(sign_version(1, id, 1, text) == "VERSION_CLOSED");
  BOOST_TEST(last.message.find("withdrawn by company1") != std::string::npos);
  BOOST_TEST(withdraw(0, id, 1) == "VERSION_CLOSED");
  BOOST_TEST(amend(0, id, document({.title = "x"})) == "NOT_AGREED");
}

BOOST_AUTO_TEST_CASE(an_amendment_counts_when_all_have_signed_it_and_not_before) {
  const auto id = agree(document());
  const auto second = document({.title = "Milk and cheese"});
  BOOST_TEST(amend(1, id, second) == "ok");
  BOOST_TEST(version_of(id) == 1U);
  BOOST_TEST(amend(0, id, document({.title = "Third"})) == "VERSION_OPEN");
  BOOST_TEST(sign_version(0, id, 2, second) == "ok");
  BOOST_TEST(version_of(id) == 2U);
  BOOST_TEST(in_force(state, "company0", time).front().document.title == "Milk and cheese");
  BOOST_TEST(amend(0, id, second) == "NOTHING_CHANGES");
}

BOOST_AUTO_TEST_CASE(an_amendment_that_begins_later_leaves_the_old_version_in_force_until_then) {
  const auto id = agree(document());
  const auto second = document({.title = "Later", .start = 10});
  BOOST_TEST(amend(0, id, second) == "ok");
  BOOST_TEST(sign_version(1, id, 2, second) == "ok");
  BOOST_TEST(version_of(id) == 1U);
  wait(10 * kDayMs);
  BOOST_TEST(version_of(id) == 2U);
}

BOOST_AUTO_TEST_CASE(an_amendment_that_a_party_refuses_changes_nothing) {
  const auto id = agree(document());
  const auto second = document({.title = "Second"});
  BOOST_TEST(amend(0, id, second) == "ok");
  BOOST_TEST(withdraw(1, id, 2) == "ok");
  BOOST_TEST(state_of(id) == "active");
  BOOST_TEST(version_of(id) == 1U);
  BOOST_TEST(sign_version(1, id, 2, second) == "VERSION_CLOSED");
  const auto third = document({.title = "Third"});
  BOOST_TEST(amend(0, id, third) == "ok");
  BOOST_TEST(sign_version(1, id, 2, third) == "ok");
  BOOST_TEST(version_of(id) == 2U);
}

BOOST_AUTO_TEST_CASE(an_amendment_has_the_parties_of_the_agreement) {
  const auto id = agree(document());
  BOOST_TEST(amend(0, id, document({.parties = {"company0", "company2"}})) == "PARTIES_DIFFER");
  BOOST_TEST(amend(0, id, document({.parties = {"company1", "company0"}})) == "ok");
}

BOOST_AUTO_TEST_CASE(each_party_ends_an_agreement_with_its_notice) {
  const auto id = agree(document({.notice = 30}));
  const auto second = document({.title = "Second"});
  BOOST_TEST(amend(0, id, second) == "ok");
  BOOST_TEST(terminate(1, id) == "ok");
  BOOST_TEST(state_of(id) == "terminated");
  BOOST_TEST(version_of(id) == 1U);
  BOOST_TEST(sign_version(1, id, 2, second) == "VERSION_CLOSED");
  BOOST_TEST(terminate(0, id) == "AGREEMENT_TERMINATED");
  BOOST_TEST(amend(0, id, document({.title = "Third"})) == "AGREEMENT_TERMINATED");
  wait(29 * kDayMs);
  BOOST_TEST(state_of(id) == "terminated");
  wait(kDayMs);
  BOOST_TEST(state_of(id) == "ended");
  BOOST_TEST(version_of(id) == 0U);
  BOOST_TEST(in_force(state, "company1", time).empty());
}

BOOST_AUTO_TEST_CASE(what_has_ended_before_it_was_signed_is_not_signed) {
  const auto text = document({.end = 1});
  BOOST_TEST(propose(0, text) == "ok");
  wait(kDayMs);
  BOOST_TEST(sign_version(1, document_hash(text), 1, text) == "AGREEMENT_EXPIRED");
  BOOST_TEST(propose(0, document({.title = "Old", .end = 1})) == "AGREEMENT_EXPIRED");
}

BOOST_AUTO_TEST_CASE(proposals_that_wait_are_bounded_and_withdrawn_ones_make_room) {
  for (std::size_t i = 0; i < kProposalsOpenMax; ++i) {
    BOOST_TEST(propose(0, document({.title = std::to_string(i)})) == "ok");
  }
  BOOST_TEST(propose(0, document({.title = "one more"})) == "TOO_MANY_PROPOSALS");
  BOOST_TEST(propose(1, document({.title = "of another"})) == "ok");
  BOOST_TEST(withdraw(1, document_hash(document({.title = "0"})), 1) == "ok");
  BOOST_TEST(propose(0, document({.title = "one more"})) == "ok");
  const auto signed_text = document({.title = "1"});
  BOOST_TEST(sign_version(1, document_hash(signed_text), 1, signed_text) == "ok");
  BOOST_TEST(propose(0, document({.title = "another"})) == "ok");
}

BOOST_AUTO_TEST_CASE(agreements_in_force_are_bounded_and_those_that_are_over_make_room) {
  for (std::size_t i = 0; i < kAgreementsInForceMax; ++i) {
    (void)agree(document({.title = std::to_string(i), .end = i == 5 ? 1 : 0}));
  }
  const auto more = document({.title = "more"});
  BOOST_TEST(propose(0, more) == "ok");
  BOOST_TEST(sign_version(1, document_hash(more), 1, more) == "TOO_MANY_AGREEMENTS");
  wait(kDayMs);
  BOOST_TEST(sign_version(1, document_hash(more), 1, more) == "ok");
  BOOST_TEST(in_force(state, "company0", time).size() == kAgreementsInForceMax);
}

BOOST_AUTO_TEST_CASE(versions_of_one_agreement_are_bounded) {
  const auto id = agree(document());
  for (std::uint32_t version = 2; version <= kVersionsMax; ++version) {
    const auto next = document({.title = std::to_string(version)});
    BOOST_TEST(amend(0, id, next) == "ok");
    BOOST_TEST(sign_version(1, id, version, next) == "ok");
  }
  BOOST_TEST(amend(0, id, document({.title = "more"})) == "TOO_MANY_VERSIONS");
}

BOOST_AUTO_TEST_CASE(what_one_party_withdraws_uses_up_no_versions) {
  const auto id = agree(document());
  for (std::size_t i = 0; i < kVersionsMax + 1; ++i) {
    BOOST_TEST(amend(0, id, document({.title = std::to_string(i)})) == "ok");
    BOOST_TEST(withdraw(0, id, 2) == "ok");
  }
  const auto next = document({.title = "Next"});
  BOOST_TEST(amend(1, id, next) == "ok");
  BOOST_TEST(sign_version(0, id, 2, document({.title = "0"})) == "AGREEMENT_DIFFERS");
  BOOST_TEST(sign_version(0, id, 2, next) == "ok");
  BOOST_TEST(version_of(id) == 2U);
}

BOOST_AUTO_TEST_CASE(the_notice_is_that_of_the_version_in_force) {
  const auto id = agree(document({.notice = 90}));
  const auto next = document({.title = "Later", .start = 365, .notice = 0});
  BOOST_TEST(amend(0, id, next) == "ok");
  BOOST_TEST(sign_version(1, id, 2, next) == "ok");
  BOOST_TEST(terminate(0, id) == "ok");
  BOOST_TEST(state_of(id) == "terminated");
  wait(89 * kDayMs);
  BOOST_TEST(state_of(id) == "terminated");
  wait(2 * kDayMs);
  BOOST_TEST(state_of(id) == "ended");
}

BOOST_AUTO_TEST_CASE(every_step_is_in_the_history_of_the_agreement_and_is_told_to_watchers) {
  const auto text = document();
  BOOST_TEST(propose(0, text) == "ok");
  const auto id = document_hash(text);
  BOOST_REQUIRE(events.size() == 1U);
  BOOST_TEST(events.front().kind == "agreements.proposed");
  BOOST_TEST(events.front().subject == id.hex());
  BOOST_TEST(sign_version(1, id, 1, text) == "ok");
  BOOST_TEST(events.front().kind == "agreements.agreed");
  BOOST_TEST(terminate(1, id) == "ok");
  BOOST_TEST(events.front().kind == "agreements.terminated");
  const auto head = contracts::commitment::read_head(state, kHeadKind, id.hex());
  BOOST_REQUIRE(head.has_value());
  BOOST_TEST(head->count == 3U);
  BOOST_TEST((head->state == entity_state_digest(state.get(full_key(agreement_key(id))).value())));
}

BOOST_AUTO_TEST_CASE(what_is_read_shows_who_has_signed_and_who_is_missing) {
  const auto text = document();
  BOOST_TEST(propose(0, text) == "ok");
  const auto id = document_hash(text);
  auto shown = to_json(state, *read_agreement_record(state, id), time);
  BOOST_TEST(json::serialize(*shown.find("current")->find("missing")) == R"(["company1"])");
  BOOST_TEST(json::canonical(*shown.find("current")->find("document")) == text);
  BOOST_TEST(sign_version(1, id, 1, text) == "ok");
  const auto second = document({.title = "Second"});
  BOOST_TEST(amend(1, id, second) == "ok");
  shown = to_json(state, *read_agreement_record(state, id), time);
  BOOST_TEST(shown.find_string("state").value() == "active");
  BOOST_TEST(json::serialize(*shown.find("amendment")->find("missing")) == R"(["company0"])");
  BOOST_TEST(list_agreements(state, "company1", {}, 10).size() == 1U);
  BOOST_TEST(list_agreements(state, "company2", {}, 10).empty());
  BOOST_TEST(list_agreements(state, "", {}, 10).size() == 1U);
  BOOST_TEST(list_agreements(state, "", id, 10).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::agreements
