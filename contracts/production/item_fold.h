#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/production/item_state.h"

namespace keten::production {

/// What a fold needs to know of an event: stored once for each. docs/formats/production.md, `fact`.
struct EventFact {
  EventType type = EventType::object;
  Action action = Action::none;
  bool erroneous = false;  ///< its recorder declared it an error
  bool takes_all = false;  ///< DELETE without children
  std::string organisation;
  std::string biz_step;
  std::string disposition;
  std::string read_point;
  std::string biz_location;
  std::string parent;
  std::string buyer;  ///< possessing_party of the destination list

  [[nodiscard]] bool binds() const { return type == EventType::aggregation || type == EventType::association; }
  [[nodiscard]] Bond bond() const { return type == EventType::aggregation ? Bond::aggregation : Bond::association; }
};
EventFact fact_of(const Event& event, const EventSummary& summary);
Bytes encode(const EventFact& fact);
Result<EventFact> decode_event_fact(ByteView bytes);

/// How an event names an item: once, or several times.
struct Mention {
  std::uint8_t roles = 0;
  std::string amount;  ///< of a class, as in the document
  std::string unit;
};

/// One event in the log of an item.
struct LogEntry {
  std::vector<Mention> mentions;
  std::optional<ItemState> snapshot;  ///< the state behind this event
  [[nodiscard]] std::uint8_t roles() const;
};
Bytes encode(const LogEntry& entry);
Result<LogEntry> decode_log_entry(ByteView bytes);

/// The state behind one event. Pure.
Standing apply(ItemState& state, std::string_view key, const index_rows::Stamp& stamp, const EventFact& fact,
               const std::vector<Mention>& mentions);

/// In which containers an item, or some of a lot, is.
std::vector<std::pair<std::string, Bond>> containers_of(const ItemState& state);

/// When a container was next emptied as a whole.
using NextEmptying = std::function<std::optional<index_rows::Stamp>(const std::string& parent, Bond bond,
                                                                    const index_rows::Stamp& after)>;
using FindFact = std::function<EventFact(const EventPosition& position)>;

/// Takes the item out of the containers that were emptied behind the state and before `until`.
void apply_emptyings(ItemState& state, std::string_view key, const index_rows::Stamp& until, const NextEmptying& next,
                     const FindFact& fact);

}  // namespace keten::production
