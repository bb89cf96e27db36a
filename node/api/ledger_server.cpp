#include "node/api/ledger_server.h"

#include <chrono>
#include <fstream>
#include <sstream>
#include <utility>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "core/check.h"
#include "node/api/calls.h"
#include "node/api/ledger_service.h"
#include "node/runtime/certificates.h"
#include "node/runtime/listener.h"
#include "node/runtime/secrets.h"

namespace keten::api {
namespace {

constexpr int kReceiveBytesMax = 4 * 1024 * 1024;
constexpr int kStreamsMax = 64;
constexpr int kHandshakeTimeoutMs = 5000;
constexpr std::size_t kQuotaBytes = 64 * 1024 * 1024;
constexpr std::size_t kCallsWaitingMax = 1024;
constexpr std::size_t kRequestBytesMax = 64 * 1024 * 1024;  ///< decoded, of all calls that are not answered
constexpr const char* kServiceName = "keten.v1.LedgerService";

/// Reflection for this server only: the library's own way would add it to every server of the process.
class Reflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->push_back(std::make_unique<grpc::reflection::ProtoServerReflectionPlugin>());
  }
};

Result<std::size_t> count_certificates(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream contents;
  contents << file.rdbuf();
  if (!file) { return std::size_t{0}; }
  auto found = split_certificates(contents.str());
  if (!found) {
    auto error = found.error();
    error.message = path + ": " + error.message;
    return error;
  }
  return found->size();
}

}  // namespace

struct LedgerServer::State {
  State(LedgerServerConfig its_config, Gateway& gateway, const LedgerReads& reads, Metrics& metrics)
      : config(std::move(its_config)),
        workers("keten-api", config.threads, kCallsWaitingMax),
        requests(kRequestBytesMax),
        service({gateway, reads, workers, requests,
                 metrics.counter("keten_api_answers_total", "Answers of the gRPC API", {{"outcome", "done"}}),
                 metrics.counter("keten_api_answers_total", "Answers of the gRPC API", {{"outcome", "error"}}),
                 metrics.counter("keten_api_exceptions_total", "Exceptions caught in calls of the gRPC API"),
                 config.watcher_patience_ms}) {}

  LedgerServerConfig config;
  WorkerPool workers;
  RequestBytes requests;
  LedgerService service;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> connections;
  std::unique_ptr<grpc::Server> server;
};

LedgerServer::LedgerServer(LedgerServerConfig config, Gateway& gateway, const LedgerReads& reads, Metrics& metrics)
    : state_(std::make_unique<State>(std::move(config), gateway, reads, metrics)) {}

LedgerServer::~LedgerServer() { stop(); }

Status LedgerServer::check_files(const LedgerServerConfig& config) {
  if (auto key = read_secret_file(config.key_file); !key) { return key.error(); }
  const auto own = count_certificates(config.certificate_file);
  if (!own) { return own.error(); }
  if (*own == 0) {
    return invalid("CERTIFICATE_INVALID", config.certificate_file + ": expected this node's certificate");
  }
  const auto clients = count_certificates(config.clients_file);
  if (!clients) { return clients.error(); }
  if (*clients == 0) {
    return failure(ErrorKind::not_found, "CLIENTS_MISSING",
                   config.clients_file + ": expected the certificates of the clients that may call, at least one");
  }
  return kDone;
}

Status LedgerServer::start() {
  CHECK(!state_->server);
  const auto& config = state_->config;
  if (auto checked = check_files(config); !checked) { return checked; }

  // The files are watched: a client is added or removed without a restart. A removed one keeps the connection it has, and
  // its streams, for an hour and a minute at the most.
  grpc::experimental::TlsServerCredentialsOptions tls(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(config.key_file, config.certificate_file,
                                                                           config.clients_file, config.reload_seconds));
  tls.watch_root_certs();
  tls.watch_identity_key_cert_pairs();
  tls.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);

  grpc::EnableDefaultHealthCheckService(true);
  grpc::ResourceQuota quota("keten api");
  quota.Resize(kQuotaBytes);
  quota.SetMaxThreads(12);
  // Not gRPC's own listener: that one takes whoever comes, and is deaf for good after the first failed accept.
  auto listener = Listener::open(config.listen, config.connections_max);
  if (!listener) {
    auto error = listener.error();
    error.message = "gRPC: " + error.message;
    return error;
  }
  grpc::ServerBuilder builder;
  using Connections = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  state_->connections = builder.experimental().AddExternalConnectionAcceptor(
      Connections::FROM_FD, grpc::experimental::TlsServerCredentials(tls));
  builder.RegisterService(&state_->service);
  builder.SetOption(std::make_unique<Reflection>());
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kReceiveBytesMax);
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsMax);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 5 * 60 * 1000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 60 * 60 * 1000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 60 * 1000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
  state_->server = builder.BuildAndStart();
  if (!state_->server) {
    return failure(ErrorKind::unavailable, "GRPC_NOT_STARTED",
                   "gRPC: the server for " + config.listen + " does not start");
  }
  state_->listener = std::move(*listener);
  state_->listener->start("keten-api-in", [state = state_.get()](int listening, int connection) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters taken;
    taken.listener_fd = listening;
    taken.fd = connection;
    state->connections->HandleNewConnection(&taken);
  });
  return kDone;
}

std::uint16_t LedgerServer::port() const { return state_->listener ? state_->listener->port() : std::uint16_t{0}; }

void LedgerServer::set_health(Health health) {
  if (!state_->server) { return; }
  auto* service = state_->server->GetHealthCheckService();
  if (service == nullptr) { return; }
  service->SetServingStatus("", health == Health::serving);
  service->SetServingStatus(kServiceName, health == Health::serving);
}

void LedgerServer::stop() {
  if (state_->listener) { state_->listener->stop(); }
  if (state_->server) {
    // The workers still run: calls that wait for them are finished before Shutdown returns.
    state_->server->Shutdown(std::chrono::system_clock::now());
    state_->server->Wait();
    state_->server.reset();
  }
  state_->workers.stop();
}

}  // namespace keten::api
