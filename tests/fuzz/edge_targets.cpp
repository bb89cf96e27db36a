#include <array>
#include <string>
#include <vector>

#include "client/csv.h"
#include "contracts/production/document.h"
#include "core/check.h"
#include "node/http/uri.h"
#include "node/query/epcis_parameters.h"
#include "tests/fuzz/targets.h"
#include "tools/keten/csv_events.h"

namespace keten::fuzz {
namespace {

std::vector<std::vector<std::string>> texts(const client::CsvTable& table) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : table.rows) {
    rows.emplace_back();
    for (const auto& cell : row) { rows.back().push_back(cell.text); }
  }
  return rows;
}

/// A node takes every document of an import, and the ids in it are those that receipts will name.
void check_batches(const tools::ImportFile& file, production::Profile profile) {
  CHECK(file.faults.size() <= tools::kImportFaultsMax);
  for (const auto& fault : file.faults) {
    CHECK(fault.place.line > 0 && fault.place.column > 0 && !fault.message.empty());
  }
  CHECK(file.faults.empty() || file.batches.empty());
  for (const auto& batch : file.batches) {
    const auto document = production::read_document(batch.document, profile);
    CHECK(document && document->events.size() == batch.events.size());
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
      CHECK(document->events[i].id == batch.events[i].id && !batch.events[i].id.empty());
      CHECK(!batch.events[i].lines.empty());
    }
  }
}

}  // namespace

void csv(ByteView input) {
  const client::CsvLimits limits{.bytes = 64 * 1024, .rows = 500, .cells = 16, .cell_bytes = 256, .faults = 20};
  const auto table = client::parse_csv(as_text(input), limits);
  CHECK(table.faults.size() <= limits.faults && table.rows.size() <= limits.rows);
  if (!table.faults.empty()) { return; }
  std::string written = std::string("sep=") + table.separator + "\r\n";
  for (const auto& row : texts(table)) {
    CHECK(!row.empty() && row.size() == table.rows.front().size());
    written += client::csv_line(row, table.separator);
  }
  const auto again = client::parse_csv(written);
  CHECK(again.faults.empty() && again.separator == table.separator && texts(again) == texts(table));
  for (const auto& row : texts(table)) {
    const auto safe = client::parse_csv("sep=,\n" + client::csv_line(row, ',', client::FormulaSafety::on));
    CHECK(safe.faults.empty() && safe.rows.size() == 1);
    for (const auto& cell : safe.rows.front()) {
      CHECK(cell.text.empty() || (cell.text.front() != '=' && cell.text.front() != '@'));
    }
  }
}

/// The first byte chooses the profile.
void event_table(ByteView input) {
  constexpr std::array kProfiles{tools::ImportProfile::receiving, tools::ImportProfile::shipping,
                                 tools::ImportProfile::commissioning, tools::ImportProfile::transformation,
                                 tools::ImportProfile::aggregation};
  if (input.empty()) { return; }
  const auto profile = kProfiles[input[0] % kProfiles.size()];
  const auto text = as_text(input.subspan(1));
  const auto file = tools::read_event_table(text, profile, "+02:00");
  check_batches(file, production::Profile::strict);
  // The same rows make the same documents: what was imported once is known.
  const auto again = tools::read_event_table(text, profile, "+02:00");
  CHECK(again.batches.size() == file.batches.size());
  for (std::size_t i = 0; i < file.batches.size(); ++i) {
    CHECK(again.batches[i].document == file.batches[i].document);
  }
}

/// The first byte chooses the profile.
void event_json(ByteView input) {
  if (input.empty()) { return; }
  const auto profile = input[0] % 2 == 0 ? production::Profile::strict : production::Profile::lenient;
  check_batches(tools::read_event_json(as_text(input.subspan(1)), profile), profile);
}

void query_string(ByteView input) {
  const auto target = http::parse_target("/epcis/v2/events?" + std::string(as_text(input)));
  if (!target) {
    CHECK(target.error().reason == "TARGET_INVALID");
    return;
  }
  std::string encoded;
  query::EpcisParameters parameters;
  for (const auto& [name, value] : target->query) {
    parameters.emplace_back(name, value);
    encoded += (encoded.empty() ? "" : "&") + http::percent_encode(name) + "=" + http::percent_encode(value);
  }
  const auto query = query::parse_epcis_query(parameters);
  if (!query) {
    CHECK(!query.error().reason.empty() && !query.error().message.empty());
    return;
  }
  // However a URL spells it, it is the same query: its page tokens go on holding.
  const auto same = http::parse_target("/?" + encoded);
  CHECK(same && (parameters.empty() || same->query == target->query));
  query::EpcisParameters copy;
  for (const auto& [name, value] : same->query) { copy.emplace_back(name, value); }
  const auto again = query::parse_epcis_query(parameters.empty() ? parameters : copy);
  CHECK(again && again->fingerprint == query->fingerprint);
}

}  // namespace keten::fuzz
