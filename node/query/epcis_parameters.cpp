#include "node/query/epcis_parameters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <set>

#include "contracts/production/event_summary.h"
#include "contracts/production/vocabulary.h"
#include "core/hash.h"
#include "core/limits.h"

namespace keten::query {
namespace {

namespace role = production::role;
using production::Vocabulary;

/// One parameter with its list of values.
struct Parameter {
  std::string name;
  std::vector<std::string> values;
};

Error wrong(const Parameter& parameter, std::string expected) {
  std::string found;
  for (const auto& value : parameter.values) { found += (found.empty() ? "" : "|") + value; }
  auto error = invalid("QUERY_PARAMETER", parameter.name + ": expected " + expected + "; found \"" + found + "\"");
  error.violations.push_back({json::pointer_add("", parameter.name), std::move(expected), std::move(found)});
  return error;
}

Error too_many_values(const Parameter& parameter) {
  const auto expected = "at most " + std::to_string(kQueryValuesMax) + " values";
  const auto found = std::to_string(parameter.values.size()) + " values";
  auto error = invalid("QUERY_PARAMETER",
                       parameter.name + ": expected " + expected + ", found " + found + "; ask in several queries");
  error.violations.push_back({json::pointer_add("", parameter.name), expected, found});
  return error;
}

Error unknown(const std::string& name) {
  auto error = invalid("QUERY_PARAMETER", "there is no parameter " + name + " in EPCIS 2.0");
  error.violations.push_back({json::pointer_add("", name), "a parameter of EPCIS 2.0, section 8.2.7.1", name});
  return error;
}

std::vector<std::string> names(const std::vector<std::string>& values) {
  std::vector<std::string> result;
  for (const auto& value : values) { result.push_back(production::entity_key(value)); }
  return result;
}

std::vector<std::string> words(Vocabulary vocabulary, const std::vector<std::string>& values) {
  std::vector<std::string> result;
  for (const auto& value : values) { result.push_back(production::bare_word(vocabulary, value)); }
  return result;
}

bool is_decimal(const std::string& text) {
  const auto parsed = json::parse(text);
  return parsed && parsed->is(json::Kind::number);
}

// EPCIS 2.0, section 8.2.7.1: which lists each MATCH_ parameter looks at.
struct Match {
  std::string_view name;
  std::uint8_t roles;
  bool classes;
};
constexpr std::array<Match, 9> kMatches = {{
    {"MATCH_epc", role::kListed | role::kChild, false},
    {"MATCH_parentID", role::kParent, false},
    {"MATCH_inputEPC", role::kInput, false},
    {"MATCH_outputEPC", role::kOutput, false},
    {"MATCH_anyEPC", role::kListed | role::kChild | role::kParent | role::kInput | role::kOutput, false},
    {"MATCH_epcClass", role::kListed | role::kChild, true},
    {"MATCH_inputEPCClass", role::kInput, true},
    {"MATCH_outputEPCClass", role::kOutput, true},
    {"MATCH_anyEPCClass", role::kListed | role::kChild | role::kInput | role::kOutput, true},
}};

constexpr std::array<std::pair<std::string_view, Comparison>, 6> kComparisons = {{
    {"EXISTS_", Comparison::exists},
    {"EQ_", Comparison::equal},
    {"GT_", Comparison::greater},
    {"GE_", Comparison::greater_or_equal},
    {"LT_", Comparison::less},
    {"LE_", Comparison::less_or_equal},
}};

/// The parameters that look at one standard field. `kind` says what their values are.
struct Field {
  enum class Kind : std::uint8_t { texts, words, times, numbers, truth, none } kind;
  std::string_view name;  ///< behind the comparison
  std::string_view member;
  std::array<Place, 2> places;  ///< twice the same: only this
  Meaning meaning = Meaning::value;
  Vocabulary vocabulary = Vocabulary::biz_step;
};
using FieldKind = Field::Kind;
constexpr auto kMetadata = std::array{Place::sensor_metadata, Place::sensor_metadata};
constexpr auto kReport = std::array{Place::sensor_report, Place::sensor_report};
constexpr auto kSensor = std::array{Place::sensor_metadata, Place::sensor_report};
constexpr auto kError = std::array{Place::error_declaration, Place::error_declaration};
constexpr auto kPersistent = std::array{Place::persistent_disposition, Place::persistent_disposition};
constexpr auto kEvent = std::array{Place::event, Place::event};
constexpr std::array<Field, 21> kFields = {{
    {FieldKind::words, "persistentDisposition_set", "set", kPersistent, Meaning::word, Vocabulary::disposition},
    {FieldKind::words, "persistentDisposition_unset", "unset", kPersistent, Meaning::word, Vocabulary::disposition},
    {FieldKind::words, "errorReason", "reason", kError, Meaning::word, Vocabulary::error_reason},
    {FieldKind::texts, "correctiveEventID", "correctiveEventIDs", kError, Meaning::text},
    {FieldKind::times, "errorDeclarationTime", "declarationTime", kError},
    {FieldKind::times, "errorDeclaration_Time", "declarationTime", kError},  // so the JSON schema of queries spells it
    {FieldKind::none, "sensorElementList", "sensorElementList", kEvent},
    {FieldKind::times, "time", "time", kSensor},
    {FieldKind::times, "startTime", "startTime", kMetadata},
    {FieldKind::times, "endTime", "endTime", kMetadata},
    {FieldKind::words, "type", "type", kReport, Meaning::word, Vocabulary::measurement_type},
    {FieldKind::texts, "deviceID", "deviceID", kSensor},
    {FieldKind::texts, "dataProcessingMethod", "dataProcessingMethod", kSensor},
    {FieldKind::texts, "bizRules", "bizRules", kMetadata},
    {FieldKind::texts, "microorganism", "microorganism", kReport},
    {FieldKind::texts, "chemicalSubstance", "chemicalSubstance", kReport},
    {FieldKind::texts, "stringValue", "stringValue", kReport, Meaning::text},
    {FieldKind::texts, "hexBinaryValue", "hexBinaryValue", kReport, Meaning::hex},
    {FieldKind::texts, "uriValue", "uriValue", kReport},
    {FieldKind::truth, "booleanValue", "booleanValue", kReport, Meaning::text},
    {FieldKind::numbers, "percRank", "percRank", kReport},
}};

/// Which comparisons a kind of value has.
bool is_offered(FieldKind kind, Comparison comparison) {
  switch (kind) {
    case FieldKind::texts:
    case FieldKind::words:
    case FieldKind::truth: return comparison == Comparison::equal;
    case FieldKind::times: return comparison == Comparison::greater_or_equal || comparison == Comparison::less;
    case FieldKind::numbers: return comparison != Comparison::exists;
    case FieldKind::none: return comparison == Comparison::exists;
  }
  return false;
}

/// ..._<name>_<unit>.
constexpr std::array<std::string_view, 6> kMeasures = {"value",     "minValue", "maxValue",
                                                       "meanValue", "sDev",     "percValue"};

bool is_unit(std::string_view text) {
  return text.size() >= 2 && text.size() <= 4 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

/// Parts of an event that an extension parameter names between comparison and field.
constexpr std::array<std::pair<std::string_view, Place>, 7> kPlaces = {{
    {"ILMD_", Place::ilmd},
    {"ERROR_DECLARATION_", Place::error_declaration},
    {"SENSORELEMENT_", Place::sensor_element},
    {"SENSORMETADATA_", Place::sensor_metadata},
    {"SENSORREPORT_", Place::sensor_report},
    {"readPoint_", Place::read_point},
    {"bizLocation_", Place::biz_location},
}};

/// Standard fields whose values master data may describe.
constexpr std::array<std::string_view, 9> kDescribed = {
    "bizStep", "disposition", "readPoint", "bizLocation", "epcClass", "epc", "bizTransaction", "source", "destination"};

bool drop_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) { return false; }
  text.remove_prefix(prefix.size());
  return true;
}

bool has_namespace(std::string_view name) {
  const auto colon = name.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < name.size();
}

struct Family {
  std::string_view prefix;
  TypedCondition::List list;
  Vocabulary vocabulary;
};
constexpr std::array<Family, 3> kFamilies = {{
    {"EQ_bizTransaction_", TypedCondition::List::business_transactions, Vocabulary::biz_transaction_type},
    {"EQ_source_", TypedCondition::List::sources, Vocabulary::party_type},
    {"EQ_destination_", TypedCondition::List::destinations, Vocabulary::party_type},
}};

class QueryReader {
 public:
  explicit QueryReader(const Prefixes& prefixes) {
    auto context = json::Value::object();
    for (const auto& [prefix, space] : prefixes) {
      context.set(prefix, json::Value::string(space));
      declared_.insert(prefix);
    }
    names_.add_context(context);
  }

  Status read(const Parameter& parameter) {
    const auto& name = parameter.name;
    if (parameter.values.size() > kQueryValuesMax) { return too_many_values(parameter); }
    const bool is_void = name.starts_with("EXISTS_");  // EPCIS 2.0, section 8.2.7.1: the value is ignored
    if (!is_void && (parameter.values.empty() ||
                     std::find(parameter.values.begin(), parameter.values.end(), "") != parameter.values.end())) {
      return wrong(parameter, "at least one value, none of them empty");
    }
    if (name == "eventType") { return read_types(parameter); }
    if (name == "EQ_action") { return read_actions(parameter); }
    if (name == "EQ_bizStep") { return set(query_.biz_steps, words(Vocabulary::biz_step, parameter.values)); }
    if (name == "EQ_disposition") { return set(query_.dispositions, words(Vocabulary::disposition, parameter.values)); }
    if (name == "EQ_readPoint") { return set(query_.read_points, names(parameter.values)); }
    if (name == "EQ_bizLocation") { return set(query_.biz_locations, names(parameter.values)); }
    if (name == "WD_readPoint") { return read_within(parameter, Place::read_point); }
    if (name == "WD_bizLocation") { return read_within(parameter, Place::biz_location); }
    if (name == "EQ_transformationID") { return set(query_.transformation_ids, names(parameter.values)); }
    if (name == "EQ_eventID") { return set(query_.event_ids, parameter.values); }
    if (name == "EXISTS_errorDeclaration") { return set(query_.only_declared_errors, true); }
    if (name == "GE_eventTime") { return read_time(parameter, query_.from); }
    if (name == "LT_eventTime") { return read_time(parameter, query_.before); }
    if (name == "GE_recordTime") { return read_time(parameter, query_.recorded_from); }
    if (name == "LT_recordTime") { return read_time(parameter, query_.recorded_before); }
    if (name == "orderBy") { return read_order(parameter); }
    if (name == "orderDirection") { return read_direction(parameter); }
    if (name == "eventCountLimit") { return read_count(parameter, query_.count_limit); }
    if (name == "maxEventCount") { return read_count(parameter, query_.count_max); }
    if (name == "perPage") { return read_page_size(parameter); }
    if (name == "nextPageToken") { return set(query_.page_token, parameter.values.front()); }
    return read_table(parameter);
  }

  Result<EpcisQuery> take() {
    if (query_.count_limit && query_.count_max) {
      return wrong({"eventCountLimit", {std::to_string(*query_.count_limit)}}, "not together with maxEventCount");
    }
    if (query_.count_limit && !is_ordered_) {
      return wrong({"eventCountLimit", {std::to_string(*query_.count_limit)}}, "only together with orderBy");
    }
    if (query_.per_page == 0) { query_.per_page = limits::kPageDefault; }
    return std::move(query_);
  }

  void set_fingerprint(const Hash& fingerprint) { query_.fingerprint = fingerprint; }

 private:
  template <typename Field, typename Value>
  static Status set(Field& field, Value value) {
    field = std::move(value);
    return kDone;
  }

  Status read_types(const Parameter& parameter) {
    for (const auto& value : parameter.values) {
      auto type = production::type_name_from(value);
      if (!type) {
        return wrong(parameter,
                     "event types: ObjectEvent, AggregationEvent, TransactionEvent, TransformationEvent, "
                     "AssociationEvent, or prefixed names of extended events");
      }
      query_.types.push_back(std::move(*type));
    }
    return kDone;
  }

  Status read_actions(const Parameter& parameter) {
    for (const auto& value : parameter.values) {
      const auto action = production::action_from(value);
      if (!action) { return wrong(parameter, "actions: ADD, OBSERVE, DELETE"); }
      query_.actions.push_back(*action);
    }
    return kDone;
  }

  static Status read_time(const Parameter& parameter, std::optional<production::EventTime>& field) {
    field = production::parse_time(parameter.values.front());
    if (!field || parameter.values.size() > 1) {
      return wrong(parameter, "one time with zone such as 2026-01-02T03:04:05Z");
    }
    return kDone;
  }

  Status read_order(const Parameter& parameter) {
    const auto& value = parameter.values.front();
    is_ordered_ = true;
    if (value == "recordTime") {
      query_.order = EventOrder::record_time;
    } else if (has_namespace(value)) {
      query_.order = EventOrder::extension;
      query_.order_field = full_name(value);
    } else if (value != "eventTime") {
      return wrong(parameter, "eventTime, recordTime or an extension such as example:weight");
    }
    return kDone;
  }

  Status read_direction(const Parameter& parameter) {
    const auto& value = parameter.values.front();
    if (value != "ASC" && value != "DESC") { return wrong(parameter, "ASC or DESC"); }
    query_.direction = value == "ASC" ? OrderDirection::ascending : OrderDirection::descending;
    return kDone;
  }

  static Status read_count(const Parameter& parameter, std::optional<std::uint64_t>& field) {
    const auto& text = parameter.values.front();
    std::uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || value == 0) {
      return wrong(parameter, "a whole number above 0");
    }
    field = value;
    return kDone;
  }

  Status read_page_size(const Parameter& parameter) {
    std::optional<std::uint64_t> count;
    if (const auto read = read_count(parameter, count); !read) { return read; }
    query_.per_page = static_cast<std::size_t>(std::min<std::uint64_t>(*count, limits::kPageMax));
    return kDone;
  }

  Status read_table(const Parameter& parameter) {
    for (const auto& match : kMatches) {
      if (match.name == parameter.name) { return read_match(parameter, match); }
    }
    for (const auto& family : kFamilies) {
      if (!parameter.name.starts_with(family.prefix) || parameter.name.size() == family.prefix.size()) { continue; }
      const auto type = parameter.name.substr(family.prefix.size());
      query_.typed.push_back({family.list, production::bare_word(family.vocabulary, type), names(parameter.values)});
      return kDone;
    }
    if (std::string_view rest = parameter.name;
        drop_prefix(rest, "HASATTR_") || drop_prefix(rest, "EQ_ATTR_") || drop_prefix(rest, "EQATTR_")) {
      return read_attribute(parameter, rest);
    }
    for (const auto& [prefix, comparison] : kComparisons) {
      std::string_view rest = parameter.name;
      if (drop_prefix(rest, prefix)) { return read_comparison(parameter, comparison, rest); }
    }
    return unknown(parameter.name);
  }

  [[nodiscard]] std::string full_name(std::string_view name) const {
    if (name.starts_with('{') && name.find('}') != std::string_view::npos) {
      const auto end = name.find('}');
      return std::string(name.substr(1, end - 1)) + std::string(name.substr(end + 1));
    }
    return names_.full_text(name);
  }

  Status read_comparison(const Parameter& parameter, Comparison comparison, std::string_view name) {
    for (const auto& field : kFields) {
      if (field.name == name && is_offered(field.kind, comparison)) { return read_field(parameter, comparison, field); }
    }
    const auto unit = name.substr(std::min(name.size(), name.rfind('_') + 1));
    if (comparison != Comparison::exists && (name == "quantity" || (name.starts_with("quantity_") && is_unit(unit)))) {
      if (const auto numbers = check_numbers(parameter, comparison); !numbers) { return numbers; }
      query_.quantities.push_back({comparison, parameter.values, name == "quantity" ? "" : std::string(unit)});
      return kDone;
    }
    if (comparison != Comparison::exists && is_unit(unit) && unit.size() + 1 < name.size()) {
      const auto measure = name.substr(0, name.size() - unit.size() - 1);
      if (std::find(kMeasures.begin(), kMeasures.end(), measure) != kMeasures.end()) {
        if (const auto numbers = check_numbers(parameter, comparison); !numbers) { return numbers; }
        FieldCondition condition;
        condition.places = {Place::sensor_report};
        condition.name = measure;
        condition.unit = unit;
        return add(std::move(condition), comparison, parameter.values);
      }
    }
    return read_extension(parameter, comparison, name);
  }

  static Status check_numbers(const Parameter& parameter, Comparison comparison) {
    if ((comparison != Comparison::equal && parameter.values.size() != 1) ||
        !std::all_of(parameter.values.begin(), parameter.values.end(), is_decimal)) {
      return wrong(parameter, comparison == Comparison::equal ? "numbers" : "one number");
    }
    return kDone;
  }

  Status read_field(const Parameter& parameter, Comparison comparison, const Field& field) {
    FieldCondition condition;
    condition.places = {field.places[0]};
    if (field.places[1] != field.places[0]) { condition.places.push_back(field.places[1]); }
    condition.name = field.member;
    condition.meaning = field.meaning;
    condition.vocabulary = field.vocabulary;
    switch (field.kind) {
      case FieldKind::none: return add(std::move(condition), comparison, {});
      case FieldKind::texts: return add(std::move(condition), comparison, parameter.values);
      case FieldKind::words:
        return add(std::move(condition), comparison, words(field.vocabulary, full(parameter.values)));
      case FieldKind::truth:
        if (parameter.values.size() != 1 || (parameter.values[0] != "true" && parameter.values[0] != "false")) {
          return wrong(parameter, "true or false");
        }
        return add(std::move(condition), comparison, parameter.values);
      case FieldKind::times: {
        std::optional<production::EventTime> time;
        if (const auto read = read_time(parameter, time); !read) { return read; }
        return add(std::move(condition), comparison, parameter.values);
      }
      case FieldKind::numbers:
        if (const auto numbers = check_numbers(parameter, comparison); !numbers) { return numbers; }
        return add(std::move(condition), comparison, parameter.values);
    }
    return kDone;
  }

  /// <place>_<prefix>:<name>, with INNER_ before or behind the place.
  Status read_extension(const Parameter& parameter, Comparison comparison, std::string_view name) {
    FieldCondition condition;
    condition.places = {Place::event};
    condition.extension = true;
    condition.inner = drop_prefix(name, "INNER_");
    for (const auto& [prefix, place] : kPlaces) {
      if (drop_prefix(name, prefix)) {
        condition.places = {place};
        break;
      }
    }
    condition.inner = drop_prefix(name, "INNER_") || condition.inner;
    if (!has_namespace(name)) { return unknown(parameter.name); }
    condition.name = full_name(name);
    if (!declared_.contains(name.substr(0, name.find(':')))) { condition.spelling = name; }
    if (comparison == Comparison::exists) { return add(std::move(condition), comparison, {}); }
    if (comparison == Comparison::equal) { return add(std::move(condition), comparison, parameter.values); }
    const WantedValue wanted(parameter.values.front());
    if (parameter.values.size() != 1 || (!wanted.number && !wanted.time)) {
      return wrong(parameter, "one number, or one time with zone such as 2026-01-02T03:04:05Z");
    }
    return add(std::move(condition), comparison, parameter.values);
  }

  /// Bounds on the same field hold for the same value.
  Status add(FieldCondition condition, Comparison comparison, const std::vector<std::string>& values) {
    Bound bound{comparison, {}};
    for (const auto& value : values) { bound.values.emplace_back(value); }
    const bool is_range_end = comparison != Comparison::exists && comparison != Comparison::equal;
    for (auto& other : query_.fields) {
      const bool joins = is_range_end && other.is_same_field(condition) &&
                         other.bounds.front().comparison != Comparison::exists &&
                         other.bounds.front().comparison != Comparison::equal;
      if (joins) {
        other.bounds.push_back(std::move(bound));
        return kDone;
      }
    }
    condition.bounds.push_back(std::move(bound));
    query_.fields.push_back(std::move(condition));
    return kDone;
  }

  [[nodiscard]] std::vector<std::string> full(const std::vector<std::string>& values) const {
    std::vector<std::string> result;
    for (const auto& value : values) { result.push_back(names_.full_text(value)); }
    return result;
  }

  Status read_within(const Parameter& parameter, Place field) {
    query_.within.push_back({field, names(parameter.values)});
    return kDone;
  }

  /// HASATTR_<field> with names as values, or EQ_ATTR_<field>_<name>.
  Status read_attribute(const Parameter& parameter, std::string_view rest) {
    const bool has = parameter.name.starts_with("HASATTR_");
    const auto colon = rest.find(':');
    const auto first = rest.find('_');
    // A standard field has no prefix; an extension's name ends at the first underscore behind its colon.
    const bool is_standard = std::any_of(kDescribed.begin(), kDescribed.end(), [&](std::string_view each) {
      return has ? rest == each : rest.substr(0, first) == each;
    });
    const auto end = has           ? rest.size()
                     : is_standard ? first
                                   : (colon == std::string_view::npos ? colon : rest.find('_', colon));
    if (end == std::string_view::npos || (!has && end + 1 >= rest.size())) { return unknown(parameter.name); }
    const auto field = rest.substr(0, end);
    if (!is_standard && !has_namespace(field)) { return unknown(parameter.name); }
    AttributeCondition condition{is_standard ? std::string(field) : full_name(field), {}, {}};
    if (has) {
      for (const auto& value : parameter.values) { condition.attributes.push_back(full_name(value)); }
    } else {
      condition.attributes.push_back(full_name(rest.substr(end + 1)));
      for (const auto& value : parameter.values) { condition.values.emplace_back(value); }
    }
    query_.attributes.push_back(std::move(condition));
    return kDone;
  }

  Status read_match(const Parameter& parameter, const Match& match) {
    EntityCondition condition{match.roles, match.classes, {}};
    for (const auto& value : parameter.values) {
      auto patterns = match.classes ? production::class_patterns(value) : production::entity_patterns(value);
      if (patterns.empty()) {
        return wrong(parameter,
                     "identifiers, or patterns with wildcards at the end as urn:epc:idpat:sgtin:4012345.*.*");
      }
      std::move(patterns.begin(), patterns.end(), std::back_inserter(condition.patterns));
    }
    query_.entities.push_back(std::move(condition));
    return kDone;
  }

  EpcisQuery query_;
  production::DocumentNames names_;
  std::set<std::string, std::less<>> declared_;  // prefixes that the client has given a meaning
  bool is_ordered_ = false;
};

Result<EpcisQuery> read_all(const std::vector<Parameter>& parameters, const Prefixes& prefixes) {
  if (parameters.size() > kQueryParametersMax) {
    return invalid("QUERY_PARAMETER", "expected at most " + std::to_string(kQueryParametersMax) +
                                          " parameters, found " + std::to_string(parameters.size()));
  }
  QueryReader reader(prefixes);
  std::set<std::pair<std::string, std::vector<std::string>>> meaning;
  std::set<std::string_view> seen;
  for (const auto& parameter : parameters) {
    if (!seen.insert(parameter.name).second) {
      return wrong(parameter, "each parameter once; values are joined with |");
    }
    if (const auto read = reader.read(parameter); !read) { return read.error(); }
    if (parameter.name != "perPage" && parameter.name != "nextPageToken") {
      meaning.emplace(parameter.name, parameter.values);
    }
  }
  for (const auto& [prefix, space] : prefixes) { meaning.emplace("@" + prefix, std::vector{space}); }
  Hasher hasher("keten/epcis-query/1");
  for (const auto& [name, values] : meaning) {
    hasher.sized(name).number(values.size());
    for (const auto& value : values) { hasher.sized(value); }
  }
  reader.set_fingerprint(hasher.finish());
  return reader.take();
}

void add_prefixes(const json::Value& context, Prefixes& prefixes) {
  if (context.is(json::Kind::array)) {
    for (const auto& item : context.items()) { add_prefixes(item, prefixes); }
  } else if (context.is(json::Kind::object)) {
    for (const auto& [prefix, space] : context.members()) {
      if (space.is(json::Kind::string)) { prefixes.emplace_back(prefix, space.text()); }
    }
  }
}

std::vector<std::string> split_values(std::string_view text) {
  std::vector<std::string> result;
  while (true) {
    const auto bar = text.find('|');
    result.emplace_back(text.substr(0, bar));
    if (bar == std::string_view::npos) { return result; }
    text.remove_prefix(bar + 1);
  }
}

}  // namespace

Result<EpcisQuery> parse_epcis_query(const EpcisParameters& parameters, const Prefixes& prefixes) {
  std::vector<Parameter> split;
  for (const auto& [name, value] : parameters) { split.push_back({name, split_values(value)}); }
  return read_all(split, prefixes);
}

Result<EpcisQuery> parse_epcis_query(const json::Value& query, const Prefixes& prefixes) {
  if (!query.is(json::Kind::object)) { return invalid("QUERY_PARAMETER", "expected an object of query parameters"); }
  std::vector<Parameter> parameters;
  Prefixes declared = prefixes;
  for (const auto& [name, value] : query.members()) {
    if (name == "@context") {
      add_prefixes(value, declared);
      continue;
    }
    Parameter parameter{name, {}};
    if (value.is(json::Kind::null) && name.starts_with("EXISTS_")) {
      parameters.push_back(std::move(parameter));
      continue;
    }
    const auto add = [&](const json::Value& item) {
      const bool scalar = item.is(json::Kind::string) || item.is(json::Kind::number);
      if (scalar) { parameter.values.push_back(item.text()); }
      if (item.is(json::Kind::boolean)) { parameter.values.emplace_back(item.as_bool() ? "true" : "false"); }
      return scalar || item.is(json::Kind::boolean);
    };
    const bool readable =
        value.is(json::Kind::array) ? std::all_of(value.items().begin(), value.items().end(), add) : add(value);
    if (!readable) { return wrong({name, {json::serialize(value)}}, "a value or an array of values"); }
    parameters.push_back(std::move(parameter));
  }
  return read_all(parameters, declared);
}

}  // namespace keten::query
