#include "node/query/extract.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "contracts/production/decimal.h"
#include "contracts/production/entity.h"
#include "contracts/production/index_rows.h"
#include "node/query/epcis_content.h"
#include "node/query/epcis_rows.h"
#include "node/query/trace.h"

namespace keten::query {
namespace {

namespace index_rows = production::index_rows;
namespace role = production::role;
using index_rows::Stamp;
using json::Value;
using production::Action;
using production::EventSummary;
using production::EventType;

constexpr std::size_t kNestingMax = 8;
constexpr std::size_t kPackingsMax = 10'000;  ///< rows looked at for the contents of one container

Error too_large(std::string_view what) {
  return failure(ErrorKind::too_large, "QUERY_TOO_LARGE",
                 "an extract has at most " + std::string(what) + "; ask for a shorter time, a single lot or place");
}

/// The steps at which goods go from one to another: what is inside a container goes with it.
bool passes_on(std::string_view step) {
  constexpr std::array<std::string_view, 8> kSteps{"shipping",  "departing", "consigning", "transporting",
                                                   "receiving", "arriving",  "accepting",  "void_shipping"};
  return std::ranges::find(kSteps, step) != kSteps.end();
}

class Extractor {
 public:
  Extractor(const EpcisReaders& readers, const ExtractQuery& query)
      : readers_(readers), query_(query), content_(readers.load) {
    if (query.from) { first_.time = *query.from; }
    if (query.until) { last_.time = *query.until; }
  }

  Result<Extract> run() {
    result_.height = readers_.height;
    if (query_.what.empty()) {
      if (const auto done = take_range(index_rows::all_events()); !done) { return done.error(); }
    } else if (const auto done = take_item(); !done) {
      return done.error();
    }
    if (const auto done = load(); !done) { return done.error(); }
    return std::move(result_);
  }

 private:
  /// Nothing when it is an error declaration or was declared an error.
  Result<std::optional<EventSummary>> counting(const production::EventPosition& position) {
    auto summary = read_summary(readers_.index, position);
    if (!summary) { return summary.error(); }
    if (summary->declares_error ||
        readers_.index.get(index_rows::event_id_key(summary->id, summary->organisation, true))) {
      return std::optional<EventSummary>();
    }
    return std::optional(std::move(*summary));
  }

  Status take(const EventSummary& summary) {
    const Stamp stamp{summary.time, summary.position};
    if (stamp < first_ || last_ < stamp) { return kDone; }
    chosen_.insert(stamp);
    if (chosen_.size() > kExtractEventsMax) { return too_large(std::to_string(kExtractEventsMax) + " events"); }
    return kDone;
  }

  Status take_range(const Bytes& prefix) {
    for (RowCursor rows(readers_.index, prefix, last_, first_); rows.stamp(); rows.next()) {
      if (rows.stamp()->position.height > readers_.height) { continue; }
      auto summary = counting(rows.stamp()->position);
      if (!summary) { return summary.error(); }
      if (!*summary) { continue; }
      if (const auto done = take(**summary); !done) { return done; }
    }
    return kDone;
  }

  Status take_item() {
    result_.what = production::entity_key(query_.what);
    std::set<std::string> items;
    for (const auto direction : {TraceDirection::back, TraceDirection::forward}) {
      auto traced = trace(readers_, {result_.what, direction, limits::kTraceDepthMax});
      if (!traced && traced.error().reason == "ITEM_UNKNOWN") { return take_place(); }
      if (!traced) { return traced.error(); }
      result_.truncated = result_.truncated || traced->truncated;
      for (auto& item : traced->items) { items.insert(std::move(item.key)); }
      for (const auto& event : traced->events) {
        if (const auto done = take(event.summary); !done) { return done; }
      }
    }
    result_.items.assign(items.begin(), items.end());
    return kDone;
  }

  Status take_place() {
    for (const auto& prefix : {index_rows::of_read_point(result_.what), index_rows::of_biz_location(result_.what)}) {
      if (!RowCursor(readers_.index, prefix, newest_stamp(), oldest_stamp()).stamp()) { continue; }
      result_.is_place = true;
      if (const auto done = take_range(prefix); !done) { return done; }
    }
    if (result_.is_place) { return kDone; }
    return failure(ErrorKind::not_found, "ITEM_UNKNOWN",
                   "no event names " + query_.what + ", neither as an item nor as a place");
  }

  Status load() {
    std::size_t bytes = 0;
    std::vector<FoundEvent> found;
    for (const auto& stamp : chosen_) {
      auto event = content_.found(readers_.index, stamp.position);
      if (!event) { return event.error(); }
      bytes += json::serialize(event->event).size();
      if (bytes > kExtractBytesMax) { return too_large(std::to_string(kExtractBytesMax) + " bytes"); }
      found.push_back(std::move(*event));
    }
    result_.context = content_.take_context(found);
    for (auto& one : found) {
      ExtractEvent event{std::move(one), {}};
      if (const auto done = unpack(event); !done) { return done; }
      result_.events.push_back(std::move(event));
    }
    return kDone;
  }

  /// The contents of what an event passes on, when it does not name them itself.
  Status unpack(ExtractEvent& event) {
    const auto& summary = event.found.summary;
    if (!passes_on(summary.biz_step)) { return kDone; }
    const bool names_contents =
        std::ranges::any_of(summary.entities, [](const auto& entity) { return (entity.roles & role::kChild) != 0; });
    const auto outer = names_contents ? role::kChild : static_cast<std::uint8_t>(role::kListed | role::kParent);
    for (const auto& entity : summary.entities) {
      if ((entity.roles & outer) == 0 || (entity.roles & role::kClass) != 0) { continue; }
      const auto done = contents_of(entity.key, {summary.time, summary.position}, 0, event.contents);
      if (!done) { return done; }
    }
    return kDone;
  }

  struct Amount {
    std::optional<std::string> number;  ///< nothing: unknown
    bool is_class = false;
  };
  using Contents = std::map<std::pair<std::string, std::string>, Amount>;  ///< key and unit

  /// What is in a container, brought on from event to event: these come in order of time.
  struct Container {
    std::vector<Stamp> packings;  ///< and unpackings, oldest first
    std::size_t applied = 0;      ///< of these
    Contents contents;
  };

  [[nodiscard]] std::vector<Stamp> packings_of(const std::string& key) {
    std::vector<Stamp> found;
    std::size_t rows = 0;
    const auto [first, end] = key_range(index_rows::of_entity(key), last_, oldest_stamp());
    readers_.index.scan(first, end, [&](ByteView row_key, ByteView value) {
      if (++rows > kPackingsMax || packing_rows_ == kExtractPackingRowsMax) {
        result_.truncated = true;
        return false;
      }
      ++packing_rows_;
      const auto stamp = index_rows::stamp_of(row_key);
      const auto row = index_rows::read_entity_row(value);
      if (stamp && row && stamp->position.height <= readers_.height && binds(*row)) { found.push_back(*stamp); }
      return true;
    });
    std::ranges::reverse(found);
    return found;
  }

  /// The contents of a container at a time that is not before that of the last call.
  Result<const Contents*> contents_at(const std::string& key, const Stamp& until) {
    const auto [found, is_new] = containers_.try_emplace(key);
    auto& container = found->second;
    if (is_new) { container.packings = packings_of(key); }
    for (; container.applied < container.packings.size(); ++container.applied) {
      const auto& stamp = container.packings[container.applied];
      if (until < stamp) { break; }
      if (packed_names_ >= kExtractPackedNamesMax) {
        result_.truncated = true;
        break;
      }
      const auto summary = counting(stamp.position);
      if (!summary) { return summary.error(); }
      if (!*summary) { continue; }
      packed_names_ += 1 + (*summary)->entities.size();
      apply(**summary, container.contents);
    }
    return &container.contents;
  }

  static bool binds(const index_rows::EntityRow& row) {
    return (row.type == EventType::aggregation || row.type == EventType::association) &&
           (row.action == Action::add || row.action == Action::erase) && (row.roles & role::kParent) != 0;
  }

  static void apply(const EventSummary& event, Contents& contents) {
    bool names_children = false;
    for (const auto& entity : event.entities) {
      if ((entity.roles & role::kChild) == 0) { continue; }
      names_children = true;
      const bool is_class = (entity.roles & role::kClass) != 0;
      const auto amount = entity.amount.empty() ? std::nullopt : production::plain_decimal(entity.amount);
      const std::pair place{entity.key, entity.unit};
      if (event.action == Action::add) {
        const auto [held, is_new] = contents.try_emplace(place, Amount{amount, is_class});
        if (!is_new && is_class) {
          held->second.number =
              held->second.number && amount ? production::add_decimals(*held->second.number, *amount) : std::nullopt;
        }
        continue;
      }
      const auto held = contents.find(place);
      if (held == contents.end()) { continue; }
      const auto left = held->second.number && amount
                            ? production::add_decimals(*held->second.number, production::negated_decimal(*amount))
                            : std::nullopt;
      // Without amounts nobody knows what is left of a lot: it may be all.
      if (left && !left->starts_with('-') && *left != "0") {
        held->second.number = left;
      } else {
        contents.erase(held);
      }
    }
    if (event.action == Action::erase && !names_children) { contents.clear(); }
  }

  Status contents_of(const std::string& container, const Stamp& until, std::size_t depth,
                     std::vector<ExtractContent>& into) {
    const auto contents = contents_at(container, until);
    if (!contents) { return contents.error(); }
    for (const auto& [place, amount] : **contents) {
      if (contents_ == kExtractContentsMax || depth >= kNestingMax) {
        result_.truncated = true;
        return kDone;
      }
      ++contents_;
      into.push_back({container, place.first, amount.number.value_or(""), place.second});
      if (amount.is_class) { continue; }
      if (const auto done = contents_of(place.first, until, depth + 1, into); !done) { return done; }
    }
    return kDone;
  }

  const EpcisReaders& readers_;
  const ExtractQuery& query_;
  EventContent content_;
  Stamp first_ = oldest_stamp();
  Stamp last_ = newest_stamp();
  std::set<Stamp> chosen_;
  std::map<std::string, Container> containers_;
  std::size_t packing_rows_ = 0;
  std::size_t packed_names_ = 0;
  std::size_t contents_ = 0;  ///< of all events
  Extract result_;
};

}  // namespace

Result<Extract> extract(const EpcisReaders& readers, const ExtractQuery& query) {
  return Extractor(readers, query).run();
}

Value to_json(const Extract& extract) {
  const auto text = [](std::string_view value) { return Value::string(std::string(value)); };
  const auto number = [](std::uint64_t value) { return Value::number(static_cast<std::int64_t>(value)); };
  auto events = Value::array();
  for (const auto& [found, contents] : extract.events) {
    const auto& summary = found.summary;
    auto entry = Value::object()
                     .set("organisation", text(summary.organisation))
                     .set("height", number(summary.position.height.value))
                     .set("transaction", number(summary.position.transaction))
                     .set("number", number(summary.position.event))
                     .set("event", found.event);
    auto inside = Value::array();
    for (const auto& content : contents) {
      auto one = Value::object().set("container", text(content.container)).set("epc", text(content.key));
      if (!content.amount.empty()) { one.set("amount", text(content.amount)); }
      if (!content.unit.empty()) { one.set("unit", text(content.unit)); }
      inside.push(std::move(one));
    }
    if (!contents.empty()) { entry.set("contents", std::move(inside)); }
    events.push(std::move(entry));
  }
  auto document = Value::object();
  if (!extract.what.empty()) { document.set(extract.is_place ? "location" : "epc", text(extract.what)); }
  document.set("height", number(extract.height.value))
      .set("truncated", Value::boolean(extract.truncated))
      .set("@context", extract.context);
  if (!extract.items.empty()) {
    auto items = Value::array();
    for (const auto& item : extract.items) { items.push(text(item)); }
    document.set("items", std::move(items));
  }
  return document.set("events", std::move(events));
}

}  // namespace keten::query
