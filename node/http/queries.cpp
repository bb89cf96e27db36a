#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "core/limits.h"
#include "node/http/services.h"
#include "node/http/uri.h"

namespace keten::http {
namespace {

constexpr std::string_view kRoot = "/epcis/v2";
constexpr std::string_view kEvents = "/epcis/v2/events";
constexpr std::string_view kContext = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";

/// The media type for the answer: JSON-LD when the client prefers it by name. Empty when it takes neither.
std::optional<std::string_view> media_type(const Request& request) {
  const auto accepted = request.header("Accept");
  if (!accepted || trimmed(*accepted).empty()) { return "application/json"; }
  bool json = false;
  bool linked = false;
  std::string_view rest = *accepted;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(','), rest.size());
    const auto range = trimmed(rest.substr(0, end));
    const auto type = trimmed(range.substr(0, range.find(';')));
    json = json || equal_without_case(type, "application/json") || type == "*/*" ||
           equal_without_case(type, "application/*");
    linked = linked || equal_without_case(type, "application/ld+json");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (json) { return "application/json"; }
  if (linked) { return "application/ld+json"; }
  return std::nullopt;
}

Response not_acceptable(std::string reason, std::string detail) {
  return problem_response(transport_problem(406, Dialect::epcis, std::move(reason), std::move(detail)));
}

/// What a client demands of representation and versions and cannot get here.
std::optional<Response> refuse_representation(const Request& request) {
  if (!media_type(request)) {
    return not_acceptable("MEDIA_TYPE_NOT_OFFERED", "events come as application/json or application/ld+json");
  }
  for (const auto* name : {"GS1-EPCIS-Version", "GS1-CBV-Version"}) {
    const auto version = request.header(name);
    if (version && *version != "2.0" && *version != "2.0.0") {
      return not_acceptable("VERSION_NOT_OFFERED", std::string(name) + " here is 2.0.0");
    }
  }
  const auto format = request.header("GS1-EPC-Format");
  if (format && *format != "No_Preference" && *format != "Never_Translates") {
    return not_acceptable("EPC_FORMAT_NOT_OFFERED",
                          "this node returns EPCs as they were captured: GS1-EPC-Format is Never_Translates");
  }
  return std::nullopt;
}

/// EPCIS 2.0, EPCISQueryDocument.
json::Value query_document(const EventPage& page, Milliseconds now) {
  auto events = json::Value::array();
  for (const auto& event : page.events) { events.push(event); }
  auto results_body = json::Value::object();
  results_body.set("eventList", std::move(events));
  auto results = json::Value::object();
  results.set("queryName", json::Value::string("SimpleEventQuery"));
  results.set("resultsBody", std::move(results_body));
  auto body = json::Value::object();
  body.set("queryResults", std::move(results));
  auto context = page.context;
  if (context.is(json::Kind::null)) {
    context = json::Value::array();
    context.push(json::Value::string(std::string(kContext)));
  }
  auto document = json::Value::object();
  document.set("@context", std::move(context));
  document.set("type", json::Value::string("EPCISQueryDocument"));
  document.set("schemaVersion", json::Value::string("2.0"));
  document.set("creationDate", json::Value::string(iso_time(now)));
  document.set("epcisBody", std::move(body));
  return document;
}

Response page_response(const Services& services, const Request& request, const EventPage& page) {
  Response response;
  response.with("Content-Type", std::string(*media_type(request)));
  tell_age(response, services, page.height);
  response.body = json::serialize(query_document(page, services.clock()));
  return response;
}

/// The same query, one page further.
std::string next_link(const Request& request, const EventPage& page, std::size_t per_page) {
  std::string url(kEvents);
  url += "?";
  for (const auto& [name, value] : request.query) {
    if (name == "perPage" || name == "nextPageToken") { continue; }
    url += percent_encode(name) + "=" + percent_encode(value) + "&";
  }
  url += "perPage=" + std::to_string(per_page) + "&nextPageToken=" + percent_encode(page.next_page_token);
  return "<" + url + ">; rel=\"next\"";
}

Result<EventQuery> parse_query(const Request& request) {
  EventQuery query;
  query.per_page = limits::kPageDefault;
  for (const auto& parameter : request.query) {
    if (parameter.name == "perPage") {
      const auto number = parse_number(parameter.value);
      if (!number || *number == 0) { return invalid("PARAMETER_INVALID", "perPage must be a positive number"); }
      query.per_page = std::min<std::size_t>(*number, limits::kPageMax);
    } else if (parameter.name == "nextPageToken") {
      query.page_token = parameter.value;
    } else {
      query.parameters.push_back(parameter);
    }
  }
  return query;
}

Response get_events(const Services& services, const Request& request) {
  if (auto refusal = refuse_representation(request)) { return std::move(*refusal); }
  if (const auto behind = height_not_reached(services, request)) {
    return read_problem(services, *behind, Dialect::epcis);
  }
  const auto query = parse_query(request);
  if (!query) { return read_problem(services, query.error(), Dialect::epcis); }
  const auto page = services.backend.query_events(*query);
  if (!page) { return read_problem(services, page.error(), Dialect::epcis); }
  auto response = page_response(services, request, *page);
  if (!page->next_page_token.empty()) {
    response.with("Link", next_link(request, *page, query->per_page));
    if (page->next_page_token_expires) {
      response.with("GS1-Next-Page-Token-Expires", iso_time(*page->next_page_token_expires));
    }
  }
  return response;
}

Response get_event(const Services& services, const Request& request) {
  if (auto refusal = refuse_representation(request)) { return std::move(*refusal); }
  if (const auto behind = height_not_reached(services, request)) {
    return read_problem(services, *behind, Dialect::epcis);
  }
  if (!request.query.empty()) {
    return read_problem(services, invalid("PARAMETER_UNKNOWN", "a single event takes no query parameters"),
                        Dialect::epcis);
  }
  const auto as_of = services.gateway.status().executed_height;
  const auto page = services.backend.event_by_id(request.arguments.at(0));
  if (!page) { return read_problem(services, page.error(), Dialect::epcis, as_of); }
  return page_response(services, request, *page);
}

/// The top-level resources that this node serves.
Response get_root(const Services& services) {
  auto members = json::Value::array();
  for (const auto* name : {"capture", "events"}) { members.push(json::Value::string(name)); }
  auto context = json::Value::array();
  context.push(json::Value::string(std::string(kContext)));
  auto document = json::Value::object();
  document.set("@context", std::move(context));
  document.set("type", json::Value::string("Collection"));
  document.set("member", std::move(members));
  return read_response(services, {document, services.gateway.status().executed_height});
}

}  // namespace

void add_query_routes(Router& router, const ServicesPointer& services) {
  router.add({.method = Method::get,
              .pattern = std::string(kRoot),
              .dialect = Dialect::epcis,
              .handler = [services](const RequestPointer&, const Respond& respond) { respond(get_root(*services)); }});
  router.add({.method = Method::get,
              .pattern = std::string(kEvents),
              .dialect = Dialect::epcis,
              .handler = [services](const RequestPointer& request, const Respond& respond) {
                respond(get_events(*services, *request));
              }});
  router.add({.method = Method::get,
              .pattern = std::string(kEvents) + "/{eventID}",
              .dialect = Dialect::epcis,
              .handler = [services](const RequestPointer& request, const Respond& respond) {
                respond(get_event(*services, *request));
              }});
}

}  // namespace keten::http
