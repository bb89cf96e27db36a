#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contracts/usage/value.h"
#include "core/json.h"
#include "core/result.h"

namespace keten::usage {

/// Whether what a duty asks for was done, and what follows (Compliance Report Model; ODRL formal semantics).
enum class Performance : std::uint8_t { unknown, performed, unperformed };
enum class Deontic : std::uint8_t { not_set, fulfilled, violated };

struct DutyState {
  Performance performance = Performance::unknown;
  Deontic deontic = Deontic::not_set;
};

/// What was used before, under one rule or under all.
struct Uses {
  std::string count = "0";               ///< plain decimal, not negative
  std::string batch = "1";               ///< of the use that is asked for
  std::vector<Value> paid;               ///< total per currency, in Value::unit
  std::optional<Instant> start;          ///< of the agreement
  std::optional<Instant> first;          ///< use
  std::optional<Instant> last;           ///< use
  std::optional<Duration> metered_time;  ///< of all uses
};

/// Everything but policy and request that a decision may depend on. On the ledger: block time, counters, states of
/// duties, attributes that an issuer has signed.
struct World {
  Instant now = 0;
  std::vector<std::pair<std::string, std::string>> parts;  ///< member, collection
  std::vector<std::pair<std::string, std::string>> kinds;  ///< instance, class
  std::map<std::string, DutyState, std::less<>> duties;    ///< by the uid of the duty
  /// Attributes: of a party, of an asset, or of the use (empty subject); by operand.
  std::map<std::string, std::map<std::string, std::vector<Value>, std::less<>>, std::less<>> claims;
  std::map<std::string, Uses, std::less<>>
      uses;  ///< by the uid of a rule; empty: of all rules that have none of their own
  struct Event {
    Instant start = 0;
    std::optional<Instant> end;
  };
  std::map<std::string, Event, std::less<>> events;
  /// What nobody says of a use is none of any values (`isNoneOf`), as the ODRL test suite has it. Never on the ledger, where
  /// who says nothing must not gain by it.
  bool unsaid_is_none = false;
};

/// Reads `{"now": time, "partOf": [[member, collection]], "duties": [{"rule", "performance", "deontic"}], "isA": [[instance,
/// class]], "claims": {subject: {operand: value}}, "uses": {...}, "events": [{"uid", "start", "end"}]}` (docs/usage.md,
/// "State of the world"). Fails with WORLD_INVALID and the places, or COLLECTION_CYCLE.
Result<World> read_world(const json::Value& document, const Names& names);

}  // namespace keten::usage
