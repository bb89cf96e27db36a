#include <algorithm>
#include <map>

#include "contracts/production/entity.h"
#include "contracts/production/index_rows.h"
#include "node/query/epcis_content.h"
#include "node/query/epcis_rows.h"
#include "node/query/lineage.h"
#include "node/query/trace.h"

namespace keten::query {
namespace {

namespace index_rows = production::index_rows;
using index_rows::Stamp;
using production::Standing;

/// Why it is an error, and what replaces it.
Status read_declaration(const EpcisReaders& readers, HistoryLine& line) {
  const auto row = readers.index.get(index_rows::event_id_key(line.event.id, line.event.organisation, true));
  const auto position = row ? index_rows::position_of(*row) : std::nullopt;
  if (!position) { return kDone; }
  EventContent content(readers.load);
  const auto event = content.event(*position);
  if (!event) { return event.error(); }
  if (const auto& declaration = (*event)->error_declaration) {
    line.declaration_reason = declaration->reason;
    line.corrected_by = declaration->corrective_event_ids;
  }
  return kDone;
}

}  // namespace

Result<ItemHistory> history(const EpcisReaders& readers, const HistoryQuery& query, std::size_t rows_max) {
  ItemHistory result;
  result.entity = production::entity_key(query.entity);
  result.height = readers.height;
  result.state = production::item_state(readers.state, result.entity);
  if (!result.state) {
    return failure(
        ErrorKind::not_found, "ITEM_UNKNOWN",
        "no event names " + query.entity + (result.entity == query.entity ? "" : " (" + result.entity + ")"));
  }
  result.where = whereabouts(readers.state, *result.state);
  auto until = newest_stamp();
  if (!query.page_token.empty()) {
    const auto bytes = from_hex(query.page_token);
    const auto stamp = bytes && bytes->size() == index_rows::kStampBytes ? index_rows::stamp_of(*bytes) : std::nullopt;
    if (!stamp) { return invalid("PAGE_TOKEN", "the page token is not one of this question; ask again without it"); }
    until = *stamp;
  }
  // One more than fits tells whether older ones follow; it is where the next page begins.
  auto past = production::item_history(readers.state, result.entity, query.limit + 1, until);
  std::map<Stamp, HistoryLine> lines;
  auto oldest = oldest_stamp();
  if (past.entries.size() > query.limit) {
    const auto& next = past.entries.front();
    result.next_page_token = to_hex(index_rows::descending({next.time, next.position}));
    past.entries.erase(past.entries.begin());
    oldest = {past.entries.front().time, past.entries.front().position};
  }
  for (const auto& entry : past.entries) {
    HistoryLine line;
    auto event = read_summary(readers.index, entry.position);
    if (!event) { return event.error(); }
    line.event = std::move(*event);
    line.standing = entry.standing;
    line.possessor = entry.after.possessor;
    if (entry.standing == Standing::erroneous) {
      if (const auto done = read_declaration(readers, line); !done) { return done.error(); }
    }
    lines.emplace(Stamp{entry.time, entry.position}, std::move(line));
  }
  const auto traced = trace(readers, {result.entity, TraceDirection::back, 0}, rows_max);
  if (traced) {
    result.truncated = traced->exhausted;
    for (const auto& link : traced->links) {
      const auto& event = traced->events[link.event].summary;
      const Stamp stamp{event.time, event.position};
      if (link.item != 0 || !link.inferred || stamp > until || stamp < oldest) { continue; }
      HistoryLine line;
      line.event = event;
      line.inferred = true;
      lines.emplace(stamp, std::move(line));  // what is recorded of it itself stays
    }
  }
  for (auto& [stamp, line] : lines) { result.lines.push_back(std::move(line)); }
  return result;
}

}  // namespace keten::query
