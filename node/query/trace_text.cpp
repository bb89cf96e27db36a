#include <algorithm>
#include <map>

#include "node/query/trace.h"

namespace keten::query {
namespace {

using json::Value;

void set_text(Value& object, const std::string& name, const std::string& text) {
  if (!text.empty()) { object.set(name, Value::string(text)); }
}

Value number(std::size_t value) { return Value::number(static_cast<std::int64_t>(value)); }

Value event_json(const production::EventSummary& event) {
  auto result = Value::object();
  result.set("eventID", Value::string(event.id))
      .set("type", Value::string(std::string(production::event_type_name(event.type))));
  set_text(result, "action", std::string(production::action_name(event.action)));
  result.set("eventTime", Value::string(production::time_text(event.time)))
      .set("recordTime", Value::string(production::time_text(static_cast<production::EventTime>(event.record_time))))
      .set("organisation", Value::string(event.organisation));
  set_text(result, "bizStep", event.biz_step);
  set_text(result, "disposition", event.disposition);
  set_text(result, "readPoint", event.read_point);
  set_text(result, "bizLocation", event.biz_location);
  result.set("height", Value::number(static_cast<std::int64_t>(event.position.height.value)))
      .set("transaction", number(event.position.transaction))
      .set("number", number(event.position.event));
  return result;
}

Value item_json(const TraceItem& item) {
  auto result = Value::object();
  result.set("epc", Value::string(item.key)).set("depth", number(item.depth));
  if (!item.state) { return result; }
  result.set("alive", Value::boolean(!item.state->dead));
  set_text(result, "parent", item.state->parent);
  set_text(result, "possessor", item.state->possessor);
  set_text(result, "location", item.state->location);
  set_text(result, "disposition", item.state->disposition);
  if (item.state->unfolded) { result.set("unfolded", Value::boolean(true)); }
  return result;
}

/// What people read of an identifier: from its GS1 key on.
std::string short_name(std::string_view key) {
  constexpr std::string_view kDomain = "https://id.gs1.org/";
  return std::string(key.starts_with(kDomain) ? key.substr(kDomain.size()) : key);
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') { result += '\\'; }
    result += character;
  }
  return result + '"';
}

std::string step_of(const production::EventSummary& event) {
  return event.biz_step.empty() ? std::string(production::event_type_name(event.type)) : event.biz_step;
}

/// The items of one event by relation, at most `most` named.
std::string what_of(const Trace& trace, const std::vector<TraceLink>& links, std::size_t most) {
  std::map<Relation, std::vector<std::string>> by_relation;
  for (const auto& link : links) {
    if (!link.inferred) { by_relation[link.relation].push_back(short_name(trace.items[link.item].key)); }
  }
  if (by_relation.empty()) {
    for (const auto& link : links) { by_relation[link.relation].push_back(short_name(trace.items[link.item].key)); }
  }
  const auto list = [most](const std::vector<std::string>& names) {
    std::string result;
    for (std::size_t i = 0; i < std::min(names.size(), most); ++i) { result += (i == 0 ? "" : ", ") + names[i]; }
    return names.size() > most ? result + " and " + std::to_string(names.size() - most) + " more" : result;
  };
  if (by_relation.contains(Relation::input) || by_relation.contains(Relation::output)) {
    return list(by_relation[Relation::input]) + " -> " + list(by_relation[Relation::output]);
  }
  if (by_relation.contains(Relation::contains) || by_relation.contains(Relation::contained_in)) {
    const auto children = list(by_relation[Relation::contained_in]);
    const auto parents = list(by_relation[Relation::contains]);
    return parents.empty() ? children : children.empty() ? parents : children + " in " + parents;
  }
  std::string result;
  for (const auto& [relation, names] : by_relation) { result += (result.empty() ? "" : "; ") + list(names); }
  return result;
}

}  // namespace

json::Value trace_json(const Trace& trace) {
  auto items = Value::array();
  for (const auto& item : trace.items) { items.push(item_json(item)); }
  auto events = Value::array();
  for (const auto& event : trace.events) { events.push(event_json(event.summary)); }
  auto links = Value::array();
  for (const auto& link : trace.links) {
    auto entry = Value::object();
    entry.set("event", number(link.event))
        .set("item", number(link.item))
        .set("relation", Value::string(std::string(relation_name(link.relation))))
        .set("inferred", Value::boolean(link.inferred));
    links.push(std::move(entry));
  }
  auto result = Value::object();
  result.set("entity", Value::string(trace.entity))
      .set("direction", Value::string(trace.direction == TraceDirection::back ? "back" : "forward"))
      .set("height", Value::number(static_cast<std::int64_t>(trace.height.value)))
      .set("truncated", Value::boolean(trace.truncated))
      .set("items", std::move(items))
      .set("events", std::move(events))
      .set("links", std::move(links));
  return result;
}

std::string trace_dot(const Trace& trace) {
  std::string result = "digraph trace {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n";
  for (std::size_t i = 0; i < trace.items.size(); ++i) {
    result += "  i" + std::to_string(i) + " [shape=ellipse, label=" + quoted(short_name(trace.items[i].key)) + "];\n";
  }
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const auto& event = trace.events[i].summary;
    auto label = quoted(step_of(event) + "\n" + event.organisation + "\n" + production::time_text(event.time));
    for (auto line = label.find('\n'); line != std::string::npos; line = label.find('\n')) {
      label.replace(line, 1, "\\n");
    }
    result += "  e" + std::to_string(i) + " [shape=box, label=" + label + "];\n";
  }
  for (const auto& link : trace.links) {
    // Along the flow of goods: into the event what it takes, out of it what it gives.
    const bool out = link.relation == Relation::output || link.relation == Relation::contains;
    const auto item = "i" + std::to_string(link.item);
    const auto event = "e" + std::to_string(link.event);
    result += "  " + (out ? event + " -> " + item : item + " -> " + event) +
              " [label=" + quoted(relation_name(link.relation)) + (link.inferred ? ", style=dashed" : "") + "];\n";
  }
  return result + "}\n";
}

std::vector<TraceRow> trace_rows(const Trace& trace) {
  std::vector<std::vector<TraceLink>> links(trace.events.size());
  for (const auto& link : trace.links) { links[link.event].push_back(link); }
  std::vector<TraceRow> rows;
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const auto& event = trace.events[i].summary;
    const auto& where = event.read_point.empty() ? event.biz_location : event.read_point;
    const bool inferred =
        std::any_of(links[i].begin(), links[i].end(), [](const TraceLink& link) { return link.inferred; });
    rows.push_back({production::time_text(event.time), event.organisation, step_of(event), what_of(trace, links[i], 3),
                    short_name(where), inferred});
  }
  return rows;
}

}  // namespace keten::query
