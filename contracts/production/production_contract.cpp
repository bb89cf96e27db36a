#include "contracts/production/production_contract.h"

#include "contracts/production/event_record.h"
#include "contracts/production/history.h"
#include "contracts/production/index_rows.h"
#include "contracts/production/item_state.h"
#include "core/check.h"
#include "core/encoding.h"
#include "core/limits.h"

namespace keten::production {
namespace {

constexpr std::string_view kCapture = "capture";

// Prices in fuel, beside what every access to the state and every row costs (contracts/fuel.h).
constexpr std::uint64_t kFuelPerByte = 20;     // parse, validate, canonical form, hash
constexpr std::uint64_t kFuelPerEvent = 2000;  // record and summary
constexpr std::uint64_t kFuelPerEntity = 500;  // canonical name

constexpr std::uint8_t kProceedBit = 1;
constexpr std::uint8_t kLenientBit = 2;

struct Capture {
  CaptureArguments arguments;
  Document document;
};

/// Everything that can be known without the state.
Result<Capture> read_capture(const Transaction& transaction) {
  if (transaction.body.method != kCapture) {
    return failure(ErrorKind::invalid, "UNKNOWN_METHOD",
                   "production has no method " + transaction.body.method + "; it has: capture");
  }
  auto arguments = decode_capture_arguments(transaction.body.arguments);
  if (!arguments) { return arguments.error(); }
  if (transaction.payloads.size() != 1) {
    return invalid("CAPTURE_PAYLOAD",
                   "expected exactly one payload, the JSON text of an EPCIS document or event, found " +
                       std::to_string(transaction.payloads.size()));
  }
  auto document = read_document(as_text(transaction.payloads.front().content), arguments->profile);
  if (!document) { return document.error(); }
  std::size_t entities = 0;
  for (const auto& event : document->events) { entities += event.entity_count(); }
  if (entities > limits::kEntitiesPerTransactionMax) {
    return failure(ErrorKind::too_large, "CAPTURE_LIMIT",
                   "expected at most " + std::to_string(limits::kEntitiesPerTransactionMax) +
                       " identifiers in all events, found " + std::to_string(entities) + "; split the document");
  }
  return Capture{*arguments, std::move(*document)};
}

Error conflict(const std::string& id, DocumentKind kind, std::size_t number) {
  auto error =
      failure(ErrorKind::conflict, "EVENT_ID_CONFLICT",
              "event " + std::to_string(number) + ": this organisation recorded other content under the event id " +
                  id + " before; a correction is an error declaration and a new event");
  error.violations.push_back({event_pointer(kind, number) + "/eventID", "a new event id, or the same content", id});
  return error;
}

/// What a rule says, with the place of the event in the document.
Error refused_event(Error error, const std::string& id, DocumentKind kind, std::size_t number) {
  error.message = "event " + std::to_string(number) + ", " + id + ": " + error.message;
  error.violations.push_back({event_pointer(kind, number), "an event that the agreements of its recorder allow", id});
  return error;
}

void emit(contracts::Context& context, const EventSummary& summary) {
  Writer data;
  data.u8(static_cast<std::uint8_t>(summary.type));
  data.u16(summary.position.event);
  data.u64(static_cast<std::uint64_t>(summary.time));
  context.emit({"epcis.event", summary.id, data.take()});
}

Result<CapturedEvent> record(contracts::Context& context, const Event& event, const Document& document,
                             std::size_t number, EventJudge::Sitting* sitting) {
  const auto& organisation = context.caller().organisation;
  EventSummary base;
  base.position = {context.block().height, context.transaction_index(), static_cast<std::uint16_t>(number)};
  base.record_time = context.block().time;
  base.organisation = organisation;
  base.assigned_id = event.id.empty();
  base.id = event.id.empty() ? assigned_event_id(context.transaction().id, base.position.event) : event.id;

  const auto key = event_record_key(organisation, base.id, event.declares_error());
  const EventRecord record{event_digest(event.value), base.position, event.time};
  if (const auto stored = context.get(key)) {
    const auto earlier = decode_event_record(*stored);
    CHECK(earlier.ok());
    if (earlier->digest != record.digest) { return conflict(base.id, document.kind, number); }
    return CapturedEvent{CaptureStatus::known, base.id, {}, {}};
  }
  const auto summary = summarise(event, std::move(base));
  if (sitting != nullptr) {
    if (auto judged = sitting->judge(event, summary); !judged) {
      return refused_event(judged.error(), summary.id, document.kind, number);
    }
  }
  context.put(key, encode(record));
  fold(context, event, summary);
  record_history(context, summary, record.digest);
  index_rows::add(context, summary);
  index_rows::add_parties(context, event, summary);
  index_rows::add_lot_numbers(context, event, summary, document.context);
  index_rows::add_company_prefixes(context, event);
  emit(context, summary);
  if (sitting != nullptr) { sitting->recorded(); }
  return CapturedEvent{CaptureStatus::recorded, summary.id, {}, {}};
}

}  // namespace

Bytes encode(const CaptureArguments& arguments) {
  const bool proceed = arguments.behaviour == ErrorBehaviour::proceed;
  const bool lenient = arguments.profile == Profile::lenient;
  if (!proceed && !lenient) { return {}; }
  return {static_cast<std::uint8_t>((proceed ? kProceedBit : 0) | (lenient ? kLenientBit : 0))};
}

Result<CaptureArguments> decode_capture_arguments(ByteView bytes) {
  if (bytes.empty()) { return CaptureArguments{}; }
  if (bytes.size() != 1 || bytes[0] > (kProceedBit | kLenientBit)) {
    return invalid("CAPTURE_ARGUMENTS", "expected nothing or one byte from 0 to 3 (1: proceed, 2: lenient)");
  }
  return CaptureArguments{(bytes[0] & kProceedBit) != 0 ? ErrorBehaviour::proceed : ErrorBehaviour::rollback,
                          (bytes[0] & kLenientBit) != 0 ? Profile::lenient : Profile::strict};
}

Result<Roles> ProductionContract::allowed_roles(std::string_view method) const {
  if (method == kCapture) { return Roles{Role::submitter, Role::capture}; }
  return failure(ErrorKind::invalid, "UNKNOWN_METHOD",
                 "production has no method " + std::string(method) + "; it has: capture");
}

Status ProductionContract::check(const Transaction& transaction) const {
  const auto capture = read_capture(transaction);
  if (!capture) { return capture.error(); }
  return kDone;
}

Result<Bytes> ProductionContract::execute(contracts::Context& context) const {
  for (const auto& payload : context.transaction().payloads) { context.charge(kFuelPerByte * payload.content.size()); }
  const auto capture = read_capture(context.transaction());
  if (!capture) { return capture.error(); }
  index_rows::add_master_data(context, capture->document.master_data);
  CaptureResult result;
  const auto sitting = judge_ ? judge_->sit(context) : nullptr;
  for (const auto& event : capture->document.events) {
    context.charge(kFuelPerEvent + kFuelPerEntity * event.entity_count());
    auto captured = record(context, event, capture->document, result.size(), sitting.get());
    if (captured) {
      result.push_back(std::move(*captured));
      continue;
    }
    if (capture->arguments.behaviour == ErrorBehaviour::rollback) { return captured.error(); }
    // An event is refused before its first write: there is nothing to take back.
    result.push_back({CaptureStatus::refused, event.id, captured.error().reason, captured.error().message});
  }
  return encode(result);
}

}  // namespace keten::production
