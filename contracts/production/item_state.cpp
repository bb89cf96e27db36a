#include "contracts/production/item_state.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "contracts/production/entity.h"
#include "contracts/production/event_record.h"
#include "contracts/production/history.h"
#include "contracts/production/item_fold.h"
#include "core/check.h"
#include "core/encoding.h"
#include "core/limits.h"

namespace keten::production {
namespace {

using index_rows::Stamp;

constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kTextMax = 4 * limits::kUriBytesMax;
constexpr std::uint64_t kFuelPerStep = 200;    // one event applied to one state
constexpr std::uint64_t kFuelPerHolding = 50;  // looked at for an amount

Bytes named(std::string_view table, std::string_view entity) {
  auto key = to_bytes(table);
  key.insert(key.end(), entity.begin(), entity.end());
  key.push_back(0);
  return key;
}

Bytes joined(Bytes key, ByteView tail) {
  key.insert(key.end(), tail.begin(), tail.end());
  return key;
}

Bytes children_prefix(std::string_view parent) { return named("child/", parent); }
Bytes child_key(std::string_view parent, std::string_view child) {
  return joined(children_prefix(parent), as_bytes(child));
}
/// Newest first.
Bytes log_prefix(std::string_view entity) { return named("log/", entity); }
Bytes log_key(std::string_view entity, const Stamp& stamp) {
  return joined(log_prefix(entity), index_rows::descending(stamp));
}
/// Oldest first: a stamp as in the index, without the inversion.
Bytes ascending(const Stamp& stamp) {
  auto tail = index_rows::descending(stamp);
  for (auto& byte : tail) { byte = static_cast<std::uint8_t>(~byte); }
  return tail;
}
Bytes emptied_prefix(std::string_view parent, Bond bond) {
  auto key = named("emptied/", parent);
  key.push_back(static_cast<std::uint8_t>(bond));
  return key;
}
Stamp stamp_of_ascending(ByteView key) {
  Bytes tail = to_bytes(key.last(index_rows::kStampBytes));
  for (auto& byte : tail) { byte = static_cast<std::uint8_t>(~byte); }
  return *index_rows::stamp_of(tail);
}
Bytes position_key(std::string_view table, const EventPosition& position) {
  auto key = to_bytes(table);
  const auto tail = ascending({0, position});
  key.insert(key.end(), tail.end() - static_cast<std::ptrdiff_t>(index_rows::kPositionBytes), tail.end());
  return key;
}
Bytes fact_key(const EventPosition& position) { return position_key("fact/", position); }
Bytes names_key(const EventPosition& position) { return position_key("names/", position); }

Stamp newest() {
  return {std::numeric_limits<EventTime>::max(),
          {Height{std::numeric_limits<std::uint64_t>::max()}, std::numeric_limits<std::uint32_t>::max(),
           std::numeric_limits<std::uint16_t>::max()}};
}

Bytes encode_names(const std::map<std::string, std::vector<Mention>>& mentions) {
  Writer writer;
  for (const auto& [key, list] : mentions) { writer.sized(key); }
  return writer.take();
}

std::vector<std::string> decode_names(ByteView bytes) {
  Reader reader(bytes);
  std::vector<std::string> names;
  while (reader.remaining() > 0 && reader.ok()) { names.push_back(reader.text(kTextMax)); }
  CHECK(reader.ok());
  return names;
}

/// The rows of this contract under keys without its namespace.
class Rows {
 public:
  virtual ~Rows() = default;
  [[nodiscard]] virtual std::optional<Bytes> get(ByteView key) const = 0;
  virtual void scan(ByteView first, ByteView end, const contracts::StateReader::Visit& visit) const = 0;
};

class ContextRows final : public Rows {
 public:
  explicit ContextRows(contracts::Context& context) : context_(context) {}
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override { return context_.get(key); }
  void scan(ByteView first, ByteView end, const contracts::StateReader::Visit& visit) const override {
    context_.scan(first, end, visit);
  }

 private:
  contracts::Context& context_;
};

class StateRows final : public Rows {
 public:
  explicit StateRows(const contracts::StateReader& state) : state_(state) {}
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override { return state_.get(full_state_key(key)); }
  void scan(ByteView first, ByteView end, const contracts::StateReader::Visit& visit) const override {
    const auto namespace_bytes = full_state_key({}).size();
    state_.scan(full_state_key(first), full_state_key(end),
                [&](ByteView key, ByteView value) { return visit(key.subspan(namespace_bytes), value); });
  }

 private:
  const contracts::StateReader& state_;
};

struct PlacedEntry {
  Stamp stamp;
  LogEntry entry;
};

/// Containers with the bonds to them as bits.
std::map<std::string, std::uint8_t> bonds_of(const ItemState& state) {
  std::map<std::string, std::uint8_t> result;
  for (const auto& [parent, bond] : containers_of(state)) {
    auto& bits = result[parent];
    bits = static_cast<std::uint8_t>(bits | static_cast<std::uint8_t>(bond));
  }
  return result;
}

/// What several folds of one execution read in common.
class Past {
 public:
  explicit Past(const Rows& rows) : rows_(rows) {}

  EventFact fact(const EventPosition& position) {
    const auto [found, is_new] = facts_.try_emplace(position);
    if (is_new) {
      const auto stored = rows_.get(fact_key(position));
      CHECK(stored.has_value());
      auto decoded = decode_event_fact(*stored);
      CHECK(decoded.ok());
      found->second = std::move(*decoded);
    }
    return found->second;
  }
  void remember(const EventPosition& position, EventFact fact) { facts_[position] = std::move(fact); }

  std::optional<Stamp> next_emptying(const std::string& parent, Bond bond, const Stamp& after) {
    const auto prefix = emptied_prefix(parent, bond);
    auto first = joined(prefix, ascending(after));
    const auto [found, is_new] = emptyings_.try_emplace(first);
    auto& stamp = found->second;  // clang 14 lets no lambda see a structured binding
    if (is_new) {
      first.push_back(0);
      rows_.scan(first, index_rows::end_of(prefix), [&](ByteView key, ByteView) {
        stamp = stamp_of_ascending(key);
        return false;
      });
    }
    return stamp;
  }
  void forget_emptyings() { emptyings_.clear(); }

  /// The events of an item up to `until`, newest first, until `enough` says so of one or `most` are read. True when
  /// all were read that were wanted.
  bool walk(std::string_view key, const Stamp& until, std::size_t most, std::vector<PlacedEntry>& entries,
            const std::function<bool(const PlacedEntry&)>& enough) const {
    bool complete = true;
    rows_.scan(log_key(key, until), index_rows::end_of(log_prefix(key)), [&](ByteView row, ByteView value) {
      auto decoded = decode_log_entry(value);
      CHECK(decoded.ok());
      PlacedEntry placed{*index_rows::stamp_of(row), std::move(*decoded)};
      if (!enough(placed) && entries.size() >= most) {
        complete = false;
        return false;
      }
      const bool stop = enough(placed);
      entries.push_back(std::move(placed));
      return !stop;
    });
    return complete;
  }

  void catch_up(ItemState& state, std::string_view key, const Stamp& until) {
    apply_emptyings(
        state, key, until,
        [this](const std::string& parent, Bond bond, const Stamp& after) { return next_emptying(parent, bond, after); },
        [this](const EventPosition& position) { return fact(position); });
  }

 private:
  const Rows& rows_;
  std::map<EventPosition, EventFact> facts_;
  std::map<Bytes, std::optional<Stamp>> emptyings_;
};

/// The fold of one event.
class Folding {
 public:
  Folding(contracts::Context& context, const Event& event, const EventSummary& summary)
      : context_(context),
        rows_(context),
        past_(rows_),
        event_(event),
        summary_(summary),
        stamp_{summary.time, summary.position} {}

  void run() {
    // One update for an entity that is named twice.
    for (const auto& entity : summary_.entities) {
      mentions_[entity.key].push_back({entity.roles, entity.amount, entity.unit});
    }
    if (event_.declares_error()) {
      declare_error();
    } else {
      record();
    }
  }

 private:
  void record() {
    auto fact = fact_of(event_, summary_);
    // The declaration may have come first.
    fact.erroneous = context_.get(event_record_key(summary_.organisation, summary_.id, true)).has_value();
    context_.put(fact_key(summary_.position), encode(fact));
    context_.put(names_key(summary_.position), encode_names(mentions_));
    past_.remember(summary_.position, fact);
    for (const auto& [key, list] : mentions_) { append(key, fact, list); }
    if (fact.takes_all && !fact.erroneous) {
      context_.put(joined(emptied_prefix(fact.parent, fact.bond()), ascending(stamp_)), {});
      past_.forget_emptyings();
      update_contents(fact, stamp_, {});
    }
  }

  void declare_error() {
    std::set<std::string> again;
    const auto record = context_.get(event_record_key(summary_.organisation, summary_.id, false));
    std::optional<Stamp> declared;
    if (record) {
      const auto original = decode_event_record(*record);
      CHECK(original.ok());
      declared = Stamp{original->time, original->position};
      auto fact = past_.fact(original->position);
      fact.erroneous = true;
      context_.put(fact_key(original->position), encode(fact));
      past_.remember(original->position, fact);
      const auto names = context_.get(names_key(original->position));
      CHECK(names.has_value());
      for (auto& name : decode_names(*names)) { again.insert(std::move(name)); }
      if (fact.takes_all) {
        context_.erase(joined(emptied_prefix(fact.parent, fact.bond()), ascending(*declared)));
        past_.forget_emptyings();
        update_contents(fact, *declared, again);
      }
    }
    for (const auto& [key, list] : mentions_) {
      auto state = read(key);
      ++state.events;
      write(key, read(key), state);
    }
    for (const auto& key : again) { refold(key, *declared); }
  }

  /// Who was in a container when it was emptied: who is said to be in it, and who was packed into it since it was
  /// emptied before. When these are more than one transaction may restate beside what it names itself and `also`, or
  /// half of the fuel does not pay for folding all again, the container is marked: an emptying cannot be divided.
  void update_contents(const EventFact& fact, const Stamp& emptied, std::set<std::string> also) {
    for (const auto& [key, list] : mentions_) { also.insert(key); }
    const auto room = limits::kEntitiesPerTransactionMax - std::min(limits::kEntitiesPerTransactionMax, also.size());
    std::set<std::string> contents;
    bool complete = true;
    const auto prefix = children_prefix(fact.parent);
    context_.scan(prefix, index_rows::end_of(prefix), [&](ByteView key, ByteView value) {
      if (value.size() != 1 || (value[0] & static_cast<std::uint8_t>(fact.bond())) == 0) { return true; }
      complete = contents.size() < room;
      if (complete) { contents.insert(to_text(key.subspan(prefix.size()))); }
      return complete;
    });
    std::vector<PlacedEntry> entries;
    const auto is_emptying = [&](const PlacedEntry& placed) {
      const auto other = past_.fact(placed.stamp.position);
      return placed.stamp != emptied && other.takes_all && !other.erroneous && other.bond() == fact.bond() &&
             other.parent == fact.parent;
    };
    complete = past_.walk(fact.parent, emptied, kRefoldMax, entries, is_emptying) && complete;
    for (const auto& placed : entries) {
      const auto other = past_.fact(placed.stamp.position);
      if (!other.binds() || other.parent != fact.parent || other.action != Action::add) { continue; }
      const auto names = context_.get(names_key(placed.stamp.position));
      CHECK(names.has_value());
      for (auto& name : decode_names(*names)) {
        if (name == fact.parent || contents.contains(name)) { continue; }
        if (contents.size() < room) {
          contents.insert(std::move(name));
        } else {
          complete = false;
        }
      }
    }
    // The other half pays for their heads, which cost less than their states.
    const auto fuel_kept = context_.fuel_left() / 2;
    for (const auto& key : contents) {
      if (context_.fuel_left() < fuel_kept) {
        complete = false;
        break;
      }
      refold_emptied(key, emptied);
    }
    if (!complete) { mark_unfolded(fact.parent); }
  }

  void refold_emptied(const std::string& key, const Stamp& emptied) {
    const auto before = read(key);
    if (before.last() >= emptied) {
      refold(key, emptied);
      return;
    }
    auto state = before;
    context_.charge(kFuelPerStep);
    past_.catch_up(state, key, newest());
    write(key, before, state);
  }

  void append(const std::string& key, const EventFact& fact, const std::vector<Mention>& mentions) {
    const auto before = read(key);
    auto state = before;
    ++state.events;
    LogEntry entry{mentions, {}};
    const bool in_order = before.events == 0 || before.last() < stamp_;
    if (!in_order) {
      context_.put(log_key(key, stamp_), encode(entry));
      write(key, before, state);
      if (!fact.erroneous) { refold(key, stamp_); }
      return;
    }
    // Its container may have been emptied together with more than could be restated.
    past_.catch_up(state, key, stamp_);
    charge_step(state, mentions);
    apply(state, key, stamp_, fact, mentions);
    if (++state.since_snapshot >= kSnapshotEvery) {
      state.since_snapshot = 0;
      entry.snapshot = state;
    }
    context_.put(log_key(key, stamp_), encode(entry));
    if (fact.binds()) { past_.catch_up(state, key, newest()); }
    write(key, before, state);
  }

  /// Folds everything from `from` on again.
  void refold(const std::string& key, const Stamp& from) {
    const auto before = read(key);
    std::vector<PlacedEntry> entries;
    const bool complete = past_.walk(key, newest(), kRefoldMax, entries, [&](const PlacedEntry& placed) {
      return placed.stamp < from && placed.entry.snapshot.has_value();
    });
    auto state = before;
    if (!complete) {
      state.unfolded = true;
      write(key, before, state);
      return;
    }
    state = ItemState{};
    if (!entries.empty() && entries.back().stamp < from && entries.back().entry.snapshot) {
      state = *entries.back().entry.snapshot;
      entries.pop_back();
    }
    state.events = before.events;
    state.unfolded = before.unfolded;
    state.since_snapshot = 0;
    for (auto placed = entries.rbegin(); placed != entries.rend(); ++placed) {
      past_.catch_up(state, key, placed->stamp);
      charge_step(state, placed->entry.mentions);
      apply(state, key, placed->stamp, past_.fact(placed->stamp.position), placed->entry.mentions);
      if (++state.since_snapshot < kSnapshotEvery && !placed->entry.snapshot) { continue; }
      state.since_snapshot = 0;
      placed->entry.snapshot = state;
      context_.put(log_key(key, placed->stamp), encode(placed->entry));
    }
    past_.catch_up(state, key, newest());
    write(key, before, state);
  }

  /// An amount is looked for among all holdings of its lot.
  void charge_step(const ItemState& state, const std::vector<Mention>& mentions) {
    std::uint64_t amounts = 0;
    for (const auto& mention : mentions) { amounts += (mention.roles & role::kClass) != 0 ? 1 : 0; }
    context_.charge(kFuelPerStep + amounts * (1 + state.holdings.size()) * kFuelPerHolding);
  }

  void mark_unfolded(const std::string& key) {
    const auto before = read(key);
    auto state = before;
    state.unfolded = true;
    write(key, before, state);
  }

  ItemState read(const std::string& key) {
    const auto stored = context_.get(item_state_key(key));
    if (!stored) { return {}; }
    auto decoded = decode_item_state(*stored);
    CHECK(decoded.ok());
    return std::move(*decoded);
  }

  void write(const std::string& key, const ItemState& before, const ItemState& state) {
    if (state == before) { return; }
    const auto old_bonds = bonds_of(before);
    const auto bonds = bonds_of(state);
    for (const auto& [parent, bits] : old_bonds) {
      if (!bonds.contains(parent)) { context_.erase(child_key(parent, key)); }
    }
    for (const auto& [parent, bits] : bonds) {
      const auto old = old_bonds.find(parent);
      if (old == old_bonds.end() || old->second != bits) { context_.put(child_key(parent, key), {bits}); }
    }
    const auto state_key = item_state_key(key);
    context_.put(state_key, encode(state));
    context_.restated({.kind = head_kind(key), .id = key, .state_key = state_key});
    index_rows::add_holdings(context_, key, before, state);
  }

  contracts::Context& context_;
  ContextRows rows_;
  Past past_;
  const Event& event_;
  const EventSummary& summary_;
  Stamp stamp_;
  std::map<std::string, std::vector<Mention>> mentions_;
};

}  // namespace

Bytes item_state_key(std::string_view entity) {
  auto key = to_bytes("item/");
  key.insert(key.end(), entity.begin(), entity.end());
  return key;
}

Bytes full_state_key(ByteView key) { return joined(to_bytes("production/"), key); }

Bytes encode(const ItemState& state) {
  Writer writer;
  writer.u8(kVersion);
  writer.u8(static_cast<std::uint8_t>((state.born ? 1 : 0) | (state.dead ? 2 : 0) | (state.unfolded ? 4 : 0) |
                                      (state.in_transit ? 8 : 0) | (state.uncounted ? 16 : 0)));
  for (const auto* text :
       {&state.parent, &state.assembly, &state.possessor, &state.location, &state.biz_step, &state.disposition}) {
    writer.sized(*text);
  }
  writer.u64(static_cast<std::uint64_t>(state.last_time));
  writer.number(state.last_event.height);
  writer.u32(state.last_event.transaction);
  writer.u16(state.last_event.event);
  writer.u64(state.events);
  writer.u64(state.claims);
  writer.u8(state.since_snapshot);
  writer.u16(static_cast<std::uint16_t>(state.holdings.size()));
  for (const auto& holding : state.holdings) {
    writer.u8(static_cast<std::uint8_t>(holding.kind));
    for (const auto* text : {&holding.holder, &holding.place, &holding.unit, &holding.amount}) { writer.sized(*text); }
  }
  return writer.take();
}

Result<ItemState> decode_item_state(ByteView bytes) {
  Reader reader(bytes);
  ItemState state;
  if (reader.u8() != kVersion) { reader.fail(); }
  const auto flags = reader.u8();
  state.born = (flags & 1U) != 0;
  state.dead = (flags & 2U) != 0;
  state.unfolded = (flags & 4U) != 0;
  state.in_transit = (flags & 8U) != 0;
  state.uncounted = (flags & 16U) != 0;
  for (auto* text :
       {&state.parent, &state.assembly, &state.possessor, &state.location, &state.biz_step, &state.disposition}) {
    *text = reader.text(kTextMax);
  }
  state.last_time = static_cast<EventTime>(reader.u64());
  state.last_event.height = reader.number<Height>();
  state.last_event.transaction = reader.u32();
  state.last_event.event = reader.u16();
  state.events = reader.u64();
  state.claims = reader.u64();
  state.since_snapshot = reader.u8();
  for (auto count = reader.u16(); count > 0 && reader.ok(); --count) {
    Holding holding;
    holding.kind = static_cast<Holding::Kind>(reader.u8());
    for (auto* text : {&holding.holder, &holding.place, &holding.unit, &holding.amount}) {
      *text = reader.text(kTextMax);
    }
    state.holdings.push_back(std::move(holding));
  }
  if (const auto done = reader.finish("item state"); !done) { return done.error(); }
  return state;
}

std::optional<ItemState> item_state(const contracts::StateReader& state, std::string_view entity) {
  const auto stored = state.get(full_state_key(item_state_key(entity)));
  if (!stored) { return std::nullopt; }
  auto decoded = decode_item_state(*stored);
  CHECK(decoded.ok());
  return std::move(*decoded);
}

void visit_children(const contracts::StateReader& state, std::string_view parent,
                    const std::function<bool(std::string_view child, Bond bond)>& visit) {
  const auto prefix = full_state_key(children_prefix(parent));
  state.scan(prefix, index_rows::end_of(prefix), [&](ByteView key, ByteView value) {
    CHECK(value.size() == 1);
    for (const auto bond : {Bond::aggregation, Bond::association}) {
      const bool is_bound = (value[0] & static_cast<std::uint8_t>(bond)) != 0;
      if (is_bound && !visit(as_text(key.subspan(prefix.size())), bond)) { return false; }
    }
    return true;
  });
}

History item_history(const contracts::StateReader& state, std::string_view entity, std::size_t most,
                     const Stamp& until) {
  const StateRows rows(state);
  Past past(rows);
  std::vector<PlacedEntry> entries;
  // Behind the wanted ones on to an intermediate state to begin with.
  History history;
  const bool reached =
      past.walk(entity, until, most + kRefoldMax + kSnapshotEvery, entries,
                [&](const PlacedEntry& placed) { return entries.size() >= most && placed.entry.snapshot.has_value(); });
  history.complete = reached && (entries.size() <= most);
  ItemState now;
  if (entries.size() > most && entries.back().entry.snapshot) {
    now = *entries.back().entry.snapshot;
    entries.pop_back();
  }
  bool is_known = reached;
  for (auto placed = entries.rbegin(); placed != entries.rend(); ++placed) {
    const auto fact = past.fact(placed->stamp.position);
    HistoryEntry entry{placed->stamp.time, placed->stamp.position, placed->entry.roles(), Standing::unknown, {}};
    if (is_known) {
      past.catch_up(now, entity, placed->stamp);
      entry.standing = apply(now, entity, placed->stamp, fact, placed->entry.mentions);
      entry.after = now;
    } else {
      if (fact.erroneous) { entry.standing = Standing::erroneous; }
      is_known = placed->entry.snapshot.has_value();
      if (is_known) { now = *placed->entry.snapshot; }
      entry.after = now;
      entry.after.unfolded = true;
    }
    history.entries.push_back(std::move(entry));
  }
  if (history.entries.size() > most) {
    history.entries.erase(history.entries.begin(), history.entries.end() - static_cast<std::ptrdiff_t>(most));
  }
  return history;
}

void fold(contracts::Context& context, const Event& event, const EventSummary& summary) {
  Folding(context, event, summary).run();
}

}  // namespace keten::production
