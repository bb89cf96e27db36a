// keten epcis import: events of tables and documents, signed here. docs/supplier.md.
#include <ostream>

#include <fmt/format.h>

#include "client/keystore.h"
#include "contracts/production/time.h"
#include "tools/keten/import.h"
#include "tools/keten/options.h"
#include "tools/keten/process.h"

namespace keten::tools {
namespace {

constexpr std::size_t kFileBytesMax = 16U * 1024 * 1024;
using production::CaptureStatus;

struct NamedFile {
  std::string name;
  ImportFile content;
};

Result<ImportFile> read_import(const ImportCommandOptions& options, const std::string& name) {
  const auto text = client::read_file(name, kFileBytesMax);
  if (!text) { return text.error(); }
  const auto first = text->find_first_not_of(" \t\r\n");
  if (first != std::string::npos && (*text)[first] == '{') {
    if (!options.profile.empty() && options.profile != "strict" && options.profile != "lenient") {
      return invalid("PROFILE_UNKNOWN", name + " is JSON, whose profile is strict or lenient, not " + options.profile);
    }
    return read_event_json(*text,
                           options.profile == "lenient" ? production::Profile::lenient : production::Profile::strict);
  }
  const auto profile = import_profile(options.profile);
  if (!profile) {
    return invalid("PROFILE_UNKNOWN",
                   name +
                       " is a table; what does it tell? --profile receiving, shipping, commissioning, "
                       "transformation or aggregation");
  }
  return read_event_table(*text, *profile, options.offset);
}

void print_faults(Console& console, const std::string& name, const ImportFile& file) {
  for (const auto& fault : file.faults) {
    console.err << printable(name) << ":" << fault.place.line << ":" << fault.place.column << ": "
                << (fault.column.empty() ? "" : printable(fault.column) + ": ") << printable(fault.message) << "\n";
  }
  if (file.more_faults) { console.err << printable(name) << ": and more, which were not looked for\n"; }
}

json::Value faults_json(const ImportFile& file) {
  auto list = json::Value::array();
  for (const auto& fault : file.faults) {
    list.push(json::Value::object()
                  .set("line", number_value(std::uint64_t{fault.place.line}))
                  .set("column", number_value(std::uint64_t{fault.place.column}))
                  .set("name", text_value(fault.column))
                  .set("message", text_value(fault.message)));
  }
  return list;
}

std::string counted(std::size_t count, std::string_view thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

std::size_t event_count(const ImportFile& file) {
  std::size_t count = 0;
  for (const auto& batch : file.batches) { count += batch.events.size(); }
  return count;
}

Error wrong_file(const NamedFile& file) {
  const auto count = file.content.faults.size();
  return invalid("IMPORT_INVALID", fmt::format("{}: {}{} {} wrong; nothing of any file was sent", file.name,
                                               file.content.more_faults ? "at least " : "", count,
                                               count == 1 ? "place is" : "places are"));
}

std::string lines_of(const ImportedEvent& event) {
  std::string text;
  for (const auto line : event.lines) { text += (text.empty() ? "" : ",") + std::to_string(line); }
  return text;
}

json::Value imported_json(const std::string& name, const Imported& imported) {
  auto events = json::Value::array();
  for (const auto& event : imported.events) {
    auto lines = json::Value::array();
    for (const auto line : event.lines) { lines.push(number_value(std::uint64_t{line})); }
    auto entry = json::Value::object().set("eventID", text_value(event.id)).set("lines", std::move(lines));
    entry.set("status", text_value(event.status == CaptureStatus::recorded ? "recorded"
                                   : event.status == CaptureStatus::known  ? "known"
                                                                           : "refused"));
    if (!event.reason.empty()) { entry.set("reason", text_value(event.reason)); }
    if (!event.message.empty()) { entry.set("message", text_value(event.message)); }
    events.push(std::move(entry));
  }
  return json::Value::object()
      .set("file", text_value(name))
      .set("receipts", text_value(imported.receipts.string()))
      .set("transactions", number_value(std::uint64_t{imported.transactions}))
      .set("resumed", number_value(std::uint64_t{imported.resumed}))
      .set("recorded", number_value(std::uint64_t{imported.count(CaptureStatus::recorded)}))
      .set("known", number_value(std::uint64_t{imported.count(CaptureStatus::known)}))
      .set("refused", number_value(std::uint64_t{imported.count(CaptureStatus::refused)}))
      .set("events", std::move(events));
}

void print_imported(Console& console, const std::string& name, const Imported& imported) {
  const auto recorded = imported.count(CaptureStatus::recorded);
  const auto known = imported.count(CaptureStatus::known);
  const auto refused = imported.count(CaptureStatus::refused);
  console.out << fmt::format("{}  {} in {}: {} recorded", printable(name), counted(imported.events.size(), "event"),
                             counted(imported.transactions, "transaction"), recorded);
  if (known != 0) { console.out << fmt::format(", {} known before", known); }
  if (refused != 0) { console.out << fmt::format(", {} refused", refused); }
  if (imported.resumed != 0) {
    console.out << fmt::format(" ({} with receipts from an earlier run)", imported.resumed);
  }
  console.out << "\n  receipts: " << imported.receipts.string() << "\n";
  for (const auto& event : imported.events) {
    if (event.status != CaptureStatus::refused) { continue; }
    console.err << printable(name) << ":" << lines_of(event) << ": refused by the ledger: " << printable(event.reason)
                << "  " << printable(event.id) << "\n";
    if (!event.message.empty()) { console.err << "  " << printable(event.message) << "\n"; }
  }
}

}  // namespace

int run_epcis_import(Console& console, const ImportCommandOptions& options) {
  if (!options.offset.empty() && !production::is_zone_offset(options.offset)) {
    console.fail(invalid("USAGE", "--offset: expected +hh:mm or -hh:mm, found '" + printable(options.offset) + "'"));
    return kUsage;
  }
  auto report = json::Value::array();
  const bool as_json = options.output == OutputForm::json;
  std::vector<NamedFile> files;
  int code = kSuccess;
  for (const auto& name : options.files) {
    auto content = read_import(options, name);
    if (!content) { return console.fail(content.error()); }
    files.push_back({name, std::move(*content)});
    const auto& file = files.back();
    if (!file.content.faults.empty()) {
      print_faults(console, name, file.content);
      code = console.fail(wrong_file(file));
    }
    if (as_json && (!file.content.faults.empty() || options.check)) {
      report.push(json::Value::object()
                      .set("file", text_value(name))
                      .set("events", number_value(std::uint64_t{event_count(file.content)}))
                      .set("faults", faults_json(file.content)));
    } else if (options.check && file.content.faults.empty()) {
      console.out << printable(name) << "  " << counted(event_count(file.content), "event") << ", nothing is wrong\n";
    }
  }
  if (code == kSuccess && !options.check) {
    catch_interrupts();
    auto participant = Participant::open(options.participant);
    if (!participant) { return console.fail(participant.error()); }
    const auto receipts = options.receipts.empty() ? participant->receipts() : std::filesystem::path(options.receipts);
    for (const auto& [name, content] : files) {
      const auto imported = import_file(
          *participant, name, content,
          {.receipts = receipts,
           .profile = options.profile == "lenient" ? production::Profile::lenient : production::Profile::strict,
           .patience = std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout_s * 1000)),
           .progress = [&](std::size_t done, std::size_t all) {
             console.progress(fmt::format("{}: transaction {} of {}", printable(name), done + 1, all));
           }});
      console.end_progress();
      if (!imported) {
        code = console.fail(imported.error(), "what was recorded has its receipt; the same command goes on from there");
        break;
      }
      if (imported->count(CaptureStatus::refused) != 0) { code = kFailed; }
      if (as_json) {
        report.push(imported_json(name, *imported));
      } else {
        print_imported(console, name, *imported);
      }
    }
  }
  if (as_json) { console.out << json::pretty(report) << "\n"; }
  return code;
}

int run_epcis_columns(Console& console, const ImportCommandOptions& options) {
  const auto profile = import_profile(options.profile);
  if (!profile) {
    console.fail(invalid("PROFILE_UNKNOWN",
                         "expected receiving, shipping, commissioning, transformation or aggregation, found \"" +
                             options.profile + "\""));
    return kUsage;
  }
  std::string line;
  for (const auto& column : import_columns(*profile)) { line += (line.empty() ? "" : ",") + std::string(column.name); }
  console.out << line << "\n";
  return kSuccess;
}

}  // namespace keten::tools
