#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "core/limits.h"
#include "node/http/media.h"
#include "node/http/services.h"
#include "node/http/uri.h"

namespace keten::http {
namespace {

constexpr std::string_view kRoot = "/epcis/v2";
constexpr std::string_view kQueries = "/epcis/v2/queries";
constexpr std::string_view kContext = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";

Response not_acceptable(std::string reason, std::string detail) {
  return problem_response(transport_problem(406, Dialect::epcis, std::move(reason), std::move(detail)));
}

/// GS1-EPC-Format; EPCIS 2.0, section 12.6: absent means Always_GS1_Digital_Link.
struct FormatName {
  std::string_view name;
  query::EpcFormat format;
};
constexpr std::array<FormatName, 4> kFormats = {{{"Always_GS1_Digital_Link", query::EpcFormat::digital_link},
                                                 {"Always_EPC_URN", query::EpcFormat::urn},
                                                 {"Never_Translates", query::EpcFormat::as_captured},
                                                 {"No_Preference", query::EpcFormat::as_captured}}};

std::optional<query::EpcFormat> epc_format(const Request& request) {
  const auto wanted = request.header("GS1-EPC-Format").value_or(kFormats.front().name);
  const auto* found = std::ranges::find(kFormats, trimmed(wanted), &FormatName::name);
  return found == kFormats.end() ? std::nullopt : std::optional(found->format);
}

std::string_view format_name(query::EpcFormat format) {
  return std::ranges::find(kFormats, format, &FormatName::format)->name;
}

/// What a client demands of representation and versions and cannot get here.
std::optional<Response> refuse_representation(const Request& request) {
  if (!json_form(request)) {
    return not_acceptable("MEDIA_TYPE_NOT_OFFERED", "events come as application/json or application/ld+json");
  }
  for (const auto* standard : {"GS1-EPCIS-", "GS1-CBV-"}) {
    for (const auto* bound : {"Version", "Min", "Max"}) {
      const auto name = std::string(standard) + bound;
      const auto version = request.header(name);
      // 2.0.0 lies between Min and Max when neither excludes it; longer and shorter spellings of 2.0 are the same.
      const bool is_here = !version || *version == "2.0" || *version == "2.0.0" || *version == "2" ||
                           (name.ends_with("Min") && *version < "2") || (name.ends_with("Max") && *version > "2");
      if (!is_here) { return not_acceptable("VERSION_NOT_OFFERED", std::string(standard) + "Version here is 2.0.0"); }
    }
  }
  if (!epc_format(request)) {
    return not_acceptable("EPC_FORMAT_NOT_OFFERED",
                          "GS1-EPC-Format here is Always_GS1_Digital_Link, Always_EPC_URN, Never_Translates or "
                          "No_Preference");
  }
  return std::nullopt;
}

/// `GS1-Extensions: prefix=namespace, prefix2=namespace2`.
Result<std::vector<QueryParameter>> read_prefixes(const Request& request) {
  std::vector<QueryParameter> result;
  std::string_view rest = request.header("GS1-Extensions").value_or("");
  while (!rest.empty()) {
    const auto end = std::min(rest.find(','), rest.size());
    const auto pair = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) { continue; }
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == pair.size()) {
      return invalid("HEADER_INVALID", "GS1-Extensions: expected prefix=namespace, found " + std::string(pair));
    }
    result.push_back({std::string(trimmed(pair.substr(0, equals))), std::string(trimmed(pair.substr(equals + 1)))});
  }
  return result;
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
  response.with("Content-Type", std::string(*json_form(request)));
  response.with("GS1-EPC-Format", std::string(format_name(*epc_format(request))));
  tell_age(response, services, page.height);
  response.body = json::serialize(query_document(page, services.clock()));
  return response;
}

/// The same question, one page further.
void link_next(Response& response, const Services& services, const Request& request, std::string_view token,
               std::size_t per_page) {
  if (token.empty()) { return; }
  const auto expires = services.clock() + PageTokens::kLifeMs;
  std::string url = request.path + "?";
  for (const auto& [name, value] : request.query) {
    if (name == "perPage" || name == "nextPageToken") { continue; }
    url += percent_encode(name) + "=" + percent_encode(value) + "&";
  }
  url += "perPage=" + std::to_string(per_page) +
         "&nextPageToken=" + percent_encode(services.page_tokens.seal(request.path, token, expires));
  response.with("Link", "<" + url + ">; rel=\"next\"").with("GS1-Next-Page-Token-Expires", iso_time(expires));
}

/// Parameters, page size and place of a page. The prefixes of parameters come from the header.
Result<EventQuery> parse_query(const Services& services, const Request& request) {
  EventQuery query;
  query.per_page = limits::kPageDefault;
  query.format = *epc_format(request);
  for (const auto& parameter : request.query) {
    if (parameter.name == "perPage") {
      const auto number = parse_number(parameter.value);
      if (!number || *number == 0) { return invalid("PARAMETER_INVALID", "perPage must be a positive number"); }
      query.per_page = std::min<std::size_t>(*number, limits::kPageMax);
    } else if (parameter.name == "nextPageToken") {
      auto token = services.page_tokens.open(request.path, parameter.value, services.clock());
      if (!token) { return token.error(); }
      query.page_token = std::move(*token);
    } else {
      query.parameters.push_back(parameter);
    }
  }
  auto prefixes = read_prefixes(request);
  if (!prefixes) { return prefixes.error(); }
  query.prefixes = std::move(*prefixes);
  return query;
}

/// What every read under /epcis checks first.
std::optional<Response> refuse(const Services& services, const Request& request) {
  if (auto refusal = refuse_representation(request)) { return refusal; }
  if (const auto behind = height_not_reached(services, request)) {
    return read_problem(services, *behind, Dialect::epcis);
  }
  return std::nullopt;
}

/// Completes what parse_query() read: the parameters that the path stands for.
using Narrow = std::function<Status(EventQuery&)>;

Response get_events(const Services& services, const Request& request, const Narrow& narrow) {
  if (auto refusal = refuse(services, request)) { return std::move(*refusal); }
  auto query = parse_query(services, request);
  if (!query) { return read_problem(services, query.error(), Dialect::epcis); }
  if (const auto narrowed = narrow(*query); !narrowed) {
    return read_problem(services, narrowed.error(), Dialect::epcis);
  }
  const auto page = services.backend.query_events(*query);
  if (!page) { return read_problem(services, page.error(), Dialect::epcis); }
  auto response = page_response(services, request, *page);
  link_next(response, services, request, page->next_page_token, query->per_page);
  return response;
}

Response get_event(const Services& services, const Request& request) {
  if (auto refusal = refuse(services, request)) { return std::move(*refusal); }
  if (!request.query.empty()) {
    return read_problem(services, invalid("PARAMETER_UNKNOWN", "a single event takes no query parameters"),
                        Dialect::epcis);
  }
  const auto as_of = services.gateway.status().executed_height;
  const auto page = services.backend.event_by_id(request.arguments.at(0), *epc_format(request));
  if (!page) { return read_problem(services, page.error(), Dialect::epcis, as_of); }
  return page_response(services, request, *page);
}

template <typename Names>
json::Value collection(const Names& names) {
  auto members = json::Value::array();
  for (const auto& name : names) { members.push(json::Value::string(std::string(name))); }
  auto context = json::Value::array();
  context.push(json::Value::string(std::string(kContext)));
  auto document = json::Value::object();
  document.set("@context", std::move(context));
  document.set("type", json::Value::string("Collection"));
  document.set("member", std::move(members));
  return document;
}

Response value_response(const Services& services, const Request& request, const json::Value& value, Height height) {
  Response response;
  response.with("Content-Type", std::string(*json_form(request)));
  tell_age(response, services, height);
  response.body = json::serialize(value);
  return response;
}

/// The names of EPCIS 2.0, section 12.3.
Response get_root(const Services& services, const Request& request) {
  if (auto refusal = refuse(services, request)) { return std::move(*refusal); }
  constexpr std::array<std::string_view, 9> kTop = {"queries",    "capture",      "events",       "eventTypes", "epcs",
                                                    "readPoints", "bizLocations", "dispositions", "bizSteps"};
  return value_response(services, request, collection(kTop), services.gateway.status().executed_height);
}

// Resources: their known values, one of them, its events.

struct ResourceName {
  std::string_view name;
  query::Resource resource;
};
constexpr std::array<ResourceName, 6> kResources = {{{"eventTypes", query::Resource::event_types},
                                                     {"epcs", query::Resource::epcs},
                                                     {"bizSteps", query::Resource::biz_steps},
                                                     {"bizLocations", query::Resource::biz_locations},
                                                     {"readPoints", query::Resource::read_points},
                                                     {"dispositions", query::Resource::dispositions}}};

Response get_values(const Services& services, const Request& request, query::Resource resource) {
  if (auto refusal = refuse(services, request)) { return std::move(*refusal); }
  const auto query = parse_query(services, request);
  if (!query) { return read_problem(services, query.error(), Dialect::epcis); }
  if (!query->parameters.empty()) {
    return read_problem(services,
                        invalid("PARAMETER_UNKNOWN",
                                "this list takes perPage and nextPageToken, not " + query->parameters.front().name),
                        Dialect::epcis);
  }
  const auto page = services.backend.resource(resource, query->page_token, query->per_page);
  if (!page) { return read_problem(services, page.error(), Dialect::epcis); }
  auto response = value_response(services, request, collection(page->values), page->height);
  link_next(response, services, request, page->next, query->per_page);
  return response;
}

Response get_value(const Services& services, const Request& request, query::Resource resource) {
  if (auto refusal = refuse(services, request)) { return std::move(*refusal); }
  const auto as_of = services.gateway.status().executed_height;
  const auto height = services.backend.find_value(resource, request.arguments.at(0));
  if (!height) { return read_problem(services, height.error(), Dialect::epcis, as_of); }
  constexpr std::array<std::string_view, 1> kEventsOnly = {"events"};
  return value_response(services, request, collection(kEventsOnly), *height);
}

Response get_value_events(const Services& services, const Request& request, query::Resource resource) {
  return get_events(services, request, [&](EventQuery& query) -> Status {
    const auto& value = request.arguments.at(0);
    // A list of values is not one: such a value is unknown, and the separator must not reach the query.
    const auto found = services.backend.find_value(resource, value);
    if (!found) { return found.error(); }
    if (value.find('|') != std::string::npos) {
      return failure(ErrorKind::not_found, "RESOURCE_UNKNOWN", "no event has the value " + value);
    }
    query.parameters.push_back({std::string(query::parameter_of(resource)), value});
    return kDone;
  });
}

// Named queries.

Response query_problem(const Services& services, const Error& error, Subject subject) {
  auto response = problem_response(epcis_problem(error, subject));
  tell_age(response, services, services.gateway.status().executed_height);
  return response;
}

json::Value named_query_json(const NamedQuery& query) {
  auto value = json::Value::object();
  value.set("name", json::Value::string(query.name)).set("query", query.query);
  return value;
}

std::string query_path(std::string_view name) { return std::string(kQueries) + "/" + percent_encode(name); }

Result<NamedQuery> read_named_query(const Services& services, const Request& request) {
  const auto body = json::parse(request.body);
  if (!body) { return body.error(); }
  const auto name = body->find_string("name");
  const auto* query = body->find("query");
  if (!name || name->empty() || name->size() > NamedQueries::kNameBytesMax) {
    return invalid("QUERY_INVALID",
                   "/name: expected a text of 1 to " + std::to_string(NamedQueries::kNameBytesMax) + " bytes");
  }
  if (std::ranges::any_of(*name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; })) {
    return invalid("QUERY_INVALID", "/name: expected no control characters");
  }
  if (query == nullptr || !query->is(json::Kind::object)) {
    return invalid("QUERY_INVALID", "/query: expected an object of query parameters");
  }
  for (const auto& [member, value] : body->members()) {
    if (member != "name" && member != "query" && member != "@context") {
      return invalid("QUERY_INVALID", "/" + member + ": expected name and query only");
    }
  }
  if (query->find("nextPageToken") != nullptr) {
    return invalid("QUERY_INVALID", "/query/nextPageToken: expected no place of a page in a query that is kept");
  }
  auto kept = *query;
  // Prefixes of the request belong to the query, wherever they stand.
  auto prefixes = read_prefixes(request);
  if (!prefixes) { return prefixes.error(); }
  auto context = json::Value::array();
  if (const auto* outer = body->find("@context")) { context.push(*outer); }
  if (const auto* inner = kept.find("@context")) { context.push(*inner); }
  for (const auto& [prefix, space] : *prefixes) {
    context.push(json::Value::object().set(prefix, json::Value::string(space)));
  }
  if (context.items().size() == 1) {
    kept.set("@context", context.items().front());
  } else if (!context.items().empty()) {
    kept.set("@context", std::move(context));
  }
  if (auto checked = services.backend.check_query(kept); !checked) { return checked.error(); }
  return NamedQuery{std::string(*name), request.user->name, std::move(kept)};
}

Response post_query(Services& services, const Request& request) {
  if (auto refusal = refuse_representation(request)) { return std::move(*refusal); }
  if (!is_json(request)) {
    return problem_response(transport_problem(415, Dialect::epcis, "MEDIA_TYPE_UNSUPPORTED",
                                              "expected application/json or application/ld+json"));
  }
  auto query = read_named_query(services, request);
  if (!query) { return query_problem(services, query.error(), Subject::query_definition); }
  auto response = json_response(201, named_query_json(*query));
  response.with("Location", query_path(query->name));
  if (const auto added = services.queries.add(std::move(*query)); !added) {
    return query_problem(services, added.error(), Subject::query_definition);
  }
  return response;
}

Response list_queries(const Services& services, const Request& request) {
  if (auto refusal = refuse_representation(request)) { return std::move(*refusal); }
  const auto page = parse_query(services, request);
  if (!page) { return query_problem(services, page.error(), Subject::query); }
  if (!page->parameters.empty()) {
    return query_problem(services,
                         invalid("PARAMETER_UNKNOWN", "the list of queries takes perPage and nextPageToken, not " +
                                                          page->parameters.front().name),
                         Subject::query);
  }
  auto list = json::Value::array();
  std::string last;
  bool more = false;
  for (const auto& query : services.queries.all()) {
    if (query.name <= page->page_token) { continue; }
    more = list.items().size() == page->per_page;
    if (more) { break; }
    last = query.name;
    list.push(named_query_json(query));
  }
  auto response = value_response(services, request, list, services.gateway.status().executed_height);
  link_next(response, services, request, more ? last : "", page->per_page);
  return response;
}

Response get_query(const Services& services, const Request& request) {
  if (auto refusal = refuse_representation(request)) { return std::move(*refusal); }
  const auto query = services.queries.find(request.arguments.at(0));
  if (!query) { return query_problem(services, query.error(), Subject::query); }
  return value_response(services, request, named_query_json(*query), services.gateway.status().executed_height);
}

Response delete_query(Services& services, const Request& request) {
  const auto removed = services.queries.remove(request.arguments.at(0), request.user->name);
  if (!removed) { return query_problem(services, removed.error(), Subject::query); }
  Response response;
  response.status = 204;
  return response;
}

Response get_query_events(const Services& services, const Request& request) {
  return get_events(services, request, [&](EventQuery& query) -> Status {
    auto named = services.queries.find(request.arguments.at(0));
    if (!named) { return named.error(); }
    if (!query.parameters.empty()) {
      return invalid("PARAMETER_UNKNOWN",
                     "a named query takes perPage and nextPageToken, not " + query.parameters.front().name);
    }
    query.body = std::move(named->query);
    return kDone;
  });
}

/// What the standard has and this node does not do.
Response not_built(std::string detail) {
  return problem_response(
      epcis_problem(failure(ErrorKind::unsupported, "NOT_BUILT", std::move(detail)), Subject::query));
}

using Answer = std::function<Response(Services&, const Request&)>;

void add_route(Router& router, const ServicesPointer& services, Method method, std::string pattern, Answer answer,
               std::size_t body_bytes_max = 0) {
  router.add(
      {.method = method,
       .pattern = std::string(kRoot) + std::move(pattern),
       .dialect = Dialect::epcis,
       .handler = [services, answer = std::move(answer)](
                      const RequestPointer& request, const Respond& respond) { respond(answer(*services, *request)); },
       .body_bytes_max = body_bytes_max});
}

}  // namespace

void add_query_routes(Router& router, const ServicesPointer& services) {
  const auto add = [&](Method method, std::string pattern, Answer answer) {
    add_route(router, services, method, std::move(pattern), std::move(answer));
  };
  add(Method::get, "", get_root);
  add(Method::get, "/", get_root);
  add(Method::get, "/events", [](const Services& at, const Request& request) {
    return get_events(at, request, [](EventQuery&) -> Status { return kDone; });
  });
  add(Method::get, "/events/{eventID}", get_event);
  for (const auto& [name, resource] : kResources) {
    const auto path = "/" + std::string(name);
    const auto kind = resource;
    add(Method::get, path,
        [kind](const Services& at, const Request& request) { return get_values(at, request, kind); });
    add(Method::get, path + "/{value}",
        [kind](const Services& at, const Request& request) { return get_value(at, request, kind); });
    add(Method::get, path + "/{value}/events",
        [kind](const Services& at, const Request& request) { return get_value_events(at, request, kind); });
  }
  add(Method::get, "/queries", list_queries);
  add_route(router, services, Method::post, "/queries", post_query, NamedQueries::kQueryBytesMax);
  add(Method::get, "/queries/{name}", get_query);
  add(Method::remove, "/queries/{name}", delete_query);
  add(Method::get, "/queries/{name}/events", get_query_events);
  const auto no_subscriptions = [](const Services&, const Request&) {
    return not_built("this node does not send events to subscribers; ask the query again");
  };
  add(Method::get, "/queries/{name}/subscriptions", no_subscriptions);
  add_route(router, services, Method::post, "/queries/{name}/subscriptions", no_subscriptions,
            NamedQueries::kQueryBytesMax);
  add(Method::get, "/queries/{name}/subscriptions/{id}", no_subscriptions);
  add(Method::remove, "/queries/{name}/subscriptions/{id}", no_subscriptions);
  add(Method::remove, "/nextPageToken/{token}", [](const Services&, const Request&) {
    return not_built("a page token keeps nothing on the node: let it expire");
  });
}

}  // namespace keten::http
