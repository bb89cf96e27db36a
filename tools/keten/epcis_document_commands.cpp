// keten epcis: what can be said about documents and names without a node.
#include <ostream>

#include <fmt/format.h>

#include "client/keystore.h"
#include "contracts/production/document.h"
#include "contracts/production/entity.h"
#include "contracts/production/event_hash.h"
#include "core/limits.h"
#include "tools/keten/options.h"

namespace keten::tools {
namespace {

constexpr std::size_t kDocumentBytesMax = 2 * limits::kTransactionBytesMax;

Result<std::vector<production::HashedEvent>> hash_text(std::string_view text) {
  const auto document = json::parse(text, {.bytes = kDocumentBytesMax});
  if (!document) { return document.error(); }
  return production::hash_events(*document);
}

/// Events whose `ni:` id is not their hash, counted from 0 as in a JSON pointer; empty when there is nothing to say.
std::string hash_note(const std::vector<production::HashedEvent>& events) {
  std::string numbers;
  std::size_t wrong = 0;
  std::size_t ids = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!events[i].hash_matches_event_id) { continue; }
    ++ids;
    if (*events[i].hash_matches_event_id) { continue; }
    numbers += (wrong++ == 0 ? " " : ", ") + std::to_string(i);
  }
  if (wrong == 0) { return {}; }
  return fmt::format("{} of {} ni: event ids are not the CBV 2.0 hash of their event: eventList{}", wrong, ids,
                     numbers);
}

json::Value hashed_json(const production::HashedEvent& event, bool with_prehash) {
  auto entry = json::Value::object();
  if (!event.event_id.empty()) { entry.set("eventID", text_value(event.event_id)); }
  entry.set("hash", text_value(event.hash));
  if (with_prehash) { entry.set("prehash", text_value(event.prehash)); }
  if (event.hash_matches_event_id) {
    entry.set("hashMatchesEventID", json::Value::boolean(*event.hash_matches_event_id));
  }
  return entry;
}

json::Value error_json(const Error& error) {
  return json::Value::object()
      .set("reason", text_value(error.reason))
      .set("message", text_value(error.message))
      .set("violations", violations_value(error.violations));
}

}  // namespace

int run_epcis_validate(Console& console, const EpcisOptions& options) {
  const auto profile = options.profile == "lenient" ? production::Profile::lenient : production::Profile::strict;
  int code = kSuccess;
  auto list = json::Value::array();
  for (const auto& file : options.files) {
    const auto text = client::read_file(file, kDocumentBytesMax);
    const auto document = text ? production::read_document(*text, profile) : Result<production::Document>(text.error());
    auto entry = json::Value::object();
    entry.set("file", text_value(file)).set("valid", json::Value::boolean(document.ok()));
    if (document) {
      const auto hashed = hash_text(*text);
      const auto note = hashed ? hash_note(*hashed) : "";
      entry.set("events", number_value(document->events.size()));
      if (!note.empty()) { entry.set("note", text_value(note)); }
      if (!document->warnings.empty()) { entry.set("warnings", violations_value(document->warnings)); }
      if (options.output == OutputForm::table) {
        console.out << file << "  valid, " << document->events.size() << " events\n";
        if (!note.empty()) { console.out << "  note: " << note << "\n"; }
        for (const auto& warning : document->warnings) {
          console.out << "  warning: at " << printable(warning.pointer) << ": expected " << printable(warning.expected)
                      << "; found " << printable(warning.found) << "\n";
        }
      }
    } else {
      entry.set("error", error_json(document.error()));
      if (options.output == OutputForm::table) {
        if (text) { console.out << file << "  not valid\n"; }
        auto error = document.error();
        if (options.files.size() > 1) { error.message = file + ": " + error.message; }
        console.fail(error);
      }
      code = kFailed;
    }
    list.push(std::move(entry));
  }
  if (options.output == OutputForm::json) { console.out << json::pretty(list) << "\n"; }
  return code;
}

int run_epcis_hash(Console& console, const EpcisOptions& options) {
  int code = kSuccess;
  auto list = json::Value::array();
  for (const auto& file : options.files) {
    const auto text = client::read_file(file, kDocumentBytesMax);
    const auto events = text ? hash_text(*text) : Result<std::vector<production::HashedEvent>>(text.error());
    auto entry = json::Value::object();
    entry.set("file", text_value(file));
    if (!events) {
      code = console.fail(events.error(), file);
      list.push(entry.set("error", error_json(events.error())));
      continue;
    }
    auto hashes = json::Value::array();
    for (const auto& event : *events) {
      if (options.output == OutputForm::table) {
        console.out << printable(options.prehash ? event.prehash : event.hash) << "\n";
      }
      hashes.push(hashed_json(event, options.prehash));
    }
    list.push(entry.set("events", std::move(hashes)));
    const auto valid = production::read_document(*text, production::Profile::lenient);
    if (!valid) {
      console.out.flush();
      console.err << "note: " << printable(file) << " is not valid EPCIS 2.0 (" << printable(valid.error().message)
                  << "); its events are hashed as they are\n";
    }
  }
  if (options.output == OutputForm::json) { console.out << json::pretty(list) << "\n"; }
  return code;
}

int run_epcis_normalise(Console& console, const EpcisOptions& options) {
  int code = kSuccess;
  auto list = json::Value::array();
  for (const auto& uri : options.parameters) {
    const auto link = production::digital_link(uri);
    list.push(
        json::Value::object().set("uri", text_value(uri)).set("digitalLink", link ? text_value(*link) : json::Value()));
    if (!link) {
      code = console.fail(invalid("NO_DIGITAL_LINK",
                                  "expected an EPC URI, class, pattern or Digital Link with a GS1 "
                                  "key, found \"" +
                                      uri + "\""));
    } else if (options.output == OutputForm::table) {
      console.out << printable(*link) << "\n";
    }
  }
  if (options.output == OutputForm::json) { console.out << json::pretty(list) << "\n"; }
  return code;
}

}  // namespace keten::tools
