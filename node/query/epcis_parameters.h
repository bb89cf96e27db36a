#pragma once

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

/// EQ_, GT_, GE_, LT_, LE_quantity: one quantity in any list of the event satisfies it.
struct QuantityCondition {
  enum class Comparison : std::uint8_t {
    equal,
    greater,
    greater_or_equal,
    less,
    less_or_equal
  } comparison = Comparison::equal;
  std::string amount;
};

enum class EventOrder : std::uint8_t { event_time, record_time };
enum class OrderDirection : std::uint8_t { descending, ascending };

/// A SimpleEventQuery (EPCIS 2.0, section 8.2.7.1) in canonical form: words of the CBV are bare, identifiers canonical.
/// Conditions are joined by AND, the values of one condition by OR; an empty one is no condition.
struct EpcisQuery {
  std::vector<production::EventType> types;
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
  std::optional<production::EventTime> from;           ///< GE_eventTime
  std::optional<production::EventTime> before;         ///< LT_eventTime
  std::optional<production::EventTime> recorded_from;  ///< GE_recordTime
  std::optional<production::EventTime> recorded_before;
  bool only_declared_errors = false;  ///< EXISTS_errorDeclaration
  EventOrder order = EventOrder::event_time;
  OrderDirection direction = OrderDirection::descending;
  std::optional<std::uint64_t> count_limit;  ///< eventCountLimit: no more than these in all pages
  std::optional<std::uint64_t> count_max;    ///< maxEventCount: fail above
  std::size_t per_page = 0;
  std::string page_token;  ///< empty: the first page
  Hash fingerprint;        ///< of all parameters but paging: a page token continues its own query only
};

/// Parameter and value as in a URL, percent-decoded; lists inside a value are still joined with `|`.
using EpcisParameters = std::vector<std::pair<std::string, std::string>>;

/// `perPage` and `nextPageToken` are parameters too. Fails with QUERY_PARAMETER (a violation names the parameter):
/// `invalid` for an unknown one or a wrong value, `unsupported` for one of the standard that this node does not
/// answer.
Result<EpcisQuery> parse_epcis_query(const EpcisParameters& parameters);

/// The `query` object of a query document: lists are arrays.
Result<EpcisQuery> parse_epcis_query(const json::Value& query);

}  // namespace keten::query
