#include "tools/keten/import.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "client/keystore.h"
#include "contracts/production/production_contract.h"
#include "contracts/production/time.h"
#include "core/capture_fuel.h"
#include "core/hash.h"
#include "tools/keten/console.h"

namespace keten::tools {
namespace {

using production::CaptureStatus;

constexpr std::size_t kReceiptBytesMax = 16U * 1024 * 1024;

constexpr std::string_view status_name(CaptureStatus status) {
  switch (status) {
    case CaptureStatus::recorded: return "recorded";
    case CaptureStatus::known: return "known";
    case CaptureStatus::refused: return "refused";
  }
  return "refused";
}

std::optional<CaptureStatus> status_from(std::string_view name) {
  for (const auto status : {CaptureStatus::recorded, CaptureStatus::known, CaptureStatus::refused}) {
    if (status_name(status) == name) { return status; }
  }
  return std::nullopt;
}

/// The same file, signed by the same company for the same chain, has the same folder.
std::filesystem::path folder_name(const client::Sender& sender, const std::filesystem::path& name,
                                  const ImportFile& file, production::Profile profile) {
  Hasher hasher("keten/import/1");
  hasher.fixed(sender.chain_id).sized(sender.organisation).number(profile == production::Profile::strict ? 0 : 1);
  for (const auto& batch : file.batches) { hasher.sized(batch.document); }
  constexpr std::size_t kDigits = 12;
  return name.stem().string() + "-" + hasher.finish().hex().substr(0, kDigits);
}

client::Call capture_call(const ImportBatch& batch, production::Profile profile) {
  client::Call call;
  call.contract = "production";
  call.method = "capture";
  call.arguments = production::encode(
      production::CaptureArguments{.behaviour = production::ErrorBehaviour::proceed, .profile = profile});
  call.fuel_limit = capture_fuel(batch.document.size());
  call.payloads.push_back(to_bytes(std::string_view(batch.document)));
  return call;
}

Result<std::vector<ImportedEvent>> outcome(const ImportBatch& batch, const Recorded& recorded) {
  if (!recorded.receipt.succeeded) {
    return failure(ErrorKind::refused, recorded.receipt.reason,
                   recorded.receipt.message + " (transaction " + recorded.id.hex() + ")");
  }
  const auto result = production::decode_capture_result(recorded.receipt.result);
  if (!result) { return result.error(); }
  if (result->size() != batch.events.size()) {
    return failure(ErrorKind::corrupt, "RESPONSE_MALFORMED", "the receipt speaks of another number of events");
  }
  std::vector<ImportedEvent> events;
  for (std::size_t i = 0; i < result->size(); ++i) {
    const auto& event = (*result)[i];
    events.push_back({batch.events[i].id, batch.events[i].lines, event.status, event.reason, event.message});
  }
  return events;
}

}  // namespace

std::size_t Imported::count(CaptureStatus status) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(events, [&](const ImportedEvent& event) { return event.status == status; }));
}

json::Value receipt_json(const client::Sender& sender, const Recorded& recorded,
                         const std::vector<ImportedEvent>& events) {
  auto list = json::Value::array();
  for (const auto& event : events) {
    auto lines = json::Value::array();
    for (const auto line : event.lines) { lines.push(number_value(std::uint64_t{line})); }
    auto entry = json::Value::object()
                     .set("eventID", text_value(event.id))
                     .set("status", text_value(status_name(event.status)))
                     .set("lines", std::move(lines));
    if (!event.reason.empty()) { entry.set("reason", text_value(event.reason)); }
    if (!event.message.empty()) { entry.set("message", text_value(event.message)); }
    list.push(std::move(entry));
  }
  return json::Value::object()
      .set("keten_receipt", number_value(std::uint64_t{1}))
      .set("chainId", text_value(sender.chain_id.hex()))
      .set("organisation", text_value(sender.organisation))
      .set("key", text_value(key_text(sender.key.public_key())))
      .set("transactionId", text_value(recorded.id.hex()))
      .set("height", number_value(recorded.height.value))
      .set("index", number_value(std::uint64_t{recorded.index}))
      .set("blockId", text_value(recorded.block.hex()))
      .set("blockTime", text_value(production::time_text(static_cast<production::EventTime>(recorded.block_time))))
      .set("node", text_value(recorded.node))
      .set("endpoint", text_value(recorded.endpoint))
      .set("events", std::move(list));
}

Result<std::vector<ImportedEvent>> parse_receipt(std::string_view text) {
  const auto document = json::parse(text, {.bytes = kReceiptBytesMax, .values = 1'000'000});
  if (!document) { return document.error(); }
  const auto wrong = [] { return invalid("RECEIPT_INVALID", "the file is no receipt of keten epcis import"); };
  const auto* list = document->find("events");
  if (!document->find_string("transactionId") || list == nullptr || !list->is(json::Kind::array)) { return wrong(); }
  std::vector<ImportedEvent> events;
  for (const auto& entry : list->items()) {
    const auto id = entry.find_string("eventID");
    const auto status = status_from(entry.find_string("status").value_or(""));
    const auto* lines = entry.find("lines");
    if (!id || !status || lines == nullptr || !lines->is(json::Kind::array)) { return wrong(); }
    ImportedEvent event{std::string(*id),
                        {},
                        *status,
                        std::string(entry.find_string("reason").value_or("")),
                        std::string(entry.find_string("message").value_or(""))};
    for (const auto& line : lines->items()) {
      event.lines.push_back(static_cast<std::size_t>(line.as_integer().value_or(0)));
    }
    events.push_back(std::move(event));
  }
  return events;
}

Result<Imported> import_file(Participant& participant, const std::filesystem::path& name, const ImportFile& file,
                             const ImportOptions& options) {
  Imported imported;
  imported.receipts = options.receipts / folder_name(participant.sender(), name, file, options.profile);
  imported.transactions = file.batches.size();
  if (auto made = client::make_private_directory(imported.receipts); !made) { return made.error(); }
  for (std::size_t i = 0; i < file.batches.size(); ++i) {
    if (options.progress) { options.progress(i, file.batches.size()); }
    const auto& batch = file.batches[i];
    const auto stem = imported.receipts / fmt::format("{:04}", i + 1);
    const auto receipt = stem.string() + ".receipt.json";
    if (const auto kept = client::read_file(receipt, kReceiptBytesMax)) {
      const auto events = parse_receipt(*kept);
      if (events && events->size() == batch.events.size()) {
        ++imported.resumed;
        imported.events.insert(imported.events.end(), events->begin(), events->end());
        continue;
      }
    }
    const auto recorded = participant.record(capture_call(batch, options.profile), batch.events.size(),
                                             stem.string() + ".transaction", options.patience);
    if (!recorded) { return recorded.error(); }
    const auto events = outcome(batch, *recorded);
    if (!events) { return events.error(); }
    const auto written =
        client::write_file(receipt, json::pretty(receipt_json(participant.sender(), *recorded, *events)) + "\n",
                           client::FileAccess::owner, client::Existing::replace);
    if (!written) { return written.error(); }
    imported.events.insert(imported.events.end(), events->begin(), events->end());
  }
  return imported;
}

}  // namespace keten::tools
