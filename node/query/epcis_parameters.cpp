#include "node/query/epcis_parameters.h"

#include <algorithm>
#include <array>
#include <charconv>
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

Error unknown(const std::string& name) {
  // Families of EPCIS 2.0 that are known, so that a client is not told that it misspelt them.
  constexpr std::array<std::string_view, 24> kUnanswered = {"WD_",
                                                            "EQ_persistentDisposition_",
                                                            "GE_errorDeclaration",
                                                            "LT_errorDeclaration",
                                                            "EQ_errorReason",
                                                            "EQ_correctiveEventID",
                                                            "EQ_type",
                                                            "EQ_deviceID",
                                                            "EQ_dataProcessingMethod",
                                                            "EQ_microorganism",
                                                            "EQ_chemicalSubstance",
                                                            "EQ_bizRules",
                                                            "EQ_stringValue",
                                                            "EQ_hexBinaryValue",
                                                            "EQ_uriValue",
                                                            "EQ_booleanValue",
                                                            "EXISTS_",
                                                            "HASATTR_",
                                                            "EQATTR_",
                                                            "EQ_ATTR_",
                                                            "GE_startTime",
                                                            "LT_startTime",
                                                            "GE_endTime",
                                                            "LT_endTime"};
  const bool known = std::any_of(kUnanswered.begin(), kUnanswered.end(),
                                 [&](std::string_view each) { return name.starts_with(each); }) ||
                     name.find(':') != std::string::npos;
  auto error = known ? failure(ErrorKind::unsupported, "QUERY_PARAMETER",
                               "the parameter " + name + " is not answered by this node")
                     : invalid("QUERY_PARAMETER", "there is no parameter " + name + " in EPCIS 2.0");
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

constexpr std::array<std::pair<std::string_view, QuantityCondition::Comparison>, 5> kComparisons = {{
    {"EQ_quantity", QuantityCondition::Comparison::equal},
    {"GT_quantity", QuantityCondition::Comparison::greater},
    {"GE_quantity", QuantityCondition::Comparison::greater_or_equal},
    {"LT_quantity", QuantityCondition::Comparison::less},
    {"LE_quantity", QuantityCondition::Comparison::less_or_equal},
}};

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
  Status read(const Parameter& parameter) {
    const auto& name = parameter.name;
    if (parameter.values.empty() ||
        std::find(parameter.values.begin(), parameter.values.end(), "") != parameter.values.end()) {
      return wrong(parameter, "at least one value, none of them empty");
    }
    if (name == "eventType") { return read_types(parameter); }
    if (name == "EQ_action") { return read_actions(parameter); }
    if (name == "EQ_bizStep") { return set(query_.biz_steps, words(Vocabulary::biz_step, parameter.values)); }
    if (name == "EQ_disposition") { return set(query_.dispositions, words(Vocabulary::disposition, parameter.values)); }
    if (name == "EQ_readPoint") { return set(query_.read_points, names(parameter.values)); }
    if (name == "EQ_bizLocation") { return set(query_.biz_locations, names(parameter.values)); }
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
      const auto type = production::event_type_from(value);
      if (!type) {
        return wrong(
            parameter,
            "event types: ObjectEvent, AggregationEvent, TransactionEvent, TransformationEvent, AssociationEvent");
      }
      query_.types.push_back(*type);
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
    if (value != "eventTime" && value != "recordTime") { return wrong(parameter, "eventTime or recordTime"); }
    query_.order = value == "eventTime" ? EventOrder::event_time : EventOrder::record_time;
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
    for (const auto& [name, comparison] : kComparisons) {
      if (name != parameter.name) { continue; }
      if (parameter.values.size() != 1 || !is_decimal(parameter.values.front())) {
        return wrong(parameter, "one number");
      }
      query_.quantities.push_back({comparison, parameter.values.front()});
      return kDone;
    }
    for (const auto& family : kFamilies) {
      if (!parameter.name.starts_with(family.prefix) || parameter.name.size() == family.prefix.size()) { continue; }
      const auto type = parameter.name.substr(family.prefix.size());
      query_.typed.push_back({family.list, production::bare_word(family.vocabulary, type), names(parameter.values)});
      return kDone;
    }
    return unknown(parameter.name);
  }

  Status read_match(const Parameter& parameter, const Match& match) {
    EntityCondition condition{match.roles, match.classes, {}};
    for (const auto& value : parameter.values) {
      // The class lists hold patterns as names of classes.
      auto pattern = match.classes ? std::optional(production::EntityPattern{production::entity_key(value), false})
                                   : production::entity_pattern(value);
      if (!pattern) { return wrong(parameter, "identifiers, or patterns with a wildcard as serial number only"); }
      condition.patterns.push_back(std::move(*pattern));
    }
    query_.entities.push_back(std::move(condition));
    return kDone;
  }

  EpcisQuery query_;
};

Result<EpcisQuery> read_all(const std::vector<Parameter>& parameters) {
  QueryReader reader;
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
  Hasher hasher("keten/epcis-query/1");
  for (const auto& [name, values] : meaning) {
    hasher.sized(name).number(values.size());
    for (const auto& value : values) { hasher.sized(value); }
  }
  reader.set_fingerprint(hasher.finish());
  return reader.take();
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

Result<EpcisQuery> parse_epcis_query(const EpcisParameters& parameters) {
  std::vector<Parameter> split;
  for (const auto& [name, value] : parameters) { split.push_back({name, split_values(value)}); }
  return read_all(split);
}

Result<EpcisQuery> parse_epcis_query(const json::Value& query) {
  if (!query.is(json::Kind::object)) { return invalid("QUERY_PARAMETER", "expected an object of query parameters"); }
  std::vector<Parameter> parameters;
  for (const auto& [name, value] : query.members()) {
    if (name == "@context") { continue; }
    Parameter parameter{name, {}};
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
  return read_all(parameters);
}

}  // namespace keten::query
