#include "contracts/production/validation.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <span>

#include "contracts/production/entity.h"
#include "contracts/production/event.h"
#include "contracts/production/vocabulary.h"
#include "core/limits.h"

namespace keten::production {
namespace {

using json::Kind;
using json::Value;

/// What a member's value must be.
enum class Shape : std::uint8_t {
  anything,
  text,
  uri,
  time,
  zone_offset,
  decimal,
  boolean,
  hexadecimal,
  unit,
  action,
  context,
  biz_step,
  disposition,
  biz_transaction_type,
  party_type,
  error_reason,
  measurement_type,
  component,
  sensor_exception,
  uris,
  different_uris,
  dispositions,
  quantities,
  business_transactions,
  sources,
  destinations,
  sensor_elements,
  sensor_reports,
  place,
  error_declaration,
  persistent_disposition,
  sensor_metadata,
  instance_master_data,
  certification,
};

struct Field {
  std::string_view name;
  Shape shape;
  bool required = false;
};

/// Members beside the listed ones.
enum class Others : std::uint8_t { none, prefixed, any };

struct ObjectRule {
  std::span<const Field> fields;
  Others others = Others::prefixed;
};

constexpr bool kRequired = true;

// EPCIS-JSON-Schema.json, definitions of the elements.
constexpr std::array<Field, 3> kQuantity = {
    {{"epcClass", Shape::uri, kRequired}, {"quantity", Shape::decimal}, {"uom", Shape::unit}}};
constexpr std::array<Field, 2> kBusinessTransaction = {
    {{"type", Shape::biz_transaction_type}, {"bizTransaction", Shape::uri, kRequired}}};
constexpr std::array<Field, 2> kSource = {{{"type", Shape::party_type, kRequired}, {"source", Shape::uri, kRequired}}};
constexpr std::array<Field, 2> kDestination = {
    {{"type", Shape::party_type, kRequired}, {"destination", Shape::uri, kRequired}}};
constexpr std::array<Field, 1> kPlace = {{{"id", Shape::uri, kRequired}}};
constexpr std::array<Field, 3> kErrorDeclaration = {{{"declarationTime", Shape::time, kRequired},
                                                     {"reason", Shape::error_reason},
                                                     {"correctiveEventIDs", Shape::uris}}};
constexpr std::array<Field, 2> kPersistentDisposition = {
    {{"set", Shape::dispositions}, {"unset", Shape::dispositions}}};
constexpr std::array<Field, 2> kSensorElement = {
    {{"sensorMetadata", Shape::sensor_metadata}, {"sensorReport", Shape::sensor_reports, kRequired}}};
constexpr std::array<Field, 8> kSensorMetadata = {{{"time", Shape::time},
                                                   {"startTime", Shape::time},
                                                   {"endTime", Shape::time},
                                                   {"deviceID", Shape::uri},
                                                   {"deviceMetadata", Shape::uri},
                                                   {"rawData", Shape::uri},
                                                   {"dataProcessingMethod", Shape::uri},
                                                   {"bizRules", Shape::uri}}};
constexpr std::array<Field, 24> kSensorReport = {{{"type", Shape::measurement_type},
                                                  {"exception", Shape::sensor_exception},
                                                  {"deviceID", Shape::uri},
                                                  {"deviceMetadata", Shape::uri},
                                                  {"rawData", Shape::uri},
                                                  {"dataProcessingMethod", Shape::uri},
                                                  {"bizRules", Shape::uri},
                                                  {"time", Shape::time},
                                                  {"microorganism", Shape::uri},
                                                  {"chemicalSubstance", Shape::uri},
                                                  {"value", Shape::decimal},
                                                  {"component", Shape::component},
                                                  {"stringValue", Shape::text},
                                                  {"booleanValue", Shape::boolean},
                                                  {"hexBinaryValue", Shape::hexadecimal},
                                                  {"uriValue", Shape::uri},
                                                  {"minValue", Shape::decimal},
                                                  {"maxValue", Shape::decimal},
                                                  {"meanValue", Shape::decimal},
                                                  {"sDev", Shape::decimal},
                                                  {"percRank", Shape::decimal},
                                                  {"percValue", Shape::decimal},
                                                  {"uom", Shape::text},
                                                  {"coordinateReferenceSystem", Shape::uri}}};

// EPCIS 2.0, section 7.4: what every event may have, and what each type adds.
constexpr std::array<Field, 17> kEveryEvent = {{{"@context", Shape::context},
                                                {"type", Shape::text, kRequired},
                                                {"eventTime", Shape::time, kRequired},
                                                {"recordTime", Shape::time},
                                                {"eventTimeZoneOffset", Shape::zone_offset, kRequired},
                                                {"eventID", Shape::uri},
                                                {"errorDeclaration", Shape::error_declaration},
                                                {"certificationInfo", Shape::certification},
                                                {"bizStep", Shape::biz_step},
                                                {"disposition", Shape::disposition},
                                                {"persistentDisposition", Shape::persistent_disposition},
                                                {"readPoint", Shape::place},
                                                {"bizLocation", Shape::place},
                                                {"bizTransactionList", Shape::business_transactions},
                                                {"sourceList", Shape::sources},
                                                {"destinationList", Shape::destinations},
                                                {"sensorElementList", Shape::sensor_elements}}};
constexpr std::array<Field, 4> kObject = {{{"action", Shape::action, kRequired},
                                           {"epcList", Shape::different_uris},
                                           {"quantityList", Shape::quantities},
                                           {"ilmd", Shape::instance_master_data}}};
constexpr std::array<Field, 4> kAggregation = {{{"action", Shape::action, kRequired},
                                                {"parentID", Shape::uri},
                                                {"childEPCs", Shape::different_uris},
                                                {"childQuantityList", Shape::quantities}}};
constexpr std::array<Field, 4> kAssociation = {{{"action", Shape::action, kRequired},
                                                {"parentID", Shape::uri, kRequired},
                                                {"childEPCs", Shape::different_uris},
                                                {"childQuantityList", Shape::quantities}}};
constexpr std::array<Field, 4> kTransaction = {{{"action", Shape::action, kRequired},
                                                {"parentID", Shape::uri},
                                                {"epcList", Shape::different_uris},
                                                {"quantityList", Shape::quantities}}};
constexpr std::array<Field, 6> kTransformation = {{{"inputEPCList", Shape::different_uris},
                                                   {"inputQuantityList", Shape::quantities},
                                                   {"outputEPCList", Shape::different_uris},
                                                   {"outputQuantityList", Shape::quantities},
                                                   {"transformationID", Shape::uri},
                                                   {"ilmd", Shape::instance_master_data}}};

std::span<const Field> fields_of(EventType type) {
  switch (type) {
    case EventType::object: return kObject;
    case EventType::aggregation: return kAggregation;
    case EventType::transaction: return kTransaction;
    case EventType::transformation: return kTransformation;
    case EventType::association: return kAssociation;
    case EventType::extended: return {};
  }
  return {};
}

std::optional<Vocabulary> vocabulary_of(Shape shape) {
  switch (shape) {
    case Shape::biz_step: return Vocabulary::biz_step;
    case Shape::disposition: return Vocabulary::disposition;
    case Shape::biz_transaction_type: return Vocabulary::biz_transaction_type;
    case Shape::party_type: return Vocabulary::party_type;
    case Shape::error_reason: return Vocabulary::error_reason;
    case Shape::measurement_type: return Vocabulary::measurement_type;
    case Shape::component: return Vocabulary::component;
    case Shape::sensor_exception: return Vocabulary::sensor_exception;
    default: return std::nullopt;
  }
}

bool has_items(const Value& event, std::string_view name) {
  const auto* list = event.find(name);
  return list != nullptr && list->is(Kind::array) && !list->items().empty();
}

class Validator {
 public:
  Validator(Profile profile, std::vector<Violation>& violations, std::vector<Violation>* warnings)
      : profile_(profile), violations_(violations), warnings_(warnings) {}

  void event(const Value& event, const std::string& pointer) {
    if (!expect(event.is(Kind::object), pointer, "an event object", event)) { return; }
    const auto* type = event.find("type");
    const auto known = type_name_from(event.find_string("type").value_or(""));
    if (!known) {
      const auto* expected =
          "one of ObjectEvent, AggregationEvent, TransactionEvent, TransformationEvent, AssociationEvent, or a "
          "prefixed "
          "name of an extended event such as example:CustomEvent";
      report(violations_, json::pointer_add(pointer, "type"), expected, type == nullptr ? "nothing" : shown(*type));
      return;
    }
    const auto own = fields_of(known->type);
    std::vector<Field> fields(kEveryEvent.begin(), kEveryEvent.end());
    fields.insert(fields.end(), own.begin(), own.end());
    object(event, pointer, {fields, known->type == EventType::extended ? Others::any : Others::prefixed});
    combination(known->type, event, pointer);
    sensor_times(event, pointer);
  }

 private:
  void warn(const std::string& pointer, std::string expected, std::string found) {
    if (warnings_ != nullptr) { report(*warnings_, pointer, std::move(expected), std::move(found)); }
  }

  bool expect(bool condition, const std::string& pointer, std::string expected, const Value& found) {
    if (!condition) { report(violations_, pointer, std::move(expected), shown(found)); }
    return condition;
  }

  void object(const Value& value, const std::string& pointer, const ObjectRule& rule) {
    if (!expect(value.is(Kind::object), pointer, "an object", value)) { return; }
    for (const auto& field : rule.fields) {
      if (field.required && value.find(field.name) == nullptr) {
        report(violations_, json::pointer_add(pointer, field.name), "the required member " + std::string(field.name),
               "nothing");
      }
    }
    for (const auto& [name, member] : value.members()) {
      const auto field = std::find_if(rule.fields.begin(), rule.fields.end(),
                                      [&name = name](const Field& each) { return each.name == name; });
      const auto place = json::pointer_add(pointer, name);
      if (field != rule.fields.end()) {
        shape(member, place, field->shape);
        continue;
      }
      if (profile_ == Profile::strict && rule.others != Others::any && (rule.others == Others::none || !is_uri(name))) {
        report(violations_, place, expected_member(rule), name);
      }
      validate_contexts_inside(member, place, violations_);
    }
  }

  static std::string expected_member(const ObjectRule& rule) {
    if (rule.fields.empty()) { return "a prefixed name such as example:field"; }
    std::string result = rule.others == Others::none ? "one of" : "a prefixed name such as example:field, or one of";
    std::string separator = " ";
    for (const auto& field : rule.fields) {
      result += separator + std::string(field.name);
      separator = ", ";
    }
    return result;
  }

  template <typename Each>
  void list(const Value& value, const std::string& pointer, const Each& each) {
    if (!expect(value.is(Kind::array), pointer, "an array", value)) { return; }
    std::size_t index = 0;
    for (const auto& item : value.items()) { each(item, json::pointer_add(pointer, std::to_string(index++))); }
  }

  void objects(const Value& value, const std::string& pointer, const ObjectRule& rule) {
    list(value, pointer, [&](const Value& item, const std::string& place) { object(item, place, rule); });
  }

  void shapes(const Value& value, const std::string& pointer, Shape each) {
    list(value, pointer, [&](const Value& item, const std::string& place) { shape(item, place, each); });
  }

  /// An EPC names one thing, which is in a list once.
  void different(const Value& value, const std::string& pointer) {
    shapes(value, pointer, Shape::uri);
    if (profile_ == Profile::strict && value.is(Kind::array)) { each_once(value, pointer, "each EPC once"); }
  }

  void each_once(const Value& list, const std::string& pointer, const std::string& expected) {
    std::set<std::string_view> seen;
    std::size_t index = 0;
    for (const auto& item : list.items()) {
      const auto place = index++;
      if (item.is(Kind::string) && !seen.insert(item.text()).second) {
        report(violations_, json::pointer_add(pointer, std::to_string(place)), expected, shown(item));
      }
    }
  }

  void text(const Value& value, const std::string& pointer, std::string expected, bool (*accepts)(std::string_view)) {
    expect(value.is(Kind::string) && accepts(value.text()), pointer, std::move(expected), value);
  }

  void shape(const Value& value, const std::string& pointer, Shape shape) {
    switch (shape) {
      case Shape::anything: return;
      case Shape::text: return text(value, pointer, "a string", [](std::string_view) { return true; });
      case Shape::uri:
        text(value, pointer, "a URI such as urn:epc:id:... or https://...", is_uri);
        return key(value, pointer);
      case Shape::time:
        return text(value, pointer, "a time with zone such as 2026-01-02T03:04:05Z or ...+01:00",
                    [](std::string_view text) { return parse_time(text).has_value(); });
      case Shape::zone_offset:
        return text(value, pointer, "an offset from -14:00 to +14:00 such as +01:00", is_zone_offset);
      case Shape::decimal: return void(expect(value.is(Kind::number), pointer, "a number", value));
      case Shape::boolean: return void(expect(value.is(Kind::boolean), pointer, "true or false", value));
      case Shape::hexadecimal:
        return text(value, pointer, "hexadecimal digits", [](std::string_view text) {
          return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
        });
      case Shape::unit:
        return text(value, pointer, "a UN/CEFACT unit code of two or three characters A-Z, 0-9 such as KGM",
                    [](std::string_view text) {
                      constexpr std::string_view kCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
                      return (text.size() == 2 || text.size() == 3) &&
                             text.find_first_not_of(kCharacters) == std::string_view::npos;
                    });
      case Shape::action:
        return text(value, pointer, "one of ADD, OBSERVE, DELETE",
                    [](std::string_view text) { return action_from(text).has_value(); });
      case Shape::context: return validate_context(value, pointer, violations_);
      case Shape::biz_step:
      case Shape::disposition:
      case Shape::biz_transaction_type:
      case Shape::party_type:
      case Shape::error_reason:
      case Shape::measurement_type:
      case Shape::component:
      case Shape::sensor_exception: return word(value, pointer, *vocabulary_of(shape));
      case Shape::uris: return shapes(value, pointer, Shape::uri);
      case Shape::different_uris: return different(value, pointer);
      case Shape::dispositions: return shapes(value, pointer, Shape::disposition);
      case Shape::quantities: return objects(value, pointer, {kQuantity, Others::none});
      case Shape::business_transactions: return objects(value, pointer, {kBusinessTransaction, Others::none});
      case Shape::sources: return objects(value, pointer, {kSource, Others::none});
      case Shape::destinations: return objects(value, pointer, {kDestination, Others::none});
      case Shape::sensor_elements: return objects(value, pointer, {kSensorElement});
      case Shape::sensor_reports: return sensor_reports(value, pointer);
      case Shape::place: return object(value, pointer, {kPlace});
      case Shape::error_declaration: return object(value, pointer, {kErrorDeclaration});
      case Shape::persistent_disposition: return persistent_disposition(value, pointer);
      case Shape::sensor_metadata: return object(value, pointer, {kSensorMetadata});
      case Shape::instance_master_data: return object(value, pointer, {{}, Others::prefixed});
      case Shape::certification: return certification(value, pointer);
    }
  }

  /// Something is set or unset, and each disposition once; nothing else stands there.
  void persistent_disposition(const Value& value, const std::string& pointer) {
    if (profile_ == Profile::lenient) { return object(value, pointer, {kPersistentDisposition}); }
    object(value, pointer, {kPersistentDisposition, Others::none});
    if (!value.is(Kind::object)) { return; }
    require(!value.members().empty(), pointer, "set or unset");
    for (const auto* name : {"set", "unset"}) {
      const auto* list = value.find(name);
      if (list == nullptr || !list->is(Kind::array)) { continue; }
      const auto place = json::pointer_add(pointer, name);
      expect(!list->items().empty(), place, "at least one disposition", *list);
      each_once(*list, place, "each disposition once");
    }
  }

  /// The digits of GLNs, GTINs, SSCCs and so on end in a digit that shows a slip of the pen.
  void key(const Value& value, const std::string& pointer) {
    if (!value.is(Kind::string)) { return; }
    const auto wrong = wrong_check_digit(value.text());
    if (!wrong) { return; }
    auto expected =
        "a GS1 key with a right check digit: " + wrong->key.substr(0, wrong->key.size() - 1) + wrong->expected;
    if (profile_ == Profile::strict && wrong->is_certain) {
      report(violations_, pointer, std::move(expected), shown(value));
    } else {
      warn(pointer, std::move(expected), shown(value));
    }
  }

  void sensor_times(const Value& event, const std::string& pointer) {
    const auto* elements = event.find("sensorElementList");
    const auto time = parse_time(event.find_string("eventTime").value_or(""));
    if (warnings_ == nullptr || elements == nullptr || !elements->is(Kind::array) || !time) { return; }
    std::size_t index = 0;
    for (const auto& element : elements->items()) {
      const auto place = json::pointer_add(json::pointer_add(pointer, "sensorElementList"), std::to_string(index++));
      const auto* metadata = element.find("sensorMetadata");
      if (metadata == nullptr) { continue; }
      const auto measured = parse_time(metadata->find_string("time").value_or(""));
      if (measured && *measured > *time) {
        warn(place + "/sensorMetadata/time", "a time that is not after the eventTime", shown(*metadata->find("time")));
      }
    }
  }

  void word(const Value& value, const std::string& pointer, Vocabulary vocabulary) {
    const auto accepts = [&](const std::string& text) {
      if (is_standard_word(vocabulary, text)) { return true; }
      if (profile_ == Profile::lenient && is_standard_word(vocabulary, bare_word(vocabulary, text))) { return true; }
      return is_uri(text) && !is_refused_spelling(vocabulary, text);
    };
    if (value.is(Kind::string) && accepts(value.text())) { return; }
    report(violations_, pointer,
           vocabulary_text(vocabulary) + ", or a URI outside " + std::string(standard_namespace(vocabulary)),
           shown(value));
  }

  // M121 of the GS1 conformance requirements: a sensor element reports something, and a report says of what.
  void sensor_reports(const Value& value, const std::string& pointer) {
    objects(value, pointer, {kSensorReport});
    if (!value.is(Kind::array)) { return; }
    expect(!value.items().empty(), pointer, "at least one sensor report", value);
    std::size_t index = 0;
    for (const auto& item : value.items()) {
      const auto place = json::pointer_add(pointer, std::to_string(index++));
      if (item.is(Kind::object) && item.find("type") == nullptr && item.find("exception") == nullptr) {
        report(violations_, json::pointer_add(place, "type"), "a measurement type, or an exception", "nothing");
      }
    }
  }

  /// A URI, a certificate's details under prefixed names, or a list of these. In details, dates must be dates.
  void certification(const Value& value, const std::string& pointer) {
    if (value.is(Kind::array)) {
      return list(value, pointer, [&](const Value& item, const std::string& place) { certification(item, place); });
    }
    if (!value.is(Kind::object)) { return shape(value, pointer, Shape::uri); }
    for (const auto& [name, member] : value.members()) {
      const auto place = json::pointer_add(pointer, name);
      if (!is_uri(name)) {
        report(violations_, place, "a prefixed name such as gs1:certificationAgency", name);
      } else if (name.ends_with("Date")) {
        text(member, place, "a date such as 2026-01-02",
             [](std::string_view text) { return is_date(text) || parse_time(text).has_value(); });
      } else if (member.is(Kind::object) || member.is(Kind::array)) {
        nested_certification(member, place);
      }
    }
  }

  void nested_certification(const Value& value, const std::string& pointer) {
    if (value.is(Kind::object)) { return certification(value, pointer); }
    list(value, pointer, [&](const Value& item, const std::string& place) {
      if (item.is(Kind::object)) { certification(item, place); }
    });
  }

  /// Which lists an event must have: the anyOf branches of the schema and the tables of EPCIS 2.0, sections 7.4.2
  /// to 7.4.6.
  void combination(EventType type, const Value& event, const std::string& pointer) {
    const auto action = action_from(event.find_string("action").value_or("")).value_or(Action::none);
    switch (type) {
      case EventType::object: {
        const bool seen = has_items(event, "sensorElementList") && event.find("readPoint") != nullptr;
        require(event.find("epcList") != nullptr || has_items(event, "quantityList") || seen, pointer,
                "epcList, a quantityList that is not empty, or sensorElementList with readPoint");
        if (event.find("ilmd") != nullptr && action != Action::none && action != Action::add) {
          report(violations_, json::pointer_add(pointer, "ilmd"), "ilmd only where the action is ADD",
                 "action " + std::string(action_name(action)));
        }
        return;
      }
      case EventType::aggregation:
      case EventType::association:
        require(has_items(event, "childEPCs") || has_items(event, "childQuantityList") || action == Action::erase,
                pointer, "childEPCs or childQuantityList with at least one entry, or the action DELETE");
        // EPCIS 2.0, section 7.4.3: optional for OBSERVE only. The schema demands it of associations always.
        if (type == EventType::aggregation && (action == Action::add || action == Action::erase) &&
            event.find("parentID") == nullptr) {
          report(violations_, json::pointer_add(pointer, "parentID"),
                 "the parent that children are added to or taken from", "nothing");
        }
        return;
      case EventType::transaction:
        require(has_items(event, "bizTransactionList"), json::pointer_add(pointer, "bizTransactionList"),
                "at least one business transaction");
        require(event.find("epcList") != nullptr || has_items(event, "quantityList") || action == Action::erase,
                pointer, "epcList, a quantityList that is not empty, or the action DELETE");
        return;
      case EventType::transformation: {
        const bool inputs = has_items(event, "inputEPCList") || has_items(event, "inputQuantityList");
        const bool outputs = has_items(event, "outputEPCList") || has_items(event, "outputQuantityList");
        const bool joined = event.find("transformationID") != nullptr;
        require((inputs && outputs) || ((inputs || outputs) && joined), pointer,
                "inputs and outputs, or one of them with a transformationID");
        return;
      }
      case EventType::extended: return;
    }
  }

  void require(bool condition, const std::string& pointer, std::string expected) {
    if (!condition) { report(violations_, pointer, std::move(expected), "none of these"); }
  }

  Profile profile_;
  std::vector<Violation>& violations_;
  std::vector<Violation>* warnings_;
};

}  // namespace

void validate_event(const Value& event, const std::string& pointer, Profile profile, std::vector<Violation>& violations,
                    std::vector<Violation>* warnings) {
  Validator(profile, violations, warnings).event(event, pointer);
}

bool is_uri(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size() || text.size() > limits::kUriBytesMax) {
    return false;
  }
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  const auto scheme = text.substr(0, colon);
  const bool named = is_letter(scheme.front()) && std::all_of(scheme.begin(), scheme.end(), [&](char c) {
                       return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '.' || c == '-' || c == '_';
                     });
  return named && std::all_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte > 0x20U && byte != 0x7FU;
         });
}

void report(std::vector<Violation>& violations, std::string pointer, std::string expected, std::string found) {
  if (violations.size() >= limits::kViolationsMax) { return; }
  violations.push_back({std::move(pointer), std::move(expected), std::move(found)});
}

std::string shown(const Value& value) {
  constexpr std::size_t kLongest = 80;
  auto text = json::serialize(value);
  if (text.size() <= kLongest) { return text; }
  auto end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) { --end; }  // not inside a character
  text.resize(end);
  return text + "...";
}

}  // namespace keten::production
