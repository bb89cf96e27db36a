#include "node/query/collections.h"

#include <algorithm>
#include <string>

#include "contracts/contract.h"
#include "contracts/production/entity.h"
#include "contracts/production/event.h"
#include "contracts/production/event_summary.h"
#include "contracts/production/index_rows.h"
#include "contracts/production/vocabulary.h"

namespace keten::query {
namespace {

namespace index_rows = production::index_rows;
namespace role = production::role;

index_rows::Named table_of(Resource resource) {
  switch (resource) {
    case Resource::biz_steps: return index_rows::Named::biz_step;
    case Resource::biz_locations: return index_rows::Named::biz_location;
    case Resource::read_points: return index_rows::Named::read_point;
    case Resource::dispositions: return index_rows::Named::disposition;
    case Resource::event_types:
    case Resource::epcs: break;
  }
  return index_rows::Named::entity;
}

bool has_rows(const contracts::StateReader& index, const Bytes& prefix) {
  bool found = false;
  index.scan(prefix, index_rows::end_of(prefix), [&](ByteView, ByteView) {
    found = true;
    return false;
  });
  return found;
}

/// The next name of an extended type behind `after`; empty when there is none.
std::string next_extended_type(const contracts::StateReader& index, std::string_view after) {
  const auto table = index_rows::of_extended_types();
  auto first = table;
  if (!after.empty()) {
    const auto text = as_bytes(after);
    first.insert(first.end(), text.begin(), text.end());
    first.push_back(1);  // behind all rows of that name, before those of every longer one
  }
  std::string result;
  index.scan(first, index_rows::end_of(table), [&](ByteView key, ByteView) {
    result = index_rows::extended_type_of(key);
    return false;
  });
  return result;
}

/// In the order of their names.
std::vector<std::string> known_types(const contracts::StateReader& index, std::string_view after, std::size_t limit) {
  std::vector<std::string> result;
  for (const auto type :
       {production::EventType::aggregation, production::EventType::association, production::EventType::object,
        production::EventType::transaction, production::EventType::transformation}) {
    const auto name = production::event_type_name(type);
    if (name > after && has_rows(index, index_rows::of_type({type, {}}))) { result.emplace_back(name); }
  }
  std::string last(after);
  for (std::size_t found = 0; found < limit; ++found) {
    last = next_extended_type(index, last);
    if (last.empty()) { break; }
    result.push_back(last);
  }
  std::sort(result.begin(), result.end());
  if (result.size() > limit) { result.resize(limit); }
  return result;
}

}  // namespace

std::string_view parameter_of(Resource resource) {
  switch (resource) {
    case Resource::event_types: return "eventType";
    case Resource::epcs: return "MATCH_anyEPC";
    case Resource::biz_steps: return "EQ_bizStep";
    case Resource::biz_locations: return "EQ_bizLocation";
    case Resource::read_points: return "EQ_readPoint";
    case Resource::dispositions: return "EQ_disposition";
  }
  return {};
}

KnownValues known_values(const contracts::StateReader& index, Resource resource, std::string_view after,
                         std::size_t limit) {
  KnownValues result;
  if (resource == Resource::event_types) {
    result.values = known_types(index, after, limit + 1);
    if (result.values.size() > limit) {
      result.values.resize(limit);
      result.next = limit == 0 ? std::string(after) : result.values.back();
    }
    return result;
  }
  const auto table = index_rows::all_named(table_of(resource));
  const auto end = index_rows::end_of(table);
  std::string last(after);
  for (std::size_t looks = 0; looks < kResourceLooksMax; ++looks) {
    auto first = table;
    if (!last.empty()) {
      const auto text = as_bytes(last);
      first.insert(first.end(), text.begin(), text.end());
      first.push_back(1);  // behind all rows of that value, before those of every longer one
    }
    std::string next;
    bool is_item = false;
    index.scan(first, end, [&](ByteView key, ByteView value) {
      next = index_rows::value_of(key);
      is_item = value.empty() || (value[0] & role::kClass) == 0;
      return false;
    });
    if (next.empty()) { return result; }
    if (resource != Resource::epcs || is_item) {
      if (result.values.size() == limit) {
        result.next = last;
        return result;
      }
      result.values.push_back(next);
    }
    last = std::move(next);
  }
  result.next = last;
  return result;
}

bool is_known(const contracts::StateReader& index, Resource resource, std::string_view value) {
  using production::Vocabulary;
  switch (resource) {
    case Resource::event_types: {
      const auto type = production::type_name_from(value);
      return type && has_rows(index, index_rows::of_type(*type));
    }
    case Resource::epcs: return has_rows(index, index_rows::of_entity(production::entity_key(value)));
    case Resource::biz_steps:
      return has_rows(index, index_rows::of_biz_step(production::bare_word(Vocabulary::biz_step, value)));
    case Resource::dispositions:
      return has_rows(index, index_rows::of_disposition(production::bare_word(Vocabulary::disposition, value)));
    case Resource::biz_locations: return has_rows(index, index_rows::of_biz_location(production::entity_key(value)));
    case Resource::read_points: return has_rows(index, index_rows::of_read_point(production::entity_key(value)));
  }
  return false;
}

bool is_company_prefix(const contracts::StateReader& index, std::string_view digits) {
  return index.get(index_rows::company_prefix_key(digits)).has_value();
}

}  // namespace keten::query
