#include "tools/keten/trace_view.h"

#include <optional>

#include <fmt/format.h>

#include "contracts/production/event.h"
#include "contracts/production/time.h"
#include "tools/keten/console.h"

namespace keten::tools {
namespace {

using query::Relation;

Error malformed(std::string_view what) {
  return failure(ErrorKind::corrupt, "TRACE_MALFORMED", "the node's trace is malformed: expected " + std::string(what));
}

std::string text_of(const json::Value& object, std::string_view name) {
  return std::string(object.find_string(name).value_or(""));
}

std::optional<std::size_t> index_of(const json::Value& object, std::string_view name, std::size_t end) {
  const auto* member = object.find(name);
  const auto value = member == nullptr ? std::nullopt : member->as_integer();
  if (!value || *value < 0 || static_cast<std::size_t>(*value) >= end) { return std::nullopt; }
  return static_cast<std::size_t>(*value);
}

std::optional<Relation> relation_of(std::string_view name) {
  for (const auto relation : {Relation::observed, Relation::input, Relation::output, Relation::contains,
                              Relation::contained_in, Relation::sent, Relation::received}) {
    if (query::relation_name(relation) == name) { return relation; }
  }
  return std::nullopt;
}

Result<query::TraceEvent> parse_event(const json::Value& entry) {
  const auto type = production::event_type_from(text_of(entry, "type"));
  const auto time = production::parse_time(text_of(entry, "eventTime"));
  if (!type || !time) { return malformed("type and eventTime of an event"); }
  query::TraceEvent event;
  event.summary.type = *type;
  event.summary.time = *time;
  event.summary.organisation = text_of(entry, "organisation");
  event.summary.id = text_of(entry, "eventID");
  event.summary.biz_step = text_of(entry, "bizStep");
  event.summary.disposition = text_of(entry, "disposition");
  event.summary.read_point = text_of(entry, "readPoint");
  event.summary.biz_location = text_of(entry, "bizLocation");
  return event;
}

bool is_true(const json::Value& object, std::string_view name) {
  const auto* member = object.find(name);
  return member != nullptr && member->is(json::Kind::boolean) && member->as_bool();
}

/// The last part of a URI: `shipping` of `https://ref.gs1.org/cbv/BizStep-shipping` and of `urn:epcglobal:cbv:bizstep:shipping`.
std::string short_word(std::string_view uri) {
  if (uri.find(':') == std::string_view::npos) { return std::string(uri); }
  const auto start = uri.find_last_of(":/-");
  return std::string(uri.substr(start + 1));
}

/// The first items of the event's lists, in the order of their meaning.
std::string items_of(const json::Value& event) {
  std::vector<std::string> names;
  if (const auto parent = event.find_string("parentID")) { names.push_back(short_item(*parent)); }
  for (const auto* list_name : {"epcList", "childEPCs", "inputEPCList", "outputEPCList", "quantityList",
                                "childQuantityList", "inputQuantityList", "outputQuantityList"}) {
    const auto* list = event.find(list_name);
    if (list == nullptr || !list->is(json::Kind::array)) { continue; }
    for (const auto& entry : list->items()) {
      const auto epc = entry.is(json::Kind::string) ? entry.text() : text_of(entry, "epcClass");
      if (!epc.empty()) { names.push_back(short_item(epc)); }
    }
  }
  if (names.empty()) { return "-"; }
  return names.size() == 1 ? names.front() : fmt::format("{} and {} more", names.front(), names.size() - 1);
}

}  // namespace

std::string short_item(std::string_view epc) {
  for (const std::string_view start : {"https://id.gs1.org/", "urn:epc:id:", "urn:epc:class:"}) {
    if (epc.starts_with(start)) { return std::string(epc.substr(start.size())); }
  }
  return std::string(epc);
}

Result<query::Trace> parse_trace(const json::Value& document) {
  const auto list = [&](std::string_view name) -> const std::vector<json::Value>* {
    const auto* member = document.find(name);
    return member != nullptr && member->is(json::Kind::array) ? &member->items() : nullptr;
  };
  const auto* items = list("items");
  const auto* events = list("events");
  const auto* links = list("links");
  if (items == nullptr || events == nullptr || links == nullptr) { return malformed("items, events and links"); }

  query::Trace trace;
  trace.entity = text_of(document, "entity");
  trace.direction =
      text_of(document, "direction") == "forward" ? query::TraceDirection::forward : query::TraceDirection::back;
  trace.truncated = is_true(document, "truncated");
  for (const auto& entry : *items) {
    query::TraceItem item;
    item.key = text_of(entry, "epc");
    trace.items.push_back(std::move(item));
  }
  for (const auto& entry : *events) {
    auto event = parse_event(entry);
    if (!event) { return event.error(); }
    trace.events.push_back(std::move(*event));
  }
  for (const auto& entry : *links) {
    const auto event = index_of(entry, "event", trace.events.size());
    const auto item = index_of(entry, "item", trace.items.size());
    const auto relation = relation_of(text_of(entry, "relation"));
    if (!event || !item || !relation) { return malformed("event, item and relation of a link"); }
    trace.links.push_back(
        {.event = *event, .item = *item, .relation = *relation, .inferred = is_true(entry, "inferred")});
  }
  return trace;
}

std::string trace_table(const query::Trace& trace) {
  Table table({{"TIME (UTC)"}, {"COMPANY"}, {"STEP"}, {"WHAT"}, {"WHERE"}});
  for (const auto& row : query::trace_rows(trace)) {
    auto time = row.time.substr(0, 16);
    if (time.size() > 10) { time[10] = ' '; }
    table.add({time, row.organisation, row.step + (row.inferred ? " *" : ""), row.what, row.where});
  }
  return table.text();
}

std::vector<std::string> event_row(const json::Value& event) {
  const auto* read_point = event.find("readPoint");
  const auto action = text_of(event, "action");
  return {text_of(event, "eventTime"),
          text_of(event, "type"),
          action.empty() ? "-" : action,
          short_word(text_of(event, "bizStep")),
          read_point == nullptr ? "-" : short_item(text_of(*read_point, "id")),
          items_of(event),
          text_of(event, "eventID")};
}

}  // namespace keten::tools
