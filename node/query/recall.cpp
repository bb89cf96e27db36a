#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <span>

#include "contracts/production/entity.h"
#include "contracts/production/index_rows.h"
#include "core/check.h"
#include "node/query/epcis_rows.h"
#include "node/query/lineage.h"
#include "node/query/packed_amount.h"

namespace keten::query {

std::vector<Whereabout> parts_of(const contracts::StateReader& state, const std::string& key,
                                 const production::ItemState& item);

namespace {

namespace index_rows = production::index_rows;
namespace role = production::role;
using index_rows::Stamp;
using production::Action;
using production::EventSummary;
using production::EventType;
using production::ItemState;
using production::Standing;

constexpr std::size_t kNestingMax = 8;  ///< of containers, in the custody of one item
/// To read a row of the index, or a name in an event, costs as many steps; to look at one again costs one.
constexpr std::size_t kStepsPerRead = 10;
constexpr std::size_t kNamesPerStep = 8;
constexpr std::size_t kClaimsPage = 1024;  ///< entries of an item's history at a time

/// One event about an item, as the index tells it without its summary.
struct Row {
  Stamp stamp;
  std::uint8_t roles = 0;
  EventType type = EventType::object;
  Action action = Action::none;
  std::string biz_step;
  std::string organisation;

  [[nodiscard]] bool binds() const { return type == EventType::aggregation || type == EventType::association; }
  [[nodiscard]] bool has(std::uint8_t bit) const { return (roles & bit) != 0; }
};

/// While an item was in a container.
struct Stay {
  std::string container;
  Stamp from;
  Stamp until;
};

class Recaller {
 public:
  Recaller(const EpcisReaders& readers, const RecallQuery& query, std::size_t steps_max)
      : readers_(readers), query_(query), steps_left_(steps_max) {
    result_.height = readers.height;
    result_.what = production::entity_key(query.what);
    const auto newest = newest_stamp();
    const auto oldest = oldest_stamp();
    from_ = query.from ? Stamp{*query.from, {}} : oldest;
    until_ = query.until ? Stamp{*query.until, newest.position} : newest;
  }

  Result<Recall> run() {
    if (const auto done = find_seeds(); !done) { return done.error(); }
    while (!waiting_.empty() && steps_left_ > 0) {
      const auto next = waiting_.front();
      waiting_.pop_front();
      if (const auto done = follow(next); !done) { return done.error(); }
    }
    if (const auto done = summarise(); !done) { return done.error(); }
    return std::move(result_);
  }

 private:
  struct Affected {
    Stamp since;
    std::size_t depth = 0;
    bool with_contents = false;
    bool lot_inferred = false;  ///< reached through a lot number in ILMD
  };

  Status find_seeds() {
    if (result_.what.empty()) { return seed_events(index_rows::all_events()); }
    if (production::item_state(readers_.state, result_.what) || has_lot_numbers(result_.what)) {
      affect(result_.what, {from_, 0, true});
      return kDone;
    }
    for (const auto& prefix : {index_rows::of_read_point(result_.what), index_rows::of_biz_location(result_.what)}) {
      if (!RowCursor(readers_.index, prefix, newest_stamp(), oldest_stamp()).stamp()) { continue; }
      result_.is_place = true;
      if (const auto done = seed_events(prefix); !done) { return done; }
    }
    if (result_.is_place) { return kDone; }
    return failure(ErrorKind::not_found, "ITEM_UNKNOWN",
                   "no event names " + query_.what + ", neither as an item nor as a place");
  }

  /// Everything that the events of that range name.
  Status seed_events(const Bytes& prefix) {
    RowCursor rows(readers_.index, prefix, until_, from_);
    for (; rows.stamp(); rows.next()) {
      if (result_.truncated || !pay(1)) { return kDone; }
      if (rows.stamp()->position.height > readers_.height) { continue; }
      const auto event = summary(rows.stamp()->position);
      if (!event) { return event.error(); }
      if (is_wrong(**event)) { continue; }
      for (const auto& entity : (*event)->entities) { affect(entity.key, {*rows.stamp(), 0, true}); }
    }
    return kDone;
  }

  [[nodiscard]] bool has_lot_numbers(const std::string& lot) const {
    return RowCursor(readers_.index, index_rows::of_lot_number(lot), newest_stamp(), oldest_stamp())
        .stamp()
        .has_value();
  }

  void affect(const std::string& key, const Affected& reached) {
    const auto [found, is_new] = affected_.try_emplace(key, reached);
    if (is_new && affected_.size() > kRecallItemsMax) {
      affected_.erase(found);
      result_.truncated = true;
      return;
    }
    auto& old = found->second;
    const bool is_wider = reached.since < old.since || (reached.with_contents && !old.with_contents) ||
                          (old.lot_inferred && !reached.lot_inferred);
    if (!is_new && !is_wider) { return; }
    old.since = std::min(old.since, reached.since);
    old.depth = std::min(old.depth, reached.depth);
    old.with_contents = old.with_contents || reached.with_contents;
    old.lot_inferred = old.lot_inferred && reached.lot_inferred;
    waiting_.push_back(key);
  }

  /// False, and the recall is truncated, when it has done as much as it may.
  bool pay(std::size_t steps) {
    if (steps > steps_left_) {
      steps_left_ = 0;
      result_.truncated = true;
      return false;
    }
    steps_left_ -= steps;
    return true;
  }

  /// Nothing is in it when the recall has read as much as it may.
  Result<const EventSummary*> summary(const production::EventPosition& position) {
    static const EventSummary kNone;
    auto found = summaries_.find(position);
    if (found == summaries_.end()) {
      if (steps_left_ == 0) { return &kNone; }
      auto read = read_summary(readers_.index, position);
      if (!read) { return read.error(); }
      (void)pay(kStepsPerRead * (1 + read->entities.size()));
      found = summaries_.emplace(position, std::move(*read)).first;
    }
    return &found->second;
  }

  /// A declaration of error, or what its recorder declared an error.
  bool is_wrong(const EventSummary& event) const {
    return event.declares_error ||
           readers_.index.get(index_rows::event_id_key(event.id, event.organisation, true)).has_value();
  }

  /// The events about an item that count, oldest first: neither errors nor claims.
  Result<const std::vector<Row>*> rows_of(const std::string& key) {
    const auto [found, is_new] = rows_.try_emplace(key);
    if (!is_new) { return &found->second; }
    auto& rows = found->second;
    bool is_corrected = false;
    std::size_t seen = 0;  // with those that do not count
    const auto prefix = index_rows::of_entity(key);
    readers_.index.scan(prefix, index_rows::end_of(prefix), [&](ByteView row_key, ByteView value) {
      if (++seen > limits::kTraceNodesMax || !pay(kStepsPerRead)) {
        result_.truncated = true;
        return false;
      }
      const auto stamp = index_rows::stamp_of(row_key);
      const auto row = index_rows::read_entity_row(value);
      if (!stamp || !row || stamp->position.height > readers_.height) { return true; }
      if (row->declares_error) {
        is_corrected = true;
      } else {
        rows.push_back(
            {*stamp, row->roles, row->type, row->action, std::string(row->biz_step), std::string(row->organisation)});
      }
      return true;
    });
    std::reverse(rows.begin(), rows.end());
    if (is_corrected) {
      std::vector<Row> kept;
      for (auto& row : rows) {
        const auto event = summary(row.stamp.position);
        if (!event) { return event.error(); }
        if (!is_wrong(**event)) { kept.push_back(std::move(row)); }
      }
      rows = std::move(kept);
    }
    const auto state = production::item_state(readers_.state, key);
    if (state && state->claims > 0) {
      const auto claims = claims_about(key);
      std::erase_if(rows, [&](const Row& row) { return claims.contains(row.stamp); });
    }
    return &rows;
  }

  /// Read in pages, because each entry brings the item's whole state behind it.
  std::set<Stamp> claims_about(const std::string& key) {
    std::set<Stamp> claims;
    auto until = newest_stamp();
    for (std::size_t read = 0; read < limits::kTraceNodesMax; read += kClaimsPage) {
      const auto past = production::item_history(readers_.state, key, kClaimsPage + 1, until);
      if (!pay(kStepsPerRead * past.entries.size())) { break; }
      for (const auto& entry : past.entries) {
        if (entry.standing == Standing::claim) { claims.insert({entry.time, entry.position}); }
      }
      if (past.entries.size() <= kClaimsPage) { break; }
      until = {past.entries.front().time, past.entries.front().position};
    }
    return claims;
  }

  /// Those of a time, both ends included.
  static std::span<const Row> between(const std::vector<Row>& rows, const Stamp& from, const Stamp& until) {
    const auto first = std::lower_bound(rows.begin(), rows.end(), from,
                                        [](const Row& row, const Stamp& stamp) { return row.stamp < stamp; });
    const auto end = std::upper_bound(first, rows.end(), until,
                                      [](const Stamp& stamp, const Row& row) { return stamp < row.stamp; });
    return {first, end};
  }

  Status follow(const std::string& key) {
    const auto affected = affected_.at(key);
    if (const auto done = follow_lot(key, affected); !done) { return done; }
    const auto rows = rows_of(key);
    if (!rows) { return rows.error(); }
    for (const auto& row : between(**rows, affected.since, newest_stamp())) {
      if (!pay(1)) { return kDone; }
      if (row.type == EventType::transformation && row.has(role::kInput)) {
        if (const auto done = follow_transformation(row, affected); !done) { return done; }
      }
      if (row.type == EventType::association && row.has(role::kChild) && row.action == Action::add) {
        const auto event = summary(row.stamp.position);
        if (!event) { return event.error(); }
        if (!pay((*event)->entities.size() / kNamesPerStep)) { return kDone; }
        for (const auto& entity : (*event)->entities) {
          if ((entity.roles & role::kParent) != 0) {
            affect(entity.key, {row.stamp, affected.depth + 1, false, affected.lot_inferred});
          }
        }
      }
    }
    const auto stays = stays_of(key);
    if (!stays) { return stays.error(); }
    for (const auto& stay : **stays) {
      if (stay.until < affected.since) { continue; }
      const auto container = rows_of(stay.container);
      if (!container) { return container.error(); }
      for (const auto& row : between(**container, std::max(stay.from, affected.since), stay.until)) {
        if (!pay(1)) { return kDone; }
        if (row.type == EventType::transformation && row.has(role::kInput)) {
          if (const auto done = follow_transformation(row, affected); !done) { return done; }
        }
      }
    }
    return affected.with_contents ? follow_contents(key, **rows, affected) : kDone;
  }

  /// Instances that belong to a lot because an event says so in its ILMD.
  Status follow_lot(const std::string& lot, const Affected& affected) {
    const auto product = lot.substr(0, lot.find("/10/"));
    if (product == lot) { return kDone; }
    RowCursor rows(readers_.index, index_rows::of_lot_number(lot), newest_stamp(), oldest_stamp());
    for (; rows.stamp() && pay(1); rows.next()) {
      const auto stamp = *rows.stamp();
      if (stamp.position.height > readers_.height) { continue; }
      const auto event = summary(stamp.position);
      if (!event) { return event.error(); }
      if (is_wrong(**event)) { continue; }
      for (const auto& entity : (*event)->entities) {
        const bool is_made = (entity.roles & (role::kListed | role::kOutput)) != 0;
        if (!is_made || !entity.key.starts_with(product + "/21/")) { continue; }
        // What a stranger says of somebody else's item puts it into no lot.
        const auto told = rows_of(entity.key);
        if (!told) { return told.error(); }
        const bool counts =
            std::any_of((*told)->begin(), (*told)->end(), [&](const Row& row) { return row.stamp == stamp; });
        if (counts) { affect(entity.key, {std::max(stamp, affected.since), affected.depth + 1, false, true}); }
      }
    }
    return kDone;
  }

  Status follow_transformation(const Row& row, const Affected& affected) {
    const auto event = summary(row.stamp.position);
    if (!event) { return event.error(); }
    const auto id = (*event)->transformation_id;
    // Once for certain, and before that perhaps once inferred.
    if (id.empty()) {
      if (followed_events_.insert({row.stamp, affected.lot_inferred}).second) { affect_outputs(**event, affected); }
      return kDone;
    }
    if (!followed_transformations_.insert({id, affected.lot_inferred}).second) { return kDone; }
    RowCursor rows(readers_.index, index_rows::of_transformation(id), newest_stamp(), oldest_stamp());
    for (; rows.stamp() && pay(1); rows.next()) {
      if (rows.stamp()->position.height > readers_.height) { continue; }
      const auto part = summary(rows.stamp()->position);
      if (!part) { return part.error(); }
      if (!is_wrong(**part)) { affect_outputs(**part, affected); }
    }
    return kDone;
  }

  void affect_outputs(const EventSummary& event, const Affected& affected) {
    for (const auto& entity : event.entities) {
      if ((entity.roles & role::kOutput) == 0) { continue; }
      affect(entity.key, {{event.time, event.position}, affected.depth + 1, false, affected.lot_inferred});
    }
  }

  /// What was in a recalled container, then and later.
  Status follow_contents(const std::string&, const std::vector<Row>& rows, const Affected& affected) {
    struct Content {
      Stamp since;
      PackedAmount amount = {};
    };
    std::map<std::string, Content> inside;
    const auto reach = [&](const Stamp& until) {
      (void)pay(inside.size());
      for (const auto& [child, content] : inside) {
        if (until < affected.since) { continue; }
        affect(child, {std::max(content.since, affected.since), affected.depth + 1, true, affected.lot_inferred});
      }
    };
    for (const auto& row : rows) {
      if (!row.binds() || !row.has(role::kParent)) { continue; }
      const auto event = summary(row.stamp.position);
      if (!event) { return event.error(); }
      if (!pay(1 + (*event)->entities.size())) { break; }
      if (row.action == Action::erase) { reach(row.stamp); }
      std::set<std::string> children;
      for (const auto& entity : (*event)->entities) {
        if ((entity.roles & role::kChild) != 0) { children.insert(entity.key); }
      }
      for (const auto& child : children) {
        if (row.action == Action::add) {
          inside.try_emplace(child, Content{row.stamp}).first->second.amount.count(**event, child);
        }
        const auto content = inside.find(child);
        if (row.action != Action::erase || content == inside.end()) { continue; }
        content->second.amount.count(**event, child);
        if (!content->second.amount.has_rest()) { inside.erase(content); }
      }
      if (row.action == Action::erase && children.empty()) { inside.clear(); }
    }
    reach(newest_stamp());
    return kDone;
  }

  /// When a container was emptied as a whole (DELETE without children), oldest first.
  Result<const std::vector<Stamp>*> emptyings_of(const std::string& container) {
    const auto [found, is_new] = emptyings_.try_emplace(container);
    if (!is_new) { return &found->second; }
    const auto rows = rows_of(container);
    if (!rows) { return rows.error(); }
    for (const auto& row : **rows) {
      if (!row.binds() || !row.has(role::kParent) || row.action != Action::erase || steps_left_ == 0) { continue; }
      const auto event = summary(row.stamp.position);
      if (!event) { return event.error(); }
      const bool names_children = std::any_of((*event)->entities.begin(), (*event)->entities.end(),
                                              [](const auto& entity) { return (entity.roles & role::kChild) != 0; });
      if (!names_children) { found->second.push_back(row.stamp); }
    }
    return &found->second;
  }

  /// While it was in which containers.
  Result<const std::vector<Stay>*> stays_of(const std::string& key) {
    const auto [known, is_new_item] = stays_.try_emplace(key);
    auto& stays = known->second;
    if (!is_new_item) { return &stays; }
    const auto rows = rows_of(key);
    if (!rows) { return rows.error(); }
    struct Open {
      std::size_t place;
      PackedAmount amount = {};
    };
    std::map<std::string, Open> open;
    for (const auto& row : **rows) {
      if (!row.binds() || !row.has(role::kChild) || row.action == Action::observe) { continue; }
      const auto event = summary(row.stamp.position);
      if (!event) { return event.error(); }
      if (!pay(1 + (*event)->entities.size() / kNamesPerStep)) { break; }
      for (const auto& entity : (*event)->entities) {
        if ((entity.roles & role::kParent) == 0) { continue; }
        if (row.action == Action::add) {
          const auto [place, is_new] = open.try_emplace(entity.key, Open{stays.size()});
          if (is_new) { stays.push_back({entity.key, row.stamp, newest_stamp()}); }
          place->second.amount.count(**event, key);
        }
        const auto found = open.find(entity.key);
        if (row.action != Action::erase || found == open.end()) { continue; }
        found->second.amount.count(**event, key);
        if (found->second.amount.has_rest()) { continue; }
        stays[found->second.place].until = row.stamp;
        open.erase(found);
      }
    }
    for (const auto& [container, stay] : open) {
      const auto emptyings = emptyings_of(container);
      if (!emptyings) { return emptyings.error(); }
      const auto first = std::lower_bound((*emptyings)->begin(), (*emptyings)->end(), stays[stay.place].from);
      if (first != (*emptyings)->end()) { stays[stay.place].until = *first; }
    }
    return &stays;
  }

  using Custody = std::map<Stamp, const Row*>;

  /// What was recorded of an item since then, and of its containers while it was in them. Containers may be packed
  /// into each other in circles: level by level, and no time of one twice.
  Result<Custody> custody_of(const std::string& item, const Stamp& since) {
    struct Part {
      std::string key;
      Stamp from;
      Stamp until;
      std::size_t level = 0;
    };
    Custody custody;
    std::map<std::string, std::vector<std::pair<Stamp, Stamp>>> known;
    std::deque<Part> open{{item, since, newest_stamp(), 0}};
    for (; !open.empty(); open.pop_front()) {
      const auto part = open.front();
      auto& times = known[part.key];
      if (!pay(1 + times.size())) { break; }
      const bool is_known = std::any_of(times.begin(), times.end(), [&](const auto& time) {
        return time.first <= part.from && part.until <= time.second;
      });
      if (is_known) { continue; }
      if (part.level > kNestingMax) {
        result_.truncated = true;
        continue;
      }
      times.emplace_back(part.from, part.until);
      const auto rows = rows_of(part.key);
      if (!rows) { return rows.error(); }
      for (const auto& row : between(**rows, part.from, part.until)) {
        if (!pay(1)) { return custody; }
        // That something else was packed into the same container says nothing.
        if (part.level > 0 && row.binds() && row.has(role::kParent)) { continue; }
        custody.emplace(row.stamp, &row);
      }
      const auto stays = stays_of(part.key);
      if (!stays) { return stays.error(); }
      for (const auto& stay : **stays) {
        const auto first = std::max(part.from, stay.from);
        const auto last = std::min(part.until, stay.until);
        if (first <= last) { open.push_back({stay.container, first, last, part.level + 1}); }
      }
    }
    return custody;
  }

  Status add_steps(const std::string& key, const Affected& affected) {
    if (steps_left_ == 0) { return kDone; }
    const auto custody = custody_of(key, affected.since);
    if (!custody) { return custody.error(); }
    std::string possessor;
    for (const auto& [stamp, row] : *custody) {
      const auto next = production::possessor_after(row->biz_step, row->organisation, "", possessor);
      if (!possessor.empty() && next != possessor) {
        auto& step = steps_[{possessor, next}];
        if (step.items++ == 0) { step = {possessor, next, 1, stamp.time, stamp.time}; }
        step.first = std::min(step.first, stamp.time);
        step.last = std::max(step.last, stamp.time);
      }
      possessor = next;
    }
    return kDone;
  }

  Status summarise() {
    std::string after;
    if (!query_.page_token.empty()) {
      const auto key = from_hex(query_.page_token);
      if (!key) { return invalid("PAGE_TOKEN", "the page token is not one of this question; ask again without it"); }
      after = to_text(*key);
    }
    std::map<Whereabouts, std::size_t> groups;
    std::size_t shown = 0;
    for (const auto& [key, affected] : affected_) {
      const auto state = production::item_state(readers_.state, key);
      if (!state) { continue; }
      ++result_.affected;
      if (const auto done = add_steps(key, affected); !done) { return done; }
      const bool is_on_page = after.empty() || key > after;
      if (is_on_page && shown == query_.limit) {
        result_.next_page_token = to_hex(as_bytes(last_key_));
        ++shown;
      }
      bool is_alive = false;
      std::set<Whereabouts> places;
      for (auto& part : parts_of(readers_.state, key, *state)) {
        part.depth = affected.depth;
        part.lot_inferred = affected.lot_inferred;
        if (part.alive) {
          is_alive = true;
          auto where = part.where;
          where.container.clear();
          places.insert(std::move(where));
        }
        if (is_on_page && shown < query_.limit) { result_.items.push_back(std::move(part)); }
      }
      if (is_on_page && shown < query_.limit) {
        ++shown;
        last_key_ = key;
      }
      if (is_alive) { ++result_.alive; }
      for (const auto& where : places) { ++groups[where]; }
    }
    for (const auto& [where, items] : groups) { result_.groups.push_back({where, items}); }
    for (const auto& [parties, step] : steps_) { result_.forward.push_back(step); }
    return kDone;
  }

  const EpcisReaders& readers_;
  const RecallQuery& query_;
  Recall result_;
  Stamp from_;
  Stamp until_;
  std::map<std::string, Affected> affected_;
  std::deque<std::string> waiting_;
  std::map<std::string, std::vector<Row>> rows_;
  std::map<production::EventPosition, EventSummary> summaries_;
  std::map<std::string, std::vector<Stay>> stays_;
  std::map<std::string, std::vector<Stamp>> emptyings_;
  std::set<std::pair<std::string, bool>> followed_transformations_;
  std::set<std::pair<Stamp, bool>> followed_events_;
  std::map<std::pair<std::string, std::string>, ForwardStep> steps_;
  std::string last_key_;
  std::size_t steps_left_;
};

}  // namespace

Result<Recall> recall(const EpcisReaders& readers, const RecallQuery& query, std::size_t steps_max) {
  return Recaller(readers, query, steps_max).run();
}

}  // namespace keten::query
