#include "tools/keten/history_check.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "contracts/production/event.h"
#include "contracts/production/event_summary.h"
#include "contracts/production/item_state.h"
#include "contracts/production/time.h"
#include "node/query/lineage.h"

namespace keten::tools {
namespace {

using json::Value;

std::string text_of(const Value& object, std::string_view name) {
  return std::string(object.find_string(name).value_or(""));
}

std::uint64_t number_of(const Value& object, std::string_view name) {
  const auto* member = object.find(name);
  const auto value = member == nullptr ? std::nullopt : member->as_integer();
  return value && *value >= 0 ? static_cast<std::uint64_t>(*value) : 0;
}

const std::vector<Value>& events_of(const Value& document) {
  static const std::vector<Value> kNone;
  const auto* list = document.find("events");
  return list != nullptr && list->is(json::Kind::array) ? list->items() : kNone;
}

/// Where an event stands, and whose it is.
using EventName = std::tuple<std::uint64_t, std::uint64_t, std::string, std::string>;

std::string words(const EventName& name) {
  return fmt::format("event {} of {} at height {}", std::get<3>(name), std::get<2>(name), std::get<0>(name));
}

std::string events(std::size_t count) { return count == 1 ? "1 event" : std::to_string(count) + " events"; }

/// The height up to which a proof about items holds: that of the state which the anchor binds, and the anchor's own when it is
/// the next block and holds no transactions, because nothing else changes items.
std::uint64_t holds_until(const proof::Proof& proof) {
  const auto& anchor = proof.anchor;
  const bool is_next_and_empty = anchor.height == anchor.executed_height.next() && anchor.transaction_count == 0;
  return is_next_and_empty ? anchor.height.value : anchor.executed_height.value;
}

/// Whether a node may find more by a transformationID, which a proved lineage does not follow.
bool may_join_by_id(const proof::Proof& proof) {
  return std::any_of(proof.events.begin(), proof.events.end(), [](const proof::EpcisEvent& event) {
    return event.text.empty() || as_text(event.text).find("\"transformationID\"") != std::string_view::npos;
  });
}

struct ProvedEvent {
  const proof::HistoryEntry* entry = nullptr;
  const proof::EpcisEvent* event = nullptr;
};

/// What a declaration says of the event that it is about.
struct Declared {
  std::string reason;
  std::vector<std::string> corrective_event_ids;
};

std::vector<std::string> texts_of(const Value& object, std::string_view name) {
  std::vector<std::string> result;
  const auto* list = object.find(name);
  if (list == nullptr || !list->is(json::Kind::array)) { return result; }
  for (const auto& one : list->items()) {
    result.emplace_back(one.is(json::Kind::string) ? one.text() : json::serialize(one));
  }
  return result;
}

class Events {
 public:
  Events(const HistoryAnswer& answer, const proof::Proof& proof, Verification& verification)
      : answer_(answer),
        verification_(verification),
        bound_(holds_until(proof)),
        at_(number_of(answer.document, "height")) {
    if (const auto* history = std::get_if<proof::HistoryProof>(&proof.statement)) {
      add(*history, proof.events);
    } else {
      for (const auto& one : std::get<proof::TraceProof>(proof.statement).histories) { add(one, proof.events); }
      is_joined_by_id_ = may_join_by_id(proof);
    }
  }

  /// Of a trace, which does not tell standings.
  Compared run_trace(proof::Direction direction) {
    std::vector<const ProvedEvent*> shown;
    for (const auto& line : events_of(answer_.document)) {
      const auto found = find(line);
      shown.push_back(found == proved_.end() ? nullptr : &found->second);
      if (verification_.has_failed()) { return Compared::done; }
      if (found == proved_.end()) { continue; }
      compare_fields(line, found->first, found->second);
      if (verification_.has_failed()) { return Compared::done; }
    }
    compare_links(shown, direction);
    if (verification_.has_failed()) { return Compared::done; }
    if (is_too_early_) { return Compared::too_early; }
    std::size_t others = 0;
    for (const auto& [name, event] : proved_) {
      others += shown_.contains(name) || (event.event->flags & 1U) != 0 || std::get<0>(name) > at_ ? 0U : 1U;
    }
    if (joined_ > 0) { verification_.is_word_of_node(events(joined_) + " that only a transformationID joins to it"); }
    if (others > 0) {
      verification_.is_word_of_node("that " + events(others) +
                                    " of the lineage do not belong to it by their times or depth");
    }
    verification_.is_word_of_node("what is inferred, and the state of each item");
    if (without_text_ > 0) {
      verification_.is_word_of_node(events(without_text_) + " beyond who and when: the text is not here any more");
    }
    return Compared::done;
  }

  Compared run() {
    std::size_t inferred = 0;
    for (const auto& line : events_of(answer_.document)) {
      if (text_of(line, "standing") == "inferred") {
        ++inferred;
        continue;
      }
      const auto found = find(line);
      if (verification_.has_failed()) { return Compared::done; }
      if (found == proved_.end()) { continue; }
      compare(line, found->first, found->second);
      if (verification_.has_failed()) { return Compared::done; }
    }
    for (const auto& [name, event] : proved_) {
      // A declaration stands with the event that it is about.
      if (shown_.contains(name) || (event.event->flags & 1U) != 0) { continue; }
      if (std::get<0>(name) > at_) {
        ++newer_;
        continue;
      }
      if (!answer_.is_whole) { continue; }
      verification_.differs("/events", words(name), "it is left out");
      return Compared::done;
    }
    if (is_too_early_) { return Compared::too_early; }
    if (hidden_ > 0) {
      verification_.is_missing(failure(ErrorKind::unavailable, "EVENTS_HIDDEN",
                                       "of " + events(hidden_) +
                                           " of its history the proof has the hash only, so "
                                           "what they say may be left out; ask another node"));
      return Compared::done;
    }
    if (!answer_.is_whole) { verification_.is_word_of_node("that nothing is left out of these pages"); }
    if (newer_ > 0) {
      verification_.note(fmt::format("{} recorded after height {}, of which the answer is: ask again for what is new",
                                     newer_ == 1 ? "1 event was" : std::to_string(newer_) + " events were", at_));
    }
    verification_.is_word_of_node("which events are claims, and who had the item after each");
    if (inferred > 0) { verification_.is_word_of_node(fmt::format("{} inferred from containers", events(inferred))); }
    if (without_text_ > 0) {
      verification_.is_word_of_node(events(without_text_) + " beyond who and when: the text is not here any more");
    }
    return Compared::done;
  }

 private:
  using Proved = std::map<EventName, ProvedEvent>;

  void add(const proof::HistoryProof& history, const std::vector<proof::EpcisEvent>& list) {
    for (const auto& entry : history.entries) {
      const auto* place = std::get_if<proof::EventPlace>(&entry.content);
      if (place == nullptr) {
        ++hidden_;
        continue;
      }
      const auto& event = list[place->place];
      proved_.emplace(EventName{entry.height.value, entry.event, event.organisation, event.event_id},
                      ProvedEvent{&entry, &event});
      if ((event.flags & 1U) != 0) { declare(event); }
    }
  }

  void declare(const proof::EpcisEvent& event) {
    auto& said = declared_[{event.organisation, event.event_id}];
    auto value = event.text.empty() ? Result<Value>(Value()) : json::parse(as_text(event.text));
    if (!value) { return verification_.is_wrong(value.error()); }
    if (event.text.empty()) { return; }
    const auto read = production::read_event(std::move(*value));
    if (read.error_declaration) {
      said.push_back({read.error_declaration->reason, read.error_declaration->corrective_event_ids});
    }
  }

  /// The end when it is newer than the proof; told to the verification when the ledger does not have it.
  Proved::const_iterator find(const Value& line) {
    const EventName name{number_of(line, "height"), number_of(line, "number"), text_of(line, "organisation"),
                         text_of(line, "eventID")};
    const auto found = proved_.find(name);
    if (found != proved_.end()) {
      // By the time of the event, then in the order of recording.
      std::pair<std::string, std::uint64_t> order(text_of(line, "eventTime"), std::get<0>(name));
      if (!shown_.insert(name).second) { verification_.differs("/events", "once: " + words(name), "twice"); }
      if (order < last_) {
        verification_.differs("/events", "in the order of time: " + words(name), "after a later one");
      }
      last_ = std::move(order);
    } else if (std::get<0>(name) > bound_ && bound_ < at_) {
      is_too_early_ = true;
    } else if (is_joined_by_id_) {
      ++joined_;
    } else {
      verification_.differs("/events", "nothing like it is in the ledger", words(name));
    }
    return found;
  }

  void same(const Value& line, const std::string& member, const std::string& proved, const EventName& name) {
    const auto answered = text_of(line, member);
    if (answered != proved && !verification_.has_failed()) {
      verification_.differs("/events: " + member + " of " + words(name), proved.empty() ? "nothing" : proved,
                            answered.empty() ? "nothing" : answered);
    }
  }

  void compare(const Value& line, const EventName& name, const ProvedEvent& proved) {
    const bool is_error = declared_.contains({proved.event->organisation, proved.event->event_id});
    const auto standing = text_of(line, "standing");
    if (is_error != (standing == "error")) {
      if (bound_ < at_) {
        is_too_early_ = true;
      } else if (!is_declared_later(proved)) {
        verification_.differs("/events: standing of " + words(name), is_error ? "error" : "no error", standing);
      }
    }
    compare_declaration(line, name, standing == "error");
    compare_fields(line, name, proved);
  }

  void compare_fields(const Value& line, const EventName& name, const ProvedEvent& proved) {
    same(line, "recordTime", production::time_text(static_cast<production::EventTime>(proved.entry->time)), name);
    if (proved.event->text.empty()) {
      ++without_text_;
      return;
    }
    auto value = json::parse(as_text(proved.event->text));
    if (!value) { return verification_.is_wrong(value.error()); }
    production::EventSummary base;
    base.id = proved.event->event_id;
    base.organisation = proved.event->organisation;
    const auto event = production::summarise(production::read_event(std::move(*value)), std::move(base));
    same(line, "type", std::string(production::event_type_name(event.type)), name);
    same(line, "action", std::string(production::action_name(event.action)), name);
    same(line, "eventTime", production::time_text(event.time), name);
    same(line, "bizStep", event.biz_step, name);
    same(line, "disposition", event.disposition, name);
    same(line, "readPoint", event.read_point, name);
    same(line, "bizLocation", event.biz_location, name);
  }

  /// Why it is an error, and what replaces it: what one of its declarations says.
  void compare_declaration(const Value& line, const EventName& name, bool is_error) {
    const Declared answered{text_of(line, "errorReason"), texts_of(line, "correctedBy")};
    if (answered.reason.empty() && answered.corrective_event_ids.empty()) { return; }
    const auto said = declared_.find({std::get<2>(name), std::get<3>(name)});
    if (is_error && said != declared_.end() && said->second.empty()) {
      return verification_.is_word_of_node("why events are errors: the text is not here any more");
    }
    const auto is_same = [&](const Declared& one) {
      return one.reason == answered.reason && one.corrective_event_ids == answered.corrective_event_ids;
    };
    if (is_error && said == declared_.end()) { return; }  // is_too_early_
    if (is_error && std::any_of(said->second.begin(), said->second.end(), is_same)) { return; }
    if (verification_.has_failed()) { return; }
    verification_.differs("/events: errorReason and correctedBy of " + words(name),
                          is_error ? "what its declaration says" : "nothing", answered.reason);
  }

  /// What went into what: a link that is not inferred is a name in the event's proof, in that role; and whoever goes through a
  /// transformation finds everything on its other side.
  void compare_links(const std::vector<const ProvedEvent*>& shown, proof::Direction direction) {
    std::vector<std::string> items;
    if (const auto* list = answer_.document.find("items"); list != nullptr && list->is(json::Kind::array)) {
      for (const auto& item : list->items()) { items.push_back(text_of(item, "epc")); }
    }
    std::vector<std::set<std::string>> linked(shown.size());
    const auto* links = answer_.document.find("links");
    const bool has_links = links != nullptr && links->is(json::Kind::array);
    for (std::size_t i = 0; has_links && i < links->items().size(); ++i) {
      const auto& link = links->items()[i];
      const auto event = number_of(link, "event");
      const auto item = number_of(link, "item");
      const auto where = "/links/" + std::to_string(i);
      if (event >= shown.size() || item >= items.size()) {
        return verification_.differs(where, "an event and an item of the answer", json::serialize(link));
      }
      const auto* inferred = link.find("inferred");
      if (shown[event] == nullptr ||
          (inferred != nullptr && inferred->is(json::Kind::boolean) && inferred->as_bool())) {
        continue;
      }
      const auto roles = roles_in(*shown[event]->event, items[item]);
      const auto relation = roles ? relation_in(*shown[event], *roles) : std::string("not named in it");
      if (relation != text_of(link, "relation") && !relation.empty()) {
        return verification_.differs(where + ": " + items[item] + " in event " + shown[event]->event->event_id,
                                     relation, text_of(link, "relation"));
      }
      linked[event].insert(items[item]);
    }
    const auto* truncated = answer_.document.find("truncated");
    if (truncated != nullptr && truncated->is(json::Kind::boolean) && truncated->as_bool()) {
      return verification_.is_word_of_node("where the answer was cut, and what lies beyond");
    }
    const bool is_back = direction == proof::Direction::back;
    const auto here = is_back ? proof::role::kOutput : proof::role::kInput;
    const auto there = is_back ? proof::role::kInput : proof::role::kOutput;
    // What is in an answer only as a container is not followed itself.
    std::set<std::string> containers;
    for (const auto& [name, proved] : proved_) {
      for (const auto& one : proved.event->names) {
        if ((one.roles & proof::role::kParent) != 0) { containers.insert(one.key); }
      }
    }
    for (std::size_t i = 0; i < shown.size(); ++i) {
      if (shown[i] == nullptr) { continue; }
      const auto& names = shown[i]->event->names;
      const bool is_passed = std::any_of(names.begin(), names.end(), [&](const proof::EpcisName& name) {
        return (name.roles & here) != 0 && !containers.contains(name.key) && linked[i].contains(name.key);
      });
      for (const auto& name : names) {
        if (!is_passed || (name.roles & there) == 0 || linked[i].contains(name.key)) { continue; }
        return verification_.differs("/links: event " + shown[i]->event->event_id, name.key, "it is left out");
      }
    }
  }

  static std::optional<std::uint32_t> roles_in(const proof::EpcisEvent& event, const std::string& key) {
    std::optional<std::uint32_t> roles;
    for (const auto& name : event.names) {
      if (name.key == key) { roles = roles.value_or(0) | name.roles; }
    }
    return roles;
  }

  /// Empty when the text that says it is not here.
  static std::string relation_in(const ProvedEvent& proved, std::uint32_t roles) {
    auto value = proved.event->text.empty() ? Result<Value>(Value()) : json::parse(as_text(proved.event->text));
    if (!value || proved.event->text.empty()) { return {}; }
    const auto event = production::summarise(production::read_event(std::move(*value)), {});
    return std::string(query::relation_name(query::relation_of(event, static_cast<std::uint8_t>(roles))));
  }

  /// Than the answer.
  [[nodiscard]] bool is_declared_later(const ProvedEvent& proved) const {
    for (const auto& [name, one] : proved_) {
      if ((one.event->flags & 1U) != 0 && one.event->event_id == proved.event->event_id && std::get<0>(name) > at_) {
        return true;
      }
    }
    return false;
  }

  HistoryAnswer answer_;
  Verification& verification_;
  std::uint64_t bound_;  ///< height of the state that is proved
  std::uint64_t at_;     ///< that of the answer
  bool is_too_early_ = false;
  bool is_joined_by_id_ = false;
  std::size_t joined_ = 0;
  Proved proved_;
  std::map<std::pair<std::string, std::string>, std::vector<Declared>> declared_;
  std::set<EventName> shown_;
  std::pair<std::string, std::uint64_t> last_;  ///< time and height of the event before
  std::size_t without_text_ = 0;
  std::size_t hidden_ = 0;  ///< entries of which only the hash is known
  std::size_t newer_ = 0;   ///< than the answer
};

struct Difference {
  std::string where;
  std::string proved;
  std::string answered;
};

std::optional<Difference> first_difference(const Value& expected, const Value& answered) {
  for (const auto& [name, value] : expected.members()) {
    const auto* found = answered.find(name);
    const auto text = found == nullptr ? std::string("nothing") : json::serialize(*found);
    if (json::serialize(value) != text) { return Difference{"/state/" + name, json::serialize(value), text}; }
  }
  for (const auto& [name, value] : answered.members()) {
    if (expected.find(name) == nullptr) { return Difference{"/state/" + name, "nothing", json::serialize(value)}; }
  }
  return std::nullopt;
}

}  // namespace

Compared compare_events(const HistoryAnswer& answer, const proof::Proof& proof, Verification& verification) {
  return Events(answer, proof, verification).run();
}

Compared compare_trace(const Value& document, const proof::Proof& proof, Verification& verification) {
  const auto& trace = std::get<proof::TraceProof>(proof.statement);
  std::set<std::string> lineage;
  for (const auto& history : trace.histories) { lineage.insert(history.entity.id); }
  std::set<std::string> shown;
  const bool is_older = holds_until(proof) < number_of(document, "height");
  const auto* items = document.find("items");
  if (items != nullptr && items->is(json::Kind::array)) {
    for (const auto& item : items->items()) {
      const auto epc = text_of(item, "epc");
      shown.insert(epc);
      if (lineage.contains(epc)) { continue; }
      if (is_older) { return Compared::too_early; }
      if (may_join_by_id(proof)) { continue; }
      verification.differs("/items", "nothing in the ledger leads to it", epc);
      return Compared::done;
    }
  }
  const auto at = number_of(document, "height");
  std::size_t left_out = 0;
  for (const auto& history : trace.histories) {
    const bool is_new = history.entries.empty() || history.entries.front().height.value > at;
    left_out += is_new || shown.contains(history.entity.id) ? 0U : 1U;
  }
  if (left_out > 0) {
    verification.is_word_of_node(fmt::format("that {} of the lineage {} not belong to it by {} times or depth",
                                             left_out == 1 ? "1 item" : std::to_string(left_out) + " items",
                                             left_out == 1 ? "does" : "do", left_out == 1 ? "its" : "their"));
  }
  return Events({document, false}, proof, verification).run_trace(trace.direction);
}

Compared compare_state(Value& document, const proof::Proof& proof, Verification& verification) {
  const auto& proved = std::get<proof::StateProof>(proof.statement);
  const auto at = number_of(document, "height");
  const bool is_older = holds_until(proof) < at;
  const auto state = production::decode_item_state(proved.value);
  if (!state) {
    verification.is_wrong(state.error());
    return Compared::done;
  }
  const auto* answered = document.find("state");
  const bool has_state = answered != nullptr && answered->is(json::Kind::object);
  // Of what lies in a container, the container tells more.
  const auto container = state->parent.empty() ? state->assembly : state->parent;
  query::Whereabouts where{state->possessor, state->location, container, false};
  if (proved.head.height.value > at) {
    document.set("state", query::to_json(*state, where));
    verification.note("the item changed since the node answered: its state is as proved at height " +
                      proof.anchor.executed_height.text());
    return Compared::done;
  }
  if (!container.empty() && has_state) {
    where.possessor = text_of(*answered, "possessor");
    where.location = text_of(*answered, "location");
    const auto* inferred = answered->find("inferred");
    where.inferred = inferred != nullptr && inferred->is(json::Kind::boolean) && inferred->as_bool();
  }
  const auto expected = query::to_json(*state, where);
  const auto wrong = has_state ? first_difference(expected, *answered)
                               : std::optional<Difference>{Difference{"/state", "an object", "nothing"}};
  if (wrong && is_older) { return Compared::too_early; }
  if (wrong) {
    verification.differs(wrong->where, wrong->proved, wrong->answered);
  } else if (!container.empty()) {
    verification.is_word_of_node("possessor and location now, as its container tells them");
  }
  return Compared::done;
}

}  // namespace keten::tools
