#include "node/query/lineage.h"

namespace keten::query {
namespace {

using json::Value;

void set_text(Value& object, const std::string& name, const std::string& text) {
  if (!text.empty()) { object.set(name, Value::string(text)); }
}
void set_flag(Value& object, const std::string& name, bool value) {
  if (value) { object.set(name, Value::boolean(true)); }
}
Value number(std::uint64_t value) { return Value::number(static_cast<std::int64_t>(value)); }

void set_where(Value& object, const Whereabouts& where) {
  set_text(object, "possessor", where.possessor);
  set_text(object, "location", where.location);
  set_text(object, "container", where.container);
  set_flag(object, "inferred", where.inferred);
}

Value item_json(const Whereabout& item) {
  auto result = Value::object();
  result.set("epc", Value::string(item.key)).set("alive", Value::boolean(item.alive));
  set_text(result, "amount", item.amount);
  set_text(result, "unit", item.unit);
  set_where(result, item.where);
  set_flag(result, "inTransit", item.moving);
  set_flag(result, "unfolded", item.unfolded);
  set_flag(result, "uncounted", item.uncounted);
  set_flag(result, "lotInferred", item.lot_inferred);
  return result;
}

std::string standing_name(const HistoryLine& line) {
  if (line.inferred) { return "inferred"; }
  switch (line.standing) {
    case production::Standing::folded: return "recorded";
    case production::Standing::claim: return "claim";
    case production::Standing::erroneous: return "error";
    case production::Standing::unknown: return "unknown";
  }
  return {};
}

std::string kind_name(production::Holding::Kind kind) {
  switch (kind) {
    case production::Holding::Kind::held: return "held";
    case production::Holding::Kind::moving: return "moving";
    case production::Holding::Kind::packed: return "packed";
  }
  return {};
}

}  // namespace

json::Value to_json(const production::ItemState& state, const Whereabouts& where) {
  auto result = Value::object();
  result.set("born", Value::boolean(state.born)).set("alive", Value::boolean(!state.dead));
  set_where(result, where);
  set_text(result, "bizStep", state.biz_step);
  set_text(result, "disposition", state.disposition);
  set_flag(result, "inTransit", state.in_transit);
  set_flag(result, "unfolded", state.unfolded);
  set_flag(result, "uncounted", state.uncounted);
  result.set("events", number(state.events)).set("claims", number(state.claims));
  if (!state.holdings.empty()) {
    auto holdings = Value::array();
    for (const auto& holding : state.holdings) {
      if (holding.amount == "0") { continue; }
      auto entry = Value::object();
      entry.set("kind", Value::string(kind_name(holding.kind)));
      set_text(entry, "holder", holding.holder);
      set_text(entry, holding.kind == production::Holding::Kind::packed ? "container" : "location", holding.place);
      entry.set("amount", Value::string(holding.amount));
      set_text(entry, "unit", holding.unit);
      holdings.push(std::move(entry));
    }
    result.set("holdings", std::move(holdings));
  }
  return result;
}

json::Value to_json(const HoldingsPage& page) {
  auto items = Value::array();
  for (const auto& item : page.items) { items.push(item_json(item)); }
  auto result = Value::object();
  result.set(page.is_place ? "location" : "organisation", Value::string(page.who))
      .set("height", number(page.height.value))
      .set("items", std::move(items));
  set_text(result, "nextPageToken", page.next_page_token);
  return result;
}

json::Value to_json(const Recall& recall) {
  auto groups = Value::array();
  for (const auto& group : recall.groups) {
    auto entry = Value::object();
    set_where(entry, group.where);
    entry.set("items", number(group.items));
    groups.push(std::move(entry));
  }
  auto forward = Value::array();
  for (const auto& step : recall.forward) {
    auto entry = Value::object();
    entry.set("from", Value::string(step.from))
        .set("to", Value::string(step.to))
        .set("items", number(step.items))
        .set("first", Value::string(production::time_text(step.first)))
        .set("last", Value::string(production::time_text(step.last)));
    forward.push(std::move(entry));
  }
  auto items = Value::array();
  for (const auto& item : recall.items) {
    auto entry = item_json(item);
    entry.set("depth", number(item.depth));
    items.push(std::move(entry));
  }
  auto result = Value::object();
  set_text(result, recall.is_place ? "location" : "epc", recall.what);
  result.set("height", number(recall.height.value))
      .set("affected", number(recall.affected))
      .set("alive", number(recall.alive))
      .set("truncated", Value::boolean(recall.truncated))
      .set("groups", std::move(groups))
      .set("forward", std::move(forward))
      .set("items", std::move(items));
  set_text(result, "nextPageToken", recall.next_page_token);
  return result;
}

json::Value to_json(const ItemHistory& history) {
  auto events = Value::array();
  for (const auto& line : history.lines) {
    auto entry = Value::object();
    entry.set("eventID", Value::string(line.event.id))
        .set("type", Value::string(std::string(production::event_type_name(line.event.type))))
        .set("standing", Value::string(standing_name(line)));
    set_text(entry, "action", std::string(production::action_name(line.event.action)));
    entry.set("eventTime", Value::string(production::time_text(line.event.time)))
        .set("recordTime",
             Value::string(production::time_text(static_cast<production::EventTime>(line.event.record_time))))
        .set("organisation", Value::string(line.event.organisation));
    set_text(entry, "bizStep", line.event.biz_step);
    set_text(entry, "disposition", line.event.disposition);
    set_text(entry, "readPoint", line.event.read_point);
    set_text(entry, "bizLocation", line.event.biz_location);
    set_text(entry, "possessor", line.possessor);
    set_text(entry, "errorReason", line.declaration_reason);
    if (!line.corrected_by.empty()) {
      auto ids = Value::array();
      for (const auto& id : line.corrected_by) { ids.push(Value::string(id)); }
      entry.set("correctedBy", std::move(ids));
    }
    entry.set("height", number(line.event.position.height.value))
        .set("transaction", number(line.event.position.transaction))
        .set("number", number(line.event.position.event));
    events.push(std::move(entry));
  }
  auto result = Value::object();
  result.set("epc", Value::string(history.entity)).set("height", number(history.height.value));
  if (history.state) { result.set("state", to_json(*history.state, history.where)); }
  result.set("events", std::move(events)).set("truncated", Value::boolean(history.truncated));
  set_text(result, "nextPageToken", history.next_page_token);
  return result;
}

}  // namespace keten::query
