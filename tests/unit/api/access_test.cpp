#include "tests/unit/api/server_fixture.h"

namespace keten::api {
namespace {

using namespace test;

BOOST_FIXTURE_TEST_SUITE(ledger_server_access, Fixture)

BOOST_AUTO_TEST_CASE(only_clients_whose_certificate_is_known_are_answered) {
  const auto is_answered = [this](const std::shared_ptr<grpc::Channel>& other) {
    v1::GetStatusResponse status;
    return v1::LedgerService::NewStub(other)->GetStatus(Call().get(), {}, &status).ok();
  };
  const auto stranger = *make_certificate("scanner-7");
  BOOST_TEST(!is_answered(connect(nullptr)));
  BOOST_TEST(!is_answered(connect(&stranger)));
  BOOST_TEST(!is_answered(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(server->port()), grpc::InsecureChannelCredentials())));
  allow({client, stranger});
  BOOST_TEST(eventually([&] { return is_answered(connect(&stranger)); }));
}

BOOST_AUTO_TEST_CASE(a_server_without_clients_or_with_an_open_key_does_not_start) {
  std::ofstream(home + "/empty.pem") << "# nobody\n";
  auto nobody = config();
  nobody.clients_file = home + "/empty.pem";
  BOOST_TEST(LedgerServer(nobody, gateway, reads, metrics).start().error().reason == "CLIENTS_MISSING");
  nobody.clients_file = home + "/missing.pem";
  BOOST_TEST(LedgerServer(nobody, gateway, reads, metrics).start().error().reason == "CLIENTS_MISSING");
  std::filesystem::permissions(home + "/node.key", std::filesystem::perms(0644));
  BOOST_TEST(LedgerServer(config(), gateway, reads, metrics).start().error().reason == "KEY_FILE_MODE");
  std::filesystem::permissions(home + "/node.key", std::filesystem::perms(0600));
  auto taken = config();
  taken.listen = "127.0.0.1:" + std::to_string(server->port());
  BOOST_TEST(LedgerServer(taken, gateway, reads, metrics).start().error().reason == "ADDRESS_IN_USE");
}

BOOST_AUTO_TEST_CASE(health_follows_the_node_and_reflection_answers) {
  grpc::GenericStub generic(channel);
  const auto ask = [&](const std::string& method, const std::string& bytes) {
    Call call;
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<grpc::Status> ended;
    generic.UnaryCall(call.get(), method, {}, &request, &response, [&](const grpc::Status& status) {
      const std::lock_guard lock(mutex);
      ended = status;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ended.has_value(); });
    grpc::Slice answer;
    if (!ended->ok() || !response.DumpToSingleSlice(&answer).ok()) { return "error " + ended->error_message(); }
    return std::string(reinterpret_cast<const char*>(answer.begin()), answer.size());
  };
  const auto health = [&] { return ask("/grpc.health.v1.Health/Check", ""); };
  server->set_health(LedgerServer::Health::not_serving);
  BOOST_TEST(health() == "\x08\x02");
  server->set_health(LedgerServer::Health::serving);
  BOOST_TEST(health() == "\x08\x01");
  const auto services =
      ask("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", std::string("\x3a\x00", 2));
  BOOST_TEST(services.find("keten.v1.LedgerService") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::api
