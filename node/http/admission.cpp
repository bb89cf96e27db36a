#include "node/http/admission.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/limits.h"
#include "node/http/problem.h"
#include "node/http/uri.h"

namespace keten::http {
namespace {

constexpr std::size_t kTokenBytesMax = 256;

std::optional<std::string_view> header_of(const std::vector<Header>& headers, std::string_view name) {
  for (const auto& header : headers) {
    if (equal_without_case(header.name, name)) { return header.value; }
  }
  return std::nullopt;
}

/// The token of "Authorization: Bearer ..." (RFC 6750, 2.1).
std::optional<std::string_view> bearer_token(const std::vector<Header>& headers) {
  const auto value = header_of(headers, "Authorization");
  constexpr std::string_view kScheme = "Bearer ";
  if (!value || value->size() <= kScheme.size() || !equal_without_case(value->substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  const auto token = trimmed(value->substr(kScheme.size()));
  if (token.empty() || token.size() > kTokenBytesMax) { return std::nullopt; }
  return token;
}

/// A proxy on this machine speaks for somebody else.
bool comes_from_this_machine(const RequestHead& head) {
  return head.from_loopback && !header_of(head.headers, "Forwarded") && !header_of(head.headers, "X-Forwarded-For");
}

Result<UserPointer> authorise(const Route& route, const RequestHead& head, UserStore& users) {
  if (route.access == Access::open) { return UserPointer(); }
  if (route.access == Access::loopback) {
    if (comes_from_this_machine(head)) { return UserPointer(); }
    return failure(ErrorKind::forbidden, "LOOPBACK_ONLY",
                   "this is answered to programs on the node's own machine only");
  }
  const auto token = bearer_token(head.headers);
  if (!token) {
    return failure(ErrorKind::unauthorised, "TOKEN_MISSING",
                   "send the header Authorization: Bearer <token> of a user of this node");
  }
  auto user = users.find(*token);
  if (!user) { return failure(ErrorKind::unauthorised, "TOKEN_UNKNOWN", "no user of this node has this token"); }
  if (user->revoked) {
    return failure(ErrorKind::unauthorised, "TOKEN_REVOKED", "this token was revoked; ask the operator of the node");
  }
  if (route.access == Access::writer && user->role != UserRole::capture) {
    return failure(ErrorKind::forbidden, "ROLE_NOT_ALLOWED",
                   "this needs a user with the role capture; an auditor only reads");
  }
  return user;
}

Admission refuse(Dialect dialect, const Problem& problem) {
  Admission admission;
  admission.dialect = dialect;
  admission.answer = problem_response(problem);
  return admission;
}

}  // namespace

Admission admit(RequestHead head, const Router& router, UserStore& users) {
  auto dialect = dialect_of(head.target);
  if (head.target.size() > limits::kHttpTargetBytesMax) {
    return refuse(dialect,
                  transport_problem(414, dialect, "TARGET_TOO_LONG",
                                    "the URL has more than " + std::to_string(limits::kHttpTargetBytesMax) + " bytes"));
  }
  auto target = parse_target(head.target);
  if (!target) { return refuse(dialect, problem_of(target.error(), dialect, Subject::query)); }

  const auto method = parse_method(head.method);
  auto match = router.find(method, target->segments);
  if (match.allow.empty() && target->segments.size() > 1 && target->segments.back().empty()) {
    // Clients that join addresses leave a slash at the end; no path here means something else with one.
    target->segments.pop_back();
    match = router.find(method, target->segments);
  }
  if (match.allow.empty()) {
    return refuse(dialect, transport_problem(404, dialect, "PATH_UNKNOWN", "nothing is served under this path"));
  }
  dialect = match.dialect;
  if (method == Method::options) {
    Admission admission;
    admission.dialect = dialect;
    admission.answer = options_response(match);
    return admission;
  }
  if (match.route == nullptr) {
    auto admission =
        refuse(dialect, transport_problem(405, dialect, "METHOD_NOT_ALLOWED", "allowed here: " + match.allow));
    admission.answer->with("Allow", match.allow);
    return admission;
  }
  const auto& route = *match.route;
  if (head.content_length.value_or(0) > route.body_bytes_max) {
    auto admission =
        refuse(dialect, transport_problem(413, dialect, "BODY_TOO_LARGE",
                                          "the body has " + std::to_string(*head.content_length) + " bytes, at most " +
                                              std::to_string(route.body_bytes_max) + " are taken"));
    admission.route = &route;
    return admission;
  }
  auto user = authorise(route, head, users);
  if (!user) {
    auto admission = refuse(dialect, problem_of(user.error(), dialect, Subject::resource));
    admission.route = &route;
    return admission;
  }

  Admission admission;
  admission.dialect = dialect;
  admission.route = &route;
  admission.request = std::make_shared<Request>();
  auto& request = *admission.request;
  request.method = method;
  request.path = std::move(target->path);
  request.arguments = std::move(match.arguments);
  request.query = std::move(target->query);
  request.headers = std::move(head.headers);
  request.user = std::move(*user);
  request.from_loopback = head.from_loopback;
  return admission;
}

std::string response_head(Response response, const HeadOptions& options) {
  add_common_headers(response, options.dialect);
  std::string text =
      "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(status_phrase(response.status)) + "\r\n";
  text += "Date: " + http_date(options.now) + "\r\n";
  for (const auto& [name, value] : response.headers) {
    // A value that could end its line would forge a header.
    if (std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; })) {
      continue;
    }
    text += name + ": " + value + "\r\n";
  }
  if (response.status != 204) { text += "Content-Length: " + std::to_string(response.body.size()) + "\r\n"; }
  if (options.close) { text += "Connection: close\r\n"; }
  text += "\r\n";
  return text;
}

}  // namespace keten::http
