// What a captured document costs before it is a transaction.
#include <string>

#include <benchmark/benchmark.h>

#include "contracts/production/document.h"
#include "contracts/production/event_hash.h"
#include "core/json.h"

namespace {

using namespace keten;

/// An EPCIS document with so many shipping events.
std::string document_of(std::size_t events) {
  std::string text =
      R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",)"
      R"("schemaVersion":"2.0","creationDate":"2026-01-02T03:04:05Z","epcisBody":{"eventList":[)";
  for (std::size_t i = 0; i < events; ++i) {
    text +=
        std::string(i == 0 ? "" : ",") +
        R"({"type":"ObjectEvent","action":"OBSERVE","eventTime":"2026-01-02T03:04:05Z","eventTimeZoneOffset":"+00:00",)"
        R"("bizStep":"shipping","disposition":"in_transit","readPoint":{"id":"urn:epc:id:sgln:0614141.00777.0"},)"
        R"("epcList":["urn:epc:id:sscc:0614141.1234567890","urn:epc:id:sgtin:0614141.107346.)" +
        std::to_string(2'000 + i) + R"("]})";
  }
  return text + "]}}";
}

void json_parse(benchmark::State& state) {
  const auto text = document_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) { benchmark::DoNotOptimize(json::parse(text)); }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(json_parse)->Arg(1)->Arg(100)->Unit(benchmark::kMicrosecond);

void epcis_read_and_validate(benchmark::State& state) {
  const auto text = document_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    const auto document = production::read_document(text);
    if (!document.ok()) { state.SkipWithError(document.error().message.c_str()); }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(epcis_read_and_validate)->Arg(1)->Arg(100)->Unit(benchmark::kMicrosecond);

/// An EPCIS document of events that have about one kilobyte each, with most of what a shipping event of the field has.
std::string document_of_kilobytes(std::size_t events) {
  std::string text =
      R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"example":"https://example.com/ns/"}],)"
      R"("type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-01-02T03:04:05Z","epcisBody":{"eventList":[)";
  for (std::size_t i = 0; i < events; ++i) {
    const auto serial = std::to_string(2'000 + i);
    text +=
        std::string(i == 0 ? "" : ",") +
        R"({"type":"ObjectEvent","eventID":"urn:uuid:3f1a2b6c-8d1e-4c1f-9b7a-00000000)" + serial +
        R"(","action":"OBSERVE","eventTime":"2026-01-02T03:04:05.120+01:00","eventTimeZoneOffset":"+01:00",)"
        R"("bizStep":"shipping","disposition":"in_transit","readPoint":{"id":"urn:epc:id:sgln:0614141.00777.0"},)"
        R"("bizLocation":{"id":"https://id.gs1.org/414/0614141007776"},"epcList":["urn:epc:id:sscc:0614141.1234567890",)"
        R"("urn:epc:id:sgtin:0614141.107346.)" +
        serial +
        R"("],"quantityList":[{"epcClass":"urn:epc:class:lgtin:4012345.012345.998877","quantity":200.5,"uom":"KGM"}],)"
        R"("bizTransactionList":[{"type":"po","bizTransaction":"urn:epcglobal:cbv:bt:0614141000029:1152"},)"
        R"({"type":"desadv","bizTransaction":"urn:epcglobal:cbv:bt:0614141000029:D881"}],)"
        R"("sourceList":[{"type":"possessing_party","source":"urn:epc:id:pgln:0614141.00001"}],)"
        R"("destinationList":[{"type":"possessing_party","destination":"urn:epc:id:pgln:4012345.00002"}],)"
        R"("example:temperature":4.5,"example:vehicle":"B 4711"})";
  }
  return text + "]}}";
}

/// What every validator does with a captured event before it asks the state.
void epcis_event_to_digest(benchmark::State& state) {
  const auto text = document_of_kilobytes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    const auto document = production::read_document(text);
    if (!document.ok()) {
      state.SkipWithError(document.error().message.c_str());
      break;
    }
    for (const auto& event : document->events) { benchmark::DoNotOptimize(production::event_digest(event.value)); }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(epcis_event_to_digest)->Arg(1)->Arg(100)->Unit(benchmark::kMicrosecond);

/// The event hash of CBV 2.0 besides.
void epcis_event_to_cbv_hash(benchmark::State& state) {
  const auto text = document_of_kilobytes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    const auto document = json::parse(text);
    benchmark::DoNotOptimize(production::hash_events(*document));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(epcis_event_to_cbv_hash)->Arg(1)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace
