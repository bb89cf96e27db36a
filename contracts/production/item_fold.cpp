#include "contracts/production/item_fold.h"

#include <algorithm>
#include <array>

#include "contracts/production/decimal.h"
#include "contracts/production/entity.h"
#include "core/encoding.h"
#include "core/limits.h"

namespace keten::production {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kTextMax = 4 * limits::kUriBytesMax;

using index_rows::Stamp;

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Steps with which goods leave a company.
constexpr std::array<std::string_view, 4> kSends = {"shipping", "departing", "consigning", "transporting"};
/// Steps with which a company that did not have goods gets them.
constexpr std::array<std::string_view, 8> kTakes = {"receiving", "accepting", "arriving",     "collecting",
                                                    "loading",   "unloading", "transporting", "unpacking"};
/// Steps that end a journey.
constexpr std::array<std::string_view, 6> kEnds = {"receiving", "accepting",      "void_shipping",
                                                   "stocking",  "retail_selling", "dispensing"};
constexpr std::array<std::string_view, 2> kSells = {"retail_selling", "dispensing"};

/// A product as such, without lot or serial number, is everywhere: nobody has custody of it.
bool is_product(std::string_view key) {
  return key.starts_with("https://id.gs1.org/01/") && key.find("/10/") == std::string_view::npos &&
         key.find("/21/") == std::string_view::npos;
}

/// One event applied to one state.
class Step {
 public:
  Step(ItemState& state, std::string_view key, const EventFact& fact, std::uint8_t roles)
      : state_(state), key_(key), fact_(fact), roles_(roles) {}

  [[nodiscard]] bool is_class() const { return has(role::kClass); }
  [[nodiscard]] bool is_child() const { return fact_.binds() && has(role::kChild) && !fact_.parent.empty(); }

  /// Whether who records this had the item, or gets it with this.
  [[nodiscard]] bool is_custodian() const {
    if (state_.possessor.empty() || state_.possessor == fact_.organisation || is_product(key_)) { return true; }
    bool is_packed = !state_.parent.empty() || !state_.assembly.empty();
    for (const auto& holding : state_.holdings) {
      if (holding.holder == fact_.organisation) { return true; }
      is_packed = is_packed || (holding.kind == Holding::Kind::packed && holding.amount != "0");
    }
    if (is_one_of(fact_.biz_step, kTakes) && (state_.in_transit || is_packed)) { return true; }
    return is_child() && fact_.action == Action::erase && is_in(fact_.parent);
  }

  void run(const std::vector<Mention>& mentions) {
    const bool makes = has(role::kOutput) || (fact_.type == EventType::object && fact_.action == Action::add);
    const bool ends = has(role::kInput) || (fact_.type == EventType::object && fact_.action == Action::erase);
    if (makes) { state_.born = true; }
    // A lot may be consumed or destroyed in part.
    if (ends && !is_class()) { state_.dead = true; }
    for (const auto& mention : mentions) {
      if ((mention.roles & role::kClass) != 0) { count(mention); }
    }
    if (is_child() && fact_.action != Action::observe) { bind(mentions); }
    state_.possessor = possessor_after(fact_.biz_step, fact_.organisation, fact_.buyer, state_.possessor);
    if (is_one_of(fact_.biz_step, kSends) || fact_.biz_step == "loading") { state_.in_transit = true; }
    if (is_one_of(fact_.biz_step, kEnds)) { state_.in_transit = is_class() && is_any_moving(); }
    if (!fact_.biz_location.empty()) {
      state_.location = fact_.biz_location;
    } else if (!fact_.read_point.empty()) {
      state_.location = fact_.read_point;
    }
    if (!fact_.biz_step.empty()) { state_.biz_step = fact_.biz_step; }
    if (!fact_.disposition.empty()) { state_.disposition = fact_.disposition; }
  }

  /// Everything of a lot that is in that container comes out of it.
  void unpack_all(const std::string& container) {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& holding : state_.holdings) {
      if (holding.kind == Holding::Kind::packed && holding.place == container) {
        found.emplace_back(holding.unit, holding.amount);
      }
    }
    for (const auto& [unit, amount] : found) {
      add(Holding::Kind::packed, "", container, unit, negated_decimal(amount));
      add(Holding::Kind::held, fact_.organisation, place(), unit, amount);
    }
  }

 private:
  [[nodiscard]] bool has(std::uint8_t bits) const { return (roles_ & bits) != 0; }

  [[nodiscard]] bool is_in(std::string_view container) const {
    return state_.parent == container || state_.assembly == container ||
           std::any_of(state_.holdings.begin(), state_.holdings.end(), [&](const Holding& holding) {
             return holding.kind == Holding::Kind::packed && holding.place == container;
           });
  }

  [[nodiscard]] bool is_any_moving() const {
    return std::any_of(state_.holdings.begin(), state_.holdings.end(), [](const Holding& holding) {
      return holding.kind == Holding::Kind::moving && holding.amount != "0";
    });
  }

  [[nodiscard]] const std::string& place() const {
    return fact_.biz_location.empty() ? fact_.read_point : fact_.biz_location;
  }

  void add(Holding::Kind kind, const std::string& holder, const std::string& where, const std::string& unit,
           const std::string& amount) {
    for (auto& holding : state_.holdings) {
      if (holding.kind == kind && holding.holder == holder && holding.place == where && holding.unit == unit) {
        if (auto sum = add_decimals(holding.amount, amount)) {
          holding.amount = std::move(*sum);
        } else {
          state_.uncounted = true;
        }
        return;
      }
    }
    if (state_.holdings.size() >= kHoldingsMax) {
      state_.uncounted = true;
      return;
    }
    const Holding added{kind, holder, where, unit, amount};
    state_.holdings.insert(std::upper_bound(state_.holdings.begin(), state_.holdings.end(), added), added);
  }

  /// Takes from the named place first, then from others of that kind and holder; what is missing makes the named
  /// place negative.
  void take(Holding::Kind kind, const std::string* holder, const std::string& where, const std::string& unit,
            std::string amount) {
    const auto drain = [&](bool here) {
      for (auto& holding : state_.holdings) {
        if (amount == "0") { return; }
        if (holding.kind != kind || holding.unit != unit || (holding.place == where) != here) { continue; }
        if ((holder != nullptr && holding.holder != *holder) || compare_decimals(holding.amount, "0") <= 0) {
          continue;
        }
        const bool enough = compare_decimals(holding.amount, amount) >= 0;
        const auto taken = enough ? amount : holding.amount;
        // Smaller than what was there: no digits are added.
        holding.amount = add_decimals(holding.amount, negated_decimal(taken)).value_or("0");
        amount = add_decimals(amount, negated_decimal(taken)).value_or("0");
      }
    };
    drain(true);
    if (kind != Holding::Kind::packed) { drain(false); }
    if (amount != "0") { add(kind, holder == nullptr ? "" : *holder, where, unit, negated_decimal(amount)); }
  }

  void count(const Mention& mention) {
    using Kind = Holding::Kind;
    const auto& organisation = fact_.organisation;
    auto amount = mention.amount.empty() ? std::nullopt : plain_decimal(mention.amount);
    const bool is_counted = amount && !amount->starts_with('-');
    if (!is_counted) { amount = "0"; }
    bool moves = true;
    const bool is_object = fact_.type == EventType::object;
    if ((mention.roles & role::kOutput) != 0 || (is_object && fact_.action == Action::add)) {
      add(Kind::held, organisation, place(), mention.unit, *amount);
    } else if ((mention.roles & role::kInput) != 0 || (is_object && fact_.action == Action::erase)) {
      take(Kind::held, &organisation, place(), mention.unit, *amount);
    } else if ((mention.roles & role::kChild) != 0) {
      if (fact_.parent.empty()) { return; }
      if (fact_.action == Action::add) {
        take(Kind::held, &organisation, place(), mention.unit, *amount);
        add(Kind::packed, "", fact_.parent, mention.unit, *amount);
      } else if (fact_.action == Action::erase) {
        take(Kind::packed, nullptr, fact_.parent, mention.unit, *amount);
        add(Kind::held, organisation, place(), mention.unit, *amount);
      } else {
        moves = false;
      }
    } else if (fact_.biz_step == "shipping" || fact_.biz_step == "consigning") {
      take(Kind::held, &organisation, place(), mention.unit, *amount);
      add(Kind::moving, organisation, "", mention.unit, *amount);
    } else if (fact_.biz_step == "void_shipping") {
      take(Kind::moving, &organisation, "", mention.unit, *amount);
      add(Kind::held, organisation, place(), mention.unit, *amount);
    } else if (fact_.biz_step == "receiving") {
      take(Kind::moving, nullptr, "", mention.unit, *amount);
      add(Kind::held, organisation, place(), mention.unit, *amount);
    } else if (is_one_of(fact_.biz_step, kSells)) {
      take(Kind::held, &organisation, place(), mention.unit, *amount);
    } else {
      moves = false;
    }
    // Where nothing moves, a missing amount hides none.
    if (moves && !is_counted) { state_.uncounted = true; }
  }

  void bind(const std::vector<Mention>& mentions) {
    // Of a lot with amounts the holdings tell how much is where.
    const bool is_counted = is_class() && std::all_of(mentions.begin(), mentions.end(),
                                                      [](const Mention& mention) { return !mention.amount.empty(); });
    if (is_counted) { return; }
    auto& bound_to = fact_.bond() == Bond::aggregation ? state_.parent : state_.assembly;
    if (fact_.action == Action::add) {
      bound_to = fact_.parent;
    } else if (bound_to == fact_.parent) {
      bound_to.clear();
    }
  }

  ItemState& state_;
  std::string_view key_;
  const EventFact& fact_;
  std::uint8_t roles_;
};

}  // namespace

std::string possessor_after(std::string_view biz_step, std::string_view organisation, std::string_view buyer,
                            std::string_view before) {
  if (is_one_of(biz_step, kSells)) { return std::string(buyer); }
  return std::string(is_one_of(biz_step, kSends) && !before.empty() ? before : organisation);
}

std::uint8_t LogEntry::roles() const {
  std::uint8_t result = 0;
  for (const auto& mention : mentions) { result = static_cast<std::uint8_t>(result | mention.roles); }
  return result;
}

EventFact fact_of(const Event& event, const EventSummary& summary) {
  EventFact fact;
  fact.type = event.type;
  fact.action = event.action;
  fact.organisation = summary.organisation;
  fact.biz_step = event.biz_step;
  fact.disposition = event.disposition;
  fact.read_point = summary.read_point;
  fact.biz_location = summary.biz_location;
  fact.parent = entity_key(event.parent);
  fact.buyer = entity_key(Event::party_of(event.destinations, "possessing_party"));
  // EPCIS 2.0, section 7.4.3.
  fact.takes_all = fact.binds() && event.action == Action::erase && event.child_epcs.empty() &&
                   event.child_quantities.empty() && !event.parent.empty();
  return fact;
}

Bytes encode(const EventFact& fact) {
  Writer writer;
  writer.u8(kVersion);
  writer.u8(static_cast<std::uint8_t>(fact.type));
  writer.u8(static_cast<std::uint8_t>(fact.action));
  writer.u8(static_cast<std::uint8_t>((fact.erroneous ? 1 : 0) | (fact.takes_all ? 2 : 0)));
  for (const auto* text : {&fact.organisation, &fact.biz_step, &fact.disposition, &fact.read_point, &fact.biz_location,
                           &fact.parent, &fact.buyer}) {
    writer.sized(*text);
  }
  return writer.take();
}

Result<EventFact> decode_event_fact(ByteView bytes) {
  Reader reader(bytes);
  EventFact fact;
  if (reader.u8() != kVersion) { reader.fail(); }
  fact.type = static_cast<EventType>(reader.u8());
  fact.action = static_cast<Action>(reader.u8());
  const auto flags = reader.u8();
  fact.erroneous = (flags & 1U) != 0;
  fact.takes_all = (flags & 2U) != 0;
  for (auto* text : {&fact.organisation, &fact.biz_step, &fact.disposition, &fact.read_point, &fact.biz_location,
                     &fact.parent, &fact.buyer}) {
    *text = reader.text(kTextMax);
  }
  if (const auto done = reader.finish("event fact"); !done) { return done.error(); }
  return fact;
}

Bytes encode(const LogEntry& entry) {
  Writer writer;
  writer.u8(kVersion);
  writer.u16(static_cast<std::uint16_t>(entry.mentions.size()));
  for (const auto& mention : entry.mentions) {
    writer.u8(mention.roles);
    if ((mention.roles & role::kClass) == 0) { continue; }
    writer.sized(mention.amount);
    writer.sized(mention.unit);
  }
  writer.u8(entry.snapshot ? 1 : 0);
  if (entry.snapshot) { writer.raw(encode(*entry.snapshot)); }
  return writer.take();
}

Result<LogEntry> decode_log_entry(ByteView bytes) {
  Reader reader(bytes);
  LogEntry entry;
  if (reader.u8() != kVersion) { reader.fail(); }
  for (auto count = reader.u16(); count > 0 && reader.ok(); --count) {
    Mention mention;
    mention.roles = reader.u8();
    if ((mention.roles & role::kClass) != 0) {
      mention.amount = reader.text(kTextMax);
      mention.unit = reader.text(kTextMax);
    }
    entry.mentions.push_back(std::move(mention));
  }
  if (reader.u8() == 1) {
    auto snapshot = decode_item_state(reader.raw(reader.remaining()));
    if (!snapshot) { return snapshot.error(); }
    entry.snapshot = std::move(*snapshot);
  }
  if (const auto done = reader.finish("log entry of an item"); !done) { return done.error(); }
  return entry;
}

Standing apply(ItemState& state, std::string_view key, const Stamp& stamp, const EventFact& fact,
               const std::vector<Mention>& mentions) {
  if (fact.erroneous) { return Standing::erroneous; }
  state.last_time = stamp.time;
  state.last_event = stamp.position;
  std::uint8_t roles = 0;
  for (const auto& mention : mentions) { roles = static_cast<std::uint8_t>(roles | mention.roles); }
  Step step(state, key, fact, roles);
  if (!step.is_custodian()) {
    ++state.claims;
    return Standing::claim;
  }
  step.run(mentions);
  return Standing::folded;
}

std::vector<std::pair<std::string, Bond>> containers_of(const ItemState& state) {
  std::vector<std::pair<std::string, Bond>> result;
  if (!state.parent.empty()) { result.emplace_back(state.parent, Bond::aggregation); }
  if (!state.assembly.empty()) { result.emplace_back(state.assembly, Bond::association); }
  for (const auto& holding : state.holdings) {
    if (holding.kind == Holding::Kind::packed && holding.amount != "0") {
      result.emplace_back(holding.place, Bond::aggregation);
    }
  }
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

void apply_emptyings(ItemState& state, std::string_view key, const Stamp& until, const NextEmptying& next,
                     const FindFact& find_fact) {
  while (true) {
    std::optional<std::pair<Stamp, std::string>> first;
    for (const auto& [container, bond] : containers_of(state)) {
      const auto emptied = next(container, bond, state.last());
      if (emptied && *emptied < until && (!first || *emptied < first->first)) { first = {*emptied, container}; }
    }
    if (!first) { return; }
    const auto fact = find_fact(first->first.position);
    state.last_time = first->first.time;
    state.last_event = first->first.position;
    Step step(state, key, fact, role::kChild);
    step.unpack_all(first->second);
    step.run({Mention{role::kChild, {}, {}}});
  }
}

}  // namespace keten::production
