#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/result.h"
#include "node/query/epcis_query.h"

namespace keten::query {

/// Events as evidence for somebody outside: of an item or lot with all that it was made of and became, of a place, or of a time.
struct ExtractQuery {
  std::string what;  ///< an EPC or class, or a place; empty: everything in the time
  std::optional<production::EventTime> from;
  std::optional<production::EventTime> until;  ///< both included
};

inline constexpr std::size_t kExtractEventsMax = 10'000;
inline constexpr std::size_t kExtractBytesMax = 32U * 1024 * 1024;  ///< of all events as JSON
inline constexpr std::size_t kExtractContentsMax = 50'000;          ///< of all containers of all events
/// Looked at for the contents: rows of the index about containers, and names in the events that pack.
inline constexpr std::size_t kExtractPackingRowsMax = 500'000;
inline constexpr std::size_t kExtractPackedNamesMax = 500'000;

/// What was in a container that an event names, as far as packing was recorded: nobody looked inside.
struct ExtractContent {
  std::string container;
  std::string key;
  std::string amount;  ///< of a lot; empty when unknown or an instance
  std::string unit;
};

struct ExtractEvent {
  FoundEvent found;
  std::vector<ExtractContent> contents;  ///< of containers that were shipped, moved or received, at that moment
};

struct Extract {
  std::string what;
  bool is_place = false;
  std::vector<ExtractEvent> events;  ///< by event time, then in the order of recording
  std::vector<std::string> items;    ///< of an item: that one and all that its trace found, sorted
  bool truncated = false;            ///< the trace or the contents were cut
  json::Value context;               ///< `@context` for a document of these events
  Height height;                     ///< that all of it holds at
};

/// One snapshot. Events that their recorder declared an error are left out, and so are those declarations. Fails with ITEM_UNKNOWN when
/// nothing names `what`, QUERY_TOO_LARGE above the limits.
Result<Extract> extract(const EpcisReaders& readers, const ExtractQuery& query);

/// docs/http.md.
json::Value to_json(const Extract& extract);

}  // namespace keten::query
