#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contracts/contract.h"
#include "contracts/production/event_summary.h"
#include "core/ids.h"

namespace keten::production {

/// Kind of the head that an entity has: `item` for one instance, `lot` for everything else (lots, classes, products).
/// Follows from the canonical key alone, so that whoever looks for a head knows where it is.
std::string_view head_kind(std::string_view entity);

/// How an event names an entity.
struct CommittedName {
  std::uint8_t roles = 0;
  std::string key;
  friend bool operator==(const CommittedName&, const CommittedName&) = default;
};
/// Those of an event: distinct, in order of key, then roles.
std::vector<CommittedName> committed_names(const EventSummary& summary);

/// Content of the event's entry in the history of each entity that it names. `digest` is event_digest().
/// docs/formats/production.md, "Histories".
Hash history_content(const EventSummary& summary, const Hash& digest);

/// Enters the event into the histories of all that it names.
void record_history(contracts::Context& context, const EventSummary& summary, const Hash& digest);

}  // namespace keten::production
