#include "node/query/epcis_query.h"

#include <algorithm>
#include <set>

#include "contracts/production/decimal.h"
#include "contracts/production/entity.h"
#include "contracts/production/index_rows.h"
#include "core/check.h"
#include "core/encoding.h"
#include "node/query/epcis_content.h"
#include "node/query/epcis_rows.h"

namespace keten::query {
namespace {

namespace index_rows = production::index_rows;
namespace role = production::role;
using index_rows::Stamp;
using production::EventSummary;

// Page tokens.

struct PageToken {
  Height height;
  Hash fingerprint;
  Stamp last;
  std::uint64_t returned = 0;
};

std::string encode(const PageToken& token) {
  Writer writer;
  writer.u8(1);
  writer.number(token.height);
  writer.fixed(token.fingerprint);
  writer.raw(index_rows::descending(token.last));
  writer.u64(token.returned);
  return to_hex(writer.bytes());
}

Result<PageToken> decode_token(std::string_view text, const EpcisQuery& query, Height newest) {
  const auto error =
      invalid("PAGE_TOKEN", "nextPageToken: expected a token that an earlier page of the same query gave");
  const auto bytes = from_hex(text);
  if (!bytes) { return error; }
  Reader reader(*bytes);
  PageToken token;
  if (reader.u8() != 1) { return error; }
  token.height = reader.number<Height>();
  token.fingerprint = reader.fixed<Hash>();
  const auto stamp = index_rows::stamp_of(reader.raw(index_rows::kStampBytes));
  token.returned = reader.u64();
  if (!reader.finish("page token") || !stamp || token.fingerprint != query.fingerprint) { return error; }
  if (token.height > newest) {
    return failure(ErrorKind::unavailable, "NOT_SYNCED",
                   "the token is of height " + token.height.text() + ", this node is at " + newest.text());
  }
  token.last = *stamp;
  return token;
}

// Conditions.

template <typename Value>
bool is_one_of(const std::vector<Value>& wanted, const Value& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

bool matches(const EntityCondition& condition, const EventSummary& event) {
  return std::any_of(event.entities.begin(), event.entities.end(), [&](const production::SummaryEntity& entity) {
    const bool is_class = (entity.roles & role::kClass) != 0;
    return is_class == condition.classes && (entity.roles & condition.roles) != 0 &&
           std::any_of(condition.patterns.begin(), condition.patterns.end(),
                       [&](const auto& each) { return each.matches(entity.key); });
  });
}

bool holds(QuantityCondition::Comparison comparison, std::strong_ordering order) {
  switch (comparison) {
    case QuantityCondition::Comparison::equal: return order == 0;
    case QuantityCondition::Comparison::greater: return order > 0;
    case QuantityCondition::Comparison::greater_or_equal: return order >= 0;
    case QuantityCondition::Comparison::less: return order < 0;
    case QuantityCondition::Comparison::less_or_equal: return order <= 0;
  }
  return false;
}

/// All conditions on quantities hold for one and the same quantity.
bool matches(const std::vector<QuantityCondition>& conditions, const EventSummary& event) {
  if (conditions.empty()) { return true; }
  return std::any_of(event.entities.begin(), event.entities.end(), [&](const production::SummaryEntity& entity) {
    return !entity.amount.empty() &&
           std::all_of(conditions.begin(), conditions.end(), [&](const QuantityCondition& condition) {
             return holds(condition.comparison, production::compare_decimals(entity.amount, condition.amount));
           });
  });
}

bool matches(const EpcisQuery& query, const EventSummary& event) {
  const auto recorded = static_cast<production::EventTime>(event.record_time);
  return is_one_of(query.types, event.type) && is_one_of(query.actions, event.action) &&
         is_one_of(query.biz_steps, event.biz_step) && is_one_of(query.dispositions, event.disposition) &&
         is_one_of(query.read_points, event.read_point) && is_one_of(query.biz_locations, event.biz_location) &&
         is_one_of(query.transformation_ids, event.transformation_id) && is_one_of(query.event_ids, event.id) &&
         (!query.from || event.time >= *query.from) && (!query.before || event.time < *query.before) &&
         (!query.recorded_from || recorded >= *query.recorded_from) &&
         (!query.recorded_before || recorded < *query.recorded_before) &&
         (!query.only_declared_errors || event.declares_error) &&
         std::all_of(query.entities.begin(), query.entities.end(),
                     [&](const auto& each) { return matches(each, event); }) &&
         matches(query.quantities, event);
}

/// What only the event itself can tell.
bool matches(const TypedCondition& condition, const production::Event& event) {
  const auto is_wanted = [&](const std::string& type, const std::string& id) {
    return type == condition.type && is_one_of(condition.ids, production::entity_key(id));
  };
  const auto has = [&](const auto& list) {
    return std::any_of(list.begin(), list.end(), [&](const auto& each) { return is_wanted(each.type, each.id); });
  };
  switch (condition.list) {
    case TypedCondition::List::business_transactions: return has(event.business_transactions);
    case TypedCondition::List::sources: return has(event.sources);
    case TypedCondition::List::destinations: return has(event.destinations);
  }
  return false;
}

// The range to read.

/// The prefixes of the ranges that together hold every match, the most selective there are.
std::vector<Bytes> ranges_of(const EpcisQuery& query) {
  std::vector<Bytes> result;
  if (query.order == EventOrder::record_time) { return {index_rows::by_recording()}; }
  for (const auto& id : query.transformation_ids) { result.push_back(index_rows::of_transformation(id)); }
  if (!result.empty()) { return result; }
  for (const auto& condition : query.entities) {
    const auto& patterns = condition.patterns;
    if (std::any_of(patterns.begin(), patterns.end(), [](const auto& each) { return each.is_prefix; })) { continue; }
    for (const auto& pattern : patterns) { result.push_back(index_rows::of_entity(pattern.key)); }
    return result;
  }
  for (const auto& step : query.biz_steps) { result.push_back(index_rows::of_biz_step(step)); }
  if (!result.empty()) { return result; }
  for (const auto type : query.types) { result.push_back(index_rows::of_type(type)); }
  if (!result.empty()) { return result; }
  return {index_rows::all_events()};
}

/// One query over one snapshot.
class Search {
 public:
  Search(const EpcisReaders& readers, const EpcisQuery& query, std::size_t rows_max)
      : readers_(readers), query_(query), rows_left_(rows_max), content_(readers.load) {}

  Result<EpcisPage> run() {
    page_.height = readers_.height;
    if (!query_.page_token.empty()) {
      auto token = decode_token(query_.page_token, query_, readers_.height);
      if (!token) { return token.error(); }
      page_.height = token->height;
      resume_ = *token;
    }
    wanted_ = query_.per_page;
    if (query_.count_limit) {
      wanted_ = std::min<std::uint64_t>(wanted_, *query_.count_limit - std::min(*query_.count_limit, resume_.returned));
    }
    const auto done = query_.event_ids.empty() ? walk() : walk_ids();
    if (!done) { return done.error(); }
    return finish();
  }

 private:
  [[nodiscard]] bool ascends() const { return query_.direction == OrderDirection::ascending; }
  [[nodiscard]] Stamp order_of(const EventSummary& event) const {
    return {
        query_.order == EventOrder::record_time ? static_cast<production::EventTime>(event.record_time) : event.time,
        event.position};
  }
  [[nodiscard]] bool is_after_resume(const Stamp& stamp) const {
    return query_.page_token.empty() || (ascends() ? stamp > resume_.last : stamp < resume_.last);
  }

  /// Descending rows stream into the page; ascending ones are sifted for the oldest.
  Status walk() {
    auto newest = newest_stamp();
    auto oldest = oldest_stamp();
    if (query_.order == EventOrder::event_time) {
      if (query_.before) { newest = {*query_.before, {}}; }
      if (query_.from) { oldest = {*query_.from, {}}; }
    }
    if (!query_.page_token.empty() && !ascends()) { newest = std::min(newest, resume_.last); }
    std::vector<RowCursor> cursors;
    for (auto& prefix : ranges_of(query_)) { cursors.emplace_back(readers_.index, std::move(prefix), newest, oldest); }
    MergedRows rows(std::move(cursors));
    while (const auto stamp = rows.next()) {
      if (rows_left_ == 0) { return stop_early(); }
      --rows_left_;
      last_seen_ = *stamp;
      if (const auto taken = consider(*stamp); !taken) { return taken; }
      if (!ascends() && found_.size() > wanted_ && !counts_all()) { return kDone; }
    }
    return kDone;
  }

  /// An id names few events: all of them are sorted.
  Status walk_ids() {
    for (const auto& id : query_.event_ids) {
      const auto prefix = index_rows::of_event_id(id);
      std::vector<production::EventPosition> positions;
      readers_.index.scan(prefix, index_rows::end_of(prefix), [&](ByteView, ByteView value) {
        if (const auto position = index_rows::position_of(value)) { positions.push_back(*position); }
        return true;
      });
      for (const auto& position : positions) {
        const auto summary = read_summary(readers_.index, position);
        if (!summary) { return summary.error(); }
        if (const auto taken = consider(order_of(*summary)); !taken) { return taken; }
      }
    }
    return kDone;
  }

  [[nodiscard]] bool counts_all() const {
    return query_.count_max && query_.page_token.empty() && matches_ <= *query_.count_max;
  }

  Status consider(const Stamp& stamp) {
    if (stamp.position.height > page_.height || !is_after_resume(stamp)) { return kDone; }
    auto summary = read_summary(readers_.index, stamp.position);
    if (!summary) { return summary.error(); }
    if (!matches(query_, *summary)) { return kDone; }
    for (const auto& condition : query_.typed) {
      const auto event = content_.event(stamp.position);
      if (!event) { return event.error(); }
      if (!matches(condition, **event)) { return kDone; }
    }
    ++matches_;
    const auto later = [this](const Stamp& left, const Stamp& right) {
      return ascends() ? left < right : left > right;
    };
    found_.insert(std::upper_bound(found_.begin(), found_.end(), stamp, later), stamp);
    if (found_.size() > wanted_ + 1) { found_.pop_back(); }
    return kDone;
  }

  Status stop_early() {
    if (ascends() || counts_all()) {
      return failure(ErrorKind::too_large, "QUERY_TOO_COMPLEX",
                     "too many events to look at: ask for a shorter time, for an item, or without orderDirection=ASC "
                     "and maxEventCount");
    }
    stopped_early_ = true;
    return kDone;
  }

  Result<EpcisPage> finish() {
    if (query_.count_max && query_.page_token.empty() && matches_ > *query_.count_max) {
      return failure(ErrorKind::too_large, "QUERY_TOO_LARGE",
                     "more than maxEventCount=" + std::to_string(*query_.count_max) + " events match");
    }
    const bool more = found_.size() > wanted_;
    if (more) { found_.resize(wanted_); }
    for (const auto& stamp : found_) {
      auto event = content_.found(readers_.index, stamp.position);
      if (!event) { return event.error(); }
      page_.events.push_back(std::move(*event));
    }
    const auto returned = resume_.returned + found_.size();
    const bool limited = query_.count_limit && returned >= *query_.count_limit;
    if ((more || stopped_early_) && !limited) {
      const auto last = more && !found_.empty() ? found_.back() : last_seen_;
      page_.next_page_token = encode({page_.height, query_.fingerprint, last, returned});
    }
    page_.context = content_.take_context(page_.events);
    return std::move(page_);
  }

  const EpcisReaders& readers_;
  const EpcisQuery& query_;
  std::size_t rows_left_;
  EventContent content_;
  EpcisPage page_;
  PageToken resume_;
  std::size_t wanted_ = 0;
  std::vector<Stamp> found_;  ///< in the order of the page, at most one more than wanted
  std::uint64_t matches_ = 0;
  Stamp last_seen_;
  bool stopped_early_ = false;
};

}  // namespace

Result<EpcisPage> find_events(const EpcisReaders& readers, const EpcisQuery& query, std::size_t rows_max) {
  return Search(readers, query, rows_max).run();
}

Result<EpcisPage> events_by_id(const EpcisReaders& readers, std::string_view id) {
  EpcisQuery query;
  query.event_ids.emplace_back(id);
  query.per_page = limits::kPageMax;
  auto page = find_events(readers, query);
  if (page && page->events.empty()) {
    return failure(ErrorKind::not_found, "EVENT_NOT_FOUND", "no event with the id " + std::string(id));
  }
  return page;
}

json::Value query_document(const EpcisPage& page, Milliseconds creation_time) {
  auto events = json::Value::array();
  for (const auto& found : page.events) { events.push(found.event); }
  auto body = json::Value::object();
  body.set("eventList", std::move(events));
  auto results = json::Value::object();
  results.set("queryName", json::Value::string("SimpleEventQuery")).set("resultsBody", std::move(body));
  auto epcis_body = json::Value::object();
  epcis_body.set("queryResults", std::move(results));
  auto document = json::Value::object();
  document.set("@context", page.context)
      .set("type", json::Value::string("EPCISQueryDocument"))
      .set("schemaVersion", json::Value::string("2.0"))
      .set("creationDate",
           json::Value::string(production::time_text(static_cast<production::EventTime>(creation_time))))
      .set("epcisBody", std::move(epcis_body));
  return document;
}

}  // namespace keten::query
