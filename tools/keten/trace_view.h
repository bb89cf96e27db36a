#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/result.h"
#include "node/query/trace.h"

namespace keten::tools {

/// A node's answer to `GET /v1/trace/{epc}` (docs/formats/production.md, "Trace") as the structure it was made from, as far as tables
/// and graphs need it. Fails with TRACE_MALFORMED.
Result<query::Trace> parse_trace(const json::Value& document);

/// One line an event, in order of time.
std::string trace_table(const query::Trace& trace);

/// What people read of an identifier: without the domain or URN prefix.
std::string short_item(std::string_view epc);

/// The cells of one EPCIS event: time, type, action, step, read point, items, event id.
std::vector<std::string> event_row(const json::Value& event);

}  // namespace keten::tools
