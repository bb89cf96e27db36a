#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/production/event_fields.h"
#include "core/json.h"
#include "core/result.h"

/// The event hash of CBV 2.0, section 8.9: a name of an EPCIS event that anybody can compute from what it says,
/// however it is spelled. It is no commitment to the bytes: `007` and `7`, or a URN and its Digital Link, have one
/// hash, and an error declaration has that of the event it declares wrong. docs/formats/event-hash.md.
namespace keten::production {

/// The text whose SHA-256 is the event hash. `event` is an object with a text `type`; `names` are those of the document
/// around it.
std::string event_prehash(const json::Value& event, const DocumentNames& names);

/// `ni:///sha-256;<64 hexadecimal digits>?ver=CBV2.0`.
std::string event_hash(const json::Value& event, const DocumentNames& names);

/// The hash with that text, as event_hash() gives it.
std::string hash_of_prehash(std::string_view prehash);

struct HashedEvent {
  std::string event_id;  ///< empty when the event has none
  std::string prehash;
  std::string hash;
  /// Only where the event id is a SHA-256 hash of CBV 2.0. A fact and no fault: most published ids were made by older
  /// versions of the algorithm.
  std::optional<bool> hash_matches_event_id;
};

/// Every event of an EPCISDocument or EPCISQueryDocument in its order, or the one bare event. The document need not be
/// valid; it must have its events in the right place, and contexts that need not be fetched. Errors: EPCIS_INVALID,
/// EPCIS_CONTEXT_UNKNOWN, with violations; EVENT_TOO_LARGE_TO_HASH.
Result<std::vector<HashedEvent>> hash_events(const json::Value& document);

}  // namespace keten::production
