#include "contracts/governance/arguments.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/governance/ledger.h"

namespace keten::governance {
namespace {

ProposeChange with(Change change) {
  ProposeChange proposal;
  proposal.changes = {std::move(change)};
  return proposal;
}

std::string reason_of(const ProposeChange& proposal) {
  const auto decoded = ProposeChange::decode(proposal.encode());
  return decoded ? "ok" : decoded.error().reason;
}

BOOST_AUTO_TEST_SUITE(governance_arguments)

BOOST_AUTO_TEST_CASE(what_is_encoded_is_decoded_and_nothing_else) {
  ProposeChange proposal;
  proposal.changes = {AddOrganisation{"press", {sample::genesis_key("press", "admin", Roles{Role::admin})}},
                      RemoveOrganisation{"company1"},
                      AddValidator{"press", test::validator_card("press", "press-1")},
                      RemoveValidator{"node2", Afterwards::follows},
                      SetParameter{"min_block_interval_ms", 100},
                      AddMemberKey{"company0", sample::genesis_key("company0", "spare", Roles{Role::admin})}};
  proposal.reason = "D\xC3\xBCzg\xC3\xBCn";
  const auto bytes = proposal.encode();
  const auto decoded = ProposeChange::decode(bytes);
  BOOST_REQUIRE(decoded.ok());
  BOOST_TEST((*decoded == proposal));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    BOOST_TEST(!ProposeChange::decode(ByteView(bytes).first(length)).ok());
  }
  auto longer = bytes;
  longer.push_back(0);
  BOOST_TEST(!ProposeChange::decode(longer).ok());
}

BOOST_AUTO_TEST_CASE(a_proposal_has_one_to_sixteen_changes_and_stays_open_for_a_bounded_time) {
  ProposeChange proposal;
  BOOST_TEST(reason_of(proposal) == "ARGUMENTS_INVALID");
  proposal.changes.assign(limits::kChangesPerProposalMax, RemoveValidator{"n", {}});
  BOOST_TEST(reason_of(proposal) == "ok");
  proposal.changes.emplace_back(RemoveValidator{"n", {}});
  BOOST_TEST(reason_of(proposal) == "ARGUMENTS_INVALID");
  proposal = with(RemoveValidator{"n", {}});
  for (const auto& [open_for, expected] :
       std::vector<std::pair<std::uint64_t, std::string>>{{limits::kChangeOpenMsMin - 1, "ARGUMENTS_INVALID"},
                                                          {limits::kChangeOpenMsMin, "ok"},
                                                          {limits::kChangeOpenMsMax, "ok"},
                                                          {limits::kChangeOpenMsMax + 1, "ARGUMENTS_INVALID"}}) {
    proposal.open_for_ms = open_for;
    BOOST_TEST(reason_of(proposal) == expected);
  }
}

BOOST_AUTO_TEST_CASE(a_reason_is_one_line_that_any_screen_can_show) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", "ok"},
      {"G\xC3\xBCney", "ok"},
      {"\xE2\x82\xAC \xF0\x9F\x90\x84", "ok"},
      {std::string(limits::kChangeReasonBytesMax, 'x'), "ok"},
      {std::string(limits::kChangeReasonBytesMax + 1, 'x'), "ARGUMENTS_INVALID"},
      {"two\nlines", "ARGUMENTS_INVALID"},
      {"\x1b[2J", "ARGUMENTS_INVALID"},
      {"\xC2\x9B", "ARGUMENTS_INVALID"},          // a control character in two bytes
      {"\xC3", "ARGUMENTS_INVALID"},              // ends too early
      {"\xC0\xAF", "ARGUMENTS_INVALID"},          // overlong
      {"\xE0\x80\xAF", "ARGUMENTS_INVALID"},      // overlong
      {"\xED\xA0\x80", "ARGUMENTS_INVALID"},      // a surrogate
      {"\xF4\x90\x80\x80", "ARGUMENTS_INVALID"},  // beyond Unicode
      {"\x80", "ARGUMENTS_INVALID"}};
  for (const auto& [text, expected] : table) {
    auto proposal = with(RemoveValidator{"n", {}});
    proposal.reason = text;
    BOOST_TEST(reason_of(proposal) == expected, "reason " << to_hex(as_bytes(text)));
  }
}

BOOST_AUTO_TEST_CASE(names_roles_and_places_are_checked_with_the_shape) {
  const auto card = test::validator_card("press", "press-1");
  BOOST_TEST(reason_of(with(RemoveValidator{"a b", {}})) == "ARGUMENTS_INVALID");
  BOOST_TEST(reason_of(with(RemoveOrganisation{""})) == "ARGUMENTS_INVALID");
  BOOST_TEST(reason_of(with(AddValidator{"bad/name", card})) == "ARGUMENTS_INVALID");
  BOOST_TEST(reason_of(with(AddOrganisation{"press", {}})) == "ARGUMENTS_INVALID");
  BOOST_TEST(reason_of(with(AddOrganisation{"press", {sample::genesis_key("press", "x", Roles{Role::submitter})}})) ==
             "ARGUMENTS_INVALID");
  const auto admin = sample::genesis_key("press", "admin", Roles{Role::admin});
  BOOST_TEST(reason_of(with(AddOrganisation{"press", {admin, admin}})) == "ARGUMENTS_INVALID");
  for (const auto bits : {0, 1, 3, 34, 64, 255}) {
    auto key = admin;
    key.roles = Roles(static_cast<std::uint8_t>(bits));
    BOOST_TEST(reason_of(with(AddMemberKey{"press", key})) == "ARGUMENTS_INVALID");
    BOOST_TEST(!AddKey::decode(AddKey{key}.encode()).ok());
  }
  for (const auto* const address :
       {"", "host", ":1", "host:", "host:0", "host:65536", "host:1x", "ho st:1", "host:+1"}) {
    auto wrong = card;
    wrong.peer_address = address;
    BOOST_TEST(reason_of(with(AddValidator{"press", wrong})) == "ADDRESS_INVALID", address);
  }
  for (const auto* const address : {"farm.example:7001", "127.0.0.1:1", "[::1]:65535"}) {
    auto right = card;
    right.peer_address = address;
    BOOST_TEST(reason_of(with(AddValidator{"press", right})) == "ok", address);
  }
}

BOOST_AUTO_TEST_CASE(one_pem_certificate_and_nothing_else) {
  const auto pem = test::certificate("a");
  BOOST_REQUIRE(certificate_der(pem).ok());
  BOOST_TEST(certificate_der(pem)->size() == 24);
  for (const auto& wrong :
       {std::string(), std::string("-----BEGIN CERTIFICATE-----"), "x" + pem, pem + "x", pem + pem,
        std::string("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
        std::string("-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n"),
        std::string("-----BEGIN CERTIFICATE-----\nAB==\n-----END CERTIFICATE-----\n"),  // bits left over
        std::string("-----BEGIN CERTIFICATE-----\n") + std::string(kCertificateBytesMax, 'A') +
            "\n-----END CERTIFICATE-----\n"}) {
    BOOST_TEST(!certificate_der(wrong).ok(), wrong.substr(0, 80));
  }
}

BOOST_AUTO_TEST_CASE(an_update_names_what_it_updates) {
  BOOST_TEST(UpdateNode::decode(UpdateNode{"n", "", "host:1", {}}.encode()).ok());
  BOOST_TEST(!UpdateNode::decode(UpdateNode{"n", "", "", {}}.encode()).ok());
  BOOST_TEST(!UpdateNode::decode(UpdateNode{"n", "", "host:1", FormerCertificate::ends}.encode()).ok());
  BOOST_TEST(!UpdateNode::decode(UpdateNode{"", "", "host:1", {}}.encode()).ok());
  BOOST_TEST(!UpdateNode::decode(UpdateNode{"n", "no certificate", "", {}}.encode()).ok());
}

BOOST_AUTO_TEST_CASE(changes_are_described_for_people) {
  BOOST_TEST(describe(RemoveValidator{"shop-1", {}}) == "remove validator shop-1");
  BOOST_TEST(describe(RemoveValidator{"shop-1", Afterwards::follows}) ==
             "remove validator shop-1; it stays connected as a follower");
  BOOST_TEST(describe(SetParameter{"block_bytes_max", 1}) == "set block_bytes_max to 1");
  BOOST_TEST(describe(AddValidator{"press", test::validator_card("press", "press-1")}) ==
             "add validator press-1 of press at press-1.example:7001");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::governance
