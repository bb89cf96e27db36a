#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/production/time.h"
#include "core/ids.h"
#include "core/json.h"

namespace keten::production {

/// EPCIS 2.0, section 7.4. The numbers are stored: append only.
enum class EventType : std::uint8_t {
  object = 1,
  aggregation = 2,
  transaction = 3,
  transformation = 4,
  association = 5,
  extended = 6  ///< of an industry or a company, under a name of its own
};

/// EPCIS 2.0, section 7.3.3. A TransformationEvent has none.
enum class Action : std::uint8_t { none = 0, add = 1, observe = 2, erase = 3 };

/// `ObjectEvent` and so on; `ExtendedEvent` stands for all extended ones.
std::string_view event_type_name(EventType type);
/// One of the standard's five.
std::optional<EventType> event_type_from(std::string_view name);

/// A type with the name that only an extended one has.
struct TypeName {
  EventType type = EventType::object;
  std::string name;
  bool operator==(const TypeName&) const = default;
};
/// One of the five, or an extended one: a URI or a prefixed name such as `example:CustomEvent`.
std::optional<TypeName> type_name_from(std::string_view name);
/// `ADD`, `OBSERVE`, `DELETE`; empty for none.
std::string_view action_name(Action action);
std::optional<Action> action_from(std::string_view name);

/// So much of a class or lot. The amount is the decimal text of the document: arithmetic needs no rounding.
struct Quantity {
  std::string epc_class;
  std::string amount;  ///< empty when the document gives none
  std::string unit;    ///< UN/CEFACT Rec 20 code; empty for a count
};

struct BusinessTransaction {
  std::string type;  ///< bare word or URI; may be empty
  std::string id;
};

/// A source or a destination.
struct Party {
  std::string type;  ///< `possessing_party`, `owning_party`, `location` or a URI
  std::string id;
};

struct ErrorDeclaration {
  EventTime time = 0;
  std::string reason;
  std::vector<std::string> corrective_event_ids;
};

/// One valid EPCIS event. An extended event has of the fields what all types share: what its other fields mean is not known here, so
/// they stay in `value` and move no item. Identifiers are spelt as in the document (entity_key() gives their canonical form); words
/// of the CBV are bare. Empty text means that the field is absent.
struct Event {
  EventType type = EventType::object;
  std::string type_name;  ///< of an extended event, as the document spells it
  EventTime time = 0;
  std::string zone_offset;
  std::string id;
  Action action = Action::none;
  std::string parent;
  std::vector<std::string> epcs;
  std::vector<std::string> child_epcs;
  std::vector<std::string> input_epcs;
  std::vector<std::string> output_epcs;
  std::vector<Quantity> quantities;
  std::vector<Quantity> child_quantities;
  std::vector<Quantity> input_quantities;
  std::vector<Quantity> output_quantities;
  std::string transformation_id;
  std::string biz_step;
  std::string disposition;
  std::string read_point;
  std::string biz_location;
  std::vector<BusinessTransaction> business_transactions;
  std::vector<Party> sources;
  std::vector<Party> destinations;
  std::optional<ErrorDeclaration> error_declaration;
  /// The event as captured: order of members and texts of numbers are the document's. Sensor elements, ilmd and
  /// extensions are read from here.
  json::Value value;

  [[nodiscard]] bool declares_error() const { return error_declaration.has_value(); }
  /// Null when absent.
  [[nodiscard]] const json::Value* sensor_elements() const { return value.find("sensorElementList"); }
  [[nodiscard]] const json::Value* ilmd() const { return value.find("ilmd"); }
  /// EPCs and classes in all lists and the parent: what touching this event costs.
  [[nodiscard]] std::size_t entity_count() const;
  /// The id of the first party of that type; empty when there is none.
  static std::string_view party_of(const std::vector<Party>& parties, std::string_view type);
};

/// What two captures of one event must share: BLAKE2b of the RFC 8785 form without `recordTime`, which each
/// repository sets for itself.
Hash event_digest(const json::Value& event);

/// Precondition: `value` passed validation (validation.h).
Event read_event(json::Value value);

}  // namespace keten::production
