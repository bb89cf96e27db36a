#include "tools/keten/csv_events.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <utility>

#include "client/csv.h"
#include "contracts/production/document.h"
#include "contracts/production/event_hash.h"
#include "contracts/production/time.h"
#include "contracts/production/vocabulary.h"
#include "core/json.h"
#include "core/limits.h"
#include "tools/keten/csv_row_event.h"

namespace keten::tools {
namespace {

using json::Value;

constexpr std::string_view kContext = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";

/// One transaction: small enough to be final in one block with those of others.
constexpr std::size_t kBatchEvents = 200;
constexpr std::size_t kBatchBytes = 300'000;
constexpr std::size_t kBatchItems = 2'000;
constexpr std::size_t kEventBytesMax = 900'000;

constexpr std::array<std::pair<std::string_view, ImportProfile>, 5> kProfiles{
    {{"receiving", ImportProfile::receiving},
     {"shipping", ImportProfile::shipping},
     {"commissioning", ImportProfile::commissioning},
     {"transformation", ImportProfile::transformation},
     {"aggregation", ImportProfile::aggregation}}};

Value text(std::string_view value) { return Value::string(std::string(value)); }

/// The rows of each event, in the order of their first rows.
std::vector<std::vector<std::size_t>> group_rows(const Sheet& sheet, ImportProfile profile, Faults& faults) {
  std::vector<std::vector<std::size_t>> groups;
  std::map<std::string, std::size_t> known;
  const auto said = [&](std::size_t row, std::string_view name) {
    const auto* cell = sheet.cell(row, name);
    return cell == nullptr ? std::string() : std::string(trimmed(cell->text));
  };
  for (std::size_t row = 1; row < sheet.rows(); ++row) {
    auto key = said(row, "event");
    if (key.empty() && profile == ImportProfile::transformation) {
      faults.add(sheet.first_cell(row).place, "event",
                 "the cell is empty; give all rows of one transformation the same name, such as a batch number");
      continue;
    }
    if (key.empty() && profile == ImportProfile::aggregation) {
      key = "\n" + said(row, "container") + "\n" + said(row, "event_time") + "\n" + said(row, "action");
    }
    const auto [group, is_new] = known.emplace(key.empty() ? "\n" + std::to_string(row) : key, groups.size());
    if (is_new) { groups.emplace_back(); }
    groups[group->second].push_back(row);
  }
  return groups;
}

std::size_t items_in(const Value& event) {
  std::size_t count = 1;
  for (const auto& [name, value] : event.members()) {
    if (value.is(json::Kind::array)) { count += value.items().size(); }
  }
  return count;
}

Value context_value() { return Value::array().push(text(kContext)); }

/// Documents of whole events. The time of making is that of the newest event, so that a file makes the same ones each time.
class Batches {
 public:
  explicit Batches(std::vector<ImportBatch>& batches) : batches_(batches) {}

  void add(const Value& event, ImportEvent told) {
    const auto bytes = json::serialize(event).size();
    const auto items = items_in(event);
    if (!told_.empty() &&
        (told_.size() == kBatchEvents || bytes_ + bytes > kBatchBytes || items_ + items > kBatchItems)) {
      close();
    }
    bytes_ += bytes;
    items_ += items;
    newest_ = std::max(newest_, production::parse_time(event.find_string("eventTime").value_or("")).value_or(0));
    events_.push(event);
    told_.push_back(std::move(told));
  }

  void close() {
    if (told_.empty()) { return; }
    const auto document = Value::object()
                              .set("@context", context_value())
                              .set("type", text("EPCISDocument"))
                              .set("schemaVersion", text("2.0"))
                              .set("creationDate", text(production::time_text(newest_)))
                              .set("epcisBody", Value::object().set("eventList", std::move(events_)));
    batches_.push_back({json::serialize(document), std::move(told_)});
    events_ = Value::array();
    told_.clear();
    bytes_ = items_ = 0;
    newest_ = 0;
  }

 private:
  std::vector<ImportBatch>& batches_;
  Value events_ = Value::array();
  std::vector<ImportEvent> told_;
  std::size_t bytes_ = 0;
  std::size_t items_ = 0;
  production::EventTime newest_ = 0;
};

/// The event with its id as the second member, where people look for it.
Value with_id(const Value& event, const std::string& id) {
  auto named = Value::object();
  for (const auto& [name, value] : event.members()) {
    named.set(name, value);
    if (name == "type") { named.set("eventID", text(id)); }
  }
  return named;
}

}  // namespace

std::optional<ImportProfile> import_profile(std::string_view name) {
  for (const auto& [known, profile] : kProfiles) {
    if (known == name) { return profile; }
  }
  return std::nullopt;
}

std::vector<ImportColumn> import_columns(ImportProfile profile) {
  std::vector<ImportColumn> columns{{"event_time", true}, {"location", true}};
  const auto add = [&](std::initializer_list<std::string_view> names) {
    for (const auto name : names) { columns.push_back({name, false}); }
  };
  if (profile == ImportProfile::transformation) { columns.insert(columns.begin(), {{"event", true}, {"role", true}}); }
  if (profile == ImportProfile::aggregation) {
    columns.insert(columns.end(), {{"container", true}, {"action", false}});
  }
  add({"gtin", "lot", "quantity", "unit"});
  switch (profile) {
    case ImportProfile::receiving: add({"from_party", "from_location", "to_party", "to_location"}); break;
    case ImportProfile::shipping: add({"to_party", "to_location", "from_party", "from_location"}); break;
    case ImportProfile::commissioning:
      add({"description", "country", "harvest_start", "harvest_end", "best_before", "expiry", "species", "catch_area"});
      break;
    case ImportProfile::transformation: add({"description", "country", "best_before", "expiry", "step"}); break;
    case ImportProfile::aggregation: break;
  }
  add({"document_type", "document", "document_issuer", "serial", "sscc", "epc"});
  if (profile != ImportProfile::transformation) { add({"event"}); }
  return columns;
}

ImportFile read_event_table(std::string_view content, ImportProfile profile, std::string_view offset) {
  ImportFile file;
  Faults faults;
  const auto table = client::parse_csv(content, {.faults = kImportFaultsMax});
  file.more_faults = table.more_faults;
  for (const auto& [place, message] : table.faults) { faults.add(place, "", message); }
  if (table.rows.size() < 2 && faults.empty()) {
    faults.add({}, "", "expected a row of headings and rows below it, found none; see the templates");
  }
  if (!faults.empty()) {
    faults.move_to(file);
    return file;
  }
  const Sheet sheet(table, profile, faults);
  if (!faults.empty()) {
    faults.move_to(file);
    return file;
  }
  production::DocumentNames names;
  std::map<std::string, std::size_t> known;
  Batches batches(file.batches);
  for (const auto& rows : group_rows(sheet, profile, faults)) {
    if (faults.are_enough()) { break; }
    const auto event = event_of_rows(sheet, profile, offset, faults, rows);
    if (!faults.empty()) { continue; }
    ImportEvent told;
    for (const auto row : rows) { told.lines.push_back(sheet.line(row)); }
    const auto place = sheet.first_cell(rows.front()).place;
    std::vector<Violation> violations;
    production::validate_event(event, "", production::Profile::strict, violations);
    for (const auto& violation : violations) {
      faults.add(place, violation.pointer, "expected " + violation.expected + ", found " + violation.found);
    }
    if (json::serialize(event).size() > kEventBytesMax || items_in(event) > kBatchItems) {
      faults.add(place, "event", "one event has at most " + std::to_string(kBatchItems) + " items; split it");
    }
    told.id = production::event_hash(event, names);
    const auto [earlier, is_new] = known.emplace(told.id, place.line);
    if (!is_new) {
      faults.add(place, "",
                 "says the same as line " + std::to_string(earlier->second) +
                     "; remove it, or, if it happened twice, tell the two apart by event_time");
    }
    const auto named = with_id(event, told.id);
    batches.add(named, std::move(told));
  }
  batches.close();
  if (!faults.empty()) { file.batches.clear(); }
  faults.move_to(file);
  return file;
}

ImportFile read_event_json(std::string_view content, production::Profile profile) {
  ImportFile file;
  const auto document = production::read_document(content, profile);
  if (!document) {
    const auto& error = document.error();
    for (const auto& violation : error.violations) {
      file.faults.push_back({client::place_of(content, violation.pointer), violation.pointer,
                             "expected " + violation.expected + ", found " + violation.found});
    }
    // A text that is no JSON has its place in the message.
    if (error.violations.empty()) { file.faults.push_back({{}, "", error.message}); }
    return file;
  }
  const auto parsed = json::parse(content);
  const auto hashed = production::hash_events(*parsed);
  if (!hashed) {
    file.faults.push_back({{}, "", hashed.error().message});
    return file;
  }
  ImportBatch batch;
  auto events = Value::array();
  bool is_changed = false;
  for (std::size_t i = 0; i < document->events.size(); ++i) {
    const auto& event = document->events[i];
    is_changed |= event.id.empty();
    batch.events.push_back({event.id.empty() ? (*hashed)[i].hash : event.id,
                            {client::place_of(content, production::event_pointer(document->kind, i)).line}});
    events.push(event.id.empty() ? with_id(event.value, batch.events.back().id) : event.value);
  }
  batch.document = std::string(content);
  if (is_changed && document->kind == production::DocumentKind::event) {
    batch.document = json::serialize(events.items().front());
  } else if (is_changed) {
    auto root = *parsed;
    auto body = *root.find("epcisBody");
    if (document->kind == production::DocumentKind::query_document) {
      auto results = *body.find("queryResults");
      auto inner = *results.find("resultsBody");
      inner.set("eventList", std::move(events));
      results.set("resultsBody", std::move(inner));
      body.set("queryResults", std::move(results));
    } else {
      body.set("eventList", std::move(events));
    }
    root.set("epcisBody", std::move(body));
    batch.document = json::serialize(root);
  }
  if (batch.document.size() > limits::kCaptureBytesMax) {
    file.faults.push_back({{}, "", "the document is too long with the ids that its events get; split it"});
    return file;
  }
  if (!batch.events.empty()) { file.batches.push_back(std::move(batch)); }
  return file;
}

}  // namespace keten::tools
