#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/production/event.h"
#include "contracts/production/event_fields.h"
#include "contracts/production/vocabulary.h"

namespace keten::query {

enum class Comparison : std::uint8_t { exists, equal, greater, greater_or_equal, less, less_or_equal };

bool holds(Comparison comparison, std::partial_ordering order);

/// The parts of an event that have fields of their own.
enum class Place : std::uint8_t {
  event,
  ilmd,
  error_declaration,
  read_point,
  biz_location,
  persistent_disposition,
  sensor_element,
  sensor_metadata,
  sensor_report,
};

/// When two spellings of a field are the same value.
enum class Meaning : std::uint8_t {
  value,  ///< as texts, numbers, times or identifiers
  text,   ///< as texts alone
  hex,    ///< as hexadecimal digits of either case
  word,   ///< as words of a vocabulary of the CBV
};

/// One value that a parameter asks for, in all the forms in which it is compared.
struct WantedValue {
  explicit WantedValue(std::string given);
  std::string text;
  std::optional<std::string> number;  ///< plain decimal
  std::optional<production::EventTime> time;
  std::string key;  ///< canonical identifier
};

struct Bound {
  Comparison comparison = Comparison::equal;
  std::vector<WantedValue> values;  ///< one of them; exactly one for an order, none for `exists`
};

/// A field of an event: some occurrence of it satisfies all bounds.
struct FieldCondition {
  std::vector<Place> places;
  std::string name;        ///< a standard member, or the name of an extension with its namespace in full
  std::string spelling;    ///< of an extension whose prefix the client has not declared: as documents may spell it
  bool extension = false;  ///< members with a prefix or, inside ilmd, any
  bool inner = false;      ///< at any depth inside such members, but not themselves
  Meaning meaning = Meaning::value;
  production::Vocabulary vocabulary = production::Vocabulary::biz_step;  ///< of Meaning::word
  std::string unit;                                                      ///< not empty: the amounts' unit
  std::vector<Bound> bounds;

  /// Whether both speak of the same field, so that their bounds hold for one value: GE_ and LT_ make a range.
  [[nodiscard]] bool is_same_field(const FieldCondition& other) const;
};

bool matches(const FieldCondition& condition, const production::Event& event, const production::DocumentNames& names);

/// The texts of a top-level extension of that name.
std::vector<std::string> extension_texts(std::string_view name, const production::Event& event,
                                         const production::DocumentNames& names);
/// Whether the value, or an entry of it when it is an array, is one of the wanted.
bool is_one_of_values(const json::Value& value, const std::vector<WantedValue>& wanted);

/// What an event is ordered by when a query orders by an extension: numbers before times before texts.
struct OrderValue {
  std::optional<std::string> number;
  std::optional<production::EventTime> time;
  std::string text;
  friend std::partial_ordering operator<=>(const OrderValue& left, const OrderValue& right);
  friend bool operator==(const OrderValue& left, const OrderValue& right) { return (left <=> right) == 0; }
};
/// The first value of a top-level extension or, when there is none, of an ilmd member of that name.
std::optional<OrderValue> order_value(std::string_view name, const production::Event& event,
                                      const production::DocumentNames& names);

}  // namespace keten::query
