#include "node/query/trace.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <set>

#include "contracts/production/entity.h"
#include "contracts/production/index_rows.h"
#include "core/check.h"
#include "node/query/epcis_rows.h"
#include "node/query/packed_amount.h"

namespace keten::query {
namespace {

namespace index_rows = production::index_rows;
namespace role = production::role;
using index_rows::Stamp;
using production::Action;
using production::EventSummary;
using production::EventType;

constexpr std::size_t kLinksMax = 4 * limits::kTraceNodesMax;
constexpr std::size_t kNamesMax = 500'000;  ///< in the events that one trace reads

/// From the first to the last moment, both included.
struct Interval {
  Stamp first = oldest_stamp();
  Stamp last = newest_stamp();
  [[nodiscard]] bool covers(const Interval& other) const { return first <= other.first && other.last <= last; }
  [[nodiscard]] bool empty() const { return last < first; }
};

Interval joined(const Interval& left, const Interval& right) {
  return {std::min(left.first, right.first), std::max(left.last, right.last)};
}
Interval clipped(const Interval& left, const Interval& right) {
  return {std::max(left.first, right.first), std::min(left.last, right.last)};
}

Stamp stamp_of(const EventSummary& event) { return {event.time, event.position}; }

std::uint8_t roles_in(const EventSummary& event, std::string_view key) {
  std::uint8_t roles = 0;
  for (const auto& entity : event.entities) {
    if (entity.key == key) { roles = static_cast<std::uint8_t>(roles | entity.roles); }
  }
  return roles;
}

bool binds(const EventSummary& event) {
  return event.type == EventType::aggregation || event.type == EventType::association;
}

using Wanted = bool (*)(const index_rows::EntityRow& row);
bool any(const index_rows::EntityRow&) { return true; }
bool binds(const index_rows::EntityRow& row) {
  return row.type == EventType::aggregation || row.type == EventType::association;
}
/// What was done to a container as such: not that something was put into it or taken out of it.
bool may_concern_contents(const index_rows::EntityRow& row) {
  return !binds(row) || (row.roles & role::kParent) == 0 || row.action == Action::erase;
}
bool may_empty(const index_rows::EntityRow& row) {
  return binds(row) && (row.roles & role::kParent) != 0 && row.action == Action::erase;
}

const std::string* parent_of(const EventSummary& event) {
  for (const auto& entity : event.entities) {
    if ((entity.roles & role::kParent) != 0) { return &entity.key; }
  }
  return nullptr;
}

/// DELETE without children unpacks the container as a whole (EPCIS 2.0, section 7.4.3).
bool takes_everything_out(const EventSummary& event, std::string_view container) {
  return binds(event) && event.action == Action::erase && (roles_in(event, container) & role::kParent) != 0 &&
         std::none_of(event.entities.begin(), event.entities.end(),
                      [](const auto& entity) { return (entity.roles & role::kChild) != 0; });
}

/// While it is in a container.
struct Stay {
  Stamp since;
  PackedAmount amount = {};
};

class Tracer {
 public:
  Tracer(const EpcisReaders& readers, const TraceQuery& query, std::size_t rows_max)
      : readers_(readers), query_(query), rows_max_(rows_max) {}

  Result<Trace> run() {
    const auto entity = production::entity_key(query_.entity);
    ask(entity, Interval{}, 0);
    while (!waiting_.empty()) {
      if (links_.size() >= kLinksMax) {
        is_exhausted_ = true;
        break;
      }
      const auto next = waiting_.front();
      waiting_.pop_front();
      const auto followed = follow(next.key, next.interval, next.depth);
      if (!followed) { return followed.error(); }
    }
    if (events_.empty()) {
      return failure(ErrorKind::not_found, "ITEM_UNKNOWN",
                     "no event names " + query_.entity + (entity == query_.entity ? "" : " (" + entity + ")"));
    }
    return assemble(entity);
  }

 private:
  struct Waiting {
    std::string key;
    Interval interval;
    std::size_t depth = 0;
  };
  /// A link before events have their place in the result.
  struct Link {
    Stamp event;
    std::size_t item = 0;
    Relation relation = Relation::observed;
    bool inferred = false;
    friend auto operator<=>(const Link&, const Link&) = default;
  };

  [[nodiscard]] bool is_back() const { return query_.direction == TraceDirection::back; }

  std::size_t item(const std::string& key, std::size_t depth) {
    const auto [found, is_new] = item_numbers_.try_emplace(key, items_.size());
    if (is_new) { items_.push_back({key, depth, production::item_state(readers_.state, key)}); }
    return found->second;
  }

  /// Follow `key` during `interval`, unless that was done or the bounds are reached.
  void ask(const std::string& key, const Interval& interval, std::size_t depth) {
    if (interval.empty()) { return; }
    if (depth > std::min(query_.depth, limits::kTraceDepthMax)) {
      is_deeper_ = true;
      return;
    }
    if (items_.size() + events_.size() >= limits::kTraceNodesMax) {
      is_exhausted_ = true;
      return;
    }
    const auto [found, is_new] = asked_.try_emplace(key, interval);
    if (!is_new) {
      if (found->second.covers(interval)) { return; }
      found->second = joined(found->second, interval);
    }
    item(key, depth);
    waiting_.push_back({key, found->second, depth});
  }

  void link(const EventSummary& event, const std::string& key, std::size_t depth, bool inferred) {
    if (links_.size() >= kLinksMax) {
      is_exhausted_ = true;
      return;
    }
    const auto roles = roles_in(event, key);
    links_.insert({stamp_of(event), item(key, depth), relation_of(event, roles), inferred});
    events_.insert(stamp_of(event));
  }

  /// The event recorded there, kept for the whole trace; nothing when it is an error declaration or was declared an
  /// error, or when the trace has read as much as it may.
  Result<const EventSummary*> counting(const Stamp& stamp) {
    const auto known = summaries_.find(stamp.position);
    if (known != summaries_.end()) { return known->second ? &*known->second : nullptr; }
    if (names_ >= kNamesMax) {
      is_exhausted_ = true;
      return nullptr;
    }
    auto summary = read_summary(readers_.index, stamp.position);
    if (!summary) { return summary.error(); }
    names_ += 1 + summary->entities.size();
    const bool corrected =
        summary->declares_error ||
        readers_.index.get(index_rows::event_id_key(summary->id, summary->organisation, true)).has_value();
    auto& kept = summaries_[stamp.position];
    if (corrected) { return nullptr; }
    kept = std::move(*summary);
    return &*kept;
  }

  /// The wanted events that name `key` during `interval`, oldest first, without those declared an error.
  Result<std::vector<const EventSummary*>> events_about(const std::string& key, const Interval& interval,
                                                        Wanted is_wanted) {
    std::vector<Stamp> stamps;
    const auto [first, end] = key_range(index_rows::of_entity(key), interval.last, interval.first);
    readers_.index.scan(first, end, [&](ByteView row_key, ByteView value) {
      if (rows_ >= rows_max_ || stamps.size() >= limits::kTraceNodesMax) {
        is_exhausted_ = true;
        return false;
      }
      ++rows_;
      const auto stamp = index_rows::stamp_of(row_key);
      const auto row = index_rows::read_entity_row(value);
      if (stamp && row && !row->declares_error && stamp->position.height <= readers_.height && is_wanted(*row)) {
        stamps.push_back(*stamp);
      }
      return true;
    });
    std::vector<const EventSummary*> result;
    for (const auto& stamp : stamps) {
      const auto event = counting(stamp);
      if (!event) { return event.error(); }
      if (*event != nullptr) { result.push_back(*event); }
    }
    std::reverse(result.begin(), result.end());
    return result;
  }

  Status follow(const std::string& key, const Interval& interval, std::size_t depth) {
    const auto events = events_about(key, interval, any);
    if (!events) { return events.error(); }
    for (const auto* found : *events) {
      const auto& event = *found;
      if (items_.size() + events_.size() >= limits::kTraceNodesMax) {
        is_exhausted_ = true;
        break;
      }
      link(event, key, depth, false);
      const auto roles = roles_in(event, key);
      const auto* container = parent_of(event);
      if (binds(event) && (roles & role::kChild) != 0 && container != nullptr) {
        link(event, *container, depth + 1, false);
      }
      if (event.type == EventType::transformation) {
        if (const auto done = follow_transformation(event, roles, depth); !done) { return done; }
      }
    }
    if (const auto done = follow_containers(key, *events, interval, depth); !done) { return done; }
    follow_contents(key, *events, interval, depth);
    return kDone;
  }

  /// From one side of a transformation to the other; events with one transformationID are one transformation.
  Status follow_transformation(const EventSummary& event, std::uint8_t roles, std::size_t depth) {
    const auto here = is_back() ? role::kOutput : role::kInput;
    const auto there = is_back() ? role::kInput : role::kOutput;
    if ((roles & here) == 0) { return kDone; }
    // It leads to the same items whichever of the others it is reached from, and from the nearest first.
    const auto& id = event.transformation_id;
    if (!(id.empty() ? followed_.insert(stamp_of(event)).second : followed_ids_.insert(id).second)) { return kDone; }
    std::vector<const EventSummary*> parts;
    if (id.empty()) {
      parts.push_back(&event);
    } else {
      RowCursor rows(readers_.index, index_rows::of_transformation(id), newest_stamp(), oldest_stamp());
      for (; rows.stamp(); rows.next()) {
        if (rows_ >= rows_max_ || parts.size() >= limits::kTraceNodesMax) {
          is_exhausted_ = true;
          break;
        }
        ++rows_;
        if (rows.stamp()->position.height > readers_.height) { continue; }
        const auto part = counting(*rows.stamp());
        if (!part) { return part.error(); }
        if (*part != nullptr) { parts.push_back(*part); }
      }
    }
    for (const auto* part : parts) {
      for (const auto& entity : part->entities) {
        if ((entity.roles & there) == 0) { continue; }
        const auto bound =
            is_back() ? Interval{oldest_stamp(), stamp_of(*part)} : Interval{stamp_of(*part), newest_stamp()};
        ask(entity.key, bound, depth + 1);
        if (item_numbers_.contains(entity.key)) { link(*part, entity.key, depth + 1, false); }
      }
    }
    return kDone;
  }

  /// What was recorded of the container while the item was in it counts for the item.
  Status follow_containers(const std::string& key, const std::vector<const EventSummary*>& events,
                           const Interval& interval, std::size_t depth) {
    std::map<std::string, Stay> packed;  // by container
    std::vector<std::pair<std::string, Interval>> stays;
    for (const auto* found : events) {
      const auto& event = *found;
      const auto* parent = parent_of(event);
      if (!binds(event) || parent == nullptr || (roles_in(event, key) & role::kChild) == 0) { continue; }
      if (event.action == Action::add) {
        packed.try_emplace(*parent, Stay{stamp_of(event)}).first->second.amount.count(event, key);
      }
      const auto stay = packed.find(*parent);
      if (event.action != Action::erase || stay == packed.end()) { continue; }
      stay->second.amount.count(event, key);
      if (stay->second.amount.has_rest()) { continue; }
      stays.emplace_back(*parent, Interval{stay->second.since, stamp_of(event)});
      packed.erase(stay);
    }
    for (const auto& [parent, stay] : packed) {
      const auto& since = stay.since;
      auto until = unpacked_after(parent, since);
      if (!until) { return until.error(); }
      stays.emplace_back(parent, Interval{since, *until});
    }
    inferred_.clear();
    for (const auto& [parent, stayed] : stays) {
      const auto during = clipped(stayed, interval);
      if (during.empty()) { continue; }
      const auto done = infer(key, parent, during, depth, depth + 1);
      if (!done) { return done; }
    }
    return kDone;
  }

  /// When a container was unpacked as a whole (DELETE without children) after `since`.
  Result<Stamp> unpacked_after(const std::string& parent, const Stamp& since) {
    auto known = emptied_.find(parent);
    if (known == emptied_.end()) {
      const auto events = events_about(parent, Interval{}, may_empty);
      if (!events) { return events.error(); }
      std::vector<Stamp> stamps;
      for (const auto* event : *events) {
        if (takes_everything_out(*event, parent)) { stamps.push_back(stamp_of(*event)); }
      }
      known = emptied_.emplace(parent, std::move(stamps)).first;
    }
    const auto first = std::lower_bound(known->second.begin(), known->second.end(), since);
    return first == known->second.end() ? newest_stamp() : *first;
  }

  /// Containers may be packed into each other in circles and again and again: what was followed for this item is not
  /// followed once more.
  [[nodiscard]] bool is_inferred(const std::string& container, const Interval& during) {
    auto& followed = inferred_[container];
    const bool is_known =
        std::any_of(followed.begin(), followed.end(), [&](const Interval& each) { return each.covers(during); });
    if (!is_known) {
      std::erase_if(followed, [&](const Interval& each) { return during.covers(each); });
      followed.push_back(during);
    }
    return is_known;
  }

  Status infer(const std::string& key, const std::string& container, const Interval& during, std::size_t item_depth,
               std::size_t depth) {
    if (depth > limits::kTraceDepthMax) {
      is_exhausted_ = true;
      return kDone;
    }
    if (during.empty() || is_inferred(container, during)) { return kDone; }
    const auto events = events_about(container, during, may_concern_contents);
    if (!events) { return events.error(); }
    std::map<std::string, std::vector<Stamp>> taken_out;  // of which outer container, oldest first
    for (const auto* event : *events) {
      const auto* outer = parent_of(*event);
      if (binds(*event) && event->action == Action::erase && outer != nullptr) {
        taken_out[*outer].push_back(stamp_of(*event));
      }
    }
    for (const auto* found : *events) {
      const auto& event = *found;
      // What was done to other contents of the container says nothing about this item.
      const bool as_parent = binds(event) && (roles_in(event, container) & role::kParent) != 0;
      if (as_parent && !takes_everything_out(event, container)) { continue; }
      if (links_.size() >= kLinksMax || items_.size() + events_.size() >= limits::kTraceNodesMax) {
        is_exhausted_ = true;
        return kDone;
      }
      link(event, container, depth, false);
      const auto relation = as_parent ? Relation::contained_in : relation_of(event, roles_in(event, container));
      links_.insert({stamp_of(event), item(key, item_depth), relation, true});
      const auto* outer = parent_of(event);
      if (binds(event) && event.action == Action::add && outer != nullptr) {
        auto until = unpacked_after(*outer, stamp_of(event));
        if (!until) { return until.error(); }
        const auto& left = taken_out[*outer];
        const auto first = std::upper_bound(left.begin(), left.end(), stamp_of(event));
        if (first != left.end()) { *until = std::min(*until, *first); }
        const auto done = infer(key, *outer, clipped(during, {stamp_of(event), *until}), item_depth, depth + 1);
        if (!done) { return done; }
      }
    }
    return kDone;
  }

  /// Back: what a container held at the end of the interval came with it. Forward: what it held at any time of it
  /// went on.
  void follow_contents(const std::string& key, const std::vector<const EventSummary*>& events, const Interval& interval,
                       std::size_t depth) {
    std::map<std::string, Stamp> contents;  // child -> since when
    for (const auto* found : events) {
      const auto& event = *found;
      if (!binds(event) || (roles_in(event, key) & role::kParent) == 0) { continue; }
      bool names_children = false;
      for (const auto& entity : event.entities) {
        if ((entity.roles & role::kChild) == 0) { continue; }
        names_children = true;
        if (event.action == Action::add) { contents.try_emplace(entity.key, stamp_of(event)); }
        if (event.action == Action::erase && is_back()) { contents.erase(entity.key); }
      }
      if (event.action == Action::erase && !names_children && is_back()) { contents.clear(); }
    }
    for (const auto& [child, since] : contents) {
      ask(child, is_back() ? Interval{oldest_stamp(), interval.last} : Interval{since, newest_stamp()}, depth + 1);
    }
  }

  Trace assemble(const std::string& entity) {
    Trace result{entity,        query_.direction, std::move(items_), {}, {}, is_deeper_ || is_exhausted_,
                 is_exhausted_, readers_.height};
    std::map<Stamp, std::size_t> numbers;
    for (const auto& stamp : events_) {
      numbers.emplace(stamp, result.events.size());
      result.events.push_back({std::move(*summaries_.at(stamp.position))});
    }
    for (const auto& link : links_) {
      // Recorded beats inferred.
      if (link.inferred && links_.contains({link.event, link.item, link.relation, false})) { continue; }
      result.links.push_back({numbers.at(link.event), link.item, link.relation, link.inferred});
    }
    std::sort(result.links.begin(), result.links.end());
    return result;
  }

  const EpcisReaders& readers_;
  const TraceQuery& query_;
  std::map<std::string, std::size_t> item_numbers_;
  std::vector<TraceItem> items_;
  std::map<production::EventPosition, std::optional<EventSummary>> summaries_;  ///< read; empty: does not count
  std::set<Stamp> events_;                                                      ///< of the result
  std::set<Link> links_;
  std::map<std::string, Interval> asked_;
  std::deque<Waiting> waiting_;
  std::set<Stamp> followed_;  ///< transformations
  std::set<std::string> followed_ids_;
  std::map<std::string, std::vector<Stamp>> emptied_;      ///< when a container was unpacked as a whole, oldest first
  std::map<std::string, std::vector<Interval>> inferred_;  ///< of the present item, by container
  std::size_t rows_max_;
  std::size_t rows_ = 0;
  std::size_t names_ = 0;
  bool is_deeper_ = false;     // than was asked
  bool is_exhausted_ = false;  // more than one trace looks at
};

}  // namespace

Relation relation_of(const EventSummary& event, std::uint8_t roles) {
  if ((roles & role::kInput) != 0) { return Relation::input; }
  if ((roles & role::kOutput) != 0) { return Relation::output; }
  if (binds(event) && (roles & role::kParent) != 0) { return Relation::contains; }
  if (binds(event) && (roles & role::kChild) != 0) { return Relation::contained_in; }
  const auto& step = event.biz_step;
  if (step == "shipping" || step == "departing" || step == "consigning" || step == "void_shipping") {
    return Relation::sent;
  }
  if (step == "receiving" || step == "accepting" || step == "arriving") { return Relation::received; }
  return Relation::observed;
}

std::string_view relation_name(Relation relation) {
  switch (relation) {
    case Relation::observed: return "observed";
    case Relation::input: return "input";
    case Relation::output: return "output";
    case Relation::contains: return "contains";
    case Relation::contained_in: return "contained-in";
    case Relation::sent: return "sent";
    case Relation::received: return "received";
  }
  CHECK(false);
}

Result<Trace> trace(const EpcisReaders& readers, const TraceQuery& query, std::size_t rows_max) {
  return Tracer(readers, query, rows_max).run();
}

}  // namespace keten::query
