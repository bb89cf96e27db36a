// keten epcis: events in and out, over HTTP.
#include <ostream>

#include <fmt/format.h>

#include "client/keystore.h"
#include "core/limits.h"
#include "tools/keten/capture.h"
#include "tools/keten/options.h"
#include "tools/keten/trace_view.h"

namespace keten::tools {
namespace {

json::Value captured_json(const std::string& file, const Result<Captured>& captured) {
  auto entry = json::Value::object();
  entry.set("file", text_value(file));
  entry.set("accepted", json::Value::boolean(captured.ok()));
  if (captured) {
    auto ids = json::Value::array();
    for (const auto& id : captured->event_ids) { ids.push(text_value(id)); }
    entry.set("transaction_id", text_value(captured->transaction_id))
        .set("height", number_value(captured->height))
        .set("event_ids", std::move(ids))
        .set("took_ms", number_value(static_cast<double>(captured->took.count()) / 1000.0, 1));
    return entry;
  }
  entry.set("reason", text_value(captured.error().reason))
      .set("message", text_value(captured.error().message))
      .set("violations", violations_value(captured.error().violations));
  return entry;
}

void print_captured(Console& console, const std::string& file, const Captured& captured) {
  console.out << file << "  accepted";
  if (!captured.transaction_id.empty()) { console.out << "  transaction " << captured.transaction_id; }
  if (captured.height != 0) { console.out << fmt::format("  height {}", captured.height); }
  console.out << fmt::format("  {:.0f} ms\n", static_cast<double>(captured.took.count()) / 1000.0);
  for (const auto& id : captured.event_ids) { console.out << "  event " << printable(id) << "\n"; }
}

/// KEY=VALUE of the command line as a query string.
Result<std::string> query_string(const std::vector<std::string>& parameters) {
  std::string query;
  for (const auto& parameter : parameters) {
    const auto equals = parameter.find('=');
    if (equals == std::string::npos || equals == 0) {
      return invalid("PARAMETER_INVALID", "expected KEY=VALUE, found \"" + parameter + "\"");
    }
    query += (query.empty() ? "?" : "&") + client::percent_encode(parameter.substr(0, equals)) + "=" +
             client::percent_encode(parameter.substr(equals + 1));
  }
  return query;
}

/// The target of the `rel="next"` link; empty on the last page.
std::string next_page(const client::HttpResponse& response) {
  const auto link = response.headers.find("link");
  if (link == response.headers.end() || link->second.find("rel=\"next\"") == std::string::npos) { return {}; }
  const auto open = link->second.find('<');
  const auto close = link->second.find('>');
  if (open == std::string::npos || close == std::string::npos || close < open) { return {}; }
  auto target = link->second.substr(open + 1, close - open - 1);
  // An absolute address is of this same node.
  if (const auto scheme = target.find("://"); scheme != std::string::npos) {
    const auto path = target.find('/', scheme + 3);
    target = path == std::string::npos ? "" : target.substr(path);
  }
  return target;
}

const json::Value* event_list(const json::Value& document) {
  const auto* body = document.find("epcisBody");
  const auto* results = body == nullptr ? nullptr : body->find("queryResults");
  const auto* results_body = results == nullptr ? nullptr : results->find("resultsBody");
  return results_body == nullptr ? nullptr : results_body->find("eventList");
}

}  // namespace

int run_epcis_capture(Console& console, const EpcisOptions& options) {
  if (!options.wait.empty() && options.wait != "final" && options.wait != "executed") {
    console.fail(invalid("WAIT_LEVEL_UNKNOWN", "expected final or executed, found \"" + options.wait + "\""));
    return kUsage;
  }
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  const auto wait = options.wait.empty() ? CaptureWait::accepted : CaptureWait::executed;
  int code = kSuccess;
  auto list = json::Value::array();
  std::size_t number = 0;
  for (const auto& file : options.files) {
    console.progress(fmt::format("capturing {} of {}", ++number, options.files.size()));
    const auto text = client::read_file(file, 2 * limits::kTransactionBytesMax);
    const auto captured = text ? capture(*target, *text, wait) : Result<Captured>(text.error());
    console.end_progress();
    list.push(captured_json(file, captured));
    if (captured) {
      if (options.output == OutputForm::table) { print_captured(console, file, *captured); }
      continue;
    }
    if (options.output == OutputForm::table) {
      console.out << file << "  refused\n";
      code = console.fail(captured.error());
    } else {
      code = exit_code(captured.error());
    }
  }
  if (options.output == OutputForm::json) { console.out << json::pretty(list) << "\n"; }
  return code;
}

int run_epcis_query(Console& console, const EpcisOptions& options) {
  const auto query = query_string(options.parameters);
  if (!query) {
    console.fail(query.error());
    return kUsage;
  }
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  auto events = json::Value::array();
  std::string path = "/epcis/v2/events" + *query;
  for (std::size_t page = 0; !path.empty() && (options.pages == 0 || page < options.pages); ++page) {
    const auto response = target->http({.target = path, .headers = {{"GS1-EPC-Format", "Never_Translates"}}});
    if (!response) { return console.fail(response.error()); }
    if (!response->ok()) { return console.fail(problem_error(*response)); }
    const auto document = json::parse(response->body, {.bytes = 64U * 1024 * 1024, .values = 10'000'000});
    if (!document) { return console.fail(document.error()); }
    const auto* found = event_list(*document);
    if (found == nullptr || !found->is(json::Kind::array)) {
      return console.fail(failure(ErrorKind::corrupt, "RESPONSE_MALFORMED", "the answer holds no eventList"));
    }
    for (const auto& event : found->items()) { events.push(event); }
    path = next_page(*response);
  }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(events) << "\n";
    return kSuccess;
  }
  Table table({{"EVENT TIME"}, {"TYPE"}, {"ACTION"}, {"STEP"}, {"READ POINT"}, {"ITEMS"}, {"EVENT ID"}});
  for (const auto& event : events.items()) { table.add(event_row(event)); }
  console.out << table.text() << events.items().size() << (events.items().size() == 1 ? " event" : " events")
              << (path.empty() ? "" : ", more follow: --pages 0 fetches all") << "\n";
  return kSuccess;
}

}  // namespace keten::tools
