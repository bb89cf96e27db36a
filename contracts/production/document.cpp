#include "contracts/production/document.h"

#include <algorithm>
#include <array>
#include <span>

#include "core/limits.h"

namespace keten::production {
namespace {

using json::Kind;
using json::Value;

// EPCIS-JSON-Schema.json: the members of the frames.
constexpr std::array<std::string_view, 10> kDocument = {
    "@context",           "id",     "type",     "schemaVersion", "creationDate",
    "instanceIdentifier", "sender", "receiver", "epcisHeader",   "epcisBody"};
constexpr std::array<std::string_view, 6> kQueryDocument = {"@context",      "id",           "type",
                                                            "schemaVersion", "creationDate", "epcisBody"};
constexpr std::array<std::string_view, 3> kQueryResults = {"queryName", "subscriptionID", "resultsBody"};

/// 2, 2.0, 2.0.1
bool is_version_2(std::string_view text) {
  if (!text.starts_with('2')) { return false; }
  text.remove_prefix(1);
  while (!text.empty()) {
    if (text.front() != '.') { return false; }
    text.remove_prefix(1);
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0) { return false; }
    text.remove_prefix(digits);
  }
  return true;
}

/// Collects what is wrong with the frame around the events.
class Frame {
 public:
  explicit Frame(std::vector<Violation>& violations) : violations_(violations) {}

  /// Null, and reported, when `object` has no member of that kind.
  const Value* member(const Value* object, const std::string& pointer, std::string_view name, Kind kind,
                      std::string expected) {
    if (object == nullptr) { return nullptr; }
    const auto* found = object->find(name);
    if (found != nullptr && found->is(kind)) { return found; }
    report(violations_, json::pointer_add(pointer, name), std::move(expected),
           found == nullptr ? "nothing" : shown(*found));
    return nullptr;
  }

  const Value* object(const Value* parent, const std::string& pointer, std::string_view name) {
    return member(parent, pointer, name, Kind::object, "the required object " + std::string(name));
  }

  void context(const Value& holder) {
    const auto* found = holder.find("@context");
    if (found == nullptr) {
      report(violations_, "/@context", "the required JSON-LD context", "nothing");
    } else {
      validate_context(*found, "/@context", violations_);
    }
  }

  /// Strict: no other members than these and prefixed names.
  void members(const Value& object, const std::string& pointer, std::span<const std::string_view> known) {
    for (const auto& [name, value] : object.members()) {
      if (std::find(known.begin(), known.end(), name) != known.end() || is_uri(name)) { continue; }
      std::string expected = "a prefixed name such as example:field, or one of";
      for (const auto each : known) { expected += (each == known.front() ? " " : ", ") + std::string(each); }
      report(violations_, json::pointer_add(pointer, name), std::move(expected), name);
    }
  }

  void version(const Value& document, bool required) {
    const auto* found = document.find("schemaVersion");
    if (found == nullptr && !required) { return; }
    if (const auto* text = member(&document, "", "schemaVersion", Kind::string, "the version of the schema, 2.0")) {
      if (!is_version_2(text->text())) { report(violations_, "/schemaVersion", "2.0", shown(*text)); }
    }
  }

  std::optional<EventTime> creation_time(const Value& document, bool required) {
    if (document.find("creationDate") == nullptr && !required) { return std::nullopt; }
    const auto* text = member(&document, "", "creationDate", Kind::string, "the time at which the document was made");
    if (text == nullptr) { return std::nullopt; }
    const auto time = parse_time(text->text());
    if (!time) { report(violations_, "/creationDate", "a time with zone such as 2026-01-02T03:04:05Z", shown(*text)); }
    return time;
  }

 private:
  std::vector<Violation>& violations_;
};

struct EventList {
  const Value* list = nullptr;
  std::string pointer;
};

EventList find_events(Frame& frame, const Value& root, DocumentKind kind, Profile profile) {
  const auto* body = frame.object(&root, "", "epcisBody");
  std::string pointer = "/epcisBody";
  if (kind == DocumentKind::query_document) {
    const auto* results = frame.object(body, pointer, "queryResults");
    pointer += "/queryResults";
    if (results != nullptr && profile == Profile::strict) {
      frame.member(results, pointer, "queryName", Kind::string, "the required name of the query");
      frame.members(*results, pointer, kQueryResults);
    }
    body = frame.object(results, pointer, "resultsBody");
    pointer += "/resultsBody";
  }
  return {frame.member(body, pointer, "eventList", Kind::array, "the required array eventList"),
          pointer + "/eventList"};
}

Error refusal(std::vector<Violation> violations) {
  const bool unknown_context = std::all_of(violations.begin(), violations.end(), [](const Violation& violation) {
    return violation.expected.starts_with("the EPCIS context");
  });
  const auto& first = violations.front();
  auto message = "at " + (first.pointer.empty() ? "the document" : first.pointer) + ": expected " + first.expected +
                 "; found " + first.found;
  if (violations.size() > 1) {
    const bool cut = violations.size() >= limits::kViolationsMax;
    message += " (and " + std::string(cut ? "at least " : "") + std::to_string(violations.size() - 1) + " more)";
  }
  return {ErrorKind::invalid, unknown_context ? "EPCIS_CONTEXT_UNKNOWN" : "EPCIS_INVALID", std::move(message),
          std::move(violations)};
}

}  // namespace

std::string event_pointer(DocumentKind kind, std::size_t number) {
  switch (kind) {
    case DocumentKind::document: return "/epcisBody/eventList/" + std::to_string(number);
    case DocumentKind::query_document: return "/epcisBody/queryResults/resultsBody/eventList/" + std::to_string(number);
    case DocumentKind::event: return "";
  }
  return "";
}

Result<Document> read_document(std::string_view text, Profile profile) {
  if (text.size() > limits::kCaptureBytesMax) {
    return failure(ErrorKind::too_large, "CAPTURE_LIMIT",
                   "expected at most " + std::to_string(limits::kCaptureBytesMax) + " bytes, found " +
                       std::to_string(text.size()) + "; split the document");
  }
  const auto parsed = json::parse(text);
  if (!parsed) { return parsed.error(); }
  const Value& root = *parsed;
  std::vector<Violation> violations;
  if (!root.is(Kind::object)) {
    report(violations, "", "an EPCISDocument, an EPCISQueryDocument or an event", shown(root));
    return refusal(std::move(violations));
  }
  Frame frame(violations);
  Document document;
  const auto type = root.find_string("type").value_or("");
  // A bare event's context is a member of the event, which is validated with the rest of it.
  if (root.find("@context") == nullptr || !event_type_from(type)) { frame.context(root); }
  if (const auto* context = root.find("@context")) { document.context = *context; }

  std::vector<const Value*> events;
  if (type == "EPCISDocument" || type == "EPCISQueryDocument") {
    document.kind = type == "EPCISDocument" ? DocumentKind::document : DocumentKind::query_document;
    const bool required = document.kind == DocumentKind::document;
    if (profile == Profile::strict) {
      frame.members(root, "", required ? std::span<const std::string_view>(kDocument) : kQueryDocument);
    }
    frame.version(root, required);
    document.creation_time = frame.creation_time(root, required);
    const auto found = find_events(frame, root, document.kind, profile);
    if (found.list != nullptr && found.list->items().size() > limits::kEventsPerDocumentMax) {
      return failure(ErrorKind::too_large, "TOO_MANY_EVENTS",
                     "expected at most " + std::to_string(limits::kEventsPerDocumentMax) + " events, found " +
                         std::to_string(found.list->items().size()) + "; split the document");
    }
    if (found.list != nullptr) {
      for (const auto& event : found.list->items()) {
        validate_event(event, json::pointer_add(found.pointer, std::to_string(events.size())), profile, violations,
                       &document.warnings);
        events.push_back(&event);
      }
    }
  } else if (event_type_from(type)) {
    document.kind = DocumentKind::event;
    validate_event(root, "", profile, violations, &document.warnings);
    events.push_back(&root);
  } else {
    const auto* found = root.find("type");
    report(violations, "/type", "EPCISDocument, EPCISQueryDocument, or one of the five event types",
           found == nullptr ? "nothing" : shown(*found));
  }
  if (!violations.empty()) { return refusal(std::move(violations)); }
  if (const auto* header = root.find("epcisHeader")) {
    if (const auto* master_data = header->find("epcisMasterData")) { document.master_data = *master_data; }
  }
  document.events.reserve(events.size());
  for (const auto* event : events) { document.events.push_back(read_event(*event)); }
  return document;
}

}  // namespace keten::production
