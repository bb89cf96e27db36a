#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/production/event_record.h"
#include "contracts/production/validation.h"
#include "core/json.h"
#include "core/result.h"
#include "tools/keten/csv_events.h"
#include "tools/keten/participant.h"

namespace keten::tools {

/// What became of one event.
struct ImportedEvent {
  std::string id;
  std::vector<std::size_t> lines;
  production::CaptureStatus status = production::CaptureStatus::recorded;
  std::string reason;   ///< of a refused one
  std::string message;  ///< of a refused one, for people
};

struct Imported {
  std::filesystem::path receipts;  ///< the folder with this file's receipts
  std::size_t transactions = 0;
  std::size_t resumed = 0;  ///< of them that had their receipts already
  std::vector<ImportedEvent> events;
  [[nodiscard]] std::size_t count(production::CaptureStatus status) const;
};

struct ImportOptions {
  std::filesystem::path receipts;  ///< where folders of receipts are made
  production::Profile profile = production::Profile::strict;
  std::chrono::milliseconds patience = std::chrono::seconds(60);  ///< for each transaction
  std::function<void(std::size_t done, std::size_t all)> progress;
};

/// Records the events of a file, batch after batch, and keeps a receipt of each. What has its receipt already is not sent again, and
/// what was under way when the machine stopped is sent as it was: the same file may be imported as often as one likes.
Result<Imported> import_file(Participant& participant, const std::filesystem::path& name, const ImportFile& file,
                             const ImportOptions& options);

/// docs/supplier.md, "Receipts".
json::Value receipt_json(const client::Sender& sender, const Recorded& recorded,
                         const std::vector<ImportedEvent>& events);
/// The events of a receipt. Fails with RECEIPT_INVALID.
Result<std::vector<ImportedEvent>> parse_receipt(std::string_view text);

}  // namespace keten::tools
