#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/production/event.h"
#include "core/bytes.h"
#include "core/ids.h"
#include "core/result.h"

namespace keten::production {

/// Where an event was recorded: its place in the chain, which is also the order of recording.
struct EventPosition {
  Height height;
  std::uint32_t transaction = 0;  ///< index in the block
  std::uint16_t event = 0;        ///< number in the document
  friend auto operator<=>(const EventPosition&, const EventPosition&) = default;
};

/// In which lists of an event an entity stands: bits.
namespace role {
inline constexpr std::uint8_t kListed = 1;  ///< epcList, quantityList
inline constexpr std::uint8_t kParent = 2;
inline constexpr std::uint8_t kChild = 4;
inline constexpr std::uint8_t kInput = 8;
inline constexpr std::uint8_t kOutput = 16;
inline constexpr std::uint8_t kClass = 32;  ///< as a class or lot with a quantity, beside one of the above
}  // namespace role

/// One entry of an event's lists.
struct SummaryEntity {
  std::uint8_t roles = 0;
  std::string key;     ///< canonical (entity_key)
  std::string amount;  ///< of a class: decimal text, may be empty
  std::string unit;
};

/// What queries and traces need of an event without loading its document. Identifiers are canonical.
struct EventSummary {
  EventType type = EventType::object;
  std::string type_name;  ///< of an extended event
  Action action = Action::none;
  bool declares_error = false;
  EventTime time = 0;
  Milliseconds record_time = 0;  ///< of the block
  EventPosition position;
  std::string organisation;  ///< that recorded it
  std::string id;            ///< the document's, or the assigned one
  bool assigned_id = false;
  std::string biz_step;
  std::string disposition;
  std::string read_point;
  std::string biz_location;
  std::string transformation_id;
  std::vector<SummaryEntity> entities;  ///< in the order of the document's lists
};

/// Record identity comes from the caller: `position`, `record_time`, `organisation`, `id`, `assigned_id` are left
/// as they are in `base`.
EventSummary summarise(const Event& event, EventSummary base);

/// The fields but `position`, which is the key of the row. docs/formats/production.md, table `v`.
Bytes encode(const EventSummary& summary);
Result<EventSummary> decode_event_summary(ByteView bytes, const EventPosition& position);

}  // namespace keten::production
