#include <algorithm>

#include <grpcpp/grpcpp.h>
#include <keten/v1/peer.grpc.pb.h>
#include <openssl/ssl.h>

#include "node/wire/peer_wire.h"
#include "tests/unit/peers/network_fixture.h"

namespace keten::peers {
namespace {

using namespace fixture;

BOOST_AUTO_TEST_SUITE(strangers)

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

BOOST_AUTO_TEST_CASE(a_peer_that_never_answers_the_hello_is_given_up_and_named) {
  const Chain chain(2);
  // It listens, the kernel accepts, and nothing more happens.
  const int silent = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto& text = chain.shared.peers[1].address;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(text.substr(text.find(':') + 1))));
  BOOST_REQUIRE(::bind(silent, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  BOOST_REQUIRE(::listen(silent, 16) == 0);
  auto config = chain.config(0);
  config.greeting_ms = 200;
  Node node(config, OwnKeys{chain.keys[0]});
  BOOST_TEST(eventually([&] { return failure_of(node, 1) == "no answer to our hello"; }), failure_of(node, 1));
  ::close(silent);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::peers
