#include <ostream>

#include <fmt/format.h>

#include "client/http_client.h"
#include "tools/keten/options.h"
#include "tools/keten/trace_view.h"

namespace keten::tools {

int run_trace(Console& console, const TraceOptions& options) {
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  const auto document =
      target->get_json(fmt::format("/v1/trace/{}?direction={}&depth={}", client::percent_encode(options.epc),
                                   options.forward ? "forward" : "back", options.depth));
  if (!document) { return console.fail(document.error()); }
  if (options.output == "json") {
    console.out << json::pretty(*document) << "\n";
    return kSuccess;
  }
  const auto trace = parse_trace(*document);
  if (!trace) { return console.fail(trace.error()); }
  if (options.output == "dot") {
    console.out << query::trace_dot(*trace);
    return kSuccess;
  }
  console.out << trace_table(*trace);
  if (trace->truncated) { console.err << "The trace was cut; follow one of its items, or raise --depth.\n"; }
  return kSuccess;
}

}  // namespace keten::tools
