#include "contracts/production/document.h"

#include <algorithm>
#include <array>
#include <set>
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
constexpr std::array<std::string_view, 1> kQueryBody = {"queryResults"};
constexpr std::array<std::string_view, 3> kQueryResults = {"queryName", "subscriptionID", "resultsBody"};
constexpr std::array<std::string_view, 2> kResultsBody = {"eventList", "vocabularyList"};

bool is_blank_node(std::string_view text) {
  return text.size() > 2 && text.starts_with("_:") && text.find_first_of(" \t\r\n") == std::string_view::npos;
}

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

  void context(const Value& holder, Profile profile) {
    const auto* found = holder.find("@context");
    if (found == nullptr) {
      report(violations_, "/@context", "the required JSON-LD context", "nothing");
      return;
    }
    validate_context(*found, "/@context", violations_);
    if (profile == Profile::lenient || !found->is(Kind::array)) { return; }
    std::set<std::string> seen;
    std::size_t index = 0;
    for (const auto& item : found->items()) {
      const auto number = index++;
      if (!seen.insert(json::canonical(item)).second) {
        report(violations_, "/@context/" + std::to_string(number), "each context once", shown(item));
      }
    }
  }

  /// No context outside the events and the frame's own gives another meaning to anything.
  void other_contexts(const Value& document) {
    for (const auto& [name, value] : document.members()) {
      if (name != "@context" && name != "epcisBody") {
        validate_contexts_inside(value, json::pointer_add("", name), violations_);
      }
    }
  }

  /// A member that may be absent, and is a string.
  void optional_text(const Value& object, const std::string& pointer, std::string_view name) {
    if (object.find(name) != nullptr) { member(&object, pointer, name, Kind::string, "a string"); }
  }

  /// The name of the document: a URI, or a JSON-LD blank node such as `_:document1`.
  void id(const Value& document) {
    const auto* found = document.find("id");
    if (found == nullptr) { return; }
    const bool names = found->is(Kind::string) && (is_uri(found->text()) || is_blank_node(found->text()));
    if (!names) { report(violations_, "/id", "a URI such as urn:uuid:... or https://...", shown(*found)); }
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

EventList find_events(Frame& frame, const Value& root, DocumentKind kind, Profile profile,
                      std::vector<Violation>& violations) {
  const auto* body = frame.object(&root, "", "epcisBody");
  std::string pointer = "/epcisBody";
  if (kind == DocumentKind::query_document) {
    const auto* results = frame.object(body, pointer, "queryResults");
    pointer += "/queryResults";
    if (results != nullptr && profile == Profile::strict) {
      validate_members(*body, "/epcisBody", kQueryBody, violations);
      frame.member(results, pointer, "queryName", Kind::string, "the required name of the query");
      frame.optional_text(*results, pointer, "subscriptionID");
      validate_members(*results, pointer, kQueryResults, violations);
    }
    body = frame.object(results, pointer, "resultsBody");
    pointer += "/resultsBody";
    if (body != nullptr && profile == Profile::strict) { validate_members(*body, pointer, kResultsBody, violations); }
    const auto* vocabularies = body == nullptr ? nullptr : body->find("vocabularyList");
    if (vocabularies != nullptr) {
      validate_vocabulary_list(*vocabularies, pointer + "/vocabularyList", profile, violations);
    }
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
  if (root.find("@context") == nullptr || !type_name_from(type)) { frame.context(root, profile); }
  if (const auto* context = root.find("@context")) { document.context = *context; }

  std::vector<const Value*> events;
  if (type == "EPCISDocument" || type == "EPCISQueryDocument") {
    document.kind = type == "EPCISDocument" ? DocumentKind::document : DocumentKind::query_document;
    const bool required = document.kind == DocumentKind::document;
    if (profile == Profile::strict) {
      validate_members(root, "", required ? std::span<const std::string_view>(kDocument) : kQueryDocument, violations);
    }
    frame.id(root);
    for (const auto* name : {"instanceIdentifier", "sender", "receiver"}) { frame.optional_text(root, "", name); }
    if (const auto* header = root.find("epcisHeader")) {
      validate_header(*header, "/epcisHeader", profile, violations);
    }
    frame.other_contexts(root);
    frame.version(root, required);
    document.creation_time = frame.creation_time(root, required);
    const auto found = find_events(frame, root, document.kind, profile, violations);
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
  } else if (type_name_from(type)) {
    document.kind = DocumentKind::event;
    validate_event(root, "", profile, violations, &document.warnings);
    events.push_back(&root);
  } else {
    const auto* found = root.find("type");
    report(violations, "/type", "EPCISDocument, EPCISQueryDocument, one of the five event types or a prefixed name",
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
