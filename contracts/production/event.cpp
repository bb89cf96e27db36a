#include "contracts/production/event.h"

#include <array>
#include <utility>

#include "contracts/production/validation.h"
#include "contracts/production/vocabulary.h"
#include "core/check.h"
#include "core/hash.h"

namespace keten::production {
namespace {

constexpr std::array<std::pair<EventType, std::string_view>, 5> kTypes = {{
    {EventType::object, "ObjectEvent"},
    {EventType::aggregation, "AggregationEvent"},
    {EventType::transaction, "TransactionEvent"},
    {EventType::transformation, "TransformationEvent"},
    {EventType::association, "AssociationEvent"},
}};

std::string text_of(const json::Value& object, std::string_view name) {
  return std::string(object.find_string(name).value_or(""));
}

std::string word_of(const json::Value& object, std::string_view name, Vocabulary vocabulary) {
  return bare_word(vocabulary, object.find_string(name).value_or(""));
}

std::string place_of(const json::Value& object, std::string_view name) {
  const auto* place = object.find(name);
  return place == nullptr ? "" : text_of(*place, "id");
}

std::vector<std::string> texts_of(const json::Value& object, std::string_view name) {
  std::vector<std::string> result;
  if (const auto* list = object.find(name)) {
    for (const auto& item : list->items()) { result.push_back(item.text()); }
  }
  return result;
}

template <typename Element, typename Read>
std::vector<Element> list_of(const json::Value& object, std::string_view name, const Read& read) {
  std::vector<Element> result;
  if (const auto* list = object.find(name)) {
    for (const auto& item : list->items()) { result.push_back(read(item)); }
  }
  return result;
}

std::vector<Quantity> quantities_of(const json::Value& object, std::string_view name) {
  return list_of<Quantity>(object, name, [](const json::Value& item) {
    const auto* amount = item.find("quantity");
    return Quantity{text_of(item, "epcClass"), amount == nullptr ? "" : amount->text(), text_of(item, "uom")};
  });
}

std::vector<Party> parties_of(const json::Value& object, std::string_view list, std::string_view name) {
  return list_of<Party>(object, list, [name](const json::Value& item) {
    return Party{word_of(item, "type", Vocabulary::party_type), text_of(item, name)};
  });
}

std::optional<ErrorDeclaration> error_declaration_of(const json::Value& event) {
  const auto* declaration = event.find("errorDeclaration");
  if (declaration == nullptr) { return std::nullopt; }
  return ErrorDeclaration{parse_time(text_of(*declaration, "declarationTime")).value_or(0),
                          word_of(*declaration, "reason", Vocabulary::error_reason),
                          texts_of(*declaration, "correctiveEventIDs")};
}

}  // namespace

std::string_view event_type_name(EventType type) {
  if (type == EventType::extended) { return "ExtendedEvent"; }
  for (const auto& [each, name] : kTypes) {
    if (each == type) { return name; }
  }
  CHECK(false);
}

std::optional<EventType> event_type_from(std::string_view name) {
  for (const auto& [type, each] : kTypes) {
    if (each == name) { return type; }
  }
  return std::nullopt;
}

std::optional<TypeName> type_name_from(std::string_view name) {
  if (const auto type = event_type_from(name)) { return TypeName{*type, {}}; }
  if (is_uri(name)) { return TypeName{EventType::extended, std::string(name)}; }
  return std::nullopt;
}

std::string_view action_name(Action action) {
  switch (action) {
    case Action::none: return "";
    case Action::add: return "ADD";
    case Action::observe: return "OBSERVE";
    case Action::erase: return "DELETE";
  }
  CHECK(false);
}

std::optional<Action> action_from(std::string_view name) {
  for (const auto action : {Action::add, Action::observe, Action::erase}) {
    if (action_name(action) == name) { return action; }
  }
  return std::nullopt;
}

std::size_t Event::entity_count() const {
  return epcs.size() + child_epcs.size() + input_epcs.size() + output_epcs.size() + quantities.size() +
         child_quantities.size() + input_quantities.size() + output_quantities.size() + (parent.empty() ? 0 : 1);
}

std::string_view Event::party_of(const std::vector<Party>& parties, std::string_view type) {
  for (const auto& party : parties) {
    if (party.type == type) { return party.id; }
  }
  return {};
}

Hash event_digest(const json::Value& event) {
  auto content = event;
  content.remove("recordTime");
  return Hasher("keten/epcis-event/1").sized(json::canonical(content)).finish();
}

namespace {

/// What the five types do not share.
void read_own_fields(const json::Value& value, Event& event) {
  event.action = action_from(text_of(value, "action")).value_or(Action::none);
  event.parent = text_of(value, "parentID");
  event.epcs = texts_of(value, "epcList");
  event.child_epcs = texts_of(value, "childEPCs");
  event.input_epcs = texts_of(value, "inputEPCList");
  event.output_epcs = texts_of(value, "outputEPCList");
  event.quantities = quantities_of(value, "quantityList");
  event.child_quantities = quantities_of(value, "childQuantityList");
  event.input_quantities = quantities_of(value, "inputQuantityList");
  event.output_quantities = quantities_of(value, "outputQuantityList");
  event.transformation_id = text_of(value, "transformationID");
}

}  // namespace

Event read_event(json::Value value) {
  Event event;
  auto type = type_name_from(text_of(value, "type"));
  const auto time = parse_time(text_of(value, "eventTime"));
  CHECK(type && time);
  event.type = type->type;
  event.type_name = std::move(type->name);
  event.time = *time;
  event.zone_offset = text_of(value, "eventTimeZoneOffset");
  event.id = text_of(value, "eventID");
  event.biz_step = word_of(value, "bizStep", Vocabulary::biz_step);
  event.disposition = word_of(value, "disposition", Vocabulary::disposition);
  event.read_point = place_of(value, "readPoint");
  event.biz_location = place_of(value, "bizLocation");
  event.business_transactions = list_of<BusinessTransaction>(value, "bizTransactionList", [](const json::Value& item) {
    return BusinessTransaction{word_of(item, "type", Vocabulary::biz_transaction_type),
                               text_of(item, "bizTransaction")};
  });
  event.sources = parties_of(value, "sourceList", "source");
  event.destinations = parties_of(value, "destinationList", "destination");
  event.error_declaration = error_declaration_of(value);
  if (event.type != EventType::extended) { read_own_fields(value, event); }
  event.value = std::move(value);
  return event;
}

}  // namespace keten::production
