#include "node/peers/peer_network.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <grpcpp/grpcpp.h>
#include <keten/v1/peer.grpc.pb.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/peers/handshake.h"
#include "node/runtime/certificates.h"
#include "node/runtime/clock.h"
#include "node/wire/peer_wire.h"
#include "tests/unit/wire/samples.h"

namespace keten::peers {
namespace {

constexpr std::uint64_t kPatienceMs = 20'000;

struct OnlyTls13 {
  OnlyTls13() { require_tls_1_3(); }
};
BOOST_TEST_GLOBAL_FIXTURE(OnlyTls13);

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = steady_ms() + kPatienceMs;
  while (!condition()) {
    if (steady_ms() > deadline) { return false; }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

/// Keeps everything; takes messages only while `room` lasts.
class Recorder final : public Handler {
 public:
  std::size_t on_messages(NodeNumber from, std::vector<pipeline::PeerMessage>& messages) override {
    const std::lock_guard lock(mutex_);
    std::size_t taken = 0;
    while (taken < messages.size() && room > 0) {
      received_.emplace_back(from, std::move(messages[taken++]));
      --room;
    }
    refusals += taken < messages.size() ? 1 : 0;
    return taken;
  }
  void on_connected(NodeNumber) override { ++connects; }
  void on_disconnected(NodeNumber) override { ++disconnects; }
  void on_identity_in_use(const Error& error) override {
    const std::lock_guard lock(mutex_);
    twins_.push_back(error.reason + ": " + error.message);
  }

  [[nodiscard]] std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return received_.size();
  }
  [[nodiscard]] std::vector<std::pair<NodeNumber, pipeline::PeerMessage>> received() const {
    const std::lock_guard lock(mutex_);
    return received_;
  }

  [[nodiscard]] std::vector<std::string> twins() const {
    const std::lock_guard lock(mutex_);
    return twins_;
  }

  std::atomic<std::size_t> room{SIZE_MAX};
  std::atomic<int> refusals{0};
  std::atomic<int> connects{0};
  std::atomic<int> disconnects{0};

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<NodeNumber, pipeline::PeerMessage>> received_;
  std::vector<std::string> twins_;
};

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  BOOST_REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
  BOOST_REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

/// A folder that holds files while it lives.
struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "keten-peers-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string write(const std::string& name, const std::string& content) const {
    const auto file = path / name;
    std::ofstream(file.string() + ".new") << content;
    std::filesystem::rename(file.string() + ".new", file);
    return file.string();
  }
};

/// Nodes of one chain on this machine.
struct Chain {
  std::vector<KeyPair> keys;
  std::vector<TlsIdentity> identities;
  PeerNetworkConfig shared;
  std::shared_ptr<Folder> folder = std::make_shared<Folder>();

  explicit Chain(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      const auto node = "node-" + std::to_string(i);
      keys.push_back(samples::key(static_cast<std::uint8_t>(i + 1)));
      identities.push_back(*make_certificate(node));
      shared.peers.push_back({{static_cast<std::uint16_t>(i)},
                              node,
                              "127.0.0.1:" + std::to_string(free_port()),
                              {identities.back().certificate_pem},
                              {keys.back().public_key()}});
    }
    shared.chain_id = samples::hash(1);
    shared.reconnect_max_ms = 200;
    shared.farewell_ms = 300;
  }

  void show(PeerNetworkConfig& config, std::uint16_t self, const TlsIdentity& identity) const {
    const auto name = "node-" + std::to_string(self) + "-" + std::to_string(++*files);
    config.certificate_file = folder->write(name + ".crt", identity.certificate_pem);
    config.key_file = folder->write(name + ".key", identity.key_pem);
  }
  [[nodiscard]] PeerNetworkConfig config(std::uint16_t self) const {
    auto config = shared;
    config.listen = shared.peers[self].address;
    show(config, self, identities[self]);
    return config;
  }
  /// The same keys and certificate at an address that nobody knows.
  [[nodiscard]] PeerNetworkConfig twin_of(std::uint16_t self, std::uint64_t patience_ms) const {
    auto twin = config(self);
    twin.listen = "127.0.0.1:0";
    twin.identity_patience_ms = patience_ms;
    return twin;
  }

 private:
  std::shared_ptr<int> files = std::make_shared<int>(0);
};

struct Node {
  Recorder recorder;
  Metrics metrics;
  PeerNetwork network;

  Node(const PeerNetworkConfig& config, OwnKeys keys) : network(config, std::move(keys), recorder, metrics) {
    const auto started = network.start();
    BOOST_REQUIRE_MESSAGE(started, (started ? "" : started.error().message));
  }
  Node(const Chain& chain, std::uint16_t self) : Node(chain.config(self), OwnKeys{chain.keys[self]}) {}
};

std::string failure_of(const Node& node, std::uint16_t peer) { return node.network.stats().at({peer}).last_failure; }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

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
BOOST_AUTO_TEST_SUITE(strangers)

namespace {

int connect_to(const Node& node) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(node.network.port());
  BOOST_REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const timeval patience{10, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return socket;
}

/// Whether a TLS client of at most this version with this identity gets one byte of HTTP/2.
bool is_answered(const Node& node, const TlsIdentity* identity, int version_max) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_max_proto_version(context.get(), version_max);
  if (identity != nullptr) {
    const auto use = [](const std::string& pem, auto&& action) {
      BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
      action(bio);
      BIO_free(bio);
    };
    use(identity->certificate_pem, [&](BIO* bio) {
      X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
      SSL_CTX_use_certificate(context.get(), certificate);
      X509_free(certificate);
    });
    use(identity->key_pem, [&](BIO* bio) {
      EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
      SSL_CTX_use_PrivateKey(context.get(), key);
      EVP_PKEY_free(key);
    });
  }
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()), SSL_free);
  const unsigned char alpn[] = {2, 'h', '2'};
  SSL_set_alpn_protos(tls.get(), alpn, sizeof alpn);
  const int socket = connect_to(node);
  SSL_set_fd(tls.get(), socket);
  char byte = 0;
  const bool answered = SSL_connect(tls.get()) == 1 && SSL_read(tls.get(), &byte, 1) == 1;
  ::close(socket);
  return answered;
}

/// A validator's own keys in hands that do not follow the protocol.
struct Rogue {
  std::unique_ptr<v1::PeerService::Stub> stub;
  const Chain& known;
  KeyPair key;
  wire::Incarnation incarnation;

  Rogue(const Chain& chain, std::uint16_t self, std::uint16_t target) : known(chain), key(chain.keys[self]) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = chain.identities[target].certificate_pem;
    tls.pem_private_key = chain.identities[self].key_pem;
    tls.pem_cert_chain = chain.identities[self].certificate_pem;
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("node-" + std::to_string(target));
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub = v1::PeerService::NewStub(
        grpc::CreateCustomChannel(chain.shared.peers[target].address, grpc::SslCredentials(tls), arguments));
  }

  /// Says these in turn and returns how the call ended; waits for an answer after the first.
  grpc::Status say(const std::vector<v1::PeerMessages>& words) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    const auto call = stub->Votes(&context);
    v1::PeerMessages answer;
    bool is_first = true;
    for (const auto& word : words) {
      if (!call->Write(word) || (is_first && !call->Read(&answer))) { break; }
      is_first = false;
    }
    call->WritesDone();
    while (call->Read(&answer)) {}
    return call->Finish();
  }

  /// A call that was greeted and stays open.
  struct Call {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<v1::PeerMessages, v1::PeerMessages>> stream;
    bool is_greeted = false;

    grpc::Status end() {
      v1::PeerMessages answer;
      while (stream->Read(&answer)) {}
      return stream->Finish();
    }
  };
  std::unique_ptr<Call> greet(std::uint16_t target) {
    auto call = std::make_unique<Call>();
    call->context.set_wait_for_ready(true);
    call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    call->stream = stub->Votes(&call->context);
    v1::PeerMessages answer;
    call->is_greeted = call->stream->Write(hello(target)) && call->stream->Read(&answer);
    return call;
  }

  [[nodiscard]] v1::PeerMessages hello(std::uint16_t target) const {
    v1::PeerMessages batch;
    batch.ParseFromString(
        wire::encode_hello(make_hello(known.shared.chain_id, incarnation, known.keys[target].public_key(), {key})));
    return batch;
  }
};

/// A validator that greets whoever calls, and hangs up.
class Fickle final : public v1::PeerService::Service {
 public:
  using Stream = grpc::ServerReaderWriter<v1::PeerMessages, v1::PeerMessages>;

  Fickle(const Chain& chain, std::uint16_t self, std::uint16_t caller) {
    answer_.ParseFromString(
        wire::encode_hello(make_hello(chain.shared.chain_id, {}, chain.keys[caller].public_key(), {chain.keys[self]})));
    grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
    tls.pem_key_cert_pairs.push_back({chain.identities[self].key_pem, chain.identities[self].certificate_pem});
    grpc::ServerBuilder builder;
    builder.AddListeningPort(chain.shared.peers[self].address, grpc::SslServerCredentials(tls));
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    BOOST_REQUIRE(server_ != nullptr);
  }
  ~Fickle() override { server_->Shutdown(); }

  grpc::Status Votes(grpc::ServerContext*, Stream* stream) override { return hang_up(*stream); }
  grpc::Status Bulk(grpc::ServerContext*, Stream* stream) override { return hang_up(*stream); }

  std::atomic<int> calls{0};

 private:
  grpc::Status hang_up(Stream& stream) {
    ++calls;
    v1::PeerMessages hello;
    if (stream.Read(&hello)) { stream.Write(answer_); }
    return grpc::Status::OK;
  }

  v1::PeerMessages answer_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(plain_tcp_gets_nothing) {
  const Chain chain(2);
  Node a(chain, 0);
  const int socket = connect_to(a);
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  BOOST_REQUIRE(::send(socket, preface.data(), preface.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(preface.size()));
  std::string answer(64, '\0');
  const auto size = ::recv(socket, answer.data(), answer.size(), 0);
  // A TLS alert (record type 21) at most, then the end.
  BOOST_TEST((size <= 0 || answer[0] == 21));
  ::close(socket);
}

BOOST_AUTO_TEST_CASE(only_tls_1_3_with_a_pinned_certificate_is_answered) {
  const Chain chain(2);
  Node a(chain, 0);
  const auto stranger = *make_certificate("node-1");
  BOOST_TEST(is_answered(a, &chain.identities[1], TLS1_3_VERSION));
  BOOST_TEST(!is_answered(a, &chain.identities[1], TLS1_2_VERSION));
  BOOST_TEST(!is_answered(a, nullptr, TLS1_3_VERSION));
  BOOST_TEST(!is_answered(a, &stranger, TLS1_3_VERSION));
  BOOST_TEST(!is_answered(a, &chain.identities[0], TLS1_3_VERSION));  // its own certificate is no peer's
}

BOOST_AUTO_TEST_CASE(a_message_that_breaks_a_rule_ends_the_stream_and_bans_for_a_while) {
  const Chain chain(2);
  Node a(chain, 0);
  Rogue rogue(chain, 1, 0);
  v1::PeerMessages empty;
  empty.add_messages();
  const auto ended = rogue.say({rogue.hello(0), empty});
  BOOST_TEST(ended.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  BOOST_TEST(contains(ended.error_message(), "PEER_MESSAGE_MALFORMED"));
  BOOST_TEST(a.network.stats().at({1}).refused == 1U);
  BOOST_TEST(rogue.say({rogue.hello(0)}).error_code() == grpc::StatusCode::UNAVAILABLE);
  BOOST_TEST(a.recorder.count() == 0U);
}

BOOST_AUTO_TEST_CASE(a_stream_begins_with_a_hello) {
  const Chain chain(2);
  Node a(chain, 0);
  Rogue rogue(chain, 1, 0);
  v1::PeerMessages vote;
  vote.ParseFromString(*wire::encode_peer_message(samples::vote(VoteKind::nullify)));
  BOOST_TEST(contains(rogue.say({vote}).error_message(), "HELLO_MALFORMED"));
  BOOST_TEST(a.recorder.count() == 0U);
}

BOOST_AUTO_TEST_CASE(a_stream_of_the_same_process_replaces_the_older_one_and_of_another_process_it_does_not) {
  const Chain chain(2);
  Node a(chain, 0);
  Rogue process(chain, 1, 0);
  Rogue other(chain, 1, 0);
  other.incarnation.bytes.fill(9);
  const auto first = process.greet(0);
  BOOST_REQUIRE(first->is_greeted);
  const auto second = process.greet(0);
  BOOST_REQUIRE(second->is_greeted);
  BOOST_TEST(first->end().error_code() == grpc::StatusCode::CANCELLED);

  const auto third = other.greet(0);
  BOOST_TEST(!third->is_greeted);
  const auto refused = third->end();
  BOOST_TEST(refused.error_code() == grpc::StatusCode::ALREADY_EXISTS);
  BOOST_TEST(refused.error_message() ==
             "IDENTITY_IN_USE: another process with this node's identity is connected from " + refused.error_details());
  BOOST_TEST(refused.error_details().starts_with("127.0.0.1:"));
  BOOST_TEST(a.network.stats().at({1}).refused == 0U);  // no rule was broken, so nobody is banned

  second->stream->WritesDone();
  BOOST_TEST(second->end().error_code() == grpc::StatusCode::OK);
  BOOST_TEST(eventually([&] { return other.greet(0)->is_greeted; }));
}

BOOST_AUTO_TEST_CASE(a_peer_that_accepts_and_hangs_up_is_dialled_ever_more_rarely) {
  const Chain chain(2);
  Fickle peer(chain, 1, 0);
  auto config = chain.config(0);
  config.reconnect_max_ms = 800;
  Node a(config, {chain.keys[0]});
  BOOST_REQUIRE(eventually([&] { return peer.calls > 0; }));
  std::this_thread::sleep_for(std::chrono::seconds(2));
  // Two lanes: at once, then after 50, 100, 200, 400 and 800 ms.
  BOOST_TEST(peer.calls >= 4);
  BOOST_TEST(peer.calls <= 14);
}

BOOST_AUTO_TEST_CASE(a_hello_for_another_validator_is_refused) {
  const Chain chain(3);
  Node a(chain, 0);
  Rogue rogue(chain, 1, 0);
  BOOST_TEST(contains(rogue.say({rogue.hello(2)}).error_message(), "HELLO_WRONG_PEER"));
}

BOOST_AUTO_TEST_CASE(a_hello_whose_signature_does_not_hold_is_refused) {
  const Chain chain(2);
  Node a(chain, 0);
  Rogue rogue(chain, 1, 0);
  auto forged = rogue.hello(0);
  forged.mutable_messages(0)->mutable_hello()->mutable_proofs(0)->set_signature(std::string(64, 'x'));
  BOOST_TEST(contains(rogue.say({forged}).error_message(), "HELLO_SIGNATURE_INVALID"));
  BOOST_TEST(a.recorder.connects == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten::peers
