#include "node/peers/handshake.h"

#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "node/runtime/certificates.h"
#include "tests/unit/wire/samples.h"

namespace keten::peers {
namespace {

const ChainId kChain = samples::hash(5);
const wire::Incarnation kProcess{{1, 2, 3}};

OwnKeys keys_of(std::initializer_list<int> seeds) {
  OwnKeys keys;
  for (const int seed : seeds) { keys.push_back(samples::key(static_cast<std::uint8_t>(seed))); }
  return keys;
}

/// What the receiver knows of the sender.
PeerEntry sender_with(const OwnKeys& keys) {
  PeerEntry entry{{1}, "farm-1", "farm:26600", {}, {}};
  for (const auto& key : keys) { entry.keys.push_back(key.public_key()); }
  return entry;
}

/// Empty when the receiver is convinced.
std::string reason_of(const OwnKeys& receiver, const PeerEntry& sender, const wire::Hello& hello) {
  const auto checked = check_hello(kChain, receiver, sender, hello);
  return checked ? std::string() : checked.error().reason;
}

const OwnKeys kFarm = keys_of({1});
const OwnKeys kPort = keys_of({2});

BOOST_AUTO_TEST_SUITE(handshake)

BOOST_AUTO_TEST_CASE(a_hello_convinces_whom_it_greets) {
  const auto hello = make_hello(kChain, kProcess, kPort[0].public_key(), kFarm);
  BOOST_TEST(reason_of(kPort, sender_with(kFarm), hello) == "");
}

BOOST_AUTO_TEST_CASE(a_hello_of_another_chain_release_or_receiver_is_refused_with_its_reason) {
  auto hello = make_hello(samples::hash(6), kProcess, kPort[0].public_key(), kFarm);
  BOOST_TEST(reason_of(kPort, sender_with(kFarm), hello) == "WRONG_CHAIN");
  hello.chain_id = kChain;  // the signature is of the other chain
  BOOST_TEST(reason_of(kPort, sender_with(kFarm), hello) == "HELLO_SIGNATURE_INVALID");

  hello = make_hello(kChain, kProcess, kPort[0].public_key(), kFarm);
  BOOST_TEST(reason_of(keys_of({3}), sender_with(kFarm), hello) == "HELLO_WRONG_PEER");
  hello.receiver = keys_of({3})[0].public_key();  // passed on by the one that was greeted
  BOOST_TEST(reason_of(keys_of({3}), sender_with(kFarm), hello) == "HELLO_SIGNATURE_INVALID");

  hello = make_hello(kChain, kProcess, kPort[0].public_key(), kFarm);
  ++hello.protocol_version;
  BOOST_TEST(reason_of(kPort, sender_with(kFarm), hello) == "PROTOCOL_UNSUPPORTED");
  --hello.protocol_version;
  ++hello.incarnation.bytes[0];
  BOOST_TEST(reason_of(kPort, sender_with(kFarm), hello) == "HELLO_SIGNATURE_INVALID");
}

BOOST_AUTO_TEST_CASE(the_owner_of_a_tls_key_must_hold_a_key_that_the_chain_names) {
  const auto receiver = kPort[0].public_key();
  BOOST_TEST(reason_of(kPort, sender_with(kFarm), make_hello(kChain, kProcess, receiver, keys_of({9}))) ==
             "HELLO_KEY_UNKNOWN");
  auto claimed = make_hello(kChain, kProcess, receiver, keys_of({9}));
  claimed.proofs[0].key = kFarm[0].public_key();
  BOOST_TEST(reason_of(kPort, sender_with(kFarm), claimed) == "HELLO_SIGNATURE_INVALID");
}

BOOST_AUTO_TEST_CASE(one_common_key_is_enough_while_keys_change) {
  // The sender changed its key; the receiver has not executed that yet, or knows only the new one.
  const auto changed = make_hello(kChain, kProcess, kPort[0].public_key(), keys_of({11, 1}));
  BOOST_TEST(reason_of(kPort, sender_with(kFarm), changed) == "");
  BOOST_TEST(reason_of(kPort, sender_with(keys_of({11})), changed) == "");
  // The receiver changed its key; the sender greets the old one.
  BOOST_TEST(reason_of(keys_of({12, 2}), sender_with(kFarm), changed) == "");
}

BOOST_AUTO_TEST_CASE(a_hello_carries_no_more_proofs_than_a_receiver_reads) {
  OwnKeys many;
  for (std::size_t i = 0; i <= limits::kFormerKeysMax; ++i) {
    many.push_back(samples::key(static_cast<std::uint8_t>(20 + i)));
  }
  const auto hello = make_hello(kChain, kProcess, kPort[0].public_key(), many);
  BOOST_TEST(hello.proofs.size() == limits::kFormerKeysMax);
  BOOST_TEST((hello.proofs.front().key == many.front().public_key()));
}

BOOST_AUTO_TEST_CASE(acquaintances_name_the_owner_of_a_certificate_and_no_two) {
  const auto farm = *make_certificate("farm-1");
  const auto farm_renewed = *make_certificate("farm-1");
  const auto port = *make_certificate("port-1");
  const std::vector<PeerEntry> entries = {
      {{1}, "farm-1", "farm:1", {farm.certificate_pem, farm_renewed.certificate_pem}, {}},
      {{2}, "port-1", "port:1", {port.certificate_pem}, {}}};
  const Acquaintances known(entries);
  BOOST_TEST((known.owner(*certificate_pin(farm_renewed.certificate_pem)) == NodeNumber{1}));
  BOOST_TEST((known.owner(*certificate_pin(port.certificate_pem)) == NodeNumber{2}));
  BOOST_TEST(!known.owner(samples::hash(1)).has_value());
  BOOST_TEST(known.find({3}) == nullptr);
  BOOST_TEST(known.problems().empty());
}

BOOST_AUTO_TEST_CASE(one_members_bad_certificate_is_named_and_cuts_off_nobody_else) {
  const auto farm = *make_certificate("farm-1");
  const auto port = *make_certificate("port-1");
  const Acquaintances known({{{1}, "farm-1", "farm:1", {farm.certificate_pem}, {}},
                             {{2}, "port-1", "port:1", {"no certificate", port.certificate_pem}, {}},
                             {{3}, "thief-1", "thief:1", {farm.certificate_pem}, {}}});
  BOOST_TEST((known.owner(*certificate_pin(farm.certificate_pem)) == NodeNumber{1}));
  BOOST_TEST((known.owner(*certificate_pin(port.certificate_pem)) == NodeNumber{2}));
  BOOST_REQUIRE(known.find({3}) != nullptr);  // known, but no certificate is its own
  BOOST_REQUIRE_EQUAL(known.problems().size(), 2);
  BOOST_TEST(known.problems()[0].starts_with("node port-1: "));
  BOOST_TEST(known.problems()[1] == "node thief-1: another node has the same certificate");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::peers
