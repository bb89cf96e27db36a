// keten export: events as files for regulators and for other repositories. docs/audit.md, "Exports".
#include <algorithm>
#include <filesystem>
#include <ostream>

#include <fmt/format.h>

#include "client/http_client.h"
#include "client/keystore.h"
#include "core/limits.h"
#include "tools/keten/csv_values.h"
#include "tools/keten/fsma204.h"
#include "tools/keten/options.h"

namespace keten::tools {
namespace {

using json::Value;

/// A document that others can capture again: a node takes no more at once.
constexpr std::size_t kDocumentBytesMax = limits::kCaptureBytesMax - 50'000;

Result<Value> fetch(const ExportOptions& options) {
  const bool has_time = !options.from.empty() && !options.until.empty();
  if (!options.lot.empty() && !options.location.empty()) {
    return invalid("USAGE", "--lot and --location are two questions: export each");
  }
  if (options.lot.empty() && options.location.empty() && !has_time) {
    return invalid("USAGE", "expected --lot LOT, --location PLACE, or both --from and --until");
  }
  auto what = options.lot;
  if (!options.location.empty()) {
    const auto place = cell_gln(options.location, GlnUse::place);
    if (!place) { return invalid("USAGE", "--location: " + place.error().message); }
    what = *place;
  }
  std::string path = "/v1/extract" + (what.empty() ? "" : "/" + client::percent_encode(what));
  std::string query;
  for (const auto& [name, value] : {std::pair{"from", &options.from}, {"until", &options.until}}) {
    if (!value->empty()) {
      query += (query.empty() ? "?" : "&") + std::string(name) + "=" + client::percent_encode(*value);
    }
  }
  const auto target = find_target(options.target);
  if (!target) { return target.error(); }
  auto extract = target->get_json(path + query);
  if (!extract) { return extract.error(); }
  const auto* events = extract->find("events");
  if (events == nullptr || !events->is(json::Kind::array) || extract->find("@context") == nullptr) {
    return failure(ErrorKind::corrupt, "EXTRACT_MALFORMED", "the node's answer is no extract");
  }
  return extract;
}

std::string height_of(const Value& extract) {
  const auto* height = extract.find("height");
  return height == nullptr ? "?" : height->text();
}

bool is_cut(const Value& extract) {
  const auto* cut = extract.find("truncated");
  return cut != nullptr && cut->is(json::Kind::boolean) && cut->as_bool();
}

int fail(Console& console, const Error& error) {
  const auto code = console.fail(error);
  return error.reason == "USAGE" ? kUsage : code;
}

/// To the file, which must be new, or to standard output.
Status put(Console& console, const std::string& file, const std::string& content) {
  if (!file.empty()) { return client::write_file(file, content, client::FileAccess::owner, client::Existing::refuse); }
  console.out << content;
  return kDone;
}

/// Documents of the events, each small enough to be captured. Which ledger at which height they come from is in `instanceIdentifier`.
std::vector<std::string> documents_of(const Value& extract) {
  std::vector<std::string> documents;
  auto list = Value::array();
  std::size_t bytes = 0;
  std::string newest;
  const auto close = [&] {
    const auto document =
        Value::object()
            .set("@context", *extract.find("@context"))
            .set("type", Value::string("EPCISDocument"))
            .set("schemaVersion", Value::string("2.0"))
            .set("creationDate", Value::string(newest.empty() ? "1970-01-01T00:00:00.000Z" : newest))
            .set("instanceIdentifier",
                 Value::string("urn:keten:" + std::string(extract.find_string("chainId").value_or("")) +
                               ":height:" + height_of(extract)))
            .set("epcisBody", Value::object().set("eventList", std::move(list)));
    documents.push_back(json::pretty(document) + "\n");
    list = Value::array();
    bytes = 0;
  };
  for (const auto& entry : extract.find("events")->items()) {
    const auto* event = entry.find("event");
    if (event == nullptr) { continue; }
    const auto size = json::pretty(*event).size() * 5 / 4;  // deeper inside, with more blanks
    if (!list.items().empty() &&
        (list.items().size() == limits::kEventsPerDocumentMax || bytes + size > kDocumentBytesMax)) {
      close();
    }
    newest = std::max(newest, std::string(event->find_string("recordTime").value_or("")));
    bytes += size;
    list.push(*event);
  }
  close();
  return documents;
}

/// `trace.json`, `trace.2.json` and so on.
std::string numbered(const std::string& file, std::size_t number) {
  if (number == 1 || file.empty()) { return file; }
  const std::filesystem::path path(file);
  return (path.parent_path() / (path.stem().string() + "." + std::to_string(number) + path.extension().string()))
      .string();
}

void tell(Console& console, const ExportOptions& options, const Value& extract, const std::string& what) {
  if (!options.file.empty()) {
    console.out << fmt::format("{}  {}, as of height {}\n", printable(options.file), what, height_of(extract));
  }
  if (is_cut(extract)) { console.err << "The extract was cut: it does not hold everything. Ask for single lots.\n"; }
}

}  // namespace

int run_export_fsma204(Console& console, const ExportOptions& options) {
  const auto extract = fetch(options);
  if (!extract) { return fail(console, extract.error()); }
  const auto rows = fsma_rows(*extract);
  if (!rows) { return fail(console, rows.error()); }
  if (const auto written = put(console, options.file, fsma_table(*rows)); !written) {
    return console.fail(written.error());
  }
  tell(console, options, *extract, fmt::format("{} rows", rows->size()));
  return kSuccess;
}

int run_export_epcis(Console& console, const ExportOptions& options) {
  const auto extract = fetch(options);
  if (!extract) { return fail(console, extract.error()); }
  const auto documents = documents_of(*extract);
  if (documents.size() > 1 && options.file.empty()) {
    return console.fail(
        invalid("FILE_NEEDED", fmt::format("{} documents are needed; name the first with -o FILE", documents.size())));
  }
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const auto written = put(console, numbered(options.file, i + 1), documents[i]);
    if (!written) { return console.fail(written.error()); }
  }
  tell(console, options, *extract,
       fmt::format("{} events in {} document{}", extract->find("events")->items().size(), documents.size(),
                   documents.size() == 1 ? "" : "s"));
  return kSuccess;
}

}  // namespace keten::tools
