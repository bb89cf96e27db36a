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
constexpr std::size_t kPackingsMax = 1'000;  ///< looked at for the contents of one container
constexpr std::size_t kContentsMax = 50'000;

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

  Status take(EventSummary summary) {
    const Stamp stamp{summary.time, summary.position};
    if (stamp < first_ || last_ < stamp) { return kDone; }
    chosen_.emplace(stamp, std::move(summary));
    if (chosen_.size() > kExtractEventsMax) { return too_large(std::to_string(kExtractEventsMax) + " events"); }
    return kDone;
  }

  Status take_range(const Bytes& prefix) {
    for (RowCursor rows(readers_.index, prefix, last_, first_); rows.stamp(); rows.next()) {
      if (rows.stamp()->position.height > readers_.height) { continue; }
      auto summary = counting(rows.stamp()->position);
      if (!summary) { return summary.error(); }
      if (!*summary) { continue; }
      if (const auto done = take(std::move(**summary)); !done) { return done; }
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
      for (auto& event : traced->events) {
        if (const auto done = take(std::move(event.summary)); !done) { return done; }
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
    for (const auto& [stamp, summary] : chosen_) {
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

  /// Packings and unpackings of `container` until then, oldest first.
  Result<std::vector<EventSummary>> packings(const std::string& container, const Stamp& until) {
    std::vector<EventSummary> found;
    for (RowCursor rows(readers_.index, index_rows::of_entity(container), until, oldest_stamp()); rows.stamp();
         rows.next()) {
      if (rows.stamp()->position.height > readers_.height) { continue; }
      auto summary = counting(rows.stamp()->position);
      if (!summary) { return summary.error(); }
      if (!*summary || !binds(**summary, container)) { continue; }
      if (found.size() == kPackingsMax) {
        result_.truncated = true;
        break;
      }
      found.push_back(std::move(**summary));
    }
    std::ranges::reverse(found);
    return found;
  }

  static bool binds(const EventSummary& event, const std::string& container) {
    return (event.type == EventType::aggregation || event.type == EventType::association) &&
           (event.action == Action::add || event.action == Action::erase) &&
           std::ranges::any_of(event.entities, [&](const auto& entity) {
             return (entity.roles & role::kParent) != 0 && entity.key == container;
           });
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
    const auto events = packings(container, until);
    if (!events) { return events.error(); }
    Contents contents;
    for (const auto& event : *events) { apply(event, contents); }
    for (const auto& [place, amount] : contents) {
      if (into.size() >= kContentsMax || depth >= kNestingMax) {
        result_.truncated = true;
        return kDone;
      }
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
  std::map<Stamp, EventSummary> chosen_;
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
