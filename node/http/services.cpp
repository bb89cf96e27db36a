#include "node/http/services.h"

#include <charconv>
#include <exception>
#include <string>

#include "node/http/uri.h"
#include "node/runtime/log.h"

namespace keten::http {

Router make_router(const ServicesPointer& services) {
  Router router;
  add_capture_routes(router, services);
  add_query_routes(router, services);
  add_ledger_routes(router, services);
  add_rule_routes(router, services);
  add_proof_routes(router, services);
  add_usage_routes(router, services);
  add_operations_routes(router, services);
  return router;
}

std::optional<Error> missing_quorum(const NodeStatus& status) {
  if (status.quorum) { return std::nullopt; }
  return failure(ErrorKind::unavailable, "NO_QUORUM",
                 "no quorum: too few validators are connected to make anything final" +
                     (status.reason.empty() ? std::string() : " (" + status.reason + ")") +
                     "; try again when they are back");
}

std::optional<Error> height_not_reached(const Services& services, const Request& request) {
  const auto wanted = request.header("Keten-Min-Height");
  if (!wanted) { return std::nullopt; }
  const auto height = parse_number(*wanted);
  if (!height) { return invalid("PARAMETER_INVALID", "Keten-Min-Height must be a decimal number"); }
  const auto reached = services.gateway.status().executed_height;
  if (reached.value >= *height) { return std::nullopt; }
  return failure(ErrorKind::unavailable, "HEIGHT_NOT_REACHED",
                 "this node has executed height " + reached.text() + ", not yet " + std::to_string(*height));
}

Response json_response(unsigned status, const json::Value& value) {
  Response response;
  response.status = status;
  response.with("Content-Type", "application/json");
  response.body = json::serialize(value);
  return response;
}

void tell_age(Response& response, const Services& services, Height height) {
  const auto status = services.gateway.status();
  response.with("Keten-Height", height.text());
  if (status.block_time > 0) { response.with("Keten-Block-Time", iso_time(status.block_time)); }
  if (status.stale) { response.with("Keten-Stale", "true"); }
}

Response read_response(const Services& services, const ValueAt& answer) {
  auto response = json_response(200, answer.value);
  tell_age(response, services, answer.height);
  return response;
}

Response read_problem(const Services& services, const Error& error, Dialect dialect, std::optional<Height> as_of) {
  auto response = problem_response(problem_of(error, dialect, Subject::query));
  tell_age(response, services, as_of.value_or(services.gateway.status().executed_height));
  return response;
}

Response late_answer(const Services& services, Dialect dialect) {
  const auto quorum = missing_quorum(services.gateway.status());
  const auto error = quorum ? *quorum
                            : failure(ErrorKind::timeout, "TIMEOUT",
                                      "the node had no answer in time; what was asked may still happen");
  return problem_response(problem_of(error, dialect, Subject::capture));
}

void answer_safely(const Respond& respond, Dialect dialect, const std::function<Response()>& make) {
  try {
    respond(make());
  } catch (const std::exception& failed) {
    log_error("http: an answer failed: {}", failed.what());
    respond(
        problem_response(transport_problem(500, dialect, "INTERNAL", "the node failed to answer; its log says why")));
  }
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) { return std::nullopt; }
  return value;
}

}  // namespace keten::http
