#include "contracts/governance/views.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/governance/ledger.h"

namespace keten::governance {
namespace {

using test::Ledger;

AddOrganisation press() { return {"press", {sample::genesis_key("press", "admin", Roles{Role::admin})}}; }

BOOST_AUTO_TEST_SUITE(views_of_governance)

BOOST_AUTO_TEST_CASE(a_change_says_who_approved_and_who_is_missing) {
  Ledger ledger;
  const auto progress = [&] { return read_change(ledger.state, ChangeId{1})->progress(); };
  BOOST_TEST(ledger.propose(0, {press()}) == "ok");
  BOOST_TEST(progress() == "1 of 3 approvals: company0; missing 2 of company1, company2, company3");
  BOOST_TEST(ledger.approve(2, ChangeId{1}) == "ok");
  BOOST_TEST(progress() == "2 of 3 approvals: company0, company2; missing one of company1, company3");
  BOOST_TEST(read_changes(ledger.state, WhichChanges::open, 10).size() == 1U);
  BOOST_TEST(ledger.approve(3, ChangeId{1}) == "ok");
  BOOST_TEST(progress() == "3 of 3 approvals: company0, company2, company3");
  BOOST_TEST(read_changes(ledger.state, WhichChanges::open, 10).empty());
  BOOST_TEST(ledger.propose(1, {SetParameter{"clock_drift_ms_max", 900}}) == "ok");
  const auto all = read_changes(ledger.state, WhichChanges::all, 10);
  BOOST_REQUIRE_EQUAL(all.size(), 2);
  BOOST_TEST((all[0].id == ChangeId{2}));
  BOOST_TEST((all[1].digest() == change_digest(all[1].record.proposal)));
  BOOST_TEST(read_changes(ledger.state, WhichChanges::all, 1).size() == 1U);
  BOOST_TEST(!read_change(ledger.state, ChangeId{3}).has_value());
  const auto document = to_json(all[1]);
  BOOST_TEST(*document.find_string("status") == "applied");
  BOOST_TEST(document.find("changes")->items().at(0).text() == "add organisation press with the keys admin");
}

BOOST_AUTO_TEST_CASE(who_is_awaited_for_the_next_epoch_is_named) {
  Ledger ledger;
  BOOST_TEST(ledger.agree({press(), AddValidator{"press", test::validator_card("press", "press-1")}}) == "ok");
  auto view = read_validators(ledger.state);
  BOOST_TEST(view.ready_needed == 4U);
  BOOST_TEST(view.awaited.size() == 5U);
  for (std::size_t index = 0; index < 4; ++index) { BOOST_TEST(ledger.ready(index) == "ok"); }
  view = read_validators(ledger.state);
  BOOST_TEST((view.awaited == std::vector<std::string>{"press-1"}));
  BOOST_TEST(!to_json(view).find("pending")->find("frozen")->as_bool());
  BOOST_TEST(ledger.ready("press", "press-1") == "ok");
  view = read_validators(ledger.state);
  BOOST_TEST(view.awaited.empty());
  BOOST_TEST(view.pending->is_frozen());
  ledger.seal();
  view = read_validators(ledger.state);
  BOOST_TEST(!view.pending.has_value());
  BOOST_TEST(view.nodes.size() == 5U);
  BOOST_TEST(to_json(view).find("pending")->is(json::Kind::null));
  // Every epoch can be looked up.
  BOOST_TEST(read_epoch(ledger.state, Epoch{0})->record.validators.size() == 4U);
  BOOST_TEST(read_epoch(ledger.state, Epoch{1})->record.validators.size() == 5U);
  BOOST_TEST(!read_epoch(ledger.state, Epoch{2}).has_value());
}

BOOST_AUTO_TEST_CASE(keys_are_listed_with_those_that_were_revoked) {
  Ledger ledger;
  BOOST_TEST(ledger.admin(0, kRevokeKey, RevokeKey{sample::device_key(0).public_key()}) == "ok");
  const auto keys = read_keys(ledger.state, "company0");
  BOOST_REQUIRE_EQUAL(keys.size(), 4);
  BOOST_TEST(keys[2].record.registered.name == "device");
  BOOST_TEST(!keys[2].record.is_valid());
  BOOST_TEST(read_keys(ledger.state, "").size() == 16U);
}

BOOST_AUTO_TEST_CASE(an_introduction_names_every_node_with_all_its_keys) {
  Ledger ledger;
  BOOST_TEST(ledger.admin(0, kRotateValidator, test::rotation("company0", "node0", sample::key_pair("new"))) == "ok");
  const auto document = introduction_json(read_validators(ledger.state), Height{7});
  BOOST_TEST(document.find("height")->as_integer().value() == 7);
  const auto& nodes = document.find("nodes")->items();
  BOOST_REQUIRE_EQUAL(nodes.size(), 4);
  const auto& keys = nodes.at(0).find("keys")->items();
  BOOST_REQUIRE_EQUAL(keys.size(), 2);
  BOOST_TEST(keys.at(0).text() == key_text(sample::validator_key(0).public_key()));  // what it votes with comes first
  BOOST_TEST(keys.at(1).text() == key_text(sample::key_pair("new").public_key()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::governance
