#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "core/ids.h"
#include "node/http/backend.h"
#include "node/http/capture_jobs.h"
#include "node/http/named_queries.h"
#include "node/http/page_tokens.h"
#include "node/http/problem.h"
#include "node/http/router.h"
#include "node/pipeline/gateway.h"
#include "node/runtime/metrics.h"

namespace keten::http {

/// What the handlers of all routes work with. Shared with callbacks that the gateway may make late.
struct Services {
  Gateway& gateway;
  const HttpBackend& backend;
  Metrics& metrics;
  std::function<Milliseconds()> clock;
  std::uint64_t capture_wait_ms = 0;
  CaptureProfile capture_profile = CaptureProfile::strict;
  CaptureJobs jobs;
  NamedQueries queries;
  PageTokens page_tokens{};
};
using ServicesPointer = std::shared_ptr<Services>;

/// How long a client may wait for a transaction, and when it names no time.
inline constexpr std::uint64_t kWaitMsMax = 60'000;
inline constexpr std::uint64_t kWaitMsDefault = 10'000;

void add_capture_routes(Router& router, const ServicesPointer& services);
void add_query_routes(Router& router, const ServicesPointer& services);
void add_ledger_routes(Router& router, const ServicesPointer& services);
void add_rule_routes(Router& router, const ServicesPointer& services);
void add_proof_routes(Router& router, const ServicesPointer& services);
void add_usage_routes(Router& router, const ServicesPointer& services);
void add_operations_routes(Router& router, const ServicesPointer& services);
/// All of the above: the whole API.
Router make_router(const ServicesPointer& services);

/// 503 NO_QUORUM when, by this status, too few validators are connected for anything to become final.
std::optional<Error> missing_quorum(const NodeStatus& status);

/// Reads carry the height that they speak about; `Keten-Min-Height` of the request lets a client read its own writes.
std::optional<Error> height_not_reached(const Services& services, const Request& request);
Response json_response(unsigned status, const json::Value& value);
/// `Keten-Height`, the time of the newest final block, and `Keten-Stale` when this node knows that others may know more.
void tell_age(Response& response, const Services& services, Height height);
Response read_response(const Services& services, const ValueAt& answer);
/// `as_of`: the executed height before the question was asked, when the answer depends on one: what is not there may have come since.
Response read_problem(const Services& services, const Error& error, Dialect dialect,
                      std::optional<Height> as_of = std::nullopt);

/// What `read` gives, a Result<ValueAt>, or the problem.
template <typename Read>
Response answer_read(const Services& services, const Request& request, Read&& read) {
  if (const auto behind = height_not_reached(services, request)) {
    return read_problem(services, *behind, Dialect::keten);
  }
  const auto as_of = services.gateway.status().executed_height;
  const Result<ValueAt> value = read();
  if (!value) { return read_problem(services, value.error(), Dialect::keten, as_of); }
  return read_response(services, *value);
}

/// The answer of a handler that had none in time.
Response late_answer(const Services& services, Dialect dialect);

/// Responds with what `make` returns, or 500 when it throws: for callbacks, which no handler's caller guards.
void answer_safely(const Respond& respond, Dialect dialect, const std::function<Response()>& make);

/// Decimal digits only, no sign.
std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace keten::http
