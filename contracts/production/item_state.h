#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "contracts/contract.h"
#include "contracts/production/event_summary.h"
#include "core/result.h"

namespace keten::production {

/// What the ledger says about one item, lot or product now: a fold over the events about it.
/// docs/formats/production.md, "State".
///
/// Events are folded in the order of event time, then of recording. An event that is older than the last folded one
/// is recorded, counted and indexed, but not folded, and neither is a declaration of error: the state is then
/// marked `unfolded` and says so wherever it is shown. Birth and death do not depend on order and are always taken.
struct ItemState {
  bool born = false;      ///< Object ADD or output of a transformation was seen
  bool dead = false;      ///< Object DELETE, or (one instance) input of a transformation
  bool unfolded = false;  ///< late events or corrections are recorded but not reflected here
  std::string parent;     ///< in which it was packed (AggregationEvent); empty when loose
  std::string assembly;   ///< to which it belongs for long (AssociationEvent)
  std::string possessor;  ///< possessor_after(): the name of an organisation, or a buyer's canonical id
  std::string location;   ///< bizLocation of the last event that has one, otherwise its readPoint
  std::string biz_step;
  std::string disposition;
  EventTime last_time = 0;  ///< of the last folded event
  EventPosition last_event;
  std::uint64_t events = 0;  ///< all recorded, also those not folded
  friend bool operator==(const ItemState&, const ItemState&) = default;
};

/// `item/<entity>` in the contract's namespace.
Bytes item_state_key(std::string_view entity);
Bytes encode(const ItemState& state);
Result<ItemState> decode_item_state(ByteView bytes);

/// The state under the key that a contract sees without its namespace.
Bytes full_state_key(ByteView key);

/// Empty when no event about it was recorded. Precondition: the state was written by this contract.
std::optional<ItemState> item_state(const contracts::StateReader& state, std::string_view entity);

/// How a child is bound to its parent.
enum class Bond : std::uint8_t { aggregation = 1, association = 2 };
/// Visits the children in order of their keys until `visit` returns false.
void visit_children(const contracts::StateReader& state, std::string_view parent,
                    const std::function<bool(std::string_view child, Bond bond)>& visit);

/// Who holds an item after an event: who held it before, while it is `shipping`, `departing`, `consigning` or
/// `transporting` (it changes hands when it is loaded or received); after `retail_selling` and `dispensing` the
/// possessing_party of the destination list, or nobody known; otherwise the organisation that records the event.
std::string possessor_after(const Event& event, std::string_view organisation, const std::string& before);

/// Folds one event into the states of everything it names.
void fold(contracts::Context& context, const Event& event, const EventSummary& summary);

}  // namespace keten::production
