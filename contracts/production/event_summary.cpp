#include "contracts/production/event_summary.h"

#include "contracts/production/entity.h"
#include "core/encoding.h"
#include "core/limits.h"

namespace keten::production {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kDeclaresError = 1;
constexpr std::uint8_t kAssignedId = 2;
constexpr std::size_t kTextMax = 4 * limits::kUriBytesMax;  // percent-encoding lengthens a canonical name

void add_names(std::vector<SummaryEntity>& entities, const std::vector<std::string>& epcs, std::uint8_t roles) {
  for (const auto& epc : epcs) { entities.push_back({roles, entity_key(epc), {}, {}}); }
}

void add_quantities(std::vector<SummaryEntity>& entities, const std::vector<Quantity>& quantities, std::uint8_t roles) {
  const auto bits = static_cast<std::uint8_t>(roles | role::kClass);
  for (const auto& quantity : quantities) {
    entities.push_back({bits, entity_key(quantity.epc_class), quantity.amount, quantity.unit});
  }
}

}  // namespace

EventSummary summarise(const Event& event, EventSummary base) {
  base.type = event.type;
  base.type_name = event.type_name;
  base.action = event.action;
  base.declares_error = event.declares_error();
  base.time = event.time;
  base.biz_step = event.biz_step;
  base.disposition = event.disposition;
  base.read_point = entity_key(event.read_point);
  base.biz_location = entity_key(event.biz_location);
  base.transformation_id = entity_key(event.transformation_id);
  if (!event.parent.empty()) { base.entities.push_back({role::kParent, entity_key(event.parent), {}, {}}); }
  add_names(base.entities, event.epcs, role::kListed);
  add_quantities(base.entities, event.quantities, role::kListed);
  add_names(base.entities, event.child_epcs, role::kChild);
  add_quantities(base.entities, event.child_quantities, role::kChild);
  add_names(base.entities, event.input_epcs, role::kInput);
  add_quantities(base.entities, event.input_quantities, role::kInput);
  add_names(base.entities, event.output_epcs, role::kOutput);
  add_quantities(base.entities, event.output_quantities, role::kOutput);
  return base;
}

Bytes encode(const EventSummary& summary) {
  Writer writer;
  writer.u8(kVersion);
  writer.u8(static_cast<std::uint8_t>(summary.type));
  if (summary.type == EventType::extended) { writer.sized(summary.type_name); }
  writer.u8(static_cast<std::uint8_t>(summary.action));
  writer.u8(static_cast<std::uint8_t>((summary.declares_error ? kDeclaresError : 0) |
                                      (summary.assigned_id ? kAssignedId : 0)));
  writer.u64(static_cast<std::uint64_t>(summary.time));
  writer.u64(summary.record_time);
  for (const auto* text : {&summary.organisation, &summary.id, &summary.biz_step, &summary.disposition,
                           &summary.read_point, &summary.biz_location, &summary.transformation_id}) {
    writer.sized(*text);
  }
  writer.u32(static_cast<std::uint32_t>(summary.entities.size()));
  for (const auto& entity : summary.entities) {
    writer.u8(entity.roles);
    writer.sized(entity.key);
    if ((entity.roles & role::kClass) != 0) {
      writer.sized(entity.amount);
      writer.sized(entity.unit);
    }
  }
  return writer.take();
}

Result<EventSummary> decode_event_summary(ByteView bytes, const EventPosition& position) {
  Reader reader(bytes);
  EventSummary summary;
  summary.position = position;
  if (reader.u8() != kVersion) { reader.fail(); }
  summary.type = static_cast<EventType>(reader.u8());
  if (summary.type == EventType::extended) { summary.type_name = reader.text(kTextMax); }
  summary.action = static_cast<Action>(reader.u8());
  const auto flags = reader.u8();
  summary.declares_error = (flags & kDeclaresError) != 0;
  summary.assigned_id = (flags & kAssignedId) != 0;
  summary.time = static_cast<EventTime>(reader.u64());
  summary.record_time = reader.u64();
  for (auto* text : {&summary.organisation, &summary.id, &summary.biz_step, &summary.disposition, &summary.read_point,
                     &summary.biz_location, &summary.transformation_id}) {
    *text = reader.text(kTextMax);
  }
  for (auto count = reader.u32(); count > 0 && reader.ok(); --count) {
    SummaryEntity entity;
    entity.roles = reader.u8();
    entity.key = reader.text(kTextMax);
    if ((entity.roles & role::kClass) != 0) {
      entity.amount = reader.text(kTextMax);
      entity.unit = reader.text(kTextMax);
    }
    summary.entities.push_back(std::move(entity));
  }
  if (const auto done = reader.finish("event summary"); !done) { return done.error(); }
  return summary;
}

}  // namespace keten::production
