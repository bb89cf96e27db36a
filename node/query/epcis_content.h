#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "contracts/production/document.h"
#include "contracts/production/event_fields.h"
#include "node/query/epcis_query.h"

namespace keten::query {

/// Reads captured events out of their transactions; a document that holds several events of one answer is parsed once.
class EventContent {
 public:
  explicit EventContent(const EventLoader& load) : load_(load) {}

  /// Owned by this object, valid until another document is read. Fails with CONTENT_ERASED when the transaction no
  /// longer holds the document.
  Result<const production::Event*> event(const production::EventPosition& position);

  /// The prefixes of the event's document. Valid until another document is read.
  Result<const production::DocumentNames*> names(const production::EventPosition& position);

  /// The event as it is given back.
  Result<FoundEvent> found(const contracts::StateReader& index, const production::EventPosition& position);

  /// The `@context` under which the events of a page keep their meaning: the standard one and the prefixes of their
  /// documents. An event whose document gives a prefix another namespace gets its own `@context`. Precondition:
  /// every event came from found().
  json::Value take_context(std::vector<FoundEvent>& events);

 private:
  using DocumentPlace = std::pair<Height, std::uint32_t>;

  Result<const production::Document*> document(const DocumentPlace& place);

  const EventLoader& load_;
  std::map<DocumentPlace, production::Document> documents_;
  std::map<DocumentPlace, production::DocumentNames> names_;  ///< of the same documents
  std::map<DocumentPlace, json::Value> prefixes_;             ///< inline definitions of the documents that found() used
};

}  // namespace keten::query
