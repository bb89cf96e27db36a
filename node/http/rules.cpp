#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/limits.h"
#include "node/http/services.h"

namespace keten::http {
namespace {

using query::RuleQuestion;
using query::RuleSubject;

/// One route: what it asks for, and the parameters that it takes.
struct RuleRoute {
  std::string_view pattern;
  RuleSubject subject;
  std::string_view list;  ///< the member that a page has its answers under; empty: one answer
  std::vector<std::string_view> parameters = {};
};

Result<RuleQuestion> parse(const RuleRoute& route, const Request& request) {
  RuleQuestion question;
  question.subject = route.subject;
  question.limit = limits::kPageDefault;
  if (route.list.empty()) {
    for (const auto& argument : request.arguments) { question.id += (question.id.empty() ? "" : "/") + argument; }
  } else if (!request.arguments.empty()) {
    question.agreement = request.arguments.front();
  }
  for (const auto& [name, value] : request.query) {
    if (std::ranges::find(route.parameters, name) == route.parameters.end()) {
      std::string known;
      for (const auto one : route.parameters) { known += (known.empty() ? "" : ", ") + std::string(one); }
      return invalid("PARAMETER_UNKNOWN", known.empty() ? "there are no parameters" : "known parameters are " + known);
    }
    if (name == "limit") {
      const auto limit = parse_number(value);
      if (!limit || *limit == 0 || *limit > limits::kPageMax) {
        return invalid("PARAMETER_INVALID", "limit must be a number from 1 to " + std::to_string(limits::kPageMax));
      }
      question.limit = static_cast<std::size_t>(*limit);
    } else {
      (name == "after"   ? question.after
       : name == "party" ? question.party
       : name == "state" ? question.state
                         : question.agreement) = value;
    }
  }
  return question;
}

Response get_rules(const Services& services, const Request& request, const RuleRoute& route) {
  return answer_read(services, request, [&]() -> Result<ValueAt> {
    const auto question = parse(route, request);
    if (!question) { return question.error(); }
    auto answer = services.backend.rules(*question);
    if (!answer) { return answer.error(); }
    auto& page = answer->page;
    if (route.list.empty()) { return ValueAt{std::move(page.found.front()), answer->height}; }
    auto list = json::Value::array();
    for (auto& one : page.found) { list.push(std::move(one)); }
    auto value = json::Value::object();
    value.set(std::string(route.list), std::move(list))
        .set("height", json::Value::number(static_cast<std::int64_t>(answer->height.value)));
    if (!page.next.empty()) { value.set("next", json::Value::string(page.next)); }
    return ValueAt{std::move(value), answer->height};
  });
}

}  // namespace

void add_rule_routes(Router& router, const ServicesPointer& services) {
  static const std::vector<RuleRoute> kRoutes = {
      {"/v1/contracts", RuleSubject::contract, "contracts", {"after", "limit"}},
      {"/v1/contracts/{name}", RuleSubject::contract, ""},
      {"/v1/agreements", RuleSubject::agreement, "agreements", {"party", "state", "after", "limit"}},
      {"/v1/agreements/{id}", RuleSubject::agreement, ""},
      {"/v1/agreements/{id}/findings", RuleSubject::finding, "findings", {"state", "after", "limit"}},
      {"/v1/findings", RuleSubject::finding, "findings", {"agreement", "party", "state", "after", "limit"}},
      {"/v1/findings/{agreement}/{number}", RuleSubject::finding, ""},
  };
  for (const auto& route : kRoutes) {
    router.add({.method = Method::get,
                .pattern = std::string(route.pattern),
                .handler = [services, &route](const RequestPointer& request, const Respond& respond) {
                  respond(get_rules(*services, *request, route));
                }});
  }
}

}  // namespace keten::http
