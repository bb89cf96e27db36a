#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/contract.h"
#include "contracts/production/event_summary.h"
#include "contracts/production/index_rows.h"
#include "core/result.h"

namespace keten::production {

/// A part of a lot: where so much of it is. Amounts are exact decimals; a negative one says that more was recorded to
/// leave than to arrive.
struct Holding {
  enum class Kind : std::uint8_t {
    held = 1,    ///< by `holder` at `place`
    moving = 2,  ///< sent by `holder`, not received yet; without a holder: received but never recorded as sent
    packed = 3,  ///< in the container `place`: who has that, has this
  };
  Kind kind = Kind::held;
  std::string holder;  ///< an organisation
  std::string place;
  std::string unit;    ///< UN/CEFACT Rec 20; empty for a count
  std::string amount;  ///< plain_decimal()
  friend auto operator<=>(const Holding&, const Holding&) = default;
};

/// What the ledger says about one item, lot or product now: a fold over the events about it.
/// docs/formats/production.md, "State" and "Folding".
///
/// Events are folded in the order of event time, then of recording, whenever they arrive: a late event, and a
/// declaration of error, fold the events behind that place again. When these are more than kRefoldMax the state stays
/// as it is, marked `unfolded`, and says so wherever it is shown.
struct ItemState {
  bool born = false;        ///< Object ADD or output of a transformation was seen
  bool dead = false;        ///< Object DELETE, or (one instance) input of a transformation
  bool unfolded = false;    ///< late events or corrections are recorded but not reflected here
  bool in_transit = false;  ///< on its way to somebody else
  bool uncounted = false;   ///< a lot of which some event that moves amounts gave none
  std::string parent;       ///< in which it was packed (AggregationEvent); empty when loose
  std::string assembly;     ///< to which it belongs for long (AssociationEvent)
  std::string possessor;    ///< possessor_after(): the name of an organisation, or a buyer's canonical id
  std::string location;     ///< bizLocation of the last event that has one, otherwise its readPoint
  std::string biz_step;
  std::string disposition;
  EventTime last_time = 0;  ///< of the last event that was looked at
  EventPosition last_event;
  std::uint64_t events = 0;         ///< all recorded that name it, also those not folded
  std::uint64_t claims = 0;         ///< of these, what strangers recorded: not folded
  std::uint8_t since_snapshot = 0;  ///< events looked at since the last stored intermediate state
  std::vector<Holding> holdings{};  ///< of a lot, sorted; at most kHoldingsMax
  friend bool operator==(const ItemState&, const ItemState&) = default;

  [[nodiscard]] index_rows::Stamp last() const { return {last_time, last_event}; }
};

/// Events behind a late one that are folded again.
inline constexpr std::size_t kRefoldMax = 256;
/// Every so many events the log keeps the state as it was then.
inline constexpr std::size_t kSnapshotEvery = 64;
inline constexpr std::size_t kHoldingsMax = 256;

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
std::string possessor_after(std::string_view biz_step, std::string_view organisation, std::string_view buyer,
                            std::string_view before);

/// What became of one event about an item.
enum class Standing : std::uint8_t {
  folded,     ///< reflected in the state
  claim,      ///< recorded by a company that did not have the item: shown, not believed
  erroneous,  ///< its recorder declared it an error
  unknown     ///< recorded late between so many others that no state before it is near enough to fold from
};
struct HistoryEntry {
  EventTime time = 0;
  EventPosition position;
  std::uint8_t roles = 0;
  Standing standing = Standing::folded;
  ItemState after;  ///< the state behind it; of an unknown standing only what an intermediate state there says
};
/// The events that name an item, oldest first, with what became of each: the last `most` of them up to `until`.
/// `complete` is false when older ones are left out.
struct History {
  std::vector<HistoryEntry> entries;
  bool complete = true;
};
History item_history(const contracts::StateReader& state, std::string_view entity, std::size_t most,
                     const index_rows::Stamp& until);

/// Folds one event into the states of everything it names. Precondition: its record is written, and so is that of an
/// event it declares an error of, or that declares an error of it.
void fold(contracts::Context& context, const Event& event, const EventSummary& summary);

}  // namespace keten::production
