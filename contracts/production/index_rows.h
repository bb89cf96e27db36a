#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "contracts/contract.h"
#include "contracts/production/event_summary.h"
#include "core/bytes.h"
#include "core/json.h"

namespace keten::production {

struct ItemState;

/// The local query index of events: docs/formats/production.md, "Index". Rows of one range are in descending order
/// of event time, then of recording, because the newest come first by default (EPCIS 2.0, section 8.2.7.1,
/// orderDirection).
namespace index_rows {

/// When an event happened and where it was recorded: how rows are ordered.
struct Stamp {
  EventTime time = 0;
  EventPosition position;
  friend auto operator<=>(const Stamp&, const Stamp&) = default;
};
inline constexpr std::size_t kPositionBytes = 14;
inline constexpr std::size_t kStampBytes = 8 + kPositionBytes;

/// The fixed-size tail of a key, inverted, so that bytes ascend as stamps descend.
Bytes descending(const Stamp& stamp);
/// Reads the tail of a row's key; empty when the key is too short.
std::optional<Stamp> stamp_of(ByteView key);

// What a range's keys start with; a stamp follows.
Bytes all_events();
Bytes of_type(const TypeName& type);
Bytes of_extended_types();  ///< a name, 0 and a stamp follow
/// The name in the key of a row of an extended event.
std::string_view extended_type_of(ByteView key);
Bytes of_biz_step(std::string_view word);
Bytes of_disposition(std::string_view word);
Bytes of_read_point(std::string_view key);
Bytes of_biz_location(std::string_view key);
Bytes of_entity(std::string_view key);  ///< value: EntityRow
/// What the keys of all entities that begin so start with: their ranges follow each other, each in its own order.
Bytes of_entities(std::string_view beginning);
Bytes of_transformation(std::string_view key);        ///< joined transformations
Bytes of_business_transaction(std::string_view key);  ///< of any type
Bytes of_party(std::string_view key);                 ///< a source or destination of any type
Bytes of_lot_number(std::string_view lot);            ///< instances that an event's ILMD puts into that lot
Bytes by_recording();                                 ///< the stamp's time is the record time

/// Tables whose ranges are named by a value: what the ledger has seen can be listed.
enum class Named : std::uint8_t { biz_step, disposition, read_point, biz_location, entity };
Bytes all_named(Named table);
/// The value in the key of one of its rows; empty when it is not such a key.
std::string_view value_of(ByteView key);

/// One row for each company prefix of a captured EPC URN: Digital Links do not tell its length.
Bytes company_prefix_key(std::string_view digits);
void add_company_prefixes(contracts::Context& context, const Event& event);

// Master data that came in the header of a captured document.
Bytes children_of(std::string_view parent);                                ///< the child's canonical name follows
Bytes attribute_key(std::string_view entity, std::string_view attribute);  ///< value: the attribute as JSON
/// Adds the rows of `epcisHeader/epcisMasterData`; entries that have another shape than the standard's are skipped.
void add_master_data(contracts::Context& context, const json::Value& master_data);

/// The one row of a summary.
Bytes summary_key(const EventPosition& position);
/// Keys of one id start with this; organisation, 0 and the error flag follow, and the value is a position.
Bytes of_event_id(std::string_view id);
/// The whole key of one organisation's event.
Bytes event_id_key(std::string_view id, std::string_view organisation, bool declares_error);
std::optional<EventPosition> position_of(ByteView value);

/// The first key behind all keys that start with `prefix`.
Bytes end_of(Bytes prefix);

/// What was ever held by an organisation or was at a place: entities follow. The state tells what still is.
Bytes held_by(std::string_view holder);
Bytes was_at(std::string_view place);

/// The part of an entity's row (of_entity) that tells what kind of event it is without its summary.
struct EntityRow {
  std::uint8_t roles = 0;
  bool declares_error = false;
  EventType type = EventType::object;
  Action action = Action::none;
  std::string_view biz_step;      ///< into the row
  std::string_view organisation;  ///< into the row
};
std::optional<EntityRow> read_entity_row(ByteView value);

/// Adds the rows of one recorded event.
void add(contracts::Context& context, const EventSummary& summary);
/// Those of its business transactions, sources and destinations, which a summary does not hold.
void add_parties(contracts::Context& context, const Event& event, const EventSummary& summary);
/// One row for each lot into which the event's ILMD (`cbvmda:lotNumber`) puts instances that it makes or lists. `context`
/// of the document tells what the names in it mean.
void add_lot_numbers(contracts::Context& context, const Event& event, const EventSummary& summary,
                     const json::Value& document_context);
/// Adds the rows for holders and places that `state` has and `before` had not.
void add_holdings(contracts::Context& context, std::string_view entity, const ItemState& before,
                  const ItemState& state);

}  // namespace index_rows

}  // namespace keten::production
