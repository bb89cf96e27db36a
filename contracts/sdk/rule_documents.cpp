#include "contracts/sdk/rule_documents.h"

#include <string>
#include <string_view>
#include <utility>

#include "contracts/production/entity.h"
#include "contracts/production/vocabulary.h"

namespace keten::sdk {
namespace {

using json::Kind;
using json::Value;
using production::Vocabulary;

constexpr int kContainersMax = 16;

/// What the text of a member is, by the member's name; empty text: neither word nor name.
std::string spelling(std::string_view list, std::string_view name, const std::string& text) {
  const auto word = [&](Vocabulary vocabulary) { return production::bare_word(vocabulary, text); };
  if (name == "bizStep") { return word(Vocabulary::biz_step); }
  if (name == "disposition" || name == "set" || name == "unset") { return word(Vocabulary::disposition); }
  if (name == "reason") { return word(Vocabulary::error_reason); }
  if (name == "component") { return word(Vocabulary::component); }
  if (name == "exception") { return word(Vocabulary::sensor_exception); }
  if (name == "type" && list == "bizTransactionList") { return word(Vocabulary::biz_transaction_type); }
  if (name == "type" && (list == "sourceList" || list == "destinationList")) { return word(Vocabulary::party_type); }
  if (name == "type" && list == "sensorReport") { return word(Vocabulary::measurement_type); }
  const bool names_a_thing = name == "parentID" || name == "epcClass" || name == "source" || name == "destination" ||
                             name == "epcList" || name == "childEPCs" || name == "inputEPCList" ||
                             name == "outputEPCList" ||
                             (name == "id" && (list == "readPoint" || list == "bizLocation"));
  return names_a_thing ? production::entity_key(text) : text;
}

/// `list` is the member that this stands in, through arrays; `name` its own.
Value rewritten(const Value& value, std::string_view list, std::string_view name) {
  if (value.is(Kind::string)) { return Value::string(spelling(list, name, value.text())); }
  if (value.is(Kind::array)) {
    auto all = Value::array();
    for (const auto& one : value.items()) { all.push(rewritten(one, list, name)); }
    return all;
  }
  if (!value.is(Kind::object)) { return value; }
  auto all = Value::object();
  // Inside, names belong to this member: `type` of a bizTransactionList, `id` of a readPoint.
  for (const auto& [member, content] : value.members()) {
    // The master data of an instance or lot is free; nothing in it is rewritten.
    all.set(member, member == "ilmd" ? content : rewritten(content, name, member));
  }
  return all;
}

void set_text(Value& object, const std::string& name, const std::string& text) {
  if (!text.empty()) { object.set(name, Value::string(text)); }
}
void set_flag(Value& object, const std::string& name, bool flag) {
  if (flag) { object.set(name, Value::boolean(true)); }
}

std::string kind_name(production::Holding::Kind kind) {
  switch (kind) {
    case production::Holding::Kind::held: return "held";
    case production::Holding::Kind::moving: return "moving";
    case production::Holding::Kind::packed: return "packed";
  }
  return {};
}

Value holdings_of(const production::ItemState& item) {
  auto all = Value::array();
  for (const auto& holding : item.holdings) {
    if (holding.amount == "0") { continue; }
    auto entry = Value::object();
    entry.set("kind", Value::string(kind_name(holding.kind)));
    set_text(entry, "holder", holding.holder);
    set_text(entry, holding.kind == production::Holding::Kind::packed ? "container" : "location", holding.place);
    entry.set("amount", Value::string(holding.amount));
    set_text(entry, "unit", holding.unit);
    all.push(std::move(entry));
  }
  return all;
}

}  // namespace

Value judged_event(const Value& event) {
  auto result = rewritten(event, {}, {});
  result.remove("@context");
  return result;
}

Value judged_item(const contracts::StateReader& state, const production::ItemState& item) {
  auto possessor = item.possessor;
  auto location = item.location;
  auto newest = item.last();
  const auto& container = item.parent.empty() ? item.assembly : item.parent;
  bool inferred = false;
  auto next = container;
  for (int level = 0; level < kContainersMax && !next.empty(); ++level) {
    const auto outer = production::item_state(state, next);
    if (!outer) { break; }
    if (outer->last() > newest) {
      newest = outer->last();
      possessor = outer->possessor;
      if (!outer->location.empty()) { location = outer->location; }
      inferred = true;
    }
    next = outer->parent.empty() ? outer->assembly : outer->parent;
  }
  auto result = Value::object();
  result.set("born", Value::boolean(item.born)).set("alive", Value::boolean(!item.dead));
  set_text(result, "possessor", possessor);
  set_text(result, "location", location);
  set_text(result, "container", container);
  set_flag(result, "inferred", inferred);
  set_text(result, "bizStep", item.biz_step);
  set_text(result, "disposition", item.disposition);
  set_flag(result, "inTransit", item.in_transit);
  set_flag(result, "unfolded", item.unfolded);
  set_flag(result, "uncounted", item.uncounted);
  result.set("events", Value::number(static_cast<std::int64_t>(item.events)))
      .set("claims", Value::number(static_cast<std::int64_t>(item.claims)));
  if (!item.holdings.empty()) { result.set("holdings", holdings_of(item)); }
  return result;
}

}  // namespace keten::sdk
