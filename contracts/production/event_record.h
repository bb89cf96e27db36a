#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contracts/production/event_summary.h"
#include "core/bytes.h"
#include "core/ids.h"
#include "core/result.h"

namespace keten::production {

/// What the state keeps of a recorded event; the content lies in its transaction. docs/formats/production.md, "State".
struct EventRecord {
  Hash digest;  ///< event_digest()
  EventPosition position;
  EventTime time = 0;
};

/// `event/<organisation> 0 <event id> 0 <error flag>` in the contract's namespace: an id belongs to who records it,
/// so nobody can take another company's, and an event and the declaration of its error are two entries (EPCIS 2.0,
/// section 7.4.1.3).
Bytes event_record_key(std::string_view organisation, std::string_view id, bool declares_error);

Bytes encode(const EventRecord& record);
Result<EventRecord> decode_event_record(ByteView bytes);

/// The id of an event that comes without one: a UUID (version 8, RFC 9562) made from the transaction and the
/// event's number, so that every validator assigns the same.
std::string assigned_event_id(const TransactionId& transaction, std::uint16_t event);

enum class CaptureStatus : std::uint8_t {
  recorded = 0,
  known = 1,    ///< the same content under the same id was recorded before; nothing changed
  refused = 2,  ///< only with `proceed`: this event had no effect
};

/// The outcome of one event.
struct CapturedEvent {
  CaptureStatus status = CaptureStatus::recorded;
  std::string id;
  std::string reason;   ///< error code of a refused event
  std::string message;  ///< of a refused event, for people: at most kCaptureMessageBytesMax
};

inline constexpr std::size_t kCaptureMessageBytesMax = 1024;

/// What a capture transaction leaves in its receipt, one entry for each event in the order of the document.
using CaptureResult = std::vector<CapturedEvent>;
Bytes encode(const CaptureResult& result);
Result<CaptureResult> decode_capture_result(ByteView bytes);

}  // namespace keten::production
