#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contracts/production/entity.h"
#include "contracts/production/event.h"
#include "core/ids.h"
#include "core/json.h"
#include "core/result.h"
#include "node/query/field_conditions.h"

namespace keten::query {

/// MATCH_...: one of the patterns stands in one of the lists.
struct EntityCondition {
  std::uint8_t roles = 0;  ///< production::role bits but kClass
  bool classes = false;    ///< in the quantity lists instead of the EPC lists
  std::vector<production::EntityPattern> patterns;
};

/// EQ_bizTransaction_<type>, EQ_source_<type>, EQ_destination_<type>.
struct TypedCondition {
  enum class List : std::uint8_t { business_transactions, sources, destinations } list = List::sources;
  std::string type;  ///< bare word or URI
  std::vector<std::string> ids;
};

/// EQ_, GT_, GE_, LT_, LE_quantity and ..._quantity_<unit>: one quantity in any list of the event satisfies it.
struct QuantityCondition {
  Comparison comparison = Comparison::equal;
  std::vector<std::string> amounts;  ///< one of them; JSON numbers
  std::string unit;                  ///< empty: whatever the unit
};

/// WD_readPoint, WD_bizLocation: one of the places or a place inside it, as master data says.
struct PlaceCondition {
  Place field = Place::read_point;
  std::vector<std::string> places;
};

/// HASATTR_, EQ_ATTR_: master data gives what stands in the field such an attribute.
struct AttributeCondition {
  std::string field;                    ///< a standard field or the full name of an extension
  std::vector<std::string> attributes;  ///< one of these names
  std::vector<WantedValue> values;      ///< one of them; empty: any
};

enum class EventOrder : std::uint8_t { event_time, record_time, extension };
enum class OrderDirection : std::uint8_t { descending, ascending };

/// A SimpleEventQuery (EPCIS 2.0, section 8.2.7.1) in canonical form: words of the CBV are bare, identifiers canonical.
/// Conditions are joined by AND, the values of one condition by OR; an empty one is no condition.
struct EpcisQuery {
  std::vector<production::TypeName> types;
  std::vector<production::Action> actions;
  std::vector<std::string> biz_steps;
  std::vector<std::string> dispositions;
  std::vector<std::string> read_points;
  std::vector<std::string> biz_locations;
  std::vector<std::string> transformation_ids;
  std::vector<std::string> event_ids;
  std::vector<EntityCondition> entities;
  std::vector<TypedCondition> typed;
  std::vector<QuantityCondition> quantities;
  std::vector<FieldCondition> fields;
  std::vector<PlaceCondition> within;
  std::vector<AttributeCondition> attributes;
  std::optional<production::EventTime> from;           ///< GE_eventTime
  std::optional<production::EventTime> before;         ///< LT_eventTime
  std::optional<production::EventTime> recorded_from;  ///< GE_recordTime
  std::optional<production::EventTime> recorded_before;
  bool only_declared_errors = false;  ///< EXISTS_errorDeclaration
  EventOrder order = EventOrder::event_time;
  std::string order_field;  ///< of EventOrder::extension: its full name
  OrderDirection direction = OrderDirection::descending;
  std::optional<std::uint64_t> count_limit;  ///< eventCountLimit: no more than these in all pages
  std::optional<std::uint64_t> count_max;    ///< maxEventCount: fail above
  std::size_t per_page = 0;
  std::string page_token;  ///< empty: the first page
  Hash fingerprint;        ///< of all parameters but paging: a page token continues its own query only
};

/// What one query may ask.
inline constexpr std::size_t kQueryParametersMax = 200;
inline constexpr std::size_t kQueryValuesMax = 1000;  ///< of one parameter

/// Parameter and value as in a URL, percent-decoded; lists inside a value are still joined with `|`.
using EpcisParameters = std::vector<std::pair<std::string, std::string>>;

/// Prefix and namespace, as in the header `GS1-Extensions`.
using Prefixes = std::vector<std::pair<std::string, std::string>>;

/// `perPage` and `nextPageToken` are parameters too. A prefix that nobody has declared means the extensions that are
/// spelt with it. Fails with QUERY_PARAMETER (`invalid`; a violation names the parameter).
Result<EpcisQuery> parse_epcis_query(const EpcisParameters& parameters, const Prefixes& prefixes = {});

/// The `query` object of a query document: lists are arrays, `@context` declares prefixes.
Result<EpcisQuery> parse_epcis_query(const json::Value& query, const Prefixes& prefixes = {});

}  // namespace keten::query
