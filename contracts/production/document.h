#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "contracts/production/event.h"
#include "contracts/production/validation.h"
#include "core/json.h"
#include "core/result.h"

namespace keten::production {

enum class DocumentKind : std::uint8_t { document, query_document, event };

/// A valid EPCIS 2.0 JSON document, or a single event outside a document.
struct Document {
  DocumentKind kind = DocumentKind::document;
  json::Value context;  ///< the document's `@context`; of a single event, the event's own
  std::optional<EventTime> creation_time;
  std::vector<Event> events;
  json::Value master_data;          ///< `epcisHeader/epcisMasterData`, not checked; null when there is none
  std::vector<Violation> warnings;  ///< what is doubtful and accepted (validation.h)
};

/// The JSON pointer of one of its events; empty for a bare one, which is the whole document.
std::string event_pointer(DocumentKind kind, std::size_t number);

/// Reads an `EPCISDocument`, an `EPCISQueryDocument` or one event of the five types. Errors: those of json::parse;
/// EPCIS_INVALID with one violation for every wrong place; EPCIS_CONTEXT_UNKNOWN when a context would have to be
/// fetched; TOO_MANY_EVENTS above limits::kEventsPerDocumentMax; CAPTURE_LIMIT above limits::kCaptureBytesMax
/// bytes.
Result<Document> read_document(std::string_view text, Profile profile = Profile::strict);

}  // namespace keten::production
