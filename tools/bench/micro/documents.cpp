// What a captured document costs before it is a transaction.
#include <string>

#include <benchmark/benchmark.h>

#include "contracts/production/document.h"
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

}  // namespace
