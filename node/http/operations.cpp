#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/limits.h"
#include "node/http/services.h"
#include "node/http/uri.h"

namespace keten::http {
namespace {

/// A node this many heights behind its best peer should get no readers.
constexpr std::uint64_t kReadyLagMax = limits::kExecutionLagMax;

std::vector<ReadinessCheck> checks_of(const Services& services) {
  const auto status = services.gateway.status();
  const auto unexecuted = status.height.value - std::min(status.height.value, status.executed_height.value);
  std::vector<ReadinessCheck> checks = {
      {"quorum", status.quorum,
       status.quorum           ? "enough validators are connected"
       : status.reason.empty() ? "too few validators are connected"
                               : status.reason},
      // Behind the others is the next check's business, and without work nothing need become final.
      {"advances", status.reason.empty() || status.lag > 0 || status.mempool_transactions == 0,
       status.reason.empty() ? "blocks become final, or there is nothing to do" : status.reason},
      {"lag", status.lag <= kReadyLagMax,
       std::to_string(status.lag) + " heights behind the best peer, at most " + std::to_string(kReadyLagMax)},
      {"executed", unexecuted <= limits::kExecutionLagMax,
       std::to_string(unexecuted) + " finalized heights not executed yet, at most " +
           std::to_string(limits::kExecutionLagMax)},
  };
  for (auto& check : services.backend.readiness()) { checks.push_back(std::move(check)); }
  return checks;
}

bool is_excluded(const Request& request, std::string_view name) {
  for (const auto& parameter : request.query) {
    if (parameter.name == "exclude" && parameter.value == name) { return true; }
  }
  return false;
}

Response get_ready(const Services& services, const Request& request) {
  bool ready = true;
  auto list = json::Value::array();
  for (const auto& check : checks_of(services)) {
    if (is_excluded(request, check.name)) { continue; }
    ready = ready && check.passed;
    auto entry = json::Value::object();
    entry.set("name", json::Value::string(check.name));
    entry.set("passed", json::Value::boolean(check.passed));
    entry.set("detail", json::Value::string(check.detail));
    list.push(std::move(entry));
  }
  auto document = json::Value::object();
  document.set("ready", json::Value::boolean(ready));
  document.set("checks", std::move(list));
  return json_response(ready ? 200 : 503, document);
}

Response get_live() {
  auto document = json::Value::object();
  document.set("alive", json::Value::boolean(true));
  return json_response(200, document);
}

Response get_metrics(const Services& services) {
  Response response;
  response.with("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = services.metrics.text();
  return response;
}

}  // namespace

void add_operations_routes(Router& router, const ServicesPointer& services) {
  router.add({.method = Method::get,
              .pattern = "/livez",
              .access = Access::open,
              .handler = [](const RequestPointer&, const Respond& respond) { respond(get_live()); }});
  router.add({.method = Method::get,
              .pattern = "/readyz",
              .access = Access::open,
              .handler = [services](const RequestPointer& request, const Respond& respond) {
                respond(get_ready(*services, *request));
              }});
  router.add({.method = Method::get,
              .pattern = "/version",
              .access = Access::open,
              .handler = [services](const RequestPointer&, const Respond& respond) {
                respond(json_response(200, services->backend.version()));
              }});
  router.add(
      {.method = Method::get,
       .pattern = "/metrics",
       .access = Access::loopback,
       .handler = [services](const RequestPointer&, const Respond& respond) { respond(get_metrics(*services)); }});
}

}  // namespace keten::http
