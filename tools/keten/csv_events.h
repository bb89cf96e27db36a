#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/text_place.h"
#include "contracts/production/validation.h"

namespace keten::tools {

/// What the rows of a table tell. docs/supplier.md, "Columns".
enum class ImportProfile { receiving, shipping, commissioning, transformation, aggregation };
std::optional<ImportProfile> import_profile(std::string_view name);

/// What is wrong in a file that somebody wants to import.
struct ImportFault {
  client::TextPlace place;
  std::string column;   ///< heading of the cell, or a JSON pointer; may be empty
  std::string message;  ///< what was expected, what came, what to do
};

struct ImportEvent {
  std::string id;
  std::vector<std::size_t> lines;  ///< of the file, where it is told
};

/// What one transaction records.
struct ImportBatch {
  std::string document;  ///< EPCIS 2.0 JSON
  std::vector<ImportEvent> events;
};

/// The events of a file, in its order. No batches when there are faults.
struct ImportFile {
  std::vector<ImportBatch> batches;
  std::vector<ImportFault> faults;  ///< at most kImportFaultsMax, in the order of their places
  bool more_faults = false;
};
inline constexpr std::size_t kImportFaultsMax = 100;

/// Events of a CSV table. Each event's id is its CBV 2.0 event hash and its spelling is canonical, so that the same rows always make
/// the same events. `offset` is the zone of times without one; empty: they are refused.
ImportFile read_event_table(std::string_view text, ImportProfile profile, std::string_view offset);

/// Events of an EPCIS 2.0 JSON document within the limits of a capture, or one bare event. The document stays as it is; only
/// events without an id get one, their event hash.
ImportFile read_event_json(std::string_view text, production::Profile profile);

/// The columns of a profile in the order of the templates.
struct ImportColumn {
  std::string_view name;
  bool is_required = false;
};
std::vector<ImportColumn> import_columns(ImportProfile profile);

}  // namespace keten::tools
