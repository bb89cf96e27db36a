#include "node/http/router.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "node/http/uri.h"

namespace keten::http {
namespace {

bool is_argument(std::string_view segment) { return segment.starts_with('{'); }

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  return std::ranges::equal(pattern, segments, [](const std::string& wanted, const std::string& given) {
    return is_argument(wanted) ? !given.empty() : wanted == given;
  });
}

/// How literal a pattern is: of two that match, the more literal one answers.
std::size_t literals(const std::vector<std::string>& pattern) {
  return pattern.size() - static_cast<std::size_t>(std::ranges::count_if(pattern, is_argument));
}

}  // namespace

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const auto& header : headers) {
    if (equal_without_case(header.name, name)) { return header.value; }
  }
  return std::nullopt;
}

std::optional<std::string_view> Request::parameter(std::string_view name) const {
  for (const auto& parameter : query) {
    if (parameter.name == name) { return parameter.value; }
  }
  return std::nullopt;
}

std::string_view method_name(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::remove: return "DELETE";
    case Method::options: return "OPTIONS";
    case Method::other: return "OTHER";
  }
  return "OTHER";
}

Method parse_method(std::string_view name) {
  for (const auto method :
       {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::remove, Method::options}) {
    if (name == method_name(method)) { return method; }
  }
  return Method::other;
}

Dialect dialect_of(std::string_view path) {
  return path == "/epcis" || path.starts_with("/epcis/") ? Dialect::epcis : Dialect::keten;
}

void Router::add(Route route) {
  const auto target = parse_target(route.pattern);
  CHECK(target.ok());
  for (const auto& other : routes_) { CHECK(other.method != route.method || other.pattern != route.pattern); }
  patterns_.push_back(target->segments);
  routes_.push_back(std::move(route));
}

Match Router::find(Method method, const std::vector<std::string>& segments) const {
  if (method == Method::head) { method = Method::get; }
  Match match;
  std::size_t best = 0;
  for (const auto& pattern : patterns_) {
    if (matches(pattern, segments)) { best = std::max(best, literals(pattern)); }
  }
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (!matches(patterns_[i], segments) || literals(patterns_[i]) != best) { continue; }
    const auto& route = routes_[i];
    match.dialect = route.dialect;
    match.allow += std::string(method_name(route.method)) + ", ";
    if (route.method == Method::get) { match.allow += "HEAD, "; }
    if (route.method != method) { continue; }
    match.route = &route;
    for (std::size_t k = 0; k < segments.size(); ++k) {
      if (is_argument(patterns_[i][k])) { match.arguments.push_back(segments[k]); }
    }
  }
  if (!match.allow.empty()) { match.allow += "OPTIONS"; }
  return match;
}

Response options_response(const Match& match) {
  Response response;
  response.status = 204;
  response.with("Allow", match.allow);
  return response;
}

void add_common_headers(Response& response, Dialect dialect) {
  response.with("X-Content-Type-Options", "nosniff")
      .with("Cache-Control", "no-store")
      .with("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
      .with("Referrer-Policy", "no-referrer");
  if (dialect == Dialect::keten) { return; }
  for (const auto* name :
       {"GS1-EPCIS-Version", "GS1-EPCIS-Min", "GS1-EPCIS-Max", "GS1-CBV-Version", "GS1-CBV-Min", "GS1-CBV-Max"}) {
    response.with(name, "2.0.0");
  }
  // What a request gets that names no format; a query says which one it answers in.
  if (std::ranges::none_of(response.headers, [](const Header& each) { return each.name == "GS1-EPC-Format"; })) {
    response.with("GS1-EPC-Format", "Always_GS1_Digital_Link");
  }
  response.with("GS1-Capture-Error-Behaviour", "rollback, proceed")
      .with("GS1-EPCIS-Capture-Limit", std::to_string(limits::kEventsPerDocumentMax))
      .with("GS1-EPCIS-Capture-File-Size-Limit", std::to_string(limits::kCaptureBytesMax));
}

}  // namespace keten::http
