#include "node/query/epcis_content.h"

#include "core/bytes.h"
#include "core/check.h"
#include "node/query/epcis_rows.h"

namespace keten::query {
namespace {

using json::Kind;
using json::Value;

constexpr std::string_view kStandardContext = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";
constexpr std::size_t kDocumentsKept = 16;

/// The inline definitions of a context as one object; the last definition of a name holds, as in JSON-LD.
void collect_definitions(const Value& context, Value& definitions) {
  if (context.is(Kind::array)) {
    for (const auto& item : context.items()) { collect_definitions(item, definitions); }
  } else if (context.is(Kind::object)) {
    for (const auto& [name, definition] : context.members()) { definitions.set(name, definition); }
  }
}

}  // namespace

Result<const production::Document*> EventContent::document(const DocumentPlace& place) {
  const auto kept = documents_.find(place);
  if (kept != documents_.end()) { return &kept->second; }
  const auto transaction = load_(place.first, place.second);
  if (!transaction) { return transaction.error(); }
  if ((*transaction)->payloads.empty()) {
    return failure(ErrorKind::not_found, "CONTENT_ERASED",
                   "the content of transaction " + (*transaction)->id.hex() + " was erased");
  }
  // It was valid when it was recorded, under either profile.
  auto document =
      production::read_document(as_text((*transaction)->payloads.front().content), production::Profile::lenient);
  if (!document) { return document.error(); }
  if (documents_.size() >= kDocumentsKept) {
    names_.erase(documents_.begin()->first);
    documents_.erase(documents_.begin());
  }
  production::DocumentNames names;
  names.add_context(document->context);
  names_.insert_or_assign(place, std::move(names));
  auto definitions = Value::object();
  collect_definitions(document->context, definitions);
  prefixes_.insert_or_assign(place, std::move(definitions));
  return &documents_.insert_or_assign(place, std::move(*document)).first->second;
}

Result<const production::Event*> EventContent::event(const production::EventPosition& position) {
  const auto holder = document({position.height, position.transaction});
  if (!holder) { return holder.error(); }
  if (position.event >= (*holder)->events.size()) {
    return failure(
        ErrorKind::corrupt, "INDEX_CORRUPT",
        "the document at height " + position.height.text() + " has no event " + std::to_string(position.event));
  }
  return &(*holder)->events[position.event];
}

Result<const production::DocumentNames*> EventContent::names(const production::EventPosition& position) {
  const DocumentPlace place{position.height, position.transaction};
  if (const auto read = document(place); !read) { return read.error(); }
  return &names_.at(place);
}

Result<FoundEvent> EventContent::found(const contracts::StateReader& index, const production::EventPosition& position) {
  auto summary = read_summary(index, position);
  if (!summary) { return summary.error(); }
  const auto captured = event(position);
  if (!captured) { return captured.error(); }
  auto value = (*captured)->value;
  // The context of a bare event is its document's.
  const auto& holder = documents_.at({position.height, position.transaction});
  if (holder.kind == production::DocumentKind::event) { value.remove("@context"); }
  if (summary->assigned_id) { value.set("eventID", Value::string(summary->id)); }
  value.set("recordTime",
            Value::string(production::time_text(static_cast<production::EventTime>(summary->record_time))));
  return FoundEvent{std::move(value), std::move(*summary)};
}

json::Value EventContent::take_context(std::vector<FoundEvent>& events) {
  auto shared = Value::object();
  for (auto& found : events) {
    const auto& prefixes = prefixes_.at({found.summary.position.height, found.summary.position.transaction});
    bool conflicts = false;
    for (const auto& [name, definition] : prefixes.members()) {
      const auto* known = shared.find(name);
      conflicts = conflicts || (known != nullptr && *known != definition);
    }
    if (!conflicts) {
      collect_definitions(prefixes, shared);
      continue;
    }
    auto own = Value::array();
    own.push(prefixes);
    if (const auto* given = found.event.find("@context")) {
      auto definitions = Value::object();
      collect_definitions(*given, definitions);
      own.push(std::move(definitions));
    }
    found.event.set("@context", std::move(own));
  }
  auto context = Value::array();
  context.push(Value::string(std::string(kStandardContext)));
  if (!shared.members().empty()) { context.push(std::move(shared)); }
  return context;
}

}  // namespace keten::query
