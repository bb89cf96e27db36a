#include <string>
#include <string_view>
#include <utility>

#include "core/limits.h"
#include "node/http/services.h"
#include "node/http/uri.h"

namespace keten::http {
namespace {

using query::UsageQuestion;
using query::UsageView;

/// Of one sheet: some 25 MB.
constexpr std::size_t kSheetRowsMax = 100'000;

struct UsageRoute {
  std::string_view pattern;
  UsageView view;
};

bool is_list(UsageView view) { return view == UsageView::datasets || view == UsageView::uses; }
bool has_period(UsageView view) { return view == UsageView::uses || view == UsageView::statement; }

std::string known_parameters(UsageView view) {
  std::string known;
  if (has_period(view)) { known = "from, to"; }
  if (is_list(view)) { known += known.empty() ? "after, limit" : ", after, limit"; }
  if (view == UsageView::statement) { known += ", format"; }
  return known.empty() ? "there are no parameters" : "known parameters are " + known;
}

struct Asked {
  UsageQuestion question;
  bool as_sheet = false;
};

Result<Asked> read_question(UsageView view, const Request& request) {
  Asked asked;
  asked.question.view = view;
  asked.question.limit = limits::kPageDefault;
  if (!request.arguments.empty()) { asked.question.subject = request.arguments[0]; }
  if (request.arguments.size() > 1) { asked.question.use = request.arguments[1]; }
  for (const auto& [name, value] : request.query) {
    if (has_period(view) && (name == "from" || name == "to")) {
      (name == "from" ? asked.question.from : asked.question.to) = value;
    } else if (is_list(view) && name == "after") {
      asked.question.after = value;
    } else if (is_list(view) && name == "limit") {
      const auto limit = parse_number(value);
      if (!limit || *limit == 0 || *limit > limits::kPageMax) {
        return invalid("PARAMETER_INVALID", "limit must be a number from 1 to " + std::to_string(limits::kPageMax));
      }
      asked.question.limit = static_cast<std::size_t>(*limit);
    } else if (view == UsageView::statement && name == "format" && (value == "json" || value == "csv")) {
      asked.as_sheet = value == "csv";
    } else if (view == UsageView::statement && name == "format") {
      return invalid("PARAMETER_INVALID", "format must be json or csv");
    } else {
      return invalid("PARAMETER_UNKNOWN", known_parameters(view));
    }
  }
  return asked;
}

/// A row for each use of the period, read part by part: uses are only ever added.
Response answer_sheet(const Services& services, UsageQuestion question) {
  question.view = UsageView::uses;
  question.limit = limits::kPageMax;
  auto sheet = query::usage_sheet_heading();
  Height height;
  std::size_t rows = 0;
  do {
    const auto part = services.backend.usage(question);
    if (!part) { return read_problem(services, part.error(), Dialect::keten); }
    if (height.value == 0) { height = part->height; }
    for (const auto& line : part->value.find("uses")->items()) {
      sheet += query::usage_sheet_row(line);
      ++rows;
    }
    question.after = std::string(part->value.find_string("next").value_or(""));
    if (rows >= kSheetRowsMax && !question.after.empty()) {
      return read_problem(
          services,
          failure(ErrorKind::too_large, "TOO_MANY_USES",
                  "a sheet has at most " + std::to_string(kSheetRowsMax) + " uses; ask for a shorter period"),
          Dialect::keten);
    }
  } while (!question.after.empty());
  Response response;
  response.with("Content-Type", "text/csv; charset=utf-8");
  response.body = std::move(sheet);
  tell_age(response, services, height);
  return response;
}

Response get_usage(const Services& services, const Request& request, UsageView view) {
  if (const auto behind = height_not_reached(services, request)) {
    return read_problem(services, *behind, Dialect::keten);
  }
  const auto as_of = services.gateway.status().executed_height;
  const auto asked = read_question(view, request);
  if (!asked) { return read_problem(services, asked.error(), Dialect::keten, as_of); }
  if (asked->as_sheet) { return answer_sheet(services, asked->question); }
  const auto answer = services.backend.usage(asked->question);
  if (!answer) { return read_problem(services, answer.error(), Dialect::keten, as_of); }
  return read_response(services, *answer);
}

}  // namespace

void add_usage_routes(Router& router, const ServicesPointer& services) {
  for (const auto& route : {UsageRoute{"/v1/datasets", UsageView::datasets},
                            {"/v1/datasets/{dataset}", UsageView::dataset},
                            {"/v1/usage/agreements/{id}", UsageView::agreement},
                            {"/v1/usage/agreements/{id}/uses", UsageView::uses},
                            {"/v1/usage/agreements/{id}/uses/{use}", UsageView::use},
                            {"/v1/usage/agreements/{id}/duties", UsageView::duties},
                            {"/v1/usage/agreements/{id}/statement", UsageView::statement}}) {
    router.add({.method = Method::get,
                .pattern = std::string(route.pattern),
                .handler = [services, view = route.view](const RequestPointer& request, const Respond& respond) {
                  respond(get_usage(*services, *request, view));
                }});
  }
}

}  // namespace keten::http
