#include "contracts/production/index_rows.h"

#include <algorithm>
#include <map>
#include <set>

#include "contracts/production/entity.h"
#include "contracts/production/event_fields.h"
#include "contracts/production/item_state.h"
#include "core/check.h"
#include "core/limits.h"

namespace keten::production::index_rows {
namespace {

constexpr std::uint8_t kDeclaresError = 64;  // beside the roles in a row
constexpr std::uint64_t kSign = std::uint64_t{1} << 63U;

void append(Bytes& out, std::uint64_t value, unsigned bytes) {
  for (auto shift = 8 * bytes; shift > 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(value >> (shift - 8)));
  }
}

std::uint64_t take(ByteView& in, std::size_t bytes) {
  std::uint64_t result = 0;
  for (std::size_t i = 0; i < bytes; ++i) { result = (result << 8U) | in[i]; }
  in = in.subspan(bytes);
  return result;
}

void append(Bytes& out, const EventPosition& position) {
  append(out, position.height.value, 8);
  append(out, position.transaction, 4);
  append(out, position.event, 2);
}

EventPosition take_position(ByteView& in) {
  EventPosition position;
  position.height = Height{take(in, 8)};
  position.transaction = static_cast<std::uint32_t>(take(in, 4));
  position.event = static_cast<std::uint16_t>(take(in, 2));
  return position;
}

Bytes table(char name) { return to_bytes(std::string("p/") + name + '/'); }

/// Identifiers hold no zero byte, so a longer one cannot lie between a shorter one's rows.
Bytes table(char name, std::string_view text) {
  auto result = table(name);
  result.insert(result.end(), text.begin(), text.end());
  result.push_back(0);
  return result;
}

Bytes joined(Bytes prefix, const Bytes& tail) {
  prefix.insert(prefix.end(), tail.begin(), tail.end());
  return prefix;
}

}  // namespace

Bytes descending(const Stamp& stamp) {
  Bytes result;
  append(result, static_cast<std::uint64_t>(stamp.time) ^ kSign, 8);
  append(result, stamp.position);
  for (auto& byte : result) { byte = static_cast<std::uint8_t>(~byte); }
  return result;
}

std::optional<Stamp> stamp_of(ByteView key) {
  if (key.size() < kStampBytes) { return std::nullopt; }
  Bytes tail = to_bytes(key.last(kStampBytes));
  for (auto& byte : tail) { byte = static_cast<std::uint8_t>(~byte); }
  ByteView rest = tail;
  const auto time = static_cast<EventTime>(take(rest, 8) ^ kSign);
  return Stamp{time, take_position(rest)};
}

Bytes all_events() { return table('t'); }
Bytes of_type(const TypeName& type) {
  auto result = table('y');
  result.push_back(static_cast<std::uint8_t>(type.type));
  if (type.type != EventType::extended) { return result; }
  result.insert(result.end(), type.name.begin(), type.name.end());
  result.push_back(0);
  return result;
}
Bytes of_extended_types() {
  auto result = table('y');
  result.push_back(static_cast<std::uint8_t>(EventType::extended));
  return result;
}
Bytes of_biz_step(std::string_view word) { return table('s', word); }
Bytes of_disposition(std::string_view word) { return table('n', word); }
Bytes of_read_point(std::string_view key) { return table('l', key); }
Bytes of_biz_location(std::string_view key) { return table('b', key); }
Bytes of_entity(std::string_view key) { return table('e', key); }
Bytes of_entities(std::string_view beginning) { return joined(table('e'), to_bytes(beginning)); }
Bytes of_transformation(std::string_view key) { return table('x', key); }
Bytes of_business_transaction(std::string_view key) { return table('k', key); }
Bytes of_party(std::string_view key) { return table('q', key); }
Bytes of_lot_number(std::string_view lot) { return table('m', lot); }
Bytes by_recording() { return table('r'); }
Bytes of_event_id(std::string_view id) { return table('d', id); }

Bytes all_named(Named named) {
  switch (named) {
    case Named::biz_step: return table('s');
    case Named::disposition: return table('n');
    case Named::read_point: return table('l');
    case Named::biz_location: return table('b');
    case Named::entity: return table('e');
  }
  CHECK(false);
}

std::string_view value_of(ByteView key) {
  constexpr std::size_t kPrefix = 4;  // p/x/
  if (key.size() < kPrefix + 1 + kStampBytes) { return {}; }
  return as_text(key.subspan(kPrefix, key.size() - kPrefix - 1 - kStampBytes));
}

std::string_view extended_type_of(ByteView key) {
  const auto value = value_of(key);
  return value.substr(std::min<std::size_t>(1, value.size()));  // behind the type's number
}

Bytes company_prefix_key(std::string_view digits) { return joined(table('g'), to_bytes(digits)); }

void add_company_prefixes(contracts::Context& context, const Event& event) {
  std::set<std::string_view> prefixes;
  const auto add = [&](std::string_view uri) {
    if (!uri.starts_with("urn:epc:id:") && !uri.starts_with("urn:epc:class:lgtin:")) { return; }
    // A URN that has no Digital Link breaks a rule of its scheme; its prefix is none.
    if (!digital_link(uri)) { return; }
    const auto end = uri.find('.');
    const auto first = uri.rfind(':', end) + 1;
    prefixes.insert(uri.substr(first, end - first));
  };
  const auto add_all = [&](const std::vector<std::string>& uris) { std::for_each(uris.begin(), uris.end(), add); };
  const auto add_classes = [&](const std::vector<Quantity>& quantities) {
    for (const auto& quantity : quantities) { add(quantity.epc_class); }
  };
  add(event.parent);
  add(event.read_point);
  add(event.biz_location);
  for (const auto* list : {&event.epcs, &event.child_epcs, &event.input_epcs, &event.output_epcs}) { add_all(*list); }
  for (const auto* list :
       {&event.quantities, &event.child_quantities, &event.input_quantities, &event.output_quantities}) {
    add_classes(*list);
  }
  for (const auto& party : event.sources) { add(party.id); }
  for (const auto& party : event.destinations) { add(party.id); }
  for (const auto prefix : prefixes) { context.index(company_prefix_key(prefix), {}); }
}

Bytes children_of(std::string_view parent) { return table('c', parent); }

Bytes attribute_key(std::string_view entity, std::string_view attribute) {
  return joined(table('a', entity), to_bytes(attribute));
}

void add_master_data(contracts::Context& context, const json::Value& master_data) {
  const auto* lists = master_data.find("vocabularyList");
  if (lists == nullptr || !lists->is(json::Kind::array)) { return; }
  const auto is_name = [](std::string_view text) {
    return !text.empty() && text.size() <= limits::kUriBytesMax && text.find('\0') == std::string_view::npos;
  };
  for (const auto& list : lists->items()) {
    const auto* elements = list.find("vocabularyElementList");
    if (elements == nullptr || !elements->is(json::Kind::array)) { continue; }
    for (const auto& element : elements->items()) {
      const auto id = element.find_string("id");
      if (!id || !is_name(*id)) { continue; }
      const auto key = entity_key(*id);
      if (const auto* children = element.find("children"); children != nullptr && children->is(json::Kind::array)) {
        for (const auto& child : children->items()) {
          if (!child.is(json::Kind::string) || !is_name(child.text())) { continue; }
          context.index(joined(children_of(key), to_bytes(entity_key(child.text()))), {});
        }
      }
      const auto* attributes = element.find("attributes");
      if (attributes == nullptr || !attributes->is(json::Kind::array)) { continue; }
      for (const auto& attribute : attributes->items()) {
        const auto name = attribute.find_string("id");
        const auto* value = attribute.find("attribute");
        if (!name || !is_name(*name) || value == nullptr) { continue; }
        context.index(attribute_key(key, *name), to_bytes(json::serialize(*value)));
      }
    }
  }
}

Bytes held_by(std::string_view holder) { return table('h', holder); }
Bytes was_at(std::string_view place) { return table('w', place); }

std::optional<EntityRow> read_entity_row(ByteView value) {
  if (value.size() < 4) { return std::nullopt; }
  const auto text = as_text(value.subspan(3));
  const auto middle = text.find('\0');
  if (middle == std::string_view::npos) { return std::nullopt; }
  const auto roles = static_cast<std::uint8_t>(value[0] & ~kDeclaresError);
  return EntityRow{roles,
                   (value[0] & kDeclaresError) != 0,
                   static_cast<EventType>(value[1]),
                   static_cast<Action>(value[2]),
                   text.substr(0, middle),
                   text.substr(middle + 1)};
}

Bytes summary_key(const EventPosition& position) {
  auto result = table('v');
  append(result, position);
  return result;
}

Bytes event_id_key(std::string_view id, std::string_view organisation, bool declares_error) {
  auto result = of_event_id(id);
  result.insert(result.end(), organisation.begin(), organisation.end());
  result.push_back(0);
  result.push_back(declares_error ? 1 : 0);
  return result;
}

std::optional<EventPosition> position_of(ByteView value) {
  if (value.size() != kPositionBytes) { return std::nullopt; }
  return take_position(value);
}

Bytes end_of(Bytes prefix) {
  while (!prefix.empty() && prefix.back() == 0xFFU) { prefix.pop_back(); }
  if (!prefix.empty()) { ++prefix.back(); }
  return prefix;
}

void add(contracts::Context& context, const EventSummary& summary) {
  const auto tail = descending({summary.time, summary.position});
  context.index(summary_key(summary.position), encode(summary));
  context.index(joined(all_events(), tail), {});
  context.index(joined(by_recording(), descending({static_cast<EventTime>(summary.record_time), summary.position})),
                {});
  context.index(joined(of_type({summary.type, summary.type_name}), tail), {});
  if (!summary.biz_step.empty()) { context.index(joined(of_biz_step(summary.biz_step), tail), {}); }
  if (!summary.disposition.empty()) { context.index(joined(of_disposition(summary.disposition), tail), {}); }
  if (!summary.read_point.empty()) { context.index(joined(of_read_point(summary.read_point), tail), {}); }
  if (!summary.biz_location.empty()) { context.index(joined(of_biz_location(summary.biz_location), tail), {}); }
  if (!summary.transformation_id.empty()) {
    context.index(joined(of_transformation(summary.transformation_id), tail), {});
  }
  std::map<std::string_view, std::uint8_t> roles;
  for (const auto& entity : summary.entities) {
    auto& bits = roles[entity.key];
    bits = static_cast<std::uint8_t>(bits | entity.roles);
  }
  for (const auto& [key, bits] : roles) {
    Bytes row{static_cast<std::uint8_t>(bits | (summary.declares_error ? kDeclaresError : 0)),
              static_cast<std::uint8_t>(summary.type), static_cast<std::uint8_t>(summary.action)};
    row.insert(row.end(), summary.biz_step.begin(), summary.biz_step.end());
    row.push_back(0);
    row.insert(row.end(), summary.organisation.begin(), summary.organisation.end());
    context.index(joined(of_entity(key), tail), std::move(row));
  }
  Bytes position;
  append(position, summary.position);
  context.index(event_id_key(summary.id, summary.organisation, summary.declares_error), std::move(position));
}

void add_parties(contracts::Context& context, const Event& event, const EventSummary& summary) {
  const auto tail = descending({summary.time, summary.position});
  std::set<Bytes> prefixes;  // one row each, however often an event names it
  for (const auto& each : event.business_transactions) {
    prefixes.insert(of_business_transaction(entity_key(each.id)));
  }
  for (const auto& each : event.sources) { prefixes.insert(of_party(entity_key(each.id))); }
  for (const auto& each : event.destinations) { prefixes.insert(of_party(entity_key(each.id))); }
  for (const auto& prefix : prefixes) { context.index(joined(prefix, tail), {}); }
}

namespace {

constexpr std::uint64_t kFuelPerLotNumber = 200;  // of one instance

}  // namespace

void add_lot_numbers(contracts::Context& context, const Event& event, const EventSummary& summary,
                     const json::Value& document_context) {
  // CBV 2.0, section 9: master data of the instances that an event makes.
  const auto is_lot_number = [](std::string_view name) {
    // Documents of the field also declare the namespace without its colon.
    return name == "{urn:epcglobal:cbv:mda:}lotNumber" || name == "{urn:epcglobal:cbv:mda}lotNumber";
  };
  const auto* master_data = event.value.find("ilmd");
  if (master_data == nullptr || !master_data->is(json::Kind::object) || summary.declares_error) { return; }
  DocumentNames names;
  names.add_context(document_context);
  if (const auto* own = event.value.find("@context")) { names.add_context(*own); }
  std::set<std::string> lots;
  for (const auto& [name, value] : master_data->members()) {
    if (!value.is(json::Kind::string) || !is_lot_number(names.member_name(name))) { continue; }
    for (const auto& entity : summary.entities) {
      if ((entity.roles & (role::kListed | role::kOutput)) == 0) { continue; }
      context.charge(kFuelPerLotNumber);
      if (auto lot = lot_of_instance(entity.key, value.text())) { lots.insert(std::move(*lot)); }
    }
  }
  const auto tail = descending({summary.time, summary.position});
  for (const auto& lot : lots) { context.index(joined(of_lot_number(lot), tail), {}); }
}

namespace {

std::set<std::string_view> holders_of(const ItemState& state) {
  std::set<std::string_view> result{state.possessor};
  for (const auto& holding : state.holdings) {
    if (holding.amount != "0") { result.insert(holding.holder); }
  }
  result.erase("");
  return result;
}

std::set<std::string_view> places_of(const ItemState& state) {
  std::set<std::string_view> result{state.location};
  for (const auto& holding : state.holdings) {
    if (holding.kind == Holding::Kind::held && holding.amount != "0") { result.insert(holding.place); }
  }
  result.erase("");
  return result;
}

}  // namespace

void add_holdings(contracts::Context& context, std::string_view entity, const ItemState& before,
                  const ItemState& state) {
  const auto old_holders = holders_of(before);
  for (const auto& holder : holders_of(state)) {
    if (!old_holders.contains(holder)) { context.index(joined(held_by(holder), to_bytes(entity)), {}); }
  }
  const auto old_places = places_of(before);
  for (const auto& place : places_of(state)) {
    if (!old_places.contains(place)) { context.index(joined(was_at(place), to_bytes(entity)), {}); }
  }
}

}  // namespace keten::production::index_rows
