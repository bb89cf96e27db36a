#include "node/query/epcis_query.h"

#include <algorithm>
#include <set>

#include "contracts/production/decimal.h"
#include "contracts/production/entity.h"
#include "contracts/production/index_rows.h"
#include "contracts/production/vocabulary.h"
#include "core/check.h"
#include "core/encoding.h"
#include "node/query/epcis_content.h"
#include "node/query/epcis_rows.h"
#include "node/query/measures.h"

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

/// The same of a sorted list.
bool is_among(const std::vector<std::string>& wanted, const std::string& value) {
  return wanted.empty() || std::binary_search(wanted.begin(), wanted.end(), value);
}

bool matches(const EntityCondition& condition, const EventSummary& event) {
  return std::any_of(event.entities.begin(), event.entities.end(), [&](const production::SummaryEntity& entity) {
    const bool is_class = (entity.roles & role::kClass) != 0;
    return is_class == condition.classes && (entity.roles & condition.roles) != 0 &&
           std::any_of(condition.patterns.begin(), condition.patterns.end(),
                       [&](const auto& each) { return each.matches(entity.key); });
  });
}

bool matches(const QuantityCondition& condition, const production::SummaryEntity& entity) {
  return std::any_of(condition.amounts.begin(), condition.amounts.end(), [&](const std::string& amount) {
    const auto order = condition.unit.empty()
                           ? std::optional<std::partial_ordering>(production::compare_decimals(entity.amount, amount))
                           : compare_measures(entity.amount, entity.unit, amount, condition.unit);
    return order && holds(condition.comparison, *order);
  });
}

/// All conditions on quantities hold for one and the same quantity.
bool matches(const std::vector<QuantityCondition>& conditions, const EventSummary& event) {
  if (conditions.empty()) { return true; }
  return std::any_of(event.entities.begin(), event.entities.end(), [&](const production::SummaryEntity& entity) {
    return !entity.amount.empty() && std::all_of(conditions.begin(), conditions.end(),
                                                 [&](const auto& condition) { return matches(condition, entity); });
  });
}

/// The lists of the query are sorted.
bool matches(const EpcisQuery& query, const EventSummary& event) {
  const auto recorded = static_cast<production::EventTime>(event.record_time);
  return is_one_of(query.types, {event.type, event.type_name}) && is_one_of(query.actions, event.action) &&
         is_among(query.biz_steps, event.biz_step) && is_among(query.dispositions, event.disposition) &&
         is_among(query.read_points, event.read_point) && is_among(query.biz_locations, event.biz_location) &&
         is_among(query.transformation_ids, event.transformation_id) && is_among(query.event_ids, event.id) &&
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
    return type == condition.type && is_among(condition.ids, production::entity_key(id));
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

// Master data.

/// The places and all that lie in them, at most so many: a circle of children ends, too.
Result<std::vector<std::string>> with_descendants(const contracts::StateReader& index,
                                                  const std::vector<std::string>& places) {
  constexpr std::size_t kPlacesMax = 10'000;
  std::set<std::string> known(places.begin(), places.end());
  std::vector<std::string> open(known.begin(), known.end());
  while (!open.empty()) {
    const auto prefix = index_rows::children_of(open.back());
    open.pop_back();
    index.scan(prefix, index_rows::end_of(prefix), [&](ByteView key, ByteView) {
      std::string child(as_text(key.subspan(prefix.size())));
      if (known.insert(child).second) { open.push_back(std::move(child)); }
      return known.size() <= kPlacesMax;
    });
    if (known.size() > kPlacesMax) {
      return failure(ErrorKind::too_large, "QUERY_TOO_COMPLEX",
                     "more than " + std::to_string(kPlacesMax) + " places lie in the wanted ones");
    }
  }
  return std::vector<std::string>(known.begin(), known.end());
}

/// What stands in a field that master data may describe.
std::set<std::string> described_by(const AttributeCondition& condition, const production::Event& event,
                                   const EventSummary& summary, const production::DocumentNames& names) {
  std::set<std::string> result;
  const auto& field = condition.field;
  const auto add = [&](std::string_view text) {
    if (!text.empty()) { result.insert(production::entity_key(text)); }
  };
  const auto add_word = [&](production::Vocabulary vocabulary, const std::string& word) {
    add(word);
    if (production::is_standard_word(vocabulary, word)) { add(production::web_address(vocabulary, word)); }
  };
  if (field == "readPoint") { add(summary.read_point); }
  if (field == "bizLocation") { add(summary.biz_location); }
  if (field == "bizStep") { add_word(production::Vocabulary::biz_step, summary.biz_step); }
  if (field == "disposition") { add_word(production::Vocabulary::disposition, summary.disposition); }
  for (const auto& entity : summary.entities) {
    const bool is_class = (entity.roles & role::kClass) != 0;
    if (field == (is_class ? "epcClass" : "epc")) { result.insert(entity.key); }
  }
  if (field == "bizTransaction") {
    for (const auto& each : event.business_transactions) { add(each.id); }
  }
  if (field == "source") {
    for (const auto& each : event.sources) { add(each.id); }
  }
  if (field == "destination") {
    for (const auto& each : event.destinations) { add(each.id); }
  }
  for (auto& text : extension_texts(field, event, names)) { add(text); }
  return result;
}

bool matches(const AttributeCondition& condition, const production::Event& event, const EventSummary& summary,
             const production::DocumentNames& names, const contracts::StateReader& index) {
  const auto ids = described_by(condition, event, summary, names);
  return std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
    return std::any_of(condition.attributes.begin(), condition.attributes.end(), [&](const std::string& name) {
      const auto row = index.get(index_rows::attribute_key(id, name));
      if (!row) { return false; }
      if (condition.values.empty()) { return true; }
      const auto value = json::parse(as_text(*row));
      return value && is_one_of_values(*value, condition.values);
    });
  });
}

// The ranges to read.

/// Ranges that together hold every match.
struct Candidate {
  std::vector<Bytes> prefixes;
  Stamp newest = newest_stamp();
  Stamp oldest = oldest_stamp();
  bool in_order = true;  ///< the stamps of the rows are the order of the query
  bool by_stamp = true;  ///< each prefix is followed by a stamp; else it begins the names of several ranges
};

/// From what is most selective as a rule to what is least; the last always can be read in order.
std::vector<Candidate> candidates_of(const EpcisQuery& query) {
  std::vector<Candidate> result;
  const bool by_time = query.order == EventOrder::event_time;
  const auto propose = [&](std::vector<Bytes> prefixes) {
    if (prefixes.empty()) { return; }
    Candidate candidate{std::move(prefixes)};
    if (query.before) { candidate.newest = {*query.before, {}}; }
    if (query.from) { candidate.oldest = {*query.from, {}}; }
    candidate.in_order = by_time;
    result.push_back(std::move(candidate));
  };
  const auto propose_each = [&](const auto& values, const auto& prefix_of) {
    std::vector<Bytes> prefixes;
    for (const auto& value : values) { prefixes.push_back(prefix_of(value)); }
    propose(std::move(prefixes));
  };
  propose_each(query.transformation_ids, index_rows::of_transformation);
  for (const auto& condition : query.entities) {
    const bool has_prefix = std::any_of(condition.patterns.begin(), condition.patterns.end(),
                                        [](const auto& each) { return each.is_prefix; });
    if (!has_prefix) {
      propose_each(condition.patterns, [](const auto& pattern) { return index_rows::of_entity(pattern.key); });
      continue;
    }
    Candidate candidate;
    for (const auto& pattern : condition.patterns) {
      candidate.prefixes.push_back(pattern.is_prefix ? index_rows::of_entities(pattern.key)
                                                     : index_rows::of_entity(pattern.key));
    }
    candidate.in_order = false;
    candidate.by_stamp = false;
    result.push_back(std::move(candidate));
  }
  for (const auto& condition : query.typed) {
    if (condition.list == TypedCondition::List::business_transactions) {
      propose_each(condition.ids, index_rows::of_business_transaction);
    } else {
      propose_each(condition.ids, index_rows::of_party);
    }
  }
  propose_each(query.read_points, index_rows::of_read_point);
  propose_each(query.biz_locations, index_rows::of_biz_location);
  propose_each(query.dispositions, index_rows::of_disposition);
  propose_each(query.biz_steps, index_rows::of_biz_step);
  propose_each(query.types, index_rows::of_type);
  if (query.recorded_from || query.recorded_before || query.order == EventOrder::record_time) {
    Candidate candidate{{index_rows::by_recording()}};
    if (query.recorded_before) { candidate.newest = {*query.recorded_before, {}}; }
    if (query.recorded_from) { candidate.oldest = {*query.recorded_from, {}}; }
    candidate.in_order = query.order == EventOrder::record_time;
    result.push_back(std::move(candidate));
  }
  if (query.order != EventOrder::record_time) { propose({index_rows::all_events()}); }
  return result;
}

/// Rows of a candidate, counted up to `most`.
std::size_t count_rows(const contracts::StateReader& index, const Candidate& candidate, std::size_t most) {
  std::size_t count = 0;
  for (const auto& prefix : candidate.prefixes) {
    const auto range = candidate.by_stamp ? key_range(prefix, candidate.newest, candidate.oldest)
                                          : std::pair(prefix, index_rows::end_of(prefix));
    if (range.first >= range.second) { continue; }
    if (count >= most) { return count; }
    index.scan(range.first, range.second, [&](ByteView, ByteView) { return ++count < most; });
  }
  return count;
}

/// Rows that are few enough to be sorted in memory.
constexpr std::size_t kSortedRowsMax = 1024;

struct Choice {
  Candidate candidate;
  bool is_small = false;  ///< has at most kSortedRowsMax rows
};

/// The candidate with the fewest rows; of those that have many, the first that can be read in order.
Choice choose(const contracts::StateReader& index, std::vector<Candidate> candidates) {
  if (candidates.size() == 1 && candidates.front().in_order) { return {std::move(candidates.front()), false}; }
  const bool may_sort =
      std::any_of(candidates.begin(), candidates.end(), [](const auto& each) { return !each.in_order; });
  for (const std::size_t most : {std::size_t{16}, std::size_t{128}, kSortedRowsMax + 1}) {
    if (most > kSortedRowsMax && !may_sort) { break; }
    std::size_t fewest = most;
    const Candidate* best = nullptr;
    for (const auto& candidate : candidates) {
      const auto rows = count_rows(index, candidate, fewest);
      if (rows >= fewest) { continue; }
      fewest = rows;
      best = &candidate;
      if (fewest == 0) { break; }
    }
    if (best != nullptr) { return {*best, true}; }
  }
  const auto ordered =
      std::find_if(candidates.begin(), candidates.end(), [](const auto& each) { return each.in_order; });
  return {ordered == candidates.end() ? std::move(candidates.front()) : std::move(*ordered), false};
}

/// To read the content of an event costs as much as so many rows.
constexpr std::size_t kRowsPerContent = 20;
/// As much as a row cost so many comparisons of a name or an amount in an event with a wanted one, and so many of a
/// field in its content.
constexpr std::size_t kComparisonsPerRow = 1000;
constexpr std::size_t kContentComparisonsPerRow = 50;

/// One query over one snapshot.
class Search {
 public:
  Search(const EpcisReaders& readers, EpcisQuery query, std::size_t rows_max)
      : readers_(readers), query_(std::move(query)), rows_left_(rows_max), content_(readers.load) {
    for (auto* list : {&query_.biz_steps, &query_.dispositions, &query_.read_points, &query_.biz_locations,
                       &query_.transformation_ids, &query_.event_ids}) {
      sort(*list);
    }
    for (auto& condition : query_.typed) { sort(condition.ids); }
    for (const auto& condition : query_.entities) { wanted_names_ += condition.patterns.size(); }
    for (const auto& condition : query_.quantities) { wanted_names_ += condition.amounts.size(); }
    for (const auto& condition : query_.fields) {
      for (const auto& bound : condition.bounds) { wanted_fields_ += bound.values.size(); }
    }
    for (const auto& condition : query_.attributes) { wanted_fields_ += condition.values.size(); }
  }

  Result<EpcisPage> run() {
    page_.height = readers_.height;
    if (!query_.page_token.empty()) {
      auto token = decode_token(query_.page_token, query_, readers_.height);
      if (!token) { return token.error(); }
      page_.height = token->height;
      resume_.stamp = token->last;
      returned_ = token->returned;
      if (query_.order == EventOrder::extension) {
        auto value = order_value_of(resume_.stamp);
        if (!value) { return value.error(); }
        resume_.value = std::move(*value);
      }
    }
    if (const auto expanded = expand_places(); !expanded) { return expanded.error(); }
    wanted_ = query_.per_page;
    if (query_.count_limit) {
      wanted_ = std::min<std::uint64_t>(wanted_, *query_.count_limit - std::min(*query_.count_limit, returned_));
    }
    const auto done = query_.event_ids.empty() ? walk() : walk_ids();
    if (!done) { return done.error(); }
    return finish();
  }

 private:
  /// A place in the order of the query.
  struct Place {
    Stamp stamp;
    std::optional<OrderValue> value;  ///< of an extension
  };

  static void sort(std::vector<std::string>& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  void pay(std::size_t rows) { rows_left_ -= std::min(rows_left_, rows); }

  [[nodiscard]] bool ascends() const { return query_.direction == OrderDirection::ascending; }
  [[nodiscard]] bool comes_before(const Place& left, const Place& right) const {
    if (left.value != right.value) {
      // Without the field last, in either direction.
      if (!left.value || !right.value) { return left.value.has_value(); }
      return ascends() ? *left.value < *right.value : *left.value > *right.value;
    }
    return ascends() ? left.stamp < right.stamp : left.stamp > right.stamp;
  }
  [[nodiscard]] Stamp stamp_of(const EventSummary& event) const {
    return {
        query_.order == EventOrder::record_time ? static_cast<production::EventTime>(event.record_time) : event.time,
        event.position};
  }

  Result<std::optional<OrderValue>> order_value_of(const Stamp& stamp) {
    const auto event = content_.event(stamp.position);
    if (!event) { return event.error(); }
    const auto names = content_.names(stamp.position);
    if (!names) { return names.error(); }
    return order_value(query_.order_field, **event, **names);
  }

  /// WD_ parameters become places; together with EQ_ parameters, what is in both.
  Status expand_places() {
    for (const auto& condition : query_.within) {
      auto places = with_descendants(readers_.index, condition.places);
      if (!places) { return places.error(); }
      auto& wanted = condition.field == query::Place::read_point ? query_.read_points : query_.biz_locations;
      if (!wanted.empty()) {
        std::erase_if(*places, [&](const std::string& each) { return !is_one_of(wanted, each); });
        // Nothing is in both: a name that no place has.
        if (places->empty()) { places->emplace_back(); }
      }
      wanted = std::move(*places);
    }
    return kDone;
  }

  /// Rows in the order of the query stream into the page; others are sifted for those that come first.
  Status walk() {
    const auto choice = choose(readers_.index, candidates_of(query_));
    auto [candidate, is_small] = choice;
    streams_ = candidate.in_order;
    if (!candidate.by_stamp) { return sift_names(candidate); }
    if (streams_ && !query_.page_token.empty()) {
      if (ascends()) {
        candidate.oldest = std::max(candidate.oldest, resume_.stamp);
      } else {
        candidate.newest = std::min(candidate.newest, resume_.stamp);
      }
    }
    const auto direction = streams_ && ascends() ? Direction::oldest_first : Direction::newest_first;
    // Each range costs a look; one row is left, so that every page goes on.
    if (rows_left_ > 0) { pay(std::min(candidate.prefixes.size(), rows_left_) - 1); }
    std::vector<RowCursor> cursors;
    for (auto& prefix : candidate.prefixes) {
      cursors.emplace_back(readers_.index, std::move(prefix), candidate.newest, candidate.oldest, direction);
    }
    MergedRows rows(std::move(cursors), direction);
    while (const auto stamp = rows.next()) {
      if (rows_left_ == 0) { return stop_early(); }
      --rows_left_;
      last_seen_ = *stamp;
      if (const auto taken = consider(stamp->position); !taken) { return taken; }
      if (streams_ && found_.size() > wanted_ && !counts_all()) { return kDone; }
    }
    return kDone;
  }

  /// Few rows under many names.
  Status sift_names(const Candidate& candidate) {
    std::set<production::EventPosition> positions;
    for (const auto& prefix : candidate.prefixes) {
      readers_.index.scan(prefix, index_rows::end_of(prefix), [&](ByteView key, ByteView) {
        if (const auto stamp = index_rows::stamp_of(key)) { positions.insert(stamp->position); }
        return positions.size() <= rows_left_;
      });
    }
    if (positions.size() > rows_left_) { return stop_early(); }
    for (const auto& position : positions) {
      if (rows_left_ == 0) { return stop_early(); }
      if (const auto taken = consider(position); !taken) { return taken; }
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
        return positions.size() <= rows_left_;
      });
      for (const auto& position : positions) {
        if (rows_left_ == 0) { return stop_early(); }
        pay(1);
        if (const auto taken = consider(position); !taken) { return taken; }
      }
    }
    return kDone;
  }

  [[nodiscard]] bool counts_all() const {
    return query_.count_max && query_.page_token.empty() && matches_ <= *query_.count_max;
  }

  Status consider(const production::EventPosition& position) {
    if (position.height > page_.height) { return kDone; }
    auto summary = read_summary(readers_.index, position);
    if (!summary) { return summary.error(); }
    pay(wanted_names_ * summary->entities.size() / kComparisonsPerRow);
    if (!matches(query_, *summary)) { return kDone; }
    const auto content_matches = matches_content(*summary);
    if (!content_matches) { return content_matches.error(); }
    if (!*content_matches) { return kDone; }
    Place place{stamp_of(*summary), std::nullopt};
    if (query_.order == EventOrder::extension) {
      if (!asks_content()) { pay_for_content(*summary); }
      auto value = order_value_of(place.stamp);
      if (!value) { return value.error(); }
      place.value = std::move(*value);
    }
    if (!query_.page_token.empty() && !comes_before(resume_, place)) { return kDone; }
    ++matches_;
    found_.insert(std::upper_bound(found_.begin(), found_.end(), place,
                                   [this](const Place& left, const Place& right) { return comes_before(left, right); }),
                  std::move(place));
    if (found_.size() > wanted_ + 1) { found_.pop_back(); }
    return kDone;
  }

  /// What only the event itself can tell.
  [[nodiscard]] bool asks_content() const {
    return !query_.typed.empty() || !query_.fields.empty() || !query_.attributes.empty();
  }
  void pay_for_content(const EventSummary& summary) {
    pay(kRowsPerContent + wanted_fields_ / kContentComparisonsPerRow);
    // Each attribute of each identifier in the field is a row.
    for (const auto& condition : query_.attributes) {
      const bool is_list = condition.field == "epc" || condition.field == "epcClass";
      pay(condition.attributes.size() * (is_list ? summary.entities.size() : 1));
    }
  }

  Result<bool> matches_content(const EventSummary& summary) {
    if (!asks_content()) { return true; }
    pay_for_content(summary);
    const auto event = content_.event(summary.position);
    if (!event) { return event.error(); }
    const auto names = content_.names(summary.position);
    if (!names) { return names.error(); }
    return std::all_of(query_.typed.begin(), query_.typed.end(),
                       [&](const auto& each) { return matches(each, **event); }) &&
           std::all_of(query_.fields.begin(), query_.fields.end(),
                       [&](const auto& each) { return query::matches(each, **event, **names); }) &&
           std::all_of(query_.attributes.begin(), query_.attributes.end(),
                       [&](const auto& each) { return matches(each, **event, summary, **names, readers_.index); });
  }

  Status stop_early() {
    if (query_.order == EventOrder::extension) {
      return failure(ErrorKind::too_large, "QUERY_TOO_COMPLEX",
                     "an order by extension has to read every event that matches, and these are too many: ask for a "
                     "shorter time or for an item, or in the order of eventTime or recordTime");
    }
    if (!streams_ || counts_all()) {
      return failure(ErrorKind::too_large, "QUERY_TOO_COMPLEX",
                     "too many events to look at: ask for a shorter time or for an item, or without maxEventCount and "
                     "in the order of eventTime or recordTime");
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
    for (const auto& place : found_) {
      auto event = content_.found(readers_.index, place.stamp.position);
      if (!event) { return event.error(); }
      page_.events.push_back(std::move(*event));
    }
    const auto returned = returned_ + found_.size();
    const bool limited = query_.count_limit && returned >= *query_.count_limit;
    if ((more || stopped_early_) && !limited) {
      const auto last = more && !found_.empty() ? found_.back().stamp : last_seen_;
      page_.next_page_token = encode({page_.height, query_.fingerprint, last, returned});
    }
    page_.context = content_.take_context(page_.events);
    return std::move(page_);
  }

  const EpcisReaders& readers_;
  EpcisQuery query_;
  std::size_t rows_left_;
  std::size_t wanted_names_ = 0;   ///< of items and amounts
  std::size_t wanted_fields_ = 0;  ///< values of fields in the content
  EventContent content_;
  EpcisPage page_;
  Place resume_;
  std::uint64_t returned_ = 0;  ///< on earlier pages
  std::size_t wanted_ = 0;
  std::vector<Place> found_;  ///< in the order of the page, at most one more than wanted
  std::uint64_t matches_ = 0;
  Stamp last_seen_;
  bool streams_ = false;
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
