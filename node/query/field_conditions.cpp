#include "node/query/field_conditions.h"

#include <algorithm>
#include <functional>

#include "contracts/production/decimal.h"
#include "contracts/production/entity.h"
#include "contracts/production/time.h"
#include "node/query/measures.h"

namespace keten::query {
namespace {

using json::Kind;
using json::Value;
using production::DocumentNames;

/// Visits objects or values until one is what is looked for.
using Test = std::function<bool(const Value&)>;

bool any_item(const Value* value, const Test& test) {
  if (value == nullptr) { return false; }
  if (!value->is(Kind::array)) { return test(*value); }
  return std::any_of(value->items().begin(), value->items().end(), test);
}

bool any_object(Place place, const Value& event, const Test& test) {
  const auto in_sensors = [&](const char* part) {
    return any_item(event.find("sensorElementList"),
                    [&](const Value& element) { return any_item(element.find(part), test); });
  };
  switch (place) {
    case Place::event: return test(event);
    case Place::ilmd: return any_item(event.find("ilmd"), test);
    case Place::error_declaration: return any_item(event.find("errorDeclaration"), test);
    case Place::read_point: return any_item(event.find("readPoint"), test);
    case Place::biz_location: return any_item(event.find("bizLocation"), test);
    case Place::persistent_disposition: return any_item(event.find("persistentDisposition"), test);
    case Place::sensor_element: return any_item(event.find("sensorElementList"), test);
    case Place::sensor_metadata: return in_sensors("sensorMetadata");
    case Place::sensor_report: return in_sensors("sensorReport");
  }
  return false;
}

bool is_extension(Place place, std::string_view raw) {
  return !raw.starts_with('@') && (place == Place::ilmd || raw.find(':') != std::string_view::npos);
}

/// As spelt, with the namespace in full, or with the `#` that EPCIS 1.2 puts between namespace and name.
bool is_named(std::string_view wanted, std::string_view spelling, std::string_view raw, const DocumentNames& names) {
  if (raw == wanted || (raw == spelling && !spelling.empty())) { return true; }
  if (raw.find(':') == std::string_view::npos) { return false; }
  const auto qualified = names.member_name(raw);  // {namespace}name
  if (!qualified.starts_with('{')) { return false; }
  const auto end = qualified.rfind('}');
  const auto space = std::string_view(qualified).substr(1, end - 1);
  const auto local = std::string_view(qualified).substr(end + 1);
  if (!wanted.starts_with(space)) { return false; }
  wanted.remove_prefix(space.size());
  return wanted == local || (wanted.starts_with('#') && wanted.substr(1) == local);
}

bool any_inner(const FieldCondition& condition, const Value& value, const DocumentNames& names, const Test& test) {
  if (value.is(Kind::array)) {
    return std::any_of(value.items().begin(), value.items().end(),
                       [&](const Value& item) { return any_inner(condition, item, names, test); });
  }
  if (!value.is(Kind::object)) { return false; }
  return std::any_of(value.members().begin(), value.members().end(), [&](const Value::Member& member) {
    return (is_named(condition.name, condition.spelling, member.first, names) && test(member.second)) ||
           any_inner(condition, member.second, names, test);
  });
}

/// The occurrences of the field in one object.
bool any_occurrence(const FieldCondition& condition, Place place, const Value& object, const DocumentNames& names,
                    const Test& test) {
  if (!object.is(Kind::object)) { return false; }
  if (!condition.extension) {
    const auto* member = object.find(condition.name);
    return member != nullptr && test(*member);
  }
  return std::any_of(object.members().begin(), object.members().end(), [&](const Value::Member& member) {
    const auto& [raw, value] = member;
    if (!is_extension(place, raw)) { return false; }
    if (condition.inner) { return any_inner(condition, value, names, test); }
    return is_named(condition.name, condition.spelling, raw, names) && test(value);
  });
}

/// The text of a scalar, of a typed JSON-LD value or of a reference; empty when it is neither.
std::optional<std::string> text_of(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
    case Kind::array: return std::nullopt;
    case Kind::boolean: return value.as_bool() ? "true" : "false";
    case Kind::number:
    case Kind::string: return value.text();
    case Kind::object: break;
  }
  for (const auto* name : {"@value", "id", "@id"}) {
    const auto* inside = value.find(name);
    if (inside != nullptr && !inside->is(Kind::object)) { return text_of(*inside); }
  }
  return std::nullopt;
}

std::string upper(std::string text) {
  for (auto& c : text) {
    if (c >= 'a' && c <= 'z') { c = static_cast<char>(c - 'a' + 'A'); }
  }
  return text;
}

bool is_equal(const FieldCondition& condition, const WantedValue& wanted, const std::string& text,
              const DocumentNames& names) {
  switch (condition.meaning) {
    case Meaning::text: return text == wanted.text;
    case Meaning::hex: return upper(text) == upper(wanted.text);
    case Meaning::word:
      return text == wanted.text || production::bare_word(condition.vocabulary, names.full_text(text)) == wanted.text;
    case Meaning::value: break;
  }
  if (text == wanted.text) { return true; }
  const WantedValue found(text);
  if (found.number || wanted.number) {
    return found.number && wanted.number && production::compare_decimals(*found.number, *wanted.number) == 0;
  }
  if (found.time || wanted.time) { return found.time == wanted.time; }
  return found.key == wanted.key || names.full_text(text) == wanted.text;
}

std::optional<std::partial_ordering> order_of(const WantedValue& found, const WantedValue& wanted) {
  if (found.number && wanted.number) { return production::compare_decimals(*found.number, *wanted.number); }
  if (found.time && wanted.time) { return *found.time <=> *wanted.time; }
  return std::nullopt;
}

bool satisfies(const FieldCondition& condition, const Bound& bound, const std::string& text, std::string_view unit,
               const DocumentNames& names) {
  const auto is_satisfied_by = [&](const WantedValue& wanted) {
    if (!condition.unit.empty()) {
      const WantedValue found(text);
      if (!found.number || !wanted.number) { return false; }
      const auto order = compare_measures(*found.number, unit, *wanted.number, condition.unit);
      return order && holds(bound.comparison, *order);
    }
    if (bound.comparison == Comparison::equal) { return is_equal(condition, wanted, text, names); }
    const auto order = order_of(WantedValue(text), wanted);
    return order && holds(bound.comparison, *order);
  };
  return bound.comparison == Comparison::exists ||
         std::any_of(bound.values.begin(), bound.values.end(), is_satisfied_by);
}

}  // namespace

bool holds(Comparison comparison, std::partial_ordering order) {
  switch (comparison) {
    case Comparison::exists: return true;
    case Comparison::equal: return order == 0;
    case Comparison::greater: return order > 0;
    case Comparison::greater_or_equal: return order >= 0;
    case Comparison::less: return order < 0;
    case Comparison::less_or_equal: return order <= 0;
  }
  return false;
}

WantedValue::WantedValue(std::string given)
    : text(std::move(given)),
      number(production::plain_decimal(text)),
      time(production::parse_time(text)),
      key(production::entity_key(text)) {}

bool FieldCondition::is_same_field(const FieldCondition& other) const {
  return places == other.places && name == other.name && extension == other.extension && inner == other.inner &&
         unit == other.unit;
}

bool matches(const FieldCondition& condition, const production::Event& event, const DocumentNames& names) {
  return std::any_of(condition.places.begin(), condition.places.end(), [&](Place place) {
    return any_object(place, event.value, [&](const Value& object) {
      const std::string_view unit = condition.unit.empty() ? "" : object.find_string("uom").value_or("");
      return any_occurrence(condition, place, object, names, [&](const Value& occurrence) {
        return any_item(&occurrence, [&](const Value& value) {
          if (value.is(Kind::null)) { return false; }
          const auto text = text_of(value);
          return std::all_of(condition.bounds.begin(), condition.bounds.end(), [&](const Bound& bound) {
            return bound.comparison == Comparison::exists || (text && satisfies(condition, bound, *text, unit, names));
          });
        });
      });
    });
  });
}

std::vector<std::string> extension_texts(std::string_view name, const production::Event& event,
                                         const DocumentNames& names) {
  std::vector<std::string> result;
  FieldCondition field;
  field.name = name;
  field.extension = true;
  any_occurrence(field, Place::event, event.value, names, [&](const Value& occurrence) {
    return any_item(&occurrence, [&](const Value& value) {
      if (auto text = text_of(value)) { result.push_back(std::move(*text)); }
      return false;
    });
  });
  return result;
}

bool is_one_of_values(const Value& value, const std::vector<WantedValue>& wanted) {
  return any_item(&value, [&](const Value& item) {
    const auto text = text_of(item);
    return text && std::any_of(wanted.begin(), wanted.end(), [&](const WantedValue& each) {
             return is_equal(FieldCondition{}, each, *text, DocumentNames());
           });
  });
}

std::partial_ordering operator<=>(const OrderValue& left, const OrderValue& right) {
  const auto rank = [](const OrderValue& value) { return value.number ? 0 : value.time ? 1 : 2; };
  if (rank(left) != rank(right)) { return rank(left) <=> rank(right); }
  if (left.number) { return production::compare_decimals(*left.number, *right.number); }
  if (left.time) { return *left.time <=> *right.time; }
  return left.text <=> right.text;
}

std::optional<OrderValue> order_value(std::string_view name, const production::Event& event,
                                      const DocumentNames& names) {
  std::optional<OrderValue> result;
  FieldCondition field;
  field.name = name;
  field.extension = true;
  for (const auto place : {Place::event, Place::ilmd}) {
    const auto take = [&](const Value& value) {
      if (const auto text = text_of(value)) {
        WantedValue read(*text);
        result = OrderValue{std::move(read.number), read.time, std::move(read.text)};
      }
      return result.has_value();
    };
    any_object(place, event.value, [&](const Value& object) {
      return any_occurrence(field, place, object, names,
                            [&](const Value& occurrence) { return any_item(&occurrence, take); });
    });
    if (result) { break; }
  }
  return result;
}

}  // namespace keten::query
