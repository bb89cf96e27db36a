#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/production/item_state.h"
#include "core/json.h"
#include "core/result.h"
#include "node/query/epcis_query.h"
#include "node/query/trace.h"

namespace keten::query {

/// Who has an item and where it is. What was recorded of the container it is in counts when that is newer, and is then
/// inferred.
struct Whereabouts {
  std::string possessor;
  std::string location;
  std::string container;  ///< the innermost one; empty when loose
  bool inferred = false;
  friend auto operator<=>(const Whereabouts&, const Whereabouts&) = default;
};
Whereabouts whereabouts(const contracts::StateReader& state, const production::ItemState& item);
/// `state` of a history: docs/http.md.
json::Value to_json(const production::ItemState& state, const Whereabouts& where);

/// An item, or a part of a lot, with where it is.
struct Whereabout {
  std::string key;
  Whereabouts where;
  bool alive = true;
  bool moving = false;    ///< on its way to somebody else
  bool unfolded = false;  ///< production::ItemState::unfolded
  bool uncounted = false;
  bool lot_inferred = false;  ///< of a recall: an event's lot number says that it belongs to an affected lot
  std::string amount;         ///< of a lot; empty when unknown or an instance
  std::string unit;
  std::size_t depth = 0;  ///< of a recall: steps from what is recalled
};

/// What an organisation or a place has now. A page ends after `limit` entries, or after kHoldingsRowsMax candidates.
struct HoldingsQuery {
  std::string who;         ///< the name of an organisation; with a colon in it, or thirteen digits: a place
  std::string page_token;  ///< empty: the first page
  std::size_t limit = limits::kPageDefault;
};
struct HoldingsPage {
  std::string who;
  bool is_place = false;
  std::vector<Whereabout> items;  ///< by key; contents behind their container
  std::string next_page_token;
  Height height;
};
inline constexpr std::size_t kHoldingsRowsMax = 100'000;
Result<HoldingsPage> holdings(const EpcisReaders& readers, const HoldingsQuery& query);

/// What must come back: a lot, item or container; or everything that was seen at a place; or everything of a time.
struct RecallQuery {
  std::string what;  ///< an EPC or class, or a place; empty: everything in the time
  std::optional<production::EventTime> from;
  std::optional<production::EventTime> until;
  std::string page_token;
  std::size_t limit = limits::kPageDefault;
};
inline constexpr std::size_t kRecallItemsMax = 50'000;
/// A row of the index and a name in an event cost ten of them.
inline constexpr std::size_t kRecallStepsMax = 20'000'000;

struct RecallGroup {
  Whereabouts where;  ///< without container
  std::size_t items = 0;
};
/// Goods went from one custodian to another.
struct ForwardStep {
  std::string from;
  std::string to;
  std::size_t items = 0;
  production::EventTime first = 0;
  production::EventTime last = 0;
};
struct Recall {
  std::string what;
  bool is_place = false;
  std::size_t affected = 0;
  std::size_t alive = 0;
  std::vector<RecallGroup> groups;   ///< of what is alive
  std::vector<ForwardStep> forward;  ///< one step forward, for each custodian
  std::vector<Whereabout> items;     ///< a page, by key
  std::string next_page_token;
  bool truncated = false;  ///< more than kRecallItemsMax, or than one recall looks at: the counts are too low
  Height height;
};
/// The forward closure: lots to the instances that an event's lot number puts into them, inputs to outputs, components to
/// what they are built into, containers to what was in them, and what a container went into while it held something.
/// Fails with ITEM_UNKNOWN, PAGE_TOKEN.
Result<Recall> recall(const EpcisReaders& readers, const RecallQuery& query, std::size_t steps_max = kRecallStepsMax);

/// Everything recorded about one item, with what became of each event.
struct HistoryQuery {
  std::string entity;
  std::string page_token;  ///< empty: the newest
  std::size_t limit = limits::kPageDefault;
};
struct HistoryLine {
  production::EventSummary event;
  production::Standing standing = production::Standing::folded;
  bool inferred = false;                  ///< recorded about the container that it was in
  std::string declaration_reason;         ///< of an erroneous one
  std::vector<std::string> corrected_by;  ///< ids of corrective events
  std::string possessor;                  ///< behind it; empty when inferred
};
struct ItemHistory {
  std::string entity;
  std::optional<production::ItemState> state;
  Whereabouts where;
  std::vector<HistoryLine> lines;  ///< oldest first
  std::string next_page_token;     ///< of older ones
  bool truncated = false;          ///< containers hold more than one trace looks at: inferred lines may be missing
  Height height;
};
Result<ItemHistory> history(const EpcisReaders& readers, const HistoryQuery& query,
                            std::size_t rows_max = kTraceRowsMax);

/// docs/http.md.
json::Value to_json(const HoldingsPage& page);
json::Value to_json(const Recall& recall);
json::Value to_json(const ItemHistory& history);

}  // namespace keten::query
