#include "node/peers/peer_network.h"

#include "tests/unit/peers/network_fixture.h"

namespace keten::peers {
namespace {

using namespace fixture;

struct OnlyTls13 {
  OnlyTls13() { require_tls_1_3(); }
};
BOOST_TEST_GLOBAL_FIXTURE(OnlyTls13);

}  // namespace

BOOST_AUTO_TEST_SUITE(peer_network)

BOOST_AUTO_TEST_CASE(two_validators_exchange_every_message_in_order_on_both_lanes) {
  const Chain chain(2);
  Node a(chain, 0);
  Node b(chain, 1);
  BOOST_REQUIRE(eventually([&] { return a.network.is_connected({1}) && b.network.is_connected({0}); }));
  BOOST_TEST(a.recorder.connects == 1);

  const auto messages = samples::messages();
  for (int round = 0; round < 50; ++round) {
    for (const auto& message : messages) {
      a.network.send(std::nullopt, message);
      b.network.send(NodeNumber{0}, message);
    }
  }
  const auto expected = messages.size() * 50;
  BOOST_REQUIRE(eventually([&] { return a.recorder.count() == expected && b.recorder.count() == expected; }));
  for (const auto* node : {&a, &b}) {
    for (const auto lane : {pipeline::Lane::votes, pipeline::Lane::bulk}) {
      std::vector<std::string> sent;
      std::vector<std::string> got;
      for (int round = 0; round < 50; ++round) {
        for (const auto& message : messages) {
          if (pipeline::lane_of(message) == lane) { sent.push_back(*wire::encode_peer_message(message)); }
        }
      }
      for (const auto& [from, message] : node->recorder.received()) {
        BOOST_REQUIRE(from.value == (node == &a ? 1 : 0));
        if (pipeline::lane_of(message) == lane) { got.push_back(*wire::encode_peer_message(message)); }
      }
      BOOST_TEST((sent == got));
    }
  }
  const auto stats = b.network.stats().at({0});
  BOOST_TEST(stats.messages_received == expected);
  BOOST_TEST(eventually([&] { return b.network.stats().at({0}).messages_sent == expected; }));
  BOOST_TEST(stats.refused == 0U);
}

BOOST_AUTO_TEST_CASE(a_broadcast_reaches_all_others) {
  const Chain chain(4);
  std::vector<std::unique_ptr<Node>> nodes;
  for (std::uint16_t i = 0; i < 4; ++i) { nodes.push_back(std::make_unique<Node>(chain, i)); }
  BOOST_REQUIRE(eventually([&] {
    for (const auto& node : nodes) {
      if (node->recorder.connects != 3) { return false; }
    }
    return true;
  }));
  nodes[2]->network.send(std::nullopt, pipeline::TransactionBatch{{samples::transaction(1, 20'000)}});
  nodes[2]->network.send(std::nullopt, samples::vote(VoteKind::nullify));
  for (const std::size_t i : {0U, 1U, 3U}) {
    BOOST_TEST(eventually([&] { return nodes[i]->recorder.count() == 2; }));
    BOOST_TEST(nodes[i]->recorder.received().at(0).first.value == 2);
  }
  BOOST_TEST(nodes[2]->recorder.count() == 0U);
}

BOOST_AUTO_TEST_CASE(a_receiver_without_room_gets_everything_later) {
  const Chain chain(2);
  Node a(chain, 0);
  Node b(chain, 1);
  BOOST_REQUIRE(eventually([&] { return a.network.is_connected({1}) && b.network.is_connected({0}); }));
  b.recorder.room = 10;
  for (int i = 0; i < 500; ++i) {
    a.network.send(NodeNumber{1}, samples::vote(VoteKind::nullify));
    a.network.send(NodeNumber{1}, pipeline::TransactionBatch{{samples::transaction(1)}});
  }
  BOOST_REQUIRE(eventually([&] { return b.recorder.refusals > 2; }));
  BOOST_TEST(b.recorder.count() == 10U);
  b.recorder.room = SIZE_MAX;
  BOOST_TEST(eventually([&] { return b.recorder.count() == 1000; }));
}

BOOST_AUTO_TEST_CASE(large_blocks_arrive_whole) {
  const Chain chain(2);
  Node a(chain, 0);
  Node b(chain, 1);
  BOOST_REQUIRE(eventually([&] { return a.network.is_connected({1}) && b.network.is_connected({0}); }));
  pipeline::BlockResponse response;
  response.from = {1};
  for (std::uint64_t height = 1; height <= 30; ++height) {
    response.blocks.push_back(samples::block(height, {samples::transaction(1, 250'000)}));
  }
  a.network.send(NodeNumber{1}, response);
  BOOST_REQUIRE(eventually([&] { return b.recorder.count() == 1; }));
  BOOST_TEST(std::get<pipeline::BlockResponse>(b.recorder.received()[0].second).blocks.size() == 30U);
}

BOOST_AUTO_TEST_CASE(a_restarted_validator_is_connected_again) {
  const Chain chain(2);
  Node a(chain, 0);
  auto b = std::make_unique<Node>(chain, 1);
  BOOST_REQUIRE(eventually([&] { return a.recorder.connects == 1; }));
  b.reset();
  BOOST_REQUIRE(eventually([&] { return a.recorder.disconnects == 1; }));
  BOOST_TEST(eventually([&] {
    a.network.send(std::nullopt, samples::vote(VoteKind::nullify));
    return a.network.stats().at({1}).dropped_unsent >= 1U;
  }));
  b = std::make_unique<Node>(chain, 1);
  BOOST_REQUIRE(eventually([&] { return a.recorder.connects == 2 && b->network.is_connected({0}); }));
  a.network.send(std::nullopt, samples::vote(VoteKind::nullify));
  BOOST_TEST(eventually([&] { return b->recorder.count() == 1; }));
}

BOOST_AUTO_TEST_CASE(a_second_process_with_the_same_keys_is_refused_and_says_so_while_the_first_stays_connected) {
  const Chain chain(4);
  std::vector<std::unique_ptr<Node>> nodes;
  for (std::uint16_t i = 0; i < 4; ++i) { nodes.push_back(std::make_unique<Node>(chain, i)); }
  const auto all_connected = [&] {
    return std::ranges::all_of(nodes, [](const auto& node) { return node->recorder.connects == 3; });
  };
  BOOST_REQUIRE(eventually(all_connected));

  constexpr std::uint64_t kPatience = 500;
  const auto began = steady_ms();
  Node twin(chain.twin_of(3, kPatience), {chain.keys[3]});
  BOOST_REQUIRE(eventually([&] { return !twin.recorder.twins().empty(); }));
  BOOST_TEST(steady_ms() - began >= kPatience);
  const auto said = twin.recorder.twins().front();
  BOOST_TEST(said.starts_with("IDENTITY_IN_USE: another process runs with this node's keys (seen by node-"));
  BOOST_TEST(contains(said, " at 127.0.0.1:"));
  BOOST_TEST(contains(said, "); stop one of them"));
  BOOST_TEST(contains(failure_of(twin, 0), "another process with this node's identity is connected from 127.0.0.1:"));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  BOOST_TEST(twin.recorder.twins().size() == 1U);
  for (const auto& node : nodes) {
    BOOST_TEST(node->recorder.disconnects == 0);
    BOOST_TEST(node->recorder.twins().empty());
  }
  for (const auto& [peer, stats] : twin.network.stats()) { BOOST_TEST(stats.connects == 0U); }
  // And nothing that the first one says is lost.
  nodes[3]->network.send(std::nullopt, samples::vote(VoteKind::nullify));
  for (const std::size_t i : {0U, 1U, 2U}) {
    BOOST_TEST(eventually([&] { return nodes[i]->recorder.count() == 1; }));
  }
}

BOOST_AUTO_TEST_CASE(the_word_of_f_others_stops_nobody) {
  const Chain chain(4);
  Node a(chain, 0);
  Node first(chain, 3);
  BOOST_REQUIRE(eventually([&] { return a.network.is_connected({3}); }));
  Node twin(chain.twin_of(3, 100), {chain.keys[3]});
  BOOST_REQUIRE(eventually([&] { return contains(failure_of(twin, 0), "IDENTITY_IN_USE"); }));
  std::this_thread::sleep_for(std::chrono::seconds(1));
  BOOST_TEST(contains(failure_of(twin, 0), "IDENTITY_IN_USE"));
  BOOST_TEST(twin.recorder.twins().empty());
  BOOST_TEST(first.recorder.disconnects == 0);
}

BOOST_AUTO_TEST_CASE(a_second_process_is_accepted_once_the_first_has_ended_and_then_stays) {
  const Chain chain(2);
  Node a(chain, 0);
  auto first = std::make_unique<Node>(chain, 1);
  BOOST_REQUIRE(eventually([&] { return a.network.is_connected({1}); }));
  Node second(chain.twin_of(1, 60'000), {chain.keys[1]});
  BOOST_REQUIRE(eventually([&] { return contains(failure_of(second, 0), "IDENTITY_IN_USE"); }));
  first.reset();
  BOOST_REQUIRE(eventually([&] { return second.network.stats().at({0}).connects == 2; }));
  second.network.send(std::nullopt, samples::vote(VoteKind::nullify));
  BOOST_TEST(eventually([&] { return a.recorder.count() == 1; }));

  // The first one's return changes nothing, and it is the one that learns of the other.
  auto late = chain.config(1);
  late.identity_patience_ms = 200;
  Node returned(late, {chain.keys[1]});
  BOOST_TEST(eventually([&] { return returned.recorder.twins().size() == 1; }));
  BOOST_TEST(second.network.stats().at({0}).connects == 2U);
  BOOST_TEST(second.recorder.twins().empty());
}

BOOST_AUTO_TEST_CASE(a_certificate_that_is_not_the_pin_is_refused) {
  const Chain chain(2);
  auto other = chain.config(1);
  chain.show(other, 1, *make_certificate("node-1"));  // the right name, another key
  Node a(chain, 0);
  Node impostor(other, {chain.keys[1]});
  BOOST_REQUIRE(eventually([&] { return !failure_of(a, 1).empty() && !failure_of(impostor, 0).empty(); }));
  BOOST_TEST(!a.network.is_connected({1}));
  BOOST_TEST(!impostor.network.is_connected({0}));
  BOOST_TEST(a.recorder.connects + impostor.recorder.connects == 0);
}

BOOST_AUTO_TEST_CASE(a_certificate_that_expired_still_connects) {
  Chain chain(2);
  chain.identities[1] = *make_certificate("node-1", {.days = -1});
  BOOST_REQUIRE(*certificate_expiry(chain.identities[1].certificate_pem) < wall_ms());
  chain.shared.peers[1].certificates = {chain.identities[1].certificate_pem};
  Node a(chain, 0);
  Node b(chain, 1);
  BOOST_TEST(eventually([&] { return a.network.is_connected({1}) && b.network.is_connected({0}); }));
}

BOOST_AUTO_TEST_CASE(a_node_that_joins_is_connected_and_one_that_leaves_is_cut_off) {
  const Chain chain(3);
  const auto two = std::vector<PeerEntry>{chain.shared.peers[0], chain.shared.peers[1]};
  auto first = chain.config(0);
  first.peers = two;
  Node a(first, {chain.keys[0]});
  Node b(chain, 1);
  Node c(chain, 2);
  BOOST_REQUIRE(eventually([&] { return a.network.is_connected({1}); }));
  BOOST_REQUIRE(eventually([&] { return !failure_of(c, 0).empty(); }));
  BOOST_TEST(!a.network.is_connected({2}));

  a.network.follow(chain.shared.peers);
  BOOST_REQUIRE(eventually([&] { return a.network.is_connected({2}) && c.network.is_connected({0}); }));
  a.network.send(std::nullopt, samples::vote(VoteKind::nullify));
  BOOST_TEST(eventually([&] { return b.recorder.count() == 1 && c.recorder.count() == 1; }));

  a.network.follow(two);
  const auto began = steady_ms();
  BOOST_REQUIRE(eventually([&] { return !a.network.is_connected({2}) && !c.network.is_connected({0}); }));
  BOOST_TEST(steady_ms() - began < 5000U);
  BOOST_TEST(a.network.is_connected({1}));
  BOOST_TEST(!a.network.stats().contains({2}));
  // And it may come back.
  a.network.follow(chain.shared.peers);
  BOOST_TEST(eventually([&] { return a.network.is_connected({2}) && c.network.is_connected({0}); }));
}

BOOST_AUTO_TEST_CASE(a_renewed_certificate_is_read_again_and_the_old_one_no_longer_connects) {
  const Chain chain(2);
  auto second = chain.config(1);
  auto b = std::make_unique<Node>(second, OwnKeys{chain.keys[1]});
  Node a(chain, 0);
  BOOST_REQUIRE(eventually([&] { return a.network.is_connected({1}); }));
  const auto renewed = *make_certificate("node-1");
  auto peers = chain.shared.peers;
  peers[1].certificates = {renewed.certificate_pem, chain.identities[1].certificate_pem};
  a.network.follow(peers);
  BOOST_TEST(a.network.is_connected({1}));  // nothing was cut
  BOOST_TEST(a.recorder.disconnects == 0);

  // The old certificate ends; the node takes the new files without a restart.
  std::filesystem::rename(chain.folder->write("next.key", renewed.key_pem), second.key_file);
  std::filesystem::rename(chain.folder->write("next.crt", renewed.certificate_pem), second.certificate_file);
  peers[1].certificates = {renewed.certificate_pem};
  a.network.follow(peers);
  BOOST_TEST(eventually([&] { return a.recorder.disconnects == 1; }));  // whoever holds the old key is out
  BOOST_TEST(eventually([&] { return a.recorder.connects == 2 && a.network.is_connected({1}); }));
}

BOOST_AUTO_TEST_CASE(a_peer_that_lags_is_known_by_an_older_key) {
  const Chain chain(2);
  const auto rotated = samples::key(50);
  // Node 1 rotated its key while node 0 was away: node 0 knows the old one only, node 1 knows itself by the new one.
  auto ahead = chain.config(1);
  ahead.peers[1].keys = {rotated.public_key(), chain.keys[1].public_key()};
  Node a(chain, 0);
  Node b(ahead, {rotated, chain.keys[1]});
  BOOST_TEST(eventually([&] { return a.network.is_connected({1}) && b.network.is_connected({0}); }));
}

BOOST_AUTO_TEST_CASE(a_key_that_appears_later_proves_who_we_are) {
  const Chain chain(2);
  auto ahead = chain.config(0);
  ahead.peers[1].keys = {samples::key(50).public_key()};  // node 0 knows only the new key of node 1
  Node a(ahead, {chain.keys[0]});
  Node b(chain, 1);
  BOOST_REQUIRE(eventually([&] { return contains(failure_of(b, 0), "HELLO_KEY_UNKNOWN"); }));
  b.network.set_keys({samples::key(50), chain.keys[1]});
  BOOST_TEST(eventually([&] { return a.network.is_connected({1}) && b.network.is_connected({0}); }));
}

BOOST_AUTO_TEST_CASE(the_pin_of_another_validator_is_refused_in_the_wrong_place) {
  // Node 0 dials node 1's address, but node 2 answers there with its own valid certificate.
  const Chain chain(3);
  auto misled = chain.config(0);
  misled.peers[1].address = chain.shared.peers[2].address;
  Node a(misled, {chain.keys[0]});
  Node c(chain, 2);
  BOOST_REQUIRE(eventually([&] { return a.network.is_connected({2}); }));
  BOOST_REQUIRE(eventually([&] { return !failure_of(a, 1).empty(); }));
  BOOST_TEST(a.network.stats().at({1}).connects == 0U);
}

BOOST_AUTO_TEST_CASE(validators_of_different_chains_tell_both_operators) {
  const Chain chain(2);
  auto other = chain.config(1);
  other.chain_id = samples::hash(2);
  Node a(chain, 0);
  Node b(other, {chain.keys[1]});
  BOOST_TEST(eventually([&] { return contains(failure_of(a, 1), "WRONG_CHAIN"); }));
  BOOST_TEST(eventually([&] { return contains(failure_of(b, 0), "WRONG_CHAIN"); }));
  BOOST_TEST(contains(failure_of(a, 1), samples::hash(2).hex()));
  BOOST_TEST(a.network.stats().at({1}).refused >= 1U);
  BOOST_TEST(a.recorder.connects + b.recorder.connects == 0);
}

BOOST_AUTO_TEST_CASE(a_tls_key_without_the_validator_key_is_refused) {
  const Chain chain(2);
  Node a(chain, 0);
  Node thief(chain.config(1), {samples::key(99)});
  BOOST_TEST(eventually([&] { return contains(failure_of(a, 1), "HELLO_WRONG_PEER"); }));
  BOOST_TEST(eventually([&] { return contains(failure_of(thief, 0), "HELLO_KEY_UNKNOWN"); }));
  BOOST_TEST(a.recorder.connects == 0);
}

BOOST_AUTO_TEST_CASE(an_address_in_use_is_said) {
  const Chain chain(2);
  Node a(chain, 0);
  Recorder recorder;
  Metrics metrics;
  PeerNetwork second(chain.config(0), {chain.keys[0]}, recorder, metrics);
  BOOST_TEST(second.start().error().reason == "ADDRESS_IN_USE");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten::peers
