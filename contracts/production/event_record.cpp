#include "contracts/production/event_record.h"

#include "core/encoding.h"
#include "core/hash.h"
#include "core/limits.h"

namespace keten::production {
namespace {

constexpr std::uint8_t kVersion = 1;

/// Between two UTF-8 characters.
std::string shortened(std::string text) {
  if (text.size() <= kCaptureMessageBytesMax) { return text; }
  auto end = kCaptureMessageBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) { --end; }
  text.resize(end);
  return text;
}

}  // namespace

Bytes event_record_key(std::string_view organisation, std::string_view id, bool declares_error) {
  auto key = to_bytes("event/");
  key.insert(key.end(), organisation.begin(), organisation.end());
  key.push_back(0);
  key.insert(key.end(), id.begin(), id.end());
  key.push_back(0);
  key.push_back(declares_error ? 1 : 0);
  return key;
}

Bytes encode(const EventRecord& record) {
  Writer writer;
  writer.u8(kVersion);
  writer.fixed(record.digest);
  writer.number(record.position.height);
  writer.u32(record.position.transaction);
  writer.u16(record.position.event);
  writer.u64(static_cast<std::uint64_t>(record.time));
  return writer.take();
}

Result<EventRecord> decode_event_record(ByteView bytes) {
  Reader reader(bytes);
  EventRecord record;
  if (reader.u8() != kVersion) { reader.fail(); }
  record.digest = reader.fixed<Hash>();
  record.position.height = reader.number<Height>();
  record.position.transaction = reader.u32();
  record.position.event = reader.u16();
  record.time = static_cast<EventTime>(reader.u64());
  if (const auto done = reader.finish("event record"); !done) { return done.error(); }
  return record;
}

std::string assigned_event_id(const TransactionId& transaction, std::uint16_t event) {
  auto hash = Hasher("keten/epcis-event-id/1").fixed(transaction).number(event).finish();
  hash.bytes[6] = static_cast<std::uint8_t>((hash.bytes[6] & 0x0FU) | 0x80U);
  hash.bytes[8] = static_cast<std::uint8_t>((hash.bytes[8] & 0x3FU) | 0x80U);
  const auto digits = to_hex(hash.view().first(16));
  return "urn:uuid:" + digits.substr(0, 8) + '-' + digits.substr(8, 4) + '-' + digits.substr(12, 4) + '-' +
         digits.substr(16, 4) + '-' + digits.substr(20);
}

Bytes encode(const CaptureResult& result) {
  Writer writer;
  writer.u8(kVersion);
  writer.u32(static_cast<std::uint32_t>(result.size()));
  for (const auto& event : result) {
    writer.u8(static_cast<std::uint8_t>(event.status));
    writer.sized(event.id);
    writer.sized(event.reason);
    if (event.status == CaptureStatus::refused) { writer.sized(shortened(event.message)); }
  }
  return writer.take();
}

Result<CaptureResult> decode_capture_result(ByteView bytes) {
  Reader reader(bytes);
  if (reader.u8() != kVersion) { reader.fail(); }
  CaptureResult result;
  for (auto count = reader.u32(); count > 0 && reader.ok(); --count) {
    const auto status = reader.u8();
    if (status > static_cast<std::uint8_t>(CaptureStatus::refused)) { reader.fail(); }
    auto id = reader.text(limits::kUriBytesMax);
    auto reason = reader.text(limits::kUriBytesMax);
    const auto kind = static_cast<CaptureStatus>(status);
    auto message = kind == CaptureStatus::refused ? reader.text(kCaptureMessageBytesMax) : std::string();
    result.push_back({kind, std::move(id), std::move(reason), std::move(message)});
  }
  if (const auto done = reader.finish("capture result"); !done) { return done.error(); }
  return result;
}

}  // namespace keten::production
