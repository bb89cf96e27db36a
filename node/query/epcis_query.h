#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/contract.h"
#include "contracts/production/event_summary.h"
#include "core/ids.h"
#include "core/json.h"
#include "core/result.h"
#include "core/transaction.h"
#include "node/query/epcis_parameters.h"

namespace keten::query {

/// The transaction at that place in the chain.
using EventLoader = std::function<Result<TransactionPointer>(Height height, std::uint32_t transaction)>;

/// One moment of the ledger to read events from. Borrows; a view of a snapshot gives all four.
struct EpcisReaders {
  const contracts::StateReader& state;
  const contracts::StateReader& index;
  EventLoader load;
  Height height;  ///< executed in that snapshot
};

/// An event as it was captured, plus `eventID` where the ledger assigned one and `recordTime`.
struct FoundEvent {
  json::Value event;
  production::EventSummary summary;
};

struct EpcisPage {
  std::vector<FoundEvent> events;
  std::string next_page_token;  ///< empty: nothing follows. Hexadecimal digits.
  Height height;                ///< at which the whole query is answered, also on later pages
  json::Value context;          ///< `@context` for a document of these events
};

/// One page. The first page fixes the height; later ones leave out what was recorded since. Reads the range of the
/// index that has the fewest rows, in the order of the query when there is one, and looks at no more than `rows_max`
/// rows, where an event whose content has to be read counts as twenty more: then the page is short, or empty, although
/// more follows. QUERY_TOO_LARGE: more than maxEventCount. QUERY_TOO_COMPLEX: maxEventCount or an order by extension
/// would have to look at more rows. PAGE_TOKEN: not a token of this query.
Result<EpcisPage> find_events(const EpcisReaders& readers, const EpcisQuery& query, std::size_t rows_max = 100'000);

/// The events under that id, with the declarations of their errors, by organisation. EVENT_NOT_FOUND when there is
/// none.
Result<EpcisPage> events_by_id(const EpcisReaders& readers, std::string_view id);

/// An EPCISQueryDocument (EPCIS 2.0, section 9.3). `creation_time` is the caller's clock.
json::Value query_document(const EpcisPage& page, Milliseconds creation_time);

}  // namespace keten::query
