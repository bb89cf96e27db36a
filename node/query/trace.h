#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/production/event_summary.h"
#include "contracts/production/item_state.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/result.h"
#include "node/query/epcis_query.h"

namespace keten::query {

enum class TraceDirection : std::uint8_t {
  back,     ///< where did it come from
  forward,  ///< where did it go
};

struct TraceQuery {
  std::string entity;  ///< an EPC or class, URN or Digital Link
  TraceDirection direction = TraceDirection::back;
  std::size_t depth =
      limits::kTraceDepthMax;  ///< steps through transformations and packings, at most limits::kTraceDepthMax
};

/// Rows of the index that one trace looks at, at most.
inline constexpr std::size_t kTraceRowsMax = 1'000'000;

/// How an item stands to an event.
enum class Relation : std::uint8_t {
  observed,      ///< listed: made, seen, moved, destroyed
  input,         ///< of a transformation
  output,        ///< of a transformation
  contains,      ///< as the parent of an aggregation or association
  contained_in,  ///< as a child
  sent,          ///< listed in a shipping, departing, consigning or void_shipping event
  received,      ///< listed in a receiving, accepting or arriving event
};
std::string_view relation_name(Relation relation);
/// Of an item to an event that names it in `roles`: docs/formats/production.md, "Index".
Relation relation_of(const production::EventSummary& event, std::uint8_t roles);

struct TraceItem {
  std::string key;                             ///< canonical
  std::size_t depth = 0;                       ///< steps from the traced entity
  std::optional<production::ItemState> state;  ///< now; empty for what has no state
};

struct TraceEvent {
  production::EventSummary summary;
};

/// `inferred`: not recorded about this item, but about what it was packed in at that time.
struct TraceLink {
  std::size_t event = 0;  ///< index in Trace::events
  std::size_t item = 0;   ///< index in Trace::items
  Relation relation = Relation::observed;
  bool inferred = false;
  friend auto operator<=>(const TraceLink&, const TraceLink&) = default;
};

/// The part of the ledger's history that explains an item: a graph between items and events without cycles in time.
struct Trace {
  std::string entity;
  TraceDirection direction = TraceDirection::back;
  std::vector<TraceItem> items;    ///< the traced entity first, then in the order of discovery, breadth first
  std::vector<TraceEvent> events;  ///< by event time, then in the order of recording
  std::vector<TraceLink> links;    ///< sorted
  bool truncated = false;          ///< depth, limits::kTraceNodesMax or kTraceRowsMax cut it
  bool exhausted = false;          ///< not depth, one of the others
  Height height;                   ///< that it holds at
};

/// Follows transformations (joined by transformationID) and packing. Back: outputs to inputs, containers to what
/// was in them. Forward: inputs to outputs, contents to their containers and containers to their contents. While an
/// item is packed, what is recorded of its container (and of that one's container) counts for it, marked inferred.
/// Events that their recorder declared an error are left out. Fails with ITEM_UNKNOWN when no event names the
/// entity.
Result<Trace> trace(const EpcisReaders& readers, const TraceQuery& query, std::size_t rows_max = kTraceRowsMax);

/// docs/formats/production.md, "Trace".
json::Value trace_json(const Trace& trace);
/// A graph for Graphviz.
std::string trace_dot(const Trace& trace);

/// One line of a trace table: an event.
struct TraceRow {
  std::string time;
  std::string organisation;
  std::string step;  ///< bizStep, or the event type
  std::string what;  ///< the items, shortened
  std::string where;
  bool inferred = false;  ///< it counts for some item because that was inside another
};
/// In order of time.
std::vector<TraceRow> trace_rows(const Trace& trace);

}  // namespace keten::query
