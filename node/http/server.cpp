#include "node/http/server.h"

#include <string>
#include <utility>

#include "core/check.h"
#include "node/http/services.h"
#include "node/http/transport.h"
#include "node/http/users.h"

namespace keten::http {
namespace {

/// Labels from bounded sets only: the pattern of the route, never the path.
void observe(Metrics& metrics, const Route* route, Method method, unsigned status, double seconds) {
  const Metrics::Labels labels = {{"route", route == nullptr ? "none" : route->pattern},
                                  {"method", std::string(method_name(method))},
                                  {"code", std::to_string(status)}};
  metrics
      .histogram("keten_http_request_duration_seconds", "From a request's header to the last byte of its answer",
                 {0.001, 0.005, 0.02, 0.1, 0.5, 2, 10}, labels)
      .observe(seconds);
}

}  // namespace

// In the order of use: the transport stops first, when everything it calls is still there.
struct Server::Parts {
  std::unique_ptr<UserStore> users;
  ServicesPointer services;
  Router router;
  std::unique_ptr<Transport> transport;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Gateway& gateway, const HttpBackend& backend,
                                              Metrics& metrics) {
  CHECK(options.clock != nullptr);
  auto parts = std::make_unique<Parts>();
  auto users = UserStore::open(options.users_file, options.organisation);
  if (!users) { return users.error(); }
  parts->users = std::move(*users);
  const auto queries_file = options.users_file.parent_path() / "queries.json";
  auto queries = NamedQueries::read(queries_file);
  if (!queries) { return queries.error(); }
  parts->services =
      std::shared_ptr<Services>(new Services{.gateway = gateway,
                                             .backend = backend,
                                             .metrics = metrics,
                                             .clock = options.clock,
                                             .capture_wait_ms = options.capture_wait_ms,
                                             .capture_profile = options.capture_profile,
                                             .jobs = CaptureJobs(options.capture_jobs_max, options.capture_jobs_file),
                                             .queries = NamedQueries(queries_file, std::move(*queries))});
  parts->router = make_router(parts->services);
  TransportHooks hooks{
      .clock = options.clock,
      .late = [services = parts->services](Dialect dialect) { return late_answer(*services, dialect); },
      .answered = [&metrics](const Route* route, Method method, unsigned status,
                             double seconds) { observe(metrics, route, method, status, seconds); }};
  auto transport = Transport::open(options.transport, parts->router, *parts->users, std::move(hooks));
  if (!transport) { return transport.error(); }
  parts->transport = std::move(*transport);
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

std::uint16_t Server::port() const { return parts_->transport->port(); }
void Server::stop() { parts_->transport->stop(); }

}  // namespace keten::http
