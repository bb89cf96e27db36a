#include "contracts/rule_views.h"

#include <algorithm>
#include <array>
#include <utility>

#include "contracts/governance/records.h"
#include "contracts/production/entity.h"
#include "contracts/production/item_state.h"
#include "contracts/production/time.h"
#include "contracts/production/vocabulary.h"

namespace keten::contracts {
namespace {

using json::Kind;
using json::Value;
using production::Vocabulary;

constexpr std::size_t kNestingMax = 16;  ///< containers of containers that are followed

Value text(std::string_view value) { return Value::string(std::string(value)); }
Value number(std::uint64_t value) { return Value::number(static_cast<std::int64_t>(value)); }

Value spelt(const Value& value) { return value.is(Kind::string) ? text(production::entity_key(value.text())) : value; }
Value word(const Value& value, Vocabulary vocabulary) {
  return value.is(Kind::string) ? text(production::bare_word(vocabulary, value.text())) : value;
}
Value time(const Value& value) {
  const auto parsed = value.is(Kind::string) ? production::parse_time(value.text()) : std::nullopt;
  return parsed ? text(production::time_text(*parsed)) : value;
}

/// Applies `change` to each entry of an array, or to what stands alone.
template <typename Change>
Value each(const Value& value, const Change& change) {
  if (!value.is(Kind::array)) { return change(value); }
  auto list = Value::array();
  for (const auto& item : value.items()) { list.push(change(item)); }
  return list;
}
/// Applies `change(name, value)` to each member of an object.
template <typename Change>
Value members(const Value& value, const Change& change) {
  if (!value.is(Kind::object)) { return value; }
  auto object = Value::object();
  for (const auto& [name, member] : value.members()) { object.set(name, change(name, member)); }
  return object;
}

Value quantity(const Value& value) {
  return members(
      value, [](const std::string& name, const Value& member) { return name == "epcClass" ? spelt(member) : member; });
}
Value place(const Value& value) {
  return members(value,
                 [](const std::string& name, const Value& member) { return name == "id" ? spelt(member) : member; });
}
Value party(const Value& value) {
  return members(value, [](const std::string& name, const Value& member) {
    if (name == "type") { return word(member, Vocabulary::party_type); }
    return name == "source" || name == "destination" ? spelt(member) : member;
  });
}
Value business_transaction(const Value& value) {
  return members(value, [](const std::string& name, const Value& member) {
    if (name == "type") { return word(member, Vocabulary::biz_transaction_type); }
    return name == "bizTransaction" ? spelt(member) : member;
  });
}
Value persistent_disposition(const Value& value) {
  return members(value, [](const std::string&, const Value& member) {
    return each(member, [](const Value& one) { return word(one, Vocabulary::disposition); });
  });
}
Value sensor_report(const Value& value) {
  return members(value, [](const std::string& name, const Value& member) {
    if (name == "type") { return word(member, Vocabulary::measurement_type); }
    if (name == "exception") { return word(member, Vocabulary::sensor_exception); }
    if (name == "component") { return word(member, Vocabulary::component); }
    return name == "time" ? time(member) : member;
  });
}
Value sensor_element(const Value& value) {
  return members(value, [](const std::string& name, const Value& member) {
    if (name == "sensorReport") { return each(member, sensor_report); }
    if (name != "sensorMetadata") { return member; }
    return members(member, [](const std::string& inner, const Value& one) {
      return inner == "time" || inner == "startTime" || inner == "endTime" ? time(one) : one;
    });
  });
}

struct MemberRule {
  std::string_view name;
  Value (*change)(const Value&);
};
constexpr std::array<MemberRule, 21> kMembers = {{
    {"epcList", spelt},
    {"childEPCs", spelt},
    {"inputEPCList", spelt},
    {"outputEPCList", spelt},
    {"parentID", spelt},
    {"transformationID", spelt},
    {"quantityList", quantity},
    {"childQuantityList", quantity},
    {"inputQuantityList", quantity},
    {"outputQuantityList", quantity},
    {"readPoint", place},
    {"bizLocation", place},
    {"sourceList", party},
    {"destinationList", party},
    {"bizTransactionList", business_transaction},
    {"persistentDisposition", persistent_disposition},
    {"sensorElementList", sensor_element},
    {"eventTime", time},
    {"recordTime", time},
    {"bizStep", [](const Value& value) { return word(value, Vocabulary::biz_step); }},
    {"disposition", [](const Value& value) { return word(value, Vocabulary::disposition); }},
}};

void set_text(Value& object, const std::string& name, const std::string& value) {
  if (!value.empty()) { object.set(name, Value::string(value)); }
}
void set_flag(Value& object, const std::string& name, bool value) {
  if (value) { object.set(name, Value::boolean(true)); }
}

std::string_view kind_name(production::Holding::Kind kind) {
  switch (kind) {
    case production::Holding::Kind::held: return "held";
    case production::Holding::Kind::moving: return "moving";
    case production::Holding::Kind::packed: return "packed";
  }
  return {};
}

Value holdings_json(const production::ItemState& item) {
  auto list = Value::array();
  for (const auto& holding : item.holdings) {
    if (holding.amount == "0") { continue; }
    auto entry = Value::object();
    entry.set("kind", text(kind_name(holding.kind)));
    set_text(entry, "holder", holding.holder);
    set_text(entry, holding.kind == production::Holding::Kind::packed ? "container" : "location", holding.place);
    entry.set("amount", Value::string(holding.amount));
    set_text(entry, "unit", holding.unit);
    list.push(std::move(entry));
  }
  return list;
}

}  // namespace

Value event_view(const production::Event& event, const std::string& id) {
  auto view = Value::object();
  for (const auto& [name, value] : event.value.members()) {
    if (name == "@context") { continue; }
    const auto rule = std::ranges::find(kMembers, std::string_view(name), &MemberRule::name);
    view.set(name, rule == kMembers.end() ? value : each(value, rule->change));
  }
  view.set("eventID", Value::string(id));
  return view;
}

std::optional<ItemView> item_view(const StateReader& state, std::string_view entity) {
  const auto item = production::item_state(state, entity);
  if (!item) { return std::nullopt; }
  ItemView view;
  auto possessor = item->possessor;
  auto location = item->location;
  const auto container = item->parent.empty() ? item->assembly : item->parent;
  bool inferred = false;
  auto newest = item->last();
  for (auto outer_name = container; view.reads <= kNestingMax && !outer_name.empty();) {
    ++view.reads;
    const auto outer = production::item_state(state, outer_name);
    if (!outer) { break; }
    if (outer->last() > newest) {
      newest = outer->last();
      possessor = outer->possessor;
      if (!outer->location.empty()) { location = outer->location; }
      inferred = true;
    }
    outer_name = outer->parent.empty() ? outer->assembly : outer->parent;
  }
  auto value = Value::object();
  value.set("born", Value::boolean(item->born)).set("alive", Value::boolean(!item->dead));
  set_text(value, "possessor", possessor);
  set_text(value, "location", location);
  set_text(value, "container", container);
  if (!container.empty()) { value.set("bond", text(item->parent.empty() ? "association" : "aggregation")); }
  set_flag(value, "inferred", inferred);
  set_text(value, "bizStep", item->biz_step);
  set_text(value, "disposition", item->disposition);
  set_flag(value, "inTransit", item->in_transit);
  set_flag(value, "unfolded", item->unfolded);
  set_flag(value, "uncounted", item->uncounted);
  value.set("events", number(item->events)).set("claims", number(item->claims));
  if (!item->holdings.empty()) { value.set("holdings", holdings_json(*item)); }
  view.value = std::move(value);
  if (!possessor.empty()) { view.holders.push_back(std::move(possessor)); }
  for (const auto& holding : item->holdings) {
    if (!holding.holder.empty() && holding.amount != "0") { view.holders.push_back(holding.holder); }
  }
  return view;
}

std::optional<Value> member_view(const StateReader& state, std::string_view organisation) {
  governance::StateStore store(state);
  const auto record = governance::Records(store).organisation(organisation);
  if (!record) { return std::nullopt; }
  auto value = Value::object();
  value.set("name", text(organisation))
      .set("member", Value::boolean(record->is_member()))
      .set("joined", number(record->joined.value));
  return value;
}

}  // namespace keten::contracts
