#include "contracts/production/event_hash.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include <sodium.h>

#include "contracts/production/event.h"
#include "core/bytes.h"

namespace keten::production {
namespace {

using json::Kind;
using json::Value;
using Order = std::span<const std::string_view>;
using Fields = std::vector<EventField>;

// CBV 2.0, section 8.9: what comes first, and in which order. What is not listed follows sorted.
constexpr std::array<std::string_view, 20> kEvent = {"eventTime",
                                                     "eventTimeZoneOffset",
                                                     "certificationInfo",
                                                     "parentID",
                                                     "epcList",
                                                     "inputEPCList",
                                                     "childEPCs",
                                                     "quantityList",
                                                     "childQuantityList",
                                                     "inputQuantityList",
                                                     "outputEPCList",
                                                     "outputQuantityList",
                                                     "action",
                                                     "transformationID",
                                                     "bizStep",
                                                     "disposition",
                                                     "persistentDisposition",
                                                     "readPoint",
                                                     "bizLocation",
                                                     "sensorElementList"};
constexpr std::array<std::string_view, 1> kEpcs = {"epc"};
constexpr std::array<std::string_view, 1> kQuantities = {"quantityElement"};
constexpr std::array<std::string_view, 3> kQuantity = {"epcClass", "quantity", "uom"};
constexpr std::array<std::string_view, 2> kPersistentDisposition = {"set", "unset"};
constexpr std::array<std::string_view, 1> kPlace = {"id"};
constexpr std::array<std::string_view, 1> kSensorElements = {"sensorElement"};
constexpr std::array<std::string_view, 2> kSensorElement = {"sensorMetadata", "sensorReport"};
constexpr std::array<std::string_view, 8> kSensorMetadata = {
    "time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"};
constexpr std::array<std::string_view, 23> kSensorReport = {"type",
                                                            "exception",
                                                            "deviceID",
                                                            "deviceMetadata",
                                                            "rawData",
                                                            "dataProcessingMethod",
                                                            "time",
                                                            "microorganism",
                                                            "chemicalSubstance",
                                                            "value",
                                                            "component",
                                                            "stringValue",
                                                            "booleanValue",
                                                            "hexBinaryValue",
                                                            "uriValue",
                                                            "minValue",
                                                            "maxValue",
                                                            "meanValue",
                                                            "sDev",
                                                            "percRank",
                                                            "percValue",
                                                            "uom",
                                                            "coordinateReferenceSystem"};
// An entry of a business transaction, source or destination list, which has no name of its own.
constexpr std::array<std::string_view, 4> kTypedEntry = {"type", "bizTransaction", "source", "destination"};
// Set by a repository, or said about the event and not by it.
constexpr std::array<std::string_view, 4> kLeftOut = {"type", "recordTime", "eventID", "errorDeclaration"};

struct OrderRule {
  std::string_view element;
  Order order;
};
constexpr std::array<OrderRule, 16> kOrders = {{
    {"epcList", kEpcs},
    {"inputEPCList", kEpcs},
    {"outputEPCList", kEpcs},
    {"childEPCs", kEpcs},
    {"quantityList", kQuantities},
    {"childQuantityList", kQuantities},
    {"inputQuantityList", kQuantities},
    {"outputQuantityList", kQuantities},
    {"quantityElement", kQuantity},
    {"persistentDisposition", kPersistentDisposition},
    {"readPoint", kPlace},
    {"bizLocation", kPlace},
    {"sensorElementList", kSensorElements},
    {"sensorElement", kSensorElement},
    {"sensorMetadata", kSensorMetadata},
    {"sensorReport", kSensorReport},
}};

/// Empty for an element that has no order inside.
Order order_inside(std::string_view element) {
  const auto* found =
      std::find_if(kOrders.begin(), kOrders.end(), [&](const OrderRule& rule) { return rule.element == element; });
  return found == kOrders.end() ? Order() : found->order;
}

bool is_extension(const EventField& field) { return field.name.starts_with('{'); }

std::string sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  std::string result;
  for (const auto& text : texts) { result += text; }
  return result;
}

std::string head_of(const EventField& field) {
  return field.value.empty() ? field.name : field.name + "=" + field.value;
}

std::string take_listed(Fields& fields, Order order);

/// Everything in `fields`, sorted at each level.
std::string all_of(Fields fields) {
  std::vector<std::string> texts;
  texts.reserve(fields.size());
  for (auto& field : fields) {
    // The type of an entry comes before its value, then what else there may be.
    auto first = field.name.empty() ? take_listed(field.inside, kTypedEntry) : std::string();
    texts.push_back(head_of(field) + first + all_of(std::move(field.inside)));
  }
  return sorted(std::move(texts));
}

/// A listed field with its own listed fields and extensions. What it holds besides stays in it.
std::string take_field(EventField& field) {
  std::string inside;
  if (const auto order = order_inside(field.name); !order.empty()) {
    const auto end = std::stable_partition(field.inside.begin(), field.inside.end(), std::not_fn(is_extension));
    Fields extensions(std::make_move_iterator(end), std::make_move_iterator(field.inside.end()));
    field.inside.erase(end, field.inside.end());
    inside = take_listed(field.inside, order);
    inside += all_of(std::move(extensions));
  }
  return field.value.empty() && inside.empty() ? "" : head_of(field) + inside;
}

/// Takes what `order` lists out of `fields`, fields of one name sorted. A field that keeps something not listed stays.
std::string take_listed(Fields& fields, Order order) {
  std::string result;
  for (const auto name : order) {
    std::vector<std::string> texts;
    for (auto& field : fields) {
      if (field.name == name) { texts.push_back(take_field(field)); }
    }
    std::erase_if(fields, [&](const EventField& field) { return field.name == name && field.inside.empty(); });
    result += sorted(std::move(texts));
  }
  return result;
}

bool is_event_hash(std::string_view id) { return id.starts_with("ni:///sha-256;") && id.ends_with("?ver=CBV2.0"); }

struct EventList {
  std::vector<const Value*> events;
  std::string pointer;  ///< of the list; empty for a bare event
};

EventList find_events(const Value& document, std::vector<Violation>& violations) {
  const auto type = document.find_string("type").value_or("");
  if (type_name_from(type)) { return {{&document}, ""}; }
  if (type != "EPCISDocument" && type != "EPCISQueryDocument") {
    report(violations, "/type", "EPCISDocument, EPCISQueryDocument, one of the five event types or a prefixed name",
           document.find("type") == nullptr ? "nothing" : shown(*document.find("type")));
    return {};
  }
  std::string pointer = "/epcisBody";
  const auto* list = document.find("epcisBody");
  if (list != nullptr && type == "EPCISQueryDocument") {
    pointer += "/queryResults/resultsBody";
    const auto* results = list->find("queryResults");
    list = results == nullptr ? nullptr : results->find("resultsBody");
  }
  pointer += "/eventList";
  if (list != nullptr) { list = list->find("eventList"); }
  if (list == nullptr || !list->is(Kind::array)) {
    report(violations, pointer, "the required array eventList", list == nullptr ? "nothing" : shown(*list));
    return {};
  }
  EventList found{{}, pointer};
  for (const auto& event : list->items()) {
    if (!event.find_string("type")) {
      report(violations, json::pointer_add(pointer, std::to_string(found.events.size())), "an event with a type",
             shown(event));
    }
    found.events.push_back(&event);
  }
  return found;
}

Error refusal(std::string reason, std::vector<Violation> violations) {
  const auto& first = violations.front();
  auto message = "at " + (first.pointer.empty() ? "the document" : first.pointer) + ": expected " + first.expected +
                 "; found " + first.found;
  return {ErrorKind::invalid, std::move(reason), std::move(message), std::move(violations)};
}

}  // namespace

std::string event_prehash(const Value& event, const DocumentNames& names) {
  auto fields = event_fields(event, names);
  auto result = "eventType=" + std::string(event.find_string("type").value_or("")) + take_listed(fields, kEvent);
  std::erase_if(fields, [](const EventField& field) {
    return std::find(kLeftOut.begin(), kLeftOut.end(), field.name) != kLeftOut.end();
  });
  return result + all_of(std::move(fields));
}

std::string hash_of_prehash(std::string_view prehash) {
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
  const auto bytes = as_bytes(prehash);
  crypto_hash_sha256(digest.data(), bytes.data(), bytes.size());
  return "ni:///sha-256;" + to_hex(digest) + "?ver=CBV2.0";
}

std::string event_hash(const Value& event, const DocumentNames& names) {
  return hash_of_prehash(event_prehash(event, names));
}

Result<std::vector<HashedEvent>> hash_events(const Value& document) {
  std::vector<Violation> violations;
  const auto list = find_events(document, violations);
  if (!violations.empty()) { return refusal("EPCIS_INVALID", std::move(violations)); }
  if (const auto* context = document.find("@context")) { validate_context(*context, "/@context", violations); }
  std::vector<HashedEvent> hashed;
  const auto names = document_names(document);
  for (const auto* event : list.events) {
    auto own_names = names;
    if (const auto* context = event->find("@context"); context != nullptr && event != &document) {
      const auto pointer = json::pointer_add(list.pointer, std::to_string(hashed.size()));
      validate_context(*context, json::pointer_add(pointer, "@context"), violations);
      own_names.add_context(*context);
    }
    if (event_field_bytes(*event, own_names) > kEventFieldBytesMax) {
      return failure(
          ErrorKind::too_large, "EVENT_TOO_LARGE_TO_HASH",
          "event " + std::to_string(hashed.size()) + " gives a text to hash of more than " +
              std::to_string(kEventFieldBytesMax) +
              " bytes, because the name of a member stands before every entry of its array; shorten the names");
    }
    HashedEvent result;
    result.event_id = event->find_string("eventID").value_or("");
    result.prehash = event_prehash(*event, own_names);
    result.hash = hash_of_prehash(result.prehash);
    if (is_event_hash(result.event_id)) { result.hash_matches_event_id = result.event_id == result.hash; }
    hashed.push_back(std::move(result));
  }
  if (!violations.empty()) { return refusal("EPCIS_CONTEXT_UNKNOWN", std::move(violations)); }
  return hashed;
}

}  // namespace keten::production
