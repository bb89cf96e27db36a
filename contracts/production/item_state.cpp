#include "contracts/production/item_state.h"

#include <map>
#include <tuple>

#include "contracts/production/entity.h"
#include "contracts/production/index_rows.h"
#include "core/check.h"
#include "core/encoding.h"
#include "core/limits.h"

namespace keten::production {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kTextMax = 4 * limits::kUriBytesMax;

Bytes children_prefix(std::string_view parent) {
  auto key = to_bytes("child/");
  key.insert(key.end(), parent.begin(), parent.end());
  key.push_back(0);
  return key;
}

Bytes child_key(std::string_view parent, std::string_view child) {
  auto key = children_prefix(parent);
  key.insert(key.end(), child.begin(), child.end());
  return key;
}

/// The fold of one event.
class Folding {
 public:
  Folding(contracts::Context& context, const Event& event, const EventSummary& summary)
      : context_(context), event_(event), summary_(summary) {}

  void run() {
    std::map<std::string_view, std::uint8_t> roles;  // one update for an entity that is named twice
    for (const auto& entity : summary_.entities) {
      auto& bits = roles[entity.key];
      bits = static_cast<std::uint8_t>(bits | entity.roles);
    }
    if (takes_all_children()) { take_all_children(); }
    for (const auto& [key, bits] : roles) { update(key, bits); }
  }

 private:
  [[nodiscard]] bool binds() const {
    return event_.type == EventType::aggregation || event_.type == EventType::association;
  }
  [[nodiscard]] Bond bond() const {
    return event_.type == EventType::aggregation ? Bond::aggregation : Bond::association;
  }

  /// EPCIS 2.0, section 7.4.3: DELETE without children takes all of them.
  [[nodiscard]] bool takes_all_children() const {
    return binds() && event_.action == Action::erase && event_.child_epcs.empty() && event_.child_quantities.empty() &&
           !event_.parent.empty() && !event_.declares_error();
  }

  void take_all_children() {
    const auto prefix = children_prefix(entity_key(event_.parent));
    std::vector<std::string> children;
    context_.scan(prefix, index_rows::end_of(prefix), [&](ByteView key, ByteView value) {
      if (value.size() == 1 && value[0] == static_cast<std::uint8_t>(bond())) {
        children.push_back(to_text(key.subspan(prefix.size())));
      }
      return children.size() < limits::kEntitiesPerTransactionMax;
    });
    for (const auto& child : children) { update(child, role::kChild); }
  }

  void update(std::string_view key, std::uint8_t roles) {
    const auto state_key = item_state_key(key);
    ItemState state;
    if (const auto stored = context_.get(state_key)) {
      auto decoded = decode_item_state(*stored);
      CHECK(decoded.ok());
      state = std::move(*decoded);
    }
    ++state.events;
    if (event_.declares_error()) {
      state.unfolded = true;
    } else {
      take_birth_and_death(state, roles);
      const auto before = std::tie(state.last_time, state.last_event);
      if (state.events > 1 && std::tie(summary_.time, summary_.position) < before) {
        state.unfolded = true;
      } else {
        apply(key, state, roles);
      }
    }
    context_.put(state_key, encode(state));
  }

  void take_birth_and_death(ItemState& state, std::uint8_t roles) const {
    const bool is_class = (roles & role::kClass) != 0;
    if ((roles & role::kOutput) != 0 || (event_.type == EventType::object && event_.action == Action::add)) {
      state.born = true;
    }
    // A lot may be consumed or destroyed in part.
    if (is_class) { return; }
    if ((roles & role::kInput) != 0 || (event_.type == EventType::object && event_.action == Action::erase)) {
      state.dead = true;
    }
  }

  void apply(std::string_view key, ItemState& state, std::uint8_t roles) {
    if (binds() && (roles & role::kChild) != 0) { bind(key, state); }
    state.possessor = possessor_after(event_, summary_.organisation, state.possessor);
    if (!event_.biz_location.empty()) {
      state.location = summary_.biz_location;
    } else if (!event_.read_point.empty()) {
      state.location = summary_.read_point;
    }
    if (!event_.biz_step.empty()) { state.biz_step = event_.biz_step; }
    if (!event_.disposition.empty()) { state.disposition = event_.disposition; }
    state.last_time = summary_.time;
    state.last_event = summary_.position;
  }

  void bind(std::string_view child, ItemState& state) {
    if (event_.parent.empty()) { return; }
    const auto parent = entity_key(event_.parent);
    auto& bound_to = bond() == Bond::aggregation ? state.parent : state.assembly;
    switch (event_.action) {
      case Action::add:
        if (!bound_to.empty() && bound_to != parent) { context_.erase(child_key(bound_to, child)); }
        bound_to = parent;
        context_.put(child_key(parent, child), {static_cast<std::uint8_t>(bond())});
        return;
      case Action::erase:
        context_.erase(child_key(parent, child));
        if (bound_to == parent) { bound_to.clear(); }
        return;
      case Action::observe:
      case Action::none: return;
    }
  }

  contracts::Context& context_;
  const Event& event_;
  const EventSummary& summary_;
};

}  // namespace

Bytes item_state_key(std::string_view entity) {
  auto key = to_bytes("item/");
  key.insert(key.end(), entity.begin(), entity.end());
  return key;
}

Bytes full_state_key(ByteView key) { return to_bytes("production/" + to_text(key)); }

Bytes encode(const ItemState& state) {
  Writer writer;
  writer.u8(kVersion);
  writer.u8(static_cast<std::uint8_t>((state.born ? 1 : 0) | (state.dead ? 2 : 0) | (state.unfolded ? 4 : 0)));
  for (const auto* text :
       {&state.parent, &state.assembly, &state.possessor, &state.location, &state.biz_step, &state.disposition}) {
    writer.sized(*text);
  }
  writer.u64(static_cast<std::uint64_t>(state.last_time));
  writer.number(state.last_event.height);
  writer.u32(state.last_event.transaction);
  writer.u16(state.last_event.event);
  writer.u64(state.events);
  return writer.take();
}

Result<ItemState> decode_item_state(ByteView bytes) {
  Reader reader(bytes);
  ItemState state;
  if (reader.u8() != kVersion) { reader.fail(); }
  const auto flags = reader.u8();
  state.born = (flags & 1U) != 0;
  state.dead = (flags & 2U) != 0;
  state.unfolded = (flags & 4U) != 0;
  for (auto* text :
       {&state.parent, &state.assembly, &state.possessor, &state.location, &state.biz_step, &state.disposition}) {
    *text = reader.text(kTextMax);
  }
  state.last_time = static_cast<EventTime>(reader.u64());
  state.last_event.height = reader.number<Height>();
  state.last_event.transaction = reader.u32();
  state.last_event.event = reader.u16();
  state.events = reader.u64();
  if (const auto done = reader.finish("item state"); !done) { return done.error(); }
  return state;
}

std::optional<ItemState> item_state(const contracts::StateReader& state, std::string_view entity) {
  const auto stored = state.get(full_state_key(item_state_key(entity)));
  if (!stored) { return std::nullopt; }
  auto decoded = decode_item_state(*stored);
  CHECK(decoded.ok());
  return std::move(*decoded);
}

void visit_children(const contracts::StateReader& state, std::string_view parent,
                    const std::function<bool(std::string_view child, Bond bond)>& visit) {
  const auto prefix = full_state_key(children_prefix(parent));
  state.scan(prefix, index_rows::end_of(prefix), [&](ByteView key, ByteView value) {
    CHECK(value.size() == 1);
    return visit(as_text(key.subspan(prefix.size())), static_cast<Bond>(value[0]));
  });
}

std::string possessor_after(const Event& event, std::string_view organisation, const std::string& before) {
  const auto& step = event.biz_step;
  if (step == "retail_selling" || step == "dispensing") {
    return entity_key(Event::party_of(event.destinations, "possessing_party"));
  }
  const bool moves = step == "shipping" || step == "departing" || step == "consigning" || step == "transporting";
  return moves && !before.empty() ? before : std::string(organisation);
}

void fold(contracts::Context& context, const Event& event, const EventSummary& summary) {
  Folding(context, event, summary).run();
}

}  // namespace keten::production
